//! The password: set where there is none, changed with the present one.
//!
//! A wrong present password counts in the lockout of the sign-in. A new one ends every other session, forgets every
//! remembered browser, and makes links for a new password worthless.

use serde_json::json;
use usher_domain::{MailContent, SecretText};
use usher_login_flow::factors::policy::PasswordFlaw;
use usher_storage::{attempts, credentials, grants};

use super::deed::Deed;
use super::{NotDone, Person, sure};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::login::{OwnPassword, check_own};
use crate::password_reset::{self, known_words};
use crate::passwords::PasswordError;
use crate::security;
use crate::visitor::Visitor;

/// What the form sends.
#[derive(Debug, Clone)]
pub struct PasswordForm {
    /// The present one; not asked for where there is none.
    pub current: SecretText,
    /// The new one.
    pub new: SecretText,
    /// The new one again.
    pub again: SecretText,
}

/// Whether the account has a password.
pub async fn exists(broker: &Broker, person: &Person) -> Result<bool, Fault> {
    let user = person.user.id.clone();
    let stored = broker.store.read(move |tx| Box::pin(async move { credentials::password(tx, &user).await })).await?;
    Ok(stored.is_some())
}

/// Whether the page may be shown: a first password rests on a fresh sign-in, a new one on the present one. A second
/// factor is asked for in any case, where there is one.
pub async fn demand(broker: &Broker, person: &Person) -> Result<(), NotDone> {
    if exists(broker, person).await? {
        sure::demand_factor(broker, person).await
    } else {
        sure::demand(broker, person).await
    }
}

/// Sets or changes it.
pub async fn change(broker: &Broker, person: &Person, form: PasswordForm, visitor: &Visitor) -> Result<(), NotDone> {
    demand(broker, person).await?;
    let had = exists(broker, person).await?;
    // Everything that tells nothing about the present password comes first; a guess at it is always counted.
    if form.new != form.again {
        return Err(NotDone::field("again", "error-passwords-differ"));
    }
    let known = known_words(&person.user);
    let words: Vec<&str> = known.iter().map(String::as_str).collect();
    security::judge(broker, &form.new, &words).await.map_err(flawed)?;
    if had {
        match check_own(broker, &person.user, form.current, visitor).await? {
            OwnPassword::Right => {}
            OwnPassword::Wrong => return Err(NotDone::field("current", "account-error-password-current")),
            OwnPassword::Closed(seconds) => return Err(NotDone::Locked { seconds }),
        }
    }
    let phc = broker.passwords.hash(form.new, broker.entropy()).await.map_err(|error| match error {
        PasswordError::TooShort => NotDone::field("new", "error-password-short"),
        PasswordError::TooLong => NotDone::field("new", "error-password-long"),
        PasswordError::Busy | PasswordError::UnreadableHash => Fault::NotReady("password pool").into(),
    })?;
    let deed = Deed::new(broker, person, "user.password_changed", visitor).with(json!({ "first": !had }));
    broker
        .store
        .write(move |tx| {
            let (deed, phc) = (deed.clone(), phc.clone());
            Box::pin(async move {
                let user = deed.open(tx).await?;
                // A password that came into being meanwhile was not asked for.
                if credentials::password(tx, &user.id).await?.is_some() != had {
                    return Err(NotDone::Stale);
                }
                credentials::set_password(tx, &user.id, &phc, deed.now).await?;
                password_reset::forget(tx, &user.id).await?;
                attempts::clear(tx, &format!("user:{}", user.id)).await?;
                deed.end_others(tx).await?;
                // Tokens too: whoever held the account through an application has to come by the new password.
                grants::revoke_by_user(tx, &user.id, deed.now).await?;
                deed.close(tx, &user, MailContent::PasswordChanged).await
            })
        })
        .await
}

fn flawed(flaw: PasswordFlaw) -> NotDone {
    let text = match flaw {
        PasswordFlaw::TooShort => "error-password-short",
        PasswordFlaw::TooLong => "error-password-long",
        PasswordFlaw::Personal => "error-password-personal",
        PasswordFlaw::Pattern => "error-password-pattern",
        PasswordFlaw::Common => "error-password-common",
        PasswordFlaw::Breached => "error-password-breached",
    };
    NotDone::field("new", text)
}
