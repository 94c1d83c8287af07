//! A passkey counts for one step, and asking for one takes no other word from the page.

use usher_domain::{Authentication, Authenticator, FactorUse};

use super::builders::*;
use super::factors::{factor, proved_factor};
use crate::{
    FactorProof, FactorPurpose, FlowError, FlowEvent, LoginFlow, Next, PendingFactor, ProvedFactor, SignInNotice,
    StepOption, advance, next,
};

fn two_steps() -> LoginFlow {
    let passkey = || factor(Authenticator::Passkey);
    flow_of(request(), vec![vec![StepOption::Password, passkey()], vec![passkey(), factor(Authenticator::Totp)]])
}

fn by_passkey() -> Authentication {
    let amr = vec!["pop".to_owned(), "user".to_owned(), "mfa".to_owned()];
    let factors = vec![FactorUse { factor: Authenticator::Passkey, at: start() }];
    Authentication { amr, factors, ..by_password("u_ann", start()) }
}

fn accepted(number: u8, id: &str) -> FlowEvent {
    FlowEvent::PasskeyAccepted { step: step(number), authentication: by_passkey(), id: id.to_owned() }
}

fn answered(number: u8, id: &str) -> FlowEvent {
    let FlowEvent::FactorProved { proved } = proved_factor(number, Authenticator::Passkey) else { panic!() };
    let by = FactorProof::Answer { id: Some(id.to_owned()) };
    FlowEvent::FactorProved { proved: Box::new(ProvedFactor { by, ..*proved }) }
}

fn begun(number: u8) -> FlowEvent {
    let (authenticator, purpose) = (Authenticator::Passkey, FactorPurpose::Prove);
    let pending =
        PendingFactor { step: step(number), authenticator, purpose, state: "challenge".to_owned(), rejected: true };
    FlowEvent::FactorBegun { pending }
}

fn play(flow: LoginFlow, events: Vec<FlowEvent>) -> LoginFlow {
    events.into_iter().fold(flow, |flow, event| advance(flow, event, start()).expect("taken in"))
}

#[test]
fn one_key_counts_for_one_step() {
    let flow = play(two_steps(), vec![accepted(1, "ring")]);
    assert!(!flow.passkey_counts(step(2), "ring") && flow.passkey_counts(step(2), "phone"));
    assert_eq!(advance(flow.clone(), answered(2, "ring"), start()), Err(FlowError::NotOffered));
    assert_eq!(next(&play(flow.clone(), vec![answered(2, "phone")]), start()), Next::Finish);
    assert_eq!(next(&play(flow, vec![proved_factor(2, Authenticator::Totp)]), start()), Next::Finish);
    let flow = play(two_steps(), vec![password_of(1, "u_ann")]);
    assert_eq!(next(&play(flow, vec![answered(2, "ring")]), start()), Next::Finish);
}

/// Nobody knows any more which key began a session; one that a password began is beside the question.
#[test]
fn a_session_that_a_passkey_began_leaves_no_key_for_a_later_step() {
    let flow = play(two_steps(), vec![session_of(1, by_passkey())]);
    assert!(!flow.passkey_counts(step(2), "ring"));
    assert_eq!(advance(flow, answered(2, "ring"), start()), Err(FlowError::NotOffered));
    let flow = play(two_steps(), vec![session_of(1, by_password("u_ann", start()))]);
    assert_eq!(next(&play(flow, vec![answered(2, "ring")]), start()), Next::Finish);
}

#[test]
fn the_sign_in_page_keeps_its_word_about_the_password_while_it_asks_for_a_passkey() {
    let flow = play(two_steps(), vec![wrong_password(1), begun(1)]);
    let Next::ShowSignIn(offer) = next(&flow, start()) else { panic!() };
    assert_eq!(offer.notice, Some(SignInNotice::WrongPassword));
    assert!(flow.pending_factor().is_some_and(|pending| !pending.rejected && pending.state == "challenge"));
    let rejected = FlowEvent::FactorRejected { step: step(1), authenticator: Authenticator::Passkey };
    let flow = play(flow, vec![rejected.clone()]);
    let Next::ShowSignIn(offer) = next(&flow, start()) else { panic!() };
    assert_eq!(offer.notice, None, "what was wrong last");
    assert!(flow.pending_factor().is_some_and(|pending| pending.rejected));
    let mut flow = flow;
    for _ in 2..LoginFlow::MAX_FAILED_ATTEMPTS {
        flow = play(flow, vec![rejected.clone()]);
        assert!(matches!(next(&flow, start()), Next::ShowSignIn(_)));
    }
    assert!(matches!(next(&play(flow, vec![rejected]), start()), Next::Refused(_)), "so many and no more");
}
