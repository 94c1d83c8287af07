//! Local groups in the console: name them, say who is in them, and see which connections feed them.
//!
//! A membership that a connection feeds is its connection's: it cannot be removed by hand, since the next sign-in would
//! bring it back. A group gives no right in the console (LINK-31).

use std::collections::BTreeMap;

use usher_domain::{Connection, Group, GroupId, Membership, MembershipSource, UserId, UserName};
use usher_storage::groups::GroupUpdate;
use usher_storage::{audit, groups, memberships, users};

use super::{Admin, NotDone, change_configuration, deed};
use crate::bootstrap::mark_deleted;
use crate::broker::Broker;
use crate::failure::Fault;
use crate::visitor::Visitor;

/// People on a page.
const PAGE: u32 = 25;

/// What the form sends.
#[derive(Debug, Clone)]
pub struct GroupForm {
    /// Unique name; what applications are told.
    pub name: String,
    /// For admins; may be empty.
    pub description: String,
}

/// One person in a group, with every reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The account.
    pub user: UserId,
    /// Its name.
    pub username: UserName,
    /// Because of whom.
    pub sources: Vec<MembershipSource>,
}

/// A page of members.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Members {
    /// By account.
    pub people: Vec<Member>,
    /// Cursor of the next page, if there is one.
    pub next: Option<UserId>,
    /// How many people there are in all.
    pub count: i64,
}

/// Every group with its number of people, by name.
pub async fn list(broker: &Broker) -> Result<Vec<(Group, i64)>, Fault> {
    broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let mut all = Vec::new();
                for group in groups::list(tx).await? {
                    let count = memberships::count_by_group(tx, &group.id).await?;
                    all.push((group, count));
                }
                Ok::<_, Fault>(all)
            })
        })
        .await
}

/// One group.
pub async fn get(broker: &Broker, id: &GroupId) -> Result<Option<Group>, Fault> {
    let id = id.clone();
    Ok(broker.store.read(move |tx| Box::pin(async move { groups::get(tx, &id).await })).await?)
}

/// A page of the people in a group.
pub async fn members(broker: &Broker, id: &GroupId, after: Option<UserId>) -> Result<Members, Fault> {
    let id = id.clone();
    let (rows, count) = broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let rows = memberships::list_by_group(tx, &id, after.as_ref(), PAGE + 1).await?;
                Ok::<_, Fault>((rows, memberships::count_by_group(tx, &id).await?))
            })
        })
        .await?;
    let mut by_user: BTreeMap<UserId, Member> = BTreeMap::new();
    for (membership, username) in rows {
        let person = Member { user: membership.user.clone(), username, sources: Vec::new() };
        by_user.entry(membership.user).or_insert(person).sources.push(membership.source);
    }
    let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = by_user.len() > page;
    let people: Vec<Member> = by_user.into_values().take(page).collect();
    let next = people.last().filter(|_| more).map(|member| member.user.clone());
    Ok(Members { people, next, count })
}

/// Connections whose mapping names a group.
pub fn fed_by(broker: &Broker, id: &GroupId) -> Vec<Connection> {
    let snapshot = broker.snapshot();
    let feeds = |connection: &&Connection| connection.groups.mapping.iter().any(|row| row.group == *id);
    snapshot.plain_connections().iter().filter(feeds).cloned().collect()
}

/// Whether an admin may take a person out for this reason.
pub fn is_by_hand(source: &MembershipSource) -> bool {
    match source {
        MembershipSource::Admin(_) | MembershipSource::Import | MembershipSource::Script => true,
        MembershipSource::Connection(_) => false,
    }
}

/// Creates a group.
pub async fn create(broker: &Broker, admin: &Admin, form: &GroupForm, visitor: &Visitor) -> Result<GroupId, NotDone> {
    let (id, created_at) = (GroupId::random(broker.entropy()), broker.now());
    let (name, description) = checked(form)?;
    let group = Group { id: id.clone(), name, description, created_at, revision: 1 };
    let event = deed(broker, admin, visitor, "group.created", object(&id));
    change_configuration(broker, event, move |tx| {
        Box::pin(async move { if groups::insert(tx, &group).await? { Ok(()) } else { Err(name_taken()) } })
    })
    .await?;
    Ok(id)
}

/// Changes name and description, if the group is still as the form saw it.
pub async fn update(
    broker: &Broker,
    admin: &Admin,
    (id, seen): (&GroupId, i64),
    form: &GroupForm,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let (name, description) = checked(form)?;
    let event = deed(broker, admin, visitor, "group.updated", object(id));
    let id = id.clone();
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            let stored = groups::get(tx, &id).await?.ok_or(NotDone::Gone)?;
            match groups::update(tx, &Group { name, description, revision: seen, ..stored }).await? {
                GroupUpdate::Updated(_) => Ok(()),
                GroupUpdate::NameTaken => Err(name_taken()),
                GroupUpdate::Stale => Err(NotDone::Stale),
            }
        })
    })
    .await
}

/// Deletes a group that no connection feeds; its memberships go with it.
pub async fn delete(broker: &Broker, admin: &Admin, id: &GroupId, visitor: &Visitor) -> Result<(), NotDone> {
    broker.reload().await?;
    let feeding: Vec<String> = fed_by(broker, id).into_iter().map(|connection| connection.name).collect();
    if !feeding.is_empty() {
        let text = format!("these connections feed it: {}. Take it out of their mapping first", feeding.join(", "));
        return Err(NotDone::Forbidden(text));
    }
    let event = deed(broker, admin, visitor, "group.deleted", object(id));
    let id = id.clone();
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            let group = groups::get(tx, &id).await?.ok_or(NotDone::Gone)?;
            groups::delete(tx, &id).await?;
            Ok(mark_deleted(tx, "group", &group.name).await?)
        })
    })
    .await
}

/// Puts a person into a group, by user name.
pub async fn add_member(
    broker: &Broker,
    admin: &Admin,
    (id, name): (&GroupId, &str),
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let nobody = || NotDone::field("username", "There is no user with this name");
    let name = UserName::parse(name.trim()).map_err(|_| nobody())?;
    let mut event = deed(broker, admin, visitor, "user.group_added", String::new());
    event.detail = serde_json::json!({ "group": id });
    let (id, source, since) = (id.clone(), MembershipSource::Admin(admin.user.id.clone()), broker.now());
    broker
        .store
        .write(move |tx| {
            let (id, source, name, mut event) = (id.clone(), source.clone(), name.clone(), event.clone());
            Box::pin(async move {
                groups::get(tx, &id).await?.ok_or(NotDone::Gone)?;
                let user = users::get_by_username(tx, &name).await?.ok_or_else(nobody)?.id;
                let there = memberships::list_by_user(tx, &user).await?;
                if there.iter().any(|membership| membership.group == id && is_by_hand(&membership.source)) {
                    return Err(NotDone::field("username", "This person is in the group already"));
                }
                memberships::insert(tx, &Membership { group: id, user: user.clone(), source, since }).await?;
                event.object = crate::audit::user_object(&user);
                Ok(audit::insert(tx, &event).await?)
            })
        })
        .await
}

/// Takes a person out of a group, as far as admins put them there. A connection's reason stays.
pub async fn remove_member(
    broker: &Broker,
    admin: &Admin,
    (id, user): (&GroupId, &UserId),
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let mut event = deed(broker, admin, visitor, "user.group_removed", crate::audit::user_object(user));
    event.detail = serde_json::json!({ "group": id });
    let (id, user) = (id.clone(), user.clone());
    broker
        .store
        .write(move |tx| {
            let (id, user, event) = (id.clone(), user.clone(), event.clone());
            Box::pin(async move {
                let mut removed = false;
                for membership in memberships::list_by_user(tx, &user).await? {
                    if membership.group == id && is_by_hand(&membership.source) {
                        removed |= memberships::delete(tx, &id, &user, &membership.source).await?;
                    }
                }
                if !removed {
                    let text =
                        "only memberships that an admin gave can be removed here; the others follow their connection";
                    return Err(NotDone::Forbidden(text.to_owned()));
                }
                Ok(audit::insert(tx, &event).await?)
            })
        })
        .await
}

fn object(id: &GroupId) -> String {
    format!("group:{id}")
}

fn name_taken() -> NotDone {
    NotDone::field("name", "There is a group with this name already")
}

fn checked(form: &GroupForm) -> Result<(String, String), NotDone> {
    let name = Group::name(&form.name).map_err(|fault| NotDone::field("name", fault))?;
    let description = form.description.trim();
    if description.chars().count() > 1000 {
        return Err(NotDone::field("description", "A description has at most 1000 characters"));
    }
    Ok((name, description.to_owned()))
}
