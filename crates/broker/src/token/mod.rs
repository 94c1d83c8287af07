//! The token endpoint: a code or a refresh token for tokens.

pub(crate) mod code;
mod issue;
mod refresh;
pub(crate) mod told;

pub use issue::ACCESS_TOKEN_LIFE;
pub(crate) use issue::person;

use usher_oidc_provider::client_auth;
use usher_oidc_provider::error::{ErrorCode, OAuthError};
use usher_oidc_provider::params::Params;
use usher_oidc_provider::token::{self, TokenRequest, TokenResponse};

use crate::broker::Broker;
use crate::failure::Fault;
use crate::visitor::Visitor;

/// Rounds before giving up on a configuration that keeps moving.
const ROUNDS: usize = 3;

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokenFailure {
    /// The application is told.
    #[error("{}", .0.description)]
    OAuth(OAuthError),
    /// It is logged.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<OAuthError> for TokenFailure {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

impl From<usher_storage::StorageError> for TokenFailure {
    fn from(fault: usher_storage::StorageError) -> Self {
        Self::Fault(fault.into())
    }
}

/// `invalid_grant`: one text for every cause, so that it teaches nothing.
fn invalid_grant() -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, "the code or refresh token is unknown, used, expired or not yours")
}

/// Authenticates the application and answers its request.
pub async fn exchange(
    broker: &Broker,
    authorization: Option<&str>,
    form: &Params,
    visitor: &Visitor,
) -> Result<TokenResponse, TokenFailure> {
    broker.assert_fresh()?;
    let snapshot = broker.snapshot();
    let application = client_auth::authenticate(authorization, form, |id| snapshot.application(id))?;
    match token::parse(form)? {
        TokenRequest::Code(exchange) => code::redeem(broker, application, exchange, visitor).await,
        TokenRequest::Refresh(refresh) => refresh::refresh(broker, application, refresh, visitor).await,
    }
}

/// Redeems a code for a page of ours, which lives in this process (no HTTP to ourselves).
pub async fn redeem_in_process(
    broker: &Broker,
    page: &'static str,
    exchange: usher_oidc_provider::token::CodeExchange,
    visitor: &Visitor,
) -> Result<crate::grant::GrantPayload, TokenFailure> {
    let snapshot = broker.snapshot();
    let id = usher_domain::ApplicationId::parse(page).map_err(|_| Fault::Invariant("a page of ours has an id"))?;
    let application = snapshot.application(&id).ok_or(Fault::Invariant("a page of ours is an application"))?;
    code::redeem_payload(broker, application, &exchange, visitor).await.map(|redeemed| redeemed.payload)
}
