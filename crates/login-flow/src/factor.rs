//! Second factors, and passkeys by themselves: which is being asked for, what was proved, what was set up on the way.
//!
//! Which factors a person has is not known here: the dispatcher looks that up and chooses page and factor with
//! [`choose_page`]. What is set up during a sign-in waits in it and lands with its last transaction; a sign-in that is
//! abandoned leaves nothing behind.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use usher_domain::{Authentication, Authenticator, ConnectionId, FactorUse, RefusalCode, Subject};

use crate::advance::{at_open_step, complete};
use crate::event::FlowError;
use crate::flow::{CompletedStep, Evidence, Factor, Finality, FlowRefusal, LoginFlow};
use crate::plan::{StepNumber, StepOption};
use crate::remembered;
use crate::script::{self, Renewal};

/// What a page about a factor is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorPurpose {
    /// To prove one that the account has.
    Prove,
    /// To set one up.
    Enrol,
}

/// A factor that is being asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingFactor {
    /// The step.
    pub step: StepNumber,
    /// Which.
    pub authenticator: Authenticator,
    /// What for.
    pub purpose: FactorPurpose,
    /// What the broker needs to check the answer, opaque: a challenge, a code's hash, a new secret.
    pub state: String,
    /// Whether the attempt before was wrong.
    #[serde(default)]
    pub rejected: bool,
}

/// Something set up during a sign-in. It lands with the sign-in's last transaction. Holds secrets; seal it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Enrolment {
    /// An authenticator app.
    Totp {
        /// The secret, as text.
        secret: String,
        /// What the person calls it.
        name: String,
        /// The time step whose code confirmed it; it counts no more.
        step: i64,
    },
    /// A passkey.
    Passkey {
        /// Credential id, base64url.
        id: String,
        /// The credential, as text.
        credential: String,
        /// What the person calls it.
        name: String,
        /// Whether it is kept by a synchronising provider.
        backed_up: bool,
    },
    /// Recovery codes.
    RecoveryCodes {
        /// The codes, in plain, until the person has seen them; only hashes land.
        codes: Vec<String>,
    },
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Totp { .. } => "Totp",
            Self::Passkey { .. } => "Passkey",
            Self::RecoveryCodes { .. } => "RecoveryCodes",
        })
    }
}

/// Why a factor counts as proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum FactorProof {
    /// The person answered, with something that the account has.
    Answer {
        /// Id of the device or credential, where there is one.
        id: Option<String>,
    },
    /// It was set up just now.
    Enrolled,
    /// A code of the help desk stood for it.
    Bypass,
    /// This browser is remembered.
    Remembered,
    /// The connection proved it, and is trusted to.
    Connection,
    /// The session of this browser knows of it.
    Session,
}

impl FactorProof {
    /// Whether the person answered: now, or in the session that is used.
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Answer { .. } | Self::Enrolled | Self::Session)
    }
}

/// What the open step offers where the person is known already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorOffer {
    /// The open step; forms send it back.
    pub step: StepNumber,
    /// The local factors offered, in order.
    pub factors: Vec<Authenticator>,
    /// Whether the password is an option too.
    pub password: bool,
    /// Whether it was wrong just now.
    pub wrong_password: bool,
    /// Connections offered beside them.
    pub connections: Vec<ConnectionId>,
    /// What is being asked for.
    pub pending: Option<PendingFactor>,
    /// For how many days the browser may be remembered.
    pub remember_days: Option<u16>,
    /// Whether an existing session or device may stand for it.
    pub renewal: Renewal,
}

/// The account that factors would belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorAccount {
    /// It exists.
    Exists,
    /// The end of the sign-in makes it.
    WillExist,
    /// There is none, and none will be made.
    None,
}

/// What is known about the person's factors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorFacts {
    /// The account.
    pub account: FactorAccount,
    /// What the account has (an address that mail reaches counts for a code by mail).
    pub has: Vec<Authenticator>,
    /// What may be set up now.
    pub may_enrol: Vec<Authenticator>,
    /// The way used last, to come first.
    pub last_used: Option<Authenticator>,
}

/// What is shown for the open step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactorPage {
    /// Ask for this factor; the others are behind "use another way".
    Ask {
        /// Which.
        authenticator: Authenticator,
        /// The other ways, in order.
        others: Vec<Authenticator>,
    },
    /// Nothing is set up: let the person choose what to set up.
    Enrol {
        /// What may be set up; never empty.
        choices: Vec<Authenticator>,
    },
    /// It cannot be done.
    Refuse {
        /// Why.
        code: RefusalCode,
    },
}

/// Chooses what to show, from what the step offers and what the person has. A required factor that the person lacks is
/// set up or refused, never passed in silence.
pub fn choose_page(offer: &FactorOffer, facts: &FactorFacts) -> FactorPage {
    let usable =
        |a: &Authenticator| facts.has.contains(a) && (facts.account == FactorAccount::Exists || !a.needs_account());
    let mut have: Vec<Authenticator> = offer.factors.iter().copied().filter(usable).collect();
    // A recovery code stands in for a lost device: never the first thing asked for.
    have.sort_by_key(|a| (*a == Authenticator::RecoveryCode, Some(*a) != facts.last_used));
    if let Some((first, others)) = have.split_first() {
        return FactorPage::Ask { authenticator: *first, others: others.to_vec() };
    }
    let enrollable =
        |a: &Authenticator| facts.may_enrol.contains(a) && (facts.account != FactorAccount::None || !a.needs_account());
    let choices: Vec<Authenticator> =
        offer.factors.iter().copied().filter(|a| *a != Authenticator::RecoveryCode).filter(enrollable).collect();
    match (choices.is_empty(), facts.account) {
        (false, _) => FactorPage::Enrol { choices },
        (true, FactorAccount::None) => FactorPage::Refuse { code: RefusalCode::MfaNeedsAccount },
        (true, FactorAccount::Exists | FactorAccount::WillExist) => {
            FactorPage::Refuse { code: RefusalCode::MfaUnavailable }
        }
    }
}

impl LoginFlow {
    /// The local factors of a step as it is open now.
    pub(crate) fn offered_factors(&self, step: StepNumber) -> Vec<Authenticator> {
        let of = |option: &StepOption| match option {
            StepOption::Factor { authenticator } => Some(*authenticator),
            StepOption::Password | StepOption::Connection { .. } => None,
        };
        self.step_options(step).iter().filter_map(of).collect()
    }

    /// Whether a session that began with a passkey may stand for a step.
    pub(crate) fn begins_with_passkey(&self, step: StepNumber, authentication: &Authentication) -> bool {
        let passkey = authentication.factors.iter().any(|used| used.factor == Authenticator::Passkey);
        passkey && self.offered_factors(step).contains(&Authenticator::Passkey)
    }

    /// What was set up on the way.
    pub fn enrolments(&self) -> &[Enrolment] {
        &self.enrolments
    }

    /// Recovery codes that the person has not confirmed to have seen.
    pub fn codes_to_show(&self) -> Option<&[String]> {
        if self.codes_seen {
            return None;
        }
        self.enrolments.iter().find_map(|enrolment| match enrolment {
            Enrolment::RecoveryCodes { codes } => Some(codes.as_slice()),
            Enrolment::Totp { .. } | Enrolment::Passkey { .. } => None,
        })
    }

    /// Whether the person wants this browser remembered, and for how many days it may be.
    pub fn remembers(&self) -> Option<u16> {
        let answered = |done: &CompletedStep| {
            matches!(&done.evidence, Evidence::Factor { proof: FactorProof::Answer { .. } | FactorProof::Enrolled, .. })
        };
        let second = self.completed.iter().skip(1).any(answered);
        self.plan.remember_days.filter(|_| self.remember && second)
    }

    /// Who the flow is about so far.
    pub fn subject(&self) -> Option<&Subject> {
        self.completed.first().map(|done| &done.authentication.subject)
    }

    pub(crate) fn clear_factors(&mut self) {
        self.pending_factor = None;
        self.enrolments.clear();
        self.codes_seen = false;
        self.remember = false;
    }

    /// What is forgotten when a step is left.
    pub(crate) fn clear_step(&mut self) {
        self.rejection = None;
        self.proof = None;
        self.pending_factor = None;
    }

    /// After steps were taken back: what they set up goes with them.
    pub(crate) fn drop_factors_of_nobody(&mut self) {
        self.clear_factors();
    }
}

/// The offer of the open step, where the person is known and the step has local factors.
pub(crate) fn offer(flow: &LoginFlow, step: StepNumber) -> Option<FactorOffer> {
    let factors = flow.offered_factors(step);
    if flow.completed.is_empty() || factors.is_empty() {
        return None;
    }
    Some(FactorOffer {
        step,
        password: flow.offers_password(step),
        wrong_password: flow.rejection.is_some(),
        connections: flow.offered_connections(step).cloned().collect(),
        pending: flow.pending_factor.clone().filter(|pending| pending.step == step),
        remember_days: flow.plan.remember_days,
        renewal: flow.renewal(),
        factors,
    })
}

/// Something is asked for.
pub(crate) fn begin(mut flow: LoginFlow, pending: PendingFactor) -> Result<LoginFlow, FlowError> {
    if !flow.offered_factors(pending.step).contains(&pending.authenticator) {
        return Err(FlowError::NotOffered);
    }
    // A page that asks for the password too keeps its word about it.
    let rejection = flow.rejection.take();
    at_open_step(&mut flow, pending.step)?;
    flow.rejection = rejection;
    flow.pending_factor = Some(PendingFactor { rejected: false, ..pending });
    Ok(flow)
}

/// The person wants another way within the step.
pub(crate) fn drop_pending(mut flow: LoginFlow, step: StepNumber) -> Result<LoginFlow, FlowError> {
    at_open_step(&mut flow, step)?;
    flow.pending_factor = None;
    Ok(flow)
}

/// A wrong answer: counted here too, so that it counts before any account exists.
pub(crate) fn reject(
    mut flow: LoginFlow,
    step: StepNumber,
    authenticator: Authenticator,
) -> Result<LoginFlow, FlowError> {
    if !flow.offered_factors(step).contains(&authenticator) {
        return Err(FlowError::NotOffered);
    }
    if flow.open_step() != Some(step) {
        return Err(FlowError::StepClosed);
    }
    let limit = flow.execution().and_then(|execution| execution.attempts);
    let limit = limit.map_or(LoginFlow::MAX_FAILED_ATTEMPTS, |n| n.clamp(1, LoginFlow::MAX_FAILED_ATTEMPTS));
    let failed = flow.failed.entry(Factor::of(authenticator)).or_insert(0);
    *failed = failed.saturating_add(1);
    let spent = *failed >= limit;
    flow.rejection = None;
    if let Some(pending) = &mut flow.pending_factor {
        pending.rejected = true;
    }
    if spent {
        let code = RefusalCode::RateLimited;
        return Ok(script::failed(flow, FlowRefusal { code, connection: None, finality: Finality::Final }));
    }
    Ok(flow)
}

/// What the broker proved about a factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvedFactor {
    /// The open step.
    pub step: StepNumber,
    /// Which.
    pub authenticator: Authenticator,
    /// Why it counts.
    pub by: FactorProof,
    /// When it was proved.
    pub at: DateTime<Utc>,
    /// Its methods after RFC 8176.
    pub amr: Vec<String>,
    /// What was set up with it.
    pub enrolments: Vec<Enrolment>,
}

/// Completes the open step for the person that the flow is about.
pub(crate) fn prove(mut flow: LoginFlow, proved: ProvedFactor) -> Result<LoginFlow, FlowError> {
    let ProvedFactor { step, authenticator, by, at, amr, enrolments } = proved;
    if !flow.offered_factors(step).contains(&authenticator) {
        return Err(FlowError::NotOffered);
    }
    let Some(first) = flow.completed.first() else { return Err(FlowError::StepClosed) };
    if flow.open_step() != Some(step) {
        return Err(FlowError::StepClosed);
    }
    if (by == FactorProof::Enrolled) == enrolments.is_empty() {
        return Err(FlowError::Incoherent("something set up comes with what was set up"));
    }
    if let FactorProof::Answer { id: Some(id) } = &by
        && authenticator == Authenticator::Passkey
        && !flow.passkey_counts(step, id)
    {
        return Err(FlowError::NotOffered);
    }
    let local = matches!(first.authentication.subject, Subject::Local { .. });
    let begun = |pending: &PendingFactor| {
        pending.purpose == FactorPurpose::Enrol && pending.step == step && pending.authenticator == authenticator
    };
    if by == FactorProof::Enrolled && !flow.pending_factor.as_ref().is_some_and(begun) {
        return Err(FlowError::Incoherent("this was not being set up"));
    }
    let unasked = matches!(by, FactorProof::Remembered | FactorProof::Connection | FactorProof::Session);
    if unasked && flow.renewal() == Renewal::Forced {
        return Err(FlowError::Incoherent("it must be proved anew"));
    }
    if by == FactorProof::Remembered {
        remembered::check(&flow, at)?;
    }
    if matches!(by, FactorProof::Bypass | FactorProof::Remembered) && !local {
        return Err(FlowError::Incoherent("only an account has codes and remembered browsers"));
    }
    let authentication = Authentication {
        subject: first.authentication.subject.clone(),
        at,
        connection: None,
        amr,
        pass_through: serde_json::Map::new(),
        groups: Vec::new(),
        // Only what the person answered is worth anything in another sign-in: a remembered browser, a code of the help
        // desk and a provider's word count here and now.
        factors: if by.is_answer() { vec![FactorUse { factor: authenticator, at }] } else { Vec::new() },
        acr: None,
    };
    flow.enrolments.extend(enrolments);
    complete(flow, step, authentication, Evidence::Factor { authenticator, proof: by })
}

/// A passkey said who the person is.
pub(crate) fn accept_passkey(
    flow: LoginFlow,
    step: StepNumber,
    authentication: Authentication,
    id: String,
) -> Result<LoginFlow, FlowError> {
    if !flow.offered_factors(step).contains(&Authenticator::Passkey) || !flow.passkey_counts(step, &id) {
        return Err(FlowError::NotOffered);
    }
    if authentication.connection.is_some() || !matches!(authentication.subject, Subject::Local { .. }) {
        return Err(FlowError::Incoherent("a passkey belongs to a local account"));
    }
    let proof = FactorProof::Answer { id: Some(id) };
    complete(flow, step, authentication, Evidence::Factor { authenticator: Authenticator::Passkey, proof })
}

/// Completes the open steps for which the session that began this sign-in knows a factor already (a step-up asks only
/// for what is missing), oldest rule first: nothing that must be new, nothing older than the application takes.
pub(crate) fn reuse_known(mut flow: LoginFlow) -> LoginFlow {
    while let Some((step, known)) = known_factor(&flow) {
        let proved = ProvedFactor {
            step,
            authenticator: known.factor,
            by: FactorProof::Session,
            at: known.at,
            amr: Vec::new(),
            enrolments: Vec::new(),
        };
        match prove(flow.clone(), proved) {
            Ok(after) => flow = after,
            Err(_) => return flow,
        }
    }
    flow
}

fn known_factor(flow: &LoginFlow) -> Option<(StepNumber, FactorUse)> {
    let reused = matches!(flow.completed.first()?.evidence, Evidence::Session(_));
    if !reused || flow.renewal() == Renewal::Forced {
        return None;
    }
    let step = flow.open_step()?;
    let offered = flow.offered_factors(step);
    let fresh =
        |at: DateTime<Utc>| flow.request.max_age.is_none_or(|limit| crate::session::is_recent(at, limit, flow.seen_at));
    let known = &flow.completed.first()?.authentication.factors;
    // A passkey that the session began with stood for the first step.
    let first = flow.completed.first()?.step;
    let spent = flow.offered_factors(first).contains(&Authenticator::Passkey);
    let spent = |f: &FactorUse| spent && f.factor == Authenticator::Passkey;
    let taken =
        |f: &FactorUse| spent(f) || flow.completed.iter().skip(1).any(|done| done.authentication.factors.contains(f));
    known.iter().find(|f| offered.contains(&f.factor) && fresh(f.at) && !taken(f)).map(|f| (step, f.clone()))
}
