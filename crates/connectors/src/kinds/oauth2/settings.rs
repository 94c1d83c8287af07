//! What an admin sets for a provider that speaks plain OAuth 2.0.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::kinds::form::{field, fill};
use crate::kinds::oidc::{ClientAuth, Pkce};
use crate::{Field, FieldError, FieldShape};

/// Settings of an OAuth 2.0 connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth2Settings {
    /// Our client id there.
    pub client_id: String,
    /// How we authenticate at the token endpoint.
    #[serde(default = "by_body")]
    pub client_auth: ClientAuth,
    /// Where the person is sent.
    pub authorization_url: String,
    /// Where codes are exchanged.
    pub token_url: String,
    /// Where the person's data are.
    pub userinfo_url: String,
    /// Where the person's addresses are, with the provider's word for each.
    #[serde(default)]
    pub addresses_url: Option<String>,
    /// Scopes asked for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The member of the person's data that names the person for good.
    #[serde(default = "sub")]
    pub subject_claim: String,
    /// Whether PKCE is used.
    #[serde(default)]
    pub pkce: Pkce,
    /// Fixed parameters of every authorization request.
    #[serde(default)]
    pub extra_params: BTreeMap<String, String>,
    /// Base address of a server of one's own (`GitHub`).
    #[serde(default)]
    pub server: Option<String>,
}

fn by_body() -> ClientAuth {
    ClientAuth::Post
}

fn sub() -> String {
    "sub".to_owned()
}

const CLIENT_AUTH: &[(&str, &str)] =
    &[("post", "Client secret in the body"), ("basic", "Client secret in the header"), ("none", "None: public client")];
const PKCE: &[(&str, &str)] = &[("s256", "S256"), ("off", "Off")];

pub const FIELDS: &[Field] = &[
    field("authorization_url", "Authorization address", FieldShape::Url).help("Where people are sent.").required(),
    field("token_url", "Token address", FieldShape::Url).help("Where codes are exchanged.").required(),
    field("userinfo_url", "User data address", FieldShape::Url)
        .help("Answers with JSON about the person who holds the access token.")
        .required(),
    field("subject_claim", "Subject", FieldShape::Text)
        .help("The member of that JSON that names the person for good, such as id. Changing it breaks the links that exist.")
        .required()
        .starting_with("sub"),
    field("client_id", "Client ID", FieldShape::Text).help("What the provider calls Usher.").required(),
    field("client_auth", "Client authentication", FieldShape::Choice(CLIENT_AUTH)).starting_with("post"),
    field("client_secret", "Client secret", FieldShape::Text).secret(),
    field("scopes", "Scopes", FieldShape::Words),
    field("pkce", "PKCE", FieldShape::Choice(PKCE)).starting_with("s256"),
    field("extra_params", "Further parameters", FieldShape::Words)
        .help("Fixed name=value pairs of every request. $authparam{name} takes a value from the script of the sign-in."),
];

pub fn settings_from_form(previous: Option<&Value>, form: &BTreeMap<String, String>) -> Result<Value, Vec<FieldError>> {
    fill(FIELDS, previous, form).map(Value::Object).and_then(sound)
}

/// Whether settings read.
pub(crate) fn sound(settings: Value) -> Result<Value, Vec<FieldError>> {
    match OAuth2Settings::deserialize(&settings) {
        Ok(_) => Ok(settings),
        Err(fault) => Err(vec![FieldError { field: "client_id", problem: fault.to_string() }]),
    }
}

/// Whether the secret would go elsewhere.
pub fn needs_secret_again(before: &Value, after: &Value) -> bool {
    ["authorization_url", "token_url", "userinfo_url"].into_iter().any(|name| before.get(name) != after.get(name))
}

/// Scheme, host and port of an address.
pub(crate) fn origin(address: &str) -> String {
    Url::parse(address).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}
