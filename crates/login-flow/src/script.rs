//! A sign-in under a script: what the script asked for, and how each of it ended.
//!
//! The script itself runs elsewhere (the broker, on the engine of `flow-script`); here stand only its
//! questions and their results, in order, so that a run can be repeated from the top. A script cannot
//! weaken a sign-in: it ends only when every step that it executed succeeded or was answered by its own
//! `onFail`, and when at least one step succeeded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use usher_domain::{ConnectionId, RefusalCode};

use crate::event::FlowError;
use crate::flow::{Evidence, Finality, FlowRefusal, LoginFlow, Standing};
use crate::plan::{Order, StepNumber, StepOption};

/// Most questions of one script in one sign-in.
pub const MAX_QUESTIONS: usize = 50;

/// Who answers when a step fails, or when the person gives it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnsweredBy {
    /// Nobody: the sign-in is refused.
    #[default]
    Nobody,
    /// The script.
    Script,
}

/// Whether an existing session may stand for a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// A session suffices.
    #[default]
    Allowed,
    /// The person must prove it anew (`forceAuth`).
    Forced,
}

/// A step that a script asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// Which.
    pub step: StepNumber,
    /// The options that are left of it; absent: all of them.
    #[serde(default)]
    pub only: Option<Vec<StepOption>>,
    /// Whether an existing session may stand for it.
    #[serde(default)]
    pub renewal: Renewal,
    /// Who answers when it fails.
    #[serde(default)]
    pub on_failure: AnsweredBy,
    /// Who answers when the person gives it up.
    #[serde(default)]
    pub on_abort: AnsweredBy,
    /// Failed attempts after which it has failed, where the script says how many.
    #[serde(default)]
    pub attempts: Option<u32>,
    /// Values for the extra parameters of a connection (`$authparam{name}`).
    #[serde(default)]
    pub upstream: BTreeMap<String, String>,
}

impl Execution {
    /// A step as it is planned.
    pub fn of(step: StepNumber) -> Self {
        Self {
            step,
            only: None,
            renewal: Renewal::Allowed,
            on_failure: AnsweredBy::Nobody,
            on_abort: AnsweredBy::Nobody,
            attempts: None,
            upstream: BTreeMap::new(),
        }
    }
}

/// A page of the admin's that a script shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptAsk {
    /// Name of the page.
    pub template: String,
    /// What it shows, as JSON text.
    pub values: String,
}

/// What a script asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", content = "of", rename_all = "snake_case")]
pub enum Question {
    /// A step.
    Step(Execution),
    /// A page.
    Prompt(PromptAsk),
}

/// How something that a script asked for ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum QuestionResult {
    /// The step was completed.
    Completed {
        /// Position among the completed steps.
        position: usize,
    },
    /// The step failed, and the script answers.
    Failed {
        /// Why.
        code: RefusalCode,
        /// The connection that it failed at.
        connection: Option<ConnectionId>,
    },
    /// The person gave the step up, and the script answers.
    Aborted,
    /// The page was filled in.
    Prompted {
        /// The fields, as JSON text.
        answer: String,
    },
}

/// A question with its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// What was asked.
    pub question: Question,
    /// How it ended.
    pub result: QuestionResult,
}

/// How a script ends a sign-in without success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ScriptEnding {
    /// The person is told (`sendError` without an address).
    Page {
        /// What the script says, by name.
        values: BTreeMap<String, String>,
    },
    /// The person is sent to an address that an admin allowed (`sendError`).
    Redirect {
        /// Where to, complete.
        url: String,
    },
    /// The application is told (`fail`).
    Application {
        /// The error, in the words of its protocol.
        code: Option<String>,
        /// A sentence about it.
        message: Option<String>,
        /// Where more is written.
        uri: Option<String>,
    },
}

/// What a run of the script said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptSaid {
    /// It wants something.
    Asks(Question),
    /// Everything is done.
    Succeeds {
        /// The context class that it selected.
        acr: Option<String>,
    },
    /// It ends the sign-in.
    Ends(ScriptEnding),
}

/// A script in progress.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ScriptProgress {
    /// What a repeated run needs besides, opaque.
    pub(crate) record: Option<String>,
    /// How many of the answers the record knows.
    pub(crate) recorded: usize,
    pub(crate) answered: Vec<Answered>,
    pub(crate) open: Option<Question>,
    pub(crate) succeeded: bool,
    pub(crate) acr: Option<String>,
}

impl ScriptProgress {
    /// What a repeated run needs besides the answers: the broker's codec. Absent before the first run.
    pub fn record(&self) -> Option<&str> {
        self.record.as_deref()
    }

    /// How many of the answers the record knows; what it holds of later ones is stale.
    pub fn recorded(&self) -> usize {
        self.recorded
    }

    /// Questions with their results, in order.
    pub fn answered(&self) -> &[Answered] {
        &self.answered
    }

    /// Whether every step that was executed succeeded, or its failure was answered by the script.
    fn holds(&self) -> bool {
        self.answered.iter().any(|a| matches!(a.result, QuestionResult::Completed { .. }))
            && self.answered.iter().all(|a| match (&a.question, &a.result) {
                (Question::Step(execution), QuestionResult::Failed { .. }) => {
                    execution.on_failure == AnsweredBy::Script
                }
                (Question::Step(execution), QuestionResult::Aborted) => execution.on_abort == AnsweredBy::Script,
                (Question::Step(_), QuestionResult::Completed { .. })
                | (Question::Prompt(_), QuestionResult::Prompted { .. }) => true,
                _ => false,
            })
    }
}

impl LoginFlow {
    /// The script in progress, where the flow has one.
    pub fn script(&self) -> Option<&ScriptProgress> {
        (self.plan.order == Order::Scripted).then_some(&self.script)
    }

    /// What the script asked of the open step.
    pub fn execution(&self) -> Option<&Execution> {
        match &self.script()?.open {
            Some(Question::Step(execution)) => Some(execution),
            Some(Question::Prompt(_)) | None => None,
        }
    }

    /// The page that the script wants shown.
    pub fn prompt(&self) -> Option<&PromptAsk> {
        match &self.script()?.open {
            Some(Question::Prompt(prompt)) => Some(prompt),
            Some(Question::Step(_)) | None => None,
        }
    }

    /// Whether the script must run before anything else happens.
    pub(crate) fn script_is_due(&self) -> bool {
        self.script().is_some_and(|script| script.open.is_none() && !script.succeeded)
    }
}

/// Takes in what a run said.
pub(crate) fn ran(mut flow: LoginFlow, record: String, said: ScriptSaid) -> Result<LoginFlow, FlowError> {
    if !flow.script_is_due() {
        return Err(FlowError::StepClosed);
    }
    let answered = flow.script.answered.len();
    flow.script.record = Some(record);
    flow.script.recorded = answered;
    match said {
        ScriptSaid::Asks(_) if answered >= MAX_QUESTIONS => return Err(FlowError::TooManyEvents),
        ScriptSaid::Asks(question) => {
            if let Question::Step(execution) = &question
                && flow.plan.steps.get(execution.step.position()).is_none()
            {
                return Err(FlowError::Incoherent("the script asks for a step that does not exist"));
            }
            flow.standing = Standing::Open;
            flow.script.open = Some(question);
        }
        ScriptSaid::Succeeds { acr } => {
            if !flow.script.holds() {
                return Err(FlowError::Incoherent("a script cannot end a sign-in whose steps have not succeeded"));
            }
            flow.script.succeeded = true;
            flow.script.acr = acr;
        }
        ScriptSaid::Ends(ending) => {
            flow.completed.clear();
            flow.clear_factors();
            flow.standing = Standing::Ended { ending };
        }
    }
    Ok(flow)
}

/// Takes in the answer to a page.
pub(crate) fn prompted(mut flow: LoginFlow, answer: String) -> Result<LoginFlow, FlowError> {
    let Some(Question::Prompt(prompt)) = flow.script.open.take() else { return Err(FlowError::StepClosed) };
    let result = QuestionResult::Prompted { answer };
    flow.script.answered.push(Answered { question: Question::Prompt(prompt), result });
    Ok(flow)
}

/// The open step is complete: the script goes on.
pub(crate) fn completed(flow: &mut LoginFlow) {
    let position = flow.completed.len().saturating_sub(1);
    answer(flow, QuestionResult::Completed { position });
}

fn answer(flow: &mut LoginFlow, result: QuestionResult) {
    if flow.plan.order == Order::Scripted
        && let Some(question) = flow.script.open.take()
    {
        flow.script.answered.push(Answered { question, result });
    }
}

/// Takes in that the open step failed or was given up; without a script that answers, the sign-in is refused.
pub(crate) fn failed(mut flow: LoginFlow, refusal: FlowRefusal) -> LoginFlow {
    let answers = flow.execution().is_some_and(|execution| execution.on_failure == AnsweredBy::Script);
    if answers && may_be_answered(refusal.code) {
        flow.clear_step();
        answer(&mut flow, QuestionResult::Failed { code: refusal.code, connection: refusal.connection });
    } else {
        flow.refuse(refusal);
    }
    flow
}

/// The person gives the open step up.
pub(crate) fn aborted(mut flow: LoginFlow, step: StepNumber) -> Result<LoginFlow, FlowError> {
    if flow.open_step() != Some(step) {
        return Err(FlowError::StepClosed);
    }
    if flow.execution().is_some_and(|execution| execution.on_abort == AnsweredBy::Script) {
        flow.clear_step();
        answer(&mut flow, QuestionResult::Aborted);
        return Ok(flow);
    }
    Ok(failed(flow, FlowRefusal { code: RefusalCode::IdpDenied, connection: None, finality: Finality::Restartable }))
}

/// What a script may answer: the step went wrong. Never a brake, a stranger's form, or a fault of ours.
fn may_be_answered(code: RefusalCode) -> bool {
    matches!(
        code,
        RefusalCode::IdpDenied
            | RefusalCode::IdpUnreachable
            | RefusalCode::IdpResponseInvalid
            | RefusalCode::ConnectionUnavailable
            | RefusalCode::NoAccount
            | RefusalCode::ProvisioningRefused
            | RefusalCode::LinkAmbiguous
            | RefusalCode::LinkRefused
            | RefusalCode::AccountDisabled
            | RefusalCode::MfaNeedsAccount
            | RefusalCode::MfaUnavailable
            | RefusalCode::Locked
            | RefusalCode::RateLimited
    )
}

/// Takes completed steps back from a position on; the script runs again from there.
pub(crate) fn take_back(flow: &mut LoginFlow, position: usize) {
    flow.completed.truncate(position);
    flow.drop_factors_of_nobody();
    if flow.plan.order != Order::Scripted {
        return;
    }
    let stale = |a: &Answered| matches!(a.result, QuestionResult::Completed { position: at } if at >= position);
    if let Some(first) = flow.script.answered.iter().position(stale) {
        let mut later = flow.script.answered.split_off(first);
        flow.script.open = if later.is_empty() { None } else { Some(later.swap_remove(0).question) };
        flow.script.recorded = flow.script.recorded.min(first);
    }
    flow.script.succeeded = false;
}

/// The same for a step whose person became another one: it stays complete, what came after it goes.
pub(crate) fn keep_up_to(flow: &mut LoginFlow, position: usize) {
    flow.completed.truncate(position.saturating_add(1));
    flow.drop_factors_of_nobody();
    if flow.plan.order != Order::Scripted {
        return;
    }
    let own = |a: &Answered| matches!(a.result, QuestionResult::Completed { position: at } if at == position);
    if let Some(own) = flow.script.answered.iter().position(own) {
        flow.script.answered.truncate(own.saturating_add(1));
        flow.script.recorded = flow.script.recorded.min(own);
    }
    flow.script.open = None;
    flow.script.succeeded = false;
}

/// Whether a completed step rests on a connection's answer.
pub(crate) fn is_federated(evidence: &Evidence) -> bool {
    matches!(evidence, Evidence::Identity(_))
}
