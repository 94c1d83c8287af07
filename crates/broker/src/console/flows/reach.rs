//! Which published flows rest on a connection: for the lists of what breaks.

use std::collections::{BTreeMap, BTreeSet};

use usher_domain::{Authenticator, ConnectionId, FlowOption, FlowOwner};
use usher_login_flow::lint::{self, Surroundings};

use crate::broker::Broker;

/// Steps with the factors that they ask for.
pub type FactorsByStep = Vec<(u8, Vec<Authenticator>)>;

/// The steps of published flows whose factors people of a connection would meet without a local account, were
/// just-in-time provisioning off.
pub fn breaking(broker: &Broker, id: &ConnectionId) -> Vec<(FlowOwner, FactorsByStep)> {
    let snapshot = broker.snapshot();
    let Some(configured) = snapshot.connections.get(id) else { return Vec::new() };
    let (secrets, libraries) = (BTreeSet::new(), BTreeMap::new());
    let steps = |owner: &FlowOwner, flow: &crate::snapshot::PublishedFlow| {
        let application = match owner {
            FlowOwner::Default => None,
            FlowOwner::Application(id) => snapshot.application(id),
        };
        let connections = snapshot.plain_connections();
        let (secrets, libraries, passkeys) = (&secrets, &libraries, broker.passkeys_here());
        let shared = &lint::NOTHING_SHARED;
        let around = Surroundings { application, connections, secrets, libraries, shared, passkeys };
        lint::steps_met(&flow.definition, around, &configured.connection)
    };
    let all = snapshot.flows.iter().map(|(owner, flow)| (owner.clone(), steps(owner, flow)));
    all.filter(|(_, steps)| !steps.is_empty()).collect()
}

/// The steps of published flows that name a connection.
pub fn naming(broker: &Broker, id: &ConnectionId) -> Vec<(FlowOwner, Vec<u8>)> {
    let named = FlowOption::Connection { connection: id.clone() };
    let snapshot = broker.snapshot();
    let steps = |flow: &crate::snapshot::PublishedFlow| {
        let numbered = (1..).zip(&flow.definition.steps);
        numbered.filter(|(_, step)| step.options.contains(&named)).map(|(number, _)| number).collect::<Vec<u8>>()
    };
    let all = snapshot.flows.iter().map(|(owner, flow)| (owner.clone(), steps(flow)));
    all.filter(|(_, steps)| !steps.is_empty()).collect()
}
