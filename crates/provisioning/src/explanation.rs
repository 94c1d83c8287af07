//! The explanation of a decision: every rule, every candidate, and why; personal values masked.
//!
//! It is stored with the link and shown in the trace, so nothing in it may be a value in the clear.

use std::fmt;

use serde::{Deserialize, Serialize};
use usher_domain::{AttributeName, LocalAttribute, NoMatch, OnFailure, RefusalCode, UserId};

use crate::linking::MatchRefusal;
use crate::mapping::MappingNote;
use crate::outcome::{Outcome, ProofReason};
use crate::sync::{AttributeChange, ChangeKind, KeptNote};

/// One reason, in the order in which they were met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Reason {
    /// A claim did not become an attribute.
    NotMapped(MappingNote),
    /// The identity is linked to an account.
    LinkFound {
        /// The account.
        user: UserId,
    },
    /// The identity is linked to nobody.
    NoLink,
    /// The linked account is disabled.
    LinkedAccountDisabled,
    /// JIT provisioning is off.
    JitOff,
    /// Linking is off.
    LinkingOff,
    /// The provider sent nothing that the rule could compare.
    RuleWithoutValue {
        /// The rule, from 0.
        rule: usize,
        /// The claim.
        federated: String,
    },
    /// The provider sent several values, and the rule compares one.
    RuleWithSeveralValues {
        /// The rule, from 0.
        rule: usize,
        /// The claim.
        federated: String,
    },
    /// A rule was tried.
    RuleTried {
        /// The rule, from 0.
        rule: usize,
        /// The claim.
        federated: String,
        /// The local attribute.
        local: LocalAttribute,
        /// The compared value, masked.
        value: String,
        /// Whether the provider vouches for it, where that matters.
        vouched: bool,
    },
    /// An account was looked at.
    Candidate {
        /// The rule, from 0.
        rule: usize,
        /// The account.
        user: UserId,
        /// Whether it holds the value.
        matches: bool,
    },
    /// Several accounts match.
    Ambiguous {
        /// The rule, from 0.
        rule: usize,
    },
    /// One account matches, but the match may not stand.
    MatchRefused {
        /// The rule, from 0.
        rule: usize,
        /// Why.
        refusal: MatchRefusal,
    },
    /// The person is asked for a proof.
    ProofAsked {
        /// Why.
        reason: ProofReason,
    },
    /// No rule found an account.
    NoMatch {
        /// What the connection does then.
        then: NoMatch,
    },
    /// A unique attribute is taken by another account.
    UniqueTaken {
        /// Which.
        attribute: AttributeName,
        /// What the connection does then.
        then: OnFailure,
    },
    /// An account holds the public subject of this identity, but the identity is not linked to it any more.
    SubjectHeld,
    /// The application takes only people with a local account.
    AccountNeeded,
    /// An attribute changes.
    Changed(AttributeChange),
    /// An attribute is kept on purpose.
    Kept(KeptNote),
    /// How it ends.
    Concluded {
        /// In one stable word.
        outcome: String,
    },
}

/// Every reason for an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Revision of the connection's settings.
    pub settings_revision: i64,
    /// In the order in which they were met.
    pub reasons: Vec<Reason>,
}

impl Explanation {
    /// An empty explanation.
    pub(crate) fn new(settings_revision: i64) -> Self {
        Self { settings_revision, reasons: Vec::new() }
    }

    pub(crate) fn push(&mut self, reason: Reason) {
        self.reasons.push(reason);
    }

    /// One line per reason, fit for a trace.
    pub fn lines(&self) -> Vec<String> {
        self.reasons.iter().map(ToString::to_string).collect()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMapped(note) => {
                write!(f, "claim {} not used for {}: {}", shown(&note.claim), note.attribute, note.problem.as_str())
            }
            Self::LinkFound { user } => write!(f, "linked to {user}"),
            Self::NoLink => f.write_str("not linked to an account"),
            Self::LinkedAccountDisabled => f.write_str("the linked account is disabled"),
            Self::JitOff => f.write_str("just-in-time provisioning is off: nothing is stored"),
            Self::LinkingOff => f.write_str("linking to existing accounts is off"),
            Self::NoMatch { then: NoMatch::Create } => f.write_str("no account matches: create one"),
            Self::NoMatch { then: NoMatch::Skip } => f.write_str("no account matches: provisioning is skipped"),
            Self::UniqueTaken { attribute, then } => {
                let then = match then {
                    OnFailure::Refuse => "refused",
                    OnFailure::ContinueUnlinked => "going on without it",
                };
                write!(f, "{attribute} belongs to another account: {then}")
            }
            Self::SubjectHeld => f.write_str("the identity was unlinked from an account that keeps its subject"),
            Self::AccountNeeded => f.write_str("the application needs a local account"),
            Self::Changed(change) => write!(f, "{} {}", change.attribute, change.kind.as_str()),
            Self::Kept(KeptNote { attribute: Some(name), because }) => write!(f, "{name} kept: {}", because.as_str()),
            Self::Kept(KeptNote { attribute: None, because }) => write!(f, "attributes kept: {}", because.as_str()),
            Self::Concluded { outcome } => write!(f, "decision: {outcome}"),
            linking => linking.write_linking(f),
        }
    }
}

impl Reason {
    /// The reasons about rules and candidates.
    fn write_linking(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RuleWithoutValue { rule, federated } => {
                write!(f, "rule {}: the provider sent no {}", rule.saturating_add(1), shown(federated))
            }
            Self::RuleWithSeveralValues { rule, federated } => {
                write!(f, "rule {}: the provider sent several values of {}", rule.saturating_add(1), shown(federated))
            }
            Self::RuleTried { rule, federated, local, value, vouched } => {
                let rule = rule.saturating_add(1);
                let vouched = if *vouched { "vouched for" } else { "not vouched for" };
                write!(f, "rule {rule}: {} = {} is {value}, {vouched}", shown(federated), local_name(local))
            }
            Self::Candidate { rule, user, matches } => {
                let verdict = if *matches { "matches" } else { "does not hold the value" };
                write!(f, "rule {}: {user} {verdict}", rule.saturating_add(1))
            }
            Self::Ambiguous { rule } => write!(f, "rule {}: several accounts match", rule.saturating_add(1)),
            Self::MatchRefused { rule, refusal } => {
                write!(f, "rule {}: match refused, {}", rule.saturating_add(1), refusal.as_str())
            }
            Self::ProofAsked { reason } => {
                let why = match reason {
                    ProofReason::UnverifiedAddress => "the address is not vouched for",
                    ProofReason::LocalValueUnverified => "the account's value is not vouched for",
                    ProofReason::AlwaysAsked => "the connection always asks",
                };
                write!(f, "proof of ownership asked: {why}")
            }
            _ => Ok(()),
        }
    }
}

impl ChangeKind {
    /// The change in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Replaced => "replaced",
            Self::Removed => "removed",
            Self::VerificationChanged => "verification changed",
        }
    }
}

/// The stable word of an outcome.
pub(crate) fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::SignIn { .. } => "sign_in".to_owned(),
        Outcome::Link { .. } => "link".to_owned(),
        Outcome::Create(_) => "create".to_owned(),
        Outcome::PassThrough { .. } => "pass_through".to_owned(),
        Outcome::ProveOwnership { .. } => "prove_ownership".to_owned(),
        Outcome::Refuse { code } => refusal_word(*code),
    }
}

fn refusal_word(code: RefusalCode) -> String {
    format!("refuse {code}")
}

fn local_name(local: &LocalAttribute) -> &str {
    match local {
        LocalAttribute::Username => "user name",
        LocalAttribute::Attribute(name) => name.as_str(),
    }
}

/// A claim's name as an admin wrote it: short, without controls.
fn shown(claim: &str) -> String {
    claim.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// Masks a personal value: `ann@corp.test` is `a***@c***.test`, `Ann` is `***`. The length stays hidden.
pub fn mask(value: &str) -> String {
    match value.rsplit_once('@') {
        Some((local, domain)) => {
            let top = domain.rsplit_once('.').map_or("", |(_, top)| top);
            format!("{}***@{}***.{}", initial(local), initial(domain), shown(top))
        }
        None if value.chars().count() > 4 => format!("{}***", initial(value)),
        None => "***".to_owned(),
    }
}

fn initial(text: &str) -> String {
    text.chars().next().filter(|c| !c.is_control()).map(String::from).unwrap_or_default()
}
