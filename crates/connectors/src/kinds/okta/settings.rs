//! What an admin sets for Okta.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::kinds::form::field;
use crate::kinds::oidc::{SCOPES, sound, with_fields};
use crate::{Field, FieldError, FieldShape};

pub const FIELDS: &[Field] = &[
    field("issuer", "Issuer", FieldShape::Url)
        .help("Your Okta address, such as https://corp.okta.com, or that of an authorization server below it.")
        .required(),
    field("client_id", "Client ID", FieldShape::Text).required(),
    field("client_secret", "Client secret", FieldShape::Text).secret().required(),
    SCOPES,
];

pub fn settings_from_form(previous: Option<&Value>, form: &BTreeMap<String, String>) -> Result<Value, Vec<FieldError>> {
    let settings = with_fields(FIELDS, previous, form)?;
    sound(settings)
}
