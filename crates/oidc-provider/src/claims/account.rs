//! Claims out of the attributes of a local account.
//!
//! Attributes are lists of texts; claims have types. `email_verified` and `phone_number_verified` come from what is known
//! about the value, `updated_at` from the latest change; an attribute of such a name is ignored.

use serde_json::Value;
use usher_domain::{AttributeBag, AttributeValue, Claims, UserName};

use super::address;
use super::standard::{ADDRESS_MEMBERS, LISTS, STANDARD_CLAIMS, Shape, is_reserved, standard};

/// The prefix of attributes that are one member of the address each (`address.locality`).
const ADDRESS_PREFIX: &str = "address.";

/// The claims of an account whose names are wanted.
pub(super) fn claims(username: &UserName, attributes: &AttributeBag, wanted: &dyn Fn(&str) -> bool) -> Claims {
    let standard_claims = STANDARD_CLAIMS
        .iter()
        .filter(|(name, _)| wanted(name))
        .filter_map(|(name, (_, shape))| Some(((*name).to_owned(), standard_claim(name, *shape, attributes)?)));
    let others = attributes
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .filter(|(name, _)| standard(name).is_none() && !name.starts_with(ADDRESS_PREFIX))
        .filter(|(name, _)| !is_reserved(name) && wanted(name))
        .filter_map(|(name, value)| Some((name.to_owned(), other_claim(name, value)?)));
    let mut claims: Claims = standard_claims.chain(others).collect();
    if wanted("preferred_username") && !claims.contains_key("preferred_username") {
        claims.insert("preferred_username".to_owned(), Value::from(username.as_str()));
    }
    claims
}

fn standard_claim(name: &str, shape: Shape, attributes: &AttributeBag) -> Option<Value> {
    match shape {
        Shape::Text => first(find(attributes, name)?).map(Value::from),
        Shape::Verified(of) => {
            let value = find(attributes, of)?;
            first(value)?;
            Some(Value::from(value.verified.is_verified()))
        }
        Shape::Time => attributes.values().map(|value| value.at.timestamp()).max().map(Value::from),
        Shape::Address => address_claim(attributes),
    }
}

/// A claim without a standard name: one value is a text, several are a list, and some names are always lists.
fn other_claim(name: &str, value: &AttributeValue) -> Option<Value> {
    match value.values.as_slice() {
        [] => None,
        [one] if !LISTS.contains(&name) => Some(Value::from(one.as_str())),
        several => Some(Value::from(several)),
    }
}

/// `address` as JSON text or plain text, with single members from `address.locality` and the like on top.
fn address_claim(attributes: &AttributeBag) -> Option<Value> {
    let whole = find(attributes, "address").and_then(first).map(|text| match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Value::Object(members),
        _ => Value::from(text),
    });
    let mut members = match whole.as_ref().and_then(address) {
        Some(Value::Object(members)) => members,
        _ => Claims::new(),
    };
    for member in ADDRESS_MEMBERS {
        if let Some(text) = find(attributes, &format!("{ADDRESS_PREFIX}{member}")).and_then(first) {
            members.insert(member.to_owned(), Value::from(text));
        }
    }
    (!members.is_empty()).then_some(Value::Object(members))
}

fn find<'a>(attributes: &'a AttributeBag, name: &str) -> Option<&'a AttributeValue> {
    attributes.iter().find(|(n, _)| n.as_str() == name).map(|(_, value)| value)
}

fn first(value: &AttributeValue) -> Option<&str> {
    value.values.first().map(String::as_str).filter(|text| !text.is_empty())
}
