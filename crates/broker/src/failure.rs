//! How a use case ends when it does not succeed: a refusal that a person sees, or a fault of ours.
//!
//! A refusal has a stable code, tells what to do, and was written to audit and trace where it was
//! decided. A fault is logged with its chain and shown as `internal` or `unavailable`.

use chrono::{DateTime, Utc};
use usher_domain::{CorrelationId, FlowId, RefusalCode};
use usher_storage::StorageError;

/// A refusal as the error page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable code.
    pub code: RefusalCode,
    /// What the person reads out to the help desk.
    pub correlation: CorrelationId,
    /// When.
    pub at: DateTime<Utc>,
    /// The flow that may be restarted, or offers another way.
    pub flow: Option<FlowId>,
    /// Name of the connection that the text speaks of.
    pub connection: Option<String>,
    /// Where "back to the application" leads: only a URL that an admin registered.
    pub home_url: Option<String>,
    /// Seconds to wait, where waiting helps.
    pub retry_after: Option<u64>,
    /// What the script of the flow wants said; plain text, to be escaped.
    pub said: Option<String>,
}

impl Refusal {
    /// A refusal with nothing but its code.
    pub fn bare(code: RefusalCode, correlation: CorrelationId, at: DateTime<Utc>) -> Self {
        Self { code, correlation, at, flow: None, connection: None, home_url: None, retry_after: None, said: None }
    }
}

/// A fault of ours or of what we depend on.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database.
    #[error("storage")]
    Storage(#[from] StorageError),
    /// Something stored cannot be read back.
    #[error("stored {what} cannot be read")]
    Unreadable {
        /// What it is.
        what: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Signing failed.
    #[error("signing")]
    Signing(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The node is behind or overloaded and must not answer.
    #[error("not ready: {0}")]
    NotReady(&'static str),
    /// A rule of the house was broken.
    #[error("invariant: {0}")]
    Invariant(&'static str),
}

impl Fault {
    /// Something stored cannot be read back.
    pub fn unreadable(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unreadable { what, source: source.into() }
    }

    /// The code shown to a person.
    pub fn code(&self) -> RefusalCode {
        match self {
            Self::Storage(fault) if fault.is_unavailable() => RefusalCode::Unavailable,
            Self::NotReady(_) => RefusalCode::Unavailable,
            _ => RefusalCode::Internal,
        }
    }
}

/// How a use case fails.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The person or application is told why.
    #[error("refused: {}", .0.code)]
    Refused(Box<Refusal>),
    /// The flow's script answers: back to the dispatcher.
    #[error("the script of the flow answers")]
    ScriptAnswers(FlowId),
    /// It is logged; the person sees a code only.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<StorageError> for Failure {
    fn from(fault: StorageError) -> Self {
        Self::Fault(Fault::Storage(fault))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}
