//! What one measurement says: the numbers of `docs/performance.md`, as they are printed, drawn and recorded.

use serde::{Deserialize, Serialize};

use crate::jose::Algorithm;
use crate::load::Load;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Which broker.
    pub broker: String,
    /// Which database; none where there is none, or where the harness does not choose it.
    pub database: Option<String>,
    /// How people sign in, or what else was done.
    pub mode: String,
    pub algorithm: Algorithm,
    pub load: Load,
    /// Configured connections.
    pub connections: Option<u32>,
    /// Accounts before the run.
    pub users: Option<u32>,
    /// Sign-ins that were measured; every one was checked.
    pub sign_ins: u64,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    /// CPU of the broker alone, per sign-in.
    pub cpu_ms: f64,
    /// Resident memory before the first sign-in and after the last.
    pub idle_mb: f64,
    pub after_mb: f64,
    /// Requests of the browser, per sign-in.
    pub requests: f64,
    /// What the storage layer counted, per sign-in.
    pub store: Option<PerSignIn>,
    /// From the start of the process to ready.
    pub ready_ms: f64,
}

/// Counts of the storage layer, per sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PerSignIn {
    pub commits: f64,
    pub statements: f64,
    pub in_progress_statements: f64,
}

impl Figures {
    /// What makes two lines of two runs comparable.
    pub fn key(&self) -> String {
        let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        let database = self.database.as_deref().unwrap_or_default();
        let (algorithm, connections, users) = (self.algorithm.name(), number(self.connections), number(self.users));
        format!("{} {database} {} {algorithm} {} {connections} {users}", self.broker, self.mode, self.load)
    }

    /// A name for people.
    pub fn title(&self) -> String {
        let mut words = vec![self.broker.clone()];
        words.extend(self.database.clone());
        words.extend([self.mode.clone(), self.algorithm.name().to_owned(), self.load.to_string()]);
        words.extend(self.users.map(|users| format!("{} users", grouped(users))));
        words.extend(self.connections.map(|connections| format!("{} conn.", grouped(connections))));
        words.join(", ")
    }
}

/// 1234567 as 1,234,567.
pub fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
