//! Reads a provider's metadata (OIDC Discovery 1.0 section 4) and says precisely what is wrong with them.
//!
//! The issuer is compared byte for byte. Nothing is taken from a document that names another issuer, not even the
//! endpoints.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::{Host, Url};

use crate::check::printable;
use crate::http::{self, Http};
use crate::{Checks, HttpFault, IdTokenAlgorithm, Phase};

const WELL_KNOWN: &str = "/.well-known/openid-configuration";
/// Longest URL accepted in metadata.
const LONGEST_URL: usize = 2000;

/// What we use of a provider's metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderMetadata {
    /// The issuer identifier, byte for byte as asked.
    pub issuer: String,
    /// Where the person is sent.
    pub authorization_endpoint: String,
    /// Where codes are exchanged.
    pub token_endpoint: String,
    /// Where the keys are.
    pub jwks_uri: String,
    /// Where further claims are, if there is such a place.
    pub userinfo_endpoint: Option<String>,
    /// Where people are signed out, if there is such a place.
    pub end_session_endpoint: Option<String>,
    /// Signature algorithms of ID tokens that both sides know; never empty.
    pub id_token_algorithms: Vec<IdTokenAlgorithm>,
    /// Client authentication methods of the token endpoint, by their registered names.
    pub token_auth_methods: Vec<String>,
    /// Scopes that the provider lists; empty when it lists none.
    pub scopes: Vec<String>,
    /// Whether PKCE with S256 may be used: `false` only when the provider lists methods without it.
    pub pkce_s256: bool,
    /// Whether `iss` comes with every authorization response (RFC 9207).
    pub issuer_parameter: bool,
}

/// Why a provider could not be discovered, for the admin who typed its issuer.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// Not an issuer identifier.
    #[error("an issuer is an https URL without query and fragment")]
    NotAnIssuer,
    /// The address of the metadata document was given instead of the issuer.
    #[error("this is the address of the metadata; the issuer is {suggestion}")]
    MetadataAddress {
        /// The issuer.
        suggestion: String,
    },
    /// No answer.
    #[error("no answer from {url}: {source}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// Why.
        source: HttpFault,
    },
    /// There is no metadata document.
    #[error("there is nothing at {url} (HTTP status 404); is the issuer complete, with its path?")]
    NotFound {
        /// What was asked.
        url: String,
    },
    /// The answer is not `200`.
    #[error("{url}: {detail}")]
    Status {
        /// What was asked.
        url: String,
        /// What came.
        detail: String,
    },
    /// The answer is not a JSON object.
    #[error("the answer of {url} is not usable: {detail}")]
    NotJson {
        /// What was asked.
        url: String,
        /// What came.
        detail: String,
    },
    /// The document belongs to another issuer.
    #[error("the provider calls itself '{found}'{}", suggested(.suggestion.as_deref()))]
    OtherIssuer {
        /// What the document says, made printable.
        found: String,
        /// The found value, where it differs in the final slash only.
        suggestion: Option<String>,
    },
    /// A member is missing or of the wrong type.
    #[error("the metadata lack a usable '{member}'")]
    Missing {
        /// Which.
        member: &'static str,
    },
    /// An endpoint is not on https.
    #[error("'{member}' is not an https address: {found}")]
    Insecure {
        /// Which.
        member: &'static str,
        /// What it says.
        found: String,
    },
    /// The provider signs with nothing that we accept.
    #[error("the provider signs ID tokens with {offered} only; RS256 or another asymmetric algorithm is needed")]
    NoAlgorithm {
        /// What it lists.
        offered: String,
    },
    /// The provider does not offer the authorization code flow.
    #[error("the provider does not offer the authorization code flow")]
    NoCodeFlow,
}

fn suggested(suggestion: Option<&str>) -> String {
    suggestion.map(|value| format!("; write the issuer as {value}")).unwrap_or_default()
}

/// Fetches and checks the metadata of `issuer`.
pub async fn discover(http: &dyn Http, issuer: &str, checks: &mut Checks) -> Result<ProviderMetadata, DiscoveryError> {
    checks.enter(Phase::Discovery);
    let url = metadata_url(issuer)?;
    let request = http::get(&url).map_err(|_| DiscoveryError::NotAnIssuer)?;
    let answer = http::ask(http, request).await;
    let answer = answer.map_err(|source| DiscoveryError::Unreachable { url: url.clone(), source })?;
    if answer.status() == ::http::StatusCode::NOT_FOUND {
        let _recorded = checks.fail("status", "");
        return Err(DiscoveryError::NotFound { url });
    }
    let status = http::expect_ok(&answer);
    checks
        .attempt("status", status.clone())
        .map_err(|_| DiscoveryError::Status { url: url.clone(), detail: status.err().unwrap_or_default() })?;
    let document = http::expect_json(answer.headers()).and_then(|()| http::object(&answer));
    let document = match document {
        Ok(document) => document,
        Err(detail) => {
            let _recorded = checks.fail("json", "");
            return Err(DiscoveryError::NotJson { url, detail });
        }
    };
    checks.passed("json");
    read(issuer, &document, checks)
}

/// OIDC Discovery 1.0 section 4.1: a final slash is removed before the well-known path is appended.
fn metadata_url(issuer: &str) -> Result<String, DiscoveryError> {
    if let Some(suggestion) = issuer.strip_suffix(WELL_KNOWN) {
        return Err(DiscoveryError::MetadataAddress { suggestion: suggestion.to_owned() });
    }
    let url = Url::parse(issuer).map_err(|_| DiscoveryError::NotAnIssuer)?;
    let plain =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    let printable_ascii = issuer.len() <= LONGEST_URL && issuer.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    if !plain || !printable_ascii || !is_secure(&url, true) {
        return Err(DiscoveryError::NotAnIssuer);
    }
    Ok(format!("{}{WELL_KNOWN}", issuer.strip_suffix('/').unwrap_or(issuer)))
}

fn read(issuer: &str, document: &Map<String, Value>, checks: &mut Checks) -> Result<ProviderMetadata, DiscoveryError> {
    let found = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
    if found != issuer {
        let _recorded = checks.fail("issuer", "");
        let slash_only = found.trim_end_matches('/') == issuer.trim_end_matches('/');
        return Err(DiscoveryError::OtherIssuer {
            found: printable(found),
            suggestion: slash_only.then(|| found.to_owned()),
        });
    }
    checks.passed("issuer");
    let members = Members { document, loopback_http: issuer.starts_with("http:") };
    let metadata = members.read(issuer);
    match &metadata {
        Ok(_) => checks.passed("endpoints"),
        Err(_) => drop(checks.fail("endpoints", "")),
    }
    metadata
}

struct Members<'a> {
    document: &'a Map<String, Value>,
    /// Whether the issuer itself is on plain http, which only this machine may be.
    loopback_http: bool,
}

impl Members<'_> {
    fn read(&self, issuer: &str) -> Result<ProviderMetadata, DiscoveryError> {
        let flows = self.list("response_types_supported");
        if !flows.is_empty() && !flows.iter().any(|flow| flow == "code") {
            return Err(DiscoveryError::NoCodeFlow);
        }
        let pkce = self.list("code_challenge_methods_supported");
        Ok(ProviderMetadata {
            issuer: issuer.to_owned(),
            authorization_endpoint: self.endpoint("authorization_endpoint")?,
            token_endpoint: self.endpoint("token_endpoint")?,
            jwks_uri: self.endpoint("jwks_uri")?,
            userinfo_endpoint: self.optional_endpoint("userinfo_endpoint")?,
            end_session_endpoint: self.optional_endpoint("end_session_endpoint")?,
            id_token_algorithms: self.algorithms()?,
            token_auth_methods: self.list("token_endpoint_auth_methods_supported"),
            scopes: self.list("scopes_supported"),
            pkce_s256: pkce.is_empty() || pkce.iter().any(|method| method == "S256"),
            issuer_parameter: self.document.get("authorization_response_iss_parameter_supported")
                == Some(&Value::Bool(true)),
        })
    }

    fn list(&self, member: &str) -> Vec<String> {
        let all = self.document.get(member).and_then(Value::as_array).into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Absent means RS256, which every provider has to support (OIDC Core 15.1).
    fn algorithms(&self) -> Result<Vec<IdTokenAlgorithm>, DiscoveryError> {
        let offered = self.list("id_token_signing_alg_values_supported");
        if offered.is_empty() {
            return Ok(vec![IdTokenAlgorithm::Rs256]);
        }
        let common: Vec<_> =
            IdTokenAlgorithm::ALL.into_iter().filter(|ours| offered.iter().any(|name| name == ours.as_str())).collect();
        if common.is_empty() {
            return Err(DiscoveryError::NoAlgorithm { offered: printable(&offered.join(", ")) });
        }
        Ok(common)
    }

    fn endpoint(&self, member: &'static str) -> Result<String, DiscoveryError> {
        self.optional_endpoint(member)?.ok_or(DiscoveryError::Missing { member })
    }

    fn optional_endpoint(&self, member: &'static str) -> Result<Option<String>, DiscoveryError> {
        let text = match self.document.get(member) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) if text.len() <= LONGEST_URL => text,
            Some(_) => return Err(DiscoveryError::Missing { member }),
        };
        let url = Url::parse(text).map_err(|_| DiscoveryError::Missing { member })?;
        let plain = url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        if !plain || !text.bytes().all(|byte| (0x21..0x7f).contains(&byte)) {
            return Err(DiscoveryError::Missing { member });
        }
        if !is_secure(&url, self.loopback_http) {
            return Err(DiscoveryError::Insecure { member, found: printable(text) });
        }
        Ok(Some(text.clone()))
    }
}

/// https; or http on this machine, where that is allowed.
fn is_secure(url: &Url, loopback_http: bool) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || (loopback_http && loopback && url.scheme() == "http")
}
