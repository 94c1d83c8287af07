//! Taking a fact in: the only way in which the state of a sign-in changes.
//!
//! Total: every event in every state is either taken in or refused with the state unchanged. What ends
//! the sign-in (too many attempts, another person in a later step) is a new state, so that it is saved.

use chrono::{DateTime, Utc};
use usher_domain::{Authentication, ConnectionId, Interaction, RefusalCode, SignInPageStyle, Subject};

use crate::event::{FlowError, FlowEvent};
use crate::factor::{self, FactorProof, ProvedFactor};
use crate::flow::{
    ChosenConnection, CompletedStep, Evidence, Factor, Finality, FlowRefusal, Identified, LoginFlow, ProvedIdentity,
    Rejection, Standing,
};
use crate::plan::StepNumber;
use crate::proof;
use crate::script::{self, is_federated};
use crate::session::{session_fits, upstream_is_fresh};

/// Longest user name that is kept to fill the form in again.
const MAX_TYPED_NAME: usize = 128;

/// Takes `event` into `flow`, or refuses it.
pub fn advance(flow: LoginFlow, event: FlowEvent, now: DateTime<Utc>) -> Result<LoginFlow, FlowError> {
    let now = flow.no_earlier(now);
    refuse_at_the_door(&flow, &event, now)?;
    let mut flow = flow;
    flow.seen_at = now;
    flow.events = flow.events.saturating_add(1);
    match event {
        FlowEvent::ConnectionChosen { step, connection } => choose(flow, step, connection),
        FlowEvent::PasswordAccepted { step, authentication } => accept_password(flow, step, authentication),
        FlowEvent::PasswordRejected { step, typed_name } => reject_password(flow, step, typed_name),
        FlowEvent::IdentityProved { step, authentication, proved } => {
            prove_identity(flow, step, *authentication, *proved)
        }
        FlowEvent::Identified { step, typed, connections } => identify(flow, step, &typed, connections),
        FlowEvent::ProofAsked { step, proved, user } => proof::ask(flow, step, *proved, user),
        FlowEvent::CodeSent { code } => proof::send_code(flow, code),
        FlowEvent::ProofRejected { wrong } => proof::reject(flow, wrong),
        FlowEvent::OwnershipProved { by, authentication, decision } => {
            proof::prove(flow, by, *authentication, decision)
        }
        FlowEvent::Redecided { authentication, decision } => redecide(flow, *authentication, decision),
        FlowEvent::SessionReused { step, session } => {
            session_fits(&flow, &session, now)?;
            let evidence = Evidence::Session(session.id.clone());
            complete(flow, step, session.authentication, evidence).map(factor::reuse_known)
        }
        FlowEvent::ScriptRan { record, said } => script::ran(flow, record, said).map(factor::reuse_known),
        FlowEvent::Prompted { answer } => script::prompted(flow, answer),
        FlowEvent::Aborted { step } => script::aborted(flow, step),
        FlowEvent::Restarted => Ok(restart(flow)),
        FlowEvent::Refused { code, connection } => {
            flow.rejection = None;
            Ok(script::failed(flow, FlowRefusal { code, connection, finality: finality(code) }))
        }
        FlowEvent::Finished => finish(flow),
        of_a_factor => advance_factor(flow, of_a_factor),
    }
}

/// The events about second factors and passkeys.
fn advance_factor(mut flow: LoginFlow, event: FlowEvent) -> Result<LoginFlow, FlowError> {
    match event {
        FlowEvent::PasskeyAccepted { step, authentication, id } => {
            factor::accept_passkey(flow, step, authentication, id)
        }
        FlowEvent::FactorBegun { pending } => factor::begin(flow, pending),
        FlowEvent::FactorDropped { step } => factor::drop_pending(flow, step),
        FlowEvent::FactorRejected { step, authenticator } => factor::reject(flow, step, authenticator),
        FlowEvent::FactorProved { proved } => factor::prove(flow, *proved),
        FlowEvent::DeviceRemembered => {
            flow.remember = flow.plan.remember_days.is_some();
            Ok(flow)
        }
        FlowEvent::CodesSeen => {
            flow.codes_seen = true;
            Ok(flow)
        }
        _ => Err(FlowError::Incoherent("no event of a factor")),
    }
}

fn restart(mut flow: LoginFlow) -> LoginFlow {
    flow.forget_steps();
    flow.rejection = None;
    flow.identified = None;
    flow.proof = None;
    flow.restarts = flow.restarts.saturating_add(1);
    flow.standing = Standing::Open;
    flow
}

fn finish(mut flow: LoginFlow) -> Result<LoginFlow, FlowError> {
    if !flow.is_complete() || flow.codes_to_show().is_some() {
        return Err(FlowError::NotReady);
    }
    flow.standing = Standing::Finished { at: flow.seen_at };
    Ok(flow)
}

/// What no event may do: act on an ended sign-in, exceed its limits, ask a person who must not be asked.
fn refuse_at_the_door(flow: &LoginFlow, event: &FlowEvent, now: DateTime<Utc>) -> Result<(), FlowError> {
    match &flow.standing {
        Standing::Finished { .. } | Standing::Ended { .. } => return Err(FlowError::AlreadyFinished),
        Standing::Refused { refusal } if refusal.finality == Finality::Final => {
            return Err(FlowError::Ended(refusal.code));
        }
        Standing::Refused { .. } | Standing::Open => {}
    }
    if now >= flow.expires_at() {
        return Err(FlowError::Expired);
    }
    // The end itself must always fit, or the last allowed proof would be lost.
    let closes = matches!(event, FlowEvent::Finished | FlowEvent::Refused { .. });
    if flow.events >= LoginFlow::MAX_EVENTS && !closes {
        return Err(FlowError::TooManyEvents);
    }
    let silent =
        matches!(event, FlowEvent::SessionReused { .. } | FlowEvent::Redecided { .. } | FlowEvent::ScriptRan { .. });
    let asks = !closes && !silent && !is_remembered(event);
    if asks && flow.request.interaction == Interaction::Forbidden {
        return Err(FlowError::InteractionForbidden);
    }
    Ok(())
}

/// A browser that is remembered answers without being asked.
fn is_remembered(event: &FlowEvent) -> bool {
    let by = |proved: &ProvedFactor| matches!(proved.by, FactorProof::Remembered | FactorProof::Connection);
    matches!(event, FlowEvent::FactorProved { proved } if by(proved))
}

/// Codes after which only the application can start anew; after the others the person may try another way.
fn finality(code: RefusalCode) -> Finality {
    match code {
        RefusalCode::TxExpired
        | RefusalCode::TxOtherBrowser
        | RefusalCode::TxAlreadyUsed
        | RefusalCode::LinkMismatch
        | RefusalCode::BadRequest
        | RefusalCode::RedirectUriMismatch => Finality::Final,
        _ => Finality::Restartable,
    }
}

/// The step must be the open one. Going on clears a refusal that may be restarted, and a proof that another way left open.
pub(crate) fn at_open_step(flow: &mut LoginFlow, step: StepNumber) -> Result<(), FlowError> {
    if flow.open_step() != Some(step) {
        return Err(FlowError::StepClosed);
    }
    flow.standing = Standing::Open;
    flow.clear_step();
    Ok(())
}

fn choose(mut flow: LoginFlow, step: StepNumber, connection: ConnectionId) -> Result<LoginFlow, FlowError> {
    if !flow.offered_connections(step).any(|id| *id == connection) {
        return Err(FlowError::NotOffered);
    }
    at_open_step(&mut flow, step)?;
    if let Some(who) = &mut flow.identified {
        who.departed = who.departed || who.connections.contains(&connection);
    }
    flow.chosen.push(ChosenConnection { step, connection });
    Ok(flow)
}

/// Only connections of the step count, and none that serves linking alone (LINK-13).
fn identify(
    mut flow: LoginFlow,
    step: StepNumber,
    typed: &str,
    connections: Vec<ConnectionId>,
) -> Result<LoginFlow, FlowError> {
    if flow.plan.style != SignInPageStyle::IdentifierFirst {
        return Err(FlowError::NotOffered);
    }
    at_open_step(&mut flow, step)?;
    let connections = connections.into_iter().filter(|id| flow.signs_in_by(step, id)).collect();
    let typed = typed.chars().take(MAX_TYPED_NAME).collect();
    flow.identified = Some(Identified { typed, connections, departed: false });
    Ok(flow)
}

fn accept_password(flow: LoginFlow, step: StepNumber, authentication: Authentication) -> Result<LoginFlow, FlowError> {
    if !flow.offers_password(step) {
        return Err(FlowError::NotOffered);
    }
    if authentication.connection.is_some() || !matches!(authentication.subject, Subject::Local { .. }) {
        return Err(FlowError::Incoherent("a password belongs to a local account"));
    }
    complete(flow, step, authentication, Evidence::Password)
}

fn reject_password(mut flow: LoginFlow, step: StepNumber, typed_name: Option<String>) -> Result<LoginFlow, FlowError> {
    if !flow.offers_password(step) {
        return Err(FlowError::NotOffered);
    }
    // A factor beside the password stays as it was asked for: its mailed codes stay counted.
    let pending = flow.pending_factor.take();
    at_open_step(&mut flow, step)?;
    flow.pending_factor = pending;
    let failed = flow.failed.entry(Factor::Password).or_insert(0);
    *failed = failed.saturating_add(1);
    if *failed >= LoginFlow::MAX_FAILED_ATTEMPTS {
        let code = RefusalCode::RateLimited;
        return Ok(script::failed(flow, FlowRefusal { code, connection: None, finality: Finality::Final }));
    }
    let typed_name = typed_name.map(|name| name.chars().take(MAX_TYPED_NAME).collect());
    flow.rejection = Some(Rejection { typed_name });
    Ok(flow)
}

fn prove_identity(
    mut flow: LoginFlow,
    step: StepNumber,
    authentication: Authentication,
    proved: ProvedIdentity,
) -> Result<LoginFlow, FlowError> {
    let connection = &proved.identity.key.connection;
    if authentication.connection.as_ref() != Some(connection) {
        return Err(FlowError::Incoherent("authentication and identity name different connections"));
    }
    if proved.ownership.is_some() {
        return Err(FlowError::Incoherent("nobody asked for a proof of ownership"));
    }
    check_subject(&authentication.subject, &proved)?;
    departed(&flow, step, &proved)?;
    if let Some(refusal) = stale_upstream(&flow, &proved) {
        at_open_step(&mut flow, step)?;
        flow.refuse(refusal);
        return Ok(flow);
    }
    complete(flow, step, authentication, Evidence::Identity(Box::new(proved)))
}

/// An answer counts for the step from which this sign-in departed.
pub(crate) fn departed(flow: &LoginFlow, step: StepNumber, proved: &ProvedIdentity) -> Result<(), FlowError> {
    let connection = &proved.identity.key.connection;
    if flow.chosen.iter().any(|c| c.step == step && c.connection == *connection) {
        Ok(())
    } else {
        Err(FlowError::NotDeparted)
    }
}

/// The refusal of an identity whose provider asked the person too long ago.
pub(crate) fn stale_upstream(flow: &LoginFlow, proved: &ProvedIdentity) -> Option<FlowRefusal> {
    (!upstream_is_fresh(flow, proved.identity.auth_time, flow.seen_at)).then(|| FlowRefusal {
        code: RefusalCode::IdpResponseInvalid,
        connection: Some(proved.identity.key.connection.clone()),
        finality: Finality::Restartable,
    })
}

/// A federated subject is the proved identity itself; a local one is whom provisioning named.
fn check_subject(subject: &Subject, proved: &ProvedIdentity) -> Result<(), FlowError> {
    match subject {
        Subject::Federated { key } if *key != proved.identity.key => {
            Err(FlowError::Incoherent("the subject is not the proved identity"))
        }
        Subject::Federated { .. } | Subject::Local { .. } => Ok(()),
    }
}

/// Completes the open step, or ends the sign-in when another person completes a later one (SESS-11).
pub(crate) fn complete(
    mut flow: LoginFlow,
    step: StepNumber,
    authentication: Authentication,
    evidence: Evidence,
) -> Result<LoginFlow, FlowError> {
    if flow.completed.iter().any(|done| done.authentication.subject != authentication.subject) {
        return Ok(mismatch(flow));
    }
    at_open_step(&mut flow, step)?;
    let at = flow.seen_at;
    flow.completed.push(CompletedStep { step, authentication, evidence, at });
    script::completed(&mut flow);
    Ok(flow)
}

/// Replaces the decision about the proved identity. What later steps proved for somebody else is dropped:
/// a race never puts a stranger's factor on an account.
fn redecide(mut flow: LoginFlow, authentication: Authentication, decision: String) -> Result<LoginFlow, FlowError> {
    let subject_step = flow.subject_completed().map(|done| done.step);
    let deciding = |done: &CompletedStep| is_federated(&done.evidence) && Some(done.step) == subject_step;
    let any = || flow.completed.iter().rposition(|done| is_federated(&done.evidence));
    let position = flow.completed.iter().rposition(deciding).or_else(any).ok_or(FlowError::NotReady)?;
    let earlier_differs =
        flow.completed.iter().take(position).any(|done| done.authentication.subject != authentication.subject);
    if earlier_differs {
        return Ok(mismatch(flow));
    }
    let Some(done) = flow.completed.get_mut(position) else { return Err(FlowError::NotReady) };
    let Evidence::Identity(proved) = &mut done.evidence else { return Err(FlowError::NotReady) };
    if authentication.connection.as_ref() != Some(&proved.identity.key.connection) {
        return Err(FlowError::Incoherent("authentication and identity name different connections"));
    }
    check_subject(&authentication.subject, proved)?;
    proved.decision = decision;
    let changed = done.authentication.subject != authentication.subject;
    done.authentication = authentication;
    if changed {
        // What was proved for one account counts nothing for another.
        proved.ownership = None;
        script::keep_up_to(&mut flow, position);
    }
    Ok(flow)
}

fn mismatch(mut flow: LoginFlow) -> LoginFlow {
    let code = RefusalCode::LinkMismatch;
    flow.refuse(FlowRefusal { code, connection: None, finality: Finality::Final });
    flow
}
