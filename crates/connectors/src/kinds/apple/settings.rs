//! What an admin sets for Apple.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::kinds::form::{field, put};
use crate::kinds::oidc::{sound, with_fields};
use crate::{Field, FieldError, FieldShape};

const ISSUER: &str = "https://appleid.apple.com";

pub const FIELDS: &[Field] = &[
    field("client_id", "Services ID", FieldShape::Text).help("Such as com.example.signin; not the App ID.").required(),
    field("team_id", "Team ID", FieldShape::Text)
        .help("Ten characters, at the top right of the developer account.")
        .required(),
    field("private_key_id", "Key ID", FieldShape::Text)
        .help("Of a key that is enabled for Sign in with Apple.")
        .required(),
    field("client_secret", "Private key", FieldShape::LongText)
        .help("The content of the .p8 file.")
        .secret()
        .required(),
];

pub fn settings_from_form(previous: Option<&Value>, form: &BTreeMap<String, String>) -> Result<Value, Vec<FieldError>> {
    let mut settings = with_fields(FIELDS, previous, form)?;
    let issuer = settings.get("issuer").cloned().unwrap_or_else(|| ISSUER.into());
    put(&mut settings, "issuer", issuer);
    put(&mut settings, "client_auth", "private_key_jwt".into());
    put(&mut settings, "scopes", json!(["openid", "email", "name"]));
    // Apple writes its booleans as text at times.
    put(&mut settings, "email_verified", "string_booleans".into());
    put(&mut settings, "forward", json!([]));
    sound(settings)
}
