//! Small builders: identities, accounts and settings of the tests.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, TimeZone, Utc};
use serde_json::Value;
use usher_domain::{
    AccountState, AttributeBag, AttributeDefinition, AttributeMapping, AttributeName, AttributeSchema, AttributeSource,
    AttributeValue, Connection, ConnectionId, ExternalIdentity, ExternalKey, LinkRule, LinkingSettings, LocalAttribute,
    ProvisioningSettings, Uniqueness, UserId, UserName, Verification, Writers,
};

use crate::{Candidate, Decision, Facts, LocalAccount, Presented, decide, map};

pub fn at(seconds: i64) -> DateTime<Utc> {
    Utc.timestamp_opt(1_800_000_000, 0).unwrap() + Duration::seconds(seconds)
}

pub fn acme() -> ConnectionId {
    ConnectionId::parse("acme").unwrap()
}

/// The connection Acme with every setting at its default, just-in-time provisioning on.
pub fn acme_connection() -> Connection {
    let settings = serde_json::json!({
        "id": "acme", "kind": "oidc", "name": "Acme", "script_name": "acme", "enabled": true, "settings": {},
        "provisioning": {"enabled": true}
    });
    serde_json::from_value(settings).unwrap()
}

pub fn name(text: &str) -> AttributeName {
    AttributeName::parse(text).unwrap()
}

/// An identity of Acme; `email_verified` as the connector would read it.
pub fn identity(claims: impl Into<Value>) -> ExternalIdentity {
    let claims = claims.into().as_object().cloned().unwrap();
    ExternalIdentity {
        key: ExternalKey { connection: acme(), issuer: "https://id.acme.test".to_owned(), subject: "42".to_owned() },
        email_verified: claims.get("email_verified") == Some(&Value::Bool(true)),
        claims,
        auth_time: None,
        acr: None,
        amr: Vec::new(),
    }
}

/// Ann with a verified address.
pub fn ann() -> ExternalIdentity {
    identity(serde_json::json!({
        "given_name": "Ann", "family_name": "Lee", "email": "ann@corp.test", "email_verified": true, "employee": "7"
    }))
}

/// Ann with an address that nobody vouches for.
pub fn unverified_ann() -> ExternalIdentity {
    identity(serde_json::json!({"given_name": "Ann", "email": "ann@corp.test", "email_verified": "true"}))
}

pub fn row(claim: &str, attribute: &str) -> AttributeMapping {
    AttributeMapping { claim: claim.to_owned(), attribute: name(attribute), default: None }
}

pub fn value(texts: &[&str], source: AttributeSource, verified: Verification) -> AttributeValue {
    AttributeValue { values: texts.iter().map(ToString::to_string).collect(), source, verified, at: at(-1000) }
}

pub fn admin() -> AttributeSource {
    AttributeSource::Admin(UserId::parse("u_root").unwrap())
}

pub fn bag<const N: usize>(entries: [(&str, AttributeValue); N]) -> AttributeBag {
    entries.into_iter().map(|(text, value)| (name(text), value)).collect()
}

/// An account with a verified `ann@corp.test`, made by an admin.
pub fn account(user: &str) -> LocalAccount {
    LocalAccount {
        user: UserId::parse(user).unwrap(),
        username: UserName::parse(user.trim_start_matches("u_")).unwrap(),
        state: AccountState::Active,
        attributes: bag([("email", value(&["ann@corp.test"], admin(), Verification::ByPerson))]),
        created_by: admin(),
    }
}

pub fn candidate(user: &str) -> Candidate {
    Candidate { account: account(user), linked_elsewhere: false }
}

/// `employee` is unique, `badge` is protected.
pub fn schema() -> AttributeSchema {
    let defined = |attribute: &str, label: &str, uniqueness, writers| AttributeDefinition {
        name: name(attribute),
        label: label.to_owned(),
        uniqueness,
        writers,
    };
    AttributeSchema::with([
        defined("employee", "Employee number", Uniqueness::Unique, Writers::default()),
        defined("badge", "Badge", Uniqueness::Free, Writers::AdminsOnly),
    ])
}

pub fn user(text: &str) -> UserId {
    UserId::parse(text).unwrap()
}

/// One unique attribute, held by one account.
pub fn held_by(attribute: &str, holder: &str) -> BTreeMap<AttributeName, BTreeSet<UserId>> {
    BTreeMap::from([(name(attribute), BTreeSet::from([user(holder)]))])
}

pub fn facts() -> Facts {
    Facts { schema: schema(), ..Facts::new("p_42".to_owned(), "7f3k92qx".to_owned(), at(0)) }
}

pub fn facts_with(candidates: Vec<Vec<Candidate>>) -> Facts {
    Facts { candidates, ..facts() }
}

pub fn linked_to(account: LocalAccount) -> Facts {
    Facts { link: Some(account), ..facts() }
}

pub fn jit() -> ProvisioningSettings {
    ProvisioningSettings::default()
}

pub fn linking(rules: Vec<LinkRule>) -> ProvisioningSettings {
    ProvisioningSettings { linking: Some(LinkingSettings { rules, ..LinkingSettings::default() }), ..jit() }
}

pub fn rule(federated: &str, local: &str) -> LinkRule {
    let local = match local {
        "username" => LocalAttribute::Username,
        other => LocalAttribute::Attribute(name(other)),
    };
    LinkRule { federated: federated.to_owned(), local }
}

pub fn decided(identity: &ExternalIdentity, settings: &ProvisioningSettings, facts: &Facts) -> Decision {
    let mapped = map(identity, &[]);
    decide(&Presented { identity, mapped: &mapped }, settings, facts)
}
