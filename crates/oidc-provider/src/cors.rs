//! Which browser scripts may read which endpoints: only those of origins that an application registered.
//!
//! Follows the Fetch standard's CORS protocol. No endpoint answers with credentials (cookies) allowed; the authorization
//! endpoint is a page, never a resource for scripts. Headers are written by the web layer.

use usher_domain::{Application, HttpsOrigin};

/// An endpoint that scripts may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CorsEndpoint {
    /// Both discovery documents.
    Discovery,
    /// The keys.
    Jwks,
    /// The token endpoint.
    Token,
    /// The userinfo endpoint.
    UserInfo,
}

impl CorsEndpoint {
    /// The endpoint at a path below the public URL; `None`: no script may call it.
    pub fn from_path(path: &str) -> Option<Self> {
        match path {
            "/.well-known/openid-configuration" | "/.well-known/oauth-authorization-server" => Some(Self::Discovery),
            "/oauth2/jwks" => Some(Self::Jwks),
            "/oauth2/token" => Some(Self::Token),
            "/oauth2/userinfo" => Some(Self::UserInfo),
            _ => None,
        }
    }

    /// The methods of `Access-Control-Allow-Methods`.
    pub fn methods(self) -> &'static [&'static str] {
        match self {
            Self::Discovery | Self::Jwks => &["GET"],
            Self::Token => &["POST"],
            Self::UserInfo => &["GET", "POST"],
        }
    }

    /// The headers of `Access-Control-Allow-Headers`.
    pub fn headers(self) -> &'static [&'static str] {
        match self {
            Self::Discovery | Self::Jwks => &[],
            Self::Token => &["content-type"],
            Self::UserInfo => &["authorization", "content-type"],
        }
    }
}

/// The registered origin that equals the `Origin` header byte for byte, of any application that is switched on.
pub fn allowed_origin<'a>(
    origin: &str,
    applications: impl IntoIterator<Item = &'a Application>,
) -> Option<&'a HttpsOrigin> {
    applications
        .into_iter()
        .filter(|application| application.enabled)
        .flat_map(|application| &application.origins)
        .find(|registered| registered.as_str() == origin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn only_registered_origins_of_live_applications_are_allowed() {
        let mut app = fixture::public("spa");
        app.origins = vec![HttpsOrigin::parse("https://spa.test").unwrap()];
        assert_eq!(allowed_origin("https://spa.test", [&app]).map(HttpsOrigin::as_str), Some("https://spa.test"));
        for origin in [
            "",
            "null",
            "*",
            "https://spa.test/",
            "https://SPA.test",
            "http://spa.test",
            "https://spa.test.mallory.test",
        ] {
            assert_eq!(allowed_origin(origin, [&app]), None, "{origin}");
        }
        app.enabled = false;
        assert_eq!(allowed_origin("https://spa.test", [&app]), None);
    }

    #[test]
    fn pages_are_not_for_scripts() {
        assert_eq!(CorsEndpoint::from_path("/oauth2/token"), Some(CorsEndpoint::Token));
        for path in ["/oauth2/authorize", "/oauth2/logout", "/login/f_1", "/oauth2/token/", "/console"] {
            assert_eq!(CorsEndpoint::from_path(path), None, "{path}");
        }
    }
}
