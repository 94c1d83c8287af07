//! Conditional scripts and what a sign-in recorded for them, both hostile.
//!
//! An input is the text of a script; after a line `//# record` may stand a record in JSON. Whatever both are, a run answers
//! within its limits, the same every time, and what it hands on is bounded and fit for one line of a log.

use usher_flow_script::{Limits, OptionShape, Outcome, Program, ProgramShape, Record, Run, check as look, run};

const CUT: &str = "\n//# record\n";

/// Narrow, so that a run that is cut off costs little.
fn limits() -> Limits {
    Limits { cpu_ms: 20, wall_ms: 2_000, ..Limits::default() }
}

/// Fails when a run goes beyond its limits, differs from itself, or hands on what it must not. Returns whether the script
/// asked for something or succeeded.
pub fn check(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let (source, record) = text.split_once(CUT).unwrap_or((&text, ""));
    let record: Record = serde_json::from_str(record).unwrap_or_default();
    let mut program = Program::new(source)
        .with_step(vec![
            OptionShape::local("BasicAuthenticator"),
            OptionShape::connection("acme", "OpenIDConnectAuthenticator"),
        ])
        .with_local_step(&["totp"]);
    program.prompts.insert("age".to_owned());
    program.mails.insert("hello".to_owned());
    program.roles.insert("editor".to_owned());
    program.secrets.insert("key".to_owned(), usher_domain::SecretText::new("do-not-tell-9481"));
    let first = run(&program, &record, &limits());
    is_bounded(&first);
    let cut = |outcome: &Outcome| matches!(outcome, Outcome::Broken(error) if matches!(error.kind.as_str(), "time" | "memory" | "crashed"));
    let second = run(&program, &record, &limits());
    if !cut(&first.outcome) && !cut(&second.outcome) {
        assert_eq!(first.outcome, second.outcome, "two runs on one record differ");
        assert_eq!((&first.calls, &first.effects, &first.logs), (&second.calls, &second.effects, &second.logs));
    }
    for finding in look(source, &ProgramShape::from(&program)) {
        assert!(finding.from <= finding.to && finding.line >= 1, "{finding:?}");
    }
    !matches!(first.outcome, Outcome::Broken(_) | Outcome::NothingExecuted | Outcome::Refused { .. })
}

fn is_bounded(run: &Run) {
    let most = limits();
    assert!(run.logs.len() <= most.log_lines + 1 && run.effects.len() <= most.host_calls, "too much");
    assert!(run.calls.len() <= most.step_calls + most.host_calls, "{} calls", run.calls.len());
    for line in run.logs.iter().map(|line| &line.text).chain(&run.calls) {
        assert!(!line.chars().any(char::is_control), "{line:?} would break a log line");
        assert!(!line.contains("do-not-tell-9481"), "a secret is told: {line:?}");
    }
    if let Outcome::Broken(error) = &run.outcome {
        assert!(!error.message.chars().any(char::is_control), "{:?} would break a log line", error.message);
    }
}
