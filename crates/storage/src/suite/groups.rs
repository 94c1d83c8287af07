//! Groups, who is in them because of whom, and the schema of attributes.

use usher_domain::{
    AttributeDefinition, AttributeName, ConnectionId, Group, GroupId, Membership, MembershipSource, Uniqueness, UserId,
    Writers,
};

use super::{Fixture, connection, on_both};
use crate::groups::GroupUpdate;
use crate::{attribute_definitions, groups, memberships, users};

impl Fixture {
    fn group(&self, name: &str) -> Group {
        Group {
            id: group_id(name),
            name: name.to_owned(),
            description: format!("about {name}"),
            created_at: self.now(),
            revision: 1,
        }
    }

    async fn with_group(&self, name: &str) -> Group {
        let group = self.group(name);
        let added = group.clone();
        assert!(self.write(move |tx| Box::pin(async move { groups::insert(tx, &added).await })).await);
        group
    }

    fn membership(&self, group: &Group, user: &UserId, source: MembershipSource) -> Membership {
        Membership { group: group.id.clone(), user: user.clone(), source, since: self.now() }
    }
}

fn group_id(name: &str) -> GroupId {
    GroupId::parse(format!("gr_{}", name.to_lowercase())).unwrap()
}

fn fed() -> MembershipSource {
    MembershipSource::Connection(connection())
}

#[tokio::test]
async fn a_group_reads_back_and_its_name_is_unique_byte_for_byte() {
    on_both(|test| async move {
        let sales = test.with_group("Sales").await;
        let mut same_name = test.group("other");
        same_name.name.clone_from(&sales.name);
        let mut other_case = test.group("lower");
        other_case.name = "sales".to_owned();
        let outcomes = test
            .write(move |tx| {
                Box::pin(async move {
                    Ok((
                        groups::insert(tx, &same_name).await?,
                        groups::insert(tx, &other_case).await?,
                        groups::get(tx, &group_id("Sales")).await?,
                        groups::get_by_name(tx, "Sales").await?,
                        groups::get_by_name(tx, "SALES").await?,
                        groups::list(tx).await?,
                    ))
                })
            })
            .await;
        let (same, other, by_id, by_name, nobody, all) = outcomes;
        assert_eq!((same, other), (false, true));
        assert_eq!((by_id.as_ref(), by_name.as_ref(), nobody), (Some(&sales), Some(&sales), None));
        assert_eq!(all.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["Sales", "sales"]);
    })
    .await;
}

#[tokio::test]
async fn a_group_changes_at_its_revision_to_a_free_name() {
    on_both(|test| async move {
        let (mut sales, _) = (test.with_group("Sales").await, test.with_group("Ops").await);
        sales.name = "Selling".to_owned();
        let (changed, stale, taken) = test
            .write({
                let mut sales = sales.clone();
                move |tx| {
                    Box::pin(async move {
                        let changed = groups::update(tx, &sales).await?;
                        let stale = groups::update(tx, &sales).await?;
                        sales.revision = 2;
                        sales.name = "Ops".to_owned();
                        Ok((changed, stale, groups::update(tx, &sales).await?))
                    })
                }
            })
            .await;
        assert_eq!((changed, stale, taken), (GroupUpdate::Updated(2), GroupUpdate::Stale, GroupUpdate::NameTaken));
        let stored = test.read(|tx| Box::pin(async move { groups::get(tx, &group_id("Sales")).await })).await;
        assert_eq!(stored, Some(Group { revision: 2, ..sales }));
    })
    .await;
}

#[tokio::test]
async fn a_member_stays_while_a_reason_holds() {
    on_both(|test| async move {
        let (ann, sales) = (test.with_user("Ann").await.id, test.with_group("Sales").await);
        let fed_one = test.membership(&sales, &ann, fed());
        let by_admin = test.membership(&sales, &ann, MembershipSource::Admin(ann.clone()));
        test.write(move |tx| {
            Box::pin(async move {
                assert!(memberships::insert(tx, &fed_one).await?);
                assert!(!memberships::insert(tx, &fed_one).await?, "the same reason twice");
                assert!(memberships::insert(tx, &by_admin).await?);
                assert_eq!(memberships::list_by_user(tx, &ann).await?.len(), 2);
                assert_eq!(memberships::count_by_group(tx, &sales.id).await?, 1, "people, not reasons");
                assert!(memberships::delete(tx, &sales.id, &ann, &by_admin.source).await?);
                assert!(!memberships::delete(tx, &sales.id, &ann, &by_admin.source).await?);
                assert_eq!(memberships::list_by_user(tx, &ann).await?, [fed_one]);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_page_of_members_holds_people_with_every_reason() {
    on_both(|test| async move {
        let sales = test.with_group("Sales").await;
        let mut rows = Vec::new();
        for name in ["Ann", "Bob", "Cid"] {
            let id = test.with_user(name).await.id;
            rows.push(test.membership(&sales, &id, fed()));
            rows.push(test.membership(&sales, &id, MembershipSource::Import));
        }
        let (first, rest) = test
            .write(move |tx| {
                Box::pin(async move {
                    for row in &rows {
                        memberships::insert(tx, row).await?;
                    }
                    let first = memberships::list_by_group(tx, &sales.id, None, 2).await?;
                    let after = first.last().map(|(row, _)| row.user.clone());
                    Ok((first, memberships::list_by_group(tx, &sales.id, after.as_ref(), 2).await?))
                })
            })
            .await;
        let names = |page: &[(Membership, usher_domain::UserName)]| {
            page.iter().map(|(_, name)| name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names(&first), ["Ann", "Ann", "Bob", "Bob"]);
        assert_eq!(names(&rest), ["Cid", "Cid"]);
    })
    .await;
}

#[tokio::test]
async fn memberships_go_with_their_connection_group_and_account() {
    on_both(|test| async move {
        let (ann, bob) = (test.with_user("Ann").await.id, test.with_user("Bob").await.id);
        let (sales, ops) = (test.with_group("Sales").await, test.with_group("Ops").await);
        let other = MembershipSource::Connection(ConnectionId::parse("c_other").unwrap());
        let rows = [
            test.membership(&sales, &ann, fed()),
            test.membership(&ops, &ann, other.clone()),
            test.membership(&sales, &bob, other),
        ];
        test.write(move |tx| {
            Box::pin(async move {
                for row in &rows {
                    memberships::insert(tx, row).await?;
                }
                assert_eq!(memberships::delete_by_connection(tx, &connection()).await?, 1);
                assert_eq!(memberships::list_by_user(tx, &ann).await?, [rows[1].clone()]);
                assert!(groups::delete(tx, &ops.id).await?);
                assert!(!groups::delete(tx, &ops.id).await?);
                assert_eq!(memberships::list_by_user(tx, &ann).await?, []);
                assert_eq!(memberships::count_by_group(tx, &sales.id).await?, 1);
                users::delete(tx, &bob).await?;
                assert_eq!(memberships::count_by_group(tx, &sales.id).await?, 0);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn the_schema_is_what_was_put_last() {
    on_both(|test| async move {
        let definition = |label: &str, uniqueness| AttributeDefinition {
            name: AttributeName::parse("employee").unwrap(),
            label: label.to_owned(),
            uniqueness,
            writers: Writers::AdminsOnly,
        };
        let (first, last) = (definition("No.", Uniqueness::Free), definition("Employee number", Uniqueness::Unique));
        test.write(move |tx| {
            Box::pin(async move {
                attribute_definitions::put(tx, &first).await?;
                attribute_definitions::put(tx, &last).await?;
                assert_eq!(attribute_definitions::list(tx).await?, std::slice::from_ref(&last));
                assert!(attribute_definitions::delete(tx, &last.name).await?);
                assert!(!attribute_definitions::delete(tx, &last.name).await?);
                assert_eq!(attribute_definitions::list(tx).await?, []);
                Ok(())
            })
        })
        .await;
    })
    .await;
}
