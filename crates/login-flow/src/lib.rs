//! A sign-in as a pure state machine: recorded facts and two total functions.
//!
//! [`advance`] takes a fact in or refuses it, [`next`] derives from the facts what happens now. The
//! state never points at a next step, so nothing that a browser sends can move the pointer: steps are
//! neither skipped nor repeated (SESS-10, SESS-12), and a second person in the middle of a sign-in ends
//! it (SESS-11). No IO, no clock, no randomness; the row, its revision and the browser that owns it are
//! the broker's concern.
//!
//! ```
//! use chrono::{TimeZone, Utc};
//! use usher_domain::{
//!     AccountNeed, ApplicationId, Authentication, CorrelationId, FlowId, Interaction, SignInRequest, Subject, UserId,
//! };
//! use usher_login_flow::{Beginning, FlowEvent, FlowPlan, LoginFlow, Next, StepNumber, StepOption, advance, next};
//!
//! let now = Utc.timestamp_opt(1_800_000_000, 0).single().ok_or("no such time")?;
//! let flow = LoginFlow::begin(
//!     Beginning {
//!         id: FlowId::parse("f_1")?,
//!         correlation: CorrelationId::parse("7F3K-92QX-4DHV")?,
//!         request: SignInRequest {
//!             application: ApplicationId::parse("notes")?,
//!             interaction: Interaction::Allowed,
//!             max_age: None,
//!             login_hint: None,
//!             connection_hint: None,
//!             ui_locales: Vec::new(),
//!             acr_values: Vec::new(),
//!         },
//!         protocol_request: String::new(),
//!         plan: FlowPlan::one_step(1, AccountNeed::Any, vec![StepOption::Password]),
//!     },
//!     now,
//! );
//! assert!(matches!(next(&flow, now), Next::ShowSignIn(_)));
//!
//! let authentication = Authentication {
//!     subject: Subject::Local { user: UserId::parse("u_ann")? },
//!     at: now,
//!     connection: None,
//!     amr: vec!["pwd".to_owned()],
//!     pass_through: serde_json::Map::new(),
//!     groups: Vec::new(),
//!     factors: Vec::new(),
//!     acr: None,
//! };
//! let flow = advance(flow, FlowEvent::PasswordAccepted { step: StepNumber::FIRST, authentication }, now)?;
//! assert_eq!(next(&flow, now), Next::Finish);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(missing_docs)]

mod advance;
mod event;
mod factor;
pub mod factors;
mod flow;
pub mod lint;
mod next;
mod options;
mod passkeys;
mod plan;
mod proof;
mod remembered;
pub mod replay;
mod script;
mod session;

#[cfg(test)]
mod tests;

pub use advance::advance;
pub use event::{FlowError, FlowEvent};
pub use factor::{
    Enrolment, FactorAccount, FactorFacts, FactorOffer, FactorPage, FactorProof, FactorPurpose, PendingFactor,
    ProvedFactor, choose_page,
};
pub use factors::mail_code::{CODE_MINUTES, CodeStanding, SentCode};
pub use flow::{
    Beginning, CompletedStep, Evidence, Finality, FlowRefusal, FlowUnreadable, LoginFlow, ProvedIdentity,
    UpstreamDemand,
};
pub use next::{Next, SignInNotice, SignInOffer, next};
pub use plan::{FlowPlan, Options, Order, StepNumber, StepOption, StepPlan};
pub use proof::{Ownership, OwnershipBy, PendingProof, ProofOffer, WrongProof};
pub use remembered::answerable_by_browser;
pub use script::{
    Answered, AnsweredBy, Execution, MAX_QUESTIONS, PromptAsk, Question, QuestionResult, Renewal, ScriptEnding,
    ScriptProgress, ScriptSaid,
};
pub use session::{UnfitSession, session_fits};
