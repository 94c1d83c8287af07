//! The declarative bootstrap file: attributes, groups, connections, applications, users, made where they do not exist yet.
//!
//! Existing entries stay untouched, so the file can stay in place: what the console changed is never undone.
//! Everything is validated before the first row is written, and all of it lands in one transaction.

mod connection;
mod entries;
mod file;
mod flows;
mod people;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use usher_domain::{
    Application, AttributeDefinition, Connection, Entropy, FlowDefinition, FlowOwner, SecretText, UserName,
};
use usher_storage::{Purpose, Sealed, Store, Tx, applications, config, connections, settings, users};

pub use file::BootstrapError;

use crate::accounts::{self, NewAccount};
use crate::failure::Fault;
use crate::passwords::Passwords;

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Made {
    /// Users.
    pub users: usize,
    /// Attributes.
    pub attributes: usize,
    /// Groups.
    pub groups: usize,
    /// Connections.
    pub connections: usize,
    /// Applications.
    pub applications: usize,
    /// Sign-in flows.
    pub flows: usize,
}

/// Why a bootstrap did not happen.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapFailure {
    /// The file is wrong; the line says where.
    #[error(transparent)]
    File(#[from] BootstrapError),
    /// A fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<usher_storage::StorageError> for BootstrapFailure {
    fn from(fault: usher_storage::StorageError) -> Self {
        Self::Fault(fault.into())
    }
}

/// A user entry, validated; the password is hashed only if the account does not exist yet.
#[derive(Debug, Clone)]
struct Person {
    account: NewAccount,
    password: Option<SecretText>,
}

/// Everything of a file, validated.
#[derive(Debug, Clone, Default)]
struct Plan {
    people: Vec<Person>,
    attributes: Vec<AttributeDefinition>,
    groups: Vec<PlannedGroup>,
    connections: Vec<PlannedConnection>,
    applications: Vec<Application>,
    flows: Vec<(FlowOwner, FlowDefinition)>,
}

/// A connection entry, validated; its groups by name, because their ids are made with them.
#[derive(Debug, Clone)]
struct PlannedConnection {
    connection: Connection,
    secret: Option<SecretText>,
    /// External name, local name.
    group_names: Vec<(String, String)>,
}

/// A group entry, validated.
#[derive(Debug, Clone)]
struct PlannedGroup {
    name: String,
    description: String,
    members: Vec<UserName>,
}

/// Reads the text of a bootstrap file and makes what does not exist yet.
pub async fn apply(
    store: &Store,
    text: &str,
    entropy: Arc<dyn Entropy>,
    now: DateTime<Utc>,
) -> Result<Made, BootstrapFailure> {
    let mut plan = entries::plan(file::parse(text)?, now)?;
    hash_passwords(store, &mut plan.people, &*entropy).await?;
    let mut sealed = Vec::new();
    for planned in plan.connections {
        let secret = planned.secret.as_ref();
        let secret = secret.map(|secret| seal(store, &planned.connection, secret, &*entropy)).transpose()?;
        sealed.push((planned, secret));
    }
    let making = Making {
        people: plan.people,
        attributes: plan.attributes,
        groups: plan.groups,
        connections: sealed,
        applications: plan.applications,
        flows: plan.flows,
        entropy,
        now,
    };
    store
        .write(move |tx| {
            let making = making.clone();
            Box::pin(async move { make_all(tx, &making).await })
        })
        .await
}

/// Everything of a file, ready to be written.
#[derive(Clone)]
struct Making {
    people: Vec<Person>,
    attributes: Vec<AttributeDefinition>,
    groups: Vec<PlannedGroup>,
    connections: Vec<(PlannedConnection, Option<Sealed>)>,
    applications: Vec<Application>,
    flows: Vec<(FlowOwner, FlowDefinition)>,
    entropy: Arc<dyn Entropy>,
    now: DateTime<Utc>,
}

/// Attributes and groups first: connections name them; memberships last: they name everybody.
async fn make_all(tx: &mut Tx, making: &Making) -> Result<Made, BootstrapFailure> {
    let (entropy, now) = (&*making.entropy, making.now);
    let mut made = Made { attributes: people::make_attributes(tx, &making.attributes).await?, ..Made::default() };
    let groups = people::make_groups(tx, &making.groups, entropy, now).await?;
    made.groups = groups.len();
    for (planned, secret) in &making.connections {
        if is_new_connection(tx, &planned.connection).await? {
            let connection = people::settled(tx, planned).await?;
            made.connections += usize::from(connections::insert(tx, &connection, secret.as_ref()).await?);
        }
    }
    for application in &making.applications {
        if !is_deleted(tx, "application", application.id.as_str()).await? {
            made.applications += usize::from(applications::insert(tx, application).await?);
        }
    }
    for person in &making.people {
        let name = &person.account.username;
        let deleted = is_deleted(tx, "user", &name.unique_key()).await?;
        if !deleted && users::get_by_username(tx, name).await?.is_none() {
            make(tx, &person.account, entropy, now).await?;
            made.users += 1;
        }
    }
    made.flows = flows::make(tx, &making.flows, now).await?;
    people::fill_groups(tx, &making.groups, &groups, now).await?;
    if made.connections + made.applications + made.attributes + made.groups + made.flows > 0 {
        config::bump(tx).await?;
    }
    if made != Made::default() {
        crate::audit::system(tx, "bootstrap.applied", now).await?;
    }
    Ok(made)
}

async fn is_new_connection(tx: &mut Tx, connection: &Connection) -> Result<bool, Fault> {
    let deleted = is_deleted(tx, "connection", connection.id.as_str()).await?;
    Ok(!deleted && connections::get(tx, &connection.id).await?.is_none())
}

/// Remembers that something was deleted in the console: a bootstrap file that stays in place must not bring it back, and
/// its old links and tokens with it (LINK-14).
pub async fn mark_deleted(tx: &mut Tx, kind: &str, id: &str) -> Result<(), Fault> {
    Ok(settings::put(tx, &format!("deleted:{kind}:{id}"), "").await?)
}

async fn is_deleted(tx: &mut Tx, kind: &str, id: &str) -> Result<bool, Fault> {
    Ok(settings::get(tx, &format!("deleted:{kind}:{id}")).await?.is_some())
}

async fn make(
    tx: &mut Tx,
    account: &NewAccount,
    entropy: &dyn Entropy,
    now: DateTime<Utc>,
) -> Result<(), BootstrapFailure> {
    match accounts::create(tx, account, entropy, now).await {
        Ok(_) => Ok(()),
        Err(accounts::NotCreated::Fault(fault)) => Err(fault.into()),
        Err(other) => Err(BootstrapError::at(&format!("user {}", account.username), other).into()),
    }
}

async fn exists(store: &Store, name: &UserName) -> Result<bool, Fault> {
    let name = name.clone();
    Ok(store.read(move |tx| Box::pin(async move { users::get_by_username(tx, &name).await })).await?.is_some())
}

async fn hash_passwords(store: &Store, people: &mut [Person], entropy: &dyn Entropy) -> Result<(), BootstrapFailure> {
    let mut pool = None;
    for person in people {
        let Some(password) = person.password.take() else { continue };
        if exists(store, &person.account.username).await? {
            continue;
        }
        let at = |fault| BootstrapError::at(&format!("user {}", person.account.username), fault);
        let passwords = match &pool {
            Some(passwords) => passwords,
            None => pool.insert(Passwords::start(entropy).map_err(at)?),
        };
        person.account.password_hash = Some(passwords.hash(password, entropy).await.map_err(at)?);
    }
    Ok(())
}

fn seal(store: &Store, connection: &Connection, secret: &SecretText, entropy: &dyn Entropy) -> Result<Sealed, Fault> {
    store
        .sealer()
        .seal(Purpose::CONNECTION_SECRET, connection.id.as_str(), secret.expose().as_bytes(), entropy)
        .map_err(|e| Fault::unreadable("secret", e))
}
