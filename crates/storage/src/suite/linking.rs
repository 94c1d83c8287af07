//! What account linking looks for: addresses verified or not, unique values, and who is linked already.

use usher_domain::{AttributeName, ConnectionId, EmailAddress, FederatedLink, LinkId, LocalPart, UserId, UserName};

use super::{Fixture, connection, external_key, on_both};
use crate::links;
use crate::unique_values::{self, UniqueValue};
use crate::users::{self, Rename};

impl Fixture {
    async fn with_email(&self, name: &str, addresses: &[&str]) -> UserId {
        let mut user = self.user(name);
        let email = user.attributes.get_mut(&AttributeName::email()).unwrap();
        email.values = addresses.iter().map(|&address| address.to_owned()).collect();
        email.verified = usher_domain::Verification::Unverified;
        let id = user.id.clone();
        self.write(move |tx| Box::pin(async move { users::insert(tx, &user).await.map(drop) })).await;
        id
    }

    async fn found(&self, address: &str, local_part: LocalPart, limit: u32) -> Vec<String> {
        let address = EmailAddress::parse(address).unwrap();
        let found =
            self.read(|tx| Box::pin(async move { users::find_by_email(tx, &address, local_part, limit).await })).await;
        found.into_iter().map(|user| user.username.to_string()).collect()
    }
}

fn numbered(id: &str, subject: &str, at: &str, link: FederatedLink) -> FederatedLink {
    let mut link = FederatedLink { id: LinkId::parse(id).unwrap(), ..link };
    link.key.connection = ConnectionId::parse(at).unwrap();
    subject.clone_into(&mut link.key.subject);
    link
}

#[tokio::test]
async fn an_account_is_found_by_any_of_its_addresses_verified_or_not() {
    on_both(|test| async move {
        test.with_email("Ann", &["Ann@CORP.test", "ann@home.test", "not an address"]).await;
        test.with_email("Bob", &["ann@corp.test"]).await;
        for (address, local_part, found) in [
            ("Ann@corp.test", LocalPart::Exact, vec!["Ann"]),
            ("ann@corp.test", LocalPart::Exact, vec!["Bob"]),
            ("ANN@corp.test", LocalPart::Exact, vec![]),
            ("ANN@corp.test", LocalPart::IgnoreCase, vec!["Ann", "Bob"]),
            ("ann@home.test", LocalPart::Exact, vec!["Ann"]),
            ("ann@corp.test.evil.test", LocalPart::IgnoreCase, vec![]),
        ] {
            assert_eq!(test.found(address, local_part, 3).await, found, "{address} {local_part:?}");
        }
        assert_eq!(test.found("ann@corp.test", LocalPart::IgnoreCase, 1).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn two_addresses_of_one_account_that_fold_alike_find_it_once() {
    on_both(|test| async move {
        test.with_email("Ann", &["ann@corp.test", "Ann@corp.test"]).await;
        assert_eq!(test.found("ANN@corp.test", LocalPart::IgnoreCase, 3).await, ["Ann"]);
    })
    .await;
}

#[tokio::test]
async fn addresses_follow_the_attributes_and_go_with_the_account() {
    on_both(|test| async move {
        let id = test.with_email("Ann", &["ann@corp.test"]).await;
        let (moved, gone) = (test.attributes("email", "ann@new.test"), id.clone());
        test.write(move |tx| {
            Box::pin(async move {
                assert_eq!(users::update_attributes(tx, &id, 7, &moved).await?, None, "a stale revision");
                users::update_attributes(tx, &id, 1, &moved).await.map(drop)
            })
        })
        .await;
        assert_eq!(test.found("ann@corp.test", LocalPart::Exact, 3).await, Vec::<String>::new());
        assert_eq!(test.found("ann@new.test", LocalPart::Exact, 3).await, ["Ann"]);
        assert!(test.write(move |tx| Box::pin(async move { users::delete(tx, &gone).await })).await);
        assert_eq!(test.found("ann@new.test", LocalPart::Exact, 3).await, Vec::<String>::new());
    })
    .await;
}

/// The statement of migration 6 that fills the table from accounts that were there before.
fn backfill(embedded: bool) -> &'static str {
    let text = if embedded {
        include_str!("../../../../migrations/sqlite/0006_provisioning.sql")
    } else {
        include_str!("../../../../migrations/postgres/0006_provisioning.sql")
    };
    let from = text.find("INSERT INTO user_emails").unwrap();
    let length = text[from..].find(';').unwrap();
    &text[from..from + length]
}

#[tokio::test]
async fn the_migration_finds_the_addresses_of_accounts_that_were_there() {
    on_both(|test| async move {
        test.with_email("Ann", &["Ann+x@Corp.TEST", "ann@home.test", "Ann@home.test"]).await;
        test.with_email("Bob", &["nul\u{0}@corp.test", "none", "@", "bob@corp.test"]).await;
        let fill = backfill(test.store.is_embedded());
        test.write(move |tx| {
            Box::pin(async move {
                assert!(tx.execute("DELETE FROM user_emails", &[]).await? > 0);
                tx.execute(fill, &[]).await.map(drop)
            })
        })
        .await;
        assert_eq!(test.found("Ann+x@corp.test", LocalPart::Exact, 3).await, ["Ann"]);
        assert_eq!(test.found("ann+x@corp.test", LocalPart::Exact, 3).await, Vec::<String>::new());
        assert_eq!(test.found("ann+X@corp.test", LocalPart::IgnoreCase, 3).await, ["Ann"]);
        assert_eq!(test.found("Ann@home.test", LocalPart::Exact, 3).await, ["Ann"]);
        assert_eq!(test.found("bob@corp.test", LocalPart::Exact, 3).await, ["Bob"]);
    })
    .await;
}

#[tokio::test]
async fn a_report_sees_everybody_once() {
    on_both(|test| async move {
        for name in ["Ann", "Bob", "Cid"] {
            test.with_user(name).await;
        }
        let (first, rest) = test
            .write(move |tx| {
                Box::pin(async move {
                    let first = users::page(tx, None, 2).await?;
                    let rest = users::page(tx, first.last().map(|user| &user.id), 2).await?;
                    Ok((first, rest))
                })
            })
            .await;
        let names: Vec<_> = first.iter().chain(&rest).map(|user| user.username.as_str()).collect();
        assert_eq!((names.as_slice(), rest.len()), (["Ann", "Bob", "Cid"].as_slice(), 1));
    })
    .await;
}

#[tokio::test]
async fn the_holders_of_an_attribute_are_exactly_those() {
    on_both(|test| async move {
        let people = [
            ("Ann", "badge", "1"),
            ("Bob", "Badge", "1"),
            ("Cid", "note", "\"badge\":{\"values\":[\"1\"]}"),
            ("Dan", "badge", "2"),
            ("Eve", "email", "eve@corp.test"),
        ];
        for (name, attribute, value) in people {
            let mut user = test.user(name);
            user.attributes = test.attributes(attribute, value);
            test.write(move |tx| Box::pin(async move { users::insert(tx, &user).await.map(drop) })).await;
        }
        let (first, rest) = test
            .write(move |tx| {
                Box::pin(async move {
                    let badge = AttributeName::parse("badge").unwrap();
                    let first = users::values_of(tx, &badge, None, 1).await?;
                    let rest = users::values_of(tx, &badge, first.last().map(|held| &held.user), 5).await?;
                    Ok((first, rest))
                })
            })
            .await;
        let shown = |page: &[users::Holding]| -> Vec<(String, Vec<String>)> {
            page.iter().map(|held| (held.username.to_string(), held.values.clone())).collect()
        };
        assert_eq!(shown(&first), [("Ann".to_owned(), vec!["1".to_owned()])]);
        assert_eq!(shown(&rest), [("Dan".to_owned(), vec!["2".to_owned()])]);
    })
    .await;
}

#[tokio::test]
async fn an_account_is_renamed_to_a_free_name_at_its_revision() {
    on_both(|test| async move {
        let (ann, _) = (test.with_user("Ann").await, test.with_user("Bob").await);
        test.write(move |tx| {
            Box::pin(async move {
                let name = |text: &str| UserName::parse(text).unwrap();
                assert_eq!(users::rename(tx, &ann, &name("bOB")).await?, Rename::Taken);
                assert_eq!(users::rename(tx, &ann, &name("ANN")).await?, Rename::Renamed(2), "its own name");
                assert_eq!(users::rename(tx, &ann, &name("Anna")).await?, Rename::Stale);
                let ann = users::get(tx, &ann.id).await?.unwrap();
                assert_eq!((ann.username.as_str(), ann.revision), ("ANN", 2));
                assert_eq!(users::rename(tx, &ann, &name("Zoe")).await?, Rename::Renamed(3));
                assert!(users::get_by_username(tx, &name("ann")).await?.is_none());
                assert_eq!(users::get_by_username(tx, &name("zoe")).await?.unwrap().id, ann.id);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn holders_are_told_by_value_and_given_back_together() {
    on_both(|test| async move {
        let (ann, bob) = (test.with_user("Ann").await.id, test.with_user("Bob").await.id);
        test.write(move |tx| {
            Box::pin(async move {
                let badge = AttributeName::parse("badge").unwrap();
                for (attribute, key, user) in
                    [(&badge, "1", &ann), (&badge, "2", &bob), (&AttributeName::email(), "1", &bob)]
                {
                    let value = UniqueValue { attribute: attribute.clone(), value_key: key.to_owned() };
                    unique_values::claim(tx, &value, user).await?;
                }
                let asked = ["2", "1", "3"].map(str::to_owned);
                let holders = unique_values::holders(tx, &badge, &asked).await?;
                assert_eq!(holders, [("2".to_owned(), bob.clone()), ("1".to_owned(), ann.clone())]);
                assert_eq!(unique_values::release_all(tx, &badge).await?, 2);
                assert_eq!(unique_values::holders(tx, &badge, &asked).await?, []);
                assert_eq!(unique_values::list(tx, &bob).await?.len(), 1, "another attribute keeps its values");
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn links_are_told_by_connection_and_by_account() {
    on_both(|test| async move {
        let (ann, bob) = (test.with_user("Ann").await.id, test.with_user("Bob").await.id);
        let (anns, bobs) = (test.link("l_1", &ann), test.link("l_1", &bob));
        let here = connection();
        let rows = [
            numbered("l_1", "1", here.as_str(), anns.clone()),
            numbered("l_2", "2", here.as_str(), anns.clone()),
            numbered("l_3", "1", "c_other", anns),
            numbered("l_4", "4", "c_other", bobs),
        ];
        test.write(move |tx| {
            Box::pin(async move {
                for row in &rows {
                    links::insert(tx, row).await?;
                }
                assert_eq!(links::get(tx, &rows[1].id).await?.as_ref(), Some(&rows[1]));
                let first = links::list_by_connection(tx, &here, None, 1).await?;
                assert_eq!(first, [rows[0].clone()]);
                let rest = links::list_by_connection(tx, &here, Some(&rows[0].id), 5).await?;
                assert_eq!(rest, [rows[1].clone()]);
                assert!(links::exists_for_user(tx, &here, &ann).await?);
                assert!(!links::exists_for_user(tx, &here, &bob).await?);
                let linked = links::linked_users(tx, &here, &[ann.clone(), bob.clone()]).await?;
                assert_eq!(linked, [ann.clone()].into());
                assert_eq!(links::delete_by_connection(tx, &here).await?, 2);
                assert_eq!(links::get(tx, &rows[0].id).await?, None);
                assert_eq!(links::delete_by_user(tx, &ann).await?, 1);
                assert_eq!(links::list(tx, &bob).await?, [rows[3].clone()]);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_connection_knows_the_accounts_it_made() {
    on_both(|test| async move {
        let ann = test.with_user("Ann").await.id;
        let mut made = test.user("Bob");
        made.created_by = usher_domain::AttributeSource::Connection(connection());
        let rows = [("l_1", "1", &ann), ("l_2", "2", &made.id)]
            .map(|(id, subject, user)| numbered(id, subject, connection().as_str(), test.link(id, user)));
        test.write(move |tx| {
            Box::pin(async move {
                users::insert(tx, &made).await?;
                for row in &rows {
                    links::insert(tx, row).await?;
                }
                assert_eq!(links::count_by_connection(tx, &external_key().connection).await?, 2);
                assert_eq!(links::count_made_by(tx, &connection()).await?, 1);
                Ok(())
            })
        })
        .await;
    })
    .await;
}
