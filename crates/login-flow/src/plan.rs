//! What a sign-in offers: the steps and their options, pinned when it begins.
//!
//! A flow in progress stays on the plan it began with, so an admin's edit never changes the rules under
//! a person; only a list of options that is too long to carry is looked up again. Whether a connection is *still* enabled is asked again by the broker at departure and at
//! arrival.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use usher_domain::{
    AccountNeed, Application, Authenticator, Connection, ConnectionId, FlowDefinition, FlowOption, FlowVersion,
    SignInPageListing, SignInPageStyle,
};

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

impl Default for StepNumber {
    fn default() -> Self {
        Self::FIRST
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
    /// Another local method: a second factor, or a passkey by itself.
    Factor {
        /// Which.
        authenticator: Authenticator,
    },
}

impl StepOption {
    fn local(authenticator: Authenticator) -> Self {
        match authenticator {
            Authenticator::Password => Self::Password,
            other => Self::Factor { authenticator: other },
        }
    }
}

/// What leads from step to step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// One after the other.
    #[default]
    InTurn,
    /// As the script of the flow says.
    Scripted,
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
    /// The published flow that the plan was made from; absent: the application's own settings.
    #[serde(default)]
    pub version: Option<FlowVersion>,
    /// What leads from step to step.
    #[serde(default)]
    pub order: Order,
    /// The step that says who the person is.
    #[serde(default)]
    pub subject_step: StepNumber,
    /// How many of the steps this request needs, where they run in turn.
    #[serde(default)]
    pub required: Option<u8>,
    /// What is reached when they are complete (`acr`).
    #[serde(default)]
    pub acr: Option<String>,
    /// For how many days a browser may be remembered in place of second factors.
    #[serde(default)]
    pub remember_days: Option<u16>,
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
            version: None,
            order: Order::InTurn,
            subject_step: StepNumber::FIRST,
            required: None,
            acr: None,
            remember_days: None,
        }
    }

    /// What an application offers: password where it is allowed, then the enabled connections that the
    /// application may use, in the order given.
    pub fn for_application(application: &Application, connections: &[Connection]) -> Self {
        let password = application.local_sign_in.then_some(StepOption::Password);
        let options: Vec<_> = password.into_iter().chain(every(application, connections)).collect();
        let kept = kept_where(options.len());
        let plan = Self::one_step(application.revision, application.account_need(), options);
        Self { style: application.sign_in_page, options: kept, ..plan }
    }

    /// What a published flow offers to the people of an application, who ask for one of `acr_values` (best first). A
    /// connection that is switched off or gone is no option; a flow that serves every application is narrowed to what
    /// this one allows.
    pub fn of_flow(
        definition: &FlowDefinition,
        version: FlowVersion,
        application: &Application,
        connections: &[Connection],
        acr_values: &[String],
    ) -> Self {
        let scope = if version.owner == application.id.as_str() { Scope::Own } else { Scope::Shared };
        let offered = |option: &FlowOption| offered(option, application, connections, scope);
        let steps: Vec<StepPlan> = definition
            .steps
            .iter()
            .map(|step| StepPlan { options: distinct(step.options.iter().flat_map(offered)) })
            .collect();
        let count = steps.iter().map(|step| step.options.len()).sum();
        let wanted = acr_values.iter().find_map(|acr| definition.levels.iter().find(|level| level.acr == *acr));
        let count_of_steps = u8::try_from(steps.len()).unwrap_or(u8::MAX);
        let least = definition.least_steps.unwrap_or(count_of_steps);
        let required = wanted.map_or(count_of_steps, |level| level.steps.max(least)).min(count_of_steps);
        let level = definition.levels.iter().filter(|level| level.steps <= required).max_by_key(|level| level.steps);
        Self {
            revision: application.revision,
            account: application.account_need(),
            style: definition.style,
            options: kept_where(count),
            version: Some(version),
            order: if definition.script.is_some() { Order::Scripted } else { Order::InTurn },
            subject_step: StepNumber::new(definition.subject_step).unwrap_or(StepNumber::FIRST),
            required: Some(required),
            acr: level.map(|level| level.acr.clone()).filter(|_| definition.script.is_none()),
            remember_days: definition.remember_days,
            steps,
        }
    }

    /// How many steps must be complete, where they run in turn.
    pub(crate) fn required(&self) -> usize {
        let wanted = self.required.map_or(self.steps.len(), usize::from);
        wanted.clamp(self.subject_step.position().saturating_add(1), self.steps.len().max(1))
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

fn kept_where(options: usize) -> Options {
    if options > CARRIED { Options::LookedUp } else { Options::Carried }
}

/// The enabled connections that an application may use, in the order given.
fn every<'a>(application: &'a Application, connections: &'a [Connection]) -> impl Iterator<Item = StepOption> {
    let listed: Option<BTreeSet<&ConnectionId>> = application.connections.as_ref().map(|ids| ids.iter().collect());
    let allowed = move |c: &&Connection| c.enabled && listed.as_ref().is_none_or(|ids| ids.contains(&c.id));
    connections.iter().filter(allowed).map(|c| StepOption::Connection { id: c.id.clone(), listing: c.listing })
}

/// Whose flow a plan is made from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The application's own, which says all.
    Own,
    /// One for many applications: what the application allows besides still counts.
    Shared,
}

fn offered(
    option: &FlowOption,
    application: &Application,
    connections: &[Connection],
    scope: Scope,
) -> Vec<StepOption> {
    match option {
        FlowOption::Local { authenticator: Authenticator::Password }
            if scope == Scope::Shared && !application.local_sign_in =>
        {
            Vec::new()
        }
        FlowOption::Local { authenticator } => vec![StepOption::local(*authenticator)],
        FlowOption::EveryConnection => every(application, connections).collect(),
        FlowOption::Connection { connection } if scope == Scope::Shared => {
            every(application, connections).filter(|option| names(option, connection)).collect()
        }
        FlowOption::Connection { connection } => {
            let enabled = connections.iter().filter(|c| c.enabled && c.id == *connection);
            enabled.map(|c| StepOption::Connection { id: c.id.clone(), listing: c.listing }).collect()
        }
    }
}

fn names(option: &StepOption, connection: &ConnectionId) -> bool {
    matches!(option, StepOption::Connection { id, .. } if id == connection)
}

fn distinct(options: impl Iterator<Item = StepOption>) -> Vec<StepOption> {
    let mut kept: Vec<StepOption> = Vec::new();
    let mut seen = BTreeSet::new();
    for option in options {
        let name = match &option {
            StepOption::Password => "password".to_owned(),
            StepOption::Factor { authenticator } => authenticator.as_str().to_owned(),
            StepOption::Connection { id, .. } => format!("@{id}"),
        };
        if seen.insert(name) {
            kept.push(option);
        }
    }
    kept
}
