//! Connections in the console: the wizard's draft, discovery, create, change, switch on and off, delete.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_connectors::{Discovered, DiscoveryError, discover, needs_secret_again, settings_from_form};
use usher_domain::{
    AttributeMapping, AttributeName, AttributeSync, Connection, ConnectionId, ConnectionKind, ProvisioningSettings,
    SecretText, SignInPageListing,
};
use usher_storage::{Purpose, Sealed, audit, config, connections, links, settings};

use super::{Admin, NotDone, deed};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::snapshot::ConfiguredConnection;
use crate::visitor::Visitor;

/// How long a draft waits.
const DRAFT_LIFE: chrono::Duration = chrono::Duration::days(7);

/// The wizard's draft. Its id is the connection's, so that the redirect URI is final before the admin goes to the provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Draft {
    /// The id reserved.
    pub id: ConnectionId,
    /// Kind chosen.
    pub kind: ConnectionKind,
    /// Name chosen.
    pub name: String,
    /// What the form of the details step held; never a secret.
    pub form: BTreeMap<String, String>,
    /// Discovered or typed settings, once the details step was passed.
    pub settings: Option<Value>,
    /// The client secret, sealed for the connection's row.
    pub secret: Option<Vec<u8>>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
}

fn key(id: &ConnectionId) -> String {
    format!("draft:{id}")
}

/// Begins a draft.
pub async fn begin_draft(broker: &Broker, kind: ConnectionKind, name: &str) -> Result<Draft, NotDone> {
    let name = valid_name(broker, name, None)?;
    let draft = Draft {
        id: ConnectionId::random(broker.entropy()),
        kind,
        name,
        form: BTreeMap::new(),
        settings: None,
        secret: None,
        created_at: broker.now(),
    };
    save_draft(broker, &draft).await?;
    Ok(draft)
}

/// Keeps a draft.
pub async fn save_draft(broker: &Broker, draft: &Draft) -> Result<(), NotDone> {
    let text = serde_json::to_string(draft).map_err(|e| Fault::unreadable("draft", e))?;
    let key = key(&draft.id);
    broker
        .store
        .write(move |tx| {
            let (key, text) = (key.clone(), text.clone());
            Box::pin(async move { settings::put(tx, &key, &text).await })
        })
        .await?;
    Ok(())
}

/// Reads a draft that is not too old.
pub async fn draft(broker: &Broker, id: &ConnectionId) -> Result<Draft, NotDone> {
    let key = key(id);
    let text = broker.store.read(move |tx| Box::pin(async move { settings::get(tx, &key).await })).await?;
    let draft: Draft =
        serde_json::from_str(&text.ok_or(NotDone::Gone)?).map_err(|e| Fault::unreadable("draft", e))?;
    if broker.now() - draft.created_at > DRAFT_LIFE { Err(NotDone::Gone) } else { Ok(draft) }
}

/// Asks a provider for its metadata.
pub async fn discover_provider(
    broker: &Broker,
    kind: ConnectionKind,
    issuer: &str,
) -> Result<Discovered, DiscoveryError> {
    discover(kind, issuer.trim(), &*broker.fetch).await
}

/// Checks the details form against the kind and keeps it in the draft, the secret sealed.
pub async fn fill_draft(
    broker: &Broker,
    mut draft: Draft,
    discovered: Option<&Value>,
    form: BTreeMap<String, String>,
    secret: Option<SecretText>,
) -> Result<Draft, NotDone> {
    let settings = settings_from_form(draft.kind, discovered.or(draft.settings.as_ref()), &form).map_err(first)?;
    if let Some(secret) = secret.filter(|s| !s.is_empty()) {
        draft.secret = Some(seal(broker, &draft.id, &secret)?.as_bytes().to_vec());
    }
    draft.settings = Some(settings);
    draft.form = form;
    save_draft(broker, &draft).await?;
    Ok(draft)
}

fn first(errors: Vec<usher_connectors::FieldError>) -> NotDone {
    match errors.into_iter().next() {
        Some(error) => NotDone::field(error.field, error.problem),
        None => NotDone::Forbidden("the settings are not valid".to_owned()),
    }
}

fn seal(broker: &Broker, id: &ConnectionId, secret: &SecretText) -> Result<Sealed, Fault> {
    broker
        .store
        .sealer()
        .seal(Purpose::CONNECTION_SECRET, id.as_str(), secret.expose().as_bytes(), broker.entropy())
        .map_err(|e| Fault::unreadable("secret", e))
}

/// What the last step of the wizard decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Review {
    /// Whether a first sign-in creates a local account.
    pub jit: bool,
    /// Whether the sign-in page lists it.
    pub listing: SignInPageListing,
}

/// Makes the connection of a draft.
pub async fn create(
    broker: &Broker,
    admin: &Admin,
    draft: Draft,
    review: Review,
    visitor: &Visitor,
) -> Result<Connection, NotDone> {
    let name = valid_name(broker, &draft.name, Some(&draft.id))?;
    let settings = draft.settings.clone().ok_or(NotDone::Forbidden("the details are missing".to_owned()))?;
    let connection = Connection {
        script_name: script_name(&name),
        id: draft.id.clone(),
        kind: draft.kind,
        name,
        button_text: None,
        enabled: true,
        listing: review.listing,
        email_domains: Vec::new(),
        settings,
        mapping: Vec::new(),
        provisioning: ProvisioningSettings { enabled: review.jit, ..ProvisioningSettings::default() },
        revision: 1,
    };
    let secret = draft.secret.map(Sealed::from_bytes);
    let event = deed(broker, admin, visitor, "connection.created", object(&connection.id));
    let (row, key) = (connection.clone(), key(&draft.id));
    broker
        .store
        .write(move |tx| {
            let (row, key, event, secret) = (row.clone(), key.clone(), event.clone(), secret.clone());
            Box::pin(async move {
                if !connections::insert(tx, &row, secret.as_ref()).await? {
                    return Err(NotDone::Stale);
                }
                settings::delete(tx, &key).await?;
                config::bump(tx).await?;
                audit::insert(tx, &event).await?;
                Ok(())
            })
        })
        .await?;
    broker.reload().await?;
    Ok(connection)
}

fn object(id: &ConnectionId) -> String {
    format!("connection:{id}")
}

/// Every connection, by name.
pub fn list(broker: &Broker) -> Vec<Connection> {
    let mut all = broker.snapshot().plain_connections();
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
    let (id, version) = seen;
    let mut connection = get(broker, id).ok_or(NotDone::Gone)?.connection;
    connection.revision = version;
    let mut new_secret = None;
    let action = match change {
        Change::General { name, button_text, listing, email_domains } => {
            connection.name = valid_name(broker, &name, Some(id))?;
            connection.script_name = script_name(&connection.name);
            let text = button_text.trim();
            if text.chars().count() > 60 {
                return Err(NotDone::field("button_text", "Use at most 60 characters"));
            }
            connection.button_text = (!text.is_empty()).then(|| text.to_owned());
            connection.listing = listing;
            connection.email_domains = domains(broker, id, &email_domains)?;
            "connection.updated"
        }
        Change::Settings { form, secret } => {
            let settings =
                settings_from_form(connection.kind, Some(&connection.settings), &form).map_err(first)?;
            let secret = secret.filter(|s| !s.is_empty());
            if needs_secret_again(connection.kind, &connection.settings, &settings) && secret.is_none() {
                // ADMIN-20: a stored secret never goes to an address that was typed after it.
                return Err(NotDone::field(
                    "client_secret",
                    "The issuer or an endpoint changed: enter the client secret again",
                ));
            }
            connection.settings = settings;
            new_secret = secret.map(|s| seal(broker, id, &s)).transpose()?;
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
    broker
        .store
        .write(move |tx| {
            let (connection, event, secret) = (connection.clone(), event.clone(), new_secret.clone());
            Box::pin(async move {
                connections::update(tx, &connection).await?.ok_or(NotDone::Stale)?;
                if let Some(secret) = &secret {
                    connections::set_secret(tx, &connection.id, Some(secret)).await?;
                }
                config::bump(tx).await?;
                audit::insert(tx, &event).await?;
                Ok::<_, NotDone>(())
            })
        })
        .await?;
    broker.reload().await?;
    Ok(())
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
    broker
        .store
        .write(move |tx| {
            let (id, event) = (id.clone(), event.clone());
            Box::pin(async move {
                if !connections::delete(tx, &id).await? {
                    return Err(NotDone::Gone);
                }
                config::bump(tx).await?;
                audit::insert(tx, &event).await?;
                Ok(())
            })
        })
        .await?;
    broker.reload().await?;
    Ok(())
}

/// `Acme OIDC` is `acme_oidc` in scripts.
pub fn script_name(name: &str) -> String {
    let slug: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    slug.trim_matches('_').chars().take(64).collect()
}

fn valid_name(broker: &Broker, name: &str, own: Option<&ConnectionId>) -> Result<String, NotDone> {
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
            return Err(NotDone::field("email_domains", format!("{line}: this is not a domain")));
        }
        if broker.snapshot().by_domain(&domain).is_some_and(|other| other != *own) {
            return Err(NotDone::field("email_domains", format!("{line}: another connection has this domain")));
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
                mapping.push(AttributeMapping { claim: claim.to_owned(), attribute });
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
