//! One run of a script: a fresh sandbox, the record played into it, the next command out of it.
//!
//! The script sees objects and functions; everything that decides (order, results, limits, the rule at the end) is on
//! this side and cannot be reached from there.

mod frames;
mod host;
mod sandbox;
mod text;
mod watch;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use rquickjs::{CatchResultExt, Ctx, Function, Object};
use serde_json::{Value, json};

use frames::Ask;
pub(crate) use host::Assume;
use host::{Halt, Host};
use sandbox::Shared;
pub(crate) use text::is_deceptive;
use watch::Watch;

use crate::{
    ErrorKind, Fact, HttpAnswer, Limits, OptionFilter, OptionShape, Outcome, Program, Record, Run, ScriptError,
    StepOutcome, StepResult, Unmet,
};

/// Runs the script from the top against the record. Fresh sandbox, no IO, bounded time and memory; never panics.
pub fn run(program: &Program, record: &Record, limits: &Limits) -> Run {
    run_assuming(program, record, limits, Assume::Nothing)
}

/// The same, with invented answers about groups and roles.
pub(crate) fn run_assuming(program: &Program, record: &Record, limits: &Limits, assume: Assume) -> Run {
    let watch = Rc::new(Watch::start(limits));
    let host = Rc::new(RefCell::new(Host::new(program, record, limits, assume, Rc::clone(&watch))));
    // SCRIPT-26: a panic anywhere in here costs this sign-in, not the process.
    let played = catch_unwind(AssertUnwindSafe(|| {
        if program.source.len() > limits.source {
            return Err(sandbox::broken(
                ErrorKind::TooLong,
                format!("the script is longer than {} bytes", limits.source),
            ));
        }
        if std::iter::once(&program.source).chain(program.libraries.values()).any(|text| text::has_big_number(text)) {
            return Err(sandbox::broken(ErrorKind::Syntax, "numbers such as 12n are not available"));
        }
        sandbox::in_context(limits, &watch, |ctx| Player { ctx, host: &host, cursor: 0 }.play(program))
    }));
    let ended = played.unwrap_or_else(|_| Err(sandbox::broken(ErrorKind::Crashed, "the script engine failed")));
    let Ok(mut host) = host.try_borrow_mut() else {
        return Run {
            outcome: Outcome::Broken(sandbox::broken(ErrorKind::Crashed, "the script engine failed")),
            ..nothing()
        };
    };
    let outcome = conclude(&mut host, ended, &watch);
    Run {
        outcome,
        logs: std::mem::take(&mut host.logs),
        calls: std::mem::take(&mut host.calls),
        effects: std::mem::take(&mut host.effects),
        reads: std::mem::take(&mut host.reads).into_iter().collect(),
        cpu_ms: watch.cpu_ms(),
    }
}

fn nothing() -> Run {
    Run { outcome: Outcome::NothingExecuted, logs: vec![], calls: vec![], effects: vec![], reads: vec![], cpu_ms: 0 }
}

/// What stopped the run stands above what the script made of it.
fn conclude(host: &mut Host, ended: Result<Outcome, ScriptError>, watch: &Watch) -> Outcome {
    let place = host.place;
    let at = |error: ScriptError| {
        let line = error.line.or(place.map(|place| place.0));
        let column = error.column.or(place.map(|place| place.1));
        let message = text::one_line(&text::mask_secrets(&host.program, &error.message), 500);
        Outcome::Broken(ScriptError { message, line, column, ..error })
    };
    match (&host.halt, ended) {
        (Some(halt), _) => match (halt, sandbox::error_of(halt)) {
            (_, Some(error)) => at(error),
            (Halt::Need(fact), None) => Outcome::Need(fact.clone()),
            (Halt::Broken(..), None) => Outcome::NothingExecuted,
        },
        (None, Ok(outcome)) => outcome,
        (None, Err(_)) if watch.must_stop() => {
            at(sandbox::broken(ErrorKind::Time, "the script took too long and was stopped"))
        }
        (None, Err(error)) => at(error),
    }
}

/// The place of the script's own text that a stack names first: line and column, from 1.
fn place_in(stack: &str) -> Option<(u32, u32)> {
    stack.lines().find_map(|line| {
        let (before, after) = line.split_once(&format!("{}:", sandbox::SCRIPT))?;
        if !(before.is_empty() || before.ends_with(['(', ' '])) {
            return None;
        }
        let mut numbers = after.trim_end_matches(')').split(':');
        let line = numbers.next()?.parse().ok()?;
        let column = numbers.next().and_then(|text| text.parse().ok()).unwrap_or(1);
        Some((line, column))
    })
}

/// Plays the record into the script.
struct Player<'a, 'js> {
    ctx: &'a Ctx<'js>,
    host: &'a Shared,
    cursor: usize,
}

impl<'js> Player<'_, 'js> {
    fn play(mut self, program: &Program) -> Result<Outcome, ScriptError> {
        let opening = self.opening();
        let started = self.host.borrow().record.started_at_ms;
        let bridge = sandbox::install(self.ctx, self.host, started, &opening)?;
        let _: rquickjs::Value<'js> = sandbox::evaluate(self.ctx, &program.source, sandbox::SCRIPT)?;
        // `const onLoginRequest` is no member of the global object, hence by name.
        let entry: rquickjs::Value<'js> =
            sandbox::evaluate(self.ctx, "typeof onLoginRequest === 'function' ? onLoginRequest : undefined", "entry")?;
        let Some(entry) = entry.into_function() else {
            return Err(sandbox::broken(ErrorKind::NoEntry, "the script has no function onLoginRequest"));
        };
        self.call(&bridge, "begin", (entry,))?;
        loop {
            if let Some(outcome) = self.stopped() {
                return outcome;
            }
            let Some((number, ask)) = self.host.borrow_mut().frames.next() else { break };
            if let Some(outcome) = self.settle(&bridge, number, &ask)? {
                return Ok(outcome);
            }
        }
        let host = self.host.borrow();
        let verdict = host.frames.verdict(host.acr.clone());
        self.with_nothing_left(verdict)
    }

    fn opening(&self) -> String {
        let host = self.host.borrow();
        let steps: Vec<&Vec<OptionShape>> = host.program.steps.iter().map(|step| &step.options).collect();
        json!({
            "request": host.record.request, "requested_acr": host.record.requested_acr, "steps": steps,
            "tenant_domain": host.program.tenant_domain, "application_name": host.program.application_name,
        })
        .to_string()
    }

    fn call<A: rquickjs::function::IntoArgs<'js>>(
        &self,
        bridge: &Object<'js>,
        name: &str,
        args: A,
    ) -> Result<(), ScriptError> {
        let called = bridge.get::<_, Function<'js>>(name).and_then(|function| function.call::<A, ()>(args));
        let called = called.catch(self.ctx).map_err(|caught| sandbox::explain(&caught));
        // What ended the sign-in on purpose stands, whatever the script did afterwards.
        if self.host.borrow().ended.is_some() { Ok(()) } else { called }
    }

    fn stopped(&self) -> Option<Result<Outcome, ScriptError>> {
        let host = self.host.borrow();
        if host.halt.is_some() {
            return Some(Ok(Outcome::NothingExecuted));
        }
        host.ended.clone().map(|ended| self.with_nothing_left(ended))
    }

    /// An end that leaves recorded results unused is not the end they were recorded for.
    fn with_nothing_left(&self, outcome: Outcome) -> Result<Outcome, ScriptError> {
        let recorded = self.host.borrow().record.results.len();
        if self.cursor < recorded {
            let message = format!("the script ended after {} of {recorded} recorded results", self.cursor);
            return Err(sandbox::broken(ErrorKind::Diverged, message));
        }
        Ok(outcome)
    }

    /// Plays the result of a command; gives the command where there is none yet.
    fn settle(&mut self, bridge: &Object<'js>, number: usize, ask: &Ask) -> Result<Option<Outcome>, ScriptError> {
        let given = match ask {
            Ask::Http(call) => {
                let key = Fact::Http((**call).clone()).key();
                let recorded = self.host.borrow().record.facts.get(&key).cloned();
                let Some(recorded) = recorded else { return Ok(Some(ask.outcome())) };
                self.host.borrow_mut().reads.insert("facts".to_owned());
                http_answer(recorded)?
            }
            Ask::Step(asked) if !self.has_option(asked.step, asked.only.as_deref()) => {
                let unmet = self.miss(number, "onFail", Unmet::NoOptionLeft);
                let Some(mut given) = unmet else {
                    return Ok(Some(Outcome::Refused { step: asked.step, why: Unmet::NoOptionLeft }));
                };
                describe_failure(&mut given, asked.step, "no_option_left");
                given
            }
            Ask::Step(_) | Ask::Prompt(_) => {
                let result = self.host.borrow().record.results.get(self.cursor).cloned();
                let Some(result) = result else { return Ok(Some(ask.outcome())) };
                self.cursor += 1;
                match self.result(number, ask, result)? {
                    Ok(given) => given,
                    Err(refused) => return Ok(Some(refused)),
                }
            }
        };
        self.call(bridge, "settle", (number.to_string(), given.to_string()))?;
        Ok(None)
    }

    fn has_option(&self, step: u8, only: Option<&[OptionFilter]>) -> bool {
        let Some(only) = only else { return true };
        let host = self.host.borrow();
        let options = host.program.step(step).map(|step| step.options.as_slice()).unwrap_or_default();
        options.iter().any(|option| only.iter().any(|filter| filter.lets_through(option)))
    }

    /// Marks a failure that the script answers; nothing where it does not.
    fn miss(&self, number: usize, callback: &str, why: Unmet) -> Option<Value> {
        let mut host = self.host.borrow_mut();
        host.frames.miss(number, why);
        host.frames.has_callback(number, callback).then(|| json!({ "callback": callback, "step": 0 }))
    }

    fn result(&self, number: usize, ask: &Ask, result: StepResult) -> Result<Result<Value, Outcome>, ScriptError> {
        let outcome = ask.outcome();
        let step = match &outcome {
            Outcome::Execute(asked) => asked.step,
            _ => 0,
        };
        let fits = matches!(
            (ask, &result.outcome),
            (_, StepOutcome::Failed { .. } | StepOutcome::Aborted)
                | (Ask::Step(_), StepOutcome::Succeeded(_))
                | (Ask::Prompt(_), StepOutcome::Prompted { .. })
        );
        if result.step != step || !fits || !(result.call.is_empty() || result.call == outcome.call()) {
            let message = format!("recorded result {} does not answer {}", self.cursor, outcome.call());
            return Err(sandbox::broken(ErrorKind::Diverged, message));
        }
        let (callback, why) = if result.outcome == StepOutcome::Aborted {
            ("onUserAbort", Unmet::Aborted)
        } else {
            ("onFail", Unmet::Failed)
        };
        Ok(match result.outcome {
            StepOutcome::Succeeded(view) => {
                let mut host = self.host.borrow_mut();
                host.frames.meet(number);
                let marked = matches!(ask, Ask::Step(asked) if asked.mark_subject);
                let known = marked || !host.knows_somebody();
                let user = host.meet(view.subject, Some(step));
                Ok(json!({
                    "callback": "onSuccess", "step": step, "passed": true, "known": known, "user": user,
                    "idp": view.idp, "authenticator": view.authenticator, "request": view.request, "reason": null,
                }))
            }
            StepOutcome::Prompted { params } => {
                let mut request = self.host.borrow().record.request.clone();
                request.params = params;
                Ok(json!({ "callback": "onSuccess", "step": 0, "request": request }))
            }
            StepOutcome::Failed { idp, authenticator, user, reason } => {
                self.miss(number, callback, why).ok_or(Outcome::Refused { step, why }).map(|mut given| {
                    describe_failure(&mut given, step, &reason);
                    let user = user.map_or(Value::Null, |user| self.host.borrow_mut().meet(*user, None));
                    let more = [("idp", json!(idp)), ("authenticator", json!(authenticator)), ("user", user)];
                    if let Some(map) = given.as_object_mut() {
                        map.extend(more.map(|(name, value)| (name.to_owned(), value)));
                    }
                    given
                })
            }
            StepOutcome::Aborted => {
                self.miss(number, callback, why).ok_or(Outcome::Refused { step, why }).map(|mut given| {
                    describe_failure(&mut given, step, "aborted");
                    given
                })
            }
        })
    }
}

fn describe_failure(given: &mut Value, step: u8, reason: &str) {
    if let Some(map) = given.as_object_mut() {
        map.insert("step".to_owned(), json!(step));
        map.insert("passed".to_owned(), json!(false));
        map.insert("reason".to_owned(), json!(reason));
    }
}

fn http_answer(recorded: Value) -> Result<Value, ScriptError> {
    match serde_json::from_value(recorded) {
        Ok(HttpAnswer::Ok { body }) => Ok(json!({ "callback": "onSuccess", "step": 0, "answer": body })),
        Ok(HttpAnswer::Failed { status }) => {
            Ok(json!({ "callback": "onFail", "step": 0, "answer": { "status": status } }))
        }
        Ok(HttpAnswer::TimedOut) => Ok(json!({ "callback": "onTimeout", "otherwise": "onFail", "step": 0 })),
        Err(_) => Err(sandbox::broken(ErrorKind::Diverged, "a recorded answer has another shape than its question")),
    }
}
