//! Building blocks of a sign-in's trace, and the log line of a fault.

use chrono::{DateTime, Utc};
use usher_domain::{CheckResult, SignInTrace, TraceEvent, TraceStage};

use crate::failure::Fault;

/// Adds a line without checks.
pub fn note(trace: &mut SignInTrace, at: DateTime<Utc>, stage: TraceStage, text: impl Into<String>) {
    trace.push(TraceEvent { at, stage, text: text.into(), checks: Vec::new() });
}

/// Adds a line with its checks.
pub fn checked(trace: &mut SignInTrace, at: DateTime<Utc>, text: impl Into<String>, checks: Vec<CheckResult>) {
    trace.push(TraceEvent { at, stage: TraceStage::Answer, text: text.into(), checks });
}

/// Writes a fault with its chain to the log.
pub fn fault(fault: &Fault, what: &'static str) {
    tracing::error!(fault = %chain(fault), "{what}");
}

/// A fault and its causes in one line.
pub fn chain(fault: &dyn std::error::Error) -> String {
    let mut text = fault.to_string();
    let mut cause = fault.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
