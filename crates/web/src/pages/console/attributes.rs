//! The schema of local attributes: list, new, one attribute, deletion.

use askama::Template;
use usher_domain::AttributeName;

use super::Shell;
use crate::forms::FormErrors;
use crate::pages::Link;
use crate::pages::paths::{self, routes};

/// One attribute in the list.
#[derive(Debug, Clone)]
pub struct SchemaRow {
    pub name: AttributeName,
    pub label: String,
    pub unique: bool,
    /// Who may write it, in words.
    pub writers: String,
    pub built_in: bool,
}

impl SchemaRow {
    fn href(&self) -> String {
        paths::attribute(routes::ATTRIBUTE, &self.name)
    }
}

/// The list.
#[derive(Debug, Template)]
#[template(path = "console/attributes/list.html")]
pub struct AttributesPage {
    pub shell: Shell,
    pub rows: Vec<SchemaRow>,
}

/// Fields of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemaForm {
    pub name: String,
    pub label: String,
    pub unique: bool,
    /// `connections_and_admins`, `person_too` or `admins_only`.
    pub writers: String,
    pub version: i64,
}

/// Two or more accounts with one value.
#[derive(Debug, Clone)]
pub struct ClashRow {
    /// Masked.
    pub value: String,
    pub accounts: Vec<Link>,
}

/// New attribute, or one that exists.
#[derive(Debug, Template)]
#[template(path = "console/attributes/attribute.html")]
pub struct AttributePage {
    pub shell: Shell,
    /// The attribute; absent: a new one.
    pub name: Option<AttributeName>,
    pub built_in: bool,
    pub form: SchemaForm,
    /// What stands in the way of uniqueness.
    pub clashes: Vec<ClashRow>,
    pub errors: FormErrors,
}

impl AttributePage {
    fn action(&self) -> String {
        match &self.name {
            Some(name) => paths::attribute(routes::ATTRIBUTE, name),
            None => routes::NEW_ATTRIBUTE.to_owned(),
        }
    }

    fn delete_href(&self) -> Option<String> {
        let name = self.name.as_ref().filter(|_| !self.built_in)?;
        Some(paths::attribute(routes::ATTRIBUTE_DELETE, name))
    }

    fn is_email(&self) -> bool {
        self.name.as_ref().is_some_and(|name| *name == AttributeName::email())
    }
}

/// "Delete this attribute?"
#[derive(Debug, Template)]
#[template(path = "console/attributes/delete.html")]
pub struct AttributeDeletePage {
    pub shell: Shell,
    pub name: AttributeName,
    pub label: String,
    pub errors: FormErrors,
}

impl AttributeDeletePage {
    fn at(&self, route: &str) -> String {
        paths::attribute(route, &self.name)
    }
}
