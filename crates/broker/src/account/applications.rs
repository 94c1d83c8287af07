//! What applications hold of a person's account, and taking it back.

use chrono::{DateTime, Utc};
use serde_json::json;
use usher_domain::ApplicationId;
use usher_storage::grants;

use super::deed::Deed;
use super::{NotDone, Person};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::snapshot::is_own;
use crate::visitor::Visitor;

/// An application that holds something: tokens that still work, or that can be made anew.
#[derive(Debug, Clone)]
pub struct OwnApplication {
    /// Which.
    pub id: ApplicationId,
    /// Its name; the id where it is gone.
    pub name: String,
    /// Where it is, if an admin said so.
    pub home_url: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it last got tokens.
    pub last_used: DateTime<Utc>,
}

/// The applications that hold something of the account, by name. Usher's own pages are none.
pub async fn list(broker: &Broker, person: &Person) -> Result<Vec<OwnApplication>, Fault> {
    let (user, now) = (person.user.id.clone(), broker.now());
    let held =
        broker.store.read(move |tx| Box::pin(async move { grants::applications_of(tx, &user, now).await })).await?;
    let snapshot = broker.snapshot();
    let mut all: Vec<OwnApplication> = held
        .into_iter()
        .filter(|held| !is_own(&held.application))
        .map(|held| {
            let known = snapshot.application(&held.application);
            OwnApplication {
                name: known.map_or_else(|| held.application.to_string(), |known| known.name.clone()),
                home_url: known.and_then(|known| known.home_url.clone()),
                id: held.application,
                since: held.since,
                last_used: held.last_used,
            }
        })
        .collect();
    all.sort_by_key(|held| held.name.to_lowercase());
    Ok(all)
}

/// Takes back what one application holds. It asks for a sign-in the next time. One that holds nothing is not there.
pub async fn revoke(broker: &Broker, person: &Person, application: &str, visitor: &Visitor) -> Result<(), NotDone> {
    let application = ApplicationId::parse(application).map_err(|_| NotDone::Gone)?;
    let deed = Deed::new(broker, person, "user.application_revoked", visitor);
    let deed = deed.with(json!({ "application": application }));
    broker
        .store
        .write(move |tx| {
            let (deed, application) = (deed.clone(), application.clone());
            Box::pin(async move {
                let user = deed.open(tx).await?;
                if is_own(&application) || grants::revoke_application(tx, &user.id, &application, deed.now).await? == 0
                {
                    return Err(NotDone::Gone);
                }
                deed.close_quietly(tx).await
            })
        })
        .await
}
