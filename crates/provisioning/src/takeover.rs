//! What a connection could take over today: which accounts an identity of it would reach under the present settings.
//!
//! The answer comes from the code that decides. For each rule an identity is imagined that the provider could send, with the
//! account's own value in the claim of the rule, and decided upon.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value;
use usher_domain::{
    AttributeName, AttributeSchema, Claims, Connection, EmailAddress, ExternalIdentity, ExternalKey, LinkRule,
    LocalAttribute,
};

use crate::decide::decide;
use crate::explanation::mask_compared;
use crate::facts::{Candidate, Facts, LocalAccount, Presented};
use crate::linking::rules_of;
use crate::mapping::MappedAttributes;
use crate::outcome::{Outcome, ProofReason};

/// Whether the account holds a console role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminAccount {
    /// Yes.
    Yes,
    /// No.
    No,
}

/// What the answer rests on.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The connection with its present settings.
    pub connection: &'a Connection,
    /// What admins call the attributes.
    pub schema: &'a AttributeSchema,
    /// Whether the connection may mark addresses of a domain (in lower case) as verified.
    pub may_assert: &'a dyn Fn(&str) -> bool,
}

/// How an account could be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// The rule, from 0.
    pub rule: usize,
    /// The claim that would have to hold the account's value.
    pub federated: String,
    /// What admins call the local attribute.
    pub label: String,
    /// The account's value, masked.
    pub value: String,
    /// The proof that would be asked for first; absent: the account is linked at once.
    pub needs: Option<ProofReason>,
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} equals {} ({}): ", self.federated, self.label, self.value)?;
        match self.needs {
            None => f.write_str("linked at once"),
            Some(reason) => write!(f, "linked after a proof of ownership, because {}", reason.as_str()),
        }
    }
}

/// The easiest way in which an identity of the connection could reach the account; none: no way.
pub fn at_risk(candidate: &Candidate, admin: AdminAccount, ground: &Ground<'_>) -> Option<Risk> {
    let provisioning = &ground.connection.provisioning;
    let linking = provisioning.linking.as_ref().filter(|_| provisioning.enabled)?;
    let rules = rules_of(linking);
    let mut facts = Facts::new(String::new(), String::new(), DateTime::<Utc>::UNIX_EPOCH);
    facts.schema = ground.schema.clone();
    for rule in 0..rules.len() {
        facts.put(rule, candidate.clone());
    }
    if admin == AdminAccount::Yes {
        facts.admins.insert(candidate.account.user.clone());
    }
    let mut risks = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        for value in values_of(&candidate.account, &rule.local) {
            risks.extend(risk(ground, &facts, (index, rule), &value));
        }
    }
    // The first of the easiest: what needs no proof before what needs one.
    risks.into_iter().min_by_key(|risk| risk.needs.is_some())
}

/// The values by which a rule could find the account. An empty one finds nobody.
fn values_of(account: &LocalAccount, local: &LocalAttribute) -> Vec<String> {
    let held = match local {
        LocalAttribute::Username => vec![account.username.as_str().to_owned()],
        LocalAttribute::Attribute(name) => {
            account.attributes.get(name).map(|held| held.values.clone()).unwrap_or_default()
        }
    };
    held.into_iter().filter(|value| !value.is_empty()).collect()
}

fn risk(ground: &Ground<'_>, facts: &Facts, (index, rule): (usize, &LinkRule), value: &str) -> Option<Risk> {
    let identity = imagined(ground, rule, value);
    let mapped = MappedAttributes::default();
    let presented = Presented { identity: &identity, mapped: &mapped };
    let needs = match decide(&presented, &ground.connection.provisioning, facts).outcome {
        Outcome::Link { .. } => None,
        Outcome::ProveOwnership { reason, .. } => Some(reason),
        _ => return None,
    };
    let label = match &rule.local {
        LocalAttribute::Username => "User name",
        LocalAttribute::Attribute(name) => ground.schema.label(name),
    };
    Some(Risk {
        rule: index,
        federated: rule.federated.clone(),
        label: label.to_owned(),
        value: mask_compared(value),
        needs,
    })
}

/// The strongest identity that the provider could send: the value in the claim of the rule, an address also as the verified
/// one where the connection may say so.
fn imagined(ground: &Ground<'_>, rule: &LinkRule, value: &str) -> ExternalIdentity {
    let domain = EmailAddress::parse(value).ok();
    let email_verified = domain.is_none_or(|address| (ground.may_assert)(address.domain()));
    let mut claims = Claims::new();
    claims.insert(AttributeName::email().as_str().to_owned(), Value::from(value));
    claims.insert(rule.federated.clone(), Value::from(value));
    ExternalIdentity {
        key: ExternalKey { connection: ground.connection.id.clone(), issuer: String::new(), subject: String::new() },
        claims,
        email_verified,
        auth_time: None,
        acr: None,
        amr: Vec::new(),
    }
}
