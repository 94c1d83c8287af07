//! The token endpoint: what is asked, whether a code or refresh token answers it, and the shape of the answer.
//!
//! Follows RFC 6749 sections 4.1.3, 4.1.4, 5 and 6, RFC 7636 section 4.6, OIDC Core sections 3.1.3 and 12. Redeeming a
//! code exactly once, and ending the family of a reused one, is the storage's and the broker's work: this file
//! judges the facts of the row they found.

use chrono::{DateTime, Utc};
use serde::ser::{Serialize, SerializeMap, Serializer};
use usher_domain::{ApplicationId, RedirectUri, SecretText};

use crate::error::{ErrorCode, OAuthError};
use crate::params::Params;
use crate::pkce::CodeChallenge;
use crate::scope::{Scope, Scopes};

/// Parameters that must not come twice.
const SINGLE: [&str; 6] = ["grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope"];

/// What the token endpoint is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenRequest {
    /// `grant_type=authorization_code`.
    Code(CodeExchange),
    /// `grant_type=refresh_token`.
    Refresh(RefreshExchange),
}

/// A code, and what proves that it may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeExchange {
    /// The code.
    pub code: SecretText,
    /// The redirect URI of the authorization request, once more.
    pub redirect_uri: Option<String>,
    /// The PKCE verifier.
    pub verifier: Option<SecretText>,
}

/// A refresh token, and what part of its scope is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshExchange {
    /// The token.
    pub refresh_token: SecretText,
    /// A narrower scope; absent: the whole one.
    pub scope: Option<String>,
}

/// Reads the form of a token request, after the application was authenticated.
pub fn parse(form: &Params) -> Result<TokenRequest, OAuthError> {
    let invalid = |description| OAuthError::new(ErrorCode::InvalidRequest, description);
    if form.first_duplicate(&SINGLE).is_some() {
        return Err(invalid("a parameter was given more than once"));
    }
    match form.get("grant_type") {
        Some("authorization_code") => Ok(TokenRequest::Code(CodeExchange {
            code: form.get("code").map(SecretText::new).ok_or_else(|| invalid("code is missing"))?,
            redirect_uri: form.get("redirect_uri").map(str::to_owned),
            verifier: form.get("code_verifier").map(SecretText::new),
        })),
        Some("refresh_token") => Ok(TokenRequest::Refresh(RefreshExchange {
            refresh_token: form
                .get("refresh_token")
                .map(SecretText::new)
                .ok_or_else(|| invalid("refresh_token is missing"))?,
            scope: form.get("scope").map(str::to_owned),
        })),
        // No password, implicit or client_credentials grant, no device code, no token exchange (OAUTH-42).
        Some(_) => {
            Err(OAuthError::new(ErrorCode::UnsupportedGrantType, "grant_type is authorization_code or refresh_token"))
        }
        None => Err(invalid("grant_type is missing")),
    }
}

/// What is known about a code.
#[derive(Debug, Clone, Copy)]
pub struct CodeFacts<'a> {
    /// The application it was given to.
    pub application: &'a ApplicationId,
    /// The redirect URI it was sent to.
    pub redirect_uri: &'a RedirectUri,
    /// The challenge of the authorization request.
    pub code_challenge: Option<&'a CodeChallenge>,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
}

/// Whether a code may be redeemed by the authenticated application (OAUTH-10, OAUTH-12).
pub fn check_code(
    facts: &CodeFacts<'_>,
    exchange: &CodeExchange,
    client: &ApplicationId,
    now: DateTime<Utc>,
) -> Result<(), OAuthError> {
    let invalid = |description| Err(OAuthError::new(ErrorCode::InvalidGrant, description));
    if facts.application != client {
        // Not told apart from an unknown code: the caller learns nothing about other applications.
        return invalid("the code is unknown");
    }
    if now >= facts.expires_at {
        return invalid("the code has expired");
    }
    // RFC 6749 4.1.3: required, because the authorization request had it; OAuth 2.1 says optional, and older clients send it.
    if exchange.redirect_uri.as_deref() != Some(facts.redirect_uri.as_str()) {
        return invalid("redirect_uri is not the one of the authorization request");
    }
    match (facts.code_challenge, &exchange.verifier) {
        (None, None) => Ok(()),
        // RFC 9700 4.8.2: a verifier for a code without challenge is a downgrade attempt.
        (None, Some(_)) => invalid("code_verifier, but the authorization request had no code_challenge"),
        (Some(_), None) => invalid("code_verifier is missing"),
        (Some(challenge), Some(verifier)) => match challenge.verify(verifier.expose()) {
            Ok(()) => Ok(()),
            Err(error) => invalid(&error.to_string()),
        },
    }
}

/// The scope of refreshed tokens: all that was granted, or the part asked for (RFC 6749 section 6). Never more.
pub fn narrow_scopes(granted: &Scopes, asked: Option<&str>) -> Result<Scopes, OAuthError> {
    let Some(asked) = asked else { return Ok(granted.clone()) };
    let refused = || OAuthError::new(ErrorCode::InvalidScope, "the scope is wider than what was granted");
    let mut scopes = Vec::new();
    for word in asked.split(' ').filter(|word| !word.is_empty()) {
        let scope = Scope::parse(word).filter(|scope| granted.has(*scope)).ok_or_else(refused)?;
        scopes.push(scope);
    }
    if scopes.is_empty() { Err(refused()) } else { Ok(scopes.into_iter().collect()) }
}

/// A successful answer (RFC 6749 section 5.1, OIDC Core section 3.1.3.3). Sent with `Cache-Control: no-store`.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// Its life in seconds.
    pub expires_in: u64,
    /// A refresh token, where one is due.
    pub refresh_token: Option<String>,
    /// The scope of the access token.
    pub scope: Scopes,
    /// The ID token.
    pub id_token: Option<String>,
}

impl Serialize for TokenResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("access_token", &self.access_token)?;
        map.serialize_entry("token_type", "Bearer")?;
        map.serialize_entry("expires_in", &self.expires_in)?;
        if let Some(token) = &self.refresh_token {
            map.serialize_entry("refresh_token", token)?;
        }
        map.serialize_entry("scope", &self.scope)?;
        if let Some(token) = &self.id_token {
            map.serialize_entry("id_token", token)?;
        }
        map.end()
    }
}

/// Without the tokens.
impl std::fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenResponse").field("scope", &self.scope).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::fixture::now;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn form(text: &str) -> Params {
        Params::parse(text.as_bytes()).unwrap()
    }

    /// A check with a good challenge, verifier, URI and client, and then some of them changed.
    struct Case {
        challenge: Option<&'static str>,
        verifier: Option<String>,
        redirect_uri: Option<&'static str>,
        client: &'static str,
        late: i64,
    }

    impl Default for Case {
        fn default() -> Self {
            Self {
                challenge: Some(CHALLENGE),
                verifier: Some(VERIFIER.to_owned()),
                redirect_uri: Some("https://a.test/cb"),
                client: "a",
                late: 0,
            }
        }
    }

    impl Case {
        fn run(self) -> Result<(), ErrorCode> {
            let challenge = self.challenge.map(|text| CodeChallenge::parse(text).unwrap());
            let exchange = CodeExchange {
                code: SecretText::new("code"),
                redirect_uri: self.redirect_uri.map(str::to_owned),
                verifier: self.verifier.map(SecretText::new),
            };
            let facts = CodeFacts {
                application: &ApplicationId::parse("a").unwrap(),
                redirect_uri: &RedirectUri::parse("https://a.test/cb").unwrap(),
                code_challenge: challenge.as_ref(),
                expires_at: now() + TimeDelta::seconds(60),
            };
            let client = ApplicationId::parse(self.client).unwrap();
            check_code(&facts, &exchange, &client, now() + TimeDelta::seconds(self.late)).map_err(|e| e.code)
        }
    }

    #[test]
    fn requests_are_read() {
        let TokenRequest::Code(exchange) =
            parse(&form("grant_type=authorization_code&code=c&redirect_uri=https://a.test/cb&code_verifier=v&x=1"))
                .unwrap()
        else {
            panic!("not a code")
        };
        assert_eq!(exchange.code.expose(), "c");
        assert_eq!(exchange.redirect_uri.as_deref(), Some("https://a.test/cb"));
        let TokenRequest::Refresh(exchange) =
            parse(&form("grant_type=refresh_token&refresh_token=r&scope=openid")).unwrap()
        else {
            panic!("not a refresh")
        };
        assert_eq!((exchange.refresh_token.expose(), exchange.scope.as_deref()), ("r", Some("openid")));
    }

    #[test]
    fn malformed_requests_and_oauth_42_other_grants_are_refused() {
        for (text, expected) in [
            ("", ErrorCode::InvalidRequest),
            ("grant_type=authorization_code", ErrorCode::InvalidRequest),
            ("grant_type=authorization_code&code=", ErrorCode::InvalidRequest),
            ("grant_type=authorization_code&code=a&code=b", ErrorCode::InvalidRequest),
            ("grant_type=refresh_token", ErrorCode::InvalidRequest),
            ("grant_type=password&username=a&password=b", ErrorCode::UnsupportedGrantType),
            ("grant_type=client_credentials", ErrorCode::UnsupportedGrantType),
            ("grant_type=implicit", ErrorCode::UnsupportedGrantType),
            ("grant_type=urn:ietf:params:oauth:grant-type:device_code", ErrorCode::UnsupportedGrantType),
            ("grant_type=urn:ietf:params:oauth:grant-type:token-exchange", ErrorCode::UnsupportedGrantType),
            ("grant_type=AUTHORIZATION_CODE&code=a", ErrorCode::UnsupportedGrantType),
        ] {
            assert_eq!(parse(&form(text)).unwrap_err().code, expected, "{text}");
        }
    }

    #[test]
    fn oauth_12_a_code_is_bound_to_application_uri_and_time() {
        assert_eq!(Case::default().run(), Ok(()));
        assert_eq!(Case { late: 59, ..Case::default() }.run(), Ok(()));
        for (case, what) in [
            (Case { client: "c", ..Case::default() }, "other application"),
            (Case { redirect_uri: Some("https://a.test/cb/"), ..Case::default() }, "other URI"),
            (Case { redirect_uri: None, ..Case::default() }, "no URI"),
            (Case { late: 60, ..Case::default() }, "late"),
            (Case { late: 61, ..Case::default() }, "later"),
        ] {
            assert_eq!(case.run(), Err(ErrorCode::InvalidGrant), "{what}");
        }
    }

    #[test]
    fn oauth_10_challenge_and_verifier_come_together() {
        assert_eq!(Case { challenge: None, verifier: None, ..Case::default() }.run(), Ok(()));
        for (case, what) in [
            (Case { verifier: None, ..Case::default() }, "no verifier"),
            (Case { challenge: None, ..Case::default() }, "no challenge"),
            (Case { verifier: Some(VERIFIER[..42].to_owned()), ..Case::default() }, "short"),
            (Case { verifier: Some(format!("{VERIFIER}!")), ..Case::default() }, "charset"),
            (Case { verifier: Some("a".repeat(43)), ..Case::default() }, "wrong"),
            (Case { verifier: Some(CHALLENGE.to_owned()), ..Case::default() }, "the challenge itself"),
        ] {
            assert_eq!(case.run(), Err(ErrorCode::InvalidGrant), "{what}");
        }
    }

    #[test]
    fn oauth_15_a_refresh_never_widens_the_scope() {
        let granted = Scopes::parse_known("openid email offline_access");
        assert_eq!(narrow_scopes(&granted, None).unwrap(), granted);
        assert_eq!(narrow_scopes(&granted, Some("email openid")).unwrap().to_string(), "openid email");
        for asked in ["openid profile", "openid admin", "admin", " "] {
            assert_eq!(narrow_scopes(&granted, Some(asked)).unwrap_err().code, ErrorCode::InvalidScope, "{asked}");
        }
    }

    #[test]
    fn the_answer_has_the_members_of_the_specification() {
        let mut response = TokenResponse {
            access_token: "at".to_owned(),
            expires_in: 300,
            refresh_token: None,
            scope: Scopes::parse_known("openid"),
            id_token: Some("it".to_owned()),
        };
        assert_eq!(
            serde_json::to_value(&response).unwrap(),
            serde_json::json!({"access_token": "at", "token_type": "Bearer", "expires_in": 300, "scope": "openid", "id_token": "it"})
        );
        response.refresh_token = Some("rt".to_owned());
        assert_eq!(serde_json::to_value(&response).unwrap()["refresh_token"], "rt");
        assert!(!format!("{response:?}").contains("rt\""));
    }
}
