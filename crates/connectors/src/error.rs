//! Why a hand-shake failed: where, how the person is told, and which checks were made until then.

use usher_domain::{CheckResult, RefusalCode};
use usher_oidc_rp::{DiscoveryError, HttpFault, OidcError, Phase};

use crate::FetchError;

/// A hand-shake that failed. `Display` is one line for an admin; it holds no secret.
#[derive(Debug, thiserror::Error)]
#[error("{phase}: {source}")]
pub struct ConnectorError {
    /// Where in the protocol, e.g. `token` or `id_token`.
    pub phase: &'static str,
    /// What the person is told.
    pub refusal: RefusalCode,
    /// The checks made until then; the last one failed, if any was reached.
    pub checks: Vec<CheckResult>,
    /// The cause.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl ConnectorError {
    pub(crate) fn new(
        phase: Phase,
        refusal: RefusalCode,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { phase: phase.as_str(), refusal, checks: Vec::new(), source: source.into() }
    }

    pub(crate) fn from_oidc(fault: OidcError, checks: Vec<CheckResult>) -> Self {
        let refusal = match &fault {
            OidcError::Unreachable { source, .. } => unreachable_or_wrong(source),
            OidcError::Denied { error, .. } if error == "server_error" || error == "temporarily_unavailable" => {
                RefusalCode::IdpUnreachable
            }
            OidcError::Denied { .. } => RefusalCode::IdpDenied,
            OidcError::UnknownKey { .. } | OidcError::Failed { .. } => RefusalCode::IdpResponseInvalid,
            OidcError::Misconfigured { .. } => RefusalCode::ConnectionUnavailable,
        };
        Self { phase: fault.phase().as_str(), refusal, checks, source: Box::new(fault) }
    }

    pub(crate) fn from_discovery(fault: DiscoveryError, checks: Vec<CheckResult>) -> Self {
        let refusal = match &fault {
            DiscoveryError::Unreachable { source, .. } => unreachable_or_wrong(source),
            _ => RefusalCode::IdpResponseInvalid,
        };
        Self { checks, ..Self::new(Phase::Discovery, refusal, fault) }
    }
}

/// An answer that was cut off for its size is a wrong answer; everything else is no answer.
fn unreachable_or_wrong(fault: &HttpFault) -> RefusalCode {
    match fault.0.downcast_ref::<FetchError>() {
        Some(FetchError::TooLarge { .. }) => RefusalCode::IdpResponseInvalid,
        _ => RefusalCode::IdpUnreachable,
    }
}
