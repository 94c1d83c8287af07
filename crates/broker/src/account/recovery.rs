//! Recovery codes: ten, shown until the person says that they are saved, and only then good.
//!
//! So a page that was closed too early takes nothing away: the codes from before still work. What was confirmed is never
//! shown again.

use serde::{Deserialize, Serialize};
use serde_json::json;
use usher_domain::{Authenticator, MailContent};
use usher_login_flow::factors::recovery::{self, SEED_BYTES};
use usher_storage::{factors, recovery_codes};

use super::deed::Deed;
use super::steps::{self, Kind};
use super::totp::Added;
use super::{NotDone, Person, sure};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::visitor::Visitor;

#[derive(Serialize, Deserialize)]
struct Waiting {
    codes: Vec<String>,
}

/// Draws new codes, to be shown next. They stand in for a second factor, so there must be one.
pub async fn make(broker: &Broker, person: &Person) -> Result<(), NotDone> {
    sure::demand(broker, person).await?;
    let (user, now) = (person.user.id.clone(), broker.now());
    let has = broker.store.read(move |tx| Box::pin(async move { factors::summary(tx, &user, now).await })).await?;
    if has.totp + has.passkeys == 0 {
        return Err(NotDone::Forbidden("account-error-codes-alone"));
    }
    Ok(begin(broker, person).await?)
}

async fn begin(broker: &Broker, person: &Person) -> Result<(), Fault> {
    let mut random = [0_u8; SEED_BYTES];
    broker.entropy().fill(&mut random);
    let codes = recovery::generate(&random).iter().map(|code| code.expose().to_owned()).collect();
    steps::begin(broker, &person.session, Kind::Codes, &Waiting { codes }).await
}

/// After a factor was set up: codes come with it unless there are some.
pub(super) async fn begin_where_none(broker: &Broker, person: &Person, left: i64) -> Result<Added, NotDone> {
    if left > 0 {
        return Ok(Added::Alone);
    }
    begin(broker, person).await?;
    Ok(Added::WithCodes)
}

/// The codes that wait to be saved.
pub async fn waiting(broker: &Broker, person: &Person) -> Result<Option<Vec<String>>, Fault> {
    Ok(steps::find::<Waiting>(broker, &person.session, Kind::Codes).await?.map(|begun| begun.kept.codes))
}

/// The person saved them: from now on they count, and the old ones do not.
pub async fn confirm(broker: &Broker, person: &Person, visitor: &Visitor) -> Result<(), NotDone> {
    let begun = steps::find::<Waiting>(broker, &person.session, Kind::Codes).await?.ok_or(NotDone::Stale)?;
    if !steps::end(broker, &begun).await? {
        return Err(NotDone::Stale);
    }
    let hashes: Vec<_> = begun.kept.codes.iter().filter_map(|code| recovery::hash(&person.user.id, code)).collect();
    let detail = json!({ "what": Authenticator::RecoveryCode });
    let deed = Deed::new(broker, person, "factor.enrolled", visitor).with(detail);
    broker
        .store
        .write(move |tx| {
            let (deed, hashes) = (deed.clone(), hashes.clone());
            Box::pin(async move {
                let user = deed.open(tx).await?;
                recovery_codes::replace(tx, &user.id, &hashes, deed.now).await?;
                deed.close(tx, &user, MailContent::RecoveryCodesMade).await
            })
        })
        .await
}
