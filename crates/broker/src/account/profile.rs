//! What is known about a person, with its sources, and the part of it that they may change themselves.
//!
//! The schema says which attributes those are. Even then a value that a connection brought is read only while the account
//! is linked to it (the next sign-in would replace it), a value that identifies the account is an admin's matter, and the
//! e-mail address takes the way of [`super::email`]. A form can name nothing else (WEB-23).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;
use usher_domain::{
    AttributeBag, AttributeName, AttributeSchema, AttributeSource, AttributeValue, FederatedLink, User, Verification,
    Writers,
};
use usher_provisioning::is_protected;
use usher_storage::{Tx, attribute_definitions, links, users};

use super::deed::Deed;
use super::{NotDone, Person};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::visitor::Visitor;

/// Most values of one attribute, and most characters of each.
const MOST: (usize, usize) = (20, 1000);

/// Who set a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetBy {
    /// A connection, by its name; empty where it is gone.
    Connection(String),
    /// An admin.
    Admin,
    /// A file that was read when the service was set up.
    Import,
    /// The owner.
    Owner,
    /// The script of a sign-in.
    Script,
}

/// One attribute, as its owner sees it.
#[derive(Debug, Clone)]
pub struct OwnAttribute {
    /// Its name.
    pub name: AttributeName,
    /// What people read.
    pub label: String,
    /// Its values; none: it is not set.
    pub values: Vec<String>,
    /// Who set them, when, and who vouches for them.
    pub origin: Option<(SetBy, DateTime<Utc>, Verification)>,
    /// Whether the owner may change it.
    pub editable: bool,
}

/// Everything that is known about the person; what may be changed is there even if it has no value.
pub async fn list(broker: &Broker, person: &Person) -> Result<Vec<OwnAttribute>, Fault> {
    let user = person.user.id.clone();
    let linked = broker.store.read(move |tx| Box::pin(async move { links::list(tx, &user).await })).await?;
    let snapshot = broker.snapshot();
    let named = |source: &AttributeSource| match source {
        AttributeSource::Connection(id) => {
            SetBy::Connection(snapshot.connections.get(id).map(|c| c.connection.name.clone()).unwrap_or_default())
        }
        AttributeSource::Admin(_) => SetBy::Admin,
        AttributeSource::Import => SetBy::Import,
        AttributeSource::Person => SetBy::Owner,
        AttributeSource::Script => SetBy::Script,
    };
    let own = &person.user.attributes;
    let row = |name: &AttributeName| {
        let value = own.get(name);
        OwnAttribute {
            label: snapshot.schema.label(name).to_owned(),
            values: value.map(|value| value.values.clone()).unwrap_or_default(),
            origin: value.map(|value| (named(&value.source), value.at, value.verified)),
            editable: may_edit(&snapshot.schema, &linked, name, value),
            name: name.clone(),
        }
    };
    let offered = snapshot.schema.all().map(|definition| &definition.name).filter(|name| !own.contains_key(name));
    let open = offered.filter(|name| may_edit(&snapshot.schema, &linked, name, None));
    Ok(own.keys().chain(open).map(row).collect())
}

/// Whether the owner may change an attribute.
pub(super) fn may_edit(
    schema: &AttributeSchema,
    linked: &[FederatedLink],
    name: &AttributeName,
    value: Option<&AttributeValue>,
) -> bool {
    let theirs = schema.get(name).is_some_and(|definition| definition.writers == Writers::PersonToo);
    let identifies = *name != AttributeName::email() && (schema.is_unique(name) || is_protected(name));
    let fed = value.is_some_and(|value| match &value.source {
        AttributeSource::Connection(id) => linked.iter().any(|link| link.key.connection == *id),
        _ => false,
    });
    theirs && !identifies && !fed
}

/// Changes what the owner may change of `typed`, if the account is still as the form saw it; everything else that a form
/// names is not looked at. The e-mail address is not changed here.
pub async fn change(
    broker: &Broker,
    person: &Person,
    seen: i64,
    typed: BTreeMap<AttributeName, String>,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let deed = Deed::new(broker, person, "user.profile_changed", visitor);
    broker
        .store
        .write(move |tx| {
            let (deed, typed) = (deed.clone(), typed.clone());
            Box::pin(async move {
                let user = deed.open(tx).await?;
                if user.revision != seen {
                    return Err(NotDone::Stale);
                }
                let (after, changed) = changed(tx, &user, typed, deed.now).await?;
                if changed.is_empty() {
                    return Ok(());
                }
                users::update_attributes(tx, &user.id, seen, &after).await?.ok_or(NotDone::Stale)?;
                deed.with(json!({ "attributes": changed })).close_quietly(tx).await
            })
        })
        .await
}

async fn changed(
    tx: &mut Tx,
    user: &User,
    typed: BTreeMap<AttributeName, String>,
    at: DateTime<Utc>,
) -> Result<(AttributeBag, Vec<AttributeName>), NotDone> {
    let schema = AttributeSchema::with(attribute_definitions::list(tx).await?);
    let linked = links::list(tx, &user.id).await?;
    let (mut after, mut names) = (user.attributes.clone(), Vec::new());
    for (name, text) in typed {
        let before = user.attributes.get(&name);
        if name == AttributeName::email() || !may_edit(&schema, &linked, &name, before) {
            continue;
        }
        let values = values_of(&text)?;
        if before.map_or(&[][..], |before| before.values.as_slice()) == values.as_slice() {
            continue;
        }
        after.remove(&name);
        if !values.is_empty() {
            let value =
                AttributeValue { values, source: AttributeSource::Person, verified: Verification::Unverified, at };
            after.insert(name.clone(), value);
        }
        names.push(name);
    }
    Ok((after, names))
}

fn values_of(text: &str) -> Result<Vec<String>, NotDone> {
    let values: Vec<String> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if values.len() > MOST.0 || values.iter().any(|value| value.chars().count() > MOST.1) {
        return Err(NotDone::Forbidden("account-error-profile-long"));
    }
    Ok(values)
}
