//! The engine against honest and hostile scripts.

mod docs;
mod functions;
mod hostile;
mod limits;
mod replay;
mod templates;

use serde_json::json;

use crate::{
    Execution, Limits, OptionShape, Outcome, Program, Record, RequestFacts, Run, ScriptError, StepOutcome, StepResult,
    StepView, UserView, run,
};

/// The script at the end of the seed, to the letter.
pub(super) const SEED: &str = include_str!("../templates/sign_in_option.js");

/// Step 1: password or a connection; steps 2 and 3: local factors.
pub(super) fn program(source: &str) -> Program {
    let mut program = Program::new(source)
        .with_step(vec![
            OptionShape::local("BasicAuthenticator"),
            OptionShape::connection("acme_oidc", "OpenIDConnectAuthenticator"),
        ])
        .with_local_step(&["totp", "email-otp-authenticator"])
        .with_local_step(&["FIDOAuthenticator"]);
    program.application_name = "Shop".to_owned();
    program
}

pub(super) fn entry(body: &str) -> Program {
    program(&format!("var onLoginRequest = function (context) {{\n{body}\n}};"))
}

pub(super) fn record() -> Record {
    let headers = [("user-agent".to_owned(), "Firefox".to_owned())].into();
    let params = [("lang".to_owned(), vec!["de".to_owned(), "en".to_owned()])].into();
    let request = RequestFacts { headers, params, ip: "192.0.2.7".to_owned(), ..RequestFacts::default() };
    Record { started_at_ms: 1_760_000_000_000, seed: 7, request, ..Record::default() }
}

pub(super) fn ann() -> UserView {
    UserView {
        unique_id: Some("u1".to_owned()),
        identifier: "ann".to_owned(),
        username: "ann".to_owned(),
        user_store_domain: "PRIMARY".to_owned(),
        tenant_domain: "carbon.super".to_owned(),
        is_local: true,
        groups: vec!["admin".to_owned(), "hr".to_owned()],
        roles: vec!["reader".to_owned()],
        local_claims: [("email".to_owned(), json!(["ann@example.org"])), ("department".to_owned(), json!("Sales"))]
            .into(),
        ..UserView::default()
    }
}

pub(super) fn met(step: u8, idp: &str, authenticator: &str) -> StepResult {
    let subject = if idp == "LOCAL" {
        ann()
    } else {
        UserView {
            identifier: "ext-1".to_owned(),
            username: "ext-1".to_owned(),
            remote_claims: [("mail".to_owned(), json!("ext@example.org"))].into(),
            ..UserView::default()
        }
    };
    let view = StepView { idp: idp.to_owned(), authenticator: authenticator.to_owned(), subject, request: None };
    StepResult { step, call: String::new(), outcome: StepOutcome::Succeeded(Box::new(view)) }
}

pub(super) fn failed(step: u8) -> StepResult {
    let outcome = StepOutcome::Failed { idp: None, authenticator: None, user: None, reason: "wrong_code".to_owned() };
    StepResult { step, call: String::new(), outcome }
}

pub(super) fn with(results: &[StepResult]) -> Record {
    Record { results: results.to_vec(), ..record() }
}

pub(super) fn password() -> StepResult {
    met(1, "LOCAL", "BasicAuthenticator")
}

pub(super) fn go(program: &Program, record: &Record) -> Run {
    run(program, record, &Limits::default())
}

pub(super) fn step_of(run: &Run) -> u8 {
    asked(run).step
}

pub(super) fn asked(run: &Run) -> &Execution {
    match &run.outcome {
        Outcome::Execute(asked) => asked,
        other => panic!("no step asked for: {other:?} {:?}", run.logs),
    }
}

pub(super) fn broken(run: &Run) -> &ScriptError {
    match &run.outcome {
        Outcome::Broken(error) => error,
        other => panic!("not broken: {other:?} {:?}", run.logs),
    }
}

pub(super) fn succeeded(run: &Run) -> bool {
    matches!(run.outcome, Outcome::Succeed { .. })
}

pub(super) fn logged(run: &Run) -> Vec<&str> {
    run.logs.iter().map(|line| line.text.as_str()).collect()
}

/// What a body logs after a sign-in with a password.
pub(super) fn says(body: &str) -> Vec<String> {
    let program = entry(&format!("executeStep(1, {{onSuccess: function (context) {{\n{body}\n}}}});"));
    let run = go(&program, &with(&[password()]));
    assert!(succeeded(&run), "{:?} {:?}", run.outcome, run.logs);
    run.logs.into_iter().map(|line| line.text).collect()
}
