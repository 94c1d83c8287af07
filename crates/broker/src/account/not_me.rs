//! "This was not me": the owner says that somebody else was in the account.
//!
//! Everything that the other one may hold ends in one transaction: every other session, what applications hold, browsers
//! that are remembered, and the password, where the owner can be mailed a link for a new one. Where they cannot, the
//! password stays, so that nobody is locked out of their own account, and the owner is told to change it at once. An
//! admin finds the event; the owner gets a mail.

use serde_json::{Value, json};
use usher_domain::{MailContent, User};
use usher_storage::{Tx, bypass_codes, credentials, grants, own_sign_ins, sessions, trusted_devices};

use super::deed::Deed;
use super::history::{self, EntryRef, Found};
use super::{NotDone, Person, sure};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::mail::{Notices, verified_address};
use crate::password_reset::{self, NewLink};
use crate::passwords::PasswordError;
use crate::visitor::Visitor;

/// What became of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Password {
    /// It works no more; a link for a new one is on its way.
    LinkSent,
    /// It still works: the owner has to change it.
    ToBeChanged,
    /// There is none.
    None,
}

impl Password {
    fn as_str(self) -> &'static str {
        match self {
            Self::LinkSent => "link_sent",
            Self::ToBeChanged => "to_be_changed",
            Self::None => "none",
        }
    }
}

#[derive(Clone)]
struct Locking {
    deed: Deed,
    which: EntryRef,
    notices: Notices,
    link: NewLink,
    /// The hash of a password that nobody knows.
    unknown: String,
    can_mail: bool,
}

/// Closes the account to whoever it was. The person must have signed in just now, second factor included.
pub async fn report(broker: &Broker, person: &Person, which: EntryRef, visitor: &Visitor) -> Result<Password, NotDone> {
    sure::demand(broker, person).await?;
    let unknown = broker.passwords.hash(broker.random_token(), broker.entropy()).await;
    let unknown = unknown.map_err(|error| match error {
        PasswordError::Busy => Fault::NotReady("password pool"),
        _ => Fault::Invariant("a random text is a password"),
    })?;
    let locking = Locking {
        deed: Deed::new(broker, person, "user.not_me", visitor),
        which,
        notices: Notices::of(broker),
        link: NewLink::draw(broker, &person.user.id),
        unknown,
        can_mail: broker.can_mail(),
    };
    broker
        .store
        .write(move |tx| {
            let locking = locking.clone();
            Box::pin(async move { locking.close_account(tx).await })
        })
        .await
}

impl Locking {
    async fn close_account(self, tx: &mut Tx) -> Result<Password, NotDone> {
        let user = self.deed.open(tx).await?;
        let now = self.deed.now;
        let found = history::find(tx, &user.id, self.which).await?.ok_or(NotDone::Gone)?;
        if let EntryRef::SignIn(id) = self.which {
            own_sign_ins::report(tx, &user.id, id, now).await?;
        }
        sessions::delete_others(tx, &user.id, self.deed.session()).await?;
        grants::revoke_by_user(tx, &user.id, now).await?;
        trusted_devices::delete_all(tx, &user.id).await?;
        bypass_codes::delete(tx, &user.id).await?;
        password_reset::forget(tx, &user.id).await?;
        let password = self.close_password(tx, &user).await?;
        let deed = self.deed.with(detail(&found, password));
        deed.close(tx, &user, MailContent::AccountSecured).await?;
        Ok(password)
    }

    async fn close_password(&self, tx: &mut Tx, user: &User) -> Result<Password, NotDone> {
        if credentials::password(tx, &user.id).await?.is_none() {
            return Ok(Password::None);
        }
        let reachable = self.can_mail && verified_address(user).is_some();
        if !reachable || !password_reset::may_reset(tx, user).await? {
            return Ok(Password::ToBeChanged);
        }
        credentials::set_password(tx, &user.id, &self.unknown, self.deed.now).await?;
        self.link.put(tx, &self.notices, user, self.deed.now).await?;
        Ok(Password::LinkSent)
    }
}

/// What an admin reads: which entry it was, and what was done. No address: the entry has it.
fn detail(found: &Found, password: Password) -> Value {
    match found {
        Found::SignIn(row) => json!({
            "sign_in": row.sign_in.correlation,
            "application": row.sign_in.application,
            "password": password.as_str(),
        }),
        Found::Event(id, event) => json!({ "event": id, "action": event.action, "password": password.as_str() }),
    }
}
