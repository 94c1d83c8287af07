//! Linking rules: which existing account an identity means, and whether that match may stand.
//!
//! A match that may not stand *stops* the decision: there is no next rule and no new account, or a person
//! could choose their door (provisioning guide, section 3; LINK-01, -06, -21, -22, -28).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use usher_domain::{
    AccountState, AttributeName, AttributeSource, EmailAddress, LinkRule, LinkingSettings, LocalAttribute, LocalPart,
    ProvisioningSettings, SeveralIdentities, TrustEmail, UserName, unique_key,
};

use crate::explanation::{Explanation, Found, Reason, mask_compared};
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
    /// The account holds a console role: administrators are never linked by a rule alone.
    Administrator,
}

impl MatchRefusal {
    /// The reason in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountDisabled => "the account is disabled",
            Self::AlreadyLinked => "another identity of this connection is linked to the account",
            Self::UnverifiedAddress => "the provider does not vouch for the address",
            Self::LocalValueUnverified => "nobody vouches for the account's value",
            Self::Administrator => "the account belongs to an administrator",
        }
    }
}

/// What the broker must look up for a rule. A value that no account could hold is not looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The rule, from 0: the index into [`Facts::candidates`].
    pub rule: usize,
    /// What to look for.
    pub target: LookupFor,
}

/// Whom a rule may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupFor {
    /// The account of this name.
    Username(UserName),
    /// Every account with this address, verified or not.
    Email(EmailAddress, LocalPart),
    /// The account that holds this key of a unique attribute.
    Unique(AttributeName, String),
}

/// The outcome of trying one rule.
pub(crate) enum Tried<'a> {
    NoMatch,
    Several,
    One { candidate: &'a Candidate, refusal: Option<MatchRefusal> },
}

/// The rules of a connection: without any, the e-mail address is compared.
pub fn rules_of(linking: &LinkingSettings) -> Vec<LinkRule> {
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
            Offered::One(value) => target(local, &value, linking.local_part).map(|target| Lookup { rule, target }),
            Offered::Nothing | Offered::Several => None,
        })
        .collect()
}

fn target(local: LocalAttribute, value: &str, local_part: LocalPart) -> Option<LookupFor> {
    match local {
        LocalAttribute::Username => UserName::parse(value).ok().map(LookupFor::Username),
        LocalAttribute::Attribute(name) if name == AttributeName::email() => {
            EmailAddress::parse(value).ok().map(|address| LookupFor::Email(address, local_part))
        }
        LocalAttribute::Attribute(name) => unique_key(&name, value).map(|key| LookupFor::Unique(name, key)),
    }
}

/// What the provider offers for a rule.
enum Offered {
    Nothing,
    Several,
    One(String),
}

/// The one value of a claim, or of a mapped attribute of that name. Empty equals nothing (LINK-22), and a default of the
/// mapping is not the provider's word.
fn offered(presented: &Presented<'_>, federated: &str) -> Offered {
    let texts: Vec<String> = match claim_at(&presented.identity.claims, federated) {
        Some(serde_json::Value::Array(items)) => items.iter().filter_map(text_of).collect(),
        Some(value) => text_of(value).into_iter().collect(),
        None => presented.mapped.received(federated).to_vec(),
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

/// What a rule is tried with.
#[derive(Clone, Copy)]
pub(crate) struct Trial<'a> {
    pub(crate) presented: &'a Presented<'a>,
    pub(crate) linking: &'a LinkingSettings,
    pub(crate) trust: TrustEmail,
    pub(crate) facts: &'a Facts,
}

impl<'a> Trial<'a> {
    /// Tries one rule against its candidates.
    pub(crate) fn of(&self, index: usize, rule: &LinkRule, explanation: &mut Explanation) -> Tried<'a> {
        let federated = rule.federated.clone();
        let value = match offered(self.presented, &federated) {
            Offered::One(value) => value,
            Offered::Nothing => {
                explanation.push(Reason::RuleWithoutValue { rule: index, federated });
                return Tried::NoMatch;
            }
            Offered::Several => {
                explanation.push(Reason::RuleWithSeveralValues { rule: index, federated });
                return Tried::NoMatch;
            }
        };
        // Sorted by account, so that no order of rows changes the decision.
        let rows = self.facts.candidates.get(index).into_iter().flatten();
        let looked_at: BTreeMap<_, _> = rows.map(|row| (&row.account.user, row)).collect();
        let matching: Vec<&Candidate> = looked_at
            .values()
            .copied()
            .filter(|row| holds(&row.account, &rule.local, (&value, self.linking.local_part)))
            .collect();
        let (tried, found) = match matching.as_slice() {
            [] => (Tried::NoMatch, Found::Nobody),
            [candidate] => (Tried::One { candidate, refusal: self.judge(candidate, rule, &value) }, Found::One),
            _ => (Tried::Several, Found::Several),
        };
        explanation.push(Reason::RuleTried {
            rule: index,
            federated,
            label: label(&rule.local, self.facts),
            local: rule.local.clone(),
            value: mask_compared(&value),
            address: is_address(rule, &value),
            vouched: provider_vouches(self.presented, rule, &value),
            found,
        });
        for (user, row) in looked_at {
            let matches = matching.iter().any(|matching| matching.account.user == row.account.user);
            explanation.push(Reason::Candidate { rule: index, user: user.clone(), matches });
        }
        tried
    }

    /// Why the one match may not stand. What no proof can mend comes first.
    fn judge(&self, candidate: &Candidate, rule: &LinkRule, value: &str) -> Option<MatchRefusal> {
        let account = &candidate.account;
        let trusted = self.trust == TrustEmail::All || provider_vouches(self.presented, rule, value);
        if account.state == AccountState::Disabled {
            Some(MatchRefusal::AccountDisabled)
        } else if candidate.linked_elsewhere && self.linking.several == SeveralIdentities::Refused {
            Some(MatchRefusal::AlreadyLinked)
        } else if !trusted {
            Some(MatchRefusal::UnverifiedAddress)
        } else if !local_value_stands(account, &rule.local) {
            Some(MatchRefusal::LocalValueUnverified)
        } else if self.facts.admins.contains(&account.user) {
            Some(MatchRefusal::Administrator)
        } else {
            None
        }
    }
}

/// The local attribute as admins read it.
fn label(local: &LocalAttribute, facts: &Facts) -> String {
    match local {
        LocalAttribute::Username => "User name".to_owned(),
        LocalAttribute::Attribute(name) => facts.schema.label(name).to_owned(),
    }
}

/// Whether an address is compared. A local e-mail equals addresses only, so the value itself tells.
fn is_address(rule: &LinkRule, value: &str) -> bool {
    rule.federated == "email" || value.contains('@')
}

/// Whether the provider vouches for what is compared. Only addresses need it: an admin who compares an
/// employee number trusts the provider for it. An address in any other claim than `email` is vouched for
/// only if it is that very address.
fn provider_vouches(presented: &Presented<'_>, rule: &LinkRule, value: &str) -> bool {
    if !is_address(rule, value) {
        return true;
    }
    let email = presented.identity.claims.get("email").and_then(serde_json::Value::as_str);
    presented.identity.email_verified && email.is_some_and(|email| normal(email) == value)
}

/// Whether the account holds the value; the database's word is checked again.
fn holds(account: &LocalAccount, local: &LocalAttribute, (value, local_part): (&str, LocalPart)) -> bool {
    match local {
        LocalAttribute::Username => {
            UserName::parse(value).is_ok_and(|name| name.unique_key() == account.username.unique_key())
        }
        LocalAttribute::Attribute(name) if *name == AttributeName::email() => {
            let Ok(wanted) = EmailAddress::parse(value) else { return false };
            let held = account.attributes.get(name).into_iter().flat_map(|value| &value.values);
            held.filter_map(|text| EmailAddress::parse(text).ok()).any(|address| match local_part {
                LocalPart::Exact => address == wanted,
                LocalPart::IgnoreCase => address.as_str().eq_ignore_ascii_case(wanted.as_str()),
            })
        }
        LocalAttribute::Attribute(name) => {
            account.attributes.get(name).is_some_and(|held| held.values.iter().any(|text| text == value))
        }
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
