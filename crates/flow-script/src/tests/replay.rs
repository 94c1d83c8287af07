//! The seed's script, nesting, restarts, divergence, and the rule at the end.

use serde_json::json;

use super::{SEED, asked, broken, entry, failed, go, logged, met, password, program, record, step_of, succeeded, with};
use crate::{ErrorKind, Fact, Outcome, Record, StepOutcome, StepResult, Unmet};

#[test]
fn the_seeds_script_asks_local_people_for_the_second_step() {
    let program = program(SEED);
    assert_eq!(step_of(&go(&program, &record())), 1);
    let second = go(&program, &with(&[password()]));
    assert_eq!(step_of(&second), 2);
    assert_eq!(second.calls, ["executeStep(1)", "executeStep(2)"]);
    assert!(succeeded(&go(&program, &with(&[password(), met(2, "LOCAL", "totp")]))));
}

#[test]
fn the_seeds_script_lets_federated_people_in_after_the_first_step() {
    let run = go(&program(SEED), &with(&[met(1, "acme_oidc", "OpenIDConnectAuthenticator")]));
    assert_eq!(run.outcome, Outcome::Succeed { acr: None });
}

const NESTED: &str = r"
var started = 0;
attempts = 0;
function onLoginRequest(context) {
    var nonce = Math.random();
    started = Date.now();
    var retry = {
        onSuccess: function (context) {
            Log.info(who + ' ' + attempts + ' ' + (started === Date.now()) + ' ' + nonce);
            executeStep(3);
        },
        onFail: function (context) {
            attempts++;
            Log.warn('fail #' + attempts + ' ' + context.steps[2].failureReason);
            executeStep(2, retry);
        }
    };
    var who = 'nobody';
    executeStep(1, {
        onSuccess: function (context) {
            who = context.currentKnownSubject.username;
            executeStep(2, retry);
        }
    });
    executeStep(3, {onSuccess: function () { Log.info('sibling last'); }});
}";

#[test]
fn closures_globals_and_a_counter_survive_restarts_between_steps() {
    let program = program(NESTED);
    let mut record = record();
    let answers = [password(), failed(2), failed(2), met(2, "LOCAL", "totp"), met(3, "LOCAL", "FIDOAuthenticator")];
    let steps = [1, 2, 2, 2, 3];
    for (answer, step) in answers.into_iter().zip(steps) {
        let run = go(&program, &record);
        assert_eq!(step_of(&run), step);
        record.results.push(StepResult { call: run.outcome.call().to_owned(), ..answer });
        let stored = serde_json::to_string(&record).unwrap();
        record = serde_json::from_str(&stored).unwrap();
    }
    // The nested step 3 was answered; the sibling of step 1 is asked last.
    let run = go(&program, &record);
    assert_eq!(step_of(&run), 3);
    assert_eq!(logged(&run)[..2], ["fail #1 wrong_code", "fail #2 wrong_code"]);
    assert!(logged(&run)[2].starts_with("ann 2 true 0."), "{:?}", run.logs);
    let again = go(&program, &record);
    assert_eq!(again.logs, run.logs, "the same chance and clock every time");
    record.results.push(met(3, "LOCAL", "FIDOAuthenticator"));
    let last = go(&program, &record);
    assert!(succeeded(&last));
    assert_eq!(logged(&last).last(), Some(&"sibling last"));
}

#[test]
fn an_unanswered_failure_is_refused_and_an_answered_one_needs_a_step_that_makes_up_for_it() {
    let silent = entry("executeStep(1); executeStep(2);");
    assert!(succeeded(&go(&silent, &with(&[password(), met(2, "LOCAL", "totp")]))));
    let run = go(&silent, &with(&[password(), failed(2)]));
    assert_eq!(run.outcome, Outcome::Refused { step: 2, why: Unmet::Failed });

    let shrug = entry("executeStep(1); executeStep(2, {onFail: function () { Log.info('never mind'); }});");
    let run = go(&shrug, &with(&[password(), failed(2)]));
    assert_eq!(run.outcome, Outcome::Refused { step: 2, why: Unmet::Failed });

    let other = entry("executeStep(1); executeStep(2, {onFail: function () { executeStep(3); }});");
    assert_eq!(step_of(&go(&other, &with(&[password(), failed(2)]))), 3);
    assert!(succeeded(&go(&other, &with(&[password(), failed(2), met(3, "LOCAL", "FIDOAuthenticator")]))));

    let same = entry("executeStep(1); executeStep(2, {onFail: function () { executeStep(1); }});");
    let run = go(&same, &with(&[password(), failed(2), password()]));
    assert_eq!(run.outcome, Outcome::Refused { step: 2, why: Unmet::Failed }, "step 1 was proved before");
}

#[test]
fn an_abort_goes_to_its_own_callback_or_ends_the_sign_in() {
    let aborted = StepResult { step: 2, call: String::new(), outcome: StepOutcome::Aborted };
    let results = [password(), aborted];
    let run = go(&entry("executeStep(1); executeStep(2, {onFail: function () { executeStep(3); }});"), &with(&results));
    assert_eq!(run.outcome, Outcome::Refused { step: 2, why: Unmet::Aborted });
    let answered = entry("executeStep(1); executeStep(2, {onUserAbort: function () { executeStep(3); }});");
    let asked_first = go(&answered, &with(&[password()]));
    assert!(asked(&asked_first).answers_abort && !asked(&asked_first).answers_failure);
    assert_eq!(step_of(&go(&answered, &with(&results))), 3);
}

#[test]
fn script_17_a_script_that_executes_nothing_ends_without_a_sign_in() {
    assert_eq!(go(&entry(""), &record()).outcome, Outcome::NothingExecuted);
    assert_eq!(go(&entry("return; executeStep(1);"), &record()).outcome, Outcome::NothingExecuted);
    assert_eq!(broken(&go(&program("var x = 1;"), &record())).kind, ErrorKind::NoEntry);
    assert_eq!(broken(&go(&program(""), &record())).kind, ErrorKind::NoEntry);
    let thrown = go(&entry("executeStep(1);\nthrow new Error('no');"), &record());
    assert_eq!(broken(&thrown).kind, ErrorKind::Threw);
    assert_eq!(broken(&thrown).line, Some(3), "{:?}", thrown.outcome);
    let text = go(&program("var a = 1;\nfunction ( {"), &record());
    assert_eq!((broken(&text).kind, broken(&text).line), (ErrorKind::Syntax, Some(2)));
    let later = go(&entry("executeStep(1, {onSuccess: function () {\n  missing();\n}});"), &with(&[password()]));
    assert_eq!((broken(&later).kind, broken(&later).line), (ErrorKind::Threw, Some(3)));
}

#[test]
fn recorded_results_that_do_not_fit_fail_closed() {
    let program = program(SEED);
    let diverged = |record: &Record| broken(&go(&program, record)).kind == ErrorKind::Diverged;
    assert!(!matches!(go(&program, &with(&[password()])).outcome, Outcome::Broken(_)));
    assert!(diverged(&with(&[met(2, "LOCAL", "totp")])), "another step first");
    assert!(diverged(&with(&[password(), met(2, "LOCAL", "totp"), met(3, "LOCAL", "totp")])), "more than asked");
    let mut other = password();
    other.call = "executeStep(1, {\"stepOptions\":{}})".to_owned();
    assert!(diverged(&with(&[other])), "another call");
    let prompted = StepResult { step: 1, call: String::new(), outcome: StepOutcome::Prompted { params: [].into() } };
    assert!(diverged(&with(&[prompted])), "an answer of another kind");
}

#[test]
fn a_missing_fact_stops_the_run_whatever_the_script_catches() {
    let program = entry(
        "executeStep(1, {onSuccess: function (context) {
            var found = 'none';
            try { found = checkSessionExistence(); } catch (e) { found = 'caught'; }
            Log.info('found ' + found);
            if (found !== true) { executeStep(2); }
         }});",
    );
    let mut record = with(&[password()]);
    let first = go(&program, &record);
    assert_eq!(first.outcome, Outcome::Need(Box::new(Fact::SessionExists)));
    record.facts.insert(Fact::SessionExists.key(), json!(true));
    let second = go(&program, &record);
    assert!(succeeded(&second));
    assert_eq!(logged(&second), ["found true"]);
}
