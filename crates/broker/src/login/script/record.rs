//! What is kept of a script between two runs, and how it is completed with what the person did since. Only data.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use usher_domain::{RefusalCode, SignInTrace, TraceStage};
use usher_flow_script::{Effect, Record, RequestFacts, Run, StepOutcome, StepResult};
use usher_login_flow::{Answered, LoginFlow, Question, QuestionResult};
use usher_oidc_provider::authorize::AuthorizationRequest;

use super::http::Spent;
use super::letters::Letter;
use super::{cookies, people};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::flow_state::FlowState;
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// Lines of one sign-in's trace that belong to its script: the rest of the sign-in must fit beside them.
const LINES: usize = 24;
/// Characters of such a line.
const LINE: usize = 240;

/// The codec of a script in progress.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    pub record: Record,
    /// The command behind each question, in order.
    calls: Vec<String>,
    /// What lands with the end of the sign-in, as the last run wants it.
    pub effects: Vec<Effect>,
    /// The mails among them, written out.
    pub letters: Vec<Letter>,
    /// What calls out cost so far.
    pub spent: Spent,
    /// Processor time so far.
    pub cpu_ms: u64,
    told_calls: usize,
    told_logs: usize,
}

impl Kept {
    /// Reads the record of a flow; an empty one before the first run.
    pub fn read(text: Option<&str>) -> Result<Self, Fault> {
        text.map_or_else(
            || Ok(Self::default()),
            |text| serde_json::from_str(text).map_err(|e| Fault::unreadable("record of a script", e)),
        )
    }

    /// The stored form.
    pub fn text(&self) -> Result<String, Fault> {
        serde_json::to_string(self).map_err(|e| Fault::unreadable("record of a script", e))
    }

    /// Remembers the command of the question at a position.
    pub fn asked(&mut self, position: usize, call: String) {
        self.calls.truncate(position);
        self.calls.push(call);
    }

    /// Forgets what came after the answers that are still valid. Facts about the people of those steps go with them.
    fn cut(&mut self, answers: usize) {
        if self.record.results.len() > answers {
            self.record.results.truncate(answers);
            self.record.facts.clear();
        }
    }

    /// Writes what the run called and logged into the trace, as far as it is new.
    pub fn tell(&mut self, trace: &mut SignInTrace, ran: &Run, now: DateTime<Utc>) {
        let room = |told: usize| LINES.saturating_sub(told);
        let told = self.told_calls.saturating_add(self.told_logs);
        for call in ran.calls.iter().skip(self.told_calls).take(room(told)) {
            note(trace, now, TraceStage::Script, format!("script: {}", line(call)));
        }
        self.told_calls = self.told_calls.max(ran.calls.len());
        let told = self.told_calls.saturating_add(self.told_logs);
        for logged in ran.logs.iter().skip(self.told_logs).take(room(told)) {
            note(trace, now, TraceStage::Script, format!("script log: {}", line(&logged.text)));
        }
        self.told_logs = self.told_logs.max(ran.logs.len());
    }
}

/// One line of a trace: short, and without control characters (SCRIPT-20).
pub(super) fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LINE).collect()
}

/// The record of a flow, completed with everything that was answered since the last run.
pub(super) async fn known(broker: &Broker, state: &FlowState, visitor: &Visitor) -> Result<Kept, Fault> {
    let flow = &state.flow;
    let Some(script) = flow.script() else { return Ok(Kept::default()) };
    let mut kept = Kept::read(script.record())?;
    if script.record().is_none() {
        begin(broker, state, visitor, &mut kept.record)?;
    }
    kept.cut(script.recorded().min(script.answered().len()));
    let position = kept.record.results.len();
    for (at, answered) in script.answered().iter().enumerate().skip(position) {
        let call = kept.calls.get(at).cloned().unwrap_or_default();
        kept.record.results.push(result(broker, flow, (answered, call), visitor).await?);
    }
    Ok(kept)
}

pub(super) fn begin(broker: &Broker, state: &FlowState, visitor: &Visitor, record: &mut Record) -> Result<(), Fault> {
    let mut seed = [0_u8; 8];
    broker.entropy().fill(&mut seed);
    let request = state.request()?;
    record.started_at_ms = state.flow.created_at().timestamp_millis();
    record.seed = u64::from_be_bytes(seed);
    record.request = browser(broker, &state.flow, visitor);
    record.request.params = params(&request);
    record.requested_acr.clone_from(&request.acr_values);
    Ok(())
}

/// What a script may know of the browser: two headers, the cookies that scripts of this flow set, and the address.
fn browser(broker: &Broker, flow: &LoginFlow, visitor: &Visitor) -> RequestFacts {
    let headers = [("user-agent", &visitor.agent), ("accept-language", &visitor.languages)];
    let owner = flow.plan().version.as_ref().map_or("", |version| version.owner.as_str());
    RequestFacts {
        headers: headers.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect(),
        params: BTreeMap::new(),
        cookies: cookies::opened(broker.store.sealer(), owner, visitor, broker.now()),
        ip: visitor.remote_text().unwrap_or_default(),
    }
}

/// The parameters of the application's request that say what it wants; never what proves something.
fn params(request: &AuthorizationRequest) -> BTreeMap<String, Vec<String>> {
    let one = |value: String| vec![value];
    let list = |values: &[String]| (!values.is_empty()).then(|| one(values.join(" ")));
    let all = [
        ("client_id", Some(one(request.application.as_str().to_owned()))),
        ("redirect_uri", Some(one(request.redirect_uri.as_str().to_owned()))),
        ("scope", Some(one(request.scopes.to_string()))),
        ("acr_values", list(&request.acr_values)),
        ("ui_locales", list(&request.ui_locales)),
        ("login_hint", request.login_hint.clone().map(one)),
        ("max_age", request.max_age.map(|age| one(age.to_string()))),
        ("display", request.display.clone().map(one)),
    ];
    all.into_iter().filter_map(|(name, values)| Some((name.to_owned(), values?))).collect()
}

async fn result(
    broker: &Broker,
    flow: &LoginFlow,
    (answered, call): (&Answered, String),
    visitor: &Visitor,
) -> Result<StepResult, Fault> {
    let step = match &answered.question {
        Question::Step(execution) => execution.step.get(),
        Question::Prompt(_) => 0,
    };
    let outcome = match &answered.result {
        QuestionResult::Completed { position } => {
            let done = flow.completed().get(*position);
            let done = done.ok_or(Fault::Invariant("a completed question has its step"))?;
            let mut view = people::of_step(broker, done).await?;
            view.request = Some(browser(broker, flow, visitor));
            StepOutcome::Succeeded(Box::new(view))
        }
        QuestionResult::Failed { code, connection } => failed(broker, *code, connection.as_ref()),
        QuestionResult::Aborted => StepOutcome::Aborted,
        QuestionResult::Prompted { answer } => StepOutcome::Prompted {
            params: serde_json::from_str(answer).map_err(|e| Fault::unreadable("answer of a page", e))?,
        },
    };
    Ok(StepResult { step, call, outcome })
}

fn failed(broker: &Broker, code: RefusalCode, connection: Option<&usher_domain::ConnectionId>) -> StepOutcome {
    let snapshot = broker.snapshot();
    let connection = connection.and_then(|id| snapshot.connections.get(id)).map(|c| &c.connection);
    StepOutcome::Failed {
        idp: connection.map(|c| c.script_name.clone()),
        authenticator: connection.map(|c| usher_login_flow::lint::authenticator_name(c.kind).to_owned()),
        user: None,
        reason: code.as_str().to_owned(),
    }
}
