//! Claims to local attributes, by the connection's mapping or by the standard claims of OIDC Core 5.1.
//!
//! Values become lists of texts. JSON null and a missing claim are *absent*; `""` and `[]` are
//! *explicitly empty*; what has a shape that no attribute can hold is *unusable* and noted, never guessed
//! at. No separators: one text is one value. A row's default stands in for an absent claim: it is stored, but it is nobody's
//! word, so it never vouches, links or names an account.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_domain::{AttributeMapping, AttributeName, Claims, EmailAddress, ExternalIdentity, Verification};

use crate::claims::standard_claims;
use crate::protected::is_protected;

/// Most values of one attribute.
const MAX_VALUES: usize = 256;
/// Longest value, in bytes.
const MAX_VALUE_BYTES: usize = 4096;
/// Most bytes of all values together.
const MAX_TOTAL_BYTES: usize = 64 * 1024;

/// What a provider sent for one attribute. An absent one has no entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Received {
    /// One or more values.
    Values {
        /// In the order received.
        values: Vec<String>,
        /// Whether the provider vouches for them.
        verified: Verification,
    },
    /// Explicitly empty: `""` or `[]`.
    Empty,
    /// A shape or size that no attribute holds; treated as if nothing was said.
    Unusable,
}

/// Why a claim did not become an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MappingProblem {
    /// An object, or an array in an array.
    Nested,
    /// Too many values, or too long ones.
    TooLarge,
    /// Control characters.
    ControlCharacters,
    /// Not an e-mail address.
    NotAnAddress,
    /// No provider may write this attribute.
    Protected,
    /// An earlier row of the mapping fed this attribute already.
    AlreadyFed,
}

impl MappingProblem {
    /// The problem in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nested => "it is nested",
            Self::TooLarge => "it is too large",
            Self::ControlCharacters => "it holds control characters",
            Self::NotAnAddress => "it is not an e-mail address",
            Self::Protected => "no provider may write this attribute",
            Self::AlreadyFed => "an earlier row of the mapping fed it",
        }
    }
}

/// A claim that did not become an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingNote {
    /// The claim.
    pub claim: String,
    /// The attribute it would have fed.
    pub attribute: AttributeName,
    /// Why not.
    pub problem: MappingProblem,
}

/// What a provider sent, in the names of local attributes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MappedAttributes {
    /// By attribute; an absent one has no entry.
    pub values: BTreeMap<AttributeName, Received>,
    /// Those that the connection's default stands in for.
    #[serde(default)]
    pub defaults: BTreeSet<AttributeName>,
    /// What was left out and why.
    pub notes: Vec<MappingNote>,
}

impl MappedAttributes {
    /// Whether the provider said anything usable at all.
    pub fn is_silent(&self) -> bool {
        self.values.iter().all(|(name, received)| *received == Received::Unusable || self.is_default(name))
    }

    /// Whether the connection's default stands in for the attribute.
    pub fn is_default(&self, name: &AttributeName) -> bool {
        self.defaults.contains(name)
    }

    /// The values that the provider sent for an attribute; none when absent, defaulted, empty or unusable.
    pub fn received(&self, name: &str) -> &[String] {
        if self.defaults.iter().any(|attribute| attribute.as_str() == name) { &[] } else { self.values_of(name) }
    }

    /// The values of an attribute, a default included; none when absent, empty or unusable.
    pub fn values_of(&self, name: &str) -> &[String] {
        let entry = self.values.iter().find(|(attribute, _)| attribute.as_str() == name);
        match entry {
            Some((_, Received::Values { values, .. })) => values,
            _ => &[],
        }
    }

    fn note(&mut self, claim: &str, attribute: &AttributeName, problem: MappingProblem) {
        self.notes.push(MappingNote { claim: claim.to_owned(), attribute: attribute.clone(), problem });
    }
}

/// Maps an identity's claims by `mapping`; an empty one takes the standard claims as they are.
pub fn map(identity: &ExternalIdentity, mapping: &[AttributeMapping]) -> MappedAttributes {
    let mut mapped = MappedAttributes::default();
    let mut room = MAX_TOTAL_BYTES;
    if mapping.is_empty() {
        for claim in standard_claims() {
            if let Ok(attribute) = AttributeName::parse(&claim) {
                map_row(&mut mapped, identity, (&claim, &attribute), &mut room);
            }
        }
    }
    for row in mapping {
        map_row(&mut mapped, identity, (&row.claim, &row.attribute), &mut room);
    }
    for row in mapping {
        default_row(&mut mapped, row);
    }
    mapped
}

/// Stands in for a claim that was not sent. An explicitly empty claim was sent, and so was an unusable one.
fn default_row(mapped: &mut MappedAttributes, row: &AttributeMapping) {
    let Some(text) = row.default.as_deref().filter(|text| !text.is_empty()) else { return };
    let attribute = &row.attribute;
    if mapped.values.contains_key(attribute) || is_protected(attribute) {
        return;
    }
    match sound(text).and_then(|text| as_attribute(attribute, Some(vec![text]))) {
        Ok(values) => {
            let values = values.unwrap_or_default();
            mapped.values.insert(attribute.clone(), Received::Values { values, verified: Verification::Unverified });
            mapped.defaults.insert(attribute.clone());
        }
        Err(problem) => mapped.note(&row.claim, attribute, problem),
    }
}

fn map_row(
    mapped: &mut MappedAttributes,
    identity: &ExternalIdentity,
    (claim, attribute): (&str, &AttributeName),
    room: &mut usize,
) {
    let Some(value) = claim_at(&identity.claims, claim) else { return };
    if is_protected(attribute) {
        return mapped.note(claim, attribute, MappingProblem::Protected);
    }
    if mapped.values.get(attribute).is_some_and(|earlier| *earlier != Received::Unusable) {
        return mapped.note(claim, attribute, MappingProblem::AlreadyFed);
    }
    let received = match texts(value, MAX_VALUES).and_then(|values| as_attribute(attribute, values)) {
        Ok(None) => return,
        Ok(Some(values)) if values.is_empty() => Received::Empty,
        Ok(Some(values)) => {
            let size = values.iter().map(String::len).sum();
            match room.checked_sub(size) {
                Some(left) => {
                    *room = left;
                    let verified = verification(identity, claim, &values);
                    Received::Values { values, verified }
                }
                None => unusable(mapped, claim, attribute, MappingProblem::TooLarge),
            }
        }
        Err(problem) => unusable(mapped, claim, attribute, problem),
    };
    mapped.values.insert(attribute.clone(), received);
}

fn unusable(
    mapped: &mut MappedAttributes,
    claim: &str,
    attribute: &AttributeName,
    problem: MappingProblem,
) -> Received {
    mapped.note(claim, attribute, problem);
    Received::Unusable
}

/// A claim by name, or by a path through objects (`address.formatted`). A claim whose own name holds
/// dots comes first, so a path never hides it. JSON null is absent.
pub fn claim_at<'a>(claims: &'a Claims, path: &str) -> Option<&'a Value> {
    const MAX_DEPTH: usize = 8;
    let found = match claims.get(path) {
        Some(value) => Some(value),
        None if path.split('.').count() > MAX_DEPTH => None,
        None => {
            let mut names = path.split('.');
            let first = names.next().and_then(|name| claims.get(name));
            names.fold(first, |at, name| at.and_then(Value::as_object).and_then(|object| object.get(name)))
        }
    };
    found.filter(|value| !value.is_null())
}

/// The texts of a claim: `None` when absent, no texts when explicitly empty.
pub(crate) fn texts(value: &Value, most: usize) -> Result<Option<Vec<String>>, MappingProblem> {
    let items: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    };
    if items.len() > most {
        return Err(MappingProblem::TooLarge);
    }
    let mut out = Vec::with_capacity(items.len());
    let mut absent = !items.is_empty();
    for item in items {
        match item {
            Value::Null => continue,
            Value::String(text) if text.is_empty() => {}
            Value::String(text) => out.push(sound(text)?),
            Value::Bool(truth) => out.push(truth.to_string()),
            Value::Number(number) => out.push(number.to_string()),
            Value::Array(_) | Value::Object(_) => return Err(MappingProblem::Nested),
        }
        absent = false;
    }
    Ok((!absent).then_some(out))
}

/// A text that may be stored and shown: no NUL (PostgreSQL refuses it) and no other controls.
fn sound(text: &str) -> Result<String, MappingProblem> {
    if text.len() > MAX_VALUE_BYTES {
        return Err(MappingProblem::TooLarge);
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(MappingProblem::ControlCharacters);
    }
    Ok(text.to_owned())
}

/// E-mail addresses are parsed, which lowers their domain and refuses look-alikes (LINK-16).
fn as_attribute(attribute: &AttributeName, values: Option<Vec<String>>) -> Result<Option<Vec<String>>, MappingProblem> {
    match values {
        Some(values) if *attribute == AttributeName::email() => values
            .iter()
            .map(|text| EmailAddress::parse(text).map(String::from).map_err(|_| MappingProblem::NotAnAddress))
            .collect::<Result<_, _>>()
            .map(Some),
        values => Ok(values),
    }
}

/// `email_verified` speaks about the one address in the claim `email`, and about nothing else.
fn verification(identity: &ExternalIdentity, claim: &str, values: &[String]) -> Verification {
    if claim == "email" && identity.email_verified && values.len() == 1 {
        Verification::ByProvider
    } else {
        Verification::Unverified
    }
}
