//! A deed of a person on their own account: one audit event and one mail, in the transaction of the deed.

use chrono::{DateTime, Utc};
use usher_domain::{AccountState, AuditEvent, AuditOutcome, MailContent, SessionId, User};
use usher_storage::{Tx, audit, config, grants, sessions, trusted_devices, users};

use super::{NotDone, Person, deed};
use crate::broker::Broker;
use crate::mail::Notices;
use crate::visitor::Visitor;

/// Who does what, and how the owner is told. Cheap to clone, for a transaction that runs again.
#[derive(Clone)]
pub(super) struct Deed {
    user: User,
    session: SessionId,
    notices: Notices,
    event: AuditEvent,
    /// When.
    pub now: DateTime<Utc>,
}

impl Deed {
    /// A deed of this person.
    pub fn new(broker: &Broker, person: &Person, action: &str, visitor: &Visitor) -> Self {
        let (now, event) = (broker.now(), deed(broker, person, visitor, action));
        Self { user: person.user.clone(), session: person.session.clone(), notices: Notices::of(broker), event, now }
    }

    /// The same with what the audit is to hold.
    pub fn with(mut self, detail: serde_json::Value) -> Self {
        self.event.detail = detail;
        self
    }

    /// The session of this browser.
    pub fn session(&self) -> &SessionId {
        &self.session
    }

    /// The account as it is now. Deeds queue, so that two that count what is left see each other; a session that was
    /// ended meanwhile does nothing any more.
    pub async fn open(&self, tx: &mut Tx) -> Result<User, NotDone> {
        config::queue(tx).await?;
        let user = users::get(tx, &self.user.id).await?.filter(|user| user.state == AccountState::Active);
        let session = sessions::get_by_sid(tx, &self.session, self.now).await?;
        let live = session.is_some_and(|row| row.user.as_ref() == Some(&self.user.id));
        user.filter(|_| live).ok_or(NotDone::SignInAgain)
    }

    /// Ends every session but the one of this browser, and forgets remembered browsers: whoever got in by what is no more
    /// is out (MFA-17).
    pub async fn end_others(&self, tx: &mut Tx) -> Result<(), NotDone> {
        for session in sessions::list_by_user(tx, &self.user.id, self.now).await? {
            if session.sid != self.session {
                grants::end_session(tx, &session.sid, self.now).await?;
                sessions::delete_by_sid(tx, &session.sid).await?;
            }
        }
        trusted_devices::delete_all(tx, &self.user.id).await?;
        Ok(())
    }

    /// Writes it down and tells the owner.
    pub async fn close(&self, tx: &mut Tx, user: &User, content: MailContent) -> Result<(), NotDone> {
        self.notices.tell(tx, user, content, self.now).await?;
        self.close_quietly(tx).await
    }

    /// Writes it down: for what changes nothing about who gets in.
    pub async fn close_quietly(&self, tx: &mut Tx) -> Result<(), NotDone> {
        Ok(audit::insert(tx, &self.event).await?)
    }

    /// Writes down that it was refused, and gives back why.
    pub async fn refuse(&self, tx: &mut Tx, why: &'static str) -> Result<&'static str, NotDone> {
        let mut event = self.event.clone();
        event.outcome = AuditOutcome::Refused;
        audit::insert(tx, &event).await?;
        Ok(why)
    }
}
