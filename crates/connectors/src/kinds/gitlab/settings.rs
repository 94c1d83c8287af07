//! What an admin sets for GitLab.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::kinds::form::{field, put};
use crate::kinds::oidc::{SCOPES, sound, with_fields};
use crate::{Field, FieldError, FieldShape};

pub const FIELDS: &[Field] = &[
    field("issuer", "Issuer", FieldShape::Url)
        .help("Your GitLab, such as https://gitlab.corp.example. Empty: gitlab.com.")
        .starting_with("https://gitlab.com"),
    field("client_id", "Application ID", FieldShape::Text).required(),
    field("client_secret", "Secret", FieldShape::Text).secret().required(),
    SCOPES,
];

pub fn settings_from_form(previous: Option<&Value>, form: &BTreeMap<String, String>) -> Result<Value, Vec<FieldError>> {
    let mut settings = with_fields(FIELDS, previous, form)?;
    let missing = settings.get("issuer").is_none();
    if missing {
        put(&mut settings, "issuer", "https://gitlab.com".into());
    }
    sound(settings)
}
