//! A script over the state machine: it leads, it may answer failures, and it weakens nothing.

use std::collections::BTreeMap;

use usher_domain::{Authenticator, RefusalCode};

use super::builders::*;
use super::factors::{factor, proved_factor};
use crate::{
    AnsweredBy, Execution, FlowError, FlowEvent, LoginFlow, MAX_QUESTIONS, Next, Order, PromptAsk, Question,
    QuestionResult, Renewal, ScriptEnding, ScriptSaid, StepOption, advance, next,
};

fn scripted() -> LoginFlow {
    let mut flow = flow_of(
        request(),
        vec![vec![StepOption::Password, shown("acme")], vec![factor(Authenticator::Totp)], vec![StepOption::Password]],
    );
    flow.plan.order = Order::Scripted;
    flow
}

fn play(flow: LoginFlow, events: Vec<FlowEvent>) -> LoginFlow {
    events.into_iter().fold(flow, |flow, event| advance(flow, event, start()).expect("taken in"))
}

fn said(said: ScriptSaid) -> FlowEvent {
    FlowEvent::ScriptRan { record: "{}".to_owned(), said }
}

fn asks(execution: Execution) -> FlowEvent {
    said(ScriptSaid::Asks(Question::Step(execution)))
}

fn succeeds() -> FlowEvent {
    said(ScriptSaid::Succeeds { acr: Some("urn:two".to_owned()) })
}

fn answering(number: u8) -> Execution {
    Execution { on_failure: AnsweredBy::Script, on_abort: AnsweredBy::Script, ..Execution::of(step(number)) }
}

#[test]
fn the_script_leads_from_step_to_step() {
    let flow = scripted();
    assert_eq!(next(&flow, start()), Next::RunScript);
    assert_eq!(advance(flow.clone(), password_of(1, "u_ann"), start()), Err(FlowError::StepClosed), "nothing is open");
    let flow = play(flow, vec![asks(Execution::of(step(1)))]);
    assert!(matches!(next(&flow, start()), Next::ShowSignIn(_)));
    assert_eq!(advance(flow.clone(), succeeds(), start()), Err(FlowError::StepClosed), "a step is open");
    let flow = play(flow, vec![password_of(1, "u_ann")]);
    assert_eq!(next(&flow, start()), Next::RunScript);
    let flow = play(flow, vec![asks(Execution::of(step(2))), proved_factor(2, Authenticator::Totp), succeeds()]);
    assert_eq!(next(&flow, start()), Next::Finish);
    assert_eq!(flow.authentication().unwrap().acr.as_deref(), Some("urn:two"));
    assert_eq!(LoginFlow::decode(&flow.encode().unwrap()).unwrap(), flow);
}

#[test]
fn script_17_a_script_that_asked_nothing_signs_nobody_in() {
    assert!(matches!(advance(scripted(), succeeds(), start()), Err(FlowError::Incoherent(_))));
    let beyond = asks(Execution::of(step(9)));
    assert!(matches!(advance(scripted(), beyond, start()), Err(FlowError::Incoherent(_))), "no such step");
}

#[test]
fn a_failed_step_is_refused_unless_the_script_answers() {
    let denied = || refused(RefusalCode::IdpDenied);
    let flow = play(scripted(), vec![asks(Execution::of(step(1))), denied()]);
    assert!(matches!(next(&flow, start()), Next::Refused(_)));
    let flow = play(scripted(), vec![asks(answering(1)), denied()]);
    assert_eq!(next(&flow, start()), Next::RunScript);
    assert!(matches!(flow.script().unwrap().answered()[0].result, QuestionResult::Failed { .. }));
    // It may go on with another step, but not end without one that succeeded.
    assert!(matches!(advance(flow.clone(), succeeds(), start()), Err(FlowError::Incoherent(_))));
    let flow = play(flow, vec![asks(Execution::of(step(1))), password_of(1, "u_ann"), succeeds()]);
    assert_eq!(next(&flow, start()), Next::Finish);
}

#[test]
fn brakes_and_forged_forms_are_never_for_the_script() {
    for code in [RefusalCode::CsrfFailed, RefusalCode::LinkMismatch, RefusalCode::Internal, RefusalCode::TxExpired] {
        let flow = play(scripted(), vec![asks(answering(1)), refused(code)]);
        assert!(matches!(next(&flow, start()), Next::Refused(_)), "{code}");
    }
}

#[test]
fn a_step_may_be_given_up_where_the_script_answers() {
    let abort = || FlowEvent::Aborted { step: step(1) };
    let flow = play(scripted(), vec![asks(answering(1)), abort()]);
    assert_eq!(flow.script().unwrap().answered()[0].result, QuestionResult::Aborted);
    let flow = play(scripted(), vec![asks(Execution::of(step(1))), abort()]);
    assert!(matches!(next(&flow, start()), Next::Refused(_)));
}

#[test]
fn sess_11_another_person_in_a_later_step_ends_it() {
    let first = vec![asks(answering(1)), password_of(1, "u_ann"), asks(answering(3))];
    let flow = play(scripted(), first);
    let own = play(flow.clone(), vec![password_of(3, "u_ann"), succeeds()]);
    assert_eq!(next(&own, start()), Next::Finish);
    let flow = play(flow, vec![password_of(3, "u_mallory")]);
    assert!(matches!(next(&flow, start()), Next::Refused(refusal) if refusal.code == RefusalCode::LinkMismatch));
}

#[test]
fn options_that_the_script_took_away_are_not_offered() {
    let only = Execution { only: Some(vec![shown("acme")]), ..Execution::of(step(1)) };
    let flow = play(scripted(), vec![asks(only)]);
    assert_eq!(advance(flow.clone(), password_of(1, "u_ann"), start()), Err(FlowError::NotOffered));
    assert!(matches!(next(&flow, start()), Next::Depart { .. }));
}

#[test]
fn force_auth_takes_no_session() {
    let forced = Execution { renewal: Renewal::Forced, ..Execution::of(step(1)) };
    let session = || session_of(1, by_password("u_ann", start()));
    let flow = play(scripted(), vec![asks(forced)]);
    assert!(matches!(advance(flow.clone(), session(), start()), Err(FlowError::SessionUnfit(_))));
    assert!(flow.demand().reauthenticate);
    let flow = play(scripted(), vec![asks(Execution::of(step(1))), session(), succeeds()]);
    assert_eq!(next(&flow, start()), Next::Finish);
}

#[test]
fn a_page_of_the_script_waits_for_its_answer() {
    let prompt = PromptAsk { template: "terms".to_owned(), values: "{}".to_owned() };
    let flow = play(scripted(), vec![said(ScriptSaid::Asks(Question::Prompt(prompt.clone())))]);
    assert_eq!(next(&flow, start()), Next::ShowPrompt(prompt));
    let flow = play(flow, vec![FlowEvent::Prompted { answer: "{}".to_owned() }]);
    assert_eq!(next(&flow, start()), Next::RunScript);
    assert_eq!(
        advance(flow, FlowEvent::Prompted { answer: "{}".to_owned() }, start()),
        Err(FlowError::StepClosed),
        "sent twice"
    );
}

#[test]
fn an_ending_of_the_script_is_final() {
    let ending = ScriptEnding::Page { values: BTreeMap::new() };
    let flow = play(scripted(), vec![asks(Execution::of(step(1))), password_of(1, "u_ann")]);
    let flow = play(flow, vec![said(ScriptSaid::Ends(ending.clone()))]);
    assert_eq!(next(&flow, start()), Next::Ended(ending));
    assert!(flow.completed().is_empty());
    assert_eq!(advance(flow, FlowEvent::Finished, start()), Err(FlowError::AlreadyFinished));
}

#[test]
fn script_15_questions_are_bounded() {
    let mut flow = scripted();
    flow.plan.required = None;
    for _ in 0..MAX_QUESTIONS {
        let asked = advance(flow.clone(), asks(answering(1)), start());
        let Ok(open) = asked else { break };
        match advance(open, refused(RefusalCode::IdpDenied), start()) {
            Ok(after) => flow = after,
            Err(_) => break,
        }
    }
    assert!(matches!(next(&flow, start()), Next::Refused(_)) || advance(flow, asks(answering(1)), start()).is_err());
}

#[test]
fn another_account_at_the_end_takes_later_steps_back() {
    let events =
        vec![asks(Execution::of(step(1))), chose(1, "acme"), newcomer(1, "acme", "ann"), asks(Execution::of(step(3)))];
    let flow = play(scripted(), events);
    assert_eq!(flow.script().unwrap().recorded(), 1);
    let switched = FlowEvent::Redecided {
        authentication: Box::new(by_connection(local("u_ann"), "acme", start())),
        decision: "link".to_owned(),
    };
    let flow = play(flow, vec![switched]);
    assert_eq!(next(&flow, start()), Next::RunScript);
    assert_eq!(flow.script().unwrap().recorded(), 0, "the person of step 1 is another one now");
    assert_eq!(flow.script().unwrap().answered().len(), 1);
}
