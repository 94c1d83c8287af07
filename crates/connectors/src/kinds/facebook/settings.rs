//! What an admin sets for Facebook.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::kinds::form::{field, fill, put};
use crate::kinds::oauth2::sound;
use crate::{Field, FieldError, FieldShape};

/// The version of the Graph API that the answers are read by.
const GRAPH: &str = "v21.0";

pub const FIELDS: &[Field] = &[
    field("client_id", "App ID", FieldShape::Text).required(),
    field("client_secret", "App secret", FieldShape::Text).secret().required(),
];

pub fn settings_from_form(previous: Option<&Value>, form: &BTreeMap<String, String>) -> Result<Value, Vec<FieldError>> {
    let mut settings = Value::Object(fill(FIELDS, previous, form)?);
    put(&mut settings, "authorization_url", format!("https://www.facebook.com/{GRAPH}/dialog/oauth").into());
    put(&mut settings, "token_url", format!("https://graph.facebook.com/{GRAPH}/oauth/access_token").into());
    put(
        &mut settings,
        "userinfo_url",
        format!("https://graph.facebook.com/{GRAPH}/me?fields=id,name,first_name,last_name,email,picture").into(),
    );
    put(&mut settings, "scopes", json!(["public_profile", "email"]));
    put(&mut settings, "subject_claim", "id".into());
    sound(settings)
}
