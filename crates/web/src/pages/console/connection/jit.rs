//! The tab Just-in-Time Provisioning.

use askama::Template;
use chrono::{DateTime, Utc};
use usher_domain::{AttributeSync, NoMatch, OwnershipProof, TrustEmail};

use super::ConnectionHead;
use crate::forms::FormErrors;
use crate::pages::Link;
use crate::pages::console::Shell;

/// A linking rule as it stands in the form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleForm {
    /// The provider's attribute.
    pub federated: String,
    /// `username` or the name of an attribute.
    pub local: String,
}

/// What the form holds; hidden parts too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JitForm {
    pub enabled: bool,
    pub sync: AttributeSync,
    pub linking: bool,
    pub no_match: NoMatch,
    /// First match and fallback.
    pub rules: [RuleForm; 2],
    /// Whether the fallback rule is there to be filled in.
    pub fallback: bool,
    /// The control that the last button led to; empty: none.
    pub focus: &'static str,
    pub version: i64,
}

impl JitForm {
    fn skips(&self) -> bool {
        self.no_match == NoMatch::Skip
    }
}

/// What an attempt of "Try it" came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriedResult {
    pub outcome: String,
    /// The existing account that it concerns.
    pub account: Option<String>,
    /// Reasons in order.
    pub lines: Vec<String>,
    /// Attribute and value.
    pub mapped: Vec<(String, String)>,
}

/// The part "Try it".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TryIt {
    pub claims: String,
    /// The recording that was chosen; empty: none.
    pub recording: String,
    /// Id and time of the recorded sign-ins.
    pub recorded: Vec<(String, DateTime<Utc>)>,
    pub result: Option<TriedResult>,
}

/// Tab Just-in-Time Provisioning.
#[derive(Debug, Template)]
#[template(path = "console/connection/jit.html")]
pub struct ConnectionJitPage {
    pub shell: Shell,
    pub connection: ConnectionHead,
    pub form: JitForm,
    /// What a rule may compare: value and label.
    pub choices: Vec<(String, String)>,
    /// Whether it is on as stored: switching it off then asks for a tick.
    pub stored_on: bool,
    pub trust: TrustEmail,
    pub proof: OwnershipProof,
    /// Accounts that this connection made.
    pub accounts: u64,
    /// Applications that offer it and take only people with a local account.
    pub needing: Vec<Link>,
    pub try_it: TryIt,
    pub errors: FormErrors,
}

impl ConnectionJitPage {
    fn syncs(&self, value: &str) -> bool {
        let mine = match self.form.sync {
            AttributeSync::OverrideAll => "override_all",
            AttributeSync::None => "none",
            AttributeSync::PreserveLocal => "preserve_local",
        };
        mine == value
    }

    fn rule(&self, number: usize) -> &RuleForm {
        let [first, second] = &self.form.rules;
        if number == 1 { first } else { second }
    }

    /// What a rule may compare. The fallback lacks what the first rule compares, unless it was typed so.
    fn choices_of(&self, number: usize) -> Vec<&(String, String)> {
        let (first, own) = (&self.rule(1).local, &self.rule(number).local);
        self.choices.iter().filter(|(value, _)| number == 1 || value != first || value == own).collect()
    }

    fn is_chosen(&self, number: usize, value: &str) -> bool {
        self.rule(number).local == value
    }

    fn focuses(&self, control: &str) -> bool {
        self.form.focus == control
    }

    /// Label and federated attribute of every whole rule, in order; without any, the e-mail address.
    fn in_words(&self) -> Vec<(String, String)> {
        let label =
            |value: &str| self.choices.iter().find(|(choice, _)| choice == value).map(|(_, label)| label.clone());
        let whole = self.form.rules.iter().filter(|rule| !rule.federated.trim().is_empty());
        let rules: Vec<_> =
            whole.filter_map(|rule| Some((label(&rule.local)?, rule.federated.trim().to_owned()))).collect();
        if rules.is_empty() { vec![(label("email").unwrap_or_default(), "email".to_owned())] } else { rules }
    }

    fn has_no_rule(&self) -> bool {
        self.form.rules.iter().all(|rule| *rule == RuleForm::default())
    }

    fn compares_email(&self) -> bool {
        self.has_no_rule() || self.form.rules.iter().any(|rule| rule.local == "email")
    }

    /// Whether "Try it" was used: it is open then.
    fn tries(&self) -> bool {
        self.try_it.result.is_some() || self.errors.of("claims").is_some() || self.errors.of("recording").is_some()
    }

    fn trusts_all(&self) -> bool {
        self.trust == TrustEmail::All
    }

    fn never_asks(&self) -> bool {
        self.proof == OwnershipProof::Never
    }
}
