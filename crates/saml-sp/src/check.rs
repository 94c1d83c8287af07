//! The record of checks, and why a message was refused.
//!
//! Every refusal names the check that failed, for the admin who reads the trace; the person sees one page for all of
//! them. Texts from the foreign side are made printable before they enter an error (WEB-12).

/// Where in the handling of a message something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Base64, inflating, characters, shape: before any library with a C parser sees a byte.
    #[default]
    Gate,
    /// Decrypting an assertion.
    Decryption,
    /// Verifying a signature.
    Signature,
    /// The profile: who, for whom, when, in answer to what (SAML profiles 4.1.4).
    Profile,
    /// Reading metadata.
    Metadata,
}

impl Phase {
    /// The stable text of the phase.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Decryption => "decryption",
            Self::Signature => "signature",
            Self::Profile => "profile",
            Self::Metadata => "metadata",
        }
    }
}

/// Why a message was refused. `Display` fits an admin's eyes; it holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SamlError {
    /// A check failed.
    #[error("{check}: {detail}")]
    Failed {
        /// Where.
        phase: Phase,
        /// Which check.
        check: &'static str,
        /// What was found.
        detail: String,
    },
    /// The identity provider says that it did not sign the person in (SAML core 3.2.2.2).
    #[error("the provider answered {status}{}", message.as_deref().map(|text| format!(" ({text})")).unwrap_or_default())]
    Denied {
        /// The last part of the innermost status code, such as `AuthnFailed`.
        status: String,
        /// What the provider says about it, made printable.
        message: Option<String>,
    },
}

impl SamlError {
    /// The name of the check that failed.
    pub fn check(&self) -> &'static str {
        match self {
            Self::Failed { check, .. } => check,
            Self::Denied { .. } => "status",
        }
    }

    /// Where it failed.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Failed { phase, .. } => *phase,
            Self::Denied { .. } => Phase::Profile,
        }
    }

    pub(crate) fn gate(check: &'static str, detail: impl Into<String>) -> Self {
        Self::Failed { phase: Phase::Gate, check, detail: detail.into() }
    }
}

/// One check and how it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// What was checked: `signature`, `issuer`, `audience`, ...
    pub name: &'static str,
    /// Whether it held.
    pub passed: bool,
}

/// The checks of one message, in order.
#[derive(Debug, Clone, Default)]
pub struct Checks {
    phase: Phase,
    made: Vec<Check>,
}

impl Checks {
    /// An empty record.
    pub fn new() -> Self {
        Self::default()
    }

    /// The checks made until now.
    pub fn made(&self) -> &[Check] {
        &self.made
    }

    pub(crate) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// Records a check; an error when it does not hold.
    pub(crate) fn require(
        &mut self,
        check: &'static str,
        holds: bool,
        detail: impl FnOnce() -> String,
    ) -> Result<(), SamlError> {
        self.made.push(Check { name: check, passed: holds });
        if holds { Ok(()) } else { Err(SamlError::Failed { phase: self.phase, check, detail: detail() }) }
    }

    /// Records a check that held.
    pub(crate) fn passed(&mut self, check: &'static str) {
        self.made.push(Check { name: check, passed: true });
    }

    /// Records a failed check.
    pub(crate) fn fail(&mut self, check: &'static str, detail: impl Into<String>) -> SamlError {
        self.made.push(Check { name: check, passed: false });
        SamlError::Failed { phase: self.phase, check, detail: detail.into() }
    }

    /// Records the outcome of something that names its own check.
    pub(crate) fn record<T>(&mut self, check: &'static str, outcome: Result<T, SamlError>) -> Result<T, SamlError> {
        self.made.push(Check { name: check, passed: outcome.is_ok() });
        outcome
    }
}

/// A foreign text for the eyes of an admin: at most 200 characters, nothing that steers a terminal or a line of text.
pub(crate) fn printable(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut shown: String = text.chars().take(LONGEST).map(|c| if steers(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// Whether a character steers a terminal, a line of text or its direction instead of showing something.
pub(crate) fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
