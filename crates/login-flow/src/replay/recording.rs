//! What is kept of a sign-in to run it again: what the person did in each step, and what a script may know about it.
//! Never a password, a code, a token or a secret; no credential's id, no session's.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_domain::{Authenticator, ConnectionId, FactorUse, RefusalCode, SignInRequest};
use usher_flow_script::{OptionShape, Record, StepOutcome, StepResult, StepView, UserView};

use super::{CameTo, End, Names, Stop};
use crate::factor::FactorProof;
use crate::flow::{CompletedStep, Evidence, FlowRefusal, LoginFlow, Standing};
use crate::plan::Order;
use crate::script::{Answered, Question, QuestionResult, ScriptEnding};

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingUnreadable {
    /// It was written by another version of this code.
    #[error("recording has version {0}")]
    Version(u16),
    /// It is not the JSON of a recording.
    #[error("recording is malformed")]
    Malformed(#[from] serde_json::Error),
}

/// How a person passed a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Way {
    /// User name and password.
    Password,
    /// A connection.
    Connection {
        /// Which.
        id: ConnectionId,
        /// When the provider asked the person, where it says so.
        auth_time: Option<DateTime<Utc>>,
    },
    /// A passkey or a second factor.
    Factor {
        /// Which.
        authenticator: Authenticator,
        /// Why it counted; without the id of a device.
        proof: FactorProof,
    },
    /// A session that the browser had.
    Session {
        /// The connection that it began with.
        connection: Option<ConnectionId>,
        /// When it began.
        at: DateTime<Utc>,
        /// What it knew.
        factors: Vec<FactorUse>,
    },
}

impl Way {
    pub(super) fn of(done: &CompletedStep) -> Self {
        match &done.evidence {
            Evidence::Password => Self::Password,
            Evidence::Identity(proved) => {
                Self::Connection { id: proved.identity.key.connection.clone(), auth_time: proved.identity.auth_time }
            }
            Evidence::Factor { authenticator, proof } => {
                let proof = match proof {
                    FactorProof::Answer { .. } => FactorProof::Answer { id: None },
                    other => other.clone(),
                };
                Self::Factor { authenticator: *authenticator, proof }
            }
            Evidence::Session(_) => Self::Session {
                connection: done.authentication.connection.clone(),
                at: done.authentication.at,
                factors: done.authentication.factors.clone(),
            },
        }
    }

    /// The way that a script was told of, where the step itself is gone.
    fn told(view: &StepView, names: &Names) -> Option<Self> {
        if view.idp != OptionShape::LOCAL {
            let id = names.iter().find(|(_, shape)| shape.idp == view.idp).map(|(id, _)| id.clone())?;
            return Some(Self::Connection { id, auth_time: None });
        }
        let local = Authenticator::ALL.into_iter().find(|local| local.script_name() == view.authenticator)?;
        Some(match local {
            Authenticator::Password => Self::Password,
            authenticator => Self::Factor { authenticator, proof: FactorProof::Answer { id: None } },
        })
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Password => Authenticator::Password.as_str().to_owned(),
            Self::Connection { id, .. } => format!("connection:{id}"),
            Self::Factor { authenticator, .. } => authenticator.as_str().to_owned(),
            Self::Session { .. } => "session".to_owned(),
        }
    }
}

/// What a person did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Did {
    /// Passed the step.
    Passed {
        /// How.
        way: Way,
        /// What a script was, or would have been, told of it.
        view: Box<StepView>,
    },
    /// Failed in it.
    Failed {
        /// Why.
        code: RefusalCode,
        /// Where.
        connection: Option<ConnectionId>,
    },
    /// Gave it up.
    Aborted,
    /// Filled a page in.
    FilledIn {
        /// Which.
        page: String,
        /// The fields; null where they were not kept.
        fields: Value,
    },
}

/// One thing that a person did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// In which step; 0: on a page of the script.
    pub step: u8,
    /// What.
    #[serde(flatten)]
    pub did: Did,
}

/// A sign-in as it is recorded. It holds personal values: seal it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    version: u16,
    /// What the application asked.
    pub request: SignInRequest,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// What the person did, in order.
    pub moves: Vec<Move>,
    /// What the script knew besides, or would have known.
    pub facts: Record,
    /// Why the last transaction refused it.
    pub refused_at_end: Option<RefusalCode>,
    /// What it came to.
    pub came_to: CameTo,
}

impl Recording {
    /// Version of the stored form.
    pub const VERSION: u16 = 1;

    /// Of a sign-in that is complete, that its script ended, or that is about to be refused (which forgets its steps).
    /// `record` holds what a script knows of it: a result for each question of the script, or for each step where there
    /// is no script.
    pub fn of(flow: &LoginFlow, refused: Option<&FlowRefusal>, record: Record, names: &Names) -> Self {
        let mut record = record;
        let results = std::mem::take(&mut record.results);
        let mut moves = moves(flow, &results, names);
        let by_script = |code| matches!(code, RefusalCode::ScriptError | RefusalCode::ScriptDenied);
        if let (Some(refusal), Some(step)) = (refused, flow.open_step())
            && !by_script(refusal.code)
        {
            let did = Did::Failed { code: refusal.code, connection: refusal.connection.clone() };
            moves.push(Move { step: step.get(), did });
        }
        let refused_at_end = refused.filter(|_| flow.is_complete()).map(|refusal| refusal.code);
        let end = match (refused, &flow.standing) {
            (Some(refusal), _) => End::Refused { code: refusal.code },
            (None, Standing::Ended { ending }) => ended(ending),
            (None, _) => End::SignedIn { acr: flow.authentication().and_then(|signed_in| signed_in.acr) },
        };
        let came_to = CameTo { path: path(flow), end };
        let (request, began_at) = (flow.request.clone(), flow.created_at);
        Self { version: Self::VERSION, request, began_at, moves, facts: record, refused_at_end, came_to }
    }

    /// The person, as the first step had them.
    pub fn person(&self) -> Option<&UserView> {
        self.moves.iter().find_map(|one| match &one.did {
            Did::Passed { view, .. } => Some(&view.subject),
            _ => None,
        })
    }

    /// Whether every step that was passed belongs to a local account.
    pub fn is_of_an_account(&self) -> bool {
        let mut views = self.moves.iter().filter_map(|one| match &one.did {
            Did::Passed { view, .. } => Some(&view.subject),
            _ => None,
        });
        self.person().is_some() && views.all(|view| view.unique_id.is_some())
    }

    /// The stored form.
    pub fn encode(&self) -> Result<Vec<u8>, RecordingUnreadable> {
        Ok(serde_json::to_vec(self)?)
    }

    /// Reads the stored form back.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordingUnreadable> {
        #[derive(Deserialize)]
        struct Probe {
            version: u16,
        }
        let probe: Probe = serde_json::from_slice(bytes)?;
        if probe.version != Self::VERSION {
            return Err(RecordingUnreadable::Version(probe.version));
        }
        Ok(serde_json::from_slice(bytes)?)
    }
}

fn moves(flow: &LoginFlow, results: &[StepResult], names: &Names) -> Vec<Move> {
    let view = |at: usize| match results.get(at).map(|result| &result.outcome) {
        Some(StepOutcome::Succeeded(view)) => view.clone(),
        _ => Box::default(),
    };
    let in_turn = |(at, done): (usize, &CompletedStep)| Move {
        step: done.step.get(),
        did: Did::Passed { way: Way::of(done), view: view(at) },
    };
    let by_script = |(at, answered): (usize, &Answered)| {
        let step = asked(&answered.question);
        let did = match (&answered.question, &answered.result) {
            (_, QuestionResult::Completed { position }) => {
                let view = view(at);
                let way = flow.completed.get(*position).map(Way::of).or_else(|| Way::told(&view, names))?;
                Did::Passed { way, view }
            }
            (_, QuestionResult::Failed { code, connection }) => {
                Did::Failed { code: *code, connection: connection.clone() }
            }
            (_, QuestionResult::Aborted) => Did::Aborted,
            (Question::Prompt(page), QuestionResult::Prompted { answer }) => Did::FilledIn {
                page: page.template.clone(),
                fields: serde_json::from_str(answer).unwrap_or(Value::Null),
            },
            (Question::Step(_), QuestionResult::Prompted { .. }) => return None,
        };
        Some(Move { step, did })
    };
    match flow.plan.order {
        Order::InTurn => flow.completed.iter().enumerate().map(in_turn).collect(),
        Order::Scripted => flow.script.answered.iter().enumerate().filter_map(by_script).collect(),
    }
}

fn asked(question: &Question) -> u8 {
    match question {
        Question::Step(execution) => execution.step.get(),
        Question::Prompt(_) => 0,
    }
}

/// What was passed so far. After a script has ended a sign-in, only which steps, not how.
pub(super) fn path(flow: &LoginFlow) -> Vec<Stop> {
    let passed = |done: &CompletedStep| Stop { step: done.step.get(), by: Way::of(done).text() };
    if flow.plan.order == Order::InTurn {
        return flow.completed.iter().map(passed).collect();
    }
    let stop = |answered: &Answered| {
        let by = match (&answered.question, &answered.result) {
            (_, QuestionResult::Completed { position }) => {
                flow.completed.get(*position).map_or_else(|| "passed".to_owned(), |done| Way::of(done).text())
            }
            (_, QuestionResult::Failed { code, .. }) => format!("failed:{}", code.as_str()),
            (_, QuestionResult::Aborted) => "aborted".to_owned(),
            (Question::Prompt(page), QuestionResult::Prompted { .. }) => format!("page:{}", page.template),
            (Question::Step(_), QuestionResult::Prompted { .. }) => "page".to_owned(),
        };
        Stop { step: asked(&answered.question), by }
    };
    flow.script.answered.iter().map(stop).collect()
}

/// A script's ending, in words without the person's values: parameters of an address stay out.
pub(super) fn ended(ending: &ScriptEnding) -> End {
    let how = match ending {
        ScriptEnding::Page { .. } => "error page".to_owned(),
        ScriptEnding::Redirect { url } => {
            format!("redirect to {}", url.split(['?', '#']).next().unwrap_or_default())
        }
        ScriptEnding::Application { code, .. } => {
            format!("error for the application: {}", code.as_deref().unwrap_or("access_denied"))
        }
    };
    End::Ended { how }
}
