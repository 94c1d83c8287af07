//! The tab Settings: where the connection leads, how we prove ourselves there, and what its addresses are worth.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Map, Value};
use url::Url;
use usher_connectors::{FieldError, SettingsError, connector_for, needs_secret_again, settings_from_form};
use usher_domain::{Connection, SecretText, TrustEmail};
use usher_storage::Sealed;

use super::super::NotDone;
use super::general::domains;
use super::seal;
use crate::broker::Broker;

/// Endpoints that may be typed by hand: name in the form, name in the settings.
const ENDPOINTS: [(&str, &str); 5] = [
    ("endpoint_authorization", "authorization"),
    ("endpoint_token", "token"),
    ("endpoint_jwks", "jwks"),
    ("endpoint_userinfo", "userinfo"),
    ("endpoint_end_session", "end_session"),
];

/// What the tab Settings holds.
#[derive(Debug, Clone)]
pub struct SettingsChange {
    /// Fields of the kind.
    pub form: BTreeMap<String, String>,
    /// What discovery found, where the provider was asked.
    pub discovered: Option<Value>,
    /// Endpoints typed by hand, by their names in the form; they win over what discovery found.
    pub endpoints: Option<BTreeMap<String, String>>,
    /// New secret; absent: the old one stays.
    pub secret: Option<SecretText>,
    /// When the secret ends at the provider, `YYYY-MM-DD`; empty: not known.
    pub secret_expires_on: String,
    /// Whether unverified addresses may link.
    pub trust_email: TrustEmail,
    /// "I control who gets addresses there".
    pub controls_addresses: bool,
    /// Domains it may assert, one a line.
    pub asserted_domains: String,
}

/// Puts the settings into the connection; gives the new secret, sealed, where one was typed.
pub(super) fn apply(
    broker: &Broker,
    connection: &mut Connection,
    typed: &SettingsChange,
    kept: Option<SecretText>,
) -> Result<Option<Sealed>, NotDone> {
    let secret = typed.secret.clone().filter(|secret| !secret.is_empty());
    connection.settings = new_settings(connection, typed, (kept.as_ref(), secret.as_ref()))?;
    usable(broker, connection, secret.clone().or(kept))?;
    if typed.trust_email == TrustEmail::All && !typed.controls_addresses {
        let text = "Tick the box: only somebody who controls who gets addresses there may trust all of them";
        return Err(NotDone::field("controls_addresses", text));
    }
    connection.provisioning.trust_email = typed.trust_email;
    connection.asserted_domains = domains("asserted_domains", &typed.asserted_domains)?;
    connection.secret_expires_on = date(&typed.secret_expires_on)?;
    Ok(secret.map(|secret| seal(broker, &connection.id, &secret)).transpose()?)
}

/// The settings of a form. A stored secret never goes to an address that was typed after it (ADMIN-20).
fn new_settings(
    connection: &Connection,
    typed: &SettingsChange,
    (kept, new): (Option<&SecretText>, Option<&SecretText>),
) -> Result<Value, NotDone> {
    let mut before = renewed(&connection.settings, typed.discovered.clone());
    if let Some(endpoints) = &typed.endpoints {
        let issuer = typed.form.get("issuer").map(|issuer| Value::from(issuer.trim()));
        before = by_hand(before, issuer, endpoints)?;
    }
    let settings = settings_from_form(connection.kind, Some(&before), &typed.form).map_err(first)?;
    // Where no endpoint was known, nothing can have moved in the eyes of the kind; what is typed is new all the same.
    let typed_anew = typed.endpoints.is_some() && connection.settings.get("endpoints") != settings.get("endpoints");
    let moved = typed_anew || needs_secret_again(connection.kind, &connection.settings, &settings);
    if moved && kept.is_some() && new.is_none() {
        let text = "The issuer or an endpoint changed: enter the client secret again";
        return Err(NotDone::field("client_secret", text));
    }
    Ok(settings)
}

/// The settings with endpoints that were typed. They belong to the issuer that was typed with them.
fn by_hand(settings: Value, issuer: Option<Value>, typed: &BTreeMap<String, String>) -> Result<Value, NotDone> {
    let mut settings = match settings {
        Value::Object(settings) => settings,
        _ => Map::new(),
    };
    if let Some(issuer) = issuer {
        settings.insert("issuer".to_owned(), issuer);
    }
    let mut endpoints = settings.get("endpoints").and_then(Value::as_object).cloned().unwrap_or_default();
    for (field, name) in ENDPOINTS {
        let text = typed.get(field).map_or("", |text| text.trim());
        if text.is_empty() && matches!(name, "authorization" | "token" | "jwks") {
            return Err(NotDone::field(field, "Enter this address: without it nobody can sign in"));
        }
        let value = if text.is_empty() { Value::Null } else { Value::from(endpoint(field, text)?) };
        endpoints.insert(name.to_owned(), value);
    }
    settings.insert("endpoints".to_owned(), Value::Object(endpoints));
    Ok(Value::Object(settings))
}

/// An address of the provider: https, or http on this machine.
fn endpoint<'a>(field: &'static str, text: &'a str) -> Result<&'a str, NotDone> {
    let url = Url::parse(text).map_err(|_| NotDone::field(field, "This is not an address: begin with https://"))?;
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let sound = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    match url.scheme() {
        _ if !sound => Err(NotDone::field(field, "Leave out user name, password and #fragment")),
        "https" => Ok(text),
        "http" if local => Ok(text),
        _ => Err(NotDone::field(field, "Use https")),
    }
}

fn date(text: &str) -> Result<Option<NaiveDate>, NotDone> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d");
    date.map(Some).map_err(|_| NotDone::field("secret_expires_on", "Enter a date as year-month-day, like 2027-01-31"))
}

pub(in crate::console) fn first(errors: Vec<FieldError>) -> NotDone {
    match errors.into_iter().next() {
        Some(error) => NotDone::field(error.field, error.problem),
        None => NotDone::Forbidden("the settings are not valid".to_owned()),
    }
}

/// Whether a connection could be used as it is configured.
pub(in crate::console) fn usable(
    broker: &Broker,
    connection: &Connection,
    secret: Option<SecretText>,
) -> Result<(), NotDone> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_by_hand_are_complete_and_safe() {
        let typed = |token: &str| -> BTreeMap<String, String> {
            [
                ("endpoint_authorization", "https://id.acme.test/authorize?tenant=1"),
                ("endpoint_token", token),
                ("endpoint_jwks", "https://id.acme.test/keys"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
        };
        let kept = by_hand(Value::Null, None, &typed("https://id.acme.test/token")).unwrap();
        assert_eq!(
            (&kept["endpoints"]["token"], &kept["endpoints"]["userinfo"]),
            (&"https://id.acme.test/token".into(), &Value::Null)
        );
        for wrong in
            ["", "id.acme.test", "http://id.acme.test/token", "https://a@id.acme.test/", "https://id.acme.test/#a"]
        {
            let refused = by_hand(Value::Null, None, &typed(wrong));
            assert!(matches!(refused, Err(NotDone::Field { field: "endpoint_token", .. })), "{wrong}");
        }
    }

    #[test]
    fn dates_are_dates() {
        assert_eq!(date("").unwrap(), None);
        assert_eq!(date(" 2027-01-31 ").unwrap(), NaiveDate::from_ymd_opt(2027, 1, 31));
        assert!(date("2027-02-30").is_err() && date("soon").is_err());
    }
}
