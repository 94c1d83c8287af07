//! The explanation of a decision: every rule, every candidate, and why; personal values masked.
//!
//! It is stored with the link and shown in the trace, so nothing in it may be a value in the clear.

use std::fmt;

use serde::{Deserialize, Serialize};
use usher_domain::{AttributeName, LocalAttribute, NoMatch, OnFailure, RefusalCode, UserId};

use crate::groups::{GroupChanges, GroupNote};
use crate::linking::MatchRefusal;
use crate::mapping::MappingNote;
use crate::outcome::{Outcome, ProofReason};
use crate::sync::{AttributeChange, ChangeKind, KeptNote};

/// How many accounts a rule found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// None.
    #[default]
    Nobody,
    /// One.
    One,
    /// More than one.
    Several,
}

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
    /// No rules are set, so the e-mail address is compared.
    AddressCompared,
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
        /// What admins call it.
        #[serde(default)]
        label: String,
        /// The compared value, masked.
        value: String,
        /// Whether it is an address, which somebody must vouch for.
        #[serde(default)]
        address: bool,
        /// Whether the provider vouches for it, where that matters.
        vouched: bool,
        /// How many accounts hold it.
        #[serde(default)]
        found: Found,
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
    /// The person proved to own the account.
    Proved,
    /// An admin made the link, without a sign-in.
    ByHand,
    /// The person made the link, signed in on both sides.
    ByPerson,
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
    /// A group is joined or left, or was looked at.
    Group(GroupNote),
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

    /// Adds what happens to the account's groups.
    pub fn add_groups(&mut self, changes: &GroupChanges) {
        self.reasons.extend(changes.notes.iter().cloned().map(Reason::Group));
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
                let (claim, problem) = (shown(&note.claim), note.problem.as_str());
                write!(f, "Claim {claim} is not used for {}: {problem}", note.attribute)
            }
            Self::LinkFound { user } => write!(f, "Linked to account {user}"),
            Self::NoLink => f.write_str("Not linked to an account yet"),
            Self::LinkedAccountDisabled => f.write_str("The linked account is disabled"),
            Self::ByPerson => f.write_str("Linked by the person, on the account page"),
            Self::ByHand => f.write_str("Linked by an admin, by hand"),
            Self::JitOff => f.write_str("Just-in-time provisioning is off: nothing is stored"),
            Self::LinkingOff => f.write_str("Local account linking is off"),
            Self::AddressCompared => f.write_str("No linking rules are set: the e-mail address is compared"),
            Self::NoMatch { then: NoMatch::Create } => f.write_str("No account matches: a new one is created"),
            Self::NoMatch { then: NoMatch::Skip } => f.write_str("No account matches: provisioning is skipped"),
            Self::UniqueTaken { attribute, then } => {
                let then = match then {
                    OnFailure::Refuse => "the sign-in is refused",
                    OnFailure::ContinueUnlinked => "the sign-in goes on without it",
                };
                write!(f, "The value of {attribute} belongs to another account: {then}")
            }
            Self::SubjectHeld => f.write_str("This identity was unlinked from an account that keeps its subject"),
            Self::AccountNeeded => f.write_str("The application takes only people with a local account"),
            Self::Changed(change) => write!(f, "Attribute {} {}", change.attribute, change.kind.as_str()),
            Self::Kept(KeptNote { attribute: Some(name), because }) => {
                write!(f, "Attribute {name} kept: {}", because.as_str())
            }
            Self::Kept(KeptNote { attribute: None, because }) => write!(f, "Attributes kept: {}", because.as_str()),
            Self::Group(note) => note.fmt(f),
            Self::Concluded { outcome } => write!(f, "Result: {}", concluded(outcome)),
            linking => linking.write_linking(f),
        }
    }
}

impl Reason {
    /// The reasons about rules and candidates.
    fn write_linking(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RuleWithoutValue { rule, federated } => {
                write!(f, "{}: the provider sent no {}", rule_name(*rule), shown(federated))
            }
            Self::RuleWithSeveralValues { rule, federated } => {
                let rule = rule_name(*rule);
                write!(f, "{rule}: the provider sent several values of {}, and a rule compares one", shown(federated))
            }
            Self::RuleTried { rule, federated, local, label, value, address, vouched, found } => {
                let label = if label.is_empty() { local_name(local) } else { label };
                let vouched = match (address, vouched) {
                    (false, _) => "",
                    (true, true) => ", verified by the provider",
                    (true, false) => ", not verified by the provider",
                };
                let (rule, federated, found) = (rule_name(*rule), shown(federated), found.as_str());
                write!(f, "{rule}: {federated} equals {label} ({value}{vouched}): {found}")
            }
            Self::Candidate { rule, user, matches } => {
                let verdict = if *matches { "holds the value" } else { "does not hold the value" };
                write!(f, "{}: account {user} {verdict}", rule_name(*rule))
            }
            Self::Ambiguous { rule } => {
                write!(f, "{}: nobody is linked, because the rule does not tell whom", rule_name(*rule))
            }
            Self::MatchRefused { rule, refusal } => {
                write!(f, "{}: the match may not stand, because {}", rule_name(*rule), refusal.as_str())
            }
            Self::ProofAsked { reason } => write!(f, "A proof of ownership is asked, because {}", reason.as_str()),
            Self::Proved => f.write_str("The person proved to own the account"),
            _ => Ok(()),
        }
    }
}

impl ProofReason {
    /// The reason in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnverifiedAddress => MatchRefusal::UnverifiedAddress.as_str(),
            Self::LocalValueUnverified => MatchRefusal::LocalValueUnverified.as_str(),
            Self::Administrator => MatchRefusal::Administrator.as_str(),
            Self::AlwaysAsked => "the connection always asks for it",
        }
    }
}

impl Found {
    fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "matches no account",
            Self::One => "matches one account",
            Self::Several => "matches several accounts",
        }
    }
}

/// What the tab calls a rule.
fn rule_name(index: usize) -> &'static str {
    if index == 0 { "First match rule" } else { "Fallback rule" }
}

fn concluded(outcome: &str) -> String {
    match outcome {
        "sign_in" => "sign in as the linked account".to_owned(),
        "link" => "link to the existing account".to_owned(),
        "create" => "create an account".to_owned(),
        "pass_through" => "sign in without a local account".to_owned(),
        "prove_ownership" => "ask for a proof of ownership".to_owned(),
        other => shown(other),
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

/// Masks a value that a rule compared: of a number or a name the end is told, so that an admin knows which one.
pub(crate) fn mask_compared(value: &str) -> String {
    let length = value.chars().count();
    let told = match length {
        _ if value.contains('@') => return mask(value),
        7.. => 3,
        5.. => 1,
        _ => 0,
    };
    let end: String = value.chars().skip(length.saturating_sub(told)).filter(|c| !c.is_control()).collect();
    format!("\u{2026}{end}")
}

fn initial(text: &str) -> String {
    text.chars().next().filter(|c| !c.is_control()).map(String::from).unwrap_or_default()
}
