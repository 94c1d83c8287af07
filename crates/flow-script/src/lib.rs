//! The sandboxed engine of conditional authentication scripts. Pure: a program and a record go in, the next command
//! comes out.
//!
//! A script is run again from the top on every event of a sign-in, against what was recorded so far; nothing but data
//! is ever kept between two runs. Carrying commands out (asking for a factor, fetching a fact, sending a mail) is the
//! broker's work, and so is the rule that every step is proved by one and the same subject.
//!
//! ```
//! use usher_flow_script::{Limits, Outcome, Program, Record, run};
//!
//! let program = Program::new("var onLoginRequest = function (context) { executeStep(1); };").with_local_step(&["BasicAuthenticator"]);
//! let run = run(&program, &Record::default(), &Limits::default());
//! assert!(matches!(run.outcome, Outcome::Execute(asked) if asked.step == 1));
//! ```

mod check;
mod claims;
mod effects;
mod engine;
mod facts;
mod outcome;
mod program;
mod record;
mod reference;
mod simulate;
mod templates;
#[cfg(test)]
mod tests;

pub use check::{Finding, Fix, Level, ProgramShape, check};
pub use claims::{attribute_of, may_be_written};
pub use effects::{CookieSpec, Effect};
pub use engine::run;
pub use facts::{Fact, HttpAnswer, HttpAuth, HttpCall, SessionView, Who};
pub use outcome::{
    AuthenticatorParams, ErrorKind, Execution, LogLevel, LogLine, OptionFilter, Outcome, Prompt, Run, ScriptError,
    Unmet,
};
pub use program::{Limits, OptionShape, Program, StepShape};
pub use record::{Record, RequestFacts, StepOutcome, StepResult, StepView, UserView};
pub use reference::{Entry, reference, reference_json};
pub use simulate::{Simulation, simulate};
pub use templates::{Template, templates};
