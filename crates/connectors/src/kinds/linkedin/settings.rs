//! What an admin sets for `LinkedIn`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::kinds::form::{field, fill, put};
use crate::kinds::oauth2::sound;
use crate::{Field, FieldError, FieldShape};

pub const FIELDS: &[Field] = &[
    field("client_id", "Client ID", FieldShape::Text)
        .help("Of an app with the product \u{201c}Sign In with LinkedIn using OpenID Connect\u{201d}.")
        .required(),
    field("client_secret", "Primary client secret", FieldShape::Text).secret().required(),
];

pub fn settings_from_form(previous: Option<&Value>, form: &BTreeMap<String, String>) -> Result<Value, Vec<FieldError>> {
    let mut settings = Value::Object(fill(FIELDS, previous, form)?);
    put(&mut settings, "authorization_url", "https://www.linkedin.com/oauth/v2/authorization".into());
    put(&mut settings, "token_url", "https://www.linkedin.com/oauth/v2/accessToken".into());
    put(&mut settings, "userinfo_url", "https://api.linkedin.com/v2/userinfo".into());
    put(&mut settings, "scopes", json!(["openid", "profile", "email"]));
    put(&mut settings, "subject_claim", "sub".into());
    // PKCE is for its native apps only, at other addresses.
    put(&mut settings, "pkce", "off".into());
    sound(settings)
}
