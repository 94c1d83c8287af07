//! Proving to own an existing account before an external identity is linked to it.
//!
//! The proof belongs to one sign-in, one connection, one issuer, one external subject and one local account (LINK-08): all
//! of them stand in the state, and another answer, another way or another match drops it. A code counts once, five minutes
//! and five attempts long, and only where it was asked for: the state is the browser's own. Whether a password or a code
//! was right is the broker's word.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use usher_domain::{Authentication, ConnectionId, RefusalCode, Subject, UserId};

use crate::advance::{at_open_step, complete, departed, stale_upstream};
use crate::event::FlowError;
use crate::factors::mail_code::{CODES_PER_FLOW, CodeStanding, SentCode};
use crate::flow::{Evidence, Factor, Finality, FlowRefusal, LoginFlow, ProvedIdentity};
use crate::plan::StepNumber;
use crate::script;

/// Longest user name that is kept to fill the form in again.
const MAX_TYPED_NAME: usize = 128;

/// How a person proved to own an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum OwnershipBy {
    /// Its user name and password.
    Password,
    /// A code that was mailed to its address.
    MailCode {
        /// The address, by its unique key: it must still be the account's when the link is made.
        address: String,
    },
}

/// A proof that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ownership {
    /// The account.
    pub user: UserId,
    /// How.
    pub by: OwnershipBy,
    /// When.
    pub at: DateTime<Utc>,
}

/// What a person gave that was not right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum WrongProof {
    /// User name or password, or those of another account: nothing says which.
    Password {
        /// What was typed as user name, to fill the form in again.
        typed_name: Option<String>,
    },
    /// A code.
    Code,
}

/// A proof that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingProof {
    pub(crate) step: StepNumber,
    pub(crate) proved: ProvedIdentity,
    pub(crate) user: UserId,
    #[serde(default)]
    pub(crate) code: Option<SentCode>,
    #[serde(default)]
    pub(crate) wrong: Option<WrongProof>,
}

impl PendingProof {
    /// What the provider proved, with the decision that asks.
    pub fn proved(&self) -> &ProvedIdentity {
        &self.proved
    }

    /// The account that must be proved.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// The code that may still be typed.
    pub fn live_code(&self, now: DateTime<Utc>) -> Option<&SentCode> {
        self.code.as_ref().filter(|code| code.is_live(now))
    }
}

/// What the page "Link your account" offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofOffer {
    /// The open step.
    pub step: StepNumber,
    /// The connection that proved the identity.
    pub connection: ConnectionId,
    /// What was wrong last.
    pub wrong: Option<WrongProof>,
    /// The code.
    pub code: CodeStanding,
    /// How many more codes may be sent.
    pub sends_left: u32,
}

pub(crate) fn offer(flow: &LoginFlow, now: DateTime<Utc>) -> Option<ProofOffer> {
    let proof = flow.proof.as_ref().filter(|proof| flow.open_step() == Some(proof.step))?;
    let code = CodeStanding::of(proof.code.as_ref(), flow.no_earlier(now));
    Some(ProofOffer {
        step: proof.step,
        connection: proof.proved.identity.key.connection.clone(),
        wrong: proof.wrong.clone(),
        code,
        sends_left: CODES_PER_FLOW.saturating_sub(flow.codes_sent),
    })
}

/// Asks for a proof. A step that this very identity completed is taken back: the end decided anew.
pub(crate) fn ask(
    mut flow: LoginFlow,
    step: StepNumber,
    proved: ProvedIdentity,
    user: UserId,
) -> Result<LoginFlow, FlowError> {
    if proved.ownership.is_some() {
        return Err(FlowError::Incoherent("a proof that is asked for does not stand yet"));
    }
    departed(&flow, step, &proved)?;
    let same = |evidence: &Evidence| matches!(evidence, Evidence::Identity(known) if known.identity == proved.identity);
    if let Some(position) = flow.completed.iter().rposition(|done| done.step == step && same(&done.evidence)) {
        script::take_back(&mut flow, position);
    }
    at_open_step(&mut flow, step)?;
    if let Some(refusal) = stale_upstream(&flow, &proved) {
        flow.refuse(refusal);
        return Ok(flow);
    }
    flow.proof = Some(PendingProof { step, proved, user, code: None, wrong: None });
    Ok(flow)
}

fn pending(flow: &mut LoginFlow) -> Result<&mut PendingProof, FlowError> {
    let open = flow.open_step();
    flow.proof.as_mut().filter(|proof| open == Some(proof.step)).ok_or(FlowError::NothingToProve)
}

pub(crate) fn send_code(mut flow: LoginFlow, code: SentCode) -> Result<LoginFlow, FlowError> {
    if flow.codes_sent >= CODES_PER_FLOW {
        return Err(FlowError::TooManyCodes);
    }
    let proof = pending(&mut flow)?;
    proof.code = Some(code.uncounted());
    proof.wrong = None;
    flow.codes_sent = flow.codes_sent.saturating_add(1);
    Ok(flow)
}

pub(crate) fn reject(mut flow: LoginFlow, wrong: WrongProof) -> Result<LoginFlow, FlowError> {
    let proof = pending(&mut flow)?;
    if let (WrongProof::Code, Some(code)) = (&wrong, &mut proof.code) {
        code.count_wrong();
    }
    let is_password = matches!(wrong, WrongProof::Password { .. });
    proof.wrong = Some(match wrong {
        WrongProof::Password { typed_name } => {
            WrongProof::Password { typed_name: typed_name.map(|name| name.chars().take(MAX_TYPED_NAME).collect()) }
        }
        WrongProof::Code => WrongProof::Code,
    });
    if is_password {
        let failed = flow.failed.entry(Factor::Password).or_insert(0);
        *failed = failed.saturating_add(1);
        if *failed >= LoginFlow::MAX_FAILED_ATTEMPTS {
            let code = RefusalCode::RateLimited;
            flow.refuse(FlowRefusal { code, connection: None, finality: Finality::Final });
        }
    }
    Ok(flow)
}

/// Completes the step with the identity that waited: nothing of it comes with the event (LINK-10).
pub(crate) fn prove(
    mut flow: LoginFlow,
    by: OwnershipBy,
    authentication: Authentication,
    decision: String,
) -> Result<LoginFlow, FlowError> {
    let at = flow.seen_at;
    let proof = pending(&mut flow)?;
    let key = &proof.proved.identity.key;
    let fits = authentication.subject == Subject::Local { user: proof.user.clone() }
        && authentication.connection.as_ref() == Some(&key.connection);
    if !fits {
        return Err(FlowError::Incoherent("a proof of another account"));
    }
    if let OwnershipBy::MailCode { address } = &by
        && proof.live_code(at).is_none_or(|code| code.address.as_ref() != Some(address))
    {
        return Err(FlowError::Incoherent("a code that was not sent there, or is void"));
    }
    let ownership = Ownership { user: proof.user.clone(), by, at };
    let proved = ProvedIdentity { ownership: Some(ownership), decision, ..proof.proved.clone() };
    let step = proof.step;
    complete(flow, step, authentication, Evidence::Identity(Box::new(proved)))
}
