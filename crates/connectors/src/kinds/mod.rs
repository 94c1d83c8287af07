//! The registry of connection kinds: one folder each, one line each in every function here.

pub(crate) mod oidc;

use std::collections::BTreeMap;

use serde_json::Value;
use usher_domain::{CheckResult, Connection, ConnectionKind, SecretText};

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
    match connection.kind {
        _ => oidc::connector(connection, secret, redirect_uri),
    }
}

/// Asks the provider what can be configured by itself.
pub async fn discover(kind: ConnectionKind, issuer: &str, fetch: &dyn Fetch) -> Result<Discovered, DiscoveryError> {
    match kind {
        _ => oidc::discover(issuer, fetch).await,
    }
}

/// What an admin can set.
pub fn fields(kind: ConnectionKind) -> &'static [Field] {
    match kind {
        _ => oidc::FIELDS,
    }
}

/// Checks a filled-in form. What the form does not name stays as in `previous`.
pub fn settings_from_form(
    kind: ConnectionKind,
    previous: Option<&Value>,
    form: &BTreeMap<String, String>,
) -> Result<Value, Vec<FieldError>> {
    match kind {
        _ => oidc::settings_from_form(previous, form),
    }
}

/// Whether the provider has yet to be discovered.
pub fn needs_discovery(kind: ConnectionKind, settings: &Value) -> bool {
    match kind {
        _ => oidc::needs_discovery(settings),
    }
}

/// Whether a change of settings would send the stored secret to somebody else, so that it must be typed again
/// (ADMIN-20).
pub fn needs_secret_again(kind: ConnectionKind, before: &Value, after: &Value) -> bool {
    match kind {
        _ => oidc::needs_secret_again(before, after),
    }
}
