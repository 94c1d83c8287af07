//! One test per rule of `advance` and `next`.

use usher_domain::{Interaction, RefusalCode, Subject};

use super::builders::*;
use crate::{Finality, FlowError, FlowEvent, LoginFlow, Next, SignInNotice, StepOption, advance, next};

fn play(flow: LoginFlow, events: Vec<FlowEvent>) -> LoginFlow {
    events.into_iter().fold(flow, |flow, event| advance(flow, event, start()).unwrap())
}

fn refusal_of(flow: &LoginFlow) -> (RefusalCode, Finality) {
    match next(flow, start()) {
        Next::Refused(refusal) => (refusal.code, refusal.finality),
        other => panic!("not refused: {other:?}"),
    }
}

fn departs_to(flow: &LoginFlow) -> Option<String> {
    match next(flow, start()) {
        Next::Depart { connection, .. } => Some(connection.to_string()),
        _ => None,
    }
}

#[test]
fn the_page_offers_password_and_listed_connections_in_order() {
    let flow = flow_of(request(), vec![vec![shown("globex"), StepOption::Password, hidden("secret"), shown("acme")]]);
    let Next::ShowSignIn(offer) = next(&flow, start()) else { panic!("no page") };
    assert!(offer.password);
    assert_eq!(offer.connections, [connection("globex"), connection("acme")]);
    assert_eq!(offer.notice, None);
}

#[test]
fn a_single_federated_option_departs_at_once_and_only_once() {
    let flow = flow_of(request(), vec![vec![shown("acme")]]);
    assert_eq!(departs_to(&flow).as_deref(), Some("acme"));
    let back = play(flow, vec![chose(1, "acme")]);
    assert!(matches!(next(&back, start()), Next::ShowSignIn(_)), "Back shows the page");
    let flow = flow_of(request(), vec![vec![shown("acme")]]);
    let another_way = play(flow, vec![refused(RefusalCode::ConnectionUnavailable), FlowEvent::Restarted]);
    assert!(matches!(next(&another_way, start()), Next::ShowSignIn(_)), "another way was asked for");
}

#[test]
fn a_hint_departs_at_once_even_beside_a_password_and_to_a_hidden_connection() {
    for option in [shown("acme"), hidden("acme")] {
        let hinted = usher_domain::SignInRequest { connection_hint: Some(connection("acme")), ..request() };
        let flow = flow_of(hinted, vec![vec![StepOption::Password, option, shown("globex")]]);
        assert_eq!(departs_to(&flow).as_deref(), Some("acme"));
        let restarted = play(flow, vec![chose(1, "acme"), FlowEvent::Restarted]);
        assert_eq!(departs_to(&restarted), None, "another way was asked for");
    }
}

#[test]
fn a_hint_at_a_connection_that_is_not_planned_is_ignored() {
    let hinted = usher_domain::SignInRequest { connection_hint: Some(connection("other")), ..request() };
    let flow = flow_of(hinted, vec![vec![StepOption::Password, shown("acme")]]);
    assert!(matches!(next(&flow, start()), Next::ShowSignIn(_)));
    assert_eq!(advance(flow, chose(1, "other"), start()), Err(FlowError::NotOffered));
}

#[test]
fn a_hidden_connection_is_reachable_by_hint_only() {
    let flow = flow_of(request(), vec![vec![StepOption::Password, hidden("secret")]]);
    assert_eq!(advance(flow, chose(1, "secret"), start()), Err(FlowError::NotOffered));
}

#[test]
fn a_plan_without_a_way_in_is_refused_and_never_finishes() {
    for steps in [vec![], vec![vec![]], vec![vec![hidden("secret")]]] {
        let flow = flow_of(request(), steps);
        assert_eq!(refusal_of(&flow), (RefusalCode::ConnectionUnavailable, Finality::Final));
        assert_eq!(advance(flow, FlowEvent::Finished, start()), Err(FlowError::NotReady));
    }
}

#[test]
fn oidc_34_a_provider_that_always_refuses_makes_no_loop() {
    let flow = flow_of(request(), vec![vec![shown("acme")]]);
    let flow = play(flow, vec![chose(1, "acme"), refused(RefusalCode::IdpDenied)]);
    assert_eq!(refusal_of(&flow), (RefusalCode::IdpDenied, Finality::Restartable));
    let flow = play(flow, vec![FlowEvent::Restarted]);
    assert!(matches!(next(&flow, start()), Next::ShowSignIn(_)));
}

#[test]
fn trying_again_clears_a_restartable_refusal() {
    let flow = play(usual(), vec![chose(1, "acme"), refused(RefusalCode::IdpUnreachable), chose(1, "acme")]);
    assert!(matches!(next(&flow, start()), Next::ShowSignIn(_)));
    let flow = play(flow, vec![identity_of(1, "acme", "u_ann")]);
    assert_eq!(next(&flow, start()), Next::Finish);
}

#[test]
fn codes_that_only_a_new_sign_in_cures_are_final() {
    for code in [RefusalCode::LinkMismatch, RefusalCode::TxOtherBrowser, RefusalCode::BadRequest] {
        let flow = play(usual(), vec![refused(code)]);
        assert_eq!(refusal_of(&flow), (code, Finality::Final));
        assert_eq!(advance(flow, FlowEvent::Restarted, start()), Err(FlowError::Ended(code)));
    }
}

#[test]
fn a_refusal_drops_what_was_proved() {
    let flow = play(usual(), vec![password_of(1, "u_ann"), refused(RefusalCode::AccountDisabled)]);
    assert!(flow.completed().is_empty());
    assert_eq!(advance(flow, FlowEvent::Finished, start()), Err(FlowError::NotReady));
}

#[test]
fn a_wrong_password_shows_the_page_again_with_the_name_typed() {
    let flow = play(usual(), vec![wrong_password(1)]);
    let Next::ShowSignIn(offer) = next(&flow, start()) else { panic!("no page") };
    assert_eq!(offer.notice, Some(SignInNotice::WrongPassword));
    assert_eq!(offer.typed_name.as_deref(), Some("ann"));
}

#[test]
fn ten_wrong_passwords_end_the_sign_in_restarts_included() {
    let mut flow = usual();
    for attempt in 1..=10 {
        assert!(!matches!(next(&flow, start()), Next::Refused(_)), "attempt {attempt}");
        if attempt % 3 == 0 {
            flow = play(flow, vec![FlowEvent::Restarted]);
        }
        flow = play(flow, vec![wrong_password(1)]);
    }
    assert_eq!(refusal_of(&flow), (RefusalCode::RateLimited, Finality::Final));
    assert_eq!(advance(flow, password_of(1, "u_ann"), start()), Err(FlowError::Ended(RefusalCode::RateLimited)));
}

#[test]
fn sixty_four_events_end_the_sign_in() {
    let mut flow = usual();
    for _ in 0..LoginFlow::MAX_EVENTS {
        flow = play(flow, vec![chose(1, "acme")]);
    }
    assert_eq!(advance(flow.clone(), chose(1, "acme"), start()), Err(FlowError::TooManyEvents));
    assert_eq!(refusal_of(&flow), (RefusalCode::RateLimited, Finality::Final));
    let refused = play(flow, vec![refused(RefusalCode::IdpDenied)]);
    assert_eq!(refusal_of(&refused).0, RefusalCode::IdpDenied, "why it ended can always be recorded");
}

#[test]
fn the_last_allowed_event_may_still_be_a_proof_that_finishes() {
    let mut flow = usual();
    for _ in 1..LoginFlow::MAX_EVENTS {
        flow = play(flow, vec![chose(1, "acme")]);
    }
    let flow = play(flow, vec![password_of(1, "u_ann")]);
    assert_eq!(next(&flow, start()), Next::Finish);
    assert_eq!(next(&play(flow, vec![FlowEvent::Finished]), start()), Next::AlreadyFinished);
}

#[test]
fn half_an_hour_ends_the_sign_in() {
    let flow = play(usual(), vec![password_of(1, "u_ann")]);
    assert_eq!(next(&flow, at(1799)), Next::Finish);
    assert_eq!(next(&flow, at(1800)), Next::Expired);
    assert_eq!(advance(flow, FlowEvent::Finished, at(1800)), Err(FlowError::Expired));
    let refused = play(usual(), vec![refused(RefusalCode::IdpDenied)]);
    assert_eq!(next(&refused, at(1800)), Next::Expired, "there is nothing left to try again");
}

#[test]
fn sess_06_a_clock_that_jumps_back_never_lengthens_a_sign_in() {
    let flow = advance(usual(), chose(1, "acme"), at(1799)).unwrap();
    let flow = advance(flow, chose(1, "acme"), at(-86_400)).unwrap();
    assert_eq!(next(&flow, at(1799)), Next::ShowSignIn(offer_of(&flow)));
    assert_eq!(next(&flow, at(1800)), Next::Expired);
}

fn offer_of(flow: &LoginFlow) -> crate::SignInOffer {
    match next(flow, start()) {
        Next::ShowSignIn(offer) => offer,
        other => panic!("no page: {other:?}"),
    }
}

#[test]
fn finishing_twice_is_impossible() {
    let flow = play(usual(), vec![password_of(1, "u_ann"), FlowEvent::Finished]);
    assert_eq!(next(&flow, at(99_999)), Next::AlreadyFinished);
    for event in [FlowEvent::Finished, FlowEvent::Restarted, password_of(1, "u_ann"), refused(RefusalCode::Internal)] {
        assert_eq!(advance(flow.clone(), event, start()), Err(FlowError::AlreadyFinished));
    }
}

#[test]
fn prompt_none_never_asks() {
    let silent = usher_domain::SignInRequest { interaction: Interaction::Forbidden, ..request() };
    for steps in [vec![StepOption::Password], vec![shown("acme")]] {
        let flow = flow_of(silent.clone(), vec![steps]);
        assert_eq!(next(&flow, start()), Next::CannotInteract);
        for event in [chose(1, "acme"), wrong_password(1), password_of(1, "u_ann"), FlowEvent::Restarted] {
            assert_eq!(advance(flow.clone(), event, start()), Err(FlowError::InteractionForbidden));
        }
    }
}

#[test]
fn an_answer_needs_a_departure_in_this_very_flow() {
    assert_eq!(advance(usual(), identity_of(1, "acme", "u_ann"), start()), Err(FlowError::NotDeparted));
    let flow = play(usual(), vec![chose(1, "globex")]);
    assert_eq!(advance(flow, identity_of(1, "acme", "u_ann"), start()), Err(FlowError::NotDeparted));
}

#[test]
fn two_pending_hand_shakes_may_both_answer_and_the_first_wins() {
    let flow = play(usual(), vec![chose(1, "acme"), chose(1, "globex"), identity_of(1, "acme", "u_ann")]);
    assert_eq!(next(&flow, start()), Next::Finish);
    assert_eq!(advance(flow.clone(), identity_of(1, "globex", "u_ann"), start()), Err(FlowError::StepClosed));
    assert_eq!(flow.proved_identity().map(|p| p.identity.key.clone()), Some(key("acme", "u_ann")));
}

#[test]
fn incoherent_events_are_refused() {
    let flow = play(usual(), vec![chose(1, "acme"), chose(1, "globex")]);
    let cases = [
        FlowEvent::IdentityProved {
            step: step(1),
            authentication: Box::new(by_connection(local("u_ann"), "globex", start())),
            proved: Box::new(proved("acme", "u_ann")),
        },
        FlowEvent::IdentityProved {
            step: step(1),
            authentication: Box::new(by_connection(
                Subject::Federated { key: key("acme", "somebody-else") },
                "acme",
                start(),
            )),
            proved: Box::new(proved("acme", "u_ann")),
        },
        FlowEvent::PasswordAccepted { step: step(1), authentication: by_connection(local("u_ann"), "acme", start()) },
    ];
    for event in cases {
        assert!(matches!(advance(flow.clone(), event, start()), Err(FlowError::Incoherent(_))));
    }
}

#[test]
fn prompt_login_refuses_a_stale_authentication_at_the_provider() {
    let forced = usher_domain::SignInRequest { interaction: Interaction::Forced, max_age: None, ..request() };
    let aged = usher_domain::SignInRequest { max_age: Some(60), ..request() };
    for (request, told, fits) in [
        (forced.clone(), Some(-3600), false),
        (forced.clone(), Some(0), true),
        (forced.clone(), Some(-119), true),
        (forced.clone(), Some(-121), false),
        (forced, None, true),
        (aged.clone(), Some(-3600), false),
        (aged, Some(-30), true),
    ] {
        let flow = play(flow_of(request, vec![vec![shown("acme")]]), vec![chose(1, "acme")]);
        assert_eq!(flow.demand().reauthenticate, flow.request().interaction == Interaction::Forced);
        let mut identity = proved("acme", "ann");
        identity.identity.auth_time = told.map(at);
        let event = FlowEvent::IdentityProved {
            step: step(1),
            authentication: Box::new(by_connection(local("u_ann"), "acme", start())),
            proved: Box::new(identity),
        };
        let flow = play(flow, vec![event]);
        if fits {
            assert_eq!(next(&flow, start()), Next::Finish, "{told:?}");
        } else {
            assert_eq!(refusal_of(&flow), (RefusalCode::IdpResponseInvalid, Finality::Restartable));
        }
    }
}

#[test]
fn sess_11_a_subject_switch_fails_the_whole_flow() {
    let two = || {
        flow_of(request(), vec![vec![StepOption::Password, shown("acme")], vec![StepOption::Password, shown("acme")]])
    };
    let switches = [
        vec![password_of(1, "u_ann"), password_of(2, "u_mallory")],
        vec![password_of(1, "u_ann"), chose(2, "acme"), identity_of(2, "acme", "u_mallory")],
        vec![password_of(1, "u_ann"), password_of(1, "u_mallory")],
        vec![password_of(1, "u_ann"), session_of(2, by_password("u_mallory", start()))],
    ];
    for events in switches {
        let flow = play(two(), events);
        assert_eq!(refusal_of(&flow), (RefusalCode::LinkMismatch, Finality::Final));
        assert_eq!(flow.authentication(), None);
    }
}

#[test]
fn sess_12_steps_are_neither_skipped_nor_repeated() {
    let two = flow_of(request(), vec![vec![StepOption::Password], vec![StepOption::Password]]);
    assert_eq!(advance(two.clone(), password_of(2, "u_ann"), start()), Err(FlowError::StepClosed));
    let flow = play(two, vec![password_of(1, "u_ann")]);
    assert_eq!(flow.open_step(), Some(step(2)));
    assert_eq!(flow.authentication(), None);
    assert_eq!(advance(flow.clone(), password_of(1, "u_ann"), start()), Err(FlowError::StepClosed));
    assert_eq!(advance(flow.clone(), FlowEvent::Finished, start()), Err(FlowError::NotReady));
    let restarted = play(flow.clone(), vec![FlowEvent::Restarted]);
    assert_eq!(restarted.open_step(), Some(step(1)), "a restart asks every step again");
    let flow = play(flow, vec![password_of(2, "u_ann")]);
    assert_eq!(next(&flow, start()), Next::Finish);
}

#[test]
fn sess_12_a_departure_serves_its_own_step_only() {
    let two = flow_of(request(), vec![vec![shown("acme")], vec![shown("acme")]]);
    let flow = play(two, vec![chose(1, "acme"), identity_of(1, "acme", "u_ann")]);
    assert_eq!(advance(flow, identity_of(2, "acme", "u_ann"), start()), Err(FlowError::NotDeparted));
}

#[test]
fn methods_of_all_steps_are_united() {
    let two = flow_of(request(), vec![vec![StepOption::Password], vec![shown("acme")]]);
    let flow = play(two, vec![password_of(1, "u_ann"), chose(2, "acme"), identity_of(2, "acme", "u_ann")]);
    assert_eq!(flow.authentication().unwrap().amr, ["pwd", "fed"]);
}

#[test]
fn deciding_again_replaces_the_person_and_drops_later_steps() {
    let two = flow_of(request(), vec![vec![shown("acme")], vec![StepOption::Password]]);
    let redecided = |user: &str| FlowEvent::Redecided {
        authentication: Box::new(by_connection(local(user), "acme", start())),
        decision: "new".to_owned(),
    };
    let flow = play(two, vec![chose(1, "acme"), identity_of(1, "acme", "u_ann"), password_of(2, "u_ann")]);
    let same = play(flow.clone(), vec![redecided("u_ann")]);
    assert_eq!(next(&same, start()), Next::Finish);
    assert_eq!(same.proved_identity().map(|p| p.decision.as_str()), Some("new"));
    let other = play(flow, vec![redecided("u_bob")]);
    assert_eq!(other.open_step(), Some(step(2)), "the other account's own factors are asked");
    let password_first = flow_of(request(), vec![vec![StepOption::Password], vec![shown("acme")]]);
    let flow = play(password_first, vec![password_of(1, "u_ann"), chose(2, "acme"), identity_of(2, "acme", "u_ann")]);
    let switched = play(flow, vec![redecided("u_bob")]);
    assert_eq!(refusal_of(&switched), (RefusalCode::LinkMismatch, Finality::Final), "a password stood before it");
    assert_eq!(advance(usual(), redecided("u_ann"), start()), Err(FlowError::NotReady));
}

#[test]
fn a_newcomer_without_an_account_finishes_as_the_external_identity() {
    let flow = play(usual(), vec![chose(1, "acme"), newcomer(1, "acme", "42")]);
    assert_eq!(flow.authentication().unwrap().subject, Subject::Federated { key: key("acme", "42") });
    let subject = Subject::Federated { key: key("acme", "43") };
    let stranger = FlowEvent::Redecided {
        authentication: Box::new(by_connection(subject, "acme", start())),
        decision: String::new(),
    };
    assert!(matches!(advance(flow, stranger, start()), Err(FlowError::Incoherent(_))));
}

#[test]
fn a_stored_flow_reads_back_and_another_version_does_not() {
    let flow = play(usual(), vec![wrong_password(1), chose(1, "acme"), newcomer(1, "acme", "42")]);
    let text = flow.encode().unwrap();
    assert_eq!(LoginFlow::decode(&text).unwrap(), flow);
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["completed"][0]["step"] = 2.into();
    assert!(LoginFlow::decode(&json.to_string()).is_err(), "steps out of order");
    json["version"] = 2.into();
    assert!(LoginFlow::decode(&json.to_string()).unwrap_err().to_string().contains("version 2"));
    assert!(LoginFlow::decode("{}").is_err());
}

#[test]
fn options_too_many_to_carry_are_looked_up() {
    let options: Vec<_> = (0..201).map(|n| shown(&format!("c{n}"))).collect();
    let mut flow = flow_of(request(), vec![options.clone()]);
    assert!(flow.encode().unwrap().contains("c200"), "carried");
    flow.plan.options = crate::Options::LookedUp;
    let text = flow.encode().unwrap();
    assert!(!text.contains("c200"));
    let mut read = LoginFlow::decode(&text).unwrap();
    assert!(matches!(next(&read, start()), Next::Refused(_)), "nothing is offered that was not looked up");
    let present = crate::FlowPlan::one_step(1, usher_domain::AccountNeed::Any, options);
    read.look_up_options(present);
    assert_eq!(read, flow);
}

#[test]
fn every_error_has_a_code_for_the_page() {
    assert_eq!(FlowError::Expired.refusal_code(), RefusalCode::TxExpired);
    assert_eq!(FlowError::StepClosed.refusal_code(), RefusalCode::TxAlreadyUsed);
    assert_eq!(FlowError::Ended(RefusalCode::Locked).refusal_code(), RefusalCode::Locked);
}
