//! Every script to begin with, down each of its branches.

use serde_json::{Value, json};

use super::{ann, failed, go, met, program, step_of, succeeded, with};
use crate::{
    Effect, Fact, HttpAnswer, Outcome, Program, Record, StepOutcome, StepResult, StepView, UserView, Who, templates,
};

fn template(id: &str) -> Program {
    program(templates().iter().find(|template| template.id == id).unwrap().source)
}

fn first(change: impl FnOnce(&mut UserView)) -> Record {
    let mut subject = ann();
    change(&mut subject);
    let view =
        StepView { idp: "LOCAL".to_owned(), authenticator: "BasicAuthenticator".to_owned(), subject, request: None };
    with(&[StepResult { step: 1, call: String::new(), outcome: StepOutcome::Succeeded(Box::new(view)) }])
}

fn ends(id: &str, record: &Record) {
    let run = go(&template(id), record);
    assert!(succeeded(&run), "{id}: {:?}", run.outcome);
}

fn asks_second(id: &str, record: &Record) {
    assert_eq!(step_of(&go(&template(id), record)), 2, "{id}");
}

fn is_sent_away(id: &str, record: &Record) {
    let outcome = go(&template(id), record).outcome;
    assert!(matches!(outcome, Outcome::SendError { url: None, .. }), "{id}: {outcome:?}");
}

#[test]
fn all_of_them_begin_with_the_first_step() {
    assert_eq!(templates().len(), 12);
    for template in templates() {
        assert_eq!(step_of(&go(&program(template.source), &super::record())), 1, "{}", template.id);
    }
}

#[test]
fn sign_in_option_asks_local_people_only() {
    asks_second("sign_in_option", &first(|_| {}));
    ends("sign_in_option", &with(&[met(1, "acme_oidc", "OpenIDConnectAuthenticator")]));
}

#[test]
fn group_and_role_ask_those_named() {
    asks_second("group", &first(|ann| ann.groups = vec!["Administrators".to_owned()]));
    ends("group", &first(|_| {}));
    asks_second("role", &first(|ann| ann.roles = vec!["owner".to_owned()]));
    ends("role", &first(|_| {}));
}

#[test]
fn ip_range_trusts_its_networks_only() {
    ends("ip_range", &first(|_| {}));
    let mut away = first(|_| {});
    away.request.ip = "203.0.113.9".to_owned();
    asks_second("ip_range", &away);
}

#[test]
fn new_device_asks_once_and_remembers_the_person() {
    let mut record = first(|_| {});
    asks_second("new_device", &record);
    record.results.push(met(2, "LOCAL", "totp"));
    let run = go(&template("new_device"), &record);
    assert!(succeeded(&run));
    let Some(Effect::SetCookie(cookie)) = run.effects.first() else { panic!("{:?}", run.effects) };
    assert_eq!((cookie.name.as_str(), cookie.value.as_str(), cookie.max_age), ("known_device", "ann", Some(2_592_000)));
    let mut known = first(|_| {});
    known.request.cookies.insert("known_device".to_owned(), "ann".to_owned());
    ends("new_device", &known);
    known.request.cookies.insert("known_device".to_owned(), "bob".to_owned());
    asks_second("new_device", &known);
}

#[test]
fn login_attempts_asks_after_a_failure() {
    ends("login_attempts", &first(|_| {}));
    asks_second("login_attempts", &with(&[failed(1), met(1, "LOCAL", "BasicAuthenticator")]));
}

#[test]
fn user_age_needs_a_date_of_birth_and_enough_years() {
    let born = |date: &str| {
        first(|ann| {
            ann.local_claims.insert("birthdate".to_owned(), json!(date));
        })
    };
    ends("user_age", &born("1990-05-01"));
    // The sign-in is on 2025-10-09.
    ends("user_age", &born("2007-10-09"));
    is_sent_away("user_age", &born("2007-10-10"));
    is_sent_away("user_age", &first(|_| {}));
    is_sent_away("user_age", &born("soon"));
}

#[test]
fn acr_takes_the_strongest_that_was_asked_for() {
    let asked =
        |acr: &[&str]| Record { requested_acr: acr.iter().map(|acr| (*acr).to_owned()).collect(), ..first(|_| {}) };
    asks_second("acr", &asked(&["acr1", "acr2"]));
    asks_second("acr", &asked(&["acr2", "acr1"]));
    let weak = go(&template("acr"), &asked(&["acr1"]));
    assert_eq!(weak.outcome, Outcome::Succeed { acr: Some("acr1".to_owned()) });
    assert_eq!(go(&template("acr"), &asked(&[])).outcome, Outcome::Succeed { acr: None });
}

#[test]
fn email_domain_looks_behind_the_at() {
    let address = |text: &str| {
        first(|ann| {
            ann.claims.insert("email".to_owned(), json!(text));
        })
    };
    ends("email_domain", &address("ann@Example.com"));
    is_sent_away("email_domain", &address("ann@example.com.evil.test"));
    let none = first(|ann| {
        ann.local_claims.clear();
    });
    is_sent_away("email_domain", &none);
}

fn answered(fact: &Fact, answer: Value) -> Record {
    let mut record = first(|_| {});
    record.facts.insert(fact.key(), answer);
    record
}

#[test]
fn concurrent_sessions_counts_what_it_is_told() {
    let who = Who { unique_id: Some("u1".to_owned()), username: "ann".to_owned(), step: Some(1) };
    let fact = Fact::UserSessions { who };
    assert_eq!(go(&template("concurrent_sessions"), &first(|_| {})).outcome, Outcome::Need(Box::new(fact.clone())));
    ends("concurrent_sessions", &answered(&fact, json!([{ "id": "a" }])));
    asks_second("concurrent_sessions", &answered(&fact, json!([{ "id": "a" }, { "id": "b" }, { "id": "c" }])));
}

#[test]
fn outside_risk_asks_without_an_answer() {
    let Outcome::Need(fact) = go(&template("outside_risk"), &first(|_| {})).outcome else { panic!("no call") };
    let answer = |answer: HttpAnswer| answered(&fact, serde_json::to_value(answer).unwrap());
    ends("outside_risk", &answer(HttpAnswer::Ok { body: json!({ "risk": "low" }) }));
    asks_second("outside_risk", &answer(HttpAnswer::Ok { body: json!({ "risk": "high" }) }));
    asks_second("outside_risk", &answer(HttpAnswer::Failed { status: Some(500) }));
    asks_second("outside_risk", &answer(HttpAnswer::TimedOut));
}

#[test]
fn passkey_enrolment_says_so_to_the_factor() {
    let run = go(&template("passkey_enrolment"), &first(|_| {}));
    let asked = super::asked(&run);
    assert_eq!(asked.params.local["FIDOAuthenticator"]["enrolUserInAuthenticationFlow"], "true");
}
