//! A recorded sign-in run against another flow: what the person did then, on the steps and the script of a draft.
//!
//! Pure: the real state machine and the real script engine, on nothing but what was recorded. A question that the
//! recording does not answer is not guessed at: where it is a page, the person would be asked something new; where it
//! is a fact that the script wants, the result is unknown.

mod recording;
mod walk;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use usher_domain::{ConnectionId, RefusalCode};
use usher_flow_script::{OptionShape, Outcome, Program};

use crate::flow::LoginFlow;
use crate::plan::FlowPlan;
use crate::script::ScriptSaid;

pub use recording::{Did, Move, Recording, RecordingUnreadable, Way};
pub use walk::replay;

/// Connections under the names that scripts use.
pub type Names = BTreeMap<ConnectionId, OptionShape>;

/// What a run of a script means for a flow: what it said, a refusal, or what is wrong with the script.
pub type Reading<'a> =
    dyn Fn(&LoginFlow, &Outcome) -> Result<Result<ScriptSaid, RefusalCode>, String> + Send + Sync + 'a;

/// The flow that recordings are run against.
pub struct Draft<'a> {
    /// Its steps, for the application and the request of the recording.
    pub plan: FlowPlan,
    /// Its script.
    pub program: Option<Program>,
    /// How connections are called.
    pub names: &'a Names,
    /// How runs are read.
    pub reading: &'a Reading<'a>,
}

/// Something on the way: the step (0: a page of the script), and how it was passed: `password`, `totp`, `session`,
/// `connection:<id>`, `failed:<code>`, `aborted`, `page:<name>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// The step.
    pub step: u8,
    /// How it was passed.
    pub by: String,
}

/// How a sign-in ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum End {
    /// The application gets its code.
    SignedIn {
        /// The context class that it is told.
        acr: Option<String>,
    },
    /// The person is refused.
    Refused {
        /// Why.
        code: RefusalCode,
    },
    /// The script ends it.
    Ended {
        /// With what.
        how: String,
    },
    /// The person is asked something that they were not asked: `sign_in`, `connection:<id>`, `factor:totp`, `page:<name>`.
    Asks {
        /// In which step; 0: by the script.
        step: u8,
        /// What.
        what: String,
    },
}

/// What a sign-in came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameTo {
    /// What was passed, in order.
    pub path: Vec<Stop>,
    /// How it ended.
    pub end: End,
}

/// A recording that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// What came of it.
    pub verdict: Verdict,
    /// Processor time of the script, in milliseconds.
    pub cpu_ms: u64,
}

/// What the draft would have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The same.
    Same,
    /// Something else.
    Changed {
        /// What.
        to: CameTo,
    },
    /// The script wants to know something that was not recorded.
    Unknown {
        /// What.
        fact: String,
    },
}
