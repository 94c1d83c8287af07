//! Passkeys: the browser makes a key, and it lands if its answer fits the challenge that this session was given.
//!
//! A challenge is answered once, whatever comes of it, and only by the session that it was given to.

use serde::{Deserialize, Serialize};
use serde_json::json;
use usher_domain::{AttributeName, Authenticator, MailContent};
use usher_login_flow::factors::passkey::{Owner, UserHandle};
use usher_storage::passkeys::{self, Backup, PasskeyRow};
use usher_storage::{recovery_codes, totp};

use super::deed::Deed;
use super::devices::{MOST, called};
use super::steps::{self, Kind};
use super::totp::Added;
use super::{NotDone, Person, recovery, sure};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::login::factors::seal_passkey;
use crate::visitor::Visitor;

#[derive(Serialize, Deserialize)]
struct Waiting {
    state: String,
}

/// What the browser is asked to make, as JSON. There are no passkeys where the public address can have none.
pub async fn begin(broker: &Broker, person: &Person) -> Result<String, NotDone> {
    sure::demand(broker, person).await?;
    let party = broker.passkeys().ok_or(NotDone::Gone)?;
    let user = person.user.id.clone();
    let there = broker.store.read(move |tx| Box::pin(async move { passkeys::list(tx, &user).await })).await?;
    let there: Vec<String> = there.into_iter().map(|row| row.id).collect();
    let name = person.user.username.as_str();
    let own = AttributeName::parse("name").ok().and_then(|name| person.user.attributes.get(&name)?.values.first());
    let display_name = own.map_or(name, String::as_str);
    let owner = Owner { handle: UserHandle::of_user(&person.user.id), name, display_name };
    let begun = party.begin_registration(owner, &there).map_err(|e| Fault::unreadable("passkey", e))?;
    steps::begin(broker, &person.session, Kind::NewPasskey, &Waiting { state: begun.state }).await?;
    Ok(begun.options)
}

/// Takes the browser's answer.
pub async fn finish(
    broker: &Broker,
    person: &Person,
    (answer, name): (&str, &str),
    visitor: &Visitor,
) -> Result<Added, NotDone> {
    sure::demand(broker, person).await?;
    let party = broker.passkeys().ok_or(NotDone::Gone)?;
    let begun = steps::find::<Waiting>(broker, &person.session, Kind::NewPasskey).await?.ok_or(NotDone::Stale)?;
    if !steps::end(broker, &begun).await? {
        return Err(NotDone::Stale);
    }
    let refused = || NotDone::field("passkey", "account-error-passkey");
    let made = party.finish_registration(&begun.kept.state, answer).map_err(|_| refused())?;
    let sealed = seal_passkey(&broker.store, &made.credential_id, &made.credential, broker.entropy())
        .map_err(|e| Fault::unreadable("factor", e))?;
    let row = PasskeyRow {
        id: made.credential_id,
        user: person.user.id.clone(),
        sealed,
        name: called(name, "Passkey"),
        created_at: broker.now(),
        last_used_at: None,
        backup: if made.backed_up { Backup::Present } else { Backup::None },
    };
    let detail = json!({ "what": Authenticator::Passkey });
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
                // Web Authentication Level 3, 7.1 (26): an id names one account.
                if !passkeys::insert(tx, &row).await? {
                    return Err(NotDone::field("passkey", "account-error-passkey"));
                }
                let told = MailContent::FactorAdded { factor: Authenticator::Passkey, name: row.name.clone() };
                deed.close(tx, &user, told).await?;
                Ok(recovery_codes::left(tx, &user.id).await?)
            })
        })
        .await?;
    // Whoever set it up has just shown to hold it.
    sure::note(broker, person).await?;
    recovery::begin_where_none(broker, person, codes_left).await
}
