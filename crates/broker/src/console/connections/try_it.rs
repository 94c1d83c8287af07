//! "Try it": what a sign-in with these claims would come to, by the code that decides, from fresh facts. Writes nothing.

use chrono::{DateTime, Utc};
use serde_json::Value;
use usher_domain::{
    AccountNeed, Claims, Connection, ConnectionId, ExternalIdentity, ExternalKey, RecordingId, UserName,
};
pub use usher_provisioning::OutcomeKind;
use usher_provisioning::{Received, claim_at, mask};
use usher_storage::recordings::RecordingRow;
use usher_storage::{Purpose, recordings, users};

use super::super::NotDone;
use super::get;
use crate::broker::Broker;
use crate::failure::Fault;
use crate::login::{decide_now, decision_context};

/// Longest text of claims.
const LONGEST: usize = 64 * 1024;

/// A sign-in that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its id.
    pub id: RecordingId,
    /// When the person signed in.
    pub at: DateTime<Utc>,
}

/// What it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The outcome.
    pub outcome: OutcomeKind,
    /// The existing account that it concerns.
    pub account: Option<UserName>,
    /// Every reason, one a line; values masked.
    pub lines: Vec<String>,
    /// Attributes as they are mapped, the admin's own claims.
    pub mapped: Vec<(String, String)>,
}

/// The recorded sign-ins, newest first.
pub async fn recorded(broker: &Broker, id: &ConnectionId) -> Result<Vec<Recorded>, Fault> {
    let (id, now) = (id.clone(), broker.now());
    let rows = broker.store.read(move |tx| Box::pin(async move { recordings::list(tx, &id, now).await })).await?;
    Ok(rows.into_iter().map(|row| Recorded { id: row.id, at: row.at }).collect())
}

/// Tries claims that were pasted.
pub async fn try_claims(broker: &Broker, id: &ConnectionId, text: &str) -> Result<Tried, NotDone> {
    let configured = get(broker, id).ok_or(NotDone::Gone)?;
    let identity = identity(&configured.connection, text)?;
    decided(broker, &identity).await
}

/// Tries a sign-in that was recorded.
pub async fn try_recorded(broker: &Broker, id: &ConnectionId, recording: &RecordingId) -> Result<Tried, NotDone> {
    let missing = || NotDone::field("recording", "This recording is gone: recordings are kept for 7 days");
    let (key, recording, now) = (id.clone(), recording.clone(), broker.now());
    let row = broker
        .store
        .read(move |tx| Box::pin(async move { recordings::get(tx, &key, &recording, now).await }))
        .await?
        .ok_or_else(missing)?;
    let identity = opened(broker, &row)?;
    if identity.key.connection == *id { decided(broker, &identity).await } else { Err(missing()) }
}

fn opened(broker: &Broker, row: &RecordingRow) -> Result<ExternalIdentity, Fault> {
    let sealer = broker.store.sealer();
    let bytes =
        sealer.open(Purpose::RECORDING, row.id.as_str(), &row.sealed).map_err(|e| Fault::unreadable("recording", e))?;
    serde_json::from_slice(&bytes).map_err(|e| Fault::unreadable("recording", e))
}

/// What the last recorded sign-in brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastReceived {
    /// The claims by name.
    pub names: Vec<String>,
    /// For each claim that was asked about: its value, masked; empty where it was not sent.
    pub samples: Vec<String>,
}

/// Looks into the last recorded sign-in for claims, by name or dotted path. Values come masked.
pub async fn last_received(broker: &Broker, id: &ConnectionId, claims: &[String]) -> Result<LastReceived, Fault> {
    let (key, now) = (id.clone(), broker.now());
    let rows = broker.store.read(move |tx| Box::pin(async move { recordings::list(tx, &key, now).await })).await?;
    let Some(newest) = rows.first() else { return Ok(LastReceived::default()) };
    let identity = opened(broker, newest)?;
    let sample = |claim: &String| claim_at(&identity.claims, claim).map(masked).unwrap_or_default();
    Ok(LastReceived { names: identity.claims.keys().cloned().collect(), samples: claims.iter().map(sample).collect() })
}

fn masked(value: &Value) -> String {
    match value {
        Value::String(text) => mask(text),
        Value::Array(items) => items.iter().map(masked).collect::<Vec<_>>().join(" · "),
        Value::Bool(_) => value.to_string(),
        other => mask(&other.to_string()),
    }
}

async fn decided(broker: &Broker, identity: &ExternalIdentity) -> Result<Tried, NotDone> {
    let Some(context) = decision_context(broker, identity, AccountNeed::Any) else {
        return Err(NotDone::Forbidden("the connection is disabled: enable it to try it".to_owned()));
    };
    let (decided, account) = broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let decided = decide_now(tx, &context).await?;
                let account = match decided.decision.outcome.user() {
                    Some(user) => users::get(tx, user).await?.map(|user| user.username),
                    None => None,
                };
                Ok::<_, Fault>((decided, account))
            })
        })
        .await?;
    let mapped = &decided.mapped.values;
    Ok(Tried {
        outcome: decided.decision.outcome.kind(),
        account,
        lines: decided.decision.explanation.lines(),
        mapped: mapped.iter().map(|(name, received)| (name.to_string(), shown(received))).collect(),
    })
}

fn shown(received: &Received) -> String {
    match received {
        Received::Values { values, verified } => {
            format!("{}{}", values.join(" · "), if verified.is_verified() { " (verified)" } else { "" })
        }
        Received::Empty => "(explicitly empty)".to_owned(),
        Received::Unusable => "(not usable)".to_owned(),
    }
}

/// The identity that claims describe.
fn identity(connection: &Connection, text: &str) -> Result<ExternalIdentity, NotDone> {
    let wrong = |text: &str| NotDone::field("claims", text);
    if text.len() > LONGEST {
        return Err(wrong("This is too long: paste the claims of one person"));
    }
    let parsed: Value = serde_json::from_str(text.trim())
        .map_err(|fault| NotDone::field("claims", format!("This is not JSON: {fault}")))?;
    let Value::Object(claims) = parsed else {
        return Err(wrong("Paste an object in braces, like {\"sub\": \"42\", \"email\": \"ann@example.com\"}"));
    };
    let setting = |name: &str| connection.settings.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let subject = subject(&claims, &setting("subject_claim"))
        .ok_or_else(|| wrong("Name the person: add \"sub\" with the id that the provider gives them"))?;
    let key = ExternalKey { connection: connection.id.clone(), issuer: setting("issuer"), subject };
    let email_verified = claims.get("email_verified") == Some(&Value::Bool(true));
    Ok(ExternalIdentity { key, claims, email_verified, auth_time: None, acr: None, amr: Vec::new() })
}

fn subject(claims: &Claims, configured: &str) -> Option<String> {
    [configured, "sub", "id"].into_iter().find_map(|name| match claims.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acme() -> Connection {
        let body = serde_json::json!({
            "id": "c_1", "kind": "oidc", "name": "Acme", "script_name": "acme", "enabled": true,
            "settings": { "issuer": "https://id.acme.test" }
        });
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn pasted_claims_name_somebody() {
        let ann = identity(&acme(), r#" {"sub": "42", "email": "a@b.test", "email_verified": true} "#).unwrap();
        assert_eq!((ann.key.subject.as_str(), ann.key.issuer.as_str()), ("42", "https://id.acme.test"));
        assert!(ann.email_verified);
        assert!(!identity(&acme(), r#"{"id": 7, "email_verified": "true"}"#).unwrap().email_verified);
        for text in ["", "{", "[]", "{}", r#"{"sub": ""}"#, r#"{"sub": ["42"]}"#] {
            assert!(matches!(identity(&acme(), text), Err(NotDone::Field { field: "claims", .. })), "{text}");
        }
    }
}
