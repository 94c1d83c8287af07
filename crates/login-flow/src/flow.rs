//! The state of a sign-in: facts only, with the codec of its stored form.
//!
//! The broker seals the text and keeps it in the ephemeral table of flows. Pending hand-shakes live in
//! rows of their own, so Back and "another provider" leave several of them open for one flow.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use usher_domain::{
    Authentication, Authenticator, ConnectionId, CorrelationId, ExternalIdentity, FlowId, Interaction, RefusalCode,
    SessionId, SignInRequest,
};

use crate::factor::{Enrolment, FactorProof, PendingFactor};
use crate::factors::combined_amr;
use crate::plan::{FlowPlan, Options, Order, StepNumber};
use crate::proof::{Ownership, PendingProof};
use crate::script::{Renewal, ScriptEnding, ScriptProgress};

/// A proved external identity and the opaque decision of provisioning about it (the broker's codec).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvedIdentity {
    /// What the provider proved; the end of the sign-in decides again from it.
    pub identity: ExternalIdentity,
    /// The decision that steered the flow.
    pub decision: String,
    /// The account that the person proved to own, for this identity and in this sign-in.
    #[serde(default)]
    pub ownership: Option<Ownership>,
}

/// What a completed step rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum Evidence {
    /// User name and password.
    Password,
    /// An external identity provider.
    Identity(Box<ProvedIdentity>),
    /// A session that this browser already had.
    Session(SessionId),
    /// A second factor, or a passkey by itself.
    Factor {
        /// Which.
        authenticator: Authenticator,
        /// Why it counts.
        proof: FactorProof,
    },
}

/// A step that a person completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletedStep {
    /// Which.
    pub step: StepNumber,
    /// Who, how and when.
    pub authentication: Authentication,
    /// What it rests on.
    pub evidence: Evidence,
    /// When the step was completed.
    pub at: DateTime<Utc>,
}

/// Whether a refused sign-in may go on in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finality {
    /// "Try again" and "use another way" are offered.
    Restartable,
    /// Only the application can start a new sign-in.
    Final,
}

/// Why a sign-in does not go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowRefusal {
    /// Stable code.
    pub code: RefusalCode,
    /// The connection that the text speaks of.
    pub connection: Option<ConnectionId>,
    /// Whether another way is open.
    pub finality: Finality,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Standing {
    Open,
    Refused { refusal: FlowRefusal },
    Ended { ending: ScriptEnding },
    Finished { at: DateTime<Utc> },
}

/// What attempts are counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Factor {
    Password,
    Passkey,
    Totp,
    EmailOtp,
    RecoveryCode,
}

impl Factor {
    pub(crate) fn of(authenticator: Authenticator) -> Self {
        match authenticator {
            Authenticator::Password => Self::Password,
            Authenticator::Passkey => Self::Passkey,
            Authenticator::Totp => Self::Totp,
            Authenticator::EmailOtp => Self::EmailOtp,
            Authenticator::RecoveryCode => Self::RecoveryCode,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChosenConnection {
    pub step: StepNumber,
    pub connection: ConnectionId,
}

/// Who the person says to be, on a page that asks for nothing else first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identified {
    pub typed: String,
    /// Where people of the typed domain sign in; empty: here.
    pub connections: Vec<ConnectionId>,
    /// Whether the sign-in went to one of them already, so that Back shows the page.
    pub departed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rejection {
    pub typed_name: Option<String>,
}

/// What a sign-in begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// A fresh id.
    pub id: FlowId,
    /// What the person can read out.
    pub correlation: CorrelationId,
    /// What the application asks, in neutral words.
    pub request: SignInRequest,
    /// The application's validated request, opaque here; answered when the sign-in ends.
    pub protocol_request: String,
    /// What is offered.
    pub plan: FlowPlan,
}

/// What to ask of the external provider on departure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamDemand {
    /// Whether the provider must authenticate the person anew (`prompt=login`).
    pub reauthenticate: bool,
    /// Oldest acceptable authentication at the provider, in seconds (`max_age`).
    pub max_age: Option<u64>,
    /// Whom the application expects.
    pub login_hint: Option<String>,
    /// Languages wanted, best first.
    pub ui_locales: Vec<String>,
}

/// Why a stored flow cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FlowUnreadable {
    /// It was written by another version of this code.
    #[error("stored flow has version {0}")]
    Version(u16),
    /// It is not the JSON of a flow.
    #[error("stored flow is malformed")]
    Malformed(#[from] serde_json::Error),
    /// Its facts contradict each other.
    #[error("stored flow is inconsistent: {0}")]
    Inconsistent(&'static str),
}

/// A sign-in in progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginFlow {
    version: u16,
    pub(crate) id: FlowId,
    pub(crate) correlation: CorrelationId,
    pub(crate) request: SignInRequest,
    pub(crate) protocol_request: String,
    pub(crate) plan: FlowPlan,
    pub(crate) created_at: DateTime<Utc>,
    /// Latest time seen: a clock that jumps back never lengthens a sign-in (SESS-06).
    pub(crate) seen_at: DateTime<Utc>,
    pub(crate) events: u32,
    pub(crate) completed: Vec<CompletedStep>,
    pub(crate) chosen: Vec<ChosenConnection>,
    pub(crate) failed: BTreeMap<Factor, u32>,
    pub(crate) rejection: Option<Rejection>,
    #[serde(default)]
    pub(crate) identified: Option<Identified>,
    #[serde(default)]
    pub(crate) proof: Option<PendingProof>,
    /// Codes that this sign-in had sent, whatever became of them.
    #[serde(default)]
    pub(crate) codes_sent: u32,
    #[serde(default)]
    pub(crate) pending_factor: Option<PendingFactor>,
    #[serde(default)]
    pub(crate) enrolments: Vec<Enrolment>,
    #[serde(default)]
    pub(crate) codes_seen: bool,
    #[serde(default)]
    pub(crate) remember: bool,
    #[serde(default)]
    pub(crate) script: ScriptProgress,
    /// How often the person asked for another way.
    pub(crate) restarts: u32,
    pub(crate) standing: Standing,
}

impl LoginFlow {
    /// Version of the stored form.
    pub const VERSION: u16 = 1;
    /// How long a sign-in may take, in minutes.
    pub const LIFE_MINUTES: i64 = 30;
    /// Most events of one sign-in.
    pub const MAX_EVENTS: u32 = 64;
    /// Failed attempts per factor that end a sign-in.
    pub const MAX_FAILED_ATTEMPTS: u32 = 10;

    /// A new sign-in.
    pub fn begin(beginning: Beginning, now: DateTime<Utc>) -> Self {
        Self {
            version: Self::VERSION,
            id: beginning.id,
            correlation: beginning.correlation,
            request: beginning.request,
            protocol_request: beginning.protocol_request,
            plan: beginning.plan,
            created_at: now,
            seen_at: now,
            events: 0,
            completed: Vec::new(),
            chosen: Vec::new(),
            failed: BTreeMap::new(),
            rejection: None,
            identified: None,
            proof: None,
            codes_sent: 0,
            pending_factor: None,
            enrolments: Vec::new(),
            codes_seen: false,
            remember: false,
            script: ScriptProgress::default(),
            restarts: 0,
            standing: Standing::Open,
        }
    }

    /// The stored form: JSON with a version. It holds personal values; seal it.
    pub fn encode(&self) -> Result<String, FlowUnreadable> {
        if self.plan.options == Options::Carried {
            return Ok(serde_json::to_string(self)?);
        }
        let mut stored = self.clone();
        stored.plan.shed();
        Ok(serde_json::to_string(&stored)?)
    }

    /// Reads the stored form back; a flow of another version is refused, not guessed at.
    pub fn decode(text: &str) -> Result<Self, FlowUnreadable> {
        #[derive(Deserialize)]
        struct Probe {
            version: u16,
        }
        let probe: Probe = serde_json::from_str(text)?;
        if probe.version != Self::VERSION {
            return Err(FlowUnreadable::Version(probe.version));
        }
        let flow: Self = serde_json::from_str(text)?;
        if flow.plan.order == Order::Scripted {
            return Ok(flow);
        }
        if flow.completed.len() > flow.plan.steps.len() {
            return Err(FlowUnreadable::Inconsistent("more steps completed than planned"));
        }
        if flow.completed.iter().enumerate().any(|(i, done)| Some(done.step) != StepNumber::at(i)) {
            return Err(FlowUnreadable::Inconsistent("steps completed out of order"));
        }
        Ok(flow)
    }

    /// The id.
    pub fn id(&self) -> &FlowId {
        &self.id
    }

    /// What the person can read out.
    pub fn correlation(&self) -> &CorrelationId {
        &self.correlation
    }

    /// What the application asks.
    pub fn request(&self) -> &SignInRequest {
        &self.request
    }

    /// The application's request in the words of its protocol, opaque.
    pub fn protocol_request(&self) -> &str {
        &self.protocol_request
    }

    /// What is offered.
    pub fn plan(&self) -> &FlowPlan {
        &self.plan
    }

    /// Puts the options back that were too many to carry: those of `present`, a plan of the same application.
    pub fn look_up_options(&mut self, present: FlowPlan) {
        if self.plan.options == Options::LookedUp {
            for (step, now) in self.plan.steps.iter_mut().zip(present.steps) {
                step.options = now.options;
            }
        }
    }

    /// When it began.
    pub fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    /// When it ends, whatever happens.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.created_at + Duration::minutes(Self::LIFE_MINUTES)
    }

    /// The steps completed so far, in order.
    pub fn completed(&self) -> &[CompletedStep] {
        &self.completed
    }

    /// Whether every step is completed. A plan without steps never is.
    pub(crate) fn is_complete(&self) -> bool {
        let done = match self.plan.order {
            Order::InTurn => self.completed.len() >= self.plan.required(),
            Order::Scripted => self.script.succeeded,
        };
        done && !self.completed.is_empty()
    }

    /// The step that is open: the first that is not completed, or the one that the script asked for.
    pub fn open_step(&self) -> Option<StepNumber> {
        match self.plan.order {
            Order::InTurn if self.is_complete() => None,
            Order::InTurn => StepNumber::at(self.completed.len()),
            Order::Scripted => self.execution().map(|execution| execution.step),
        }
    }

    /// The completed step that says who the person is: the subject step, or the first where that was never executed.
    pub fn subject_completed(&self) -> Option<&CompletedStep> {
        let own = self.completed.iter().rev().find(|done| done.step == self.plan.subject_step);
        own.or(self.completed.first())
    }

    /// Who signed in, once every step is completed: the subject step with the methods of all steps.
    pub fn authentication(&self) -> Option<Authentication> {
        if !self.is_complete() {
            return None;
        }
        let mut authentication = self.subject_completed()?.authentication.clone();
        let first = authentication.amr.clone();
        for done in &self.completed {
            for method in &done.authentication.amr {
                if !authentication.amr.contains(method) {
                    authentication.amr.push(method.clone());
                }
            }
            for factor in &done.authentication.factors {
                if !authentication.factors.contains(factor) {
                    authentication.factors.push(factor.clone());
                }
            }
        }
        let used: Vec<Authenticator> = authentication.factors.iter().map(|used| used.factor).collect();
        for method in combined_amr(&first, &used) {
            if !authentication.amr.contains(&method) {
                authentication.amr.push(method);
            }
        }
        let reached = match self.plan.order {
            Order::InTurn => self.plan.acr.clone(),
            Order::Scripted => self.script.acr.clone(),
        };
        // A browser that is remembered claims nothing: whoever asks for a class gets an answer of the person.
        authentication.acr = reached.filter(|_| !self.is_by_browser());
        Some(authentication)
    }

    /// The proved identity of the subject step, if it was federated in this very sign-in.
    pub fn proved_identity(&self) -> Option<&ProvedIdentity> {
        match &self.subject_completed()?.evidence {
            Evidence::Identity(proved) => Some(proved),
            Evidence::Password | Evidence::Session(_) | Evidence::Factor { .. } => None,
        }
    }

    /// The proof of ownership that is asked for.
    pub fn pending_proof(&self) -> Option<&PendingProof> {
        self.proof.as_ref()
    }

    /// The session that satisfied the subject step, if one did.
    pub fn reused_session(&self) -> Option<&SessionId> {
        match &self.subject_completed()?.evidence {
            Evidence::Session(id) => Some(id),
            Evidence::Password | Evidence::Identity(_) | Evidence::Factor { .. } => None,
        }
    }

    /// The connection chosen last.
    pub fn last_connection(&self) -> Option<&ConnectionId> {
        self.chosen.last().map(|c| &c.connection)
    }

    /// What to ask of the external provider on departure.
    pub fn demand(&self) -> UpstreamDemand {
        UpstreamDemand {
            reauthenticate: self.renewal() == Renewal::Forced,
            max_age: self.request.max_age,
            login_hint: self.request.login_hint.clone(),
            ui_locales: self.request.ui_locales.clone(),
        }
    }

    /// `now`, but never before what this sign-in has already seen.
    pub(crate) fn no_earlier(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now.max(self.seen_at)
    }

    /// Ends or interrupts the sign-in and drops what was proved.
    pub(crate) fn refuse(&mut self, refusal: FlowRefusal) {
        self.forget_steps();
        self.proof = None;
        self.standing = Standing::Refused { refusal };
    }

    /// Drops what was proved and set up; a script begins again at its top.
    pub(crate) fn forget_steps(&mut self) {
        self.completed.clear();
        self.clear_factors();
        self.script = ScriptProgress::default();
    }

    /// Whether what the person proved before may stand for the open step.
    pub(crate) fn renewal(&self) -> Renewal {
        if self.request.interaction == Interaction::Forced {
            return Renewal::Forced;
        }
        self.execution().map_or(Renewal::Allowed, |execution| execution.renewal)
    }
}
