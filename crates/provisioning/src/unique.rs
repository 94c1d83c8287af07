//! Which values no two accounts may hold at once.

use std::collections::BTreeSet;

use usher_domain::{AttributeBag, AttributeName, AttributeSchema, Verification, unique_key};

use crate::mapping::{MappedAttributes, Received};

/// The unique values that an account with these attributes holds, as their keys. An address counts once somebody vouches
/// for it; whoever only typed it keeps nobody from theirs.
pub fn unique_values(attributes: &AttributeBag, schema: &AttributeSchema) -> BTreeSet<(AttributeName, String)> {
    let held = attributes.iter().map(|(name, value)| (name, value.values.as_slice(), value.verified));
    keys(held, schema)
}

/// The unique values that an account would hold if everything received were stored.
pub fn received_unique(mapped: &MappedAttributes, schema: &AttributeSchema) -> BTreeSet<(AttributeName, String)> {
    let received = mapped.values.iter().filter_map(|(name, received)| match received {
        Received::Values { values, verified } => Some((name, values.as_slice(), *verified)),
        Received::Empty | Received::Unusable => None,
    });
    keys(received, schema)
}

fn keys<'a>(
    values: impl Iterator<Item = (&'a AttributeName, &'a [String], Verification)>,
    schema: &AttributeSchema,
) -> BTreeSet<(AttributeName, String)> {
    values
        .filter(|(name, _, verified)| {
            schema.is_unique(name) && (**name != AttributeName::email() || verified.is_verified())
        })
        .flat_map(|(name, values, _)| values.iter().map(move |value| (name, value)))
        .filter_map(|(name, value)| unique_key(name, value).map(|key| (name.clone(), key)))
        .collect()
}
