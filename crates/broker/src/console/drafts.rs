//! The wizard for a new connection: its draft, discovery at the provider, and the connection made of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use usher_connectors::{Discovered, DiscoveryError, discover, settings_from_form};
use usher_domain::{
    CheckResult, Connection, ConnectionId, ConnectionKind, GroupSettings, ProvisioningSettings, Recording, SecretText,
    SignInPageListing,
};
use usher_storage::{Purpose, Sealed, connections, settings};

use super::connections::{first, object, script_name, seal, usable, valid_name};
use super::{Admin, NotDone, change_configuration, deed};
use crate::broker::Broker;
use crate::failure::Fault;
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
    /// The checks made at discovery.
    pub checks: Vec<CheckResult>,
    /// What discovery found: label and value.
    pub summary: Vec<(String, String)>,
    /// The client secret, sealed for the connection's row.
    pub secret: Option<Vec<u8>>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
}

fn key(id: &ConnectionId) -> String {
    format!("draft:{id}")
}

/// Begins a draft.
pub async fn begin(broker: &Broker, kind: ConnectionKind, name: &str) -> Result<Draft, NotDone> {
    let name = valid_name(broker, name, None)?;
    let draft = Draft {
        id: ConnectionId::random(broker.entropy()),
        kind,
        name,
        form: BTreeMap::new(),
        settings: None,
        checks: Vec::new(),
        summary: Vec::new(),
        secret: None,
        created_at: broker.now(),
    };
    save(broker, &draft).await?;
    Ok(draft)
}

async fn save(broker: &Broker, draft: &Draft) -> Result<(), NotDone> {
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
pub async fn get(broker: &Broker, id: &ConnectionId) -> Result<Draft, NotDone> {
    let key = key(id);
    let text = broker.store.read(move |tx| Box::pin(async move { settings::get(tx, &key).await })).await?;
    let draft: Draft = serde_json::from_str(&text.ok_or(NotDone::Gone)?).map_err(|e| Fault::unreadable("draft", e))?;
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

/// Keeps what was typed, right or wrong, so that nothing is typed twice; the secret sealed.
///
/// A secret typed before goes with its provider: another host, and it must be typed again (ADMIN-20).
pub async fn remember(
    broker: &Broker,
    mut draft: Draft,
    form: BTreeMap<String, String>,
    secret: &SecretText,
) -> Result<Draft, NotDone> {
    if !secret.is_empty() {
        draft.secret = Some(seal(broker, &draft.id, secret)?.as_bytes().to_vec());
    } else if moved(draft.form.get("issuer"), form.get("issuer")) {
        draft.secret = None;
    }
    draft.form = form;
    save(broker, &draft).await?;
    Ok(draft)
}

fn moved(before: Option<&String>, after: Option<&String>) -> bool {
    let host = |text: Option<&String>| text.and_then(|text| Url::parse(text).ok()).map(|url| url.origin());
    before.is_some_and(|text| !text.is_empty()) && host(before) != host(after)
}

/// Checks what the draft remembers against the kind and the provider's own words.
pub async fn fill(broker: &Broker, mut draft: Draft, discovered: Discovered) -> Result<Draft, NotDone> {
    let settings = settings_from_form(draft.kind, Some(&discovered.settings), &draft.form).map_err(first)?;
    draft.settings = Some(settings);
    draft.checks = discovered.checks;
    draft.summary = discovered.summary.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
    let review = Review { jit: true, listing: SignInPageListing::Shown };
    usable(broker, &connection(&draft, draft.name.clone(), review)?, opened(broker, &draft)?)?;
    save(broker, &draft).await?;
    Ok(draft)
}

fn opened(broker: &Broker, draft: &Draft) -> Result<Option<SecretText>, Fault> {
    let Some(bytes) = &draft.secret else { return Ok(None) };
    let sealed = Sealed::from_bytes(bytes.clone());
    let bytes = broker
        .store
        .sealer()
        .open(Purpose::CONNECTION_SECRET, draft.id.as_str(), &sealed)
        .map_err(|e| Fault::unreadable("secret", e))?;
    let text = std::str::from_utf8(&bytes).map_err(|e| Fault::unreadable("secret", e))?;
    Ok(Some(SecretText::new(text)))
}

/// What the last step of the wizard decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Review {
    /// Whether a first sign-in creates a local account.
    pub jit: bool,
    /// Whether the sign-in page lists it.
    pub listing: SignInPageListing,
}

fn connection(draft: &Draft, name: String, review: Review) -> Result<Connection, NotDone> {
    let settings = draft.settings.clone().ok_or(NotDone::field("", "Fill in the details first"))?;
    Ok(Connection {
        script_name: script_name(&name),
        id: draft.id.clone(),
        kind: draft.kind,
        name,
        button_text: None,
        enabled: true,
        listing: review.listing,
        description: String::new(),
        asserted_domains: Vec::new(),
        groups: GroupSettings::default(),
        secret_expires_on: None,
        recording: Recording::default(),
        trusted_mfa: Vec::new(),
        email_domains: Vec::new(),
        settings,
        mapping: Vec::new(),
        provisioning: ProvisioningSettings { enabled: review.jit, ..ProvisioningSettings::default() },
        revision: 1,
    })
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
    let connection = connection(&draft, name, review)?;
    let secret = draft.secret.map(Sealed::from_bytes);
    let event = deed(broker, admin, visitor, "connection.created", object(&connection.id));
    let (row, key) = (connection.clone(), key(&draft.id));
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            if !connections::insert(tx, &row, secret.as_ref()).await? {
                return Err(NotDone::Stale);
            }
            settings::delete(tx, &key).await?;
            Ok(())
        })
    })
    .await?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn admin_20_a_secret_stays_with_its_host() {
        let moved = |before: &str, after: &str| moved(Some(&before.to_owned()), Some(&after.to_owned()));
        assert!(!moved("", "https://id.acme.test"));
        assert!(!moved("https://id.acme.test", "https://id.acme.test/"));
        assert!(moved("https://id.acme.test", "https://id.mallory.test"));
        assert!(moved("https://id.acme.test", "not a URL"));
        assert!(moved("https://id.acme.test", ""));
    }
}
