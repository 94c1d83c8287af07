//! What an admin sets for an `OpenID` Connect connection, as stored, as described to people, and as read from a form.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_domain::IssuerUrl;
pub use usher_oidc_rp::IdTokenAlgorithm;
use usher_oidc_rp::ProviderMetadata;

use crate::kinds::form::{field, fill};
use crate::{Field, FieldError, FieldShape};

/// Settings of an `OpenID` Connect connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    /// The provider's issuer identifier.
    pub issuer: IssuerUrl,
    /// Our client id there.
    pub client_id: String,
    /// How we authenticate at the token endpoint.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// Scopes asked for.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// Algorithms accepted on ID tokens.
    #[serde(default = "default_algorithms")]
    pub id_token_algs: Vec<IdTokenAlgorithm>,
    /// Whether PKCE is used.
    #[serde(default)]
    pub pkce: Pkce,
    /// What is passed on from the application's request.
    #[serde(default = "default_forward")]
    pub forward: Vec<Forwarded>,
    /// Key id of our private key at the provider (`private_key_jwt`).
    #[serde(default)]
    pub private_key_id: Option<String>,
    /// Fixed parameters of every authorization request.
    #[serde(default)]
    pub extra_params: BTreeMap<String, String>,
    /// What counts as a verified address.
    #[serde(default)]
    pub email_verified: EmailVerifiedReading,
    /// What a sign-in that has to be fresh asks of the provider.
    #[serde(default)]
    pub fresh_sign_in: FreshSignIn,
    /// The claim that names the person; absent: `sub`.
    #[serde(default)]
    pub subject_claim: Option<String>,
    /// Google: domains of the organisations whose people may come; empty: everybody.
    #[serde(default)]
    pub hosted_domains: Vec<String>,
    /// Microsoft: the directory (tenant) id, or `organizations`, `common`, `consumers`.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Microsoft: directories whose people may come; empty: all that `tenant` lets through.
    #[serde(default)]
    pub tenants: Vec<String>,
    /// Microsoft: base address of the cloud.
    #[serde(default)]
    pub authority: Option<String>,
    /// Apple: who issues the client secret.
    #[serde(default)]
    pub team_id: Option<String>,
    /// The provider's endpoints; absent until it was reached for the first time.
    #[serde(default)]
    pub endpoints: Option<Endpoints>,
}

/// Client authentication (OIDC Core section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// `client_secret_basic`.
    #[default]
    Basic,
    /// `client_secret_post`.
    Post,
    /// `private_key_jwt`.
    PrivateKeyJwt,
    /// Public client.
    None,
}

/// PKCE (RFC 7636).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    /// With S256.
    #[default]
    S256,
    /// Not at all: for providers whose metadata exclude S256.
    Off,
}

/// Parameters that may be passed on. `prompt` and `max_age` are not among them: they always are, for the application
/// relies on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forwarded {
    /// `login_hint`.
    LoginHint,
    /// `ui_locales`.
    UiLocales,
}

/// How the claim `email_verified` is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailVerifiedReading {
    /// Only JSON `true` counts.
    #[default]
    JsonTrue,
    /// The text `"true"` counts too: for providers that cannot do better.
    StringBooleans,
}

/// What is asked of the provider when the application wants the person to sign in anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FreshSignIn {
    /// `prompt=login` and `max_age=0`: the ID token must say when the person signed in.
    #[default]
    Proven,
    /// `prompt=login` only: for providers that never send `auth_time`.
    Asked,
}

/// The endpoints of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoints {
    /// Where the person is sent.
    pub authorization: String,
    /// Where codes are exchanged.
    pub token: String,
    /// Where the keys are.
    pub jwks: String,
    /// Where further claims are.
    #[serde(default)]
    pub userinfo: Option<String>,
    /// Where people are signed out.
    #[serde(default)]
    pub end_session: Option<String>,
    /// Whether the provider promises `iss` in its authorization responses (RFC 9207).
    #[serde(default)]
    pub issuer_parameter: bool,
}

impl From<&ProviderMetadata> for Endpoints {
    fn from(metadata: &ProviderMetadata) -> Self {
        Self {
            authorization: metadata.authorization_endpoint.clone(),
            token: metadata.token_endpoint.clone(),
            jwks: metadata.jwks_uri.clone(),
            userinfo: metadata.userinfo_endpoint.clone(),
            end_session: metadata.end_session_endpoint.clone(),
            issuer_parameter: metadata.issuer_parameter,
        }
    }
}

fn default_scopes() -> Vec<String> {
    ["openid", "email", "profile"].map(str::to_owned).into()
}

fn default_algorithms() -> Vec<IdTokenAlgorithm> {
    vec![IdTokenAlgorithm::Rs256]
}

fn default_forward() -> Vec<Forwarded> {
    vec![Forwarded::LoginHint, Forwarded::UiLocales]
}

const CLIENT_AUTH: &[(&str, &str)] = &[
    ("basic", "Client secret in the header (client_secret_basic)"),
    ("post", "Client secret in the body (client_secret_post)"),
    ("private_key_jwt", "Signed with a private key (private_key_jwt)"),
    ("none", "None: public client"),
];
const ALGORITHMS: &[(&str, &str)] = &[
    ("RS256", "RS256"),
    ("ES256", "ES256"),
    ("PS256", "PS256"),
    ("EdDSA", "EdDSA"),
    ("RS384", "RS384"),
    ("RS512", "RS512"),
    ("PS384", "PS384"),
    ("PS512", "PS512"),
    ("ES384", "ES384"),
];
const PKCE: &[(&str, &str)] = &[("s256", "S256"), ("off", "Off")];
const FORWARD: &[(&str, &str)] = &[("login_hint", "Login hint"), ("ui_locales", "Languages")];
const EMAIL_VERIFIED: &[(&str, &str)] =
    &[("json_true", "Only JSON true"), ("string_booleans", "JSON true or the text \"true\"")];

const FRESH_SIGN_IN: &[(&str, &str)] =
    &[("proven", "The provider must say when the person signed in"), ("asked", "Ask only")];

/// The scopes of a preset.
pub(crate) const SCOPES: Field =
    field("scopes", "Scopes", FieldShape::Words).help("Must hold openid.").starting_with("openid email profile");

/// Which claim names the person.
pub(crate) const SUBJECT_CLAIM: Field = field("subject_claim", "Subject claim", FieldShape::Text)
    .help("The claim that names the person for good; empty: sub. Changing it breaks the links that exist.");

/// The settings as people see them. `client_secret` is not part of the stored settings: it is sealed on its own.
pub const FIELDS: &[Field] = &[
    field("issuer", "Issuer", FieldShape::Url)
        .help("The provider's issuer identifier, exactly as it writes it itself.")
        .required(),
    field("client_id", "Client ID", FieldShape::Text).help("What the provider calls Usher.").required(),
    field("client_auth", "Client authentication", FieldShape::Choice(CLIENT_AUTH)).starting_with("basic"),
    field("client_secret", "Client secret", FieldShape::LongText)
        .help("For private_key_jwt: the private key as PEM (PKCS#8).")
        .secret(),
    field("private_key_id", "Key ID", FieldShape::Text).help("The kid under which the provider knows the private key."),
    field("scopes", "Scopes", FieldShape::Words).help("Must hold openid.").starting_with("openid email profile"),
    field("id_token_algs", "ID token algorithms", FieldShape::Choices(ALGORITHMS))
        .help("A token signed with anything else is refused.")
        .starting_with("RS256"),
    field("pkce", "PKCE", FieldShape::Choice(PKCE)).starting_with("s256"),
    field("forward", "Pass on from the application", FieldShape::Choices(FORWARD))
        .starting_with("login_hint ui_locales"),
    field("extra_params", "Further parameters", FieldShape::Words)
        .help("Fixed name=value pairs of every request, such as hd=corp.example. $authparam{name} takes a value from the script of the sign-in."),
    SUBJECT_CLAIM,
    field("email_verified", "Verified address", FieldShape::Choice(EMAIL_VERIFIED))
        .help("What counts as a verified address.")
        .starting_with("json_true"),
    field("fresh_sign_in", "New sign-in on demand", FieldShape::Choice(FRESH_SIGN_IN))
        .help(
            "When an application wants the person to sign in anew. Ask only: for providers that never send auth_time.",
        )
        .starting_with("proven"),
];

/// Checks a form. Endpoints are not in it: they come from discovery, and a change of the issuer drops them.
pub fn settings_from_form(previous: Option<&Value>, form: &BTreeMap<String, String>) -> Result<Value, Vec<FieldError>> {
    with_fields(FIELDS, previous, form).and_then(sound)
}

/// The same for a preset, which has fields of its own and may fill some of them in itself.
pub(crate) fn with_fields(
    fields: &'static [Field],
    previous: Option<&Value>,
    form: &BTreeMap<String, String>,
) -> Result<Value, Vec<FieldError>> {
    let mut settings = fill(fields, previous, form)?;
    let scopes = settings.get("scopes").and_then(Value::as_array);
    if scopes.is_some_and(|scopes| !scopes.iter().any(|scope| scope == "openid")) {
        return Err(vec![FieldError { field: "scopes", problem: "the scope openid is needed".to_owned() }]);
    }
    let issuer = settings.get("issuer").cloned();
    if previous.is_some_and(|previous| previous.get("issuer") != issuer.as_ref()) {
        settings.remove("endpoints");
    }
    Ok(Value::Object(settings))
}

/// Whether settings read.
pub(crate) fn sound(settings: Value) -> Result<Value, Vec<FieldError>> {
    match OidcSettings::deserialize(&settings) {
        Ok(_) => Ok(settings),
        Err(fault) => Err(vec![FieldError { field: "issuer", problem: fault.to_string() }]),
    }
}

/// Whether the endpoints are not known yet.
pub fn needs_discovery(settings: &Value) -> bool {
    settings.get("endpoints").is_none_or(Value::is_null)
}

/// Whether the secret would go elsewhere: another issuer, or another endpoint where one was known before.
pub fn needs_secret_again(before: &Value, after: &Value) -> bool {
    let endpoints = |settings: &Value| settings.get("endpoints").cloned().unwrap_or_default();
    let (old, new) = (endpoints(before), endpoints(after));
    let moved = |name: &str| old.get(name).is_some_and(|known| new.get(name).is_some_and(|now| now != known));
    before.get("issuer") != after.get("issuer")
        || ["authorization", "token", "jwks", "userinfo", "end_session"].into_iter().any(moved)
}
