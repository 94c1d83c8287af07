//! What an application learns about a person: by scope, by the `claims` parameter, never more.
//!
//! Follows OIDC Core sections 5.1, 5.3, 5.4 and 5.5. Scoped claims come from the userinfo endpoint; they are in the ID token
//! only when asked for there, or for a person without a local account, whose mapped attributes exist nowhere but in
//! the grant. Attributes without a standard name come with the scope `profile`. Which attributes a person has was decided
//! by provisioning.

mod account;
mod standard;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;
use usher_domain::{AttributeBag, Claims, UserName};

pub(crate) use standard::STANDARD_CLAIMS;
pub use standard::is_reserved;

use crate::authorize::{ClaimDemand, ClaimsRequest};
use crate::scope::{Scope, Scopes};
use standard::{ADDRESS_MEMBERS, Shape, standard};

/// The person whose claims are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Person<'a> {
    /// Somebody with a local account.
    Account {
        /// Stands in for `preferred_username`.
        username: &'a UserName,
        /// Everything known.
        attributes: &'a AttributeBag,
    },
    /// Somebody without one: the mapped attributes of the provider's answer, kept with the grant.
    PassThrough(&'a Claims),
}

/// The answer of the userinfo endpoint (OIDC Core section 5.3.2).
pub fn userinfo(subject: &str, person: &Person<'_>, scopes: &Scopes, asked: &ClaimsRequest) -> Claims {
    let mut claims = select(person, |name| by_scope(scopes, name) || asked.userinfo.contains_key(name));
    claims.insert("sub".to_owned(), Value::from(subject));
    claims
}

/// The claims about the person in the ID token.
pub fn for_id_token(person: &Person<'_>, scopes: &Scopes, asked: &ClaimsRequest) -> Claims {
    let demands: &BTreeMap<String, ClaimDemand> = &asked.id_token;
    match person {
        Person::Account { .. } if demands.is_empty() => Claims::new(),
        Person::Account { .. } => select(person, |name| demands.contains_key(name)),
        Person::PassThrough(_) => select(person, |name| by_scope(scopes, name) || demands.contains_key(name)),
    }
}

fn by_scope(scopes: &Scopes, name: &str) -> bool {
    scopes.has(standard(name).map_or(Scope::Profile, |(scope, _)| scope))
}

fn select(person: &Person<'_>, wanted: impl Fn(&str) -> bool) -> Claims {
    match person {
        Person::Account { username, attributes } => account::claims(username, attributes, &wanted),
        Person::PassThrough(claims) => claims
            .iter()
            .filter(|(name, _)| !is_reserved(name) && wanted(name))
            .filter_map(|(name, value)| Some((name.clone(), shaped(name, value)?)))
            .collect(),
    }
}

/// Gives a claim of a provider the type that the standard asks for, or drops it: absent beats wrong.
fn shaped(name: &str, value: &Value) -> Option<Value> {
    match standard(name) {
        Some((_, Shape::Text)) => text(value).map(Value::from),
        // Anything but a JSON boolean vouches for nothing.
        Some((_, Shape::Verified(_))) => value.is_boolean().then(|| value.clone()),
        Some((_, Shape::Time)) => value.is_number().then(|| value.clone()),
        Some((_, Shape::Address)) => address(value),
        None => (!value.is_null()).then(|| value.clone()),
    }
}

/// A text, or the first one of a list.
fn text(value: &Value) -> Option<&str> {
    let text = match value {
        Value::String(text) => text.as_str(),
        Value::Array(values) => values.first()?.as_str()?,
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The `address` claim is an object, never a string.
fn address(value: &Value) -> Option<Value> {
    let members: Claims = match value {
        Value::Object(members) => members
            .iter()
            .filter(|(name, value)| ADDRESS_MEMBERS.contains(&name.as_str()) && value.is_string())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        Value::String(formatted) if !formatted.is_empty() => {
            Claims::from_iter([("formatted".to_owned(), Value::from(formatted.as_str()))])
        }
        _ => return None,
    };
    (!members.is_empty()).then_some(Value::Object(members))
}
