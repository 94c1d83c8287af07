//! Notices: what happened to an account, told to its owner in the transaction of the deed.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use usher_domain::{EmailAddress, Entropy, Mail, MailContent, User};
use usher_storage::{Store, Tx, outbox};

use super::{language, queue, verified_address};
use crate::broker::Broker;
use crate::failure::Fault;

/// RFC 2606 section 2: an address that nobody has.
const NOBODY: &str = "nobody@nowhere.invalid";

/// What a notice needs inside a transaction. Cheap to clone.
#[derive(Clone)]
pub struct Notices {
    store: Store,
    entropy: Arc<dyn Entropy>,
    can_mail: bool,
}

/// Whether a mail went into the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It is on its way.
    Queued,
    /// There is no mail server, or no address that somebody vouches for.
    Nobody,
}

impl Notices {
    /// Those of this installation.
    pub fn of(broker: &Broker) -> Self {
        Self { store: broker.store.clone(), entropy: broker.shared_entropy(), can_mail: broker.can_mail() }
    }

    /// Tells the owner of an account, where there is a way to.
    pub async fn tell(
        &self,
        tx: &mut Tx,
        user: &User,
        content: MailContent,
        now: DateTime<Utc>,
    ) -> Result<Told, Fault> {
        let Some(to) = verified_address(user).filter(|_| self.can_mail) else { return Ok(Told::Nobody) };
        let mail = Mail { to, language: language(user), content };
        queue(tx, &self.store, &*self.entropy, &mail, now).await?;
        Ok(Told::Queued)
    }

    /// The work of telling somebody, where there is nobody to tell and nothing may show it (MFA-19).
    pub async fn pretend(&self, tx: &mut Tx, content: MailContent, now: DateTime<Utc>) -> Result<(), Fault> {
        if !self.can_mail {
            return Ok(());
        }
        let to = EmailAddress::parse(NOBODY).map_err(|e| Fault::unreadable("address", e))?;
        let mail = Mail { to, language: None, content };
        let id = queue(tx, &self.store, &*self.entropy, &mail, now).await?;
        Ok(outbox::done(tx, &id).await.map(drop)?)
    }
}
