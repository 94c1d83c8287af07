//! Races (REL-03, R1, R3): whoever comes second is told, and nothing happens twice.

use futures_util::future::join_all;
use usher_domain::{AttributeName, Role, UserId, UserName};

use super::{application, code, external_key, on_both};
use crate::grants::{self, CodeRedemption, GrantInsert};
use crate::links::{self, LinkInsert};
use crate::refresh_tokens::{self, RefreshToken, Rotation};
use crate::unique_values::{self, Claim, UniqueValue};
use crate::users::{self, Rename, UserInsert};
use crate::{StorageError, config, hash, roles, setup_tokens};

/// What a first sign-in ends with.
#[derive(Debug, thiserror::Error)]
enum Raced {
    #[error("somebody was faster")]
    Lost,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_first_sign_ins_of_one_person_make_one_account() {
    on_both(|test| async move {
        let sign_ins = (0..20).map(|number| {
            let mut user = test.user("Ann");
            user.id = UserId::parse(format!("u_{number}")).unwrap();
            user.username = UserName::parse(&format!("ann{number}")).unwrap();
            user.public_subject = format!("subject {number}");
            let link = test.link(&format!("l_{number}"), &user.id);
            test.store.write(move |tx| {
                Box::pin(async move {
                    assert_eq!(users::insert(tx, &user).await?, UserInsert::Inserted);
                    match links::insert(tx, &link).await? {
                        LinkInsert::Inserted => Ok(user.id.clone()),
                        LinkInsert::Taken(_) => Err(Raced::Lost),
                    }
                })
            })
        });
        let outcomes = join_all(sign_ins).await;
        let winners: Vec<&UserId> = outcomes.iter().flatten().collect();
        assert_eq!(winners.len(), 1, "{outcomes:?}");
        assert!(outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).all(|e| matches!(e, Raced::Lost)));
        assert_eq!(test.read(|tx| Box::pin(users::count(tx))).await, 1);
        let link = test.read(|tx| Box::pin(async move { links::find(tx, &external_key()).await })).await.unwrap();
        assert_eq!(link.user, *winners[0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_accounts_that_want_one_name_learn_who_has_it() {
    on_both(|test| async move {
        let mut people = Vec::new();
        for number in 0..10 {
            people.push(test.with_user(&format!("user{number}")).await);
        }
        let renames = people.into_iter().map(|user| {
            test.store.write(move |tx| {
                Box::pin(async move { users::rename(tx, &user, &UserName::parse("ann").unwrap()).await })
            })
        });
        let outcomes: Vec<_> = join_all(renames).await.into_iter().collect::<Result<_, StorageError>>().unwrap();
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Rename::Renamed(2)).count(), 1, "{outcomes:?}");
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Rename::Taken).count(), 9, "{outcomes:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_providers_with_one_address_make_one_holder() {
    on_both(|test| async move {
        for number in 0..10 {
            test.with_user(&format!("user{number}")).await;
        }
        let claims = (0..10).map(|number| {
            let user = UserId::parse(format!("u_user{number}")).unwrap();
            let value = UniqueValue { attribute: AttributeName::email(), value_key: "ann@corp.test".to_owned() };
            test.write(move |tx| Box::pin(async move { unique_values::claim(tx, &value, &user).await }))
        });
        let outcomes = join_all(claims).await;
        assert_eq!(outcomes.iter().filter(|claim| **claim == Claim::Claimed).count(), 1, "{outcomes:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_finished_twice_has_one_grant() {
    on_both(|test| async move {
        let finishes = (0..20).map(|number| {
            let mut grant = test.grant(&number.to_string());
            grant.flow = usher_domain::FlowId::parse("f_one").unwrap();
            test.write(move |tx| Box::pin(async move { grants::insert(tx, &grant).await }))
        });
        let outcomes = join_all(finishes).await;
        let first = outcomes.iter().filter(|outcome| **outcome == GrantInsert::Inserted).count();
        assert_eq!(first, 1);
        let ids: std::collections::HashSet<_> = outcomes
            .iter()
            .filter_map(|outcome| match outcome {
                GrantInsert::Existing(grant) => Some(grant.id.as_str().to_owned()),
                GrantInsert::Inserted => None,
            })
            .collect();
        assert_eq!(ids.len(), 1, "{ids:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_brought_fifty_times_is_redeemed_once() {
    on_both(|test| async move {
        let grant = test.grant("1");
        test.write(move |tx| Box::pin(async move { grants::insert(tx, &grant).await })).await;
        let redemptions = (0..50).map(|_| {
            let redemption =
                CodeRedemption { code_hash: code("1"), application: application(), config_version: 1, now: test.now() };
            test.write(move |tx| Box::pin(async move { grants::redeem_code(tx, &redemption).await }))
        });
        assert_eq!(join_all(redemptions).await.iter().flatten().count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_brought_twenty_times_is_rotated_once() {
    on_both(|test| async move {
        let (grant, now) = (test.grant("1"), test.now());
        let expires_at = grant.expires_at;
        test.write(move |tx| {
            Box::pin(async move {
                grants::insert(tx, &grant).await?;
                let (hash, grant) = (hash(b"first"), grant.id.clone());
                let token = RefreshToken { hash, grant, created_at: now, expires_at, rotated_at: None };
                refresh_tokens::insert(tx, &token).await
            })
        })
        .await;
        let rotations = (0..20_u8).map(|number| {
            let (old, new) = (hash(b"first"), hash(&[number]));
            let rotation = Rotation { old, new, new_expires_at: expires_at, config_version: 1, now };
            test.write(move |tx| Box::pin(async move { refresh_tokens::rotate(tx, &rotation).await }))
        });
        assert_eq!(join_all(rotations).await.iter().flatten().count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setup_link_opened_twenty_times_works_once() {
    on_both(|test| async move {
        let now = test.now();
        let expires_at = now + chrono::Duration::hours(1);
        test.write(move |tx| {
            Box::pin(async move {
                let token = setup_tokens::SetupToken { hash: hash(b"link"), purpose: "setup".to_owned(), expires_at };
                setup_tokens::insert(tx, &token, now).await
            })
        })
        .await;
        let redemptions = (0..20).map(|_| {
            test.write(move |tx| Box::pin(async move { setup_tokens::redeem(tx, &hash(b"link"), now).await }))
        });
        assert_eq!(join_all(redemptions).await.iter().flatten().count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_owners_who_leave_at_once_one_stays() {
    on_both(|test| async move {
        let now = test.now();
        for number in 0..10 {
            let id = test.with_user(&format!("owner{number}")).await.id;
            test.write(move |tx| Box::pin(async move { roles::grant(tx, &id, Role::Owner, now).await })).await;
        }
        let leaving = (0..10).map(|number| {
            let id = UserId::parse(format!("u_owner{number}")).unwrap();
            test.store.write(move |tx| {
                Box::pin(async move {
                    config::queue(tx).await?;
                    if roles::count_active(tx, Role::Owner).await? <= 1 {
                        return Err(Raced::Lost);
                    }
                    roles::revoke(tx, &id, Role::Owner).await.map_err(Raced::from)
                })
            })
        });
        let outcomes = join_all(leaving).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 9, "{outcomes:?}");
        assert_eq!(test.read(|tx| Box::pin(roles::count_active(tx, Role::Owner))).await, 1);
    })
    .await;
}
