//! Connections in the console: list, change, switch on and off, delete. The wizard makes them: [`super::drafts`].
//!
//! One file for each tab; here is what they share: the connection as the form saw it, and the one change that is stored.

pub mod activity;
mod advanced;
mod delete;
mod general;
mod groups;
mod jit;
mod mapping;
pub mod reach;
mod settings;
pub mod try_it;

use usher_domain::{AttributeSchema, AuditEvent, Connection, ConnectionId, GroupId, SecretText};
use usher_storage::{Purpose, Sealed, connections, links};

pub use advanced::AdvancedChange;
pub use delete::{Afterwards, delete};
pub use general::{GeneralChange, public_mail_domains, script_name};
pub use groups::{GroupsChange, TypedGroup};
pub use jit::{JitChange, TypedRule, USERNAME, comparable, label};
pub use mapping::{AttributesChange, SUBJECT_CLAIM, TypedMapping, subject_claim};
pub use settings::SettingsChange;

pub(super) use general::valid_name;
pub(super) use settings::{first, usable};

use super::{Admin, NotDone, change_configuration, deed};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::snapshot::ConfiguredConnection;
use crate::visitor::Visitor;

pub(super) fn object(id: &ConnectionId) -> String {
    format!("connection:{id}")
}

/// Every connection, by name.
pub fn list(broker: &Broker) -> Vec<Connection> {
    let mut all = broker.snapshot().plain_connections().to_vec();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// One connection with whether it has a secret.
pub fn get(broker: &Broker, id: &ConnectionId) -> Option<ConfiguredConnection> {
    broker.snapshot().connections.get(id).cloned()
}

/// The local attributes that rules and mappings name.
pub fn schema(broker: &Broker) -> AttributeSchema {
    broker.snapshot().schema.clone()
}

/// The local groups by name.
pub fn groups(broker: &Broker) -> Vec<(GroupId, String)> {
    let mut all: Vec<_> =
        broker.snapshot().groups.values().map(|group| (group.id.clone(), group.name.clone())).collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all
}

/// Number of accounts linked through it.
pub async fn linked(broker: &Broker, id: &ConnectionId) -> Result<i64, Fault> {
    let id = id.clone();
    Ok(broker.store.read(move |tx| Box::pin(async move { links::count_by_connection(tx, &id).await })).await?)
}

/// Number of accounts that it made itself.
pub async fn made(broker: &Broker, id: &ConnectionId) -> Result<i64, Fault> {
    let id = id.clone();
    Ok(broker.store.read(move |tx| Box::pin(async move { links::count_made_by(tx, &id).await })).await?)
}

/// One change to a connection.
#[derive(Debug, Clone)]
pub enum Change {
    /// The tab General.
    General(GeneralChange),
    /// The tab Settings.
    Settings(Box<SettingsChange>),
    /// The tab Attributes.
    Attributes(AttributesChange),
    /// The tab Groups.
    Groups(GroupsChange),
    /// The tab Just-in-Time Provisioning.
    Provisioning(JitChange),
    /// The tab Advanced.
    Advanced(AdvancedChange),
    /// Switched on or off.
    Enabled(bool),
}

impl Change {
    fn action(&self) -> &'static str {
        match self {
            Self::General(_) => "connection.updated",
            Self::Settings(_) => "connection.settings_updated",
            Self::Attributes(_) => "connection.mapping_updated",
            Self::Groups(_) => "connection.groups_updated",
            Self::Provisioning(_) => "connection.provisioning_updated",
            Self::Advanced(_) => "connection.advanced_updated",
            Self::Enabled(true) => "connection.enabled",
            Self::Enabled(false) => "connection.disabled",
        }
    }
}

/// Changes a connection, if it is still as the form saw it.
pub async fn change(
    broker: &Broker,
    admin: &Admin,
    seen: (&ConnectionId, i64),
    change: Change,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let (id, _) = seen;
    let ConfiguredConnection { mut connection, secret } = as_seen(broker, seen).await?;
    let event = deed(broker, admin, visitor, change.action(), object(id));
    let mut new_secret = None;
    match &change {
        Change::General(typed) => general::apply(broker, &mut connection, typed)?,
        Change::Settings(typed) => new_secret = settings::apply(broker, &mut connection, typed, secret)?,
        Change::Attributes(typed) => mapping::apply(broker, &mut connection, typed).await?,
        Change::Groups(typed) => groups::apply(&mut connection, typed, &broker.snapshot().groups)?,
        Change::Provisioning(typed) => jit::apply(&mut connection, typed, &schema(broker))?,
        Change::Advanced(typed) => advanced::apply(&mut connection, typed)?,
        Change::Enabled(enabled) => connection.enabled = *enabled,
    }
    store(broker, connection, new_secret, event).await
}

async fn store(
    broker: &Broker,
    connection: Connection,
    secret: Option<Sealed>,
    event: AuditEvent,
) -> Result<(), NotDone> {
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            connections::update(tx, &connection).await?.ok_or(NotDone::Stale)?;
            if let Some(secret) = &secret {
                connections::set_secret(tx, &connection.id, Some(secret)).await?;
            }
            Ok(())
        })
    })
    .await
}

pub(super) fn seal(broker: &Broker, id: &ConnectionId, secret: &SecretText) -> Result<Sealed, Fault> {
    broker
        .store
        .sealer()
        .seal(Purpose::CONNECTION_SECRET, id.as_str(), secret.expose().as_bytes(), broker.entropy())
        .map_err(|e| Fault::unreadable("secret", e))
}

/// The connection as the form saw it. A node that is behind looks again, so that it never writes an old body under a new
/// revision.
async fn as_seen(broker: &Broker, (id, version): (&ConnectionId, i64)) -> Result<ConfiguredConnection, NotDone> {
    let found = get(broker, id).filter(|configured| configured.connection.revision == version);
    if let Some(found) = found {
        return Ok(found);
    }
    broker.reload().await?;
    let found = get(broker, id).ok_or(NotDone::Gone)?;
    if found.connection.revision == version { Ok(found) } else { Err(NotDone::Stale) }
}
