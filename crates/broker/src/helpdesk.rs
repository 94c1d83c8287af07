//! What a helpdesk does for somebody who cannot get in: take factors away, hand out a one-time code, send a link for a
//! new password.
//!
//! Each deed is one event of the audit and one mail to the owner of the account, and ends what was open: whoever got in
//! with what is gone now is out (MFA-17). An account with rights in the console is an owner's matter, or the helpdesk
//! would be a way to become one (ADMIN-15).

use chrono::{DateTime, Duration, Utc};
use usher_domain::{
    AccountState, AuditEvent, Authenticator, EmailAddress, MailContent, SecretText, TotpId, User, UserId,
};
use usher_login_flow::factors::recovery;
use usher_storage::bypass_codes::{self, BypassCode};
use usher_storage::{
    StorageError, Tx, audit, config, factors, grants, passkeys, recovery_codes, roles, sessions, totp, trusted_devices,
    users,
};

use crate::broker::Broker;
use crate::console::{Admin, NotDone, Right, deed, tried};
use crate::failure::Fault;
use crate::login::factors::brake;
use crate::mail::Notices;
use crate::password_reset;
use crate::visitor::Visitor;

/// For how many minutes a one-time code may work; the first is what the form begins with.
pub const BYPASS_MINUTES: [u32; 4] = [60, 15, 480, 1440];

/// An authenticator app or a passkey, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Which.
    pub factor: FactorRef,
    /// What the person calls it.
    pub name: String,
    /// When it was enrolled.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// One factor of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactorRef {
    /// An authenticator app.
    Totp(TotpId),
    /// A passkey, by the id of its credential.
    Passkey(String),
    /// All recovery codes.
    RecoveryCodes,
}

impl FactorRef {
    /// Reads what [`FactorRef::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("totp", id) => TotpId::parse(id).ok().map(Self::Totp),
            ("passkey", id) if id.len() <= 2000 => Some(Self::Passkey(id.to_owned())),
            ("recovery_code", "") => Some(Self::RecoveryCodes),
            _ => None,
        }
    }

    /// The value in forms.
    pub fn to_text(&self) -> String {
        match self {
            Self::Totp(id) => format!("totp:{id}"),
            Self::Passkey(id) => format!("passkey:{id}"),
            Self::RecoveryCodes => "recovery_code:".to_owned(),
        }
    }

    /// Its kind.
    pub fn authenticator(&self) -> Authenticator {
        match self {
            Self::Totp(_) => Authenticator::Totp,
            Self::Passkey(_) => Authenticator::Passkey,
            Self::RecoveryCodes => Authenticator::RecoveryCode,
        }
    }
}

/// What an account has beside its password. No secret is among it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factors {
    /// Apps and passkeys, oldest first.
    pub devices: Vec<Device>,
    /// Recovery codes that are left.
    pub recovery_left: i64,
    /// Browsers that are remembered.
    pub remembered: usize,
    /// The one-time code that can still be used.
    pub bypass: Option<BypassCode>,
}

/// Reads it.
pub async fn factors_of(broker: &Broker, user: &UserId) -> Result<Factors, Fault> {
    let (user, now) = (user.clone(), broker.now());
    broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                Ok::<_, Fault>(Factors {
                    devices: devices(tx, &user).await?,
                    recovery_left: recovery_codes::left(tx, &user).await?,
                    remembered: trusted_devices::list(tx, &user, now).await?.len(),
                    bypass: bypass_codes::live(tx, &user, now).await?,
                })
            })
        })
        .await
}

async fn devices(tx: &mut Tx, user: &UserId) -> Result<Vec<Device>, StorageError> {
    let apps = totp::list(tx, user).await?.into_iter().map(|row| Device {
        factor: FactorRef::Totp(row.id),
        name: row.name,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    });
    let keys = passkeys::list(tx, user).await?.into_iter().map(|row| Device {
        factor: FactorRef::Passkey(row.id),
        name: row.name,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    });
    Ok(apps.chain(keys).collect())
}

/// A deed of the helpdesk on one account.
#[derive(Clone)]
struct Deed {
    admin: Admin,
    user: UserId,
    notices: Notices,
    event: AuditEvent,
    now: DateTime<Utc>,
}

impl Deed {
    fn new(broker: &Broker, admin: &Admin, user: &UserId, (action, visitor): (&str, &Visitor)) -> Self {
        Self {
            admin: admin.clone(),
            user: user.clone(),
            notices: Notices::of(broker),
            event: deed(broker, admin, visitor, action, crate::audit::user_object(user)),
            now: broker.now(),
        }
    }

    /// The account, if this admin may do this to it.
    async fn person(&self, tx: &mut Tx) -> Result<User, NotDone> {
        config::queue(tx).await?;
        let user = users::get(tx, &self.user).await?.ok_or(NotDone::Gone)?;
        if !self.admin.may(Right::HelpPeople) {
            return Err(NotDone::Forbidden("you may look, but not change anything".to_owned()));
        }
        if user.id == self.admin.user.id {
            return Err(NotDone::Forbidden("nobody helps themselves here".to_owned()));
        }
        if !self.admin.may(Right::Manage) && !roles::list(tx, &self.user).await?.is_empty() {
            return Err(NotDone::Forbidden("only an owner may do this to an account with console rights".to_owned()));
        }
        Ok(user)
    }

    /// Whoever is in now is out, and no browser is remembered.
    async fn end_what_is_open(&self, tx: &mut Tx) -> Result<(), NotDone> {
        sessions::delete_by_user(tx, &self.user).await?;
        grants::revoke_by_user(tx, &self.user, self.now).await?;
        trusted_devices::delete_all(tx, &self.user).await?;
        Ok(())
    }

    async fn close(&self, tx: &mut Tx, user: &User, content: MailContent) -> Result<(), NotDone> {
        self.notices.tell(tx, user, content, self.now).await?;
        Ok(audit::insert(tx, &self.event).await?)
    }
}

/// Removes one factor.
pub async fn remove_factor(
    broker: &Broker,
    admin: &Admin,
    (user, factor): (&UserId, &FactorRef),
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let mut deed = Deed::new(broker, admin, user, ("user.factor_removed", visitor));
    deed.event.detail = serde_json::json!({ "factor": factor.authenticator() });
    let (factor, event) = (factor.clone(), deed.event.clone());
    let done = broker
        .store
        .write(move |tx| {
            let (deed, factor) = (deed.clone(), factor.clone());
            Box::pin(async move {
                let user = deed.person(tx).await?;
                let name = remove(tx, &user.id, &factor).await?;
                deed.end_what_is_open(tx).await?;
                deed.close(tx, &user, MailContent::FactorRemoved { factor: factor.authenticator(), name }).await
            })
        })
        .await;
    tried(broker, event, done).await
}

/// Removes it and gives the name that it had.
async fn remove(tx: &mut Tx, user: &UserId, factor: &FactorRef) -> Result<String, NotDone> {
    if *factor == FactorRef::RecoveryCodes {
        let gone = recovery_codes::delete_all(tx, user).await?;
        return if gone > 0 { Ok(String::new()) } else { Err(NotDone::Gone) };
    }
    let found = devices(tx, user).await?.into_iter().find(|device| device.factor == *factor).ok_or(NotDone::Gone)?;
    match &found.factor {
        FactorRef::Totp(id) => totp::delete(tx, id, user).await?,
        FactorRef::Passkey(id) => passkeys::delete(tx, id, user).await?,
        FactorRef::RecoveryCodes => false,
    };
    Ok(found.name)
}

/// Removes every factor of an account; the next sign-in sets them up anew.
pub async fn reset_factors(broker: &Broker, admin: &Admin, user: &UserId, visitor: &Visitor) -> Result<(), NotDone> {
    let deed = Deed::new(broker, admin, user, ("user.factors_reset", visitor));
    let event = deed.event.clone();
    let done = broker
        .store
        .write(move |tx| {
            let mut deed = deed.clone();
            Box::pin(async move {
                let user = deed.person(tx).await?;
                let had = factors::summary(tx, &user.id, deed.now).await?;
                deed.event.detail = serde_json::json!({
                    "totp": had.totp, "passkeys": had.passkeys, "recovery_codes": had.recovery_left
                });
                factors::delete_all(tx, &user.id).await?;
                brake::forget(tx, user.id.as_str()).await?;
                deed.end_what_is_open(tx).await?;
                deed.close(tx, &user, MailContent::FactorsReset).await
            })
        })
        .await;
    tried(broker, event, done).await
}

/// Makes a one-time code that stands in for a second factor; the answer is the only place where it is ever shown. An
/// earlier one stops working.
pub async fn issue_bypass(
    broker: &Broker,
    admin: &Admin,
    (user, minutes): (&UserId, u32),
    visitor: &Visitor,
) -> Result<SecretText, NotDone> {
    if !BYPASS_MINUTES.contains(&minutes) {
        return Err(NotDone::field("minutes", "choose for how long the code works"));
    }
    let mut random = [0; recovery::CODE_CHARS];
    broker.entropy().fill(&mut random);
    let code = recovery::single(&random);
    let hash = recovery::hash(user, code.expose()).ok_or(Fault::Invariant("a code that was drawn is a code"))?;
    let mut deed = Deed::new(broker, admin, user, ("user.bypass_issued", visitor));
    deed.event.detail = serde_json::json!({ "minutes": minutes });
    let row = BypassCode {
        created_by: admin.user.username.to_string(),
        created_at: deed.now,
        expires_at: deed.now + Duration::minutes(i64::from(minutes)),
    };
    let event = deed.event.clone();
    let done = broker
        .store
        .write(move |tx| {
            let (deed, row) = (deed.clone(), row.clone());
            Box::pin(async move {
                let user = deed.person(tx).await?;
                if user.state != AccountState::Active {
                    return Err(NotDone::Forbidden("this account is switched off".to_owned()));
                }
                bypass_codes::put(tx, &user.id, &hash, &row).await?;
                // The code must be looked at, whatever somebody else typed before.
                brake::forget(tx, user.id.as_str()).await?;
                deed.close(tx, &user, MailContent::BypassIssued { minutes }).await
            })
        })
        .await;
    tried(broker, event, done).await.map(|()| code)
}

/// Uses a one-time code of the helpdesk up, as a person typed it; false when it is none, was used or ran out. The caller
/// counts failures, as for every factor.
pub async fn redeem_bypass(tx: &mut Tx, user: &UserId, typed: &str, now: DateTime<Utc>) -> Result<bool, StorageError> {
    match recovery::hash(user, typed) {
        Some(hash) => bypass_codes::redeem(tx, user, &hash, now).await,
        None => Ok(false),
    }
}

/// What became of a link for a new password.
#[derive(Debug)]
pub enum ResetLink {
    /// It is on its way to this address.
    Mailed(EmailAddress),
    /// The link, to be shown once: there is no mail server, or no verified address.
    Link(SecretText),
}

/// Sends the person a link for a new password.
pub async fn reset_password(
    broker: &Broker,
    admin: &Admin,
    user: &UserId,
    visitor: &Visitor,
) -> Result<ResetLink, NotDone> {
    let link = password_reset::NewLink::draw(broker, user);
    let deed = Deed::new(broker, admin, user, ("user.password_reset_sent", visitor));
    let (told, event) = (link.clone(), deed.event.clone());
    let done = broker
        .store
        .write(move |tx| {
            let (deed, link) = (deed.clone(), link.clone());
            Box::pin(async move {
                let user = deed.person(tx).await?;
                if !password_reset::may_reset(tx, &user).await? {
                    let text =
                        "only an account that is switched on and has a password, without console rights, gets a link";
                    return Err(NotDone::Forbidden(text.to_owned()));
                }
                let told = link.put(tx, &deed.notices, &user, deed.now).await?;
                // Whoever sees the link may take the account: owners only, and the audit says so.
                if told.is_none() && !deed.admin.may(Right::Manage) {
                    let text = "no mail reaches this person: an owner must hand the link over";
                    return Err(NotDone::Forbidden(text.to_owned()));
                }
                let mut event = deed.event.clone();
                event.detail = serde_json::json!({ "shown": told.is_none() });
                audit::insert(tx, &event).await?;
                Ok::<_, NotDone>(told)
            })
        })
        .await;
    let to = tried(broker, event, done).await?;
    Ok(to.map_or_else(|| ResetLink::Link(told.address()), ResetLink::Mailed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_reads_back_from_its_form() {
        for factor in [
            FactorRef::Totp(TotpId::parse("totp_1").unwrap()),
            FactorRef::Passkey("Abc-_9".to_owned()),
            FactorRef::RecoveryCodes,
        ] {
            assert_eq!(FactorRef::parse(&factor.to_text()), Some(factor));
        }
        for text in ["", "totp", "totp:../x", "recovery_code:1", "password:1"] {
            assert_eq!(FactorRef::parse(text), None, "{text}");
        }
    }
}
