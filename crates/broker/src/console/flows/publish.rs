//! Publishing a draft, throwing it away, going back: to an earlier version, or to no flow of one's own.

use std::collections::BTreeSet;

use usher_domain::{AuditEvent, FlowOwner, FlowVersion};
use usher_login_flow::lint::Level;
use usher_storage::flow_versions::{self, FlowVersionRow, NewFlowVersion};

use super::super::{Admin, NotDone, change_configuration, deed};
use super::{OpenFlow, changes, open, save};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::login::script::ScriptBundle;
use crate::visitor::Visitor;

/// Versions that the history shows.
const SHOWN: u32 = 20;
/// Longest note.
const LONGEST_NOTE: usize = 200;

/// What is said when a flow is published.
#[derive(Debug, Clone, Default)]
pub struct Publication {
    /// Codes of the warnings that were read and accepted.
    pub accepted: BTreeSet<String>,
    /// What changed, in the admin's words; may be empty.
    pub note: String,
}

/// How a flow is named as an object of the audit log.
pub(super) fn object(owner: &FlowOwner) -> String {
    match owner {
        FlowOwner::Default => "flow:default".to_owned(),
        FlowOwner::Application(id) => format!("flow:{id}"),
    }
}

/// Publishes the draft as the next version. Refused with an error in it, and with a warning that nobody accepted.
pub async fn publish(
    broker: &Broker,
    admin: &Admin,
    (owner, revision): (&FlowOwner, i64),
    said: &Publication,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    // Warnings are judged by the configuration as it is, not as this node remembers it.
    broker.reload().await?;
    let open = open(broker, owner).await?.ok_or(NotDone::Gone)?;
    if open.revision != revision {
        return Err(NotDone::Stale);
    }
    may_be_published(broker, &open, said)?;
    let note = said.note.trim();
    if note.chars().count() > LONGEST_NOTE || note.chars().any(char::is_control) {
        return Err(NotDone::field("note", "Use at most 200 characters"));
    }
    let mut event = deed(broker, admin, visitor, "flow.published", object(owner));
    let before = open.published.as_ref();
    event.detail = serde_json::json!({
        "replaces": before.map(|version| version.version.number),
        "script": changes::of(
            before.and_then(|version| version.definition.script.as_deref()),
            open.definition.script.as_deref(),
        ),
    });
    store(broker, admin, &open, (note, event)).await
}

fn may_be_published(broker: &Broker, open: &OpenFlow, said: &Publication) -> Result<(), NotDone> {
    for finding in open.findings(broker) {
        match finding.level() {
            Level::Error => {
                let code = finding.code();
                let text = format!("this flow cannot be published before its problem {code} is solved");
                return Err(NotDone::Forbidden(text));
            }
            Level::Warning if !said.accepted.contains(finding.code()) => {
                return Err(NotDone::field(
                    "accept",
                    "Tick the box to publish in spite of the warnings, or solve them",
                ));
            }
            Level::Warning | Level::Note => {}
        }
    }
    Ok(())
}

async fn store(
    broker: &Broker,
    admin: &Admin,
    open: &OpenFlow,
    (note, event): (&str, AuditEvent),
) -> Result<(), NotDone> {
    let bundle = bundle(broker, open).await?;
    let (owner, definition, revision) = (open.owner.clone(), open.definition.clone(), open.revision);
    let (by, note, now) = (admin.user.username.to_string(), note.to_owned(), broker.now());
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            // Read in the transaction that publishes: what was judged is what is published.
            let draft = flow_versions::draft(tx, &owner).await?;
            if draft.map_or(0, |draft| draft.revision) != revision {
                return Err(NotDone::Stale);
            }
            let new = NewFlowVersion {
                owner: &owner,
                definition: &definition,
                bundle: bundle.as_ref(),
                by: &by,
                note: &note,
            };
            flow_versions::publish(tx, &new, now).await?;
            flow_versions::discard_draft(tx, &owner).await?;
            Ok(())
        })
    })
    .await
}

/// What the script rests on, pinned; none without a script.
async fn bundle(broker: &Broker, open: &OpenFlow) -> Result<Option<usher_storage::Sealed>, Fault> {
    let Some(script) = open.definition.script.clone() else { return Ok(None) };
    let sealer = broker.store.sealer().clone();
    let bundle =
        broker.store.read(move |tx| Box::pin(async move { ScriptBundle::of(tx, &sealer, &script).await })).await?;
    bundle.seal(broker, &open.owner).map(Some)
}

/// Throws the draft away; what is published stays.
pub async fn discard(broker: &Broker, owner: &FlowOwner) -> Result<(), NotDone> {
    let owner = owner.clone();
    broker
        .store
        .write(move |tx| {
            let owner = owner.clone();
            Box::pin(async move { Ok::<_, NotDone>(flow_versions::discard_draft(tx, &owner).await?) })
        })
        .await?;
    Ok(())
}

/// Takes the flow out of use, and its draft: an application follows the default flow again, the default flow is user name
/// and password with every connection. Its versions stay in the history.
pub async fn revert(broker: &Broker, admin: &Admin, owner: &FlowOwner, visitor: &Visitor) -> Result<(), NotDone> {
    let event = deed(broker, admin, visitor, "flow.reverted", object(owner));
    let owner = owner.clone();
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            flow_versions::withdraw(tx, &owner).await?;
            flow_versions::discard_draft(tx, &owner).await?;
            Ok(())
        })
    })
    .await
}

/// The last versions, newest first.
pub async fn versions(broker: &Broker, owner: &FlowOwner) -> Result<Vec<FlowVersionRow>, Fault> {
    let owner = owner.clone();
    let read = broker.store.read(move |tx| Box::pin(async move { flow_versions::list(tx, &owner, SHOWN).await }));
    Ok(read.await?)
}

/// Makes an earlier version the draft: it is looked at and published like every draft, since the connections that it
/// names may have changed.
pub async fn restore(
    broker: &Broker,
    admin: &Admin,
    (owner, revision): (&FlowOwner, i64),
    number: i64,
) -> Result<(), NotDone> {
    let open = open(broker, owner).await?.ok_or(NotDone::Gone)?;
    if open.revision != revision {
        return Err(NotDone::Stale);
    }
    let version = FlowVersion { owner: owner.key().to_owned(), number };
    let found = broker
        .store
        .read(move |tx| Box::pin(async move { flow_versions::get(tx, &version).await }))
        .await
        .map_err(Fault::from)?
        .ok_or(NotDone::Gone)?;
    save(broker, admin, &open, found.definition).await.map(drop)
}
