//! Another e-mail address: it counts only after a code that was mailed to it has been typed in this very session.
//!
//! Until then nothing is changed. What was begun is bound to the session, the account and the address as it was: it is
//! void once the session ended, somebody else changed the address, or ten minutes passed (LINK-04). The old address is
//! told. Whether another account holds the new one is said only to whoever reads its mail.

use chrono::Duration;
use serde::{Deserialize, Serialize};
use serde_json::json;
use subtle::ConstantTimeEq;
use usher_domain::{
    AttributeName, AttributeSchema, AttributeSource, AttributeValue, EmailAddress, Mail, MailContent, User,
    Verification,
};
use usher_login_flow::factors::mail_code;
use usher_login_flow::{CODE_MINUTES, CodeStanding, SentCode};
use usher_provisioning::mask;
use usher_storage::attempts::{self, AttemptPolicy};
use usher_storage::{Purpose, Tx, attribute_definitions, hex, links, users};

use super::deed::Deed;
use super::profile::may_edit;
use super::steps::{self, Kind};
use super::{NotDone, Person, sure};
use crate::accounts::reclaim;
use crate::broker::Broker;
use crate::failure::Fault;
use crate::mail::{language, queue};
use crate::password_reset;
use crate::visitor::Visitor;

/// MAC over a mailed code with everything that it is bound to.
const CODE: Purpose = Purpose::new("mac.account_email_code");
/// Codes that one account may have sent in an hour, and wrong ones that it may type.
const SENDS: AttemptPolicy = AttemptPolicy { limit: 5, window: Duration::hours(1), lock: Duration::hours(1) };
const GUESSES: AttemptPolicy = AttemptPolicy { limit: 20, window: Duration::hours(1), lock: Duration::hours(1) };

/// A change that waits for its code.
#[derive(Serialize, Deserialize)]
struct Pending {
    address: EmailAddress,
    code: SentCode,
    /// The address as it was.
    before: Option<AttributeValue>,
}

/// What the page shows.
#[derive(Debug, Clone)]
pub struct EmailPage {
    /// The address as it is; empty: none.
    pub current: String,
    /// Whether mail can be sent at all.
    pub mail: bool,
    /// The address that waits for its code, and what became of that.
    pub pending: Option<(String, CodeStanding)>,
}

/// The page, for a person who may change the address.
pub async fn page(broker: &Broker, person: &Person) -> Result<EmailPage, NotDone> {
    allowed(broker, person).await?;
    let pending = steps::find::<Pending>(broker, &person.session, Kind::Email).await?;
    let now = broker.now();
    let of = |pending: &Pending| (pending.address.to_string(), CodeStanding::of(Some(&pending.code), now));
    Ok(EmailPage {
        current: current(&person.user).and_then(|value| value.values.first().cloned()).unwrap_or_default(),
        mail: broker.can_mail(),
        pending: pending.map(|begun| of(&begun.kept)),
    })
}

fn current(user: &User) -> Option<&AttributeValue> {
    user.attributes.get(&AttributeName::email())
}

/// The schema must leave the address to people, no connection that is linked may feed it, and the person signed in just
/// now: whoever holds the address may ask for a new password.
async fn allowed(broker: &Broker, person: &Person) -> Result<(), NotDone> {
    let id = person.user.id.clone();
    let linked = broker.store.read(move |tx| Box::pin(async move { links::list(tx, &id).await })).await?;
    let email = AttributeName::email();
    if !may_edit(&broker.snapshot().schema, &linked, &email, current(&person.user)) {
        return Err(NotDone::Gone);
    }
    sure::demand(broker, person).await
}

/// Mails a code to the address that was typed.
pub async fn begin(broker: &Broker, person: &Person, typed: &str) -> Result<(), NotDone> {
    allowed(broker, person).await?;
    if !broker.can_mail() {
        return Err(NotDone::Forbidden("account-error-email-no-mail"));
    }
    let wrong = || NotDone::field("address", "account-error-email-address");
    let address = EmailAddress::parse(typed.trim()).map_err(|_| wrong())?;
    let before = current(&person.user).cloned();
    let same = before.as_ref().is_some_and(|value| value.values == [address.as_str()] && value.verified.is_verified());
    if same {
        return Err(NotDone::field("address", "account-error-email-same"));
    }
    let code = mail_code::draw(|bytes| broker.entropy().fill(bytes));
    let sent = SentCode::new(code_mac(broker, person, &address, &code), Some(address.unique_key()), broker.now());
    let minutes = u32::try_from(CODE_MINUTES).unwrap_or(5);
    let content = MailContent::EmailChangeCode { code, minutes };
    let mail = Mail { to: address.clone(), language: language(&person.user), content };
    if !send(broker, person, mail).await? {
        return Err(NotDone::Forbidden("account-error-email-often"));
    }
    let pending = Pending { address, code: sent, before };
    Ok(steps::begin(broker, &person.session, Kind::Email, &pending).await?)
}

/// Puts the mail into the outbox; false when too many were sent.
async fn send(broker: &Broker, person: &Person, mail: Mail) -> Result<bool, Fault> {
    let (store, entropy, now) = (broker.store.clone(), broker.shared_entropy(), broker.now());
    let sends = format!("email-sends:{}", person.user.id);
    broker
        .store
        .write(move |tx| {
            let (store, entropy, mail, sends) = (store.clone(), entropy.clone(), mail.clone(), sends.clone());
            Box::pin(async move {
                if !counted(tx, &sends, &SENDS, now).await? {
                    return Ok(false);
                }
                queue(tx, &store, &*entropy, &mail, now).await?;
                Ok::<_, Fault>(true)
            })
        })
        .await
}

async fn counted(
    tx: &mut Tx,
    name: &str,
    policy: &AttemptPolicy,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<bool, Fault> {
    let counted = attempts::record_failure(tx, name, policy, now).await?;
    Ok(counted.failures <= i64::from(policy.limit))
}

/// Forgets what waits for its code.
pub async fn cancel(broker: &Broker, person: &Person) -> Result<(), NotDone> {
    Ok(steps::drop_kind(broker, &person.session, Kind::Email).await?)
}

/// The code, as typed: right, and the address is the person's own from now on.
pub async fn complete(broker: &Broker, person: &Person, typed: &str, visitor: &Visitor) -> Result<(), NotDone> {
    allowed(broker, person).await?;
    let begun = steps::find::<Pending>(broker, &person.session, Kind::Email).await?;
    let Some(mut begun) = begun else { return Err(NotDone::field("code", "account-error-email-code-void")) };
    if !may_guess(broker, person).await? || !begun.kept.code.is_live(broker.now()) {
        return Err(NotDone::field("code", "account-error-email-code-void"));
    }
    let typed = mail_code::digits(typed, mail_code::CODE_DIGITS).unwrap_or_default();
    let mac = code_mac(broker, person, &begun.kept.address, &typed);
    if !bool::from(begun.kept.code.mac.as_bytes().ct_eq(mac.as_bytes())) {
        begun.kept.code.count_wrong();
        steps::begin(broker, &person.session, Kind::Email, &begun.kept).await?;
        return Err(NotDone::field("code", "account-error-email-code"));
    }
    // Once: of two answers at the same time one goes on.
    if !steps::end(broker, &begun).await? {
        return Err(NotDone::field("code", "account-error-email-code-void"));
    }
    write(broker, person, begun.kept, visitor).await
}

async fn may_guess(broker: &Broker, person: &Person) -> Result<bool, Fault> {
    let (guesses, now) = (format!("email-guesses:{}", person.user.id), broker.now());
    broker
        .store
        .write(move |tx| {
            let guesses = guesses.clone();
            Box::pin(async move { counted(tx, &guesses, &GUESSES, now).await })
        })
        .await
}

async fn write(broker: &Broker, person: &Person, pending: Pending, visitor: &Visitor) -> Result<(), NotDone> {
    let deed = Deed::new(broker, person, "user.email_changed", visitor);
    let deed = deed.with(json!({ "address": mask(pending.address.as_str()) }));
    let value = AttributeValue {
        values: vec![pending.address.as_str().to_owned()],
        source: AttributeSource::Person,
        verified: Verification::ByPerson,
        at: broker.now(),
    };
    let before = pending.before;
    broker
        .store
        .write(move |tx| {
            let (deed, value, before) = (deed.clone(), value.clone(), before.clone());
            Box::pin(async move {
                let user = deed.open(tx).await?;
                let schema = AttributeSchema::with(attribute_definitions::list(tx).await?);
                let (email, linked) = (AttributeName::email(), links::list(tx, &user.id).await?);
                if current(&user) != before.as_ref() || !may_edit(&schema, &linked, &email, before.as_ref()) {
                    return Err(NotDone::field("code", "account-error-email-code-void"));
                }
                let mut after = user.attributes.clone();
                after.insert(email, value);
                if reclaim(tx, &user.id, &user.attributes, &after, &schema).await?.is_some() {
                    return Err(NotDone::field("code", "account-error-email-taken"));
                }
                users::update_attributes(tx, &user.id, user.revision, &after).await?.ok_or(NotDone::Stale)?;
                // A link that went to the old address sets no password any more.
                password_reset::forget(tx, &user.id).await?;
                let address = after.get(&AttributeName::email()).and_then(|value| value.values.first());
                let content = MailContent::EmailChanged { address: address.map(|text| mask(text)).unwrap_or_default() };
                // `user` is the account as it was: the old address is told.
                deed.close(tx, &user, content).await
            })
        })
        .await
}

/// A code is worth something in one session, for one account and address.
fn code_mac(broker: &Broker, person: &Person, address: &EmailAddress, code: &str) -> String {
    let parts = [person.session.as_str(), person.user.id.as_str(), address.as_str(), code];
    hex(&broker.store.sealer().mac(CODE, &mail_code::frame(&parts)))
}
