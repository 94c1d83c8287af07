//! What an admin sets for Microsoft.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::kinds::form::{directory, field, put};
use crate::kinds::oidc::{SCOPES, sound, with_fields};
use crate::{Field, FieldError, FieldShape};

pub const AUTHORITY: &str = "https://login.microsoftonline.com";
/// The directory of personal accounts.
pub const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
/// Not one directory, but many.
pub const MANY: [&str; 3] = ["organizations", "common", "consumers"];

pub const FIELDS: &[Field] = &[
    field("tenant", "Directory (tenant) ID", FieldShape::Text)
        .help("From the overview of the app registration. For several directories: organizations, common or consumers.")
        .required(),
    field("tenants", "Allowed directories", FieldShape::Words)
        .help("With organizations or common: the IDs of the directories whose people may come."),
    field("client_id", "Application (client) ID", FieldShape::Text).required(),
    field("client_secret", "Client secret", FieldShape::Text)
        .help("The value of the secret, not its ID.")
        .secret()
        .required(),
    SCOPES,
    field("authority", "Cloud", FieldShape::Url)
        .help("Only for national clouds, such as https://login.microsoftonline.us. Empty: the public cloud."),
];

pub fn settings_from_form(previous: Option<&Value>, form: &BTreeMap<String, String>) -> Result<Value, Vec<FieldError>> {
    let mut settings = with_fields(FIELDS, previous, form)?;
    let typed = settings.get("tenant").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let many = MANY.contains(&typed.as_str());
    let tenant = if many { Ok(typed) } else { directory(&typed) };
    let tenant = tenant.map_err(|problem| vec![FieldError { field: "tenant", problem }])?;
    let listed = settings.get("tenants").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if matches!(tenant.as_str(), "organizations" | "common") && !listed {
        let problem = "list the IDs of the directories whose people may come".to_owned();
        return Err(vec![FieldError { field: "tenants", problem }]);
    }
    let authority = settings.get("authority").and_then(Value::as_str).unwrap_or(AUTHORITY);
    let base = format!("{}/{tenant}", authority.trim_end_matches('/'));
    let issuer = format!("{base}/v2.0");
    if previous.and_then(|previous| previous.get("issuer")).and_then(Value::as_str) != Some(issuer.as_str()) {
        put(&mut settings, "endpoints", if many { endpoints(&base) } else { Value::Null });
    }
    put(&mut settings, "tenant", tenant.into());
    put(&mut settings, "issuer", issuer.into());
    put(&mut settings, "client_auth", "post".into());
    sound(settings)
}

/// The metadata of many directories name no issuer that could be discovered.
fn endpoints(base: &str) -> Value {
    json!({
        "authorization": format!("{base}/oauth2/v2.0/authorize"),
        "token": format!("{base}/oauth2/v2.0/token"),
        "jwks": format!("{base}/discovery/v2.0/keys"),
        "end_session": format!("{base}/oauth2/v2.0/logout"),
    })
}
