//! Connections in the console: list, change, switch on and off, delete. The wizard makes them: [`super::drafts`].

use std::collections::BTreeMap;

use serde_json::Value;
use usher_connectors::{FieldError, SettingsError, connector_for, needs_secret_again, settings_from_form};
use usher_domain::{
    AttributeMapping, AttributeName, AttributeSync, AuditEvent, Connection, ConnectionId, SecretText, SignInPageListing,
};
use usher_storage::{Purpose, Sealed, connections, links};

use super::{Admin, NotDone, change_configuration, deed};
use crate::bootstrap::mark_deleted;
use crate::broker::Broker;
use crate::failure::Fault;
use crate::snapshot::ConfiguredConnection;
use crate::visitor::Visitor;

pub(super) fn object(id: &ConnectionId) -> String {
    format!("connection:{id}")
}

/// Every connection, by name.
pub fn list(broker: &Broker) -> Vec<Connection> {
    let mut all = broker.snapshot().plain_connections().to_vec();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// One connection with whether it has a secret.
pub fn get(broker: &Broker, id: &ConnectionId) -> Option<ConfiguredConnection> {
    broker.snapshot().connections.get(id).cloned()
}

/// Number of accounts linked through it.
pub async fn linked(broker: &Broker, id: &ConnectionId) -> Result<i64, Fault> {
    let id = id.clone();
    Ok(broker.store.read(move |tx| Box::pin(async move { links::count_by_connection(tx, &id).await })).await?)
}

/// One change to a connection.
#[derive(Debug, Clone)]
pub enum Change {
    /// Name, button text, listing, domains.
    General {
        /// Name.
        name: String,
        /// Button text; empty: the default.
        button_text: String,
        /// Whether the page lists it.
        listing: SignInPageListing,
        /// E-mail domains, one a line.
        email_domains: String,
    },
    /// Settings of the kind, and a new secret where one was typed.
    Settings {
        /// Fields of the form.
        form: BTreeMap<String, String>,
        /// What discovery found, where the issuer is another than before.
        discovered: Option<Value>,
        /// New secret; absent: the old one stays.
        secret: Option<SecretText>,
    },
    /// Claim and attribute, row by row.
    Mapping(Vec<(String, String)>),
    /// Just-in-time provisioning.
    Provisioning {
        /// Whether it is on.
        enabled: bool,
        /// How attributes follow.
        attribute_sync: AttributeSync,
    },
    /// Switched on or off.
    Enabled(bool),
}

/// Changes a connection, if it is still as the form saw it.
pub async fn change(
    broker: &Broker,
    admin: &Admin,
    seen: (&ConnectionId, i64),
    change: Change,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let (id, _) = seen;
    let ConfiguredConnection { mut connection, secret } = as_seen(broker, seen).await?;
    let mut new_secret = None;
    let action = match change {
        Change::General { name, button_text, listing, email_domains } => {
            connection.name = valid_name(broker, &name, Some(id))?;
            connection.script_name = script_name(&connection.name);
            connection.button_text = valid_button(&button_text)?;
            connection.listing = listing;
            connection.email_domains = domains(broker, id, &email_domains)?;
            "connection.updated"
        }
        Change::Settings { form, discovered, secret: typed } => {
            let typed = typed.filter(|s| !s.is_empty());
            connection.settings = new_settings(&connection, &form, discovered, (secret.as_ref(), typed.as_ref()))?;
            usable(broker, &connection, typed.clone().or(secret))?;
            new_secret = typed.map(|s| seal(broker, id, &s)).transpose()?;
            "connection.settings_updated"
        }
        Change::Mapping(rows) => {
            connection.mapping = mapping(rows)?;
            "connection.mapping_updated"
        }
        Change::Provisioning { enabled, attribute_sync } => {
            connection.provisioning.enabled = enabled;
            connection.provisioning.attribute_sync = attribute_sync;
            "connection.provisioning_updated"
        }
        Change::Enabled(enabled) => {
            connection.enabled = enabled;
            if enabled { "connection.enabled" } else { "connection.disabled" }
        }
    };
    let event = deed(broker, admin, visitor, action, object(id));
    store(broker, connection, new_secret, event).await
}

/// The settings of a form. A stored secret never goes to an address that was typed after it (ADMIN-20).
fn new_settings(
    connection: &Connection,
    form: &BTreeMap<String, String>,
    discovered: Option<Value>,
    (kept, typed): (Option<&SecretText>, Option<&SecretText>),
) -> Result<Value, NotDone> {
    let before = renewed(&connection.settings, discovered);
    let settings = settings_from_form(connection.kind, Some(&before), form).map_err(first)?;
    let moved = needs_secret_again(connection.kind, &connection.settings, &settings);
    if moved && kept.is_some() && typed.is_none() {
        let text = "The issuer or an endpoint changed: enter the client secret again";
        return Err(NotDone::field("client_secret", text));
    }
    Ok(settings)
}

fn valid_button(text: &str) -> Result<Option<String>, NotDone> {
    let text = text.trim();
    if text.chars().count() > 60 || text.chars().any(char::is_control) {
        return Err(NotDone::field("button_text", "Use at most 60 characters"));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

async fn store(
    broker: &Broker,
    connection: Connection,
    secret: Option<Sealed>,
    event: AuditEvent,
) -> Result<(), NotDone> {
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            connections::update(tx, &connection).await?.ok_or(NotDone::Stale)?;
            if let Some(secret) = &secret {
                connections::set_secret(tx, &connection.id, Some(secret)).await?;
            }
            Ok(())
        })
    })
    .await
}

/// Deletes a connection. Users stay; their links are kept but never revive, since ids do not repeat.
pub async fn delete(broker: &Broker, admin: &Admin, id: &ConnectionId, visitor: &Visitor) -> Result<(), NotDone> {
    let used: Vec<String> = broker
        .snapshot()
        .applications
        .values()
        .filter(|a| a.connections.as_ref().is_some_and(|list| list.contains(id)))
        .map(|a| a.name.clone())
        .collect();
    if !used.is_empty() {
        return Err(NotDone::Forbidden(format!("these applications use it: {}", used.join(", "))));
    }
    let event = deed(broker, admin, visitor, "connection.deleted", object(id));
    let id = id.clone();
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            if !connections::delete(tx, &id).await? {
                return Err(NotDone::Gone);
            }
            mark_deleted(tx, "connection", id.as_str()).await?;
            Ok(())
        })
    })
    .await
}

pub(super) fn first(errors: Vec<FieldError>) -> NotDone {
    match errors.into_iter().next() {
        Some(error) => NotDone::field(error.field, error.problem),
        None => NotDone::Forbidden("the settings are not valid".to_owned()),
    }
}

pub(super) fn seal(broker: &Broker, id: &ConnectionId, secret: &SecretText) -> Result<Sealed, Fault> {
    broker
        .store
        .sealer()
        .seal(Purpose::CONNECTION_SECRET, id.as_str(), secret.expose().as_bytes(), broker.entropy())
        .map_err(|e| Fault::unreadable("secret", e))
}

/// Whether a connection could be used as it is configured.
pub(super) fn usable(broker: &Broker, connection: &Connection, secret: Option<SecretText>) -> Result<(), NotDone> {
    match connector_for(connection, secret, &crate::login::redirect_uri(broker, &connection.id)) {
        Ok(_) => Ok(()),
        Err(SettingsError::SecretMissing) => {
            Err(NotDone::field("client_secret", "Enter the client secret, or choose another client authentication"))
        }
        Err(SettingsError::SecretUnusable(fault)) => Err(NotDone::field("client_secret", fault)),
        Err(SettingsError::Unreadable(fault)) => Err(NotDone::field("issuer", fault)),
    }
}

/// The settings with what discovery found in place of what was there.
fn renewed(settings: &Value, discovered: Option<Value>) -> Value {
    match (settings, discovered) {
        (Value::Object(old), Some(Value::Object(new))) => {
            let mut all = old.clone();
            all.extend(new);
            Value::Object(all)
        }
        (_, Some(new)) => new,
        (old, None) => old.clone(),
    }
}

/// The connection as the form saw it. A node that is behind looks again, so that it never writes an old body under a new
/// revision.
async fn as_seen(broker: &Broker, (id, version): (&ConnectionId, i64)) -> Result<ConfiguredConnection, NotDone> {
    let found = get(broker, id).filter(|configured| configured.connection.revision == version);
    if let Some(found) = found {
        return Ok(found);
    }
    broker.reload().await?;
    let found = get(broker, id).ok_or(NotDone::Gone)?;
    if found.connection.revision == version { Ok(found) } else { Err(NotDone::Stale) }
}

/// `Acme OIDC` is `acme_oidc` in scripts.
pub fn script_name(name: &str) -> String {
    let slug: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    slug.trim_matches('_').chars().take(64).collect()
}

pub(super) fn valid_name(broker: &Broker, name: &str, own: Option<&ConnectionId>) -> Result<String, NotDone> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 120 || name.chars().any(char::is_control) {
        return Err(NotDone::field("name", "Enter a name of 1 to 120 characters"));
    }
    let clash = broker
        .snapshot()
        .connections
        .values()
        .any(|c| Some(&c.connection.id) != own && c.connection.name.to_lowercase() == name.to_lowercase());
    if clash {
        return Err(NotDone::field("name", "Another connection has this name"));
    }
    Ok(name.to_owned())
}

fn domains(broker: &Broker, own: &ConnectionId, text: &str) -> Result<Vec<String>, NotDone> {
    let mut list = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let domain = line.to_ascii_lowercase();
        if usher_domain::EmailAddress::parse(&format!("x@{domain}")).is_err() {
            return Err(NotDone::field("email_domains", format!("“{line}” is not a domain")));
        }
        if broker.snapshot().by_domain(&domain).is_some_and(|other| other != *own) {
            return Err(NotDone::field("email_domains", format!("“{line}” belongs to another connection")));
        }
        list.push(domain);
    }
    list.sort();
    list.dedup();
    Ok(list)
}

fn mapping(rows: Vec<(String, String)>) -> Result<Vec<AttributeMapping>, NotDone> {
    let mut mapping: Vec<AttributeMapping> = Vec::new();
    for (claim, attribute) in rows {
        let (claim, attribute) = (claim.trim(), attribute.trim());
        match (claim.is_empty(), attribute.is_empty()) {
            (true, true) => {}
            (false, false) => {
                let attribute = AttributeName::parse(attribute).map_err(|e| NotDone::field("mapping", e))?;
                if mapping.iter().any(|row| row.attribute == attribute) {
                    return Err(NotDone::field("mapping", format!("{attribute} is fed twice: keep one row")));
                }
                mapping.push(AttributeMapping { claim: claim.to_owned(), attribute, default: None });
            }
            _ => return Err(NotDone::field("mapping", "Fill both sides of a row, or neither")),
        }
    }
    Ok(mapping)
}

#[cfg(test)]
mod tests {
    use super::{mapping, script_name};

    #[test]
    fn script_names_are_slugs() {
        assert_eq!(script_name("Acme OIDC"), "acme_oidc");
        assert_eq!(script_name("  Corp (EU) "), "corp__eu");
    }

    #[test]
    fn half_filled_mapping_rows_are_refused() {
        let row = |a: &str, b: &str| vec![(a.to_owned(), b.to_owned())];
        assert_eq!(mapping(row("email", "email")).unwrap().len(), 1);
        assert_eq!(mapping(row("", "")).unwrap().len(), 0);
        assert!(mapping(row("email", "")).is_err());
        assert!(mapping([row("a", "email"), row("b", "email")].concat()).is_err());
    }
}
