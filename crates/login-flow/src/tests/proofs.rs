//! One test per rule of proving to own an account, the good twin first.

use usher_domain::RefusalCode;

use super::builders::*;
use crate::{CodeStanding, FlowError, FlowEvent, LoginFlow, Next, OwnershipBy, WrongProof, advance, next};

fn play(flow: LoginFlow, events: Vec<FlowEvent>) -> LoginFlow {
    events.into_iter().fold(flow, |flow, event| advance(flow, event, start()).unwrap())
}

fn asked() -> LoginFlow {
    play(usual(), vec![chose(1, "acme"), chose(1, "globex"), proof_asked(1, "acme", "u_ann")])
}

fn mailed(address: &str) -> OwnershipBy {
    OwnershipBy::MailCode { address: address.to_owned() }
}

fn wrong_code() -> FlowEvent {
    FlowEvent::ProofRejected { wrong: WrongProof::Code }
}

fn offer(flow: &LoginFlow) -> crate::ProofOffer {
    match next(flow, start()) {
        Next::ProveOwnership(offer) => offer,
        other => panic!("no proof is asked: {other:?}"),
    }
}

#[test]
fn a_proof_completes_the_step_with_the_identity_that_waited() {
    let flow = asked();
    assert!(flow.completed().is_empty(), "nothing is proved before the proof");
    assert_eq!(offer(&flow).connection, connection("acme"));
    let flow = play(flow, vec![owned(OwnershipBy::Password, "u_ann", "acme")]);
    assert_eq!(next(&flow, start()), Next::Finish);
    let proved = flow.proved_identity().unwrap();
    assert_eq!((proved.identity.key.clone(), proved.decision.as_str()), (key("acme", "ann"), "link"));
    assert_eq!(proved.ownership.as_ref().unwrap().user.as_str(), "u_ann");
    assert!(flow.pending_proof().is_none());
}

#[test]
fn link_08_a_proof_counts_for_its_account_and_its_connection_only() {
    for (user, via) in [("u_mallory", "acme"), ("u_ann", "globex")] {
        let refused = advance(asked(), owned(OwnershipBy::Password, user, via), start());
        assert!(matches!(refused, Err(FlowError::Incoherent(_))), "{user} {via}");
    }
    let nobody_asked = advance(usual(), owned(OwnershipBy::Password, "u_ann", "acme"), start());
    assert_eq!(nobody_asked, Err(FlowError::NothingToProve));
}

#[test]
fn link_08_another_answer_or_another_way_drops_the_proof() {
    let mut second = proved("acme", "second");
    second.identity.key.subject = "second".to_owned();
    let sent = FlowEvent::CodeSent { code: code(Some("ann@corp.test"), start()) };
    let again = FlowEvent::ProofAsked {
        step: step(1),
        proved: Box::new(second),
        user: usher_domain::UserId::parse("u_ann").unwrap(),
    };
    let flow = play(asked(), vec![sent.clone(), again]);
    assert_eq!(offer(&flow).code, CodeStanding::NotSent, "the code of the first identity is gone");
    let stale = advance(flow, owned(mailed("ann@corp.test"), "u_ann", "acme"), start());
    assert!(matches!(stale, Err(FlowError::Incoherent(_))));
    for other in [chose(1, "globex"), FlowEvent::Restarted, refused(RefusalCode::LinkRefused)] {
        let flow = play(asked(), vec![sent.clone(), other]);
        let late = advance(flow, owned(OwnershipBy::Password, "u_ann", "acme"), start());
        assert_eq!(late, Err(FlowError::NothingToProve));
    }
}

#[test]
fn link_10_no_answer_brings_its_own_proof() {
    let mut forged = proved("acme", "ann");
    forged.ownership = play(asked(), vec![owned(OwnershipBy::Password, "u_ann", "acme")])
        .proved_identity()
        .and_then(|proved| proved.ownership.clone());
    assert!(forged.ownership.is_some());
    let event = FlowEvent::IdentityProved {
        step: step(1),
        authentication: Box::new(by_connection(local("u_ann"), "acme", start())),
        proved: Box::new(forged),
    };
    assert!(matches!(advance(asked(), event, start()), Err(FlowError::Incoherent(_))));
}

#[test]
fn a_code_works_five_minutes_five_attempts_and_where_it_was_sent() {
    let sent = || play(asked(), vec![FlowEvent::CodeSent { code: code(Some("ann@corp.test"), start()) }]);
    assert_eq!(offer(&sent()).code, CodeStanding::Waiting);
    let right = owned(mailed("ann@corp.test"), "u_ann", "acme");
    assert!(advance(sent(), right.clone(), at(299)).is_ok());
    assert!(matches!(advance(sent(), right.clone(), at(300)), Err(FlowError::Incoherent(_))));
    let elsewhere = owned(mailed("mallory@evil.test"), "u_ann", "acme");
    assert!(matches!(advance(sent(), elsewhere, start()), Err(FlowError::Incoherent(_))));
    let four = play(sent(), vec![wrong_code(); 4]);
    assert_eq!((offer(&four).wrong, offer(&four).code), (Some(WrongProof::Code), CodeStanding::Waiting));
    assert!(advance(four.clone(), right.clone(), start()).is_ok());
    let five = play(four, vec![wrong_code()]);
    assert_eq!(offer(&five).code, CodeStanding::Void);
    assert!(matches!(advance(five, right, start()), Err(FlowError::Incoherent(_))));
}

#[test]
fn three_codes_are_sent_and_no_more_restarts_included() {
    let sent = FlowEvent::CodeSent { code: code(None, start()) };
    let mut flow = asked();
    for left in [2, 1, 0] {
        flow = play(flow, vec![FlowEvent::Restarted, chose(1, "acme"), proof_asked(1, "acme", "u_ann"), sent.clone()]);
        assert_eq!(offer(&flow).sends_left, left);
    }
    assert_eq!(advance(flow, sent, start()), Err(FlowError::TooManyCodes));
}

#[test]
fn ten_wrong_passwords_end_the_sign_in_wherever_they_were_typed() {
    let wrong = || FlowEvent::ProofRejected { wrong: WrongProof::Password { typed_name: Some("ann".to_owned()) } };
    let flow = play(usual(), vec![wrong_password(1), chose(1, "acme"), proof_asked(1, "acme", "u_ann")]);
    let flow = play(flow, vec![wrong(); 8]);
    assert!(matches!(offer(&flow).wrong, Some(WrongProof::Password { .. })));
    let flow = play(flow, vec![wrong()]);
    assert!(matches!(next(&flow, start()), Next::Refused(refusal) if refusal.code == RefusalCode::RateLimited));
}

#[test]
fn the_end_may_ask_anew_and_takes_the_step_back() {
    let flow = play(asked(), vec![owned(OwnershipBy::Password, "u_ann", "acme")]);
    let flow = play(flow, vec![proof_asked(1, "acme", "u_bob")]);
    assert!(flow.completed().is_empty());
    assert_eq!(flow.pending_proof().unwrap().user().as_str(), "u_bob");
    let done = play(usual(), vec![chose(1, "acme"), password_of(1, "u_ann")]);
    assert_eq!(advance(done, proof_asked(1, "acme", "u_bob"), start()), Err(FlowError::StepClosed));
    assert_eq!(advance(usual(), proof_asked(1, "acme", "u_ann"), start()), Err(FlowError::NotDeparted));
}

#[test]
fn a_changed_match_drops_the_proof() {
    let redecided = |user: &str| FlowEvent::Redecided {
        authentication: Box::new(by_connection(local(user), "acme", start())),
        decision: "again".to_owned(),
    };
    let proved = play(asked(), vec![owned(OwnershipBy::Password, "u_ann", "acme")]);
    let same = play(proved.clone(), vec![redecided("u_ann")]);
    assert!(same.proved_identity().unwrap().ownership.is_some());
    let other = play(proved, vec![redecided("u_bob")]);
    assert_eq!(other.proved_identity().unwrap().ownership, None);
}
