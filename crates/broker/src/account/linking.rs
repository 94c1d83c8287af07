//! Linking another account of a provider.
//!
//! It needs the person on both sides: signed in here a moment ago with everything that the account has, then at the
//! provider, which is told to ask anew. The hand-shake holds whose session and which browser began it, so an answer that
//! somebody else's browser brings leads nowhere (LINK-12). What came back is shown and confirmed before it is written, and
//! everything that is written comes from our own record (LINK-10). An account of a provider that leads to somebody
//! already stays theirs: a link is never moved.

use serde::{Deserialize, Serialize};
use serde_json::json;
use usher_connectors::{Callback, SignInDemand};
use usher_domain::{
    Connection, ConnectionId, ExternalKey, FederatedLink, FlowId, Interaction, LinkId, MailContent, RefusalCode,
    SessionId, Subject, UserId,
};
use usher_provisioning::{Explanation, Reason, mask};
use usher_storage::links::LinkInsert;
use usher_storage::pending::PendingRow;
use usher_storage::{Hash, Tx, config, hash, links, users};

use super::deed::Deed;
use super::links::{allows, allows_several};
use super::steps::{self, Kind};
use super::{NotDone, Person, sure};
use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::login::{
    StoredHandshake, begin_handshake, claim_handshake, connector_of, keep_handshake, refuse_request, services, shown,
};
use crate::tracing_events::chain;
use crate::visitor::Visitor;

/// What the hand-shake of a link remembers: for whom and where it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkIntent {
    user: UserId,
    session: SessionId,
    browser: Hash,
}

/// Somebody who came back from a provider, about to be linked.
#[derive(Serialize, Deserialize)]
struct Returned {
    user: UserId,
    key: ExternalKey,
    /// Who they are there, masked.
    shown: String,
}

/// Sends the person to the provider, who asks them anew.
pub async fn depart(broker: &Broker, person: &Person, id: &ConnectionId, visitor: &Visitor) -> Result<String, NotDone> {
    sure::demand(broker, person).await?;
    let browser = visitor.browser.as_ref().ok_or(NotDone::Stale)?;
    let snapshot = broker.snapshot();
    let configured = snapshot.connections.get(id).filter(|c| allows(&c.connection)).ok_or(NotDone::Gone)?;
    if !broker.limits.allows_sign_in(visitor.remote) {
        return Err(NotDone::Locked { seconds: 60 });
    }
    let demand = SignInDemand { interaction: Interaction::Forced, ..SignInDemand::default() };
    let (begun, url) = match begin_handshake(broker, configured, &demand).await {
        Ok(begun) => begun,
        Err(error) => {
            tracing::warn!(connection = %id, phase = error.phase, fault = %chain(&error), "departure to link failed");
            return Err(NotDone::Forbidden("account-link-unreachable"));
        }
    };
    let intent = LinkIntent {
        user: person.user.id.clone(),
        session: person.session.clone(),
        browser: hash(browser.expose().as_bytes()),
    };
    let flow = FlowId::parse(format!("f_link_{}", person.session)).map_err(|_| Fault::Invariant("ids hold ids"))?;
    let stored = StoredHandshake { link: Some(intent), ..StoredHandshake::new(begun.pending) };
    if keep_handshake(broker, &flow, stored).await? { Ok(url) } else { Err(NotDone::Locked { seconds: 600 }) }
}

/// Takes the provider's answer: the person is asked next whether to link.
pub(crate) async fn arrive(
    broker: &Broker,
    connection: &ConnectionId,
    callback: &Callback,
    (row, stored, intent): (PendingRow, StoredHandshake, LinkIntent),
    visitor: &Visitor,
) -> Result<(), Failure> {
    let same_browser = visitor.browser.as_ref().is_some_and(|value| hash(value.expose().as_bytes()) == intent.browser);
    let subject = Subject::Local { user: intent.user.clone() };
    let same_session = visitor
        .session
        .as_ref()
        .is_some_and(|live| live.session.id == intent.session && live.session.authentication.subject == subject);
    if !(same_browser && same_session) {
        return Err(refuse_request(broker, RefusalCode::TxOtherBrowser, visitor).await);
    }
    if row.claimed_at.is_some() || !claim_handshake(broker, row.state_hash).await? {
        return Err(refuse_request(broker, RefusalCode::TxAlreadyUsed, visitor).await);
    }
    let snapshot = broker.snapshot();
    let Some(configured) = snapshot.connections.get(connection).filter(|c| allows(&c.connection)) else {
        return Err(refuse_request(broker, RefusalCode::ConnectionUnavailable, visitor).await);
    };
    let connector = connector_of(broker, configured)?;
    let completed = match connector.complete(&stored.pending, callback, services(broker), broker.now()).await {
        Ok(completed) => completed,
        Err(error) => {
            tracing::warn!(connection = %connection, phase = error.phase, fault = %chain(&error), "answer refused");
            return Err(refuse_request(broker, error.refusal, visitor).await);
        }
    };
    let returned =
        Returned { user: intent.user, shown: shown(&completed.identity), key: completed.identity.key.clone() };
    Ok(steps::begin(broker, &intent.session, Kind::Link, &returned).await?)
}

/// What the person is asked to confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Name of the connection.
    pub connection: String,
    /// Who they are there, masked.
    pub external: String,
}

/// What waits to be confirmed.
pub async fn offered(broker: &Broker, person: &Person) -> Result<Option<Offer>, Fault> {
    let Some(begun) = steps::find::<Returned>(broker, &person.session, Kind::Link).await? else { return Ok(None) };
    let snapshot = broker.snapshot();
    let name = snapshot.connections.get(&begun.kept.key.connection).map(|c| c.connection.name.clone());
    Ok(name.map(|connection| Offer { connection, external: begun.kept.shown }))
}

/// The person does not want it.
pub async fn cancel(broker: &Broker, person: &Person) -> Result<(), Fault> {
    steps::drop_kind(broker, &person.session, Kind::Link).await
}

/// A link about to be written.
#[derive(Clone)]
struct NewLink {
    link: FederatedLink,
    /// The public subject that an account has which this identity made.
    subject: String,
    /// Whether the connection allows a second one.
    several: bool,
    /// The configuration that this rests on.
    version: i64,
    told: MailContent,
}

/// Links what was offered. It waited with the session, for ten minutes at most.
pub async fn confirm(broker: &Broker, person: &Person, visitor: &Visitor) -> Result<(), NotDone> {
    let begun = steps::find::<Returned>(broker, &person.session, Kind::Link).await?.ok_or(NotDone::Stale)?;
    if begun.kept.user != person.user.id || !steps::end(broker, &begun).await? {
        return Err(NotDone::Stale);
    }
    let Returned { key, shown, .. } = begun.kept;
    let snapshot = broker.snapshot();
    let configured = snapshot.connections.get(&key.connection).filter(|c| allows(&c.connection));
    let connection = configured.map(|c| &c.connection).ok_or(NotDone::Gone)?;
    let detail = json!({ "connection": key.connection, "proof": "account_page", "external": mask(&key.subject) });
    let deed = Deed::new(broker, person, "user.linked", visitor).with(detail);
    let new = NewLink {
        subject: broker.pass_through_subject(&key),
        several: allows_several(connection),
        version: snapshot.version,
        told: MailContent::AccountLinked { connection: connection.name.clone(), external: shown },
        link: link_of(broker, person, key, connection)?,
    };
    let refused = broker
        .store
        .write(move |tx| {
            let (deed, new) = (deed.clone(), new.clone());
            Box::pin(async move { land(tx, &deed, &new).await })
        })
        .await?;
    refused.map_or(Ok(()), |key| Err(NotDone::Forbidden(key)))
}

fn link_of(
    broker: &Broker,
    person: &Person,
    key: ExternalKey,
    connection: &Connection,
) -> Result<FederatedLink, Fault> {
    let reasons = vec![Reason::ByPerson];
    let explanation = serde_json::to_string(&Explanation { settings_revision: connection.revision, reasons })
        .map_err(|fault| Fault::unreadable("explanation", fault))?;
    let now = broker.now();
    let (id, user) = (LinkId::random(broker.entropy()), person.user.id.clone());
    Ok(FederatedLink { id, key, user, created_at: now, last_used_at: now, explanation })
}

/// Writes it; or says why not, which is written down too.
async fn land(tx: &mut Tx, deed: &Deed, new: &NewLink) -> Result<Option<&'static str>, NotDone> {
    let user = deed.open(tx).await?;
    if !config::assert_config_version(tx, new.version).await? {
        return Err(NotDone::Stale);
    }
    // Whoever was made by this very identity, and was unlinked from it, keeps its place (LINK-27).
    let holder = users::get_by_subject(tx, &new.subject).await?.filter(|holder| holder.id != user.id);
    if holder.is_some() {
        return deed.refuse(tx, "account-link-taken").await.map(Some);
    }
    if !new.several && links::exists_for_user(tx, &new.link.key.connection, &user.id).await? {
        return deed.refuse(tx, "account-link-several").await.map(Some);
    }
    match links::insert(tx, &new.link).await? {
        LinkInsert::Inserted => deed.close(tx, &user, new.told.clone()).await.map(|()| None),
        LinkInsert::Taken(there) if there.user == user.id => Ok(Some("account-link-yours")),
        LinkInsert::Taken(_) => deed.refuse(tx, "account-link-taken").await.map(Some),
    }
}
