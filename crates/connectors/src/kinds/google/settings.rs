//! What an admin sets for Google.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::kinds::form::{field, put};
use crate::kinds::oidc::{SCOPES, sound, with_fields};
use crate::{Field, FieldError, FieldShape};

const ISSUER: &str = "https://accounts.google.com";

pub const FIELDS: &[Field] = &[
    field("client_id", "Client ID", FieldShape::Text).help("Ends in .apps.googleusercontent.com.").required(),
    field("client_secret", "Client secret", FieldShape::Text).secret().required(),
    field("hosted_domains", "Organisations", FieldShape::Words).help(
        "Google Workspace domains whose people may come, such as corp.example. Empty: everybody with a Google account.",
    ),
    SCOPES,
];

pub fn settings_from_form(previous: Option<&Value>, form: &BTreeMap<String, String>) -> Result<Value, Vec<FieldError>> {
    let mut settings = with_fields(FIELDS, previous, form)?;
    let issuer = settings.get("issuer").cloned().unwrap_or_else(|| ISSUER.into());
    let extra = match settings.get("hosted_domains").and_then(Value::as_array).map(Vec::as_slice) {
        Some([only]) => json!({ "hd": only }),
        Some([_, ..]) => json!({ "hd": "*" }),
        _ => json!({}),
    };
    put(&mut settings, "issuer", issuer);
    put(&mut settings, "client_auth", "post".into());
    put(&mut settings, "extra_params", extra);
    sound(settings)
}
