//! What a step offers to one person: the plan, the application's hint, and the domain that the person typed.

use usher_domain::{ConnectionId, SignInPageListing};

use crate::flow::LoginFlow;
use crate::plan::{StepNumber, StepOption};

impl LoginFlow {
    /// The options of a step, as the script narrowed them where the step is open.
    pub(crate) fn step_options(&self, step: StepNumber) -> &[StepOption] {
        let narrowed = self.execution().filter(|execution| execution.step == step).and_then(|e| e.only.as_deref());
        narrowed.unwrap_or_else(|| self.plan.options(step))
    }

    /// Whether a step takes user name and password.
    pub(crate) fn offers_password(&self, step: StepNumber) -> bool {
        self.step_options(step).contains(&StepOption::Password)
    }

    /// The connections that a step offers to this person: the listed ones, and the one hinted at.
    pub(crate) fn offered_connections(&self, step: StepNumber) -> impl Iterator<Item = &ConnectionId> {
        self.step_options(step).iter().filter_map(|option| match option {
            StepOption::Connection { id, listing } => {
                let of_domain = self.identified.as_ref().is_some_and(|who| who.connections.contains(id));
                let hinted = of_domain || self.request.connection_hint.as_ref() == Some(id);
                match listing {
                    SignInPageListing::Shown => true,
                    SignInPageListing::Hidden => hinted,
                    SignInPageListing::LinkOnly => false,
                }
                .then_some(id)
            }
            StepOption::Password | StepOption::Factor { .. } => None,
        })
    }

    /// Whether people may sign in to a step by a connection, listed or not.
    pub(crate) fn signs_in_by(&self, step: StepNumber, connection: &ConnectionId) -> bool {
        self.step_options(step).iter().any(|option| match option {
            StepOption::Connection { id, listing } => id == connection && *listing != SignInPageListing::LinkOnly,
            StepOption::Password | StepOption::Factor { .. } => false,
        })
    }

    /// Whether a step plans a connection, listed or not: a session may have begun there.
    pub(crate) fn plans_connection(&self, step: StepNumber, connection: &ConnectionId) -> bool {
        self.step_options(step).iter().any(|o| matches!(o, StepOption::Connection { id, .. } if id == connection))
    }
}
