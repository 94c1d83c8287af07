//! One person's attributes, user name and account, changed by an admin. Each value keeps who wrote it; a unique value
//! changes hands in the same transaction or not at all.

use serde_json::json;
use usher_domain::{
    AttributeName, AttributeSchema, AttributeSource, AttributeSync, AttributeValue, EmailAddress, FederatedLink, Role,
    User, UserId, UserName, Verification,
};
use usher_provisioning::{is_protected, mask};
use usher_storage::users::Rename;
use usher_storage::{attribute_definitions, audit, config, grants, roles, sessions, setup_tokens, users};

use super::super::{Admin, NotDone, deed};
use crate::accounts::reclaim;
use crate::audit::user_object;
use crate::bootstrap::mark_deleted;
use crate::broker::Broker;
use crate::visitor::Visitor;

/// Most values of one attribute, and most characters of each.
const MOST: (usize, usize) = (50, 1000);

/// What the form of one attribute sends.
#[derive(Debug, Clone)]
pub struct AttributeEdit {
    /// The attribute.
    pub attribute: String,
    /// Its values, one a line; none: the attribute is removed.
    pub values: String,
    /// Who vouches for an e-mail address.
    pub verified: Verification,
}

/// The connection that replaces an attribute at the next sign-in, whatever is written here: one with Override All.
pub fn overwritten_by(
    broker: &Broker,
    links: &[FederatedLink],
    (name, value): (&AttributeName, &AttributeValue),
) -> Option<String> {
    let snapshot = broker.snapshot();
    let contact = matches!(name.as_str(), "email" | "phone_number") && value.verified == Verification::ByAdmin;
    if contact || is_protected(name) || snapshot.schema.is_protected(name) {
        return None;
    }
    let mut live = links.iter().filter_map(|link| snapshot.live_connection(&link.key.connection));
    let overriding = live.find(|configured| {
        let provisioning = &configured.connection.provisioning;
        provisioning.enabled && provisioning.attribute_sync == AttributeSync::OverrideAll
    });
    overriding.map(|configured| configured.connection.name.clone())
}

/// Writes one attribute, if the account is still as the form saw it.
pub async fn set_attribute(
    broker: &Broker,
    admin: &Admin,
    (id, seen): (&UserId, i64),
    edit: &AttributeEdit,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let name = AttributeName::parse(edit.attribute.trim()).map_err(|fault| NotDone::field("attribute", fault))?;
    let values = values_of(&name, &edit.values)?;
    let verified = if name == AttributeName::email() { edit.verified } else { Verification::ByAdmin };
    let source = AttributeSource::Admin(admin.user.id.clone());
    let value = AttributeValue { values, source, verified, at: broker.now() };
    let event = deed(broker, admin, visitor, "user.attribute_changed", user_object(id));
    let id = id.clone();
    broker
        .store
        .write(move |tx| {
            let (id, name, value) = (id.clone(), name.clone(), value.clone());
            let mut event = event.clone();
            Box::pin(async move {
                // Not while an attribute becomes unique: the value would be missed.
                config::queue(tx).await?;
                let schema = AttributeSchema::with(attribute_definitions::list(tx).await?);
                let user = at_revision(users::get(tx, &id).await?, seen)?;
                if schema.get(&name).is_none() && !user.attributes.contains_key(&name) {
                    return Err(NotDone::field("attribute", "Choose one of the attributes that are defined"));
                }
                let mut after = user.attributes.clone();
                let before = after.remove(&name);
                event.detail =
                    json!({ "attribute": name, "before": masked(before.as_ref()), "after": masked(Some(&value)) });
                if !value.values.is_empty() {
                    after.insert(name, value);
                }
                if reclaim(tx, &id, &user.attributes, &after, &schema).await?.is_some() {
                    return Err(NotDone::field("values", "This value belongs to another account"));
                }
                users::update_attributes(tx, &id, seen, &after).await?.ok_or(NotDone::Stale)?;
                Ok(audit::insert(tx, &event).await?)
            })
        })
        .await
}

fn masked(value: Option<&AttributeValue>) -> Vec<String> {
    value.map(|value| value.values.iter().map(|text| mask(text)).collect()).unwrap_or_default()
}

fn values_of(name: &AttributeName, text: &str) -> Result<Vec<String>, NotDone> {
    let values: Vec<String> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if values.len() > MOST.0 || values.iter().any(|value| value.chars().count() > MOST.1) {
        return Err(NotDone::field("values", "An attribute has at most 50 values of at most 1000 characters"));
    }
    if *name != AttributeName::email() {
        return Ok(values);
    }
    match values.as_slice() {
        [] => Ok(values),
        [one] => {
            let address = EmailAddress::parse(one).map_err(|fault| NotDone::field("values", fault))?;
            Ok(vec![address.as_str().to_owned()])
        }
        _ => Err(NotDone::field("values", "Enter one e-mail address")),
    }
}

fn at_revision(user: Option<User>, seen: i64) -> Result<User, NotDone> {
    let user = user.ok_or(NotDone::Gone)?;
    if user.revision == seen { Ok(user) } else { Err(NotDone::Stale) }
}

/// Gives an account another user name. Its links, its subject and its sessions stay: they rest on the id.
pub async fn rename(
    broker: &Broker,
    admin: &Admin,
    (id, seen): (&UserId, i64),
    name: &str,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let name = UserName::parse(name.trim()).map_err(|fault| NotDone::field("username", fault))?;
    let event = deed(broker, admin, visitor, "user.renamed", user_object(id));
    let id = id.clone();
    broker
        .store
        .write(move |tx| {
            let (id, name, mut event) = (id.clone(), name.clone(), event.clone());
            Box::pin(async move {
                let user = at_revision(users::get(tx, &id).await?, seen)?;
                event.detail = json!({ "before": mask(user.username.as_str()), "after": mask(name.as_str()) });
                match users::rename(tx, &user, &name).await? {
                    Rename::Renamed(_) => Ok(audit::insert(tx, &event).await?),
                    Rename::Taken => Err(NotDone::field("username", "This user name is taken")),
                    Rename::Stale => Err(NotDone::Stale),
                }
            })
        })
        .await
}

/// Deletes an account with its sessions, grants, links and memberships. The last owner stays.
pub async fn delete(
    broker: &Broker,
    admin: &Admin,
    (id, confirmed): (&UserId, &str),
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let (id, confirmed, now) = (id.clone(), confirmed.trim().to_owned(), broker.now());
    let mut event = deed(broker, admin, visitor, "user.deleted", user_object(&id));
    event.detail = json!({ "by": admin.user.id });
    broker
        .store
        .write(move |tx| {
            let (id, confirmed, event) = (id.clone(), confirmed.clone(), event.clone());
            Box::pin(async move {
                config::queue(tx).await?;
                let user = users::get(tx, &id).await?.ok_or(NotDone::Gone)?;
                if user.username.as_str() != confirmed {
                    return Err(NotDone::field("confirm", "Type the user name exactly as it is shown"));
                }
                let owner = roles::list(tx, &id).await?.contains(&Role::Owner);
                let active = user.state == usher_domain::AccountState::Active;
                if owner && active && roles::count_active(tx, Role::Owner).await? <= 1 {
                    return Err(NotDone::Forbidden("the last admin cannot be deleted".to_owned()));
                }
                sessions::delete_by_user(tx, &id).await?;
                grants::revoke_by_user(tx, &id, now).await?;
                setup_tokens::revoke_all(tx, &format!("invite:{id}")).await?;
                crate::password_reset::forget(tx, &id).await?;
                users::delete(tx, &id).await?;
                mark_deleted(tx, "user", &user.username.unique_key()).await?;
                Ok(audit::insert(tx, &event).await?)
            })
        })
        .await
}
