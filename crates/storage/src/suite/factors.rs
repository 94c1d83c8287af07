//! Second factors, codes that stand in for them, remembered browsers: each counts once, and goes with its account.

use chrono::Duration;
use futures_util::future::join_all;
use usher_domain::{FlowOwner, TotpId, UserId};

use super::{Fixture, on_both};
use crate::bypass_codes::{self, BypassCode};
use crate::factors::{self, FactorSummary};
use crate::passkeys::{self, Backup, PasskeyRow, PasskeyUse};
use crate::purge::{self, PurgeOptions, Purged};
use crate::totp::{self, TotpRow};
use crate::trusted_devices::{self, TrustedDevice};
use crate::{Sealed, StorageError, Tx, hash, recovery_codes, users};

impl Fixture {
    fn totp(&self, user: &UserId, id: &str) -> TotpRow {
        TotpRow {
            id: TotpId::parse(id).unwrap(),
            user: user.clone(),
            sealed: self.sealed("seed"),
            name: "Phone".to_owned(),
            created_at: self.now(),
            last_step: None,
            last_used_at: None,
        }
    }

    fn passkey(&self, user: &UserId, id: &str) -> PasskeyRow {
        PasskeyRow {
            id: id.to_owned(),
            user: user.clone(),
            sealed: self.sealed("credential"),
            name: "Key".to_owned(),
            created_at: self.now(),
            last_used_at: None,
            backup: Backup::Present,
        }
    }

    pub(super) fn device(&self, user: &UserId, cookie: &[u8], owner: FlowOwner) -> TrustedDevice {
        TrustedDevice {
            hash: hash(cookie),
            user: user.clone(),
            owner,
            created_at: self.now(),
            expires_at: self.now() + Duration::days(30),
            last_used_at: self.now(),
            label: "Browser".to_owned(),
        }
    }

    fn bypass(&self) -> BypassCode {
        let expires_at = self.now() + Duration::hours(1);
        BypassCode { created_by: "helpdesk".to_owned(), created_at: self.now(), expires_at }
    }

    /// An account with one of everything.
    async fn with_factors(&self, name: &str) -> UserId {
        let user = self.with_user(name).await.id;
        let (totp, passkey) = (self.totp(&user, &format!("totp_{name}").to_lowercase()), self.passkey(&user, name));
        let (device, bypass) = (self.device(&user, name.as_bytes(), FlowOwner::Default), self.bypass());
        let (owner, now) = (user.clone(), self.now());
        self.write(move |tx| {
            Box::pin(async move {
                totp::insert(tx, &totp).await?;
                assert!(passkeys::insert(tx, &passkey).await?);
                trusted_devices::insert(tx, &device).await?;
                recovery_codes::replace(tx, &owner, &[hash(b"one"), hash(b"two")], now).await?;
                bypass_codes::put(tx, &owner, &hash(b"bypass"), &bypass).await
            })
        })
        .await;
        user
    }
}

const EVERYTHING: FactorSummary = FactorSummary { totp: 1, passkeys: 1, recovery_left: 2, bypass: 1 };

#[tokio::test]
async fn mfa_04_and_22_a_time_step_never_comes_back() {
    on_both(|test| async move {
        let (ann, bob) = (test.with_user("Ann").await.id, test.with_user("Bob").await.id);
        let (phone, now) = (test.totp(&ann, "totp_1"), test.now());
        test.write(move |tx| {
            Box::pin(async move {
                totp::insert(tx, &phone).await?;
                assert!(totp::use_step(tx, &phone.id, 100, now).await?);
                assert!(!totp::use_step(tx, &phone.id, 100, now).await?, "replayed");
                assert!(!totp::use_step(tx, &phone.id, 99, now).await?, "the clock went back");
                assert!(totp::use_step(tx, &phone.id, 101, now).await?);
                assert!(!totp::rename(tx, &phone.id, &bob, "Bob's").await?, "not his");
                assert!(totp::rename(tx, &phone.id, &ann, "Tablet").await?);
                let kept = totp::list(tx, &ann).await?;
                let used = TotpRow {
                    name: "Tablet".to_owned(),
                    last_step: Some(101),
                    last_used_at: Some(now),
                    ..phone.clone()
                };
                assert_eq!(kept, [used]);
                assert!(!totp::delete(tx, &phone.id, &bob).await?, "not his");
                assert!(totp::delete(tx, &phone.id, &ann).await?);
                assert!(!totp::use_step(tx, &phone.id, 200, now).await?, "gone");
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mfa_04_one_code_in_twenty_hands_counts_once() {
    on_both(|test| async move {
        let ann = test.with_user("Ann").await.id;
        let (phone, now) = (test.totp(&ann, "totp_1"), test.now());
        test.write(move |tx| Box::pin(async move { totp::insert(tx, &phone).await })).await;
        let uses = (0..20).map(|_| {
            let id = TotpId::parse("totp_1").unwrap();
            test.write(move |tx| Box::pin(async move { totp::use_step(tx, &id, 7, now).await }))
        });
        assert_eq!(join_all(uses).await.into_iter().filter(|used| *used).count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mfa_09_a_recovery_code_in_twenty_hands_counts_once() {
    on_both(|test| async move {
        let (ann, now) = (test.with_factors("Ann").await, test.now());
        let uses = (0..20).map(|_| {
            let ann = ann.clone();
            test.write(move |tx| Box::pin(async move { recovery_codes::redeem(tx, &ann, &hash(b"one"), now).await }))
        });
        assert_eq!(join_all(uses).await.into_iter().filter(|used| *used).count(), 1);
        let bob = test.with_user("Bob").await.id;
        test.write(move |tx| {
            Box::pin(async move {
                assert_eq!(recovery_codes::left(tx, &ann).await?, 1);
                assert!(!recovery_codes::redeem(tx, &bob, &hash(b"two"), now).await?, "not his");
                recovery_codes::replace(tx, &ann, &[hash(b"three")], now).await?;
                assert!(!recovery_codes::redeem(tx, &ann, &hash(b"two"), now).await?, "replaced");
                assert!(recovery_codes::redeem(tx, &ann, &hash(b"three"), now).await?);
                assert_eq!(recovery_codes::left(tx, &ann).await?, 0);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_passkey_has_one_owner_and_remembers_its_use() {
    on_both(|test| async move {
        let (ann, bob) = (test.with_user("Ann").await.id, test.with_user("Bob").await.id);
        let (key, stolen) = (test.passkey(&ann, "Abc-_9"), test.passkey(&bob, "Abc-_9"));
        let (counted, now) = (test.sealed("counter 2"), test.now());
        let used = PasskeyUse { before: key.sealed.clone(), after: counted, backup: Backup::None, at: now };
        test.write(move |tx| {
            Box::pin(async move {
                assert!(passkeys::insert(tx, &key).await?);
                assert!(!passkeys::insert(tx, &stolen).await?, "its id is taken");
                assert_eq!(passkeys::get(tx, &key.id).await?.as_ref(), Some(&key));
                assert!(passkeys::update_credential(tx, &key.id, &used).await?);
                assert!(!passkeys::rename(tx, &key.id, &bob, "Mine").await?, "not his");
                assert!(passkeys::rename(tx, &key.id, &ann, "Ring").await?);
                let after = PasskeyRow {
                    sealed: used.after.clone(),
                    name: "Ring".to_owned(),
                    last_used_at: Some(now),
                    backup: Backup::None,
                    ..key.clone()
                };
                assert_eq!(passkeys::list(tx, &ann).await?, [after]);
                assert!(!passkeys::delete(tx, &key.id, &bob).await?, "not his");
                assert!(passkeys::delete(tx, &key.id, &ann).await?);
                let again = PasskeyUse { before: used.after.clone(), ..used };
                assert!(!passkeys::update_credential(tx, &key.id, &again).await?, "brought back");
                assert_eq!(passkeys::get(tx, &key.id).await?, None);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

/// Two answers that were judged by the same counter: only one of them counts, one after the other and at once.
#[tokio::test]
async fn a_passkey_takes_one_of_two_uses_of_what_was_read() {
    on_both(|test| async move {
        let ann = test.with_user("Ann").await.id;
        let key = test.passkey(&ann, "Abc-_9");
        let (id, read, at) = (key.id.clone(), key.sealed.clone(), test.now());
        let used = |before: &Sealed, after: &str| PasskeyUse {
            before: before.clone(),
            after: test.sealed(after),
            backup: Backup::Present,
            at,
        };
        let (first, stale) = (used(&read, "counter 2"), used(&read, "counter 2 again"));
        let next = used(&first.after, "counter 3");
        let name = id.clone();
        test.write(move |tx| {
            Box::pin(async move {
                assert!(passkeys::insert(tx, &key).await?);
                assert!(passkeys::update_credential(tx, &name, &first).await?);
                assert!(!passkeys::update_credential(tx, &name, &stale).await?, "read before the other use");
                assert_eq!(passkeys::get(tx, &name).await?.map(|row| row.sealed), Some(first.after));
                assert!(passkeys::update_credential(tx, &name, &next).await?);
                Ok(())
            })
        })
        .await;
        let seen = id.clone();
        let read = test.write(move |tx| {
            let seen = seen.clone();
            Box::pin(async move { passkeys::get(tx, &seen).await })
        });
        let read = read.await.expect("it is there").sealed;
        let at_once = (0..8).map(|n| {
            let (id, used) = (id.clone(), used(&read, &format!("of {n}")));
            test.write(move |tx| {
                let (id, used) = (id.clone(), used.clone());
                Box::pin(async move { passkeys::update_credential(tx, &id, &used).await })
            })
        });
        let won = join_all(at_once).await.into_iter().filter(|won| *won).count();
        assert_eq!(won, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_remembered_browser_in_twenty_hands_is_recognised_once() {
    on_both(|test| async move {
        let (ann, now) = (test.with_factors("Ann").await, test.now());
        let uses = (0..20_u8).map(|number| {
            let (hashes, ann) = ((hash(b"Ann"), hash(&[number])), ann.clone());
            test.write(move |tx| {
                Box::pin(async move {
                    let whose = (&ann, &FlowOwner::Default);
                    trusted_devices::rotate(tx, (&hashes.0, &hashes.1), whose, now).await
                })
            })
        });
        let winners: Vec<_> = join_all(uses).await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1);
        test.write(move |tx| {
            Box::pin(async move {
                let device = &winners[0];
                assert_eq!((&device.user, &device.owner), (&ann, &FlowOwner::Default));
                assert_eq!(trusted_devices::get(tx, &hash(b"Ann"), now).await?, None, "the old cookie is gone");
                assert_eq!(trusted_devices::get(tx, &device.hash, now).await?.as_ref(), Some(device));
                assert_eq!(trusted_devices::list(tx, &ann, now).await?, std::slice::from_ref(device));
                let end = device.expires_at;
                assert_eq!(trusted_devices::get(tx, &device.hash, end).await?, None);
                let (late, own) = (hash(b"late"), (&ann, &FlowOwner::Default));
                assert_eq!(trusted_devices::rotate(tx, (&device.hash, &late), own, end).await?, None);
                assert!(trusted_devices::delete(tx, &device.hash, &ann).await?);
                assert!(!trusted_devices::delete(tx, &device.hash, &ann).await?);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_bypass_code_counts_once_in_its_time_and_a_new_one_replaces_it() {
    on_both(|test| async move {
        let (ann, bob) = (test.with_factors("Ann").await, test.with_user("Bob").await.id);
        let (now, code) = (test.now(), test.bypass());
        test.write(move |tx| {
            Box::pin(async move {
                let (end, given) = (code.expires_at, hash(b"bypass"));
                assert_eq!(bypass_codes::live(tx, &ann, now).await?.as_ref(), Some(&code));
                assert_eq!(bypass_codes::live(tx, &ann, end).await?, None);
                assert!(!bypass_codes::redeem(tx, &bob, &given, now).await?, "not his");
                assert!(!bypass_codes::redeem(tx, &ann, &hash(b"guess"), now).await?);
                assert!(!bypass_codes::redeem(tx, &ann, &given, end).await?, "too late");
                assert!(bypass_codes::redeem(tx, &ann, &given, now).await?);
                assert!(!bypass_codes::redeem(tx, &ann, &given, now).await?, "twice");
                assert_eq!(bypass_codes::live(tx, &ann, now).await?, None);
                bypass_codes::put(tx, &ann, &hash(b"second"), &code).await?;
                bypass_codes::put(tx, &ann, &hash(b"third"), &code).await?;
                assert!(!bypass_codes::redeem(tx, &ann, &hash(b"second"), now).await?, "replaced");
                assert!(bypass_codes::redeem(tx, &ann, &hash(b"third"), now).await?);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

async fn nothing_left(tx: &mut Tx, user: &UserId, now: chrono::DateTime<chrono::Utc>) -> Result<bool, StorageError> {
    let counted = factors::summary(tx, user, now).await?;
    Ok(counted == FactorSummary::default() && trusted_devices::list(tx, user, now).await?.is_empty())
}

#[tokio::test]
async fn factors_are_counted_and_reset_for_one_account() {
    on_both(|test| async move {
        let (ann, bob, now) = (test.with_factors("Ann").await, test.with_factors("Bob").await, test.now());
        test.write(move |tx| {
            Box::pin(async move {
                assert_eq!(factors::summary(tx, &ann, now).await?, EVERYTHING);
                let expired = factors::summary(tx, &ann, now + Duration::hours(1)).await?;
                assert_eq!(expired, FactorSummary { bypass: 0, ..EVERYTHING });
                factors::delete_all(tx, &ann).await?;
                assert!(nothing_left(tx, &ann, now).await?);
                assert_eq!(factors::summary(tx, &bob, now).await?, EVERYTHING);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn factors_go_with_their_account() {
    on_both(|test| async move {
        let (ann, bob, now) = (test.with_factors("Ann").await, test.with_factors("Bob").await, test.now());
        test.write(move |tx| {
            Box::pin(async move {
                users::delete(tx, &ann).await?;
                assert!(nothing_left(tx, &ann, now).await?);
                assert_eq!(factors::summary(tx, &bob, now).await?, EVERYTHING);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn forgotten_browsers_and_old_codes_are_purged() {
    on_both(|test| async move {
        test.with_factors("Ann").await;
        let purged = async || {
            let now = test.now();
            let options = PurgeOptions { now, batch: 9, traces_before: now, decisions_before: now, audit_before: None };
            purge::expired(&test.store, &options).await.unwrap()
        };
        assert_eq!(purged().await, Purged::default());
        test.clock.advance(Duration::hours(1));
        assert_eq!(purged().await, Purged { bypass_codes: 1, ..Purged::default() });
        test.clock.advance(Duration::days(30));
        assert_eq!(purged().await, Purged { trusted_devices: 1, ..Purged::default() });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mfa_18_a_remembered_browser_counts_for_one_person_and_one_flow() {
    on_both(|test| async move {
        let (ann, bob, now) = (test.with_factors("Ann").await, test.with_factors("Bob").await, test.now());
        let shop = FlowOwner::Application(super::application());
        test.write(move |tx| {
            Box::pin(async move {
                let (old, new) = (hash(b"Ann"), hash(b"new"));
                for (user, owner) in [(&bob, &FlowOwner::Default), (&ann, &shop), (&bob, &shop)] {
                    let rotated = trusted_devices::rotate(tx, (&old, &new), (user, owner), now).await?;
                    assert_eq!(rotated, None, "{user} {owner:?}");
                }
                let own = trusted_devices::rotate(tx, (&old, &new), (&ann, &FlowOwner::Default), now).await?;
                assert_eq!(own.map(|device| device.hash), Some(new), "the attempts of others left it alone");
                Ok(())
            })
        })
        .await;
    })
    .await;
}
