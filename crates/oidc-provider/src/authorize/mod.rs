//! The authorization request: what an application asks for, and the two ways to say no.
//!
//! Follows OIDC Core section 3.1.2, RFC 6749 section 4.1.1, RFC 7636 and RFC 9700. [`validate`] decides; this file holds
//! what it hands out. A [`ShownError`] is for the person and never redirects, because nobody vouches for the URI;
//! a [`ReturnedError`] goes back to the application. Who signs in, and how, is not decided here.

mod claims_request;
mod expected;
mod validate;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use usher_domain::{ApplicationId, ConnectionId, Interaction, RedirectUri, RefusalCode, SignInRequest};

pub use claims_request::{ClaimDemand, ClaimsRequest};
pub use expected::{ExpectedSubject, expected_subject};
pub use validate::validate;

use crate::error::ErrorCode;
use crate::params::ParamsError;
use crate::pkce::CodeChallenge;
use crate::scope::{Scope, Scopes};

/// How the answer travels to the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of a redirect.
    #[default]
    Query,
    /// By a form that posts itself (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

/// One value of `prompt` (OIDC Core section 3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// No page may be shown.
    None,
    /// The person signs in again.
    Login,
    /// The person is asked for consent.
    Consent,
    /// The person picks an account.
    SelectAccount,
}

/// Which external provider the application wants, in the words of its request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdpHint {
    /// A connection by id or name (`idp`, `kc_idp_hint`, `fidp`, `connection`).
    Connection(String),
    /// The domain of the people expected (`domain_hint`).
    Domain(String),
}

/// A valid authorization request. It waits in the flow until the person is signed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// The application.
    pub application: ApplicationId,
    /// Where the answer goes, exactly as asked for (and registered).
    pub redirect_uri: RedirectUri,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// The scopes granted: those asked for that Usher knows. `offline_access` is granted to whoever asks; the right to
    /// sign people in is the consent (an installation has one organisation and its own applications).
    pub scopes: Scopes,
    /// Returned byte for byte.
    pub state: Option<String>,
    /// Lands in the ID token byte for byte.
    pub nonce: Option<String>,
    /// Present for every public application.
    pub code_challenge: Option<CodeChallenge>,
    /// What the person has to be asked; empty: whatever is needed.
    #[serde(default)]
    pub prompts: Vec<Prompt>,
    /// Oldest acceptable authentication, in seconds.
    pub max_age: Option<u64>,
    /// Whom the application expects, as text.
    pub login_hint: Option<String>,
    /// Whom the application expects, as an ID token of ours; not verified yet ([`expected_subject`]).
    pub id_token_hint: Option<String>,
    /// Languages wanted, best first.
    #[serde(default)]
    pub ui_locales: Vec<String>,
    /// Authentication contexts wanted, best first; voluntary.
    #[serde(default)]
    pub acr_values: Vec<String>,
    /// Individual claims asked for.
    #[serde(default)]
    pub claims: ClaimsRequest,
    /// `page`, `popup`, `touch`, `wap`, or whatever else was sent: pages fit every window.
    pub display: Option<String>,
    /// Which external provider is wanted.
    pub idp_hint: Option<IdpHint>,
}

impl AuthorizationRequest {
    /// How much the person may be asked. Picking an account counts as signing in again: the session at hand, and the one
    /// at the provider, must not answer for the person.
    pub fn interaction(&self) -> Interaction {
        if self.prompts.contains(&Prompt::None) {
            Interaction::Forbidden
        } else if self.prompts.contains(&Prompt::Login) || self.prompts.contains(&Prompt::SelectAccount) {
            Interaction::Forced
        } else {
            Interaction::Allowed
        }
    }

    /// The request without the words of the protocol. The caller looks the connection up that
    /// [`AuthorizationRequest::idp_hint`] or the domain of `login_hint` names.
    pub fn sign_in_request(&self, connection_hint: Option<ConnectionId>) -> SignInRequest {
        SignInRequest {
            application: self.application.clone(),
            interaction: self.interaction(),
            max_age: self.max_age,
            login_hint: self.login_hint.clone(),
            connection_hint,
            ui_locales: self.ui_locales.clone(),
            acr_values: self.acr_values.clone(),
        }
    }

    /// The domain behind the `@` of `login_hint`, in ASCII lower case: the second-best hint at a provider.
    pub fn login_hint_domain(&self) -> Option<String> {
        let (_, domain) = self.login_hint.as_deref()?.rsplit_once('@')?;
        (!domain.is_empty()).then(|| domain.to_ascii_lowercase())
    }

    /// Whether a refresh token is due that outlives the session.
    pub fn wants_offline_access(&self) -> bool {
        self.scopes.has(Scope::OfflineAccess)
    }

    /// An error for the application, after the request itself was found valid (`login_required`, `access_denied`).
    pub fn refuse(&self, error: ErrorCode, description: impl Into<String>) -> ReturnedError {
        ReturnedError {
            redirect_uri: self.redirect_uri.clone(),
            response_mode: self.response_mode,
            state: self.state.clone(),
            error,
            description: description.into(),
        }
    }
}

/// Why an authorization request was refused, and who is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizeError {
    /// The person is told on a page of ours (HTTP 400).
    #[error(transparent)]
    Shown(#[from] ShownError),
    /// The application is told.
    #[error(transparent)]
    Returned(#[from] ReturnedError),
}

/// A fault of a request that must not be answered by a redirect. `Display` is a text for the page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShownError {
    /// The parameters could not be read.
    #[error(transparent)]
    Parameters(#[from] ParamsError),
    /// A parameter came twice: two readers could understand two different requests (OAUTH-03).
    #[error("the parameter {0} was given more than once")]
    Duplicate(&'static str),
    /// Nobody says who asks.
    #[error("the request does not say which application it comes from")]
    MissingClientId,
    /// There is no such application.
    #[error("no such application is registered here")]
    UnknownApplication,
    /// An admin switched the application off.
    #[error("this application is switched off")]
    DisabledApplication,
    /// There is no default: the application says where it wants its answer (OIDC Core section 3.1.2.1).
    #[error("the request does not say where to send the answer")]
    MissingRedirectUri,
    /// The application did not register that address.
    #[error("the address to return to is not registered for this application")]
    RedirectUriMismatch,
}

impl ShownError {
    /// The stable code of the page.
    pub fn code(&self) -> RefusalCode {
        match self {
            Self::RedirectUriMismatch => RefusalCode::RedirectUriMismatch,
            Self::Parameters(_)
            | Self::Duplicate(_)
            | Self::MissingClientId
            | Self::UnknownApplication
            | Self::DisabledApplication
            | Self::MissingRedirectUri => RefusalCode::BadRequest,
        }
    }
}

/// An error that goes back to the application; [`crate::responses::error`] makes the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{error}: {description}")]
pub struct ReturnedError {
    /// Where it goes: registered, exactly as asked for.
    pub redirect_uri: RedirectUri,
    /// How it travels.
    pub response_mode: ResponseMode,
    /// Returned byte for byte.
    pub state: Option<String>,
    /// The registered code.
    pub error: ErrorCode,
    /// For the developer; printable ASCII, never the sender's own text.
    pub description: String,
}
