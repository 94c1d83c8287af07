//! Settings, connections, applications, signing keys.

use chrono::Duration;
use serde_json::json;
use usher_domain::{Application, Connection, KeyId, SigningAlgorithm};

use super::{Fixture, application, connection, on_both};
use crate::signing_keys::{self, KeyState, SigningKey};
use crate::{applications, connections, settings};

fn acme() -> Connection {
    let json = json!({
        "id": connection().as_str(), "kind": "oidc", "name": "Acme", "script_name": "acme", "enabled": true,
        "settings": {"issuer": "https://idp.test"}, "provisioning": {"enabled": true},
    });
    serde_json::from_value(json).unwrap()
}

pub(super) fn shop() -> Application {
    let json = json!({
        "id": application().as_str(), "name": "Shop", "kind": "web", "enabled": true,
        "auth_method": "client_secret_basic", "redirect_uris": ["https://shop.test/cb"],
    });
    serde_json::from_value(json).unwrap()
}

impl Fixture {
    fn key(&self, kid: &str, state: KeyState) -> SigningKey {
        SigningKey {
            id: KeyId::parse(kid).unwrap(),
            algorithm: SigningAlgorithm::Es256,
            state,
            private_key: self.sealed("pkcs8"),
            created_at: self.now(),
            retired_at: None,
            expires_at: None,
        }
    }
}

#[tokio::test]
async fn settings_are_written_by_the_first_and_changed_by_anybody() {
    on_both(|test| async move {
        test.write(|tx| {
            Box::pin(async move {
                assert_eq!(settings::get(tx, "theme").await?, None);
                assert_eq!(settings::insert_or_get(tx, "theme", "dark").await?, "dark");
                assert_eq!(settings::insert_or_get(tx, "theme", "light").await?, "dark");
                settings::put(tx, "theme", "light").await?;
                assert_eq!(settings::get(tx, "theme").await?.as_deref(), Some("light"));
                assert!(settings::delete(tx, "theme").await?);
                assert!(!settings::delete(tx, "theme").await?);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_connection_keeps_its_secret_apart() {
    on_both(|test| async move {
        let secret = test.sealed("client secret");
        test.write(move |tx| {
            Box::pin(async move {
                let mut acme = acme();
                assert!(connections::insert(tx, &acme, Some(&secret)).await?);
                assert!(!connections::insert(tx, &acme, None).await?);
                acme.revision = 1;
                assert_eq!(connections::get(tx, &acme.id).await?, Some(acme.clone()));
                acme.name = "Acme 2".to_owned();
                assert_eq!(connections::update(tx, &acme).await?, Some(2));
                assert_eq!(connections::update(tx, &acme).await?, None, "stale");
                acme.revision = 2;
                assert_eq!(connections::list(tx).await?, [acme.clone()]);
                assert_eq!(connections::secret(tx, &acme.id).await?, Some(secret.clone()));
                assert_eq!(connections::list_sealed(tx).await?, [(acme.clone(), Some(secret))]);
                assert!(connections::set_secret(tx, &acme.id, None).await?);
                assert_eq!(connections::secret(tx, &acme.id).await?, None);
                assert!(connections::delete(tx, &acme.id).await?);
                assert!(!connections::set_secret(tx, &acme.id, None).await?);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn an_application_is_changed_at_its_revision_only() {
    on_both(|test| async move {
        test.write(|tx| {
            Box::pin(async move {
                let mut shop = shop();
                assert!(applications::insert(tx, &shop).await?);
                assert!(!applications::insert(tx, &shop).await?);
                assert_eq!(applications::update(tx, &shop).await?, None, "never read");
                shop.revision = 1;
                shop.enabled = false;
                assert_eq!(applications::update(tx, &shop).await?, Some(2));
                shop.revision = 2;
                assert_eq!(applications::get(tx, &shop.id).await?, Some(shop.clone()));
                assert_eq!(applications::list(tx).await?, [shop.clone()]);
                assert!(applications::delete(tx, &shop.id).await?);
                assert_eq!(applications::update(tx, &shop).await?, None, "gone");
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn an_algorithm_has_one_current_key() {
    on_both(|test| async move {
        let (one, two, now) = (test.key("k_1", KeyState::Current), test.key("k_2", KeyState::Current), test.now());
        let until = Some(now + Duration::days(1));
        test.write(move |tx| {
            Box::pin(async move {
                assert!(signing_keys::insert(tx, &one).await?);
                assert!(!signing_keys::insert(tx, &two).await?, "two current keys");
                let next = SigningKey { state: KeyState::Next, ..two.clone() };
                assert!(signing_keys::insert(tx, &next).await?);
                assert!(signing_keys::set_state(tx, &one.id, KeyState::Retired, now, until).await?);
                assert!(signing_keys::set_state(tx, &two.id, KeyState::Current, now, None).await?);
                let retired =
                    SigningKey { state: KeyState::Retired, retired_at: Some(now), expires_at: until, ..one.clone() };
                assert_eq!(signing_keys::list(tx).await?, [retired, two]);
                assert!(signing_keys::delete(tx, &one.id).await?);
                Ok(())
            })
        })
        .await;
    })
    .await;
}
