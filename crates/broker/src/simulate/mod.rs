//! Trying a flow out: which pages a person would see, and how it would end, for every way of signing in. The real rules,
//! the real state machine and the real script engine, on what the database says now; nothing is written, nobody is asked.

mod identity;
mod walk;

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use usher_domain::{
    Application, ApplicationId, Claims, ConnectionId, CorrelationId, FlowDefinition, FlowOwner, User, UserName,
};
use usher_storage::users;

use crate::broker::Broker;
use crate::console::flows;
use crate::failure::Fault;

/// Whom to try it with.
#[derive(Debug, Clone, PartialEq)]
pub enum Who {
    /// Somebody with an account.
    User(UserName),
    /// Somebody whom connections describe so, and whom nobody knows here.
    Claims(Claims),
}

/// Which flow to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// What people meet now.
    Published,
    /// The draft; what people meet now where there is none.
    Draft,
    /// Another definition of its own flow.
    Given(Box<FlowDefinition>),
    /// Another definition of the flow for all, whatever it has of its own.
    ForAll(Box<FlowDefinition>),
}

/// What to try.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The application.
    pub application: ApplicationId,
    /// Which of its flows.
    pub which: Which,
    /// Whom with.
    pub who: Who,
    /// One way in; absent: all of them.
    pub way: Option<Way>,
    /// From where.
    pub ip: Option<IpAddr>,
    /// With what browser.
    pub agent: Option<String>,
    /// When; absent: now.
    pub at: Option<DateTime<Utc>>,
}

/// A way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// With what the account has here.
    Local,
    /// With a connection.
    Connection(ConnectionId),
}

/// How one way went. Its JSON is what the command line prints.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Simulated {
    /// `LOCAL`, or the script name of the connection.
    pub way: String,
    /// What the person meets, in order: `sign_in`, `go:acme`, `factor:totp`, `enrol:totp`, `prompt:terms`, ...
    pub pages: Vec<String>,
    /// The steps that are completed, in order.
    pub steps: Vec<u8>,
    /// `signed_in`, `refused`, `ended`, `asks`.
    pub result: String,
    /// The code of a refusal, or what is asked at the end.
    pub reason: Option<String>,
    /// `acr` that the application is told.
    pub acr: Option<String>,
    /// What provisioning decides, where a connection is used.
    pub decision: Option<String>,
    /// Calls of the script, in order.
    pub calls: Vec<String>,
    /// What the script logs.
    pub logs: Vec<String>,
    /// Whether a call out was answered by a stub, so that the real result may differ.
    pub stubbed: bool,
}

/// Why nothing was tried.
#[derive(Debug, thiserror::Error)]
pub enum NotSimulated {
    /// There is no such application.
    #[error("there is no application {0}")]
    NoApplication(ApplicationId),
    /// There is no such account.
    #[error("there is no user {0}")]
    NoUser(UserName),
    /// There is no such connection, or it is off.
    #[error("no connection with this name can be used")]
    NoConnection,
    /// A fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The person, looked up.
#[derive(Debug, Clone)]
enum Person {
    Account(Box<User>),
    Stranger(Claims),
}

/// Tries every way, or the one that was named.
pub async fn simulate(broker: &Broker, case: &Case) -> Result<Vec<Simulated>, NotSimulated> {
    let snapshot = broker.snapshot();
    let application = snapshot
        .application(&case.application)
        .cloned()
        .ok_or_else(|| NotSimulated::NoApplication(case.application.clone()))?;
    let person = person(broker, &case.who).await?;
    let subject = walk::Tried::of(broker, application.clone(), case).await?;
    let ways = match &case.way {
        Some(Way::Connection(id)) if snapshot.sign_in_connection(id).is_none() => {
            return Err(NotSimulated::NoConnection);
        }
        Some(way) => vec![way.clone()],
        None => all(&application, broker),
    };
    let mut results = Vec::new();
    for way in ways {
        results.push(walk::walk(broker, &subject, &person, &way).await?);
    }
    Ok(results)
}

fn all(application: &Application, broker: &Broker) -> Vec<Way> {
    let snapshot = broker.snapshot();
    let allowed = |id: &ConnectionId| application.connections.as_ref().is_none_or(|listed| listed.contains(id));
    let live = snapshot.plain_connections().iter().map(|connection| &connection.id);
    let connections = live.filter(|id| allowed(id) && snapshot.sign_in_connection(id).is_some());
    std::iter::once(Way::Local).chain(connections.cloned().map(Way::Connection)).collect()
}

async fn person(broker: &Broker, who: &Who) -> Result<Person, NotSimulated> {
    match who {
        Who::Claims(claims) => Ok(Person::Stranger(claims.clone())),
        Who::User(name) => {
            let asked = name.clone();
            let found = broker.store.read(move |tx| Box::pin(async move { users::get_by_username(tx, &asked).await }));
            let found = found.await.map_err(Fault::from)?;
            found.map(|user| Person::Account(Box::new(user))).ok_or_else(|| NotSimulated::NoUser(name.clone()))
        }
    }
}

/// The definition that a case is about, whose it is, and the libraries of its script.
struct Definition {
    owner: FlowOwner,
    flow: FlowDefinition,
    libraries: std::collections::BTreeMap<String, String>,
}

/// Finds it.
async fn definition(broker: &Broker, application: &Application, which: &Which) -> Result<Definition, Fault> {
    let snapshot = broker.snapshot();
    let published = snapshot.flow_of(&application.id).map(|flow| (flow.version.owner.clone(), flow.definition.clone()));
    let owner = match (&published, which) {
        (Some((owner, _)), Which::Published) => FlowOwner::from_key(owner).unwrap_or(FlowOwner::Default),
        (_, Which::ForAll(_)) => FlowOwner::Default,
        _ => FlowOwner::Application(application.id.clone()),
    };
    let open = flows::open(broker, &owner).await?;
    let (drafted, libraries) = open.map_or_else(Default::default, |open| {
        let drafted = open.is_draft().then(|| open.definition.clone());
        (drafted, open.libraries)
    });
    let present = || published.map_or_else(|| flows::of_application(Some(application)), |(_, definition)| definition);
    let flow = match which {
        Which::Given(definition) | Which::ForAll(definition) => (**definition).clone(),
        Which::Draft => drafted.unwrap_or_else(present),
        Which::Published => present(),
    };
    Ok(Definition { owner, flow, libraries })
}

/// Who asks, in a try: nobody's browser.
fn visitor(broker: &Broker, case: &Case) -> crate::visitor::Visitor {
    crate::visitor::Visitor {
        browser: None,
        session: None,
        console: None,
        last_used: None,
        device: None,
        agent: case.agent.clone(),
        languages: None,
        script_cookies: Vec::new(),
        remote: case.ip,
        correlation: CorrelationId::random(broker.entropy()),
    }
}
