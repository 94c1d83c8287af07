//! Signing keys: made at first start, rotated by command, retired keys published until their last token ended.

use chrono::{DateTime, Duration, Utc};
use usher_domain::{Entropy, KeyId, SigningAlgorithm};
use usher_oidc_provider::keys::generate_pkcs8;
use usher_storage::signing_keys::{self, KeyState, SigningKey};
use usher_storage::{Purpose, Store, config};

use crate::failure::Fault;

const ALGORITHMS: [SigningAlgorithm; 2] = [SigningAlgorithm::Rs256, SigningAlgorithm::Es256];
/// Longer than any token lives.
const RETIRED_LIFE: Duration = Duration::hours(2);

/// Makes the keys that are missing. Two nodes that start at once agree: the unique index decides.
pub async fn ensure(store: &Store, entropy: &dyn Entropy, now: DateTime<Utc>) -> Result<(), Fault> {
    let existing = store.read(move |tx| Box::pin(async move { signing_keys::list(tx).await })).await?;
    for algorithm in ALGORITHMS {
        if existing.iter().any(|k| k.algorithm == algorithm && k.state == KeyState::Current) {
            continue;
        }
        let key = generate(store, entropy, algorithm, now).await?;
        store
            .write(move |tx| {
                let key = key.clone();
                Box::pin(async move {
                    if signing_keys::insert(tx, &key).await? {
                        config::bump(tx).await?;
                    }
                    Ok::<_, Fault>(())
                })
            })
            .await?;
    }
    Ok(())
}

/// Replaces every current key; the old ones verify until their last token has ended. Returns the new ids.
pub async fn rotate(store: &Store, entropy: &dyn Entropy, now: DateTime<Utc>) -> Result<Vec<KeyId>, Fault> {
    let mut fresh = Vec::new();
    for algorithm in ALGORITHMS {
        fresh.push(generate(store, entropy, algorithm, now).await?);
    }
    let ids = fresh.iter().map(|k| k.id.clone()).collect();
    store
        .write(move |tx| {
            let fresh = fresh.clone();
            Box::pin(async move {
                for key in signing_keys::list(tx).await? {
                    if key.state == KeyState::Current {
                        signing_keys::set_state(tx, &key.id, KeyState::Retired, now, Some(now + RETIRED_LIFE)).await?;
                    } else if key.expires_at.is_some_and(|end| end < now) {
                        signing_keys::delete(tx, &key.id).await?;
                    }
                }
                for key in &fresh {
                    signing_keys::insert(tx, key).await?;
                }
                config::bump(tx).await?;
                crate::audit::system(tx, "keys.rotated", now).await
            })
        })
        .await?;
    Ok(ids)
}

async fn generate(
    store: &Store,
    entropy: &dyn Entropy,
    algorithm: SigningAlgorithm,
    now: DateTime<Utc>,
) -> Result<SigningKey, Fault> {
    let pkcs8 = tokio::task::spawn_blocking(move || generate_pkcs8(algorithm))
        .await
        .map_err(|e| Fault::Signing(e.into()))?
        .map_err(|e| Fault::Signing(e.into()))?;
    let id = KeyId::random(entropy);
    let private_key = store
        .sealer()
        .seal(Purpose::SIGNING_KEY, id.as_str(), &pkcs8, entropy)
        .map_err(|e| Fault::unreadable("signing key", e))?;
    Ok(SigningKey {
        id,
        algorithm,
        state: KeyState::Current,
        private_key,
        created_at: now,
        retired_at: None,
        expires_at: None,
    })
}
