//! Users in the console: search, look, create, switch off. Their attributes, links, sessions and history have files of
//! their own.

mod history;
mod links;
mod profile;
mod sessions;

use std::collections::{BTreeMap, BTreeSet};

use usher_domain::{
    AccountState, AttributeName, AttributeSource, BrowserSession, CorrelationId, EmailAddress, FederatedLink,
    Membership, Role, SecretText, User, UserId, UserName, Verification,
};
use usher_provisioning::Explanation;
use usher_storage::sessions::SessionRow;
use usher_storage::users::{UserPage, UserSearch};
use usher_storage::{
    Store, Tx, audit, bypass_codes, config, decisions, grants, links as link_rows, memberships, roles,
    sessions as session_rows, trusted_devices, users,
};

pub use history::{Before, Entry, History, history};
pub(crate) use links::Ending;
pub use links::{LinkForm, WayIn, link_by_hand, unlink, way_in};
pub use profile::{AttributeEdit, delete, overwritten_by, rename, set_attribute};
pub use sessions::end_session;

use super::{Admin, NotDone, Right, deed, tried};
use crate::accounts::{self, NewAccount, NotCreated};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::password_reset;
use crate::passwords::PasswordError;
use crate::security;
use crate::visitor::Visitor;

/// Rows of a page.
const PAGE: u32 = 25;
/// Decisions looked through for the one that made a link.
const DECISIONS: u32 = 500;

/// One user with everything the page shows.
#[derive(Debug, Clone)]
pub struct UserDetails {
    /// The account.
    pub user: User,
    /// Linked external identities.
    pub links: Vec<FederatedLink>,
    /// Console rights.
    pub roles: Vec<Role>,
    /// Live sessions.
    pub sessions: Vec<SessionSummary>,
    /// Every reason for which the person is in a group.
    pub memberships: Vec<Membership>,
}

/// A live session, for the list.
#[derive(Debug, Clone)]
pub struct SessionSummary {
    /// Public handle.
    pub id: usher_domain::SessionId,
    /// When it began.
    pub created_at: chrono::DateTime<chrono::Utc>,
    /// When it ends.
    pub expires_at: chrono::DateTime<chrono::Utc>,
    /// How the person signed in, where it can be read.
    pub session: Option<BrowserSession>,
}

/// A page of users.
pub async fn search(broker: &Broker, text: &str, after: Option<String>) -> Result<UserPage, Fault> {
    let search = UserSearch { text: text.chars().filter(|c| *c != '\0').take(200).collect(), after, limit: PAGE };
    Ok(broker.store.read(move |tx| Box::pin(async move { users::search(tx, &search).await })).await?)
}

/// One user.
pub async fn details(broker: &Broker, id: &UserId) -> Result<Option<UserDetails>, Fault> {
    let (id, now, store) = (id.clone(), broker.now(), broker.store.clone());
    broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let Some(user) = users::get(tx, &id).await? else { return Ok(None) };
                let sessions = session_rows::list_by_user(tx, &id, now)
                    .await?
                    .into_iter()
                    .map(|row| SessionSummary {
                        session: session_of(&store, &row),
                        id: row.sid,
                        created_at: row.created_at,
                        expires_at: row.expires_at,
                    })
                    .collect();
                Ok(Some(UserDetails {
                    memberships: memberships::list_by_user(tx, &id).await?,
                    links: link_rows::list(tx, &id).await?,
                    roles: roles::list(tx, &id).await?,
                    sessions,
                    user,
                }))
            })
        })
        .await
}

/// What a session says of how it began, where it can be read.
pub(crate) fn session_of(store: &Store, row: &SessionRow) -> Option<BrowserSession> {
    let mut content = session_rows::open_data(store.sealer(), row).ok()?;
    serde_json::from_value(content.remove(crate::login::SESSION_KEY)?).ok()
}

/// User names by id, for lists that know ids only. Accounts that are gone are left out.
pub async fn names(broker: &Broker, ids: BTreeSet<UserId>) -> Result<BTreeMap<UserId, UserName>, Fault> {
    broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let mut names = BTreeMap::new();
                for id in ids {
                    if let Some(user) = users::get(tx, &id).await? {
                        names.insert(id, user.username);
                    }
                }
                Ok::<_, Fault>(names)
            })
        })
        .await
}

/// The account with a user name.
pub async fn by_name(broker: &Broker, name: &str) -> Result<Option<UserId>, Fault> {
    let Ok(name) = UserName::parse(name.trim()) else { return Ok(None) };
    let found = broker.store.read(move |tx| Box::pin(async move { users::get_by_username(tx, &name).await })).await?;
    Ok(found.map(|user| user.id))
}

/// Why a link was made, line by line.
pub fn why(link: &FederatedLink) -> Vec<String> {
    serde_json::from_str::<Explanation>(&link.explanation).map(|reasons| reasons.lines()).unwrap_or_default()
}

/// Revision of the connection's settings when a link was made.
pub fn settings_revision(link: &FederatedLink) -> Option<i64> {
    serde_json::from_str::<Explanation>(&link.explanation).ok().map(|reasons| reasons.settings_revision)
}

/// The sign-in that made a link, as long as its decision is kept.
pub async fn made_by(broker: &Broker, link: &FederatedLink) -> Result<Option<CorrelationId>, Fault> {
    let (user, connection, at) = (link.user.clone(), link.key.connection.clone(), link.created_at);
    let rows = broker
        .store
        .read(move |tx| Box::pin(async move { decisions::list_by_user(tx, &user, None, DECISIONS).await }))
        .await?;
    let made = rows.into_iter().map(|row| row.decision).find(|decision| {
        decision.at == at && decision.connection == connection && matches!(decision.outcome.as_str(), "create" | "link")
    });
    Ok(made.map(|decision| decision.correlation))
}

/// What the form for a new user sends.
#[derive(Debug, Clone)]
pub struct UserForm {
    /// Name to sign in with.
    pub username: String,
    /// E-mail address; may be empty.
    pub email: String,
    /// Password; may be empty: no password yet.
    pub password: SecretText,
    /// Other attributes; empty ones are left out.
    pub attributes: BTreeMap<AttributeName, Vec<String>>,
}

/// Creates a user.
pub async fn create(broker: &Broker, admin: &Admin, form: &UserForm, visitor: &Visitor) -> Result<UserId, NotDone> {
    let username = UserName::parse(form.username.trim()).map_err(|e| NotDone::field("username", e))?;
    let email = match form.email.trim() {
        "" => None,
        text => Some(EmailAddress::parse(text).map_err(|e| NotDone::field("email", e))?),
    };
    let password_hash = if form.password.is_empty() {
        None
    } else {
        let known: Vec<&str> =
            [form.username.as_str(), form.email.as_str()].into_iter().chain(personal(&form.attributes)).collect();
        let judged = security::judge(broker, &form.password, &known).await;
        judged.map_err(|flaw| NotDone::field("password", format!("this password is not good enough: {flaw}")))?;
        let hashed = broker.passwords.hash(form.password.clone(), broker.entropy()).await;
        Some(hashed.map_err(|error| match error {
            PasswordError::Busy => NotDone::Fault(Fault::NotReady("password pool")),
            other => NotDone::field("password", other),
        })?)
    };
    let account = NewAccount {
        username,
        password_hash,
        email,
        email_verified: Verification::ByAdmin,
        attributes: form.attributes.clone(),
        source: AttributeSource::Admin(admin.user.id.clone()),
        role: None,
    };
    let _ = visitor;
    let (entropy, now) = (broker.shared_entropy(), broker.now());
    broker
        .store
        .write(move |tx| {
            let (account, entropy) = (account.clone(), entropy.clone());
            Box::pin(async move {
                config::queue(tx).await?;
                accounts::create(tx, &account, &*entropy, now).await.map_err(|error| match error {
                    NotCreated::UsernameTaken => NotDone::field("username", error),
                    NotCreated::EmailTaken => NotDone::field("email", error),
                    NotCreated::ValueTaken(_) => NotDone::Forbidden(error.to_string()),
                    NotCreated::Fault(fault) => fault.into(),
                })
            })
        })
        .await
}

fn personal(attributes: &BTreeMap<AttributeName, Vec<String>>) -> impl Iterator<Item = &str> {
    let names = attributes.iter().filter(|(name, _)| matches!(name.as_str(), "name" | "given_name" | "family_name"));
    names.flat_map(|(_, values)| values).map(String::as_str)
}

/// Switches an account on or off. Off ends its sessions and grants in the same commit (SESS-16).
pub async fn set_state(
    broker: &Broker,
    admin: &Admin,
    seen: (&UserId, i64),
    state: AccountState,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let (id, revision) = (seen.0.clone(), seen.1);
    let action = if state == AccountState::Active { "user.enabled" } else { "user.disabled" };
    let event = deed(broker, admin, visitor, action, crate::audit::user_object(&id));
    let now = broker.now();
    broker
        .store
        .write(move |tx| {
            let (id, event) = (id.clone(), event.clone());
            Box::pin(async move {
                config::queue(tx).await?;
                let owner = roles::list(tx, &id).await?.contains(&Role::Owner);
                if state == AccountState::Disabled {
                    if owner && roles::count_active(tx, Role::Owner).await? <= 1 {
                        return Err(NotDone::Forbidden("the last admin cannot be switched off".to_owned()));
                    }
                    session_rows::delete_by_user(tx, &id).await?;
                    grants::revoke_by_user(tx, &id, now).await?;
                    // What was handed out before does not come back with the account.
                    trusted_devices::delete_all(tx, &id).await?;
                    bypass_codes::delete(tx, &id).await?;
                    password_reset::forget(tx, &id).await?;
                }
                users::set_state(tx, &id, revision, state).await?.ok_or(NotDone::Stale)?;
                audit::insert(tx, &event).await?;
                Ok(())
            })
        })
        .await
}

/// Signs a person out everywhere; no browser is remembered afterwards.
pub async fn end_sessions(broker: &Broker, admin: &Admin, id: &UserId, visitor: &Visitor) -> Result<(), NotDone> {
    let event = deed(broker, admin, visitor, "user.signed_out", crate::audit::user_object(id));
    let (id, now, reach, attempt) = (id.clone(), broker.now(), Reach::of(admin), event.clone());
    let done = broker
        .store
        .write(move |tx| {
            let (id, event) = (id.clone(), event.clone());
            Box::pin(async move {
                within_reach(tx, reach, &id).await?;
                session_rows::delete_by_user(tx, &id).await?;
                grants::revoke_by_user(tx, &id, now).await?;
                trusted_devices::delete_all(tx, &id).await?;
                audit::insert(tx, &event).await?;
                Ok::<_, NotDone>(())
            })
        })
        .await;
    tried(broker, attempt, done).await
}

/// Whom an admin may sign out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Everybody.
    Everybody,
    /// People without console rights.
    People,
}

impl Reach {
    pub(super) fn of(admin: &Admin) -> Self {
        if admin.may(Right::Manage) { Self::Everybody } else { Self::People }
    }
}

/// Who only helps people does nothing to an account with console rights.
pub(super) async fn within_reach(tx: &mut Tx, reach: Reach, id: &UserId) -> Result<(), NotDone> {
    if reach == Reach::People && !roles::list(tx, id).await?.is_empty() {
        return Err(NotDone::Forbidden("only an owner may do this to an account with console rights".to_owned()));
    }
    Ok(())
}
