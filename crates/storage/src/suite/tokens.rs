//! Grants, refresh tokens, counters of failed attempts, one-time links: every way that each of them ends.

use chrono::{DateTime, Duration, Utc};
use usher_domain::{ApplicationId, SessionId};

use super::{Fixture, application, code, on_both};
use crate::attempts::{self, AttemptPolicy, AttemptState};
use crate::grants::{self, CodeRedemption};
use crate::refresh_tokens::{self, RefreshToken, Rotation};
use crate::setup_tokens::{self, SetupToken};
use crate::{config, hash};

fn redemption(now: DateTime<Utc>) -> CodeRedemption {
    CodeRedemption { code_hash: code("1"), application: application(), config_version: 1, now }
}

impl Fixture {
    async fn with_grant(&self, name: &str) {
        let grant = self.grant(name);
        self.write(move |tx| Box::pin(async move { grants::insert(tx, &grant).await })).await;
    }

    async fn redeem(&self, redemption: CodeRedemption) -> Option<grants::Grant> {
        self.write(move |tx| Box::pin(async move { grants::redeem_code(tx, &redemption).await })).await
    }
}

#[tokio::test]
async fn a_code_is_redeemed_and_its_replay_finds_the_grant_to_revoke() {
    on_both(|test| async move {
        test.with_grant("1").await;
        let now = test.now();
        let grant = test.redeem(redemption(now)).await.unwrap();
        assert_eq!((grant.code_used_at, grant.revoked_at), (Some(now), None));
        assert_eq!(test.redeem(redemption(now)).await, None);
        test.write(move |tx| {
            Box::pin(async move {
                let used = grants::find_by_code(tx, &code("1")).await?.unwrap();
                assert_eq!(used, grant);
                assert!(grants::revoke(tx, &used.id, now).await?);
                assert!(!grants::revoke(tx, &used.id, now).await?);
                assert_eq!(grants::get(tx, &used.id).await?.unwrap().revoked_at, Some(now));
                assert_eq!(grants::get_by_flow(tx, &used.flow).await?.unwrap().id, used.id);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_code_is_refused_when_anything_about_it_is_off() {
    on_both(|test| async move {
        test.with_grant("1").await;
        let now = test.now();
        let off = [
            CodeRedemption { code_hash: code("2"), ..redemption(now) },
            CodeRedemption { application: ApplicationId::parse("a_other").unwrap(), ..redemption(now) },
            CodeRedemption { config_version: 2, ..redemption(now) },
            redemption(now + Duration::seconds(60)),
        ];
        for redemption in off {
            assert_eq!(test.redeem(redemption.clone()).await, None, "{redemption:?}");
        }
        test.write(move |tx| {
            Box::pin(async move {
                assert_eq!(config::bump(tx).await?, 2);
                assert!(!config::assert_config_version(tx, 1).await?);
                assert!(config::assert_config_version(tx, 2).await?);
                assert_eq!(grants::redeem_code(tx, &redemption(now)).await?, None);
                let grant = grants::find_by_code(tx, &code("1")).await?.unwrap();
                assert_eq!(grant.code_used_at, None);
                grants::revoke(tx, &grant.id, now).await?;
                let present = CodeRedemption { config_version: 2, ..redemption(now) };
                assert_eq!(grants::redeem_code(tx, &present).await?, None);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn grants_end_with_their_session_and_their_account() {
    on_both(|test| async move {
        let ann = test.with_user("Ann").await.id;
        let (mut one, two, now) = (test.grant("1"), test.grant("2"), test.now());
        one.user = Some(ann.clone());
        one.session = Some(SessionId::parse("s_other").unwrap());
        let later = two.expires_at + Duration::days(1);
        test.write(move |tx| {
            Box::pin(async move {
                grants::insert(tx, &one).await?;
                grants::insert(tx, &two).await?;
                let session = two.session.clone().unwrap();
                assert_eq!(grants::applications_by_session(tx, &session).await?.len(), 1);
                assert_eq!(grants::end_session(tx, &session, now).await?, 1);
                assert_eq!(grants::end_session(tx, &session, now).await?, 0);
                assert_eq!(grants::get(tx, &two.id).await?.unwrap().revoked_at, Some(now));
                assert_eq!(grants::get(tx, &one.id).await?.unwrap().revoked_at, None);
                assert_eq!(grants::revoke_by_user(tx, &ann, now).await?, 1);
                assert_eq!(grants::get(tx, &one.id).await?.unwrap().revoked_at, Some(now));
                grants::extend(tx, &two.id, later).await?;
                grants::extend(tx, &two.id, now).await?;
                assert_eq!(grants::get(tx, &two.id).await?.unwrap().expires_at, later);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_rotates_until_its_grant_is_revoked() {
    on_both(|test| async move {
        let (grant, now) = (test.grant("1"), test.now());
        let until = now + Duration::days(1);
        test.write(move |tx| {
            Box::pin(async move {
                grants::insert(tx, &grant).await?;
                let rotation = |old: &str, new: &str, now| {
                    let (old, new) = (hash(old.as_bytes()), hash(new.as_bytes()));
                    Rotation { old, new, new_expires_at: until, config_version: 1, now }
                };
                let first = RefreshToken {
                    hash: hash(b"a"),
                    grant: grant.id.clone(),
                    created_at: now,
                    expires_at: until,
                    rotated_at: None,
                };
                refresh_tokens::insert(tx, &first).await?;
                assert_eq!(refresh_tokens::find(tx, &hash(b"a")).await?, Some(first));
                assert_eq!(refresh_tokens::rotate(tx, &rotation("a", "b", now)).await?, Some(grant.id.clone()));
                assert_eq!(refresh_tokens::rotate(tx, &rotation("a", "c", now)).await?, None);
                assert_eq!(refresh_tokens::find(tx, &hash(b"a")).await?.unwrap().rotated_at, Some(now));
                assert_eq!(refresh_tokens::find(tx, &hash(b"c")).await?, None);
                assert_eq!(refresh_tokens::rotate(tx, &rotation("b", "d", until)).await?, None, "expired");
                let moved = Rotation { config_version: 9, ..rotation("b", "d", now) };
                assert_eq!(refresh_tokens::rotate(tx, &moved).await?, None, "configuration moved");
                grants::revoke(tx, &grant.id, now).await?;
                assert_eq!(refresh_tokens::rotate(tx, &rotation("b", "d", now)).await?, None, "revoked");
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn failures_lock_for_a_while_and_are_forgotten_after_a_window() {
    let policy = AttemptPolicy { limit: 3, window: Duration::minutes(10), lock: Duration::minutes(5) };
    on_both(|test| async move {
        let fail = async |now| {
            test.write(move |tx| Box::pin(async move { attempts::record_failure(tx, "ann", &policy, now).await })).await
        };
        let state = async |now| test.read(move |tx| Box::pin(attempts::state(tx, "ann", now))).await;
        let begin = test.now();
        assert_eq!(state(begin).await, AttemptState::default());
        assert_eq!(fail(begin).await, AttemptState { failures: 1, locked_until: None });
        assert_eq!(fail(begin).await, AttemptState { failures: 2, locked_until: None });
        let until = begin + Duration::minutes(5);
        assert_eq!(fail(begin).await, AttemptState { failures: 3, locked_until: Some(until) });
        assert_eq!(state(begin).await, AttemptState { failures: 3, locked_until: Some(until) });
        assert_eq!(state(until).await, AttemptState { failures: 3, locked_until: None });
        assert_eq!(fail(until).await.locked_until, Some(until + Duration::minutes(5)), "a fourth failure locks anew");
        let later = begin + Duration::minutes(11);
        assert_eq!(fail(later).await, AttemptState { failures: 1, locked_until: None });
        test.write(|tx| Box::pin(attempts::clear(tx, "ann"))).await;
        assert_eq!(state(later).await, AttemptState::default());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_guesses_are_all_counted() {
    let policy = AttemptPolicy { limit: 1000, window: Duration::minutes(10), lock: Duration::minutes(5) };
    on_both(|test| async move {
        let now = test.now();
        let guesses = (0..40).map(|_| {
            test.write(move |tx| Box::pin(async move { attempts::record_failure(tx, "ann", &policy, now).await }))
        });
        let mut counts: Vec<i64> =
            futures_util::future::join_all(guesses).await.into_iter().map(|state| state.failures).collect();
        counts.sort_unstable();
        assert_eq!(counts, (1..=40).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn a_setup_link_lives_until_used_expired_or_taken_back() {
    on_both(|test| async move {
        let now = test.now();
        let expires_at = now + Duration::hours(1);
        test.write(move |tx| {
            Box::pin(async move {
                for name in ["a", "b", "c"] {
                    let (hash, purpose) = (hash(name.as_bytes()), "setup".to_owned());
                    setup_tokens::insert(tx, &SetupToken { hash, purpose, expires_at }, now).await?;
                }
                let setup = Some("setup".to_owned());
                assert_eq!(setup_tokens::is_live(tx, &hash(b"a"), now).await?, setup);
                assert_eq!(setup_tokens::redeem(tx, &hash(b"a"), now).await?, setup);
                assert_eq!(setup_tokens::is_live(tx, &hash(b"a"), now).await?, None);
                assert_eq!(setup_tokens::redeem(tx, &hash(b"b"), expires_at).await?, None);
                assert_eq!(setup_tokens::revoke_all(tx, "setup").await?, 2);
                assert_eq!(setup_tokens::redeem(tx, &hash(b"c"), now).await?, None);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn offline_access_outlives_the_session_once_its_code_was_redeemed() {
    on_both(|test| async move {
        let (mut redeemed, mut waiting, now) = (test.grant("1"), test.grant("2"), test.now());
        redeemed.offline = grants::Offline::Granted;
        waiting.offline = grants::Offline::Granted;
        test.write(move |tx| {
            Box::pin(async move {
                grants::insert(tx, &redeemed).await?;
                grants::insert(tx, &waiting).await?;
                assert!(grants::redeem_code(tx, &redemption(now)).await?.is_some());
                let session = redeemed.session.clone().unwrap();
                assert_eq!(grants::end_session(tx, &session, now).await?, 1);
                let stored = grants::get(tx, &redeemed.id).await?.unwrap();
                assert_eq!((stored.revoked_at, stored.offline), (None, grants::Offline::Granted));
                assert_eq!(grants::get(tx, &waiting.id).await?.unwrap().revoked_at, Some(now));
                assert_eq!(grants::revoke_by_application(tx, &application(), now).await?, 1);
                assert_eq!(grants::get(tx, &redeemed.id).await?.unwrap().revoked_at, Some(now));
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn applications_of_an_account_are_listed_and_revoked_one_by_one() {
    on_both(|test| async move {
        let (ann, now) = (test.with_user("Ann").await.id, test.now());
        let wiki = ApplicationId::parse("a_wiki").unwrap();
        let of_ann = |name: &str| grants::NewGrant { user: Some(ann.clone()), ..test.grant(name) };
        let first = of_ann("1");
        let later = grants::NewGrant { created_at: now + Duration::hours(1), ..of_ann("2") };
        let other = grants::NewGrant { application: wiki.clone(), ..of_ann("3") };
        let stranger = test.grant("4");
        let renewed = now + Duration::hours(2);
        let token = RefreshToken {
            hash: hash(b"renewed"),
            grant: first.id.clone(),
            created_at: renewed,
            expires_at: first.expires_at,
            rotated_at: None,
        };
        test.write(move |tx| {
            Box::pin(async move {
                for grant in [&first, &later, &other, &stranger] {
                    grants::insert(tx, grant).await?;
                }
                refresh_tokens::insert(tx, &token).await?;
                let shop = grants::ApplicationUse { application: application(), since: now, last_used: renewed };
                let of_wiki = grants::ApplicationUse { application: wiki.clone(), since: now, last_used: now };
                assert_eq!(grants::applications_of(tx, &ann, now).await?, [shop, of_wiki.clone()]);
                assert_eq!(grants::revoke_application(tx, &ann, &application(), now).await?, 2);
                assert_eq!(grants::revoke_application(tx, &ann, &application(), now).await?, 0);
                assert_eq!(grants::applications_of(tx, &ann, now).await?, [of_wiki]);
                assert_eq!(grants::get(tx, &stranger.id).await?.unwrap().revoked_at, None);
                assert!(grants::applications_of(tx, &ann, first.expires_at).await?.is_empty());
                Ok(())
            })
        })
        .await;
    })
    .await;
}
