//! OAuth error codes and the JSON error of the token endpoint.
//!
//! Follows RFC 6749 sections 4.1.2.1 and 5.2, OIDC Core section 3.1.2.6 and RFC 6750 section 3.1. What a
//! *person* sees lives in [`crate::authorize::ShownError`]; redirected errors are built in [`crate::responses`].

use serde::{Deserialize, Serialize};

/// The registered error codes that Usher sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// A parameter is missing, malformed, or given twice.
    InvalidRequest,
    /// The application may not use this grant or response type.
    UnauthorizedClient,
    /// The person or a policy said no.
    AccessDenied,
    /// Anything but the authorization code flow was asked for.
    UnsupportedResponseType,
    /// The scope is unknown, malformed, or wider than granted.
    InvalidScope,
    /// A fault of ours.
    ServerError,
    /// Try again later.
    TemporarilyUnavailable,
    /// `prompt=none`, but a page has to be shown.
    InteractionRequired,
    /// `prompt=none`, but nobody is signed in.
    LoginRequired,
    /// `prompt=none`, but the person has to pick an account.
    AccountSelectionRequired,
    /// `prompt=none`, but the person has to consent.
    ConsentRequired,
    /// Request objects are not supported.
    RequestNotSupported,
    /// Request objects by reference are not supported.
    RequestUriNotSupported,
    /// Registration in the authorization request is not supported.
    RegistrationNotSupported,
    /// The application could not be authenticated.
    InvalidClient,
    /// The code or refresh token is unknown, expired, used, revoked, or somebody else's.
    InvalidGrant,
    /// The grant type is not spoken here.
    UnsupportedGrantType,
    /// The access token is unknown, expired, revoked or malformed.
    InvalidToken,
    /// The access token does not carry the scope needed.
    InsufficientScope,
}

impl ErrorCode {
    /// The registered text of the code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::InteractionRequired => "interaction_required",
            Self::LoginRequired => "login_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::ConsentRequired => "consent_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
        }
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether the answer names an authentication scheme to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Challenge {
    /// No `WWW-Authenticate` header.
    #[default]
    None,
    /// `WWW-Authenticate: Basic`, due where the client tried Basic (RFC 6749 section 5.2).
    Basic,
}

/// An error of the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {description}")]
pub struct OAuthError {
    /// The registered code.
    pub code: ErrorCode,
    /// For the developer; printable ASCII, never the sender's own text, never a secret.
    pub description: String,
    /// Whether a scheme is named.
    pub challenge: Challenge,
}

impl OAuthError {
    /// An error without a challenge.
    pub fn new(code: ErrorCode, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), challenge: Challenge::None }
    }

    /// The HTTP status: 401 for a client that could not be authenticated, 5xx for faults of ours, else 400.
    pub fn status(&self) -> u16 {
        match self.code {
            ErrorCode::InvalidClient => 401,
            ErrorCode::ServerError => 500,
            ErrorCode::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }

    /// The value of `WWW-Authenticate`, if one is due.
    pub fn www_authenticate(&self) -> Option<&'static str> {
        match self.challenge {
            Challenge::None => None,
            Challenge::Basic => Some("Basic realm=\"usher\""),
        }
    }

    /// The JSON body (RFC 6749 section 5.2).
    pub fn body(&self) -> serde_json::Value {
        serde_json::json!({ "error": self.code.as_str(), "error_description": self.description })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_serialise_as_their_registered_text() {
        for code in [ErrorCode::InvalidRequest, ErrorCode::RequestUriNotSupported, ErrorCode::LoginRequired] {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }

    #[test]
    fn the_body_and_status_follow_rfc_6749_section_5_2() {
        let error = OAuthError::new(ErrorCode::InvalidGrant, "the code has expired");
        assert_eq!(error.status(), 400);
        assert_eq!(error.www_authenticate(), None);
        assert_eq!(
            error.body(),
            serde_json::json!({"error": "invalid_grant", "error_description": "the code has expired"})
        );
        let refused =
            OAuthError { challenge: Challenge::Basic, ..OAuthError::new(ErrorCode::InvalidClient, "unknown client") };
        assert_eq!(refused.status(), 401);
        assert_eq!(refused.www_authenticate(), Some("Basic realm=\"usher\""));
    }
}
