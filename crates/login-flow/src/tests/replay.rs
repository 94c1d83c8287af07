//! A recorded sign-in against a draft: the same, something else, or not known.

use serde_json::json;
use usher_domain::{AccountNeed, Authenticator, FactorUse, RefusalCode};
use usher_flow_script::{
    Execution as Asked, OptionShape, Outcome, Program, Record, StepOutcome, StepResult, StepView, UserView,
};

use super::builders::*;
use super::factors::{factor, proved_factor};
use crate::replay::{CameTo, Draft, End, Names, Recording, Stop, Verdict, replay};
use crate::{
    AnsweredBy, Execution, Finality, FlowEvent, FlowPlan, FlowRefusal, LoginFlow, Order, PromptAsk, Question, Renewal,
    ScriptEnding, ScriptSaid, StepOption, StepPlan, advance,
};

/// The seed's script.
const SKIP: &str = "var localAuthenticator = 'LOCAL';
var onLoginRequest = function (context) {
    executeStep(1, { onSuccess: function (context) {
        if (context.steps[1].idp == localAuthenticator) { executeStep(2); }
    } });
};";

fn names() -> Names {
    [(connection("acme"), OptionShape::connection("acme", "OpenIDConnectAuthenticator"))].into_iter().collect()
}

fn view(idp: &str, authenticator: &str) -> StepView {
    let subject = UserView {
        unique_id: Some("u_ann".to_owned()),
        username: "ann".to_owned(),
        groups: vec!["staff".to_owned()],
        ..UserView::default()
    };
    StepView { idp: idp.to_owned(), authenticator: authenticator.to_owned(), subject, request: None }
}

fn plan(steps: Vec<Vec<StepOption>>) -> FlowPlan {
    let steps = steps.into_iter().map(|options| StepPlan { options }).collect();
    FlowPlan { steps, ..FlowPlan::one_step(1, AccountNeed::Any, Vec::new()) }
}

fn usual_steps() -> Vec<Vec<StepOption>> {
    vec![vec![StepOption::Password, shown("acme")], vec![factor(Authenticator::Totp)]]
}

fn play(flow: LoginFlow, events: Vec<FlowEvent>) -> LoginFlow {
    events.into_iter().fold(flow, |flow, event| advance(flow, event, start()).expect("taken in"))
}

fn recorded(events: Vec<FlowEvent>, views: Vec<StepView>) -> Recording {
    recorded_in(flow_of(request(), usual_steps()), events, views)
}

fn recorded_in(flow: LoginFlow, events: Vec<FlowEvent>, views: Vec<StepView>) -> Recording {
    let result = |view| StepResult { step: 0, call: String::new(), outcome: StepOutcome::Succeeded(Box::new(view)) };
    let record = Record { results: views.into_iter().map(result).collect(), ..Record::default() };
    let (refused, events): (Vec<_>, Vec<_>) =
        events.into_iter().partition(|event| matches!(event, FlowEvent::Refused { .. }));
    let refusal = refused.into_iter().next().map(|event| match event {
        FlowEvent::Refused { code, connection } => FlowRefusal { code, connection, finality: Finality::Restartable },
        other => panic!("{other:?}"),
    });
    let recording = Recording::of(&play(flow, events), refusal.as_ref(), record, &names());
    assert_eq!(Recording::decode(&recording.encode().unwrap()).unwrap(), recording, "the codec");
    recording
}

fn by_password_and_totp() -> Recording {
    let views = vec![view("LOCAL", "BasicAuthenticator"), view("LOCAL", "totp")];
    recorded(vec![password_of(1, "u_ann"), proved_factor(2, Authenticator::Totp)], views)
}

fn by_acme_and_totp() -> Recording {
    let views = vec![view("acme", "OpenIDConnectAuthenticator"), view("LOCAL", "totp")];
    let events = vec![chose(1, "acme"), identity_of(1, "acme", "u_ann"), proved_factor(2, Authenticator::Totp)];
    recorded(events, views)
}

/// As the broker reads runs, without options to narrow and addresses to check.
fn reading(_: &LoginFlow, outcome: &Outcome) -> Result<Result<ScriptSaid, RefusalCode>, String> {
    let answers = |answers: bool| if answers { AnsweredBy::Script } else { AnsweredBy::Nobody };
    let execution = |asked: &Asked| Execution {
        renewal: if asked.force_auth { Renewal::Forced } else { Renewal::Allowed },
        on_failure: answers(asked.answers_failure),
        ..Execution::of(step(asked.step))
    };
    Ok(Ok(match outcome {
        Outcome::Execute(asked) => ScriptSaid::Asks(Question::Step(execution(asked))),
        Outcome::Prompt(asked) => ScriptSaid::Asks(Question::Prompt(PromptAsk {
            template: asked.template.clone().unwrap_or_default(),
            values: "{}".to_owned(),
        })),
        Outcome::Succeed { acr } => ScriptSaid::Succeeds { acr: acr.clone() },
        Outcome::SendError { params, .. } => ScriptSaid::Ends(ScriptEnding::Page { values: params.clone() }),
        Outcome::Refused { .. } | Outcome::NothingExecuted => return Ok(Err(RefusalCode::ScriptDenied)),
        other => return Err(format!("{other:?}")),
    }))
}

fn against(recording: &Recording, steps: impl Into<Vec<Vec<StepOption>>>, script: Option<&str>) -> Verdict {
    let steps: Vec<Vec<StepOption>> = steps.into();
    let mut plan = plan(steps.clone());
    let program = script.map(|source| {
        plan.order = Order::Scripted;
        let shape = |option: &StepOption| match option {
            StepOption::Password => OptionShape::local("BasicAuthenticator"),
            StepOption::Factor { authenticator } => OptionShape::local(authenticator.script_name()),
            StepOption::Connection { id, .. } => OptionShape::connection(id.as_str(), "OpenIDConnectAuthenticator"),
        };
        let mut program = Program::new(source);
        let shapes =
            steps.iter().map(|options| usher_flow_script::StepShape { options: options.iter().map(shape).collect() });
        program.steps = shapes.collect();
        program.prompts = ["terms".to_owned()].into();
        program
    });
    replay(recording, &Draft { plan, program, names: &names(), reading: &reading }).verdict
}

fn changed(verdict: Verdict) -> (Vec<String>, End) {
    let Verdict::Changed { to: CameTo { path, end } } = verdict else { panic!("{verdict:?}") };
    (path.into_iter().map(|Stop { step, by }| format!("{step} {by}")).collect(), end)
}

fn signed_in() -> End {
    End::SignedIn { acr: None }
}

#[test]
fn the_flow_that_was_recorded_gives_the_same() {
    for recording in [by_password_and_totp(), by_acme_and_totp()] {
        assert_eq!(against(&recording, usual_steps(), None), Verdict::Same);
        let in_turn = "var onLoginRequest = function (c) { executeStep(1); executeStep(2); };";
        assert_eq!(against(&recording, usual_steps(), Some(in_turn)), Verdict::Same, "a script that says the same");
    }
}

#[test]
fn the_script_that_skips_changes_only_whom_it_skips() {
    assert_eq!(against(&by_password_and_totp(), usual_steps(), Some(SKIP)), Verdict::Same);
    let (path, end) = changed(against(&by_acme_and_totp(), usual_steps(), Some(SKIP)));
    assert_eq!((path, end), (vec!["1 connection:acme".to_owned()], signed_in()));
}

#[test]
fn a_step_more_asks_and_a_step_less_lets_in() {
    let mut more = usual_steps();
    more.push(vec![factor(Authenticator::EmailOtp)]);
    let (path, end) = changed(against(&by_password_and_totp(), more, None));
    assert_eq!(path, ["1 password", "2 totp"]);
    assert_eq!(end, End::Asks { step: 3, what: "factor:email_otp".to_owned() });
    let (path, end) = changed(against(&by_password_and_totp(), usual_steps()[..1].to_vec(), None));
    assert_eq!((path, end), (vec!["1 password".to_owned()], signed_in()));
}

#[test]
fn a_way_that_is_taken_away_is_asked_for_anew() {
    let only_acme = vec![vec![shown("acme")]];
    let (path, end) = changed(against(&by_password_and_totp(), only_acme, None));
    assert!(path.is_empty());
    assert_eq!(end, End::Asks { step: 1, what: "connection:acme".to_owned() });
    let no_acme = vec![vec![StepOption::Password], vec![factor(Authenticator::Totp)]];
    let (_, end) = changed(against(&by_acme_and_totp(), no_acme, None));
    assert_eq!(end, End::Asks { step: 1, what: "sign_in".to_owned() });
}

#[test]
fn steps_may_be_numbered_anew() {
    let mut steps = usual_steps();
    steps.insert(1, vec![factor(Authenticator::EmailOtp)]);
    let script = "var onLoginRequest = function (c) { executeStep(1); executeStep(3); };";
    let (path, end) = changed(against(&by_password_and_totp(), steps, Some(script)));
    assert_eq!((path, end), (vec!["1 password".to_owned(), "3 totp".to_owned()], signed_in()));
}

#[test]
fn a_fact_that_was_not_recorded_is_not_guessed() {
    let script = "var onLoginRequest = function (c) { executeStep(1, { onSuccess: function (c) {
        httpGet('https://api.test/risk', { onSuccess: function () { executeStep(2); }, onFail: function () {} });
    } }); };";
    let unknown = Verdict::Unknown { fact: "an HTTP call".to_owned() };
    assert_eq!(against(&by_password_and_totp(), usual_steps(), Some(script)), unknown);
    let mut known = by_password_and_totp();
    known.facts.facts.insert("http:1:GET:https://api.test/risk".to_owned(), json!({ "how": "ok", "body": {} }));
    assert_eq!(against(&known, usual_steps(), Some(script)), Verdict::Same);
}

#[test]
fn what_the_script_knew_of_the_person_is_known_again() {
    let script = |group: &str| {
        format!(
            "var onLoginRequest = function (c) {{ executeStep(1, {{ onSuccess: function (c) {{
            if (isMemberOfAnyOfGroups(c.currentKnownSubject, ['{group}'])) {{ executeStep(2); }}
            else {{ sendError(null, {{ message: 'no' }}); }} }} }}); }};"
        )
    };
    assert_eq!(against(&by_password_and_totp(), usual_steps(), Some(&script("staff"))), Verdict::Same);
    let (path, end) = changed(against(&by_password_and_totp(), usual_steps(), Some(&script("admins"))));
    assert_eq!((path, end), (vec!["1 passed".to_owned()], End::Ended { how: "error page".to_owned() }));
}

#[test]
fn a_broken_draft_refuses_and_a_page_more_asks() {
    let throws = "var onLoginRequest = function (c) { executeStep(1, { onSuccess: function () { throw 'x'; } }); };";
    let (_, end) = changed(against(&by_password_and_totp(), usual_steps(), Some(throws)));
    assert_eq!(end, End::Refused { code: RefusalCode::ScriptError });
    let page = "var onLoginRequest = function (c) { executeStep(1, { onSuccess: function () { prompt('terms', {}, {}); } }); };";
    let (_, end) = changed(against(&by_password_and_totp(), usual_steps(), Some(page)));
    assert_eq!(end, End::Asks { step: 0, what: "page:terms".to_owned() });
}

#[test]
fn a_refusal_comes_again_where_the_draft_meets_it() {
    let needs = FlowEvent::Refused { code: RefusalCode::MfaNeedsAccount, connection: None };
    let events = vec![chose(1, "acme"), identity_of(1, "acme", "u_ann"), needs];
    let recording = recorded(events, vec![view("acme", "OpenIDConnectAuthenticator")]);
    assert_eq!(recording.came_to.end, End::Refused { code: RefusalCode::MfaNeedsAccount });
    assert_eq!(against(&recording, usual_steps(), None), Verdict::Same);
    let (_, end) = changed(against(&recording, usual_steps(), Some(SKIP)));
    assert_eq!(end, signed_in(), "the seed's script lets them in");
    // A step that failed, and a draft whose script answers.
    let denied = FlowEvent::Refused { code: RefusalCode::IdpDenied, connection: Some(connection("acme")) };
    let views = vec![view("LOCAL", "BasicAuthenticator")];
    let steps = || vec![vec![StepOption::Password], vec![shown("acme")], vec![factor(Authenticator::Totp)]];
    let flow = flow_of(request(), steps());
    let recording = recorded_in(flow, vec![password_of(1, "u_ann"), chose(2, "acme"), denied], views);
    assert_eq!(against(&recording, steps(), None), Verdict::Same);
    let answers = "var onLoginRequest = function (c) { executeStep(1); executeStep(2, { onFail: function (c) { executeStep(3); } }); };";
    let (path, end) = changed(against(&recording, steps(), Some(answers)));
    assert_eq!(path, ["1 password", "2 failed:idp_denied"]);
    assert_eq!(end, End::Asks { step: 3, what: "factor:totp".to_owned() });
}

#[test]
fn a_refusal_of_the_last_transaction_stays() {
    let gone = FlowEvent::Refused { code: RefusalCode::AccountDisabled, connection: None };
    let events = vec![password_of(1, "u_ann"), proved_factor(2, Authenticator::Totp), gone];
    let views = vec![view("LOCAL", "BasicAuthenticator"), view("LOCAL", "totp")];
    let recording = recorded(events, views);
    assert_eq!(recording.refused_at_end, Some(RefusalCode::AccountDisabled));
    assert_eq!(against(&recording, usual_steps(), None), Verdict::Same);
}

#[test]
fn a_session_stands_for_what_it_stood_for() {
    let used = FactorUse { factor: Authenticator::Totp, at: start() };
    let known = usher_domain::Authentication { factors: vec![used], ..by_password("u_ann", start()) };
    let views = vec![view("LOCAL", "BasicAuthenticator"), view("LOCAL", "totp")];
    let recording = recorded(vec![session_of(1, known)], views);
    assert_eq!(recording.came_to.path.len(), 2, "the session knew the factor");
    assert_eq!(against(&recording, usual_steps(), None), Verdict::Same);
    let forced = "var onLoginRequest = function (c) { executeStep(1, { stepOptions: { forceAuth: true } }, {}); };";
    let (_, end) = changed(against(&recording, usual_steps(), Some(forced)));
    assert_eq!(end, End::Asks { step: 1, what: "sign_in".to_owned() });
}

#[test]
fn what_was_set_up_on_the_way_is_set_up_again() {
    let pending = crate::PendingFactor {
        step: step(2),
        authenticator: Authenticator::Totp,
        purpose: crate::FactorPurpose::Enrol,
        state: "secret".to_owned(),
        rejected: false,
    };
    let enrolments = vec![crate::Enrolment::Totp { secret: "GEZDGNBV".to_owned(), name: "Phone".to_owned(), step: 1 }];
    let proved = Box::new(crate::ProvedFactor {
        step: step(2),
        authenticator: Authenticator::Totp,
        by: crate::FactorProof::Enrolled,
        at: start(),
        amr: Vec::new(),
        enrolments,
    });
    let events = vec![password_of(1, "u_ann"), FlowEvent::FactorBegun { pending }, FlowEvent::FactorProved { proved }];
    let recording = recorded(events, vec![view("LOCAL", "BasicAuthenticator"), view("LOCAL", "totp")]);
    let text = String::from_utf8(recording.encode().unwrap()).unwrap();
    assert!(!text.contains("GEZDGNBV") && !text.contains("Phone"), "no secret is kept: {text}");
    assert_eq!(against(&recording, usual_steps(), None), Verdict::Same);
}

#[test]
fn a_recording_of_another_version_is_refused() {
    let text = String::from_utf8(by_password_and_totp().encode().unwrap()).unwrap();
    assert!(Recording::decode(text.replace("\"version\":1", "\"version\":2").as_bytes()).is_err());
}
