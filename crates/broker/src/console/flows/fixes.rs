//! Findings that one click mends.

use usher_domain::{ConnectionId, FlowDefinition, FlowOwner, NoMatch};
use usher_login_flow::lint::{self, Fix};
use usher_storage::connections;

use super::super::connections::get;
use super::super::{Admin, NotDone, change_configuration, deed};
use super::{open, save};
use crate::broker::Broker;
use crate::visitor::Visitor;

/// Sees to it that people of a connection get a local account: turns provisioning on, or stops skipping it, as the fix
/// says. Takes effect at once, and is audited like the tab of the connection.
pub async fn provision(broker: &Broker, admin: &Admin, fix: &Fix, visitor: &Visitor) -> Result<(), NotDone> {
    let (Fix::TurnOnJit(id) | Fix::StopSkipping(id)) = fix else { return Err(NotDone::Gone) };
    broker.reload().await?;
    let mut connection = get(broker, id).ok_or(NotDone::Gone)?.connection;
    match (fix, &mut connection.provisioning.linking) {
        (Fix::StopSkipping(_), Some(linking)) => linking.no_match = NoMatch::Create,
        _ => connection.provisioning.enabled = true,
    }
    let event = deed(broker, admin, visitor, "connection.provisioning_updated", object(id));
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            connections::update(tx, &connection).await?.ok_or(NotDone::Stale)?;
            Ok(())
        })
    })
    .await
}

fn object(id: &ConnectionId) -> String {
    super::super::connections::object(id)
}

/// What skipping by a script would change: the script there is and the one there would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedScript {
    /// Written by hand, or by an earlier proposal; empty: none.
    pub present: String,
    /// Proposed.
    pub proposed: String,
}

impl ProposedScript {
    /// Whether the script there is was written by somebody: it is never replaced.
    pub fn keeps_hand_written(&self) -> bool {
        !self.present.trim().is_empty() && self.present.trim() != self.proposed.trim()
    }
}

/// The script that the flow's warning proposes; nothing where it proposes none.
pub fn proposed(broker: &Broker, flow: &super::OpenFlow) -> Option<ProposedScript> {
    let snapshot = broker.snapshot();
    let proposed = lint::skip_script(&flow.definition, flow.surroundings(snapshot.plain_connections()))?;
    let FlowDefinition { script, shelved_script, .. } = &flow.definition;
    let present = script.as_ref().or(shelved_script.as_ref()).cloned().unwrap_or_default();
    Some(ProposedScript { present, proposed })
}

/// Puts the proposed script into the draft and switches it on. A script that somebody wrote stays as it is.
pub async fn skip_by_script(
    broker: &Broker,
    admin: &Admin,
    (owner, revision): (&FlowOwner, i64),
) -> Result<(), NotDone> {
    let flow = open(broker, owner).await?.ok_or(NotDone::Gone)?;
    if flow.revision != revision {
        return Err(NotDone::Stale);
    }
    let script = proposed(broker, &flow).ok_or(NotDone::Gone)?;
    if script.keeps_hand_written() {
        return Err(NotDone::Forbidden("the script there is was written by hand: add the lines yourself".to_owned()));
    }
    let definition = FlowDefinition { script: Some(script.proposed), shelved_script: None, ..flow.definition.clone() };
    save(broker, admin, &flow, definition).await.map(drop)
}
