//! Linking rules: which existing account an identity means, and whether that match may stand.
//!
//! A match that may not stand *stops* the decision: there is no next rule and no new account, or a person
//! could choose their door (provisioning guide, section 3; LINK-01, -06, -21, -22, -28).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use usher_domain::{
    AccountState, AttributeName, AttributeSource, EmailAddress, LinkRule, LinkingSettings, LocalAttribute,
    ProvisioningSettings, TrustEmail, UserName,
};

use crate::explanation::{Explanation, Reason, mask};
use crate::facts::{Candidate, Facts, LocalAccount, Presented};
use crate::mapping::claim_at;

/// Why a match may not stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchRefusal {
    /// The local account is disabled.
    AccountDisabled,
    /// Another external subject of the same connection is linked to the account.
    AlreadyLinked,
    /// The provider does not vouch for the compared address.
    UnverifiedAddress,
    /// Nobody vouches for the local account's value.
    LocalValueUnverified,
}

impl MatchRefusal {
    /// The reason in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountDisabled => "the account is disabled",
            Self::AlreadyLinked => "another identity of this connection is linked to the account",
            Self::UnverifiedAddress => "the provider does not vouch for the address",
            Self::LocalValueUnverified => "nobody vouches for the account's value",
        }
    }
}

/// What the broker must look up for a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The rule, from 0.
    pub rule: usize,
    /// The local attribute.
    pub local: LocalAttribute,
    /// The value it must equal; addresses with their domain in lower case.
    pub value: String,
}

/// The outcome of trying one rule.
pub(crate) enum Tried<'a> {
    NoMatch,
    Several,
    One { candidate: &'a Candidate, refusal: Option<MatchRefusal> },
}

/// The rules of a connection: without any, the e-mail address is compared.
pub(crate) fn rules_of(linking: &LinkingSettings) -> Vec<LinkRule> {
    if linking.rules.is_empty() {
        let local = LocalAttribute::Attribute(AttributeName::email());
        return vec![LinkRule { federated: "email".to_owned(), local }];
    }
    linking.rules.iter().take(2).cloned().collect()
}

/// The lookups that the rules of a connection need for this identity.
pub fn lookups(presented: &Presented<'_>, settings: &ProvisioningSettings) -> Vec<Lookup> {
    let Some(linking) = settings.linking.as_ref().filter(|_| settings.enabled) else { return Vec::new() };
    let rules = rules_of(linking).into_iter().enumerate();
    rules
        .filter_map(|(rule, LinkRule { federated, local })| match offered(presented, &federated) {
            Offered::One(value) => Some(Lookup { rule, local, value }),
            Offered::Nothing | Offered::Several => None,
        })
        .collect()
}

/// What the provider offers for a rule.
enum Offered {
    Nothing,
    Several,
    One(String),
}

/// The one value of a claim, or of a mapped attribute of that name. Empty equals nothing (LINK-22).
fn offered(presented: &Presented<'_>, federated: &str) -> Offered {
    let texts: Vec<String> = match claim_at(&presented.identity.claims, federated) {
        Some(serde_json::Value::Array(items)) => items.iter().filter_map(text_of).collect(),
        Some(value) => text_of(value).into_iter().collect(),
        None => presented.mapped.values_of(federated).to_vec(),
    };
    match texts.as_slice() {
        [] => Offered::Nothing,
        [one] => Offered::One(normal(one)),
        _ => Offered::Several,
    }
}

fn text_of(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Addresses are compared with their domain in lower case; nothing else is folded (LINK-16).
fn normal(text: &str) -> String {
    EmailAddress::parse(text).map_or_else(|_| text.to_owned(), String::from)
}

/// Tries one rule against its candidates.
pub(crate) fn try_rule<'a>(
    presented: &Presented<'_>,
    (index, rule): (usize, &LinkRule),
    trust: TrustEmail,
    facts: &'a Facts,
    explanation: &mut Explanation,
) -> Tried<'a> {
    let value = match offered(presented, &rule.federated) {
        Offered::One(value) => value,
        Offered::Nothing => {
            explanation.push(Reason::RuleWithoutValue { rule: index, federated: rule.federated.clone() });
            return Tried::NoMatch;
        }
        Offered::Several => {
            explanation.push(Reason::RuleWithSeveralValues { rule: index, federated: rule.federated.clone() });
            return Tried::NoMatch;
        }
    };
    let vouched = provider_vouches(presented, rule, &value);
    explanation.push(Reason::RuleTried {
        rule: index,
        federated: rule.federated.clone(),
        local: rule.local.clone(),
        value: mask(&value),
        vouched,
    });
    // Sorted by account, so that no order of rows changes the decision.
    let found: BTreeMap<_, _> =
        facts.candidates.get(index).into_iter().flatten().map(|c| (&c.account.user, c)).collect();
    let matching: Vec<&Candidate> = found
        .into_values()
        .filter(|candidate| {
            let matches = holds(&candidate.account, &rule.local, &value);
            let user = candidate.account.user.clone();
            explanation.push(Reason::Candidate { rule: index, user, matches });
            matches
        })
        .collect();
    match matching.as_slice() {
        [] => Tried::NoMatch,
        [candidate] => {
            let refusal = judge(candidate, rule, vouched || trust == TrustEmail::All);
            Tried::One { candidate, refusal }
        }
        _ => Tried::Several,
    }
}

/// Whether the provider vouches for what is compared. Only addresses need it: an admin who compares an
/// employee number trusts the provider for it. An address in any other claim than `email` is vouched for
/// only if it is that very address.
fn provider_vouches(presented: &Presented<'_>, rule: &LinkRule, value: &str) -> bool {
    // A local e-mail equals addresses only, so the value itself tells.
    let address = rule.federated == "email" || value.contains('@');
    if !address {
        return true;
    }
    let email = presented.identity.claims.get("email").and_then(serde_json::Value::as_str);
    presented.identity.email_verified && email.is_some_and(|email| normal(email) == value)
}

/// Whether the account holds the value; the database's word is checked again.
fn holds(account: &LocalAccount, local: &LocalAttribute, value: &str) -> bool {
    match local {
        LocalAttribute::Username => {
            UserName::parse(value).is_ok_and(|name| name.unique_key() == account.username.unique_key())
        }
        LocalAttribute::Attribute(name) if *name == AttributeName::email() => {
            let Ok(wanted) = EmailAddress::parse(value) else { return false };
            let held = account.attributes.get(name).into_iter().flat_map(|value| &value.values);
            held.filter_map(|text| EmailAddress::parse(text).ok()).any(|address| address == wanted)
        }
        LocalAttribute::Attribute(name) => {
            account.attributes.get(name).is_some_and(|held| held.values.iter().any(|text| text == value))
        }
    }
}

fn judge(candidate: &Candidate, rule: &LinkRule, trusted: bool) -> Option<MatchRefusal> {
    if candidate.account.state == AccountState::Disabled {
        Some(MatchRefusal::AccountDisabled)
    } else if candidate.linked_elsewhere {
        Some(MatchRefusal::AlreadyLinked)
    } else if !trusted {
        Some(MatchRefusal::UnverifiedAddress)
    } else if !local_value_stands(&candidate.account, &rule.local) {
        Some(MatchRefusal::LocalValueUnverified)
    } else {
        None
    }
}

/// Whether the local value was set by somebody other than a person who wanted to be found by it: an
/// e-mail must be verified; another attribute may also come from an admin or an import; a user name
/// counts when its person did not choose it.
fn local_value_stands(account: &LocalAccount, local: &LocalAttribute) -> bool {
    let ours = |source: &AttributeSource| matches!(source, AttributeSource::Admin(_) | AttributeSource::Import);
    match local {
        LocalAttribute::Username => ours(&account.created_by),
        LocalAttribute::Attribute(name) => account
            .attributes
            .get(name)
            .is_some_and(|held| held.verified.is_verified() || (*name != AttributeName::email() && ours(&held.source))),
    }
}
