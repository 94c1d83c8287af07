//! Authenticator apps and passkeys of the person: listed, renamed, removed.
//!
//! Whose a device is, is asked of the database with the person's own id: another person's device is no device here.
//! Removing the last one is allowed, and takes the recovery codes with it, which stood in for it; a sign-in that demands a
//! second factor asks to set one up again.

use chrono::{DateTime, Utc};
use serde_json::json;
use usher_domain::MailContent;
use usher_storage::passkeys::{self, Backup};
use usher_storage::{StorageError, Tx, recovery_codes, totp};

use super::deed::Deed;
use super::links::{door, keys};
use super::ways_in::{self, Door, Key, Removal};
use super::{NotDone, Person, sure};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::helpdesk::FactorRef;
use crate::visitor::Visitor;

/// Most apps and passkeys of one person.
pub(super) const MOST: usize = 20;
/// Longest name, in characters.
const MAX_NAME: usize = 64;

/// An authenticator app or a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Which.
    pub factor: FactorRef,
    /// What the person calls it.
    pub name: String,
    /// When it was set up.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Whether copies of a passkey are kept elsewhere; nothing for an app.
    pub backup: Option<Backup>,
}

/// What the page about signing in lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Security {
    /// Whether there is a password.
    pub password: bool,
    /// Apps and passkeys, oldest first.
    pub devices: Vec<Device>,
    /// Recovery codes that are left.
    pub recovery_left: i64,
    /// Whether passkeys are possible at this address.
    pub passkeys_possible: bool,
}

/// What a name that was typed becomes: one line, or what such a thing is called by default.
pub(super) fn called(typed: &str, otherwise: &str) -> String {
    let name: String = typed.trim().chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    if name.is_empty() { otherwise.to_owned() } else { name }
}

/// Reads it.
pub async fn security(broker: &Broker, person: &Person) -> Result<Security, Fault> {
    let user = person.user.id.clone();
    let passkeys_possible = broker.passkeys().is_some();
    broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                Ok::<_, Fault>(Security {
                    password: usher_storage::credentials::password(tx, &user).await?.is_some(),
                    devices: devices(tx, &user).await?,
                    recovery_left: recovery_codes::left(tx, &user).await?,
                    passkeys_possible,
                })
            })
        })
        .await
}

async fn devices(tx: &mut Tx, user: &usher_domain::UserId) -> Result<Vec<Device>, StorageError> {
    let apps = totp::list(tx, user).await?.into_iter().map(|row| Device {
        factor: FactorRef::Totp(row.id),
        name: row.name,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        backup: None,
    });
    let keys = passkeys::list(tx, user).await?.into_iter().map(|row| Device {
        factor: FactorRef::Passkey(row.id),
        name: row.name,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        backup: Some(row.backup),
    });
    Ok(apps.chain(keys).collect())
}

/// A device about to be renamed or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The device.
    pub device: Device,
    /// Whether it is the last second factor.
    pub last_factor: bool,
    /// Whether it may go.
    pub removal: Removal,
}

/// One device of the person, with what its removal would mean.
pub async fn look(broker: &Broker, person: &Person, factor: &FactorRef) -> Result<Standing, NotDone> {
    let (user, factor, door) = (person.user.id.clone(), factor.clone(), door(broker));
    broker.store.read(move |tx| Box::pin(async move { standing(tx, (&user, &factor), &door).await })).await
}

async fn standing(
    tx: &mut Tx,
    (user, factor): (&usher_domain::UserId, &FactorRef),
    door: &Door,
) -> Result<Standing, NotDone> {
    let all = devices(tx, user).await?;
    let last_factor = all.len() == 1;
    let device = all.into_iter().find(|device| device.factor == *factor).ok_or(NotDone::Gone)?;
    let removal = match factor {
        FactorRef::Passkey(id) => ways_in::judge(door, &keys(tx, user).await?, &Key::Passkey(id.clone())),
        FactorRef::Totp(_) | FactorRef::RecoveryCodes => Removal::Fine,
    };
    Ok(Standing { device, last_factor, removal })
}

/// Gives it another name.
pub async fn rename(
    broker: &Broker,
    person: &Person,
    (factor, name): (&FactorRef, &str),
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let name = called(name, "");
    if name.is_empty() {
        return Err(NotDone::field("name", "account-error-name-empty"));
    }
    let detail = json!({ "what": factor.authenticator() });
    let deed = Deed::new(broker, person, "factor.renamed", visitor).with(detail);
    let factor = factor.clone();
    broker
        .store
        .write(move |tx| {
            let (deed, factor, name) = (deed.clone(), factor.clone(), name.clone());
            Box::pin(async move {
                let user = deed.open(tx).await?;
                let renamed = match &factor {
                    FactorRef::Totp(id) => totp::rename(tx, id, &user.id, &name).await?,
                    FactorRef::Passkey(id) => passkeys::rename(tx, id, &user.id, &name).await?,
                    FactorRef::RecoveryCodes => false,
                };
                if renamed { deed.close_quietly(tx).await } else { Err(NotDone::Gone) }
            })
        })
        .await
}

/// Removes it, and ends what may have been opened with it.
pub async fn remove(broker: &Broker, person: &Person, factor: &FactorRef, visitor: &Visitor) -> Result<(), NotDone> {
    sure::demand(broker, person).await?;
    let detail = json!({ "factor": factor.authenticator() });
    let deed = Deed::new(broker, person, "user.factor_removed", visitor).with(detail);
    let (factor, door) = (factor.clone(), door(broker));
    broker
        .store
        .write(move |tx| {
            let (deed, factor, door) = (deed.clone(), factor.clone(), door.clone());
            Box::pin(async move {
                let user = deed.open(tx).await?;
                let found = standing(tx, (&user.id, &factor), &door).await?;
                if found.removal == Removal::LastWayIn {
                    return Err(NotDone::Forbidden("account-last-way-in"));
                }
                match &factor {
                    FactorRef::Totp(id) => totp::delete(tx, id, &user.id).await?,
                    FactorRef::Passkey(id) => passkeys::delete(tx, id, &user.id).await?,
                    FactorRef::RecoveryCodes => return Err(NotDone::Gone),
                };
                if found.last_factor {
                    recovery_codes::delete_all(tx, &user.id).await?;
                }
                deed.end_others(tx).await?;
                let name = found.device.name;
                deed.close(tx, &user, MailContent::FactorRemoved { factor: factor.authenticator(), name }).await
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(called("  My\u{7}phone\n ", "x"), "Myphone");
        assert_eq!(called(" \t", "Passkey"), "Passkey");
        assert_eq!(called(&"ä".repeat(100), "x").chars().count(), MAX_NAME);
    }
}
