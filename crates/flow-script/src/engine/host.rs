//! The one door between a script and what is outside: an operation with plain texts in, a plain text out.

mod calls;
mod changes;
mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::Value;

use super::frames::Frames;
use super::text;
use super::watch::Watch;
use crate::{Effect, ErrorKind, Fact, Limits, LogLevel, LogLine, Outcome, Program, Record, UserView, Who};

/// Why no further instruction of the script counts. Kept outside the script, which therefore cannot catch it.
#[derive(Debug, Clone)]
pub(super) enum Halt {
    Need(Box<Fact>),
    Broken(ErrorKind, String),
}

/// Somebody a script holds an object of.
#[derive(Debug, Clone)]
pub(super) struct Person {
    who: Who,
    view: UserView,
}

/// What trial runs answer in place of the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Assume {
    /// Nothing: ask the record.
    Nothing,
    /// Member of no group, holder of no role.
    Outsider,
    /// Member of every group, holder of every role.
    Insider,
}

/// The state of one run.
pub(super) struct Host {
    pub(super) program: Rc<Program>,
    pub(super) record: Rc<Record>,
    pub(super) limits: Limits,
    pub(super) frames: Frames,
    pub(super) halt: Option<Halt>,
    pub(super) ended: Option<Outcome>,
    pub(super) logs: Vec<LogLine>,
    pub(super) calls: Vec<String>,
    pub(super) effects: Vec<Effect>,
    pub(super) reads: BTreeSet<String>,
    pub(super) acr: Option<String>,
    pub(super) place: Option<(u32, u32)>,
    assume: Assume,
    people: Vec<Person>,
    step_calls: usize,
    outside_calls: usize,
    http_calls: usize,
    random: u64,
    watch: Rc<Watch>,
}

/// An operation with its arguments.
pub(super) struct Call<'a> {
    pub(super) number: f64,
    pub(super) first: &'a str,
    pub(super) second: &'a str,
}

/// A message for the script: it becomes an exception there.
pub(super) type Answer = Result<String, String>;

impl Host {
    pub(super) fn new(program: &Program, record: &Record, limits: &Limits, assume: Assume, watch: Rc<Watch>) -> Self {
        Self {
            program: Rc::new(program.clone()),
            record: Rc::new(record.clone()),
            limits: *limits,
            frames: Frames::default(),
            halt: None,
            ended: None,
            logs: Vec::new(),
            calls: Vec::new(),
            effects: Vec::new(),
            reads: BTreeSet::new(),
            acr: None,
            place: None,
            assume,
            people: Vec::new(),
            step_calls: 0,
            outside_calls: 0,
            http_calls: 0,
            random: record.seed,
            watch,
        }
    }

    /// Stops the run. The first reason stands.
    pub(super) fn halt(&mut self, why: Halt) -> String {
        let message = match &why {
            Halt::Need(_) => "the answer has to be fetched first".to_owned(),
            Halt::Broken(_, message) => message.clone(),
        };
        self.halt.get_or_insert(why);
        self.watch.halt();
        message
    }

    fn broken(&mut self, kind: ErrorKind, message: impl Into<String>) -> String {
        self.halt(Halt::Broken(kind, message.into()))
    }

    fn bad<T>(&mut self, message: impl Into<String>) -> Result<T, String> {
        Err(self.broken(ErrorKind::BadCall, message))
    }

    fn too_many<T>(&mut self, message: impl Into<String>) -> Result<T, String> {
        Err(self.broken(ErrorKind::TooManyCalls, message))
    }

    /// A number between 0 and 1 that is the same in every run of this sign-in (splitmix64).
    pub(super) fn random(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let upper = u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or_default();
        f64::from(upper) / (f64::from(u32::MAX) + 1.0)
    }

    /// Whether the time is up, for native work that the engine cannot interrupt.
    pub(super) fn tick(&self) -> Result<(), String> {
        if self.watch.must_stop() { Err("the script took too long".to_owned()) } else { Ok(()) }
    }

    /// Where the script was when a call went wrong.
    pub(super) fn note_place(&mut self, stack: &str) {
        if self.place.is_none() {
            self.place = super::place_in(stack);
        }
    }

    /// Counts a call that asks or changes something outside.
    fn count(&mut self) -> Result<(), String> {
        self.outside_calls += 1;
        if self.outside_calls > self.limits.host_calls {
            let most = self.limits.host_calls;
            return Err(self.broken(ErrorKind::TooManyCalls, format!("more than {most} calls of functions in one run")));
        }
        Ok(())
    }

    fn fact(&mut self, fact: Fact) -> Result<Value, String> {
        self.count()?;
        let known = self.record.facts.get(&fact.key()).cloned();
        match known {
            Some(value) => Ok(value),
            None => Err(self.halt(Halt::Need(Box::new(fact)))),
        }
    }

    /// Whether some step has succeeded.
    pub(super) fn knows_somebody(&self) -> bool {
        self.people.iter().any(|person| person.who.step.is_some())
    }

    fn read(&mut self, what: impl Into<String>) {
        if self.reads.len() < 200 {
            self.reads.insert(what.into());
        }
    }

    /// Answers one operation.
    pub(super) fn answer(&mut self, operation: &str, call: &Call<'_>) -> Answer {
        self.tick()?;
        match operation {
            "wrong" => self.bad(text::one_line(call.first, 300)),
            "read" => {
                self.read(text::one_line(call.first, 100));
                Ok(String::new())
            }
            "lower" => Ok(call.first.to_lowercase()),
            "log" => Ok(self.log(call)),
            "secret" => self.secret(call.first),
            "mask" => Ok(text::masked_value(call.first)),
            "decode" => {
                let part = usize::from(call.number > 0.0);
                Ok(text::decoded_member(call.first, part, call.second).unwrap_or(Value::Null).to_string())
            }
            "cookie" => Ok(self.pending_cookie(call.first).to_string()),
            "select_acr" => Ok(self.select_acr(call.first)),
            "acr" => {
                self.acr = Some(text::one_line(call.first, 255)).filter(|acr| !acr.is_empty());
                Ok(String::new())
            }
            "step" | "prompt" | "identifier" | "http" | "fail" | "send_error" => self.answer_command(operation, call),
            "claim" | "claim_names" | "groups" | "roles" | "is_member" | "has_role" | "associated" | "users"
            | "sessions" | "session_exists" | "applications" | "microsoft" => self.answer_question(operation, call),
            _ => self.answer_change(operation, call),
        }
    }

    fn log(&mut self, call: &Call<'_>) -> String {
        let most = self.limits.log_lines;
        if self.logs.len() > most {
            return String::new();
        }
        let masked = text::mask_secrets(&self.program, call.second);
        let (level, line) = match (self.logs.len() == most, call.first) {
            (true, _) => (LogLevel::Warn, format!("more than {most} lines: the others are left out")),
            (_, "debug") => (LogLevel::Debug, masked),
            (_, "warn") => (LogLevel::Warn, masked),
            (_, "error") => (LogLevel::Error, masked),
            _ => (LogLevel::Info, masked),
        };
        let text = text::one_line(&line, self.limits.log_chars);
        self.logs.push(LogLine { level, text });
        String::new()
    }

    fn secret(&mut self, name: &str) -> Answer {
        match self.program.secrets.get(name) {
            Some(secret) => Ok(Value::String(secret.expose().to_owned()).to_string()),
            None => self.bad(format!("there is no secret {}", quoted(name))),
        }
    }

    /// The list goes from strongest to weakest: its first member that was asked for wins, as where these scripts come from.
    fn select_acr(&mut self, ordered: &str) -> String {
        let ordered: Vec<String> = serde_json::from_str(ordered).unwrap_or_default();
        let requested = &self.record.requested_acr;
        let strongest = ordered.into_iter().find(|acr| requested.contains(acr));
        strongest.map_or(Value::Null, Value::String).to_string()
    }

    /// The text of a library, wrapped into a function.
    pub(super) fn library(&mut self, name: &str) -> Result<String, String> {
        self.count()?;
        match self.program.libraries.get(name) {
            Some(source) if source.len() > self.limits.source => {
                let message = format!("the library {} is too long", quoted(name));
                Err(self.broken(ErrorKind::TooLong, message))
            }
            Some(source) => Ok(format!("(function (exports, module, require) {{{source}\n}})")),
            None => self.bad(format!("there is no script library {}", quoted(name))),
        }
    }
}

/// A name for a message, cut and in quotes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", text::one_line(name, 60))
}

/// A JSON value as the text that parameters carry.
fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A JSON object as texts by name; anything else is empty.
fn texts(value: &Value) -> BTreeMap<String, String> {
    let members = value.as_object().into_iter().flatten();
    members.filter(|(_, item)| !item.is_null()).map(|(name, item)| (name.clone(), plain_text(item))).collect()
}
