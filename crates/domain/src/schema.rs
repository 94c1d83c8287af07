//! The schema of local attributes: which there are, and what holds for each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AttributeName, EmailAddress};

/// Whether two accounts may hold the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Uniqueness {
    /// Yes.
    #[default]
    Free,
    /// No: the value may identify an account, and linking rules may compare it.
    Unique,
}

/// Who may change an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Writers {
    /// Connections (by their sync method) and admins.
    #[default]
    ConnectionsAndAdmins,
    /// Connections, admins, and the person on the account page.
    PersonToo,
    /// Admins only: protected from every connection.
    AdminsOnly,
}

/// A local attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeDefinition {
    /// Its name.
    pub name: AttributeName,
    /// What people read, e.g. `Employee number`.
    pub label: String,
    /// Whether two accounts may hold the same value.
    #[serde(default)]
    pub uniqueness: Uniqueness,
    /// Who may change it.
    #[serde(default)]
    pub writers: Writers,
}

/// All local attributes by name: the built-in ones, changed and completed by the admin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeSchema(BTreeMap<AttributeName, AttributeDefinition>);

/// Name and label of the built-in attributes (OIDC Core 5.1).
const BUILT_IN: [(&str, &str); 16] = [
    ("email", "Email"),
    ("name", "Full name"),
    ("given_name", "First name"),
    ("middle_name", "Middle name"),
    ("family_name", "Last name"),
    ("nickname", "Nickname"),
    ("preferred_username", "Preferred user name"),
    ("phone_number", "Phone"),
    ("picture", "Picture"),
    ("profile", "Profile page"),
    ("website", "Web site"),
    ("gender", "Gender"),
    ("birthdate", "Date of birth"),
    ("zoneinfo", "Time zone"),
    ("locale", "Language"),
    ("address", "Address"),
];

impl AttributeSchema {
    /// The built-in attributes with `changed` in place of, or beside, them. E-mail is always unique: a verified
    /// address belongs to one account.
    pub fn with(changed: impl IntoIterator<Item = AttributeDefinition>) -> Self {
        let mut all = BTreeMap::new();
        for (name, label) in BUILT_IN {
            if let Ok(name) = AttributeName::parse(name) {
                let definition = AttributeDefinition {
                    name: name.clone(),
                    label: label.to_owned(),
                    uniqueness: Uniqueness::Free,
                    writers: Writers::default(),
                };
                all.insert(name, definition);
            }
        }
        for definition in changed {
            all.insert(definition.name.clone(), definition);
        }
        if let Some(email) = all.get_mut(&AttributeName::email()) {
            email.uniqueness = Uniqueness::Unique;
        }
        Self(all)
    }

    /// One attribute; none when no admin defined it.
    pub fn get(&self, name: &AttributeName) -> Option<&AttributeDefinition> {
        self.0.get(name)
    }

    /// All attributes by name.
    pub fn all(&self) -> impl Iterator<Item = &AttributeDefinition> {
        self.0.values()
    }

    /// Whether an attribute is built in.
    pub fn is_built_in(name: &AttributeName) -> bool {
        BUILT_IN.iter().any(|(built_in, _)| *built_in == name.as_str())
    }

    /// Whether no two accounts may hold the same value.
    pub fn is_unique(&self, name: &AttributeName) -> bool {
        self.get(name).is_some_and(|definition| definition.uniqueness == Uniqueness::Unique)
    }

    /// Whether connections may not write it.
    pub fn is_protected(&self, name: &AttributeName) -> bool {
        self.get(name).is_some_and(|definition| definition.writers == Writers::AdminsOnly)
    }

    /// What people read; the name itself where nobody defined one.
    pub fn label<'a>(&'a self, name: &'a AttributeName) -> &'a str {
        self.get(name).map_or(name.as_str(), |definition| definition.label.as_str())
    }
}

/// The key under which a value of a unique attribute is unique: addresses under [`EmailAddress::unique_key`], other
/// values byte for byte (no Unicode folding, LINK-16).
pub fn unique_key(name: &AttributeName, value: &str) -> Option<String> {
    if *name == AttributeName::email() {
        return EmailAddress::parse(value).ok().map(|address| address.unique_key());
    }
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_email_is_unique_whatever_an_admin_says() {
        let email = AttributeName::email();
        let changed = AttributeDefinition {
            name: email.clone(),
            label: "Mail".to_owned(),
            uniqueness: Uniqueness::Free,
            writers: Writers::AdminsOnly,
        };
        let schema = AttributeSchema::with([changed]);
        assert!(schema.is_unique(&email) && schema.is_protected(&email));
        assert_eq!(schema.label(&email), "Mail");
        assert!(!schema.is_unique(&AttributeName::parse("employee").unwrap()));
    }

    #[test]
    fn addresses_are_keyed_as_addresses_and_the_rest_as_it_is() {
        let employee = AttributeName::parse("employee").unwrap();
        assert_eq!(unique_key(&AttributeName::email(), "ann@CORP.test").as_deref(), Some("ann@corp.test"));
        assert_eq!(unique_key(&AttributeName::email(), "nobody"), None);
        assert_eq!(unique_key(&employee, "A1").as_deref(), Some("A1"));
        assert_eq!(unique_key(&employee, ""), None);
    }
}
