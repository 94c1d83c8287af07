//! The end of a sign-in: plan, commit, and look again when the facts moved under it.

use chrono::{DateTime, Utc};
use usher_domain::{AccountNeed, Authenticator, FlowId, FlowOwner, RefusalCode, Subject, TraceStage, UserId};
use usher_login_flow::{Evidence, FactorProof, FlowEvent, LoginFlow, ProvedIdentity, StepNumber, advance};
use usher_oidc_provider::authorize::expected_subject;
use usher_oidc_provider::error::ErrorCode;
use usher_oidc_provider::responses;
use usher_provisioning::{Decision, Outcome, map};

use super::commit::{Committed, FinishPlan, NotCommitted, Proof, commit};
use super::decided::{pass_through, subject};
use super::decisions;
use super::evidence::{DecisionContext, vouched_email};
use super::refuse::{record, refuse};
use super::resume::stored_answer;
use crate::answer::{AnswerToApplication, NewSession};
use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::flow_state::{self, LoadedFlow};
use crate::replay;
use crate::tracing_events::{fault as fault_logged, note};
use crate::visitor::Visitor;

/// Rounds before a sign-in gives up on facts that keep moving: a lost race and the decision after it take one each, and a
/// person may lose the account, the link and the configuration in turn.
const ROUNDS: usize = 8;

/// How the end of a sign-in ends.
#[derive(Debug)]
pub enum Finished {
    /// The application gets its answer.
    Answered(Box<AnswerToApplication>),
    /// The facts moved, and the person must prove something first: back to the dispatcher.
    Asks(FlowId),
}

impl From<AnswerToApplication> for Finished {
    fn from(answer: AnswerToApplication) -> Self {
        Self::Answered(Box::new(answer))
    }
}

/// Finishes a flow whose steps are all complete.
pub async fn finish(broker: &Broker, mut loaded: LoadedFlow, visitor: &Visitor) -> Result<Finished, Failure> {
    for _ in 0..ROUNDS {
        let plan = match plan(broker, &loaded, visitor) {
            Ok(plan) => FinishPlan { recording: Box::pin(replay::of_finished(broker, &loaded, visitor)).await, ..plan },
            Err(Unplanned::Refused(code)) => {
                let connection = loaded.state.flow.last_connection().cloned();
                return Err(refuse(broker, loaded, code, connection, visitor).await);
            }
            Err(Unplanned::Fault(fault)) => return Err(fault.into()),
        };
        let attempt = plan.clone();
        match broker.store.write(move |tx| Box::pin(commit(tx, attempt.clone()))).await {
            Ok(committed) => return Ok(finished(broker, loaded, plan, committed).await.into()),
            Err(NotCommitted::Redecided(decision)) => {
                if let Outcome::ProveOwnership { user, .. } = &decision.outcome {
                    let user = user.clone();
                    return ask_anew(broker, loaded, &decision, user, visitor).await;
                }
                redecide(broker, &mut loaded, &decision)?;
            }
            Err(NotCommitted::RaceLost) => {}
            Err(NotCommitted::ConfigurationMoved) => {
                broker.reload().await?;
            }
            Err(NotCommitted::AnotherPerson) => return Ok(another_person(broker, loaded, visitor).await?.into()),
            Err(NotCommitted::AlreadyFinished) => return Ok(stored_answer(broker, &loaded, visitor).await?.into()),
            Err(NotCommitted::Refused(code)) => {
                let connection = loaded.state.flow.last_connection().cloned();
                return Err(refuse(broker, loaded, code, connection, visitor).await);
            }
            Err(NotCommitted::Fault(fault)) => return Err(fault.into()),
        }
    }
    Err(Fault::NotReady("the facts of this sign-in keep moving").into())
}

/// Why no plan could be made.
enum Unplanned {
    Refused(RefusalCode),
    Fault(Fault),
}

impl From<Fault> for Unplanned {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn plan(broker: &Broker, loaded: &LoadedFlow, visitor: &Visitor) -> Result<FinishPlan, Unplanned> {
    let snapshot = broker.snapshot();
    let flow = &loaded.state.flow;
    let request = loaded.state.request()?;
    let application = snapshot
        .application(&request.application)
        .filter(|a| a.enabled)
        .ok_or(Unplanned::Refused(RefusalCode::AppAccessDenied))?;
    let authentication = flow.authentication().ok_or(Fault::Invariant("a finished flow is authenticated"))?;
    let pass_through_subject = match &authentication.subject {
        Subject::Federated { key } => Some(broker.pass_through_subject(key)),
        Subject::Local { .. } => None,
    };
    let proof = proof(broker, flow, application.account_need())?;
    if matches!(proof, Proof::Session(_)) && application.local_account_required && pass_through_subject.is_some() {
        return Err(Unplanned::Refused(RefusalCode::NoAccount));
    }
    let connection_is_on =
        authentication.connection.as_ref().is_none_or(|connection| snapshot.sign_in_connection(connection).is_some());
    if !connection_is_on {
        return Err(Unplanned::Refused(RefusalCode::ConnectionUnavailable));
    }
    let code = broker.random_token();
    Ok(FinishPlan {
        store: broker.store.clone(),
        entropy: broker.shared_entropy(),
        now: broker.now(),
        config_version: snapshot.version,
        session_life: snapshot.security.session_life(),
        flow: flow.id().clone(),
        expected: expected_subject(&request, &snapshot.keys, &broker.issuer),
        answer: responses::success(&request, code.expose(), &broker.issuer),
        request,
        proof,
        authentication,
        pass_through_subject,
        code,
        old_session: visitor.session.as_ref().map(|live| live.cookie),
        visitor: visitor.clone(),
        completed: flow.completed().to_vec(),
        enrolments: flow.enrolments().to_vec(),
        owner: flow.plan().version.as_ref().and_then(|version| FlowOwner::from_key(&version.owner).ok()),
        remember: flow.remembers().map(|days| (broker.random_token(), days)),
        script_record: flow.script().and_then(|script| script.record()).map(str::to_owned),
        session_ends: raised(flow, visitor),
        trace: loaded.state.trace.clone(),
        can_mail: broker.can_mail(),
        recording: None,
        configuration_moved: false,
    })
}

/// When a session ends that this sign-in adds factors to: it gets a new id then (SESS-01), and no more time.
fn raised(flow: &LoginFlow, visitor: &Visitor) -> Option<DateTime<Utc>> {
    let sid = flow.reused_session()?;
    let old = visitor.session.as_ref().map(|live| &live.session).filter(|session| session.id == *sid)?;
    let now = flow.authentication()?;
    let raised = now.factors != old.authentication.factors || now.acr != old.authentication.acr;
    raised.then_some(old.expires_at)
}

fn proof(broker: &Broker, flow: &LoginFlow, account: AccountNeed) -> Result<Proof, Unplanned> {
    if let Some(session) = flow.reused_session() {
        return Ok(Proof::Session(session.clone()));
    }
    let Some(proved) = flow.proved_identity() else {
        let evidence = flow.subject_completed().map(|done| &done.evidence);
        return Ok(match evidence {
            Some(Evidence::Factor {
                authenticator: Authenticator::Passkey,
                proof: FactorProof::Answer { id: Some(id) },
            }) => Proof::Passkey(id.clone()),
            _ => Proof::Local,
        });
    };
    let decision: Decision = serde_json::from_str(&proved.decision).map_err(|e| Fault::unreadable("decision", e))?;
    let mut context = decision_context(broker, &proved.identity, account)
        .ok_or(Unplanned::Refused(RefusalCode::ConnectionUnavailable))?;
    context.ownership.clone_from(&proved.ownership);
    Ok(Proof::Identity(Box::new(context), Box::new(decision)))
}

/// The context of a decision, or nothing when the connection is off or gone.
pub fn decision_context(
    broker: &Broker,
    identity: &usher_domain::ExternalIdentity,
    account: AccountNeed,
) -> Option<DecisionContext> {
    let snapshot = broker.snapshot();
    let configured = snapshot.live_connection(&identity.key.connection)?;
    let fresh = usher_domain::LinkId::random(broker.entropy());
    let mut identity = identity.clone();
    // A provider vouches for no address on a domain that is not its own to assert.
    // Judged by the address as it would be stored, whatever shape its claim has.
    if vouched_email(&map(&identity, &configured.connection.mapping))
        .is_some_and(|address| !snapshot.may_assert(address.domain(), &identity.key.connection))
    {
        identity.email_verified = false;
    }
    Some(DecisionContext {
        connection: configured.connection.clone(),
        ownership: None,
        schema: snapshot.schema.clone(),
        groups: snapshot.groups_of(&configured.connection),
        pass_through_subject: broker.pass_through_subject(&identity.key),
        identity,
        random_suffix: fresh.as_str().chars().rev().take(8).collect(),
        account,
        now: broker.now(),
    })
}

/// Takes the new decision into the flow; the next round commits it.
fn redecide(broker: &Broker, loaded: &mut LoadedFlow, decision: &Decision) -> Result<(), Failure> {
    let now = broker.now();
    let mut authentication =
        loaded.state.flow.authentication().ok_or(Fault::Invariant("a finished flow is authenticated"))?;
    let proved =
        loaded.state.flow.proved_identity().ok_or(Fault::Invariant("a decision is about a proved identity"))?;
    authentication.subject = subject(&proved.identity, decision);
    authentication.pass_through = pass_through(decision);
    let text = serde_json::to_string(decision).map_err(|e| Fault::unreadable("decision", e))?;
    let event = FlowEvent::Redecided { authentication: Box::new(authentication), decision: text };
    let flow = advance(loaded.state.flow.clone(), event, now)
        .map_err(|_| Fault::Invariant("a flow takes a new decision of its own identity"))?;
    loaded.state.flow = flow;
    for line in decision.explanation.lines() {
        note(&mut loaded.state.trace, now, TraceStage::Decision, format!("decided again: {line}"));
    }
    Ok(())
}

/// The identity means another account by now: what was proved for the first one counts nothing, and the person is asked.
async fn ask_anew(
    broker: &Broker,
    mut loaded: LoadedFlow,
    decision: &Decision,
    user: UserId,
    visitor: &Visitor,
) -> Result<Finished, Failure> {
    let now = broker.now();
    let step = loaded.state.flow.completed().first().map_or(StepNumber::FIRST, |done| done.step);
    let proved = loaded.state.flow.proved_identity();
    let identity = proved.ok_or(Fault::Invariant("a decision is about a proved identity"))?.identity.clone();
    let connection = identity.key.connection.clone();
    decisions::keep_now(broker, decision, &connection, loaded.state.flow.correlation()).await?;
    let text = serde_json::to_string(decision).map_err(|e| Fault::unreadable("decision", e))?;
    let proved = Box::new(ProvedIdentity { identity, decision: text, ownership: None });
    match advance(loaded.state.flow.clone(), FlowEvent::ProofAsked { step, proved, user }, now) {
        Ok(flow) => loaded.state.flow = flow,
        Err(error) => return Err(refuse(broker, loaded, error.refusal_code(), Some(connection), visitor).await),
    }
    note(&mut loaded.state.trace, now, TraceStage::Decision, "decided again: the account must be proved");
    flow_state::save(broker, &loaded.state, loaded.revision).await?;
    Ok(Finished::Asks(loaded.state.flow.id().clone()))
}

/// Whether the application of a flow takes people without a local account.
pub fn account_need(broker: &Broker, flow: &LoginFlow) -> AccountNeed {
    let snapshot = broker.snapshot();
    snapshot.application(&flow.request().application).map_or(AccountNeed::Any, usher_domain::Application::account_need)
}

/// The application expects somebody else (OIDC Core 3.1.2.2 (4)): it is told, the sign-in ends, nobody is signed in.
async fn another_person(
    broker: &Broker,
    mut loaded: LoadedFlow,
    visitor: &Visitor,
) -> Result<AnswerToApplication, Failure> {
    let request = loaded.state.request()?;
    let code = RefusalCode::AppAccessDenied;
    loaded.state.trace.refusal = Some(code);
    note(&mut loaded.state.trace, broker.now(), TraceStage::End, "another person signed in than the application named");
    record(broker, &loaded.state.trace, code, visitor).await?;
    flow_state::forget(broker, loaded.state.flow.id()).await?;
    let error = request.refuse(ErrorCode::LoginRequired, "another person signed in than the one you named");
    Ok(AnswerToApplication::plain(responses::error(&error, &broker.issuer), request.application))
}

async fn finished(
    broker: &Broker,
    mut loaded: LoadedFlow,
    plan: FinishPlan,
    committed: Committed,
) -> AnswerToApplication {
    loaded.state.trace = committed.trace;
    if committed.configuration_moved
        && let Err(fault) = broker.reload().await
    {
        fault_logged(&fault, "a new group is not known here yet");
    }
    if let Ok(flow) = advance(loaded.state.flow.clone(), FlowEvent::Finished, plan.now) {
        loaded.state.flow = flow;
    }
    // The grant is durable and unique per flow: a lost save costs nothing.
    if let Err(fault) = flow_state::save(broker, &loaded.state, loaded.revision).await {
        fault_logged(&fault, "a finished flow could not be marked");
    }
    let connection = plan.authentication.connection.clone();
    let device = committed.device;
    AnswerToApplication {
        answer: plan.answer,
        session: committed.cookie.map(|cookie| NewSession {
            cookie: usher_domain::SecretText::new(cookie.to_text()),
            connection,
            device,
        }),
        application: plan.request.application,
        beside: committed.beside,
    }
}
