//! How an access token is shown at the userinfo endpoint, and how it is refused (RFC 6750).
//!
//! In the header or in a form body. Never in the query, where it would end in logs and histories (section 5.3,
//! RFC 9700 section 4.3.2), and never in two places. Whether the token is good is decided in [`crate::tokens`].

use serde_json::{Value, json};
use usher_domain::SecretText;

use crate::error::ErrorCode;
use crate::params::Params;

/// Why a request without a usable access token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BearerError {
    /// No token, or another scheme.
    #[error("an access token is required")]
    Missing,
    /// In the query.
    #[error("an access token must not be sent in the query")]
    InQuery,
    /// In the header and in the body, or twice.
    #[error("more than one access token was sent")]
    TwoTokens,
    /// Not the characters of a token.
    #[error("the access token is malformed")]
    Malformed,
    /// Unknown, expired or revoked.
    #[error("the access token is not valid")]
    InvalidToken,
    /// Without `openid`.
    #[error("the access token does not have the scope openid")]
    InsufficientScope,
}

impl BearerError {
    /// The HTTP status (RFC 6750 section 3.1). A token in the query is no token at all.
    pub fn status(self) -> u16 {
        match self {
            Self::TwoTokens | Self::Malformed => 400,
            Self::Missing | Self::InQuery | Self::InvalidToken => 401,
            Self::InsufficientScope => 403,
        }
    }

    /// The registered code; a request without any token gets none (RFC 6750 section 3.1).
    pub fn code(self) -> Option<ErrorCode> {
        match self {
            Self::Missing => None,
            Self::InQuery | Self::TwoTokens | Self::Malformed => Some(ErrorCode::InvalidRequest),
            Self::InvalidToken => Some(ErrorCode::InvalidToken),
            Self::InsufficientScope => Some(ErrorCode::InsufficientScope),
        }
    }

    /// The value of `WWW-Authenticate`.
    pub fn www_authenticate(self) -> String {
        let realm = "Bearer realm=\"usher\"";
        let scope = if self == Self::InsufficientScope { ", scope=\"openid\"" } else { "" };
        match self.code() {
            None => realm.to_owned(),
            Some(code) => format!("{realm}, error=\"{code}\", error_description=\"{self}\"{scope}"),
        }
    }

    /// The JSON body, where there is an error to name.
    pub fn body(self) -> Option<Value> {
        self.code().map(|code| json!({ "error": code.as_str(), "error_description": self.to_string() }))
    }
}

/// Finds the one access token of a request; `form` is empty for anything but a form body.
pub fn bearer_token(authorization: Option<&str>, query: &Params, form: &Params) -> Result<SecretText, BearerError> {
    if query.iter().any(|(name, _)| name == "access_token") {
        return Err(BearerError::InQuery);
    }
    if form.first_duplicate(&["access_token"]).is_some() {
        return Err(BearerError::TwoTokens);
    }
    let token = match (authorization, form.get("access_token")) {
        (Some(_), Some(_)) => return Err(BearerError::TwoTokens),
        (None, None) => return Err(BearerError::Missing),
        (None, Some(token)) => token,
        (Some(header), None) => {
            let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(BearerError::Missing);
            }
            token.trim_matches(' ')
        }
    };
    // b64token of RFC 6750 section 2.1.
    let ok = !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b));
    if ok { Ok(SecretText::new(token)) } else { Err(BearerError::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(authorization: Option<&str>, query: &str, form: &str) -> Result<String, BearerError> {
        let [query, form] = [query, form].map(|text| Params::parse(text.as_bytes()).unwrap());
        bearer_token(authorization, &query, &form).map(|token| token.expose().to_owned())
    }

    #[test]
    fn oauth_17_header_or_body() {
        assert_eq!(find(Some("Bearer a.b.c"), "", ""), Ok("a.b.c".to_owned()));
        assert_eq!(find(Some("bearer  a.b-c "), "", ""), Ok("a.b-c".to_owned()));
        assert_eq!(find(None, "x=1", "access_token=a.b.c"), Ok("a.b.c".to_owned()));
    }

    #[test]
    fn oauth_17_everything_else_is_refused_with_a_challenge() {
        for (authorization, query, form, expected) in [
            (None, "", "", BearerError::Missing),
            (Some("Basic YTpi"), "", "", BearerError::Missing),
            (Some("DPoP abc"), "", "", BearerError::Missing),
            (None, "access_token=abc", "", BearerError::InQuery),
            (Some("Bearer abc"), "access_token=abc", "", BearerError::InQuery),
            (Some("Bearer abc"), "", "access_token=abc", BearerError::TwoTokens),
            (None, "", "access_token=abc&access_token=abc", BearerError::TwoTokens),
            (Some("Bearer"), "", "", BearerError::Malformed),
            (Some("Bearer "), "", "", BearerError::Malformed),
            (Some("Bearer a b"), "", "", BearerError::Malformed),
            (Some("Bearer a,b"), "", "", BearerError::Malformed),
            (Some("Bearer \u{e4}"), "", "", BearerError::Malformed),
        ] {
            assert_eq!(find(authorization, query, form), Err(expected), "{authorization:?} {query} {form}");
            assert!(expected.www_authenticate().starts_with("Bearer "));
        }
    }

    #[test]
    fn statuses_and_codes_follow_rfc_6750_section_3_1() {
        assert_eq!(BearerError::Missing.www_authenticate(), "Bearer realm=\"usher\"");
        assert_eq!(BearerError::Missing.body(), None);
        assert_eq!((BearerError::InvalidToken.status(), BearerError::InsufficientScope.status()), (401, 403));
        assert_eq!((BearerError::InQuery.status(), BearerError::TwoTokens.status()), (401, 400));
        assert!(BearerError::InvalidToken.www_authenticate().contains("error=\"invalid_token\""));
        assert_eq!(BearerError::InsufficientScope.body().unwrap()["error"], "insufficient_scope");
    }
}
