//! The schema of local attributes in the console: label, uniqueness, who may write; and what stands in the way.
//!
//! An attribute becomes unique in one transaction that claims every value there is: two accounts with one value are
//! named, and nothing changes (rulings, "Linking and provisioning"). One that a linking rule compares stays unique.

use std::collections::BTreeMap;

use serde_json::json;
use usher_domain::{
    AttributeDefinition, AttributeName, AttributeSchema, Connection, LocalAttribute, Uniqueness, UserId, UserName,
    Writers, unique_key,
};
use usher_storage::unique_values::{self, Claim, UniqueValue};
use usher_storage::{Tx, attribute_definitions, config, hash, users};

use super::{Admin, NotDone, change_configuration, deed};
use crate::bootstrap::mark_deleted;
use crate::broker::Broker;
use crate::failure::Fault;
use crate::visitor::Visitor;

/// Accounts read at once.
const SCAN: u32 = 500;
/// Most clashes that are listed.
const LISTED: usize = 20;

/// What the form sends.
#[derive(Debug, Clone)]
pub struct AttributeForm {
    /// What people read.
    pub label: String,
    /// Whether two accounts may hold the same value.
    pub uniqueness: Uniqueness,
    /// Who may change it.
    pub writers: Writers,
}

/// Two accounts that hold one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// The value, masked.
    pub value: String,
    /// The accounts, up to three of them.
    pub accounts: Vec<(UserId, UserName)>,
}

/// Every attribute: the built-in ones, changed and completed.
pub fn schema(broker: &Broker) -> AttributeSchema {
    broker.snapshot().schema.clone()
}

/// Tells two states of a definition apart: it has no revision of its own.
pub fn version(definition: &AttributeDefinition) -> i64 {
    let text = serde_json::to_vec(definition).unwrap_or_default();
    hash(&text).iter().take(7).fold(0, |number, byte| (number << 8) | i64::from(*byte))
}

/// Values that several accounts hold, up to a screenful: they stand in the way of uniqueness.
pub async fn clashes(broker: &Broker, name: &AttributeName) -> Result<Vec<Clash>, Fault> {
    let name = name.clone();
    broker.store.read(move |tx| Box::pin(async move { find_clashes(tx, &name).await })).await
}

async fn find_clashes(tx: &mut Tx, name: &AttributeName) -> Result<Vec<Clash>, Fault> {
    let mut holders: BTreeMap<String, Vec<(UserId, UserName)>> = BTreeMap::new();
    let mut after: Option<UserId> = None;
    loop {
        let page = users::values_of(tx, name, after.as_ref(), SCAN).await?;
        after = page.last().map(|holding| holding.user.clone());
        for holding in &page {
            for key in holding.values.iter().filter_map(|value| unique_key(name, value)) {
                let accounts = holders.entry(key).or_default();
                if accounts.len() < 3 && accounts.iter().all(|(id, _)| *id != holding.user) {
                    accounts.push((holding.user.clone(), holding.username.clone()));
                }
            }
        }
        if page.len() < usize::try_from(SCAN).unwrap_or(usize::MAX) {
            break;
        }
    }
    let several = holders.into_iter().filter(|(_, accounts)| accounts.len() > 1);
    Ok(several.map(|(key, accounts)| Clash { value: usher_provisioning::mask(&key), accounts }).take(LISTED).collect())
}

/// Adds an attribute.
pub async fn create(
    broker: &Broker,
    admin: &Admin,
    (name, form): (&str, &AttributeForm),
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let name = AttributeName::parse(name.trim()).map_err(|fault| NotDone::field("name", fault))?;
    if name.as_str().eq_ignore_ascii_case("username") || usher_oidc_provider::claims::is_reserved(name.as_str()) {
        return Err(NotDone::field("name", "This name means something else: choose another one"));
    }
    if schema(broker).get(&name).is_some() {
        return Err(NotDone::field("name", "There is an attribute with this name already"));
    }
    let definition = definition(name, form)?;
    store(broker, admin, (None, definition), "attribute.created", visitor).await
}

/// Changes one, if it is still as the form saw it.
pub async fn update(
    broker: &Broker,
    admin: &Admin,
    (name, seen): (&AttributeName, i64),
    form: &AttributeForm,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    broker.reload().await?;
    let before = schema(broker).get(name).cloned().ok_or(NotDone::Gone)?;
    if version(&before) != seen {
        return Err(NotDone::Stale);
    }
    let after = definition(name.clone(), form)?;
    if *name == AttributeName::email() && after.uniqueness == Uniqueness::Free {
        return Err(NotDone::field("unique", "A verified e-mail address always belongs to one account"));
    }
    if before.uniqueness == Uniqueness::Unique && after.uniqueness == Uniqueness::Free {
        still_compared(broker, name)?;
    }
    store(broker, admin, (Some(before), after), "attribute.updated", visitor).await
}

/// Removes an attribute that no connection uses. Values that accounts hold stay, under its bare name.
pub async fn delete(broker: &Broker, admin: &Admin, name: &AttributeName, visitor: &Visitor) -> Result<(), NotDone> {
    if AttributeSchema::is_built_in(name) {
        return Err(NotDone::Forbidden("a built-in attribute cannot be deleted".to_owned()));
    }
    schema(broker).get(name).ok_or(NotDone::Gone)?;
    still_compared(broker, name)?;
    let mapped = |connection: &&Connection| connection.mapping.iter().any(|row| row.attribute == *name);
    in_use(broker.snapshot().plain_connections().iter().filter(mapped), "fill it")?;
    let event = deed(broker, admin, visitor, "attribute.deleted", object(name));
    let name = name.clone();
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            unique_values::release_all(tx, &name).await?;
            if !attribute_definitions::delete(tx, &name).await? {
                return Err(NotDone::Gone);
            }
            Ok(mark_deleted(tx, "attribute", name.as_str()).await?)
        })
    })
    .await
}

fn object(name: &AttributeName) -> String {
    format!("attribute:{name}")
}

fn definition(name: AttributeName, form: &AttributeForm) -> Result<AttributeDefinition, NotDone> {
    let label = form.label.trim();
    if label.is_empty() || label.chars().count() > 80 || label.chars().any(char::is_control) {
        return Err(NotDone::field("label", "Enter a label of 1 to 80 characters"));
    }
    Ok(AttributeDefinition { name, label: label.to_owned(), uniqueness: form.uniqueness, writers: form.writers })
}

/// A linking rule may compare unique attributes only, also a rule that is remembered while linking is off.
fn still_compared(broker: &Broker, name: &AttributeName) -> Result<(), NotDone> {
    let compared = |connection: &&Connection| {
        let provisioning = &connection.provisioning;
        let linking = provisioning.linking.iter().chain(&provisioning.shelved_linking);
        let mut rules = linking.flat_map(|linking| &linking.rules);
        rules.any(|rule| rule.local == LocalAttribute::Attribute(name.clone()))
    };
    in_use(broker.snapshot().plain_connections().iter().filter(compared), "link accounts by it")
}

fn in_use<'a>(connections: impl Iterator<Item = &'a Connection>, how: &str) -> Result<(), NotDone> {
    let names: Vec<&str> = connections.map(|connection| connection.name.as_str()).collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(NotDone::Forbidden(format!("these connections {how}: {}. Change them first", names.join(", "))))
}

async fn store(
    broker: &Broker,
    admin: &Admin,
    (before, after): (Option<AttributeDefinition>, AttributeDefinition),
    action: &str,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let was = before.as_ref().map_or(Uniqueness::Free, |definition| definition.uniqueness);
    let mut event = deed(broker, admin, visitor, action, object(&after.name));
    event.detail = json!({ "before": before, "after": after });
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            config::queue(tx).await?;
            match (was, after.uniqueness) {
                (Uniqueness::Free, Uniqueness::Unique) => claim_all(tx, &after.name).await?,
                (Uniqueness::Unique, Uniqueness::Free) => {
                    unique_values::release_all(tx, &after.name).await?;
                }
                _ => {}
            }
            Ok(attribute_definitions::put(tx, &after).await?)
        })
    })
    .await
}

/// Claims every value for the account that holds it; the first clash undoes it all.
async fn claim_all(tx: &mut Tx, name: &AttributeName) -> Result<(), NotDone> {
    let mut after: Option<UserId> = None;
    loop {
        let page = users::values_of(tx, name, after.as_ref(), SCAN).await?;
        after = page.last().map(|holding| holding.user.clone());
        for holding in &page {
            for value_key in holding.values.iter().filter_map(|value| unique_key(name, value)) {
                let value = UniqueValue { attribute: name.clone(), value_key };
                if let Claim::TakenBy(_) = unique_values::claim(tx, &value, &holding.user).await? {
                    return Err(NotDone::field("unique", "Several accounts hold the same value: see below"));
                }
            }
        }
        if page.len() < usize::try_from(SCAN).unwrap_or(usize::MAX) {
            return Ok(());
        }
    }
}
