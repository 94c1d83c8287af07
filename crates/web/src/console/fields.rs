//! The fields of a posted form or of an address, by name. Decides nothing about their meaning.

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::forms::VERSION_FIELD;

/// What was typed; the first value of each name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Reads a form. None with a NUL character in it: no browser types one, and databases choke on it.
    pub fn read(pairs: Vec<(String, String)>) -> Option<Self> {
        let mut fields = BTreeMap::new();
        for (name, value) in pairs {
            if name.contains('\0') || value.contains('\0') {
                return None;
            }
            fields.entry(name).or_insert(value);
        }
        Some(Self(fields))
    }

    /// A field as it was typed; empty where it is absent.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The same, to keep.
    pub fn owned(&self, name: &str) -> String {
        self.text(name).to_owned()
    }

    /// Whether the form had the field at all.
    pub fn holds(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// What follows a prefix in the names of fields.
    pub fn names_after<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.keys().filter_map(move |name| name.strip_prefix(prefix))
    }

    /// Whether a box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.text(name) == "on"
    }

    /// One of several by its stable text; `otherwise` where the form names none of them.
    pub fn one_of<T: DeserializeOwned>(&self, name: &str, otherwise: T) -> T {
        serde_json::from_value(self.text(name).into()).unwrap_or(otherwise)
    }

    /// The revision that the form was made from; absent or not a number: one that never matches.
    pub fn version(&self) -> i64 {
        self.text(VERSION_FIELD).parse().unwrap_or(-1)
    }
}

/// The fields of an address. One that no page of ours makes (a NUL in it) asks for nothing.
impl<S: Sync> FromRequestParts<S> for Fields {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self::read(form_urlencoded::parse(query.as_bytes()).into_owned().collect()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;

    fn read(pairs: &[(&str, &str)]) -> Option<Fields> {
        Fields::read(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn absent_fields_are_empty_and_the_first_value_counts() {
        let fields = read(&[("name", "Acme"), ("name", "Evil"), ("shown", "on"), ("version", "7")]).unwrap();
        assert_eq!((fields.text("name"), fields.text("other")), ("Acme", ""));
        assert!(fields.ticked("shown") && !fields.ticked("jit_enabled"));
        assert_eq!((fields.version(), Fields::default().version()), (7, -1));
    }

    #[test]
    fn nul_characters_are_refused() {
        assert_eq!(read(&[("name", "Ac\0me")]), None);
    }
}
