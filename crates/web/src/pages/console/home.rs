//! Home: the three steps from nothing to a first sign-in, then the latest sign-ins.

use askama::Template;

use super::{Shell, SignInRow};

/// What exists already, from the real state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    pub connections: u64,
    pub applications: u64,
    pub sign_ins: u64,
}

impl Progress {
    /// Whether all three steps are done.
    pub fn complete(&self) -> bool {
        self.next() > 3
    }

    /// The first step that is not done, from 1; 4 when all are.
    pub fn next(&self) -> u8 {
        match (self.connections, self.applications, self.sign_ins) {
            (0, _, _) => 1,
            (_, 0, _) => 2,
            (_, _, 0) => 3,
            _ => 4,
        }
    }
}

/// Home.
#[derive(Debug, Template)]
#[template(path = "console/home.html")]
pub struct HomePage {
    pub shell: Shell,
    pub progress: Progress,
    /// The latest sign-ins, newest first; a handful.
    pub recent: Vec<SignInRow>,
}
