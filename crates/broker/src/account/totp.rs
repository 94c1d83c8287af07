//! Authenticator apps: a key is drawn, shown, and lands with the first code that fits it.
//!
//! Until then it waits with the session, sealed: the page may be reloaded, another session's code fits nothing, and a
//! confirmation works once. Wrong codes count with those of the sign-ins (MFA-06).

use serde::{Deserialize, Serialize};
use serde_json::json;
use usher_domain::{Authenticator, MailContent, SecretText, TotpId};
use usher_login_flow::factors::totp::{self as codes, QrCode, SECRET_BYTES, TotpSecret, Verdict};
use usher_storage::totp::{self, TotpRow};
use usher_storage::{passkeys, recovery_codes};

use super::deed::Deed;
use super::devices::{MOST, called};
use super::steps::{self, Kind};
use super::{NotDone, Person, recovery, sure};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::login::factors::{brake, seal_totp};
use crate::visitor::Visitor;

/// A key about to be confirmed.
#[derive(Debug)]
pub struct NewApp {
    /// The key, in groups of four.
    pub key: SecretText,
    /// The address that opens an app.
    pub otpauth: SecretText,
    /// The same as a picture.
    pub qr: Option<QrCode>,
}

/// What came of setting a factor up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is there.
    Alone,
    /// It is there, and recovery codes wait to be seen: there were none.
    WithCodes,
}

#[derive(Serialize, Deserialize)]
struct Waiting {
    secret: TotpSecret,
}

/// The key that is being set up: drawn anew only where none waits.
pub async fn begin(broker: &Broker, person: &Person) -> Result<NewApp, NotDone> {
    sure::demand(broker, person).await?;
    let secret = if let Some(begun) = steps::find::<Waiting>(broker, &person.session, Kind::App).await? {
        begun.kept.secret
    } else {
        let mut random = [0_u8; SECRET_BYTES];
        broker.entropy().fill(&mut random);
        let waiting = Waiting { secret: TotpSecret::new(random) };
        steps::begin(broker, &person.session, Kind::App, &waiting).await?;
        waiting.secret
    };
    let otpauth = codes::otpauth(&secret, "Usher", person.user.username.as_str());
    Ok(NewApp { key: secret.grouped(), qr: codes::qr(&otpauth), otpauth })
}

/// Takes the first code of the app.
pub async fn confirm(
    broker: &Broker,
    person: &Person,
    (typed, name): (&str, &str),
    visitor: &Visitor,
) -> Result<Added, NotDone> {
    sure::demand(broker, person).await?;
    let begun = steps::find::<Waiting>(broker, &person.session, Kind::App).await?.ok_or(NotDone::Stale)?;
    sure::count(broker, person, visitor).await?;
    let Verdict::Right { step } = codes::verify(&begun.kept.secret, typed, broker.now(), None) else {
        return Err(NotDone::field("code", "error-code-wrong"));
    };
    if !steps::end(broker, &begun).await? {
        return Err(NotDone::Stale);
    }
    brake::clear(broker, person.user.id.as_str()).await?;
    let id = TotpId::random(broker.entropy());
    let sealed = seal_totp(&broker.store, &id, &begun.kept.secret, broker.entropy())
        .map_err(|e| Fault::unreadable("factor", e))?;
    let now = broker.now();
    let row = TotpRow {
        id,
        user: person.user.id.clone(),
        sealed,
        name: called(name, "Authenticator app"),
        created_at: now,
        last_step: Some(step),
        last_used_at: Some(now),
    };
    let detail = json!({ "what": Authenticator::Totp });
    let deed = Deed::new(broker, person, "factor.enrolled", visitor).with(detail);
    let codes_left = broker
        .store
        .write(move |tx| {
            let (deed, row) = (deed.clone(), row.clone());
            Box::pin(async move {
                let user = deed.open(tx).await?;
                if totp::list(tx, &user.id).await?.len() + passkeys::list(tx, &user.id).await?.len() >= MOST {
                    return Err(NotDone::field("name", "account-error-too-many-devices"));
                }
                totp::insert(tx, &row).await?;
                let told = MailContent::FactorAdded { factor: Authenticator::Totp, name: row.name.clone() };
                deed.close(tx, &user, told).await?;
                Ok(recovery_codes::left(tx, &user.id).await?)
            })
        })
        .await?;
    // Whoever set it up has just shown to hold it.
    sure::note(broker, person).await?;
    recovery::begin_where_none(broker, person, codes_left).await
}
