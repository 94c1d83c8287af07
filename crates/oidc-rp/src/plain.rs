//! OAuth 2.0 without `OpenID` Connect (RFC 6749): the way out, and asking an API who the person is.
//!
//! There is no ID token, so nothing is signed: what the API says counts because it came over TLS from an address that an
//! admin configured, for a code that was bound to this browser by `state` and PKCE.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ::http::HeaderValue;
use ::http::header::{AUTHORIZATION, USER_AGENT};
use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use serde_json::Value;
use url::Url;

use crate::http::{self, Http};
use crate::json;
use crate::{Checks, OidcError, Phase, RESERVED_PARAMETERS, Tokens};

/// What the person takes along to the provider.
#[derive(Debug, Clone, Copy)]
pub struct PlainRequest<'a> {
    /// The provider's authorization endpoint; a query of its own is kept.
    pub endpoint: &'a str,
    /// Our client id there.
    pub client_id: &'a str,
    /// Where the person comes back.
    pub redirect_uri: &'a str,
    /// Scopes.
    pub scopes: &'a [String],
    /// 256 random bits, base64url.
    pub state: &'a str,
    /// PKCE code verifier of 43 to 128 characters; absent where the provider cannot.
    pub pkce_verifier: Option<&'a str>,
    /// Fixed parameters of the connection; names in [`RESERVED_PARAMETERS`] are left out.
    pub extra: &'a BTreeMap<String, String>,
}

/// The URL that the person's browser is sent to.
pub fn plain_authorization_url(request: &PlainRequest<'_>) -> Result<Url, OidcError> {
    let endpoint =
        AuthUrl::new(request.endpoint.to_owned()).map_err(|_| misconfigured("the authorization endpoint is no URL"))?;
    let redirect =
        RedirectUrl::new(request.redirect_uri.to_owned()).map_err(|_| misconfigured("the redirect URI is no URL"))?;
    let client = BasicClient::new(ClientId::new(request.client_id.to_owned())).set_auth_uri(endpoint);
    let state = CsrfToken::new(request.state.to_owned());
    let mut building = client
        .authorize_url(move || state)
        .set_redirect_uri(Cow::Owned(redirect))
        .add_scopes(request.scopes.iter().cloned().map(Scope::new));
    if let Some(verifier) = request.pkce_verifier {
        // RFC 7636 section 4.1; the library would panic.
        if !(43..=128).contains(&verifier.len()) {
            return Err(misconfigured("a PKCE code verifier has 43 to 128 characters"));
        }
        let verifier = PkceCodeVerifier::new(verifier.to_owned());
        building = building.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    }
    let own = request.extra.iter().filter(|(name, _)| !RESERVED_PARAMETERS.contains(&name.as_str()));
    for (name, value) in own {
        building = building.add_extra_param(name.clone(), value.clone());
    }
    Ok(building.url().0)
}

/// Asks an API of the provider with the access token; the answer is any JSON.
pub async fn fetch_protected(
    http: &dyn Http,
    endpoint: &str,
    tokens: &Tokens,
    checks: &mut Checks,
) -> Result<Value, OidcError> {
    checks.enter(Phase::Userinfo);
    let unusable =
        |detail: &str| OidcError::Misconfigured { phase: Phase::Userinfo, detail: format!("{detail} cannot be used") };
    let mut bearer =
        HeaderValue::from_str(&format!("Bearer {}", tokens.access_token)).map_err(|_| unusable("the access token"))?;
    bearer.set_sensitive(true);
    let mut request = http::get(endpoint).map_err(|_| unusable("the userinfo endpoint"))?;
    request.headers_mut().insert(AUTHORIZATION, bearer);
    // GitHub answers nobody without a name.
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static("usher"));
    let answer = http::ask(http, request).await.map_err(OidcError::unreachable(Phase::Userinfo))?;
    checks.attempt("userinfo_status", http::expect_ok(&answer))?;
    checks.attempt("userinfo_content_type", http::expect_json(answer.headers()))?;
    checks.attempt("userinfo_json", json::any(answer.body()).map_err(|fault| fault.to_string()))
}

fn misconfigured(detail: &str) -> OidcError {
    OidcError::Misconfigured { phase: Phase::Departure, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use super::{PlainRequest, plain_authorization_url};

    #[test]
    fn the_request_carries_what_oauth_asks_for_and_no_more() {
        let scopes = ["read:user", "user:email"].map(String::from);
        let extra = BTreeMap::from([("state", "x"), ("allow_signup", "false")].map(|(n, v)| (n.into(), v.into())));
        let request = PlainRequest {
            endpoint: "https://i.test/authorize",
            client_id: "usher",
            redirect_uri: "https://usher.test/callback/oidc/c1",
            scopes: &scopes,
            state: "s",
            pkce_verifier: Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            extra: &extra,
        };
        let url = plain_authorization_url(&request).expect("a URL");
        let found: HashMap<_, _> = url.query_pairs().into_owned().collect();
        let expected = [
            ("response_type", "code"),
            ("client_id", "usher"),
            ("redirect_uri", "https://usher.test/callback/oidc/c1"),
            ("scope", "read:user user:email"),
            ("state", "s"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
            ("allow_signup", "false"),
        ];
        assert_eq!(found, expected.map(|(n, v)| (n.to_owned(), v.to_owned())).into());
        for bad in [
            PlainRequest { endpoint: "nonsense", ..request },
            PlainRequest { redirect_uri: "", ..request },
            PlainRequest { pkce_verifier: Some("short"), ..request },
        ] {
            assert!(plain_authorization_url(&bad).is_err());
        }
    }
}
