//! Filled-in forms: from what an admin typed to what is stored, field by field.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::Url;
use usher_domain::{EmailAddress, IssuerUrl};
use usher_oidc_rp::RESERVED_PARAMETERS;

use crate::{Field, FieldError, FieldShape};

pub(crate) const fn field(name: &'static str, label: &'static str, shape: FieldShape) -> Field {
    Field { name, label, help: "", shape, required: false, secret: false, default: "" }
}

impl Field {
    pub(crate) const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    pub(crate) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    pub(crate) const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    pub(crate) const fn starting_with(self, default: &'static str) -> Self {
        Self { default, ..self }
    }
}

/// Checks the fields of a form one by one. What the form does not name stays as in `previous`; what is empty goes back
/// to its default.
pub(crate) fn fill(
    fields: &[Field],
    previous: Option<&Value>,
    form: &BTreeMap<String, String>,
) -> Result<Map<String, Value>, Vec<FieldError>> {
    let mut settings = previous.and_then(Value::as_object).cloned().unwrap_or_default();
    let mut errors = Vec::new();
    for field in fields.iter().filter(|field| !field.secret) {
        let Some(typed) = form.get(field.name).map(|text| text.trim()) else { continue };
        match checked(field, typed) {
            Ok(Value::Null) => drop(settings.remove(field.name)),
            Ok(value) => drop(settings.insert(field.name.to_owned(), value)),
            Err(problem) => errors.push(FieldError { field: field.name, problem }),
        }
    }
    let missing = fields.iter().filter(|field| field.required && !field.secret && !settings.contains_key(field.name));
    for field in missing {
        if !errors.iter().any(|error| error.field == field.name) {
            errors.push(FieldError { field: field.name, problem: "enter a value".to_owned() });
        }
    }
    if errors.is_empty() { Ok(settings) } else { Err(errors) }
}

/// Sets what a preset knows by itself.
pub(crate) fn put(settings: &mut Value, name: &str, value: Value) {
    if let Value::Object(settings) = settings {
        settings.insert(name.to_owned(), value);
    }
}

/// The value to store; null where the setting goes back to its default.
fn checked(field: &Field, typed: &str) -> Result<Value, String> {
    const LONGEST: usize = 4000;
    if typed.len() > LONGEST || typed.chars().any(char::is_control) {
        return Err("too long, or with characters that cannot be printed".to_owned());
    }
    if typed.is_empty() {
        return if field.required { Err("enter a value".to_owned()) } else { Ok(Value::Null) };
    }
    let words = || typed.split_whitespace();
    match (field.shape, field.name) {
        (FieldShape::Choice(options), _) => one_of(options, typed).map(Value::from),
        (FieldShape::Choices(options), _) => {
            words().map(|word| one_of(options, word)).collect::<Result<Vec<_>, _>>().map(Value::from)
        }
        (FieldShape::Words, "extra_params") => {
            words().map(fixed_parameter).collect::<Result<_, _>>().map(Value::Object)
        }
        (FieldShape::Words, "hosted_domains") => words().map(domain).collect::<Result<Vec<_>, _>>().map(Value::from),
        (FieldShape::Words, "tenants") => words().map(directory).collect::<Result<Vec<_>, _>>().map(Value::from),
        (FieldShape::Words, _) => Ok(words().collect()),
        (FieldShape::Url, "issuer") => {
            IssuerUrl::parse(typed).map(|issuer| issuer.as_str().into()).map_err(|fault| fault.to_string())
        }
        (FieldShape::Url, _) => address(typed).map(Value::from),
        (FieldShape::Text | FieldShape::LongText, _) => Ok(typed.into()),
    }
}

fn one_of<'a>(options: &[(&str, &str)], typed: &'a str) -> Result<&'a str, String> {
    if options.iter().any(|(value, _)| *value == typed) {
        Ok(typed)
    } else {
        Err(format!("'{typed}' is not an option"))
    }
}

fn fixed_parameter(word: &str) -> Result<(String, Value), String> {
    let (name, value) = word.split_once('=').ok_or_else(|| format!("write '{word}' as name=value"))?;
    if name.is_empty() || RESERVED_PARAMETERS.contains(&name) {
        return Err(format!("'{name}' cannot be set here"));
    }
    Ok((name.to_owned(), value.into()))
}

fn domain(word: &str) -> Result<String, String> {
    let domain = word.to_ascii_lowercase();
    match EmailAddress::parse(&format!("x@{domain}")) {
        Ok(_) => Ok(domain),
        Err(_) => Err(format!("'{word}' is not a domain")),
    }
}

/// A directory (tenant) id: a GUID, in lower case.
pub(crate) fn directory(word: &str) -> Result<String, String> {
    let id = word.to_ascii_lowercase();
    let parts: Vec<&str> = id.split('-').collect();
    let fits = parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if fits { Ok(id) } else { Err(format!("'{word}' is not a directory (tenant) ID")) }
}

/// An address of a provider: https, or http on this machine.
fn address(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|_| "this is not an address: begin with https://".to_owned())?;
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err("leave out user name, password and #fragment".to_owned());
    }
    match url.scheme() {
        "https" => Ok(text.to_owned()),
        "http" if local => Ok(text.to_owned()),
        _ => Err("use https".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_guids() {
        let id = "9188040D-6c67-4c5b-b112-36a304b66dad";
        assert_eq!(directory(id), Ok(id.to_lowercase()));
        for bad in ["", "corp.example", "9188040d6c674c5bb11236a304b66dad", "9188040d-6c67-4c5b-b112-36a304b66dag"] {
            assert!(directory(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_are_https_or_on_this_machine() {
        for good in ["https://api.test/user?v=1", "http://127.0.0.1:8080/user", "http://localhost/x"] {
            assert_eq!(address(good).as_deref(), Ok(good));
        }
        for bad in ["api.test", "http://api.test/", "https://a:b@api.test/", "https://api.test/#x", "ftp://api.test/"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_not_named_stays_and_what_is_empty_goes() {
        const FIELDS: &[Field] = &[
            field("client_id", "Client ID", FieldShape::Text).required(),
            field("scopes", "Scopes", FieldShape::Words),
            field("client_secret", "Secret", FieldShape::Text).secret().required(),
        ];
        let before = serde_json::json!({ "client_id": "a", "scopes": ["x"] });
        let form = |pairs: &[(&str, &str)]| pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let kept = fill(FIELDS, Some(&before), &form(&[("scopes", "")])).unwrap();
        assert_eq!(Value::Object(kept), serde_json::json!({ "client_id": "a" }));
        let errors = fill(FIELDS, None, &form(&[("client_id", " ")])).unwrap_err();
        assert_eq!(errors.iter().map(|error| error.field).collect::<Vec<_>>(), ["client_id"]);
    }
}
