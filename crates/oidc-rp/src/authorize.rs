//! Builds the authorization request (OIDC Core 3.1.2.1) with PKCE S256 (RFC 7636). `plain` does not exist here.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use openidconnect::core::{CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreJsonWebKeySet};
use openidconnect::{
    AuthUrl, ClientId, CsrfToken, IssuerUrl, LanguageTag, LoginHint, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope,
};
use url::Url;

use crate::{OidcError, Phase};

/// What the person takes along to the provider.
#[derive(Debug, Clone, Copy)]
pub struct AuthorizationRequest<'a> {
    /// The provider's issuer identifier.
    pub issuer: &'a str,
    /// The provider's authorization endpoint; a query of its own is kept.
    pub endpoint: &'a str,
    /// Our client id there.
    pub client_id: &'a str,
    /// Where the person comes back.
    pub redirect_uri: &'a str,
    /// Scopes; `openid` is always asked.
    pub scopes: &'a [String],
    /// 256 random bits, base64url.
    pub state: &'a str,
    /// 256 random bits, base64url.
    pub nonce: &'a str,
    /// PKCE code verifier of 43 to 128 characters; absent where the provider's metadata exclude S256.
    pub pkce_verifier: Option<&'a str>,
    /// How much the person may be asked.
    pub prompt: Prompt,
    /// Oldest acceptable authentication, in seconds.
    pub max_age: Option<u64>,
    /// Whom the application expects.
    pub login_hint: Option<&'a str>,
    /// Languages, best first.
    pub ui_locales: &'a [String],
    /// How the answer comes back.
    pub response_mode: ResponseMode,
    /// Fixed parameters of the connection; names in [`RESERVED_PARAMETERS`] are left out.
    pub extra: &'a BTreeMap<String, String>,
}

/// `prompt`, as far as we send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prompt {
    /// Not sent.
    #[default]
    Unset,
    /// `login`: the person must sign in anew.
    Login,
    /// `none`: the person must not be asked.
    None,
}

/// `response_mode`, as far as we send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResponseMode {
    /// Not sent: in the query.
    #[default]
    Query,
    /// `form_post`.
    FormPost,
}

/// Parameters that only this module sets.
pub const RESERVED_PARAMETERS: [&str; 16] = [
    "response_type",
    "response_mode",
    "client_id",
    "client_secret",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "login_hint",
    "ui_locales",
    "request",
    "request_uri",
];

/// The URL that the person's browser is sent to.
pub fn authorization_url(request: &AuthorizationRequest<'_>) -> Result<Url, OidcError> {
    let issuer = IssuerUrl::new(request.issuer.to_owned()).map_err(|_| misconfigured("the issuer is no URL"))?;
    let endpoint =
        AuthUrl::new(request.endpoint.to_owned()).map_err(|_| misconfigured("the authorization endpoint is no URL"))?;
    let redirect =
        RedirectUrl::new(request.redirect_uri.to_owned()).map_err(|_| misconfigured("the redirect URI is no URL"))?;
    let client = CoreClient::new(ClientId::new(request.client_id.to_owned()), issuer, CoreJsonWebKeySet::default())
        .set_auth_uri(endpoint);
    let (state, nonce) = (CsrfToken::new(request.state.to_owned()), Nonce::new(request.nonce.to_owned()));
    let mut building = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce)
        .set_redirect_uri(Cow::Owned(redirect))
        .add_scopes(request.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new));
    if let Some(verifier) = request.pkce_verifier {
        // RFC 7636 section 4.1; the library would panic.
        if !(43..=128).contains(&verifier.len()) {
            return Err(misconfigured("a PKCE code verifier has 43 to 128 characters"));
        }
        let verifier = PkceCodeVerifier::new(verifier.to_owned());
        building = building.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    }
    building = match request.prompt {
        Prompt::Unset => building,
        Prompt::Login => building.add_prompt(CoreAuthPrompt::Login),
        Prompt::None => building.add_prompt(CoreAuthPrompt::None),
    };
    if let Some(seconds) = request.max_age {
        building = building.set_max_age(Duration::from_secs(seconds));
    }
    if let Some(hint) = request.login_hint {
        building = building.set_login_hint(LoginHint::new(hint.to_owned()));
    }
    for locale in request.ui_locales {
        building = building.add_ui_locale(LanguageTag::new(locale.clone()));
    }
    if request.response_mode == ResponseMode::FormPost {
        building = building.add_extra_param("response_mode", "form_post");
    }
    let own = request.extra.iter().filter(|(name, _)| !RESERVED_PARAMETERS.contains(&name.as_str()));
    for (name, value) in own {
        building = building.add_extra_param(name.clone(), value.clone());
    }
    let (url, _, _) = building.url();
    Ok(url)
}

fn misconfigured(detail: &str) -> OidcError {
    OidcError::Misconfigured { phase: Phase::Departure, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use super::{AuthorizationRequest, Prompt, authorization_url};

    fn query(url: &url::Url) -> HashMap<String, String> {
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        let map: HashMap<_, _> = pairs.iter().cloned().collect();
        assert_eq!(map.len(), pairs.len(), "a parameter is sent twice: {url}");
        map
    }

    fn request<'a>(scopes: &'a [String], extra: &'a BTreeMap<String, String>) -> AuthorizationRequest<'a> {
        AuthorizationRequest {
            issuer: "https://i.test",
            endpoint: "https://i.test/authorize?tenant=x%20y",
            client_id: "cl&ent",
            redirect_uri: "https://usher.test/callback/oidc/c1",
            scopes,
            state: "s",
            nonce: "n",
            // RFC 7636 appendix B.
            pkce_verifier: Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            prompt: Prompt::Unset,
            max_age: None,
            login_hint: None,
            ui_locales: &[],
            response_mode: super::ResponseMode::Query,
            extra,
        }
    }

    #[test]
    fn the_request_carries_what_openid_connect_asks_for() {
        let scopes = ["openid", "email", "profile"].map(String::from);
        let found = query(&authorization_url(&request(&scopes, &BTreeMap::new())).expect("a URL"));
        let expected = [
            ("tenant", "x y"),
            ("response_type", "code"),
            ("client_id", "cl&ent"),
            ("redirect_uri", "https://usher.test/callback/oidc/c1"),
            ("scope", "openid email profile"),
            ("state", "s"),
            ("nonce", "n"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ];
        assert_eq!(found, expected.map(|(n, v)| (n.to_owned(), v.to_owned())).into());
    }

    #[test]
    fn hints_are_added_and_reserved_names_are_not() {
        let extra = [("hd", "corp.test"), ("state", "evil"), ("prompt", "consent"), ("redirect_uri", "https://e.test")];
        let extra = extra.map(|(n, v)| (n.to_owned(), v.to_owned())).into();
        let locales = ["de".to_owned(), "en".to_owned()];
        let full = AuthorizationRequest {
            pkce_verifier: None,
            prompt: Prompt::Login,
            max_age: Some(0),
            login_hint: Some("ann@corp.test"),
            ui_locales: &locales,
            ..request(&[], &extra)
        };
        let found = query(&authorization_url(&full).expect("a URL"));
        for (name, value) in [
            ("hd", "corp.test"),
            ("state", "s"),
            ("prompt", "login"),
            ("max_age", "0"),
            ("login_hint", "ann@corp.test"),
            ("ui_locales", "de en"),
            ("scope", "openid"),
        ] {
            assert_eq!(found.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert!(!found.contains_key("code_challenge"));
    }

    #[test]
    fn settings_that_cannot_work_are_an_error() {
        let none = BTreeMap::new();
        let good = request(&[], &none);
        for bad in [
            AuthorizationRequest { endpoint: "nonsense", ..good },
            AuthorizationRequest { redirect_uri: "", ..good },
            AuthorizationRequest { issuer: "", ..good },
            AuthorizationRequest { pkce_verifier: Some("short"), ..good },
        ] {
            assert!(authorization_url(&bad).is_err());
        }
    }
}
