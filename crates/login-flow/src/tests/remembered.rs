//! Remembered browsers in the state machine: for which step, and when never (SESS-15, MFA-18).

use usher_domain::{Authenticator, Interaction, SignInRequest};

use super::builders::*;
use super::factors::{factor, proved_factor};
use crate::{
    AnsweredBy, Execution, FactorProof, FlowError, FlowEvent, LoginFlow, Next, Order, ProvedFactor, Question, Renewal,
    ScriptSaid, StepOption, advance, answerable_by_browser, next,
};

fn remembering(request: SignInRequest) -> LoginFlow {
    let totp = || vec![factor(Authenticator::Totp)];
    let mut flow = flow_of(request, vec![vec![StepOption::Password], totp(), totp()]);
    flow.plan.remember_days = Some(30);
    flow.plan.required = Some(2);
    flow
}

fn after_password(flow: LoginFlow) -> LoginFlow {
    advance(flow, password_of(1, "u_ann"), start()).unwrap()
}

/// This browser was remembered an hour ago.
fn remembered(number: u8) -> FlowEvent {
    let FlowEvent::FactorProved { proved } = proved_factor(number, Authenticator::Totp) else { panic!() };
    FlowEvent::FactorProved { proved: Box::new(ProvedFactor { by: FactorProof::Remembered, at: at(-3600), ..*proved }) }
}

/// Machine and question agree: a browser that may not answer is not looked for, and would be refused.
fn takes(flow: &LoginFlow) -> bool {
    let asked = answerable_by_browser(flow, at(-3600), start()).is_some();
    let step = flow.open_step().map_or(2, crate::StepNumber::get);
    assert_eq!(advance(flow.clone(), remembered(step), start()).is_ok(), asked);
    asked
}

#[test]
fn a_remembered_browser_stands_for_one_second_factor() {
    let flow = remembering(request());
    assert!(answerable_by_browser(&flow, start(), start()).is_none(), "nobody is known yet (MFA-03)");
    let flow = after_password(flow);
    assert!(takes(&flow));
    let mut levelled = flow.clone();
    levelled.plan.acr = Some("urn:two".to_owned());
    for (answer, acr) in [(remembered(2), None), (proved_factor(2, Authenticator::Totp), Some("urn:two"))] {
        let done = advance(levelled.clone(), answer, start()).unwrap();
        assert_eq!(next(&done, start()), Next::Finish);
        assert_eq!(done.authentication().unwrap().acr.as_deref(), acr, "no class is claimed for a browser");
    }
    let mut longer = flow;
    longer.plan.required = Some(3);
    let longer = advance(longer, remembered(2), start()).unwrap();
    assert!(!takes(&longer), "the third step is asked");
    assert!(matches!(next(&longer, start()), Next::AskFactor(_)));
}

#[test]
fn sess_15_a_remembered_browser_answers_nothing_that_must_be_new() {
    assert!(takes(&after_password(remembering(request()))));
    let silent = remembering(SignInRequest { interaction: Interaction::Forbidden, ..request() });
    let silent = advance(silent, session_of(1, by_password("u_ann", start())), start()).unwrap();
    assert!(takes(&silent), "nobody is asked");
    for (why, request) in [
        ("prompt=login", SignInRequest { interaction: Interaction::Forced, ..request() }),
        ("max_age", SignInRequest { max_age: Some(600), ..request() }),
        ("step-up", SignInRequest { acr_values: vec!["urn:mfa".to_owned()], ..request() }),
    ] {
        let mut flow = remembering(request);
        flow.plan.acr = Some("urn:mfa".to_owned());
        assert!(!takes(&after_password(flow)), "{why}");
    }
    let old = SignInRequest { max_age: Some(7200), ..request() };
    assert!(takes(&after_password(remembering(old))), "its owner answered within that time");
    let mut forgetful = after_password(remembering(request()));
    forgetful.plan.remember_days = None;
    assert!(!takes(&forgetful), "the flow remembers no longer");
}

#[test]
fn sess_15_a_script_that_forces_is_not_answered_by_a_browser() {
    for (renewal, taken) in [(Renewal::Allowed, true), (Renewal::Forced, false)] {
        let mut flow = remembering(request());
        flow.plan.order = Order::Scripted;
        let asks = |number, renewal| FlowEvent::ScriptRan {
            record: String::new(),
            said: ScriptSaid::Asks(Question::Step(Execution {
                renewal,
                on_failure: AnsweredBy::Nobody,
                ..Execution::of(step(number))
            })),
        };
        let flow = advance(flow, asks(1, Renewal::Allowed), start()).unwrap();
        let flow = advance(after_password(flow), asks(2, renewal), start()).unwrap();
        assert_eq!(takes(&flow), taken);
    }
}

#[test]
fn mfa_18_only_an_account_has_remembered_browsers() {
    let flow = remembering(request());
    let mut flow = advance(flow, password_of(1, "u_ann"), start()).unwrap();
    let stranger = by_connection(usher_domain::Subject::Federated { key: key("acme", "ann") }, "acme", start());
    flow.completed[0].authentication = stranger;
    assert!(matches!(advance(flow, remembered(2), start()), Err(FlowError::Incoherent(_))));
}
