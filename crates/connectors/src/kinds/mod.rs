//! The registry of connection kinds: one folder each, one line each in every function here.

pub(crate) mod apple;
mod authparam;
pub(crate) mod facebook;
pub(crate) mod form;
pub(crate) mod github;
pub(crate) mod gitlab;
pub(crate) mod google;
pub(crate) mod linkedin;
pub(crate) mod microsoft;
pub(crate) mod oauth2;
pub(crate) mod oidc;
pub(crate) mod okta;
mod presentation;
mod profile;
mod subject;
#[cfg(test)]
mod testing;

pub use presentation::{Group, Presentation, presentation};

use std::collections::BTreeMap;

use serde_json::{Value, json};
use usher_domain::{CheckResult, Connection, ConnectionKind, SecretText};
use usher_oidc_rp::ResponseMode;

use self::oauth2::Reading;
use self::profile::Profile;
use crate::{Connector, DiscoveryError, Fetch, Field, FieldError};

/// Why a connection cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The stored settings do not read.
    #[error("the settings of the connection do not read: {0}")]
    Unreadable(#[source] serde_json::Error),
    /// A secret is needed and absent.
    #[error("the connection needs its secret")]
    SecretMissing,
    /// The secret is no private key, though the method needs one.
    #[error("the secret of the connection is not usable: {0}")]
    SecretUnusable(#[source] usher_oidc_rp::ClientKeyError),
}

/// What discovery found, ready for the wizard.
#[derive(Debug, Clone, PartialEq)]
pub struct Discovered {
    /// Settings without a client id, to be completed by the admin.
    pub settings: Value,
    /// The checks made.
    pub checks: Vec<CheckResult>,
    /// What to show: label and value.
    pub summary: Vec<(&'static str, String)>,
}

/// The connector of a connection. `redirect_uri` is where people come back to.
pub fn connector_for(
    connection: &Connection,
    secret: Option<SecretText>,
    redirect_uri: &str,
) -> Result<Box<dyn Connector>, SettingsError> {
    match speaks(connection.kind) {
        Protocol::Oidc(profile) => oidc::connector(connection, secret, redirect_uri, profile),
        Protocol::OAuth2(reading) => oauth2::connector(connection, secret, redirect_uri, reading),
    }
}

/// What a kind speaks, and what it wants done differently.
enum Protocol {
    Oidc(Profile),
    OAuth2(Reading),
}

fn speaks(kind: ConnectionKind) -> Protocol {
    match kind {
        ConnectionKind::Oidc | ConnectionKind::Gitlab | ConnectionKind::Okta => Protocol::Oidc(Profile::PLAIN),
        ConnectionKind::Google => Protocol::Oidc(google::PROFILE),
        ConnectionKind::Microsoft => Protocol::Oidc(microsoft::PROFILE),
        ConnectionKind::Apple => Protocol::Oidc(apple::PROFILE),
        ConnectionKind::Github => Protocol::OAuth2(github::READING),
        ConnectionKind::Facebook => Protocol::OAuth2(facebook::READING),
        ConnectionKind::Linkedin | ConnectionKind::Oauth2 => Protocol::OAuth2(Reading::PLAIN),
    }
}

/// Whether the provider's answers come as a form that is posted from its own site.
pub fn answers_by_post(kind: ConnectionKind) -> bool {
    matches!(speaks(kind), Protocol::Oidc(profile) if profile.response_mode == ResponseMode::FormPost)
}

/// Whether the provider can be told to ask the person anew, and its answer shows that it did.
pub fn proves_fresh_sign_in(kind: ConnectionKind) -> bool {
    matches!(speaks(kind), Protocol::Oidc(_))
}

/// Whether an admin types the issuer, so that the provider can be asked about itself.
pub fn asks_issuer(kind: ConnectionKind) -> bool {
    fields(kind).iter().any(|field| field.name == "issuer")
}

/// Asks the provider what can be configured by itself.
pub async fn discover(kind: ConnectionKind, issuer: &str, fetch: &dyn Fetch) -> Result<Discovered, DiscoveryError> {
    if !asks_issuer(kind) {
        return Ok(Discovered { settings: json!({}), checks: Vec::new(), summary: Vec::new() });
    }
    oidc::discover(issuer, fetch).await
}

/// What an admin can set.
pub fn fields(kind: ConnectionKind) -> &'static [Field] {
    match kind {
        ConnectionKind::Oidc => oidc::FIELDS,
        ConnectionKind::Google => google::FIELDS,
        ConnectionKind::Microsoft => microsoft::FIELDS,
        ConnectionKind::Apple => apple::FIELDS,
        ConnectionKind::Gitlab => gitlab::FIELDS,
        ConnectionKind::Okta => okta::FIELDS,
        ConnectionKind::Linkedin => linkedin::FIELDS,
        ConnectionKind::Github => github::FIELDS,
        ConnectionKind::Facebook => facebook::FIELDS,
        ConnectionKind::Oauth2 => oauth2::FIELDS,
    }
}

/// Checks a filled-in form. What the form does not name stays as in `previous`.
pub fn settings_from_form(
    kind: ConnectionKind,
    previous: Option<&Value>,
    form: &BTreeMap<String, String>,
) -> Result<Value, Vec<FieldError>> {
    let read = match kind {
        ConnectionKind::Oidc => oidc::settings_from_form,
        ConnectionKind::Google => google::settings_from_form,
        ConnectionKind::Microsoft => microsoft::settings_from_form,
        ConnectionKind::Apple => apple::settings_from_form,
        ConnectionKind::Gitlab => gitlab::settings_from_form,
        ConnectionKind::Okta => okta::settings_from_form,
        ConnectionKind::Linkedin => linkedin::settings_from_form,
        ConnectionKind::Github => github::settings_from_form,
        ConnectionKind::Facebook => facebook::settings_from_form,
        ConnectionKind::Oauth2 => oauth2::settings_from_form,
    };
    read(previous, form)
}

/// Whether the provider has yet to be discovered.
pub fn needs_discovery(kind: ConnectionKind, settings: &Value) -> bool {
    matches!(speaks(kind), Protocol::Oidc(_)) && oidc::needs_discovery(settings)
}

/// Whether a change of settings would send the stored secret to somebody else, so that it must be typed again
/// (ADMIN-20).
pub fn needs_secret_again(kind: ConnectionKind, before: &Value, after: &Value) -> bool {
    match speaks(kind) {
        Protocol::Oidc(_) => oidc::needs_secret_again(before, after),
        Protocol::OAuth2(_) => oauth2::needs_secret_again(before, after),
    }
}
