//! Invitations: a one-time link with which a person sets the password of the account that was made for them.
//!
//! It goes by mail to an address that counts as verified, else the admin hands it over. It sets a first password only: an
//! account that has one, or that may use the console, is never reached this way (ADMIN-15). A new one kills the older ones.

use chrono::{DateTime, Duration, Utc};
use usher_domain::{AccountState, AuditActor, EmailAddress, Mail, MailContent, SecretText, User, UserId};
use usher_storage::setup_tokens::{self, SetupToken};
use usher_storage::{Hash, Tx, attempts, audit, config, credentials, hash, roles, users};

use crate::broker::Broker;
use crate::console::{Admin, NotDone, deed};
use crate::failure::Fault;
use crate::mail::{self, language, verified_address};
use crate::password_reset::known_words;
use crate::setup::{SetupFailure, chosen_password};
use crate::visitor::Visitor;

/// For how many hours a link works.
pub const HOURS: u32 = 72;
/// Start of the purpose; the account's id follows.
const PURPOSE: &str = "invite:";

/// What became of an invitation.
#[derive(Debug)]
pub enum Invited {
    /// It is on its way to this address.
    Mailed(EmailAddress),
    /// The link, to be shown once: there is no mail server, or no verified address.
    Link(SecretText),
}

/// Invites the person of an account that has no password yet.
pub async fn invite(broker: &Broker, admin: &Admin, id: &UserId, visitor: &Visitor) -> Result<Invited, NotDone> {
    let token = usher_oidc_provider::opaque::generate(broker.entropy());
    let link = format!("{}/setup/{}", broker.public_url(), token.expose());
    let (store, entropy, now) = (broker.store.clone(), broker.shared_entropy(), broker.now());
    let row = SetupToken {
        hash: hash(token.expose().as_bytes()),
        purpose: purpose(id),
        expires_at: now + Duration::hours(i64::from(HOURS)),
    };
    let event = deed(broker, admin, visitor, "user.invited", crate::audit::user_object(id));
    let (id, by_mail, words) = (id.clone(), broker.can_mail(), link.clone());
    let to = broker
        .store
        .write(move |tx| {
            let (id, row, event, words) = (id.clone(), row.clone(), event.clone(), words.clone());
            let (store, entropy) = (store.clone(), entropy.clone());
            Box::pin(async move {
                config::queue(tx).await?;
                let user = invitable(tx, &id).await?;
                setup_tokens::revoke_all(tx, &row.purpose).await?;
                setup_tokens::insert(tx, &row, now).await?;
                audit::insert(tx, &event).await?;
                let Some(to) = verified_address(&user).filter(|_| by_mail) else { return Ok::<_, NotDone>(None) };
                let content =
                    MailContent::Invitation { link: words, username: user.username.to_string(), hours: HOURS };
                let mail = Mail { to: to.clone(), language: language(&user), content };
                mail::queue(tx, &store, &*entropy, &mail, now).await?;
                Ok(Some(to))
            })
        })
        .await?;
    Ok(to.map_or_else(|| Invited::Link(SecretText::new(link)), Invited::Mailed))
}

fn purpose(id: &UserId) -> String {
    format!("{PURPOSE}{id}")
}

async fn invitable(tx: &mut Tx, id: &UserId) -> Result<User, NotDone> {
    let user = users::get(tx, id).await?.ok_or(NotDone::Gone)?;
    if user.state != AccountState::Active {
        return Err(NotDone::Forbidden("enable the account before you invite the person".to_owned()));
    }
    if !roles::list(tx, id).await?.is_empty() {
        return Err(NotDone::Forbidden("an admin gets back in by the command line: usher admin recover".to_owned()));
    }
    if credentials::password(tx, id).await?.is_some() {
        return Err(NotDone::Forbidden("this account has a password already".to_owned()));
    }
    Ok(user)
}

/// The account that a link's purpose leads to, while it may still set its first password.
pub(crate) async fn invited(tx: &mut Tx, purpose: &str) -> Result<Option<User>, Fault> {
    let Some(id) = purpose.strip_prefix(PURPOSE).and_then(|id| UserId::parse(id).ok()) else { return Ok(None) };
    match invitable(tx, &id).await {
        Ok(user) => Ok(Some(user)),
        Err(NotDone::Fault(fault)) => Err(fault),
        Err(_) => Ok(None),
    }
}

/// Uses the link: sets the password.
pub async fn accept(
    broker: &Broker,
    token: &str,
    passwords: (SecretText, SecretText),
    visitor: &Visitor,
) -> Result<(), SetupFailure> {
    let (password, again) = passwords;
    if password != again {
        return Err(SetupFailure::PasswordsDiffer);
    }
    let (token, now) = (hash(token.as_bytes()), broker.now());
    let user = owner(broker, token, now).await?.ok_or(SetupFailure::DeadLink)?;
    let phc = chosen_password(broker, password, &known_words(&user)).await?;
    let event = crate::audit::event(visitor, now, "user.invitation_accepted", AuditActor::Anonymous);
    broker
        .store
        .write(move |tx| {
            let (phc, mut event) = (phc.clone(), event.clone());
            Box::pin(async move {
                config::queue(tx).await?;
                let purpose = setup_tokens::redeem(tx, &token, now).await?.ok_or(SetupFailure::DeadLink)?;
                let user = invited(tx, &purpose).await?.ok_or(SetupFailure::DeadLink)?;
                set_first_password(tx, &user, &phc, now).await?;
                event.actor = AuditActor::User(user.id.clone());
                event.object = crate::audit::user_object(&user.id);
                Ok(audit::insert(tx, &event).await?)
            })
        })
        .await
}

async fn owner(broker: &Broker, token: Hash, now: DateTime<Utc>) -> Result<Option<User>, Fault> {
    broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let Some(purpose) = setup_tokens::is_live(tx, &token, now).await? else { return Ok::<_, Fault>(None) };
                invited(tx, &purpose).await
            })
        })
        .await
}

async fn set_first_password(tx: &mut Tx, user: &User, phc: &str, now: DateTime<Utc>) -> Result<(), SetupFailure> {
    credentials::set_password(tx, &user.id, phc, now).await?;
    Ok(attempts::clear(tx, &format!("user:{}", user.id)).await?)
}
