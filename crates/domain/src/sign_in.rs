//! What an application asks of a sign-in, without the words of its protocol.

use serde::{Deserialize, Serialize};

use crate::{ApplicationId, ConnectionId};

/// How much the person may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interaction {
    /// An existing session suffices.
    #[default]
    Allowed,
    /// No page may be shown (`prompt=none`).
    Forbidden,
    /// The person must sign in again (`prompt=login`), here and at the provider.
    Forced,
}

/// A request to sign a person in to an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInRequest {
    /// The application.
    pub application: ApplicationId,
    /// How much the person may be asked.
    pub interaction: Interaction,
    /// Oldest acceptable authentication, in seconds (`max_age`).
    pub max_age: Option<u64>,
    /// Whom the application expects (`login_hint`); never trusted, only offered.
    pub login_hint: Option<String>,
    /// The connection that the application asks for, if it exists and may be used.
    pub connection_hint: Option<ConnectionId>,
    /// Languages wanted, best first (`ui_locales`).
    #[serde(default)]
    pub ui_locales: Vec<String>,
    /// Authentication context classes wanted, best first (`acr_values`).
    #[serde(default)]
    pub acr_values: Vec<String>,
}

/// Why a sign-in was refused: the stable code of page, audit, trace and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The sign-in ran out of time.
    TxExpired,
    /// The sign-in belongs to another browser.
    TxOtherBrowser,
    /// The sign-in was already completed.
    TxAlreadyUsed,
    /// The provider or the person said no.
    IdpDenied,
    /// The provider does not answer.
    IdpUnreachable,
    /// The provider's answer could not be verified.
    IdpResponseInvalid,
    /// The connection is switched off or gone.
    ConnectionUnavailable,
    /// There is no account, and none is made.
    NoAccount,
    /// The account could not be created or updated.
    ProvisioningRefused,
    /// Several local accounts match.
    LinkAmbiguous,
    /// A local account matches but must not be linked.
    LinkRefused,
    /// Two steps of one sign-in named different people.
    LinkMismatch,
    /// The local account is disabled.
    AccountDisabled,
    /// A second step needs a local account, and the person has none.
    MfaNeedsAccount,
    /// A second step needs something that the person has not set up, and may not set up now.
    MfaUnavailable,
    /// The script of the flow said no.
    ScriptDenied,
    /// The script of the flow is broken.
    ScriptError,
    /// The person may not use the application.
    AppAccessDenied,
    /// The application's request is malformed.
    BadRequest,
    /// The redirect URI is not registered.
    RedirectUriMismatch,
    /// Too many failed attempts on this account.
    Locked,
    /// Too many requests.
    RateLimited,
    /// The form was not sent by our page.
    CsrfFailed,
    /// There is nothing here.
    NotFound,
    /// The service cannot work right now.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl RefusalCode {
    /// The stable text of the code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TxExpired => "tx_expired",
            Self::TxOtherBrowser => "tx_other_browser",
            Self::TxAlreadyUsed => "tx_already_used",
            Self::IdpDenied => "idp_denied",
            Self::IdpUnreachable => "idp_unreachable",
            Self::IdpResponseInvalid => "idp_response_invalid",
            Self::ConnectionUnavailable => "connection_unavailable",
            Self::NoAccount => "no_account",
            Self::ProvisioningRefused => "provisioning_refused",
            Self::LinkAmbiguous => "link_ambiguous",
            Self::LinkRefused => "link_refused",
            Self::LinkMismatch => "link_mismatch",
            Self::AccountDisabled => "account_disabled",
            Self::MfaNeedsAccount => "mfa_needs_account",
            Self::MfaUnavailable => "mfa_unavailable",
            Self::ScriptDenied => "script_denied",
            Self::ScriptError => "script_error",
            Self::AppAccessDenied => "app_access_denied",
            Self::BadRequest => "bad_request",
            Self::RedirectUriMismatch => "redirect_uri_mismatch",
            Self::Locked => "locked",
            Self::RateLimited => "rate_limited",
            Self::CsrfFailed => "csrf_failed",
            Self::NotFound => "not_found",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

impl std::fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
