//! The discovery document: OIDC Discovery 1.0 section 3, and with the same content RFC 8414.
//!
//! It depends on the public URL alone, and it lists only what is true. Where it is served is the web's business.

use serde_json::{Value, json};
use usher_domain::{IssuerUrl, SigningAlgorithm};

use crate::claims::STANDARD_CLAIMS;
use crate::scope::Scope;

/// Where the endpoints are, as absolute URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Authorization endpoint.
    pub authorization: String,
    /// Token endpoint.
    pub token: String,
    /// Userinfo endpoint.
    pub userinfo: String,
    /// Keys.
    pub jwks: String,
    /// RP-initiated logout.
    pub end_session: String,
}

impl Endpoints {
    /// The endpoints below a public URL, which is also the issuer.
    pub fn new(issuer: &IssuerUrl) -> Self {
        let base = issuer.as_str().trim_end_matches('/');
        let at = |path: &str| format!("{base}/oauth2/{path}");
        Self {
            authorization: at("authorize"),
            token: at("token"),
            userinfo: at("userinfo"),
            jwks: at("jwks"),
            end_session: at("logout"),
        }
    }
}

/// The document.
pub fn document(issuer: &IssuerUrl) -> Value {
    let endpoints = Endpoints::new(issuer);
    let mut claims = vec!["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "amr", "sid"];
    claims.extend(STANDARD_CLAIMS.iter().map(|(name, _)| *name));
    json!({
        "issuer": issuer.as_str(),
        "authorization_endpoint": endpoints.authorization,
        "token_endpoint": endpoints.token,
        "userinfo_endpoint": endpoints.userinfo,
        "jwks_uri": endpoints.jwks,
        "end_session_endpoint": endpoints.end_session,
        "scopes_supported": Scope::ALL.map(Scope::as_str),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [SigningAlgorithm::Rs256, SigningAlgorithm::Es256],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "claim_types_supported": ["normal"],
        "claims_supported": claims,
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        // Absent would mean true (OIDC Discovery section 3).
        "request_uri_parameter_supported": false,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "display_values_supported": ["page", "popup"],
        "ui_locales_supported": ["en"],
        // RFC 9207 section 3.
        "authorization_response_iss_parameter_supported": true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_hang_below_the_public_url() {
        for (issuer, token) in [
            ("https://id.test", "https://id.test/oauth2/token"),
            ("https://id.test/", "https://id.test/oauth2/token"),
            ("https://corp.test/sso", "https://corp.test/sso/oauth2/token"),
        ] {
            let issuer = IssuerUrl::parse(issuer).unwrap();
            assert_eq!(document(&issuer)["token_endpoint"], token);
            assert_eq!(document(&issuer)["issuer"], issuer.as_str());
        }
    }

    #[test]
    fn openidconnect_reads_the_document() {
        let issuer = IssuerUrl::parse("https://id.test").unwrap();
        let metadata: openidconnect::core::CoreProviderMetadata = serde_json::from_value(document(&issuer)).unwrap();
        assert_eq!(metadata.issuer().as_str(), "https://id.test");
        assert_eq!(metadata.jwks_uri().as_str(), "https://id.test/oauth2/jwks");
    }

    #[test]
    fn oauth_33_and_what_is_not_spoken_is_said() {
        let document = document(&IssuerUrl::parse("https://id.test").unwrap());
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        assert_eq!(document["request_uri_parameter_supported"], false);
        assert_eq!(document["response_types_supported"], json!(["code"]));
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        // No `none`: nobody is to accept an unsigned ID token by surprise (OIDC Core section 3.1.3.7).
        assert_eq!(document["id_token_signing_alg_values_supported"], json!(["RS256", "ES256"]));
        for absent in
            ["registration_endpoint", "introspection_endpoint", "check_session_iframe", "backchannel_logout_supported"]
        {
            assert!(document.get(absent).is_none(), "{absent}");
        }
    }
}
