//! The one durable transaction of a sign-in: account, link, session, grant with its code, audit and trace, or nothing.
//!
//! It decides again from fresh facts and commits only if outcome and user are as the flow had them
//! Constraints find the losers of a race; nothing is locked.

mod account;
mod enrol;
mod grounds;
mod groups;
mod link;
mod records;

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use usher_domain::{
    AccountState, Authentication, Claims, Entropy, FlowId, FlowOwner, RefusalCode, SecretText, SessionId, SignInTrace,
    Subject, User, UserId,
};
use usher_login_flow::replay::Recording;
use usher_login_flow::{CompletedStep, Enrolment};
use usher_oidc_provider::authorize::{AuthorizationRequest, ExpectedSubject};
use usher_oidc_provider::responses::AuthorizationAnswer;
use usher_provisioning::Decision;
use usher_storage::sessions::CookieId;
use usher_storage::{Hash, Store, Tx, config, credentials, passkeys, sessions, users};

pub use account::verified_email;
pub use grounds::owns_with_factors;
pub use link::shown;
pub use records::SESSION_KEY;

use super::evidence::{DecisionContext, decide_now};
use super::script;
use crate::answer::Beside;
use crate::answer::RememberedDevice;
use crate::failure::Fault;
use crate::replay;
use crate::visitor::Visitor;

/// What authenticated the person.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A local account by password.
    Local,
    /// A local account by passkey: the credential's id.
    Passkey(String),
    /// A session of this browser that is reused.
    Session(SessionId),
    /// An external identity, with the decision that the flow rests on.
    Identity(Box<DecisionContext>, Box<Decision>),
}

/// Everything decided before the transaction; cheap to clone for a retry.
#[derive(Clone)]
pub struct FinishPlan {
    /// For sealing inside the transaction.
    pub store: Store,
    /// For ids and seals.
    pub entropy: Arc<dyn Entropy>,
    /// The time.
    pub now: DateTime<Utc>,
    /// The configuration that all of this was decided under.
    pub config_version: i64,
    /// How long a session lasts that begins now.
    pub session_life: Duration,
    /// The flow.
    pub flow: FlowId,
    /// The application's request.
    pub request: AuthorizationRequest,
    /// Whom the application expects.
    pub expected: ExpectedSubject,
    /// What authenticated the person.
    pub proof: Proof,
    /// Who, how, when, as the flow has it.
    pub authentication: Authentication,
    /// The subject of a person without a local account.
    pub pass_through_subject: Option<String>,
    /// The code, and the answer that carries it.
    pub code: SecretText,
    /// The answer that carries the code.
    pub answer: AuthorizationAnswer,
    /// The browser's old session, which ends.
    pub old_session: Option<Hash>,
    /// Who asks.
    pub visitor: Visitor,
    /// Every completed step: what it rests on must still be there at the end.
    pub completed: Vec<CompletedStep>,
    /// What was set up on the way.
    pub enrolments: Vec<Enrolment>,
    /// Whose flow it was; none for an application's own settings.
    pub owner: Option<FlowOwner>,
    /// A token for the browser to remember, and for how many days.
    pub remember: Option<(SecretText, u16)>,
    /// What the script wants done, opaque (the codec of `script::effects`).
    pub script_record: Option<String>,
    /// When the session that is raised to more factors ends.
    pub session_ends: Option<DateTime<Utc>>,
    /// What happened so far.
    pub trace: SignInTrace,
    /// Whether mail can be sent.
    pub can_mail: bool,
    /// What is recorded of it to try drafts on, where that is wanted.
    pub recording: Option<Box<Recording>>,
    /// Set when the transaction itself changes the configuration.
    pub configuration_moved: bool,
}

/// What was committed.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The new session's cookie; absent when a session was reused.
    pub cookie: Option<CookieId>,
    /// The cookie of a browser that is remembered from now on.
    pub device: Option<RememberedDevice>,
    /// The trace as it was written.
    pub trace: SignInTrace,
    /// Whether the configuration changed with it.
    pub configuration_moved: bool,
    /// What the script adds to the response.
    pub beside: Beside,
}

/// Why nothing was committed.
#[derive(Debug)]
pub enum NotCommitted {
    /// The facts moved: this is the decision now.
    Redecided(Box<Decision>),
    /// Another sign-in of the same person came first: look again.
    RaceLost,
    /// The configuration moved: look again.
    ConfigurationMoved,
    /// The application named somebody else.
    AnotherPerson,
    /// This flow has its grant already.
    AlreadyFinished,
    /// The person is refused.
    Refused(RefusalCode),
    /// A fault.
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for NotCommitted {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}

/// Who the person turned out to be.
pub struct Person {
    /// The local account, if there is one.
    pub user: Option<UserId>,
    /// What applications know the person by.
    pub public_subject: String,
    /// Mapped attributes of a person without an account.
    pub pass_through: Claims,
    /// Mapped groups of a person without an account.
    pub groups: Vec<String>,
}

/// Runs inside the transaction.
pub async fn commit(tx: &mut Tx, mut plan: FinishPlan) -> Result<Committed, NotCommitted> {
    if !config::assert_config_version(tx, plan.config_version).await? {
        return Err(NotCommitted::ConfigurationMoved);
    }
    let person = resolve(tx, &mut plan).await?;
    grounds::still_stand(tx, &plan, &person).await?;
    if !plan.expected.fits_sign_in(&person.public_subject) {
        return Err(NotCommitted::AnotherPerson);
    }
    let mut authentication = plan.authentication.clone();
    // What was resolved just now counts, whatever the flow had before: a stranger's session must not come of a race.
    match (&person.user, &plan.proof) {
        (Some(user), _) => authentication.subject = Subject::Local { user: user.clone() },
        (None, Proof::Identity(context, _)) => {
            authentication.subject = Subject::Federated { key: context.identity.key.clone() };
        }
        (None, Proof::Local | Proof::Passkey(_) | Proof::Session(_)) => {}
    }
    authentication.pass_through = person.pass_through.clone();
    authentication.groups.clone_from(&person.groups);
    let mut device = None;
    if let Some(user) = &person.user {
        device = enrol::land(tx, &plan, user).await?;
    } else if !plan.enrolments.is_empty() {
        // Nobody is left whom a factor could belong to: never a stranger.
        return Err(NotCommitted::Refused(RefusalCode::MfaNeedsAccount));
    }
    let mut beside = Beside::default();
    // What a script tells the application lives for this sign-in: the session does not take it over.
    let mut told = authentication.clone();
    if let Some(record) = plan.script_record.clone() {
        beside = script::effects::land(tx, &mut plan, &person, &record).await?;
        script::effects::tell_claims(&mut plan, &record, &mut told)?;
    }
    let (sid, cookie) = match &plan.proof {
        Proof::Session(sid) if plan.session_ends.is_none() => (sid.clone(), None),
        Proof::Session(_) | Proof::Local | Proof::Passkey(_) | Proof::Identity(..) => {
            let (sid, cookie) = records::begin_session(tx, &plan, &person, &authentication).await?;
            (sid, Some(cookie))
        }
    };
    records::write_grant(tx, &plan, &person, told, sid).await?;
    let trace = records::write_records(tx, &plan, &person).await?;
    replay::land(tx, &plan, person.user.as_ref()).await?;
    Ok(Committed { cookie, device, trace, configuration_moved: plan.configuration_moved, beside })
}

async fn resolve(tx: &mut Tx, plan: &mut FinishPlan) -> Result<Person, NotCommitted> {
    match plan.proof.clone() {
        Proof::Identity(context, before) => {
            let decided = decide_now(tx, &context).await?;
            if !decided.decision.outcome.agrees_with(&before.outcome) {
                return Err(NotCommitted::Redecided(Box::new(decided.decision)));
            }
            account::apply(tx, plan, &context, decided).await
        }
        Proof::Local | Proof::Passkey(_) | Proof::Session(_) => match &plan.authentication.subject {
            Subject::Local { user } => {
                let user = users::get(tx, user).await?.ok_or(NotCommitted::Refused(RefusalCode::AccountDisabled))?;
                active(&user)?;
                still_proved(tx, plan, &user).await?;
                Ok(person_of(&user))
            }
            Subject::Federated { .. } => {
                let subject = plan.pass_through_subject.clone();
                let public_subject =
                    subject.ok_or(Fault::Invariant("a federated subject has a pass-through subject"))?;
                // An account was made for this person since: it decides now, not the old session (SESS-16).
                if users::get_by_subject(tx, &public_subject).await?.is_some() {
                    return Err(NotCommitted::Refused(RefusalCode::TxExpired));
                }
                still_open(tx, plan).await?;
                let pass_through = plan.authentication.pass_through.clone();
                let groups = plan.authentication.groups.clone();
                Ok(Person { user: None, public_subject, pass_through, groups })
            }
        },
    }
}

/// A password that was changed after it proved something proves nothing any more; an ended session neither.
async fn still_proved(tx: &mut Tx, plan: &FinishPlan, user: &User) -> Result<(), NotCommitted> {
    match plan.proof {
        Proof::Local => {
            let changed_at = credentials::changed_at(tx, &user.id).await?;
            if changed_at.is_none_or(|at| at > plan.authentication.at) {
                return Err(NotCommitted::Refused(RefusalCode::TxExpired));
            }
            Ok(())
        }
        Proof::Passkey(ref id) => match passkeys::get(tx, id).await? {
            Some(row) if row.user == user.id => Ok(()),
            _ => Err(NotCommitted::Refused(RefusalCode::TxExpired)),
        },
        Proof::Session(_) => still_open(tx, plan).await,
        Proof::Identity(..) => Ok(()),
    }
}

async fn still_open(tx: &mut Tx, plan: &FinishPlan) -> Result<(), NotCommitted> {
    let Proof::Session(sid) = &plan.proof else { return Ok(()) };
    match sessions::get_by_sid(tx, sid, plan.now).await? {
        Some(_) => Ok(()),
        None => Err(NotCommitted::Refused(RefusalCode::TxExpired)),
    }
}

fn active(user: &User) -> Result<(), NotCommitted> {
    match user.state {
        AccountState::Active => Ok(()),
        AccountState::Disabled => Err(NotCommitted::Refused(RefusalCode::AccountDisabled)),
    }
}

fn person_of(user: &User) -> Person {
    Person {
        user: Some(user.id.clone()),
        public_subject: user.public_subject.clone(),
        pass_through: Claims::new(),
        groups: Vec::new(),
    }
}
