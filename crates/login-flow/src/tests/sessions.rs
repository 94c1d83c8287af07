//! Which sessions satisfy a step.

use chrono::{DateTime, Utc};
use usher_domain::{AccountNeed, Authentication, Interaction, SignInRequest, Subject};

use super::builders::*;
use crate::{
    Beginning, FlowError, FlowEvent, FlowPlan, LoginFlow, Next, StepOption, UnfitSession, advance, next, session_fits,
};

fn fits(flow: &LoginFlow, authentication: Authentication, now: DateTime<Utc>) -> Result<(), UnfitSession> {
    session_fits(flow, &session(authentication), now)
}

#[test]
fn a_live_session_satisfies_the_step_also_silently() {
    for interaction in [Interaction::Allowed, Interaction::Forbidden] {
        let flow = flow_of(SignInRequest { interaction, ..request() }, vec![vec![StepOption::Password]]);
        let flow = advance(flow, session_of(1, by_password("u_ann", start())), at(60)).unwrap();
        assert_eq!(next(&flow, at(60)), Next::Finish);
        assert_eq!(flow.authentication().unwrap().at, start(), "auth_time stays that of the sign-in");
        assert!(flow.reused_session().is_some());
    }
}

#[test]
fn prompt_login_and_another_way_set_the_session_aside() {
    let forced = SignInRequest { interaction: Interaction::Forced, ..request() };
    let flow = flow_of(forced, vec![vec![StepOption::Password]]);
    assert_eq!(fits(&flow, by_password("u_ann", start()), start()), Err(UnfitSession::Forced));
    let event = session_of(1, by_password("u_ann", start()));
    assert_eq!(advance(flow, event, start()), Err(FlowError::SessionUnfit(UnfitSession::Forced)));
    let flow = advance(usual(), FlowEvent::Restarted, start()).unwrap();
    assert_eq!(fits(&flow, by_password("u_ann", start()), start()), Err(UnfitSession::AnotherWayWanted));
}

#[test]
fn max_age_bounds_the_authentication_in_seconds() {
    for (limit, age, expected) in [
        (60, 60, Ok(())),
        (60, 61, Err(UnfitSession::TooOld)),
        (0, 0, Err(UnfitSession::TooOld)),
        (1, 0, Ok(())),
        (60, -3, Ok(())),
        (60, -3600, Err(UnfitSession::TooOld)),
        (u64::MAX, 20_000, Ok(())),
    ] {
        let flow = flow_of(SignInRequest { max_age: Some(limit), ..request() }, vec![vec![StepOption::Password]]);
        assert_eq!(fits(&flow, by_password("u_ann", at(-age)), start()), expected, "max_age {limit}, age {age}");
    }
}

#[test]
fn a_session_ends_by_its_own_time() {
    let flow = usual();
    assert_eq!(fits(&flow, by_password("u_ann", at(-8 * 3600)), start()), Err(UnfitSession::Over));
}

#[test]
fn sess_06_a_clock_that_jumps_back_never_revives_a_session() {
    let flow = advance(usual(), chose(1, "acme"), at(1500)).unwrap();
    let ended = by_password("u_ann", at(1000 - 8 * 3600));
    assert_eq!(fits(&flow, ended, at(500)), Err(UnfitSession::Over));
}

#[test]
fn a_session_counts_only_if_its_way_in_is_offered_now() {
    let only_acme = flow_of(request(), vec![vec![shown("acme"), hidden("back")]]);
    let rows = [
        (by_connection(local("u_ann"), "acme", start()), Ok(())),
        (by_connection(local("u_ann"), "back", start()), Ok(())),
        (by_connection(local("u_ann"), "globex", start()), Err(UnfitSession::WayNotOffered)),
        (by_password("u_ann", start()), Err(UnfitSession::WayNotOffered)),
    ];
    for (authentication, expected) in rows {
        assert_eq!(fits(&only_acme, authentication, start()), expected);
    }
}

#[test]
fn an_application_that_needs_an_account_takes_no_session_without_one() {
    let beginning = |account| Beginning {
        id: usual().id().clone(),
        correlation: usual().correlation().clone(),
        request: request(),
        protocol_request: String::new(),
        plan: FlowPlan::one_step(1, account, vec![shown("acme")]),
    };
    let stranger = || by_connection(Subject::Federated { key: key("acme", "42") }, "acme", start());
    let any = LoginFlow::begin(beginning(AccountNeed::Any), start());
    assert_eq!(fits(&any, stranger(), start()), Ok(()));
    let needs = LoginFlow::begin(beginning(AccountNeed::Local), start());
    assert_eq!(fits(&needs, stranger(), start()), Err(UnfitSession::LocalAccountNeeded));
}

#[test]
fn a_completed_flow_needs_no_session() {
    let flow = advance(usual(), password_of(1, "u_ann"), start()).unwrap();
    assert_eq!(fits(&flow, by_password("u_ann", start()), start()), Err(UnfitSession::NothingOpen));
}
