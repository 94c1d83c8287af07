//! What can happen in a sign-in, and why it may be refused as a fact.

use usher_domain::{Authentication, Authenticator, BrowserSession, ConnectionId, RefusalCode, UserId};

use crate::factor::{PendingFactor, ProvedFactor};
use crate::factors::mail_code::SentCode;
use crate::flow::ProvedIdentity;
use crate::plan::StepNumber;
use crate::proof::{OwnershipBy, WrongProof};
use crate::script::ScriptSaid;
use crate::session::UnfitSession;

/// Something that happened. Events that complete a step name it, so that a form sent twice or a late
/// callback never lands in a later step (SESS-10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowEvent {
    /// The person, or the flow by itself, departs to a connection.
    ConnectionChosen {
        /// The open step.
        step: StepNumber,
        /// Where to.
        connection: ConnectionId,
    },
    /// User name and password were right.
    PasswordAccepted {
        /// The open step.
        step: StepNumber,
        /// Who.
        authentication: Authentication,
    },
    /// User name or password was wrong.
    PasswordRejected {
        /// The open step.
        step: StepNumber,
        /// What was typed as user name, to fill the form in again.
        typed_name: Option<String>,
    },
    /// A connection proved an identity, and provisioning let it in.
    IdentityProved {
        /// The open step.
        step: StepNumber,
        /// Who, in our words: local, or federated while no account exists.
        authentication: Box<Authentication>,
        /// What was proved.
        proved: Box<ProvedIdentity>,
    },
    /// The person said who they are, on a page that asks for nothing else first.
    Identified {
        /// The open step.
        step: StepNumber,
        /// What was typed.
        typed: String,
        /// The connections in charge of the typed domain; the step's own are kept.
        connections: Vec<ConnectionId>,
    },
    /// A connection proved an identity that means an existing account, which the person must prove to own.
    ProofAsked {
        /// The open step, or the one that this very identity completed before the facts moved.
        step: StepNumber,
        /// What was proved, and the decision that asks.
        proved: Box<ProvedIdentity>,
        /// The account.
        user: UserId,
    },
    /// A code was sent, or seemed to be.
    CodeSent {
        /// The code.
        code: SentCode,
    },
    /// A proof was wrong.
    ProofRejected {
        /// Which.
        wrong: WrongProof,
    },
    /// The person proved to own the account; the identity is the one that waited.
    OwnershipProved {
        /// How.
        by: OwnershipBy,
        /// Who it is now.
        authentication: Box<Authentication>,
        /// The decision made with the proof, opaque.
        decision: String,
    },
    /// The end of the sign-in decided anew and found another outcome for the same identity.
    Redecided {
        /// Who it is now.
        authentication: Box<Authentication>,
        /// The new decision, opaque.
        decision: String,
    },
    /// The browser has a session that suffices.
    SessionReused {
        /// The open step.
        step: StepNumber,
        /// The session.
        session: Box<BrowserSession>,
    },
    /// A passkey said who the person is, in a step that offers it.
    PasskeyAccepted {
        /// The open step.
        step: StepNumber,
        /// Who.
        authentication: Authentication,
        /// Id of the credential.
        id: String,
    },
    /// A factor is asked for, or its set-up began.
    FactorBegun {
        /// What.
        pending: PendingFactor,
    },
    /// The person wants another way within the step.
    FactorDropped {
        /// The open step.
        step: StepNumber,
    },
    /// An answer to a factor was wrong.
    FactorRejected {
        /// The open step.
        step: StepNumber,
        /// Which.
        authenticator: Authenticator,
    },
    /// A factor was proved.
    FactorProved {
        /// What, and why it counts.
        proved: Box<ProvedFactor>,
    },
    /// The person wants this browser remembered in place of second factors.
    DeviceRemembered,
    /// The person has seen the recovery codes.
    CodesSeen,
    /// The script of the flow ran.
    ScriptRan {
        /// What a repeated run needs besides the answers, opaque.
        record: String,
        /// What it said.
        said: ScriptSaid,
    },
    /// The page that the script showed was filled in.
    Prompted {
        /// The fields, as JSON text.
        answer: String,
    },
    /// The person gives the open step up.
    Aborted {
        /// The open step.
        step: StepNumber,
    },
    /// The person asked to start again or to use another way.
    Restarted,
    /// The sign-in cannot go on as it is.
    Refused {
        /// Why.
        code: RefusalCode,
        /// The connection that the text speaks of.
        connection: Option<ConnectionId>,
    },
    /// The application got its answer.
    Finished,
}

/// Why an event was not taken in; the flow is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlowError {
    /// The sign-in ran out of time.
    #[error("the sign-in has expired")]
    Expired,
    /// The application already got its answer.
    #[error("the sign-in is already finished")]
    AlreadyFinished,
    /// The sign-in was refused for good.
    #[error("the sign-in ended: {0}")]
    Ended(RefusalCode),
    /// Too much happened in one sign-in.
    #[error("too many events in one sign-in")]
    TooManyEvents,
    /// The step is completed already, or not open yet.
    #[error("this step is not open")]
    StepClosed,
    /// The step does not offer this way.
    #[error("this way is not offered")]
    NotOffered,
    /// An answer from a connection to which this sign-in never departed.
    #[error("the sign-in never departed to this connection")]
    NotDeparted,
    /// The application forbade asking the person.
    #[error("the application allows no interaction")]
    InteractionForbidden,
    /// The session does not suffice.
    #[error("the session does not suffice: {0}")]
    SessionUnfit(#[from] UnfitSession),
    /// The event contradicts itself.
    #[error("incoherent event: {0}")]
    Incoherent(&'static str),
    /// No proof of ownership is asked for.
    #[error("no proof is asked for")]
    NothingToProve,
    /// No more codes are sent in this sign-in.
    #[error("too many codes in one sign-in")]
    TooManyCodes,
    /// There is nothing to finish yet.
    #[error("the sign-in is not complete")]
    NotReady,
}

impl FlowError {
    /// The code that a page shows for it.
    pub fn refusal_code(&self) -> RefusalCode {
        match self {
            Self::Expired => RefusalCode::TxExpired,
            Self::AlreadyFinished | Self::StepClosed | Self::NothingToProve => RefusalCode::TxAlreadyUsed,
            Self::Ended(code) => *code,
            Self::TooManyEvents | Self::TooManyCodes => RefusalCode::RateLimited,
            Self::NotOffered => RefusalCode::ConnectionUnavailable,
            Self::NotDeparted | Self::InteractionForbidden | Self::SessionUnfit(_) | Self::NotReady => {
                RefusalCode::BadRequest
            }
            Self::Incoherent(_) => RefusalCode::Internal,
        }
    }
}
