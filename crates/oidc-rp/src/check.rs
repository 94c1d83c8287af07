//! The record of checks, the phases of the protocol, and why one failed.
//!
//! Every check of this crate goes through [`Checks::require`], so that a sign-in's trace can show each of them with its
//! outcome. Texts from the foreign side are made printable before they enter an error (WEB-12).

use std::fmt;

use crate::HttpFault;

/// Where in the protocol something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Reading the provider's metadata (OIDC Discovery 1.0 section 4).
    #[default]
    Discovery,
    /// Reading the provider's keys (RFC 7517).
    Keys,
    /// Building the authorization request (OIDC Core 3.1.2.1).
    Departure,
    /// Reading the authorization response (OIDC Core 3.1.2.5, RFC 9207).
    Callback,
    /// Exchanging the code (OIDC Core 3.1.3).
    Token,
    /// Checking the ID token (OIDC Core 3.1.3.7).
    IdToken,
    /// Asking the userinfo endpoint (OIDC Core 5.3).
    Userinfo,
}

impl Phase {
    /// The stable text of the phase.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Keys => "keys",
            Self::Departure => "departure",
            Self::Callback => "callback",
            Self::Token => "token",
            Self::IdToken => "id_token",
            Self::Userinfo => "userinfo",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a step of the protocol failed. `Display` fits an admin's eyes; it holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The provider gave no answer.
    #[error("no answer from the provider: {source}")]
    Unreachable {
        /// Where.
        phase: Phase,
        /// Why.
        source: HttpFault,
    },
    /// The provider sent the person back with an error (OIDC Core 3.1.2.6).
    #[error("the provider answered {error}{}", in_brackets(.description.as_deref()))]
    Denied {
        /// The error code, made printable.
        error: String,
        /// What the provider says about it, made printable.
        description: Option<String>,
    },
    /// The token names a key that the set lacks: fetch the set anew, once.
    #[error("key: no key of the provider fits the token{}", in_brackets(.kid.as_deref()))]
    UnknownKey {
        /// The key id that the token names, made printable.
        kid: Option<String>,
    },
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
    /// Our own settings for this provider cannot work.
    #[error("the connection is misconfigured: {detail}")]
    Misconfigured {
        /// Where it showed.
        phase: Phase,
        /// What is wrong.
        detail: String,
    },
}

impl OidcError {
    /// Makes an HTTP fault ours.
    pub(crate) fn unreachable(phase: Phase) -> impl FnOnce(HttpFault) -> Self {
        move |source| Self::Unreachable { phase, source }
    }

    /// Where it failed.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Unreachable { phase, .. } | Self::Failed { phase, .. } | Self::Misconfigured { phase, .. } => *phase,
            Self::Denied { .. } => Phase::Callback,
            Self::UnknownKey { .. } => Phase::IdToken,
        }
    }

    /// The name of the check that failed, where one did.
    pub fn check(&self) -> Option<&'static str> {
        match self {
            Self::Failed { check, .. } => Some(check),
            Self::UnknownKey { .. } => Some("key"),
            Self::Denied { .. } => Some("no_error"),
            Self::Unreachable { .. } | Self::Misconfigured { .. } => None,
        }
    }
}

fn in_brackets(text: Option<&str>) -> String {
    text.map(|text| format!(" ({text})")).unwrap_or_default()
}

/// One check and how it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// What was checked: `signature`, `issuer`, `nonce`, ...
    pub name: &'static str,
    /// Whether it held.
    pub passed: bool,
}

/// The checks of one hand-shake, in order.
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

    /// Names the phase that the following checks belong to.
    pub fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// Records a check; an error when it does not hold.
    pub(crate) fn require(
        &mut self,
        check: &'static str,
        holds: bool,
        detail: impl FnOnce() -> String,
    ) -> Result<(), OidcError> {
        self.made.push(Check { name: check, passed: holds });
        if holds { Ok(()) } else { Err(OidcError::Failed { phase: self.phase, check, detail: detail() }) }
    }

    /// Records that `outcome` held, or the check that failed.
    pub fn attempt<T>(&mut self, check: &'static str, outcome: Result<T, String>) -> Result<T, OidcError> {
        self.made.push(Check { name: check, passed: outcome.is_ok() });
        outcome.map_err(|detail| OidcError::Failed { phase: self.phase, check, detail })
    }

    /// Records a check that held.
    pub(crate) fn passed(&mut self, check: &'static str) {
        self.made.push(Check { name: check, passed: true });
    }

    /// Records a failed check.
    pub(crate) fn fail(&mut self, check: &'static str, detail: impl Into<String>) -> OidcError {
        self.made.push(Check { name: check, passed: false });
        OidcError::Failed { phase: self.phase, check, detail: detail.into() }
    }

    /// Appends the checks that another record gathered.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.made.extend(other.made);
    }
}

/// A foreign text for the eyes of an admin: at most 200 characters, nothing that steers a terminal or a line of text.
pub(crate) fn printable(text: &str) -> String {
    const LONGEST: usize = 200;
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut shown: String = text.chars().take(LONGEST).map(|c| if steers(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn web_12_foreign_text_stays_on_its_line() {
        assert_eq!(printable("a\r\nb\u{1b}[31m\u{202e}c"), "a\u{fffd}\u{fffd}b\u{fffd}[31m\u{fffd}c");
        assert_eq!(printable(&"x".repeat(300)).chars().count(), 201);
        assert_eq!(printable("Grüße"), "Grüße");
    }
}
