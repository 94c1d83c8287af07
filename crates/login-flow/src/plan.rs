//! What a sign-in offers: the steps and their options, pinned when it begins.
//!
//! A flow in progress stays on the plan it began with, so an admin's edit never changes the rules under
//! a person; only a list of options that is too long to carry is looked up again. Whether a connection is *still* enabled is asked again by the broker at departure and at
//! arrival. Today every application has one step; steps 2..n and scripts slot in here.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use usher_domain::{AccountNeed, Application, Connection, ConnectionId, SignInPageListing, SignInPageStyle};

/// The number of a step, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepNumber(u8);

impl StepNumber {
    /// The first step, which gives the subject.
    pub const FIRST: Self = Self(1);

    /// A step by its number; `None` for 0 and beyond 16.
    pub fn new(number: u8) -> Option<Self> {
        (1..=16).contains(&number).then_some(Self(number))
    }

    /// The step at a position counted from 0.
    pub(crate) fn at(position: usize) -> Option<Self> {
        u8::try_from(position).ok().and_then(|p| p.checked_add(1)).and_then(Self::new)
    }

    /// The number, from 1.
    pub fn get(self) -> u8 {
        self.0
    }

    /// The position, from 0.
    pub(crate) fn position(self) -> usize {
        usize::from(self.0).saturating_sub(1)
    }
}

impl std::fmt::Display for StepNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One way through a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StepOption {
    /// User name and password.
    Password,
    /// An external identity provider.
    Connection {
        /// Which.
        id: ConnectionId,
        /// Whether the page lists it; a hidden one is reachable by the application's hint only.
        listing: SignInPageListing,
    },
}

/// One step: the options of which a person takes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepPlan {
    /// In the order in which the page shows them.
    pub options: Vec<StepOption>,
}

/// Longest list of options that a sign-in carries with it: each of its rows would hold the list again.
const CARRIED: usize = 200;

/// Where the options of a sign-in are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Options {
    /// With the sign-in, as they were when it began.
    #[default]
    Carried,
    /// With the application: too many to carry, so the present ones count.
    LookedUp,
}

/// The steps of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowPlan {
    /// Revision of the application (later: of its flow) that the plan was made from.
    pub revision: i64,
    /// Whether a person without a local account may pass.
    pub account: AccountNeed,
    /// How the page begins.
    #[serde(default)]
    pub style: SignInPageStyle,
    /// Where the options are kept.
    #[serde(default)]
    pub options: Options,
    /// Steps 1 to n.
    pub steps: Vec<StepPlan>,
}

impl FlowPlan {
    /// A plan with one step.
    pub fn one_step(revision: i64, account: AccountNeed, options: Vec<StepOption>) -> Self {
        Self {
            revision,
            account,
            style: SignInPageStyle::List,
            options: Options::Carried,
            steps: vec![StepPlan { options }],
        }
    }

    /// What an application offers: password where it is allowed, then the enabled connections that the
    /// application may use, in the order given.
    pub fn for_application(application: &Application, connections: &[Connection]) -> Self {
        let listed: Option<BTreeSet<&ConnectionId>> = application.connections.as_ref().map(|ids| ids.iter().collect());
        let allowed = |connection: &&Connection| {
            connection.enabled && listed.as_ref().is_none_or(|ids| ids.contains(&connection.id))
        };
        let password = application.local_sign_in.then_some(StepOption::Password);
        let federated =
            connections.iter().filter(allowed).map(|c| StepOption::Connection { id: c.id.clone(), listing: c.listing });
        let options: Vec<_> = password.into_iter().chain(federated).collect();
        let kept = if options.len() > CARRIED { Options::LookedUp } else { Options::Carried };
        let plan = Self::one_step(application.revision, application.account_need(), options);
        Self { style: application.sign_in_page, options: kept, ..plan }
    }

    /// The plan as it is stored.
    pub(crate) fn shed(&mut self) {
        if self.options == Options::LookedUp {
            for step in &mut self.steps {
                step.options.clear();
            }
        }
    }

    /// The options of a step; none for a step that does not exist.
    pub(crate) fn options(&self, step: StepNumber) -> &[StepOption] {
        self.steps.get(step.position()).map_or(&[], |s| s.options.as_slice())
    }
}
