//! What admins do in the console: each deed checks the right, writes its audit event in the same transaction, and
//! makes the configuration anew.

pub mod applications;
pub mod attributes;
pub mod connections;
pub mod drafts;
pub mod flows;
pub mod groups;
pub mod sign_in;
pub mod traces;
pub mod users;

use futures_util::future::BoxFuture;
use usher_domain::{AccountState, AuditActor, AuditEvent, AuditOutcome, Role, User, UserId};
use usher_storage::{StorageError, Tx, audit, config, roles};

use crate::broker::Broker;
use crate::failure::Fault;
use crate::visitor::Visitor;

/// An admin, re-read at every request: a right that was taken away is gone at once.
#[derive(Debug, Clone)]
pub struct Admin {
    /// The account.
    pub user: User,
    roles: Vec<Role>,
}

/// What somebody wants to do in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Look at people and their sign-ins.
    LookAtPeople,
    /// Look at everything else.
    LookAround,
    /// Help a person who cannot get in.
    HelpPeople,
    /// Change everything.
    Manage,
}

impl Admin {
    /// Whether a role of theirs gives this right.
    pub fn may(&self, right: Right) -> bool {
        self.roles.iter().any(|role| match role {
            Role::Owner => true,
            Role::Helpdesk => matches!(right, Right::LookAtPeople | Right::HelpPeople),
            Role::Auditor => matches!(right, Right::LookAtPeople | Right::LookAround),
        })
    }
}

/// Reads an admin; nothing if the account is gone, disabled, or has no right in the console.
pub async fn admin(broker: &Broker, user: &UserId) -> Result<Option<Admin>, Fault> {
    let id = user.clone();
    let found = broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let Some(user) = usher_storage::users::get(tx, &id).await? else { return Ok(None) };
                let rights = roles::list(tx, &id).await?;
                Ok::<_, Fault>(Some((user, rights)))
            })
        })
        .await?;
    Ok(found
        .filter(|(user, roles)| user.state == AccountState::Active && !roles.is_empty())
        .map(|(user, roles)| Admin { user, roles }))
}

/// Why a deed was not done.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// A field is wrong; the console shows the text at the field.
    #[error("{text}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// What is wrong and what to do.
        text: String,
    },
    /// Somebody else changed the object in between.
    #[error("this was changed by somebody else in the meantime; reload and try again")]
    Stale,
    /// The object does not exist.
    #[error("there is no such object")]
    Gone,
    /// A rule forbids it.
    #[error("{0}")]
    Forbidden(String),
    /// A fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<StorageError> for NotDone {
    fn from(fault: StorageError) -> Self {
        Self::Fault(fault.into())
    }
}

impl NotDone {
    /// A wrong field.
    pub fn field(field: &'static str, text: impl std::fmt::Display) -> Self {
        Self::Field { field, text: format!("{text}") }
    }
}

/// The audit event of an admin's deed.
pub(crate) fn deed(broker: &Broker, admin: &Admin, visitor: &Visitor, action: &str, object: String) -> AuditEvent {
    let actor = AuditActor::User(admin.user.id.clone());
    let mut event = crate::audit::event(visitor, broker.now(), action, actor);
    event.object = object;
    event
}

/// What became of a deed; one that a rule forbids is an event as well (ADMIN-12): somebody tried.
pub(crate) async fn tried<T>(broker: &Broker, mut event: AuditEvent, done: Result<T, NotDone>) -> Result<T, NotDone> {
    if matches!(done, Err(NotDone::Forbidden(_))) {
        event.outcome = AuditOutcome::Refused;
        let written = broker.store.write(move |tx| {
            let event = event.clone();
            Box::pin(async move { audit::insert(tx, &event).await })
        });
        written.await?;
    }
    done
}

/// Changes the configuration: the change, its new version and its audit event in one transaction; then this node reads it
/// anew, and the others follow the version.
pub(crate) async fn change_configuration<J>(broker: &Broker, event: AuditEvent, change: J) -> Result<(), NotDone>
where
    J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<(), NotDone>> + Clone + Send + 'static,
{
    broker
        .store
        .write(move |tx| {
            Box::pin(async move {
                change(&mut *tx).await?;
                config::bump(tx).await?;
                audit::insert(tx, &event).await?;
                Ok::<_, NotDone>(())
            })
        })
        .await?;
    broker.reload().await?;
    Ok(())
}
