//! What people do about their own account: each deed is about the account that is signed in, writes its audit event in
//! the same transaction, and tells the owner by mail where it changes how the account is protected.
//!
//! Nobody names an account here: it comes from the session, never from a form (WEB-23).

pub mod applications;
mod deed;
pub mod devices;
pub mod email;
pub mod history;
pub mod home;
pub mod linking;
pub mod links;
pub mod not_me;
pub mod passkeys;
pub mod password;
pub mod profile;
pub mod recovery;
pub mod sessions;
pub mod sign_in;
mod steps;
pub mod sure;
pub mod totp;
pub mod ways_in;

use chrono::{DateTime, Duration, Utc};
use usher_domain::{
    AccountState, ApplicationId, AuditActor, AuditEvent, Authentication, SessionId, Subject, User, UserId,
};
use usher_storage::{StorageError, users};

use crate::broker::Broker;
use crate::failure::Fault;
use crate::visitor::Visitor;

/// Id of the application that the account page is.
pub const APPLICATION: &str = crate::snapshot::ACCOUNT;

/// Whether an application is the account page.
pub fn is_account_page(id: &ApplicationId) -> bool {
    id.as_str() == APPLICATION
}

/// How long a sign-in counts for what needs a fresh one.
pub const FRESH_FOR: Duration = Duration::minutes(5);

/// The owner of an account, read anew at every request.
#[derive(Debug, Clone)]
pub struct Person {
    /// The account; it is active.
    pub user: User,
    /// The session of this browser. It stays when the others end.
    pub session: SessionId,
    /// How the person signed in.
    pub authentication: Authentication,
    /// When they proved everything that the account asks for, its factors included.
    pub proved_at: DateTime<Utc>,
}

impl Person {
    /// Whether the person signed in so recently that the account may be changed.
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        self.proved_at <= now && now - self.proved_at <= FRESH_FOR
    }
}

/// Whom a request belongs to.
#[derive(Debug)]
pub enum Entered {
    /// The owner of an account.
    Person(Box<Person>),
    /// Nobody who is signed in here.
    Nobody,
    /// Somebody whose account was switched off.
    Disabled,
}

/// Reads the person behind the cookie of the account page. It counts only beside the very session that it was made for,
/// so whatever ends that session ends this too.
pub async fn enter(broker: &Broker, cookie: Option<&str>, visitor: &Visitor) -> Result<Entered, Fault> {
    let Some(ticket) = cookie.and_then(|text| sign_in::Ticket::open(broker, text)) else { return Ok(Entered::Nobody) };
    let Some(live) = &visitor.session else { return Ok(Entered::Nobody) };
    let authentication = live.session.authentication.clone();
    let same_person = authentication.subject == Subject::Local { user: ticket.user.clone() };
    if live.session.id != ticket.session || !same_person {
        return Ok(Entered::Nobody);
    }
    Ok(match read(broker, &ticket.user).await? {
        Some(user) if user.state == AccountState::Active => {
            let (session, proved_at) = (ticket.session, ticket.proved_at);
            Entered::Person(Box::new(Person { user, session, authentication, proved_at }))
        }
        Some(_) => Entered::Disabled,
        None => Entered::Nobody,
    })
}

async fn read(broker: &Broker, user: &UserId) -> Result<Option<User>, Fault> {
    let id = user.clone();
    Ok(broker.store.read(move |tx| Box::pin(async move { users::get(tx, &id).await })).await?)
}

/// Why a deed was not done. Texts are keys: the account page speaks the person's language.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// A field is wrong.
    #[error("{field}: {key}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// Key of what is wrong and what to do.
        key: &'static str,
    },
    /// The account was changed in between.
    #[error("the account was changed in the meantime")]
    Stale,
    /// There is no such thing, or it is somebody else's.
    #[error("there is no such object")]
    Gone,
    /// The last sign-in is too long ago.
    #[error("a fresh sign-in is needed")]
    SignInAgain,
    /// Too many attempts.
    #[error("too many attempts")]
    Locked {
        /// How long to wait.
        seconds: u64,
    },
    /// A rule forbids it; the key says which.
    #[error("{0}")]
    Forbidden(&'static str),
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
    pub fn field(field: &'static str, key: &'static str) -> Self {
        Self::Field { field, key }
    }
}

/// The audit event of a person's deed about their own account.
pub(crate) fn deed(broker: &Broker, person: &Person, visitor: &Visitor, action: &str) -> AuditEvent {
    let mut event = crate::audit::event(visitor, broker.now(), action, AuditActor::User(person.user.id.clone()));
    event.object = crate::audit::user_object(&person.user.id);
    event
}
