//! Accounts, unique values, passwords, rights, links.

use chrono::Duration;
use usher_domain::{AccountState, AttributeName, Role, UserName};

use super::{Fixture, connection, external_key, on_both};
use crate::links::{self, LinkInsert};
use crate::unique_values::{self, Claim, UniqueValue};
use crate::users::{self, UserInsert, UserPage, UserSearch};
use crate::{credentials, roles};

fn address(key: &str) -> UniqueValue {
    UniqueValue { attribute: AttributeName::email(), value_key: key.to_owned() }
}

impl Fixture {
    async fn search(&self, text: &str, after: Option<String>, limit: u32) -> UserPage {
        let search = UserSearch { text: text.to_owned(), after, limit };
        self.read(|tx| Box::pin(async move { users::search(tx, &search).await })).await
    }
}

#[tokio::test]
async fn an_account_reads_back_as_it_was_written() {
    on_both(|test| async move {
        let user = test.with_user("Ann").await;
        let (by_id, by_name, by_subject) = test
            .write({
                let user = user.clone();
                move |tx| {
                    Box::pin(async move {
                        let by_id = users::get(tx, &user.id).await?;
                        let by_name = users::get_by_username(tx, &UserName::parse("aNN").unwrap()).await?;
                        Ok((by_id, by_name, users::get_by_subject(tx, &user.public_subject).await?))
                    })
                }
            })
            .await;
        assert_eq!(by_id.as_ref(), Some(&user));
        assert_eq!(by_name.as_ref(), Some(&user));
        assert_eq!(by_subject.as_ref(), Some(&user));
    })
    .await;
}

#[tokio::test]
async fn the_loser_learns_what_is_taken() {
    on_both(|test| async move {
        let ann = test.with_user("Ann").await;
        let mut same_name = test.user("aNN");
        same_name.id = usher_domain::UserId::parse("u_2").unwrap();
        let mut same_subject = test.user("Bob");
        same_subject.public_subject = ann.public_subject;
        for (user, expected) in [(same_name, UserInsert::UsernameTaken), (same_subject, UserInsert::SubjectTaken)] {
            let outcome = test.write(move |tx| Box::pin(async move { users::insert(tx, &user).await })).await;
            assert_eq!(outcome, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn changes_need_the_present_revision() {
    on_both(|test| async move {
        let ann = test.with_user("Ann").await;
        let attributes = test.attributes("email", "ann@new.test");
        let outcomes = test
            .write({
                let (id, attributes) = (ann.id.clone(), attributes.clone());
                move |tx| {
                    Box::pin(async move {
                        Ok([
                            users::update_attributes(tx, &id, 1, &attributes).await?,
                            users::update_attributes(tx, &id, 1, &attributes).await?,
                            users::set_state(tx, &id, 1, AccountState::Disabled).await?,
                            users::set_state(tx, &id, 2, AccountState::Disabled).await?,
                        ])
                    })
                }
            })
            .await;
        assert_eq!(outcomes, [Some(2), None, None, Some(3)]);
        let id = ann.id.clone();
        let stored = test.read(|tx| Box::pin(async move { users::get(tx, &id).await })).await.unwrap();
        assert_eq!((stored.state, stored.revision, stored.attributes), (AccountState::Disabled, 3, attributes));
        assert_eq!(test.search("new.test", None, 25).await.users.len(), 1);
        assert_eq!(test.search("corp.test", None, 25).await.users.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn pages_of_a_search_hold_everybody_once() {
    on_both(|test| async move {
        for number in 0..53 {
            test.with_user(&format!("user{number:02}")).await;
        }
        test.with_user("Zoe").await;
        let (mut after, mut sizes, mut names) = (None, Vec::new(), Vec::new());
        loop {
            let page = test.search("USER", after, 25).await;
            sizes.push(page.users.len());
            names.extend(page.users.into_iter().map(|user| user.username.as_str().to_owned()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(sizes, [25, 25, 3]);
        names.dedup();
        assert_eq!(names.len(), 53);
        assert!(names.is_sorted());
        assert_eq!(test.search("zoe@corp", None, 25).await.users.len(), 1);
        for wildcard in ["%", "_", "!", "u%r"] {
            assert_eq!(test.search(wildcard, None, 25).await.users.len(), 0, "{wildcard}");
        }
        assert_eq!(test.read(|tx| Box::pin(users::count(tx))).await, 54);
    })
    .await;
}

#[tokio::test]
async fn a_unique_value_has_one_holder() {
    on_both(|test| async move {
        let (ann, bob) = (test.with_user("Ann").await, test.with_user("Bob").await);
        let (a, b) = (ann.id.clone(), bob.id.clone());
        let (claims, holder) = test
            .write(move |tx| {
                Box::pin(async move {
                    let value = address("ann@corp.test");
                    let claims = [
                        unique_values::claim(tx, &value, &a).await?,
                        unique_values::claim(tx, &value, &a).await?,
                        unique_values::claim(tx, &value, &b).await?,
                    ];
                    assert!(!unique_values::release(tx, &value, &b).await?);
                    assert_eq!(unique_values::list(tx, &a).await?, [value]);
                    let holder = users::get_by_unique_value(tx, &AttributeName::email(), "ann@corp.test").await?;
                    Ok((claims, holder))
                })
            })
            .await;
        assert_eq!(claims, [Claim::Claimed, Claim::Claimed, Claim::TakenBy(ann.id.clone())]);
        assert_eq!(holder, Some(ann.clone()));
        let free = test
            .write(move |tx| {
                Box::pin(async move {
                    assert!(unique_values::release(tx, &address("ann@corp.test"), &ann.id).await?);
                    unique_values::claim(tx, &address("ann@corp.test"), &bob.id).await
                })
            })
            .await;
        assert_eq!(free, Claim::Claimed);
    })
    .await;
}

#[tokio::test]
async fn passwords_are_set_replaced_and_cleared() {
    on_both(|test| async move {
        let (id, now) = (test.with_user("Ann").await.id, test.now());
        test.write(move |tx| {
            Box::pin(async move {
                assert_eq!(credentials::password(tx, &id).await?, None);
                credentials::set_password(tx, &id, "$argon2id$one", now).await?;
                credentials::set_password(tx, &id, "$argon2id$two", now).await?;
                assert_eq!(credentials::password(tx, &id).await?.as_deref(), Some("$argon2id$two"));
                assert_eq!(credentials::changed_at(tx, &id).await?, Some(now));
                assert!(credentials::clear_password(tx, &id).await?);
                assert!(!credentials::clear_password(tx, &id).await?);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn disabled_owners_do_not_count() {
    on_both(|test| async move {
        let (ann, bob, now) = (test.with_user("Ann").await.id, test.with_user("Bob").await.id, test.now());
        test.write(move |tx| {
            Box::pin(async move {
                assert!(roles::grant(tx, &ann, Role::Owner, now).await?);
                assert!(!roles::grant(tx, &ann, Role::Owner, now).await?);
                assert!(roles::grant(tx, &bob, Role::Owner, now + Duration::seconds(1)).await?);
                assert_eq!(roles::list(tx, &ann).await?, [Role::Owner]);
                assert_eq!(roles::holders(tx, Role::Owner).await?, [ann.clone(), bob.clone()]);
                assert_eq!(roles::count_active(tx, Role::Owner).await?, 2);
                users::set_state(tx, &bob, 1, AccountState::Disabled).await?;
                assert_eq!(roles::count_active(tx, Role::Owner).await?, 1);
                assert!(roles::revoke(tx, &bob, Role::Owner).await?);
                assert!(!roles::revoke(tx, &bob, Role::Owner).await?);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_link_is_found_by_all_three_parts_of_its_key() {
    on_both(|test| async move {
        let ann = test.with_user("Ann").await;
        let (link, used) = (test.link("l_1", &ann.id), test.now() + Duration::hours(1));
        let stored = link.clone();
        test.write(move |tx| {
            Box::pin(async move {
                assert_eq!(links::insert(tx, &link).await?, LinkInsert::Inserted);
                let mut other = link.clone();
                other.id = usher_domain::LinkId::parse("l_2").unwrap();
                assert_eq!(links::insert(tx, &other).await?, LinkInsert::Taken(link.clone()));
                for change in 0..3 {
                    let mut key = external_key();
                    match change {
                        0 => key.connection = usher_domain::ConnectionId::parse("c_other").unwrap(),
                        1 => key.issuer.push('/'),
                        _ => key.subject = "ann".to_owned(),
                    }
                    assert_eq!(links::find(tx, &key).await?, None, "{key:?}");
                }
                links::touch(tx, &link.id, used).await?;
                assert_eq!(links::count_by_connection(tx, &connection()).await?, 1);
                Ok(())
            })
        })
        .await;
        let found = test.read(|tx| Box::pin(async move { links::find(tx, &external_key()).await })).await.unwrap();
        assert_eq!(found, usher_domain::FederatedLink { last_used_at: used, ..stored.clone() });
        test.write(move |tx| {
            Box::pin(async move {
                assert_eq!(links::list(tx, &ann.id).await?.len(), 1);
                assert!(links::delete(tx, &stored.id).await?);
                assert!(!links::delete(tx, &stored.id).await?);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn what_hangs_on_an_account_goes_with_it() {
    on_both(|test| async move {
        let (ann, now) = (test.with_user("Ann").await, test.now());
        let link = test.link("l_1", &ann.id);
        test.write(move |tx| {
            Box::pin(async move {
                links::insert(tx, &link).await?;
                credentials::set_password(tx, &ann.id, "$argon2id$", now).await?;
                roles::grant(tx, &ann.id, Role::Owner, now).await?;
                unique_values::claim(tx, &address("ann@corp.test"), &ann.id).await?;
                assert!(users::delete(tx, &ann.id).await?);
                assert_eq!(links::find(tx, &external_key()).await?, None);
                assert_eq!(roles::holders(tx, Role::Owner).await?, []);
                assert_eq!(credentials::password(tx, &ann.id).await?, None);
                assert!(unique_values::list(tx, &ann.id).await?.is_empty());
                Ok(())
            })
        })
        .await;
    })
    .await;
}
