//! What an admin sets for `GitHub`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::kinds::form::{field, fill, put};
use crate::kinds::oauth2::sound;
use crate::{Field, FieldError, FieldShape};

pub const FIELDS: &[Field] = &[
    field("client_id", "Client ID", FieldShape::Text).help("Of an OAuth app.").required(),
    field("client_secret", "Client secret", FieldShape::Text).secret().required(),
    field("server", "Server", FieldShape::Url)
        .help("Only for GitHub Enterprise Server, such as https://github.corp.example. Empty: github.com."),
];

pub fn settings_from_form(previous: Option<&Value>, form: &BTreeMap<String, String>) -> Result<Value, Vec<FieldError>> {
    let mut settings = Value::Object(fill(FIELDS, previous, form)?);
    let own = settings.get("server").and_then(Value::as_str).map(|server| server.trim_end_matches('/').to_owned());
    let (site, api) = match own {
        Some(server) => (server.clone(), format!("{server}/api/v3")),
        None => ("https://github.com".to_owned(), "https://api.github.com".to_owned()),
    };
    put(&mut settings, "authorization_url", format!("{site}/login/oauth/authorize").into());
    put(&mut settings, "token_url", format!("{site}/login/oauth/access_token").into());
    put(&mut settings, "userinfo_url", format!("{api}/user").into());
    put(&mut settings, "addresses_url", format!("{api}/user/emails").into());
    put(&mut settings, "scopes", json!(["read:user", "user:email"]));
    put(&mut settings, "subject_claim", "id".into());
    sound(settings)
}
