//! The fields of a connection kind, as the wizard and the tab Settings share them, and what discovery says. Which
//! fields there are is said by the kind itself.

use std::collections::BTreeMap;

use serde_json::Value;
use usher_connectors::{DiscoveryError, Field, FieldShape, fields, settings_from_form};
use usher_domain::ConnectionKind;

use super::fields::Fields;
use super::words;
use crate::forms::FormErrors;
use crate::pages::console::{Discovered, FieldInput, IssuerFix, KindField, KindForm, KindOption};
use crate::pages::{Fact, Ui};

/// Fields that hardly anybody changes: folded away.
const RARE: [&str; 8] = [
    "private_key_id",
    "id_token_algs",
    "pkce",
    "forward",
    "extra_params",
    "email_verified",
    "fresh_sign_in",
    "subject_claim",
];

/// What an admin asks for with a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Only look at the provider.
    Discover,
    /// Go on, or save.
    Keep,
}

/// Reads the form; the secret is none of its fields. What it does not hold is not named, so it stays as it was. The
/// button that puts the issuer right types it, and looks again.
pub fn typed(kind: ConnectionKind, form: &Fields) -> (BTreeMap<String, String>, Wish) {
    let mut all = BTreeMap::new();
    for field in fields(kind).iter().filter(|field| !field.secret) {
        if let Some(value) = typed_field(field, form) {
            all.insert(field.name.to_owned(), value);
        }
    }
    let fix = form.text("use_issuer");
    if !fix.is_empty() {
        all.insert("issuer".to_owned(), fix.to_owned());
    }
    let looks = !fix.is_empty() || form.text("action") == "discover";
    (all, if looks { Wish::Discover } else { Wish::Keep })
}

fn typed_field(field: &Field, form: &Fields) -> Option<String> {
    match field.shape {
        FieldShape::Choices(options) => form.holds(&format!("{}_shown", field.name)).then(|| {
            let ticked = options.iter().filter(|(value, _)| form.ticked(&tick_name(field, value)));
            ticked.map(|(value, _)| *value).collect::<Vec<_>>().join(" ")
        }),
        _ => form.holds(field.name).then(|| form.text(field.name).trim().to_owned()),
    }
}

fn tick_name(field: &Field, value: &str) -> String {
    format!("{}_{value}", field.name)
}

/// The form as the page shows it.
pub fn shown(kind: ConnectionKind, form: &BTreeMap<String, String>, secret_set: bool) -> KindForm {
    let (rare, usual) = fields(kind).iter().partition(|field| RARE.contains(&field.name) && !field.required);
    let show = |list: Vec<&Field>| list.into_iter().map(|field| shown_field(field, form, secret_set)).collect();
    KindForm { usual: show(usual), rare: show(rare) }
}

fn shown_field(field: &Field, form: &BTreeMap<String, String>, secret_set: bool) -> KindField {
    let value = form.get(field.name).map_or(field.default, String::as_str);
    let option = |(stored, label): &(&str, &str), chosen: bool| KindOption {
        value: (*stored).to_owned(),
        label: (*label).to_owned(),
        chosen,
    };
    let input = match field.shape {
        _ if field.secret => FieldInput::Secret { set: secret_set, lines: field.shape == FieldShape::LongText },
        FieldShape::Choice(options) => {
            FieldInput::Choice(options.iter().map(|one| option(one, one.0 == value)).collect())
        }
        FieldShape::Choices(options) => {
            let chosen = |one: &(&str, &str)| value.split_whitespace().any(|word| word == one.0);
            FieldInput::Choices(options.iter().map(|one| option(one, chosen(one))).collect())
        }
        FieldShape::LongText => FieldInput::Lines,
        FieldShape::Url if field.name == "issuer" => FieldInput::Issuer,
        FieldShape::Url => FieldInput::Line("url"),
        FieldShape::Text | FieldShape::Words => FieldInput::Line("text"),
    };
    KindField {
        name: field.name.to_owned(),
        label: field.label.to_owned(),
        help: field.help.to_owned(),
        value: if field.secret { String::new() } else { value.to_owned() },
        optional: !field.required && !field.secret && field.default.is_empty(),
        input,
    }
}

/// The stored settings as their form holds them.
pub fn stored(kind: ConnectionKind, settings: &Value) -> BTreeMap<String, String> {
    let mut form = BTreeMap::new();
    for field in fields(kind).iter().filter(|field| !field.secret) {
        if let Some(text) = settings.get(field.name).map(as_text) {
            form.insert(field.name.to_owned(), text);
        }
    }
    form
}

fn as_text(value: &Value) -> String {
    match value {
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        Value::Object(pairs) => {
            let pair = |(name, value): (&String, &Value)| format!("{name}={}", value.as_str().unwrap_or_default());
            pairs.iter().map(pair).collect::<Vec<_>>().join(" ")
        }
        Value::Null => String::new(),
        other => other.as_str().map_or_else(|| other.to_string(), str::to_owned),
    }
}

/// What is wrong without asking anybody.
pub fn mistakes(
    ui: &Ui,
    kind: ConnectionKind,
    previous: Option<&Value>,
    form: &BTreeMap<String, String>,
) -> FormErrors {
    let mut errors = FormErrors::none();
    for error in settings_from_form(kind, previous, form).err().unwrap_or_default() {
        let empty = form.get(error.field).is_none_or(String::is_empty);
        let text = if empty && error.field == "client_id" {
            ui.t("error-client-id-empty")
        } else {
            words::sentence(&error.problem)
        };
        errors.add(error.field, text);
    }
    errors
}

/// What discovery found, for the page.
pub fn found(ui: &Ui, discovered: &usher_connectors::Discovered) -> Discovered {
    Discovered {
        facts: discovered.summary.iter().map(|(label, value)| fact(label, value)).collect(),
        checks: discovered.checks.iter().map(|check| words::check(ui, check)).collect(),
    }
}

/// A line of facts.
pub fn fact(label: &str, value: &str) -> Fact {
    Fact { label: label.to_owned(), value: value.to_owned() }
}

/// Why discovery failed, at the issuer, and the button that helps where one can.
pub fn not_found(ui: &Ui, typed: &str, error: &DiscoveryError, errors: &mut FormErrors) -> Option<IssuerFix> {
    let reason = words::sentence(&error.to_string());
    let text = match error {
        DiscoveryError::NotAnIssuer | DiscoveryError::MetadataAddress { .. } | DiscoveryError::OtherIssuer { .. } => {
            ui.t1("error-issuer", "reason", &reason)
        }
        _ => ui.t1("error-discovery", "reason", &error.to_string()),
    };
    errors.add("issuer", text);
    let document = match error {
        DiscoveryError::MetadataAddress { suggestion } => Some(suggestion),
        DiscoveryError::OtherIssuer { suggestion, .. } => suggestion.as_ref(),
        _ => None,
    };
    document.map(|document| IssuerFix { typed: typed.to_owned(), document: document.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[test]
    fn a_slash_too_much_offers_the_right_issuer() {
        let error = DiscoveryError::OtherIssuer {
            found: "https://id.acme.test".to_owned(),
            suggestion: Some("https://id.acme.test".to_owned()),
        };
        let mut errors = FormErrors::none();
        let fix = not_found(&Ui::new(Language::En), "https://id.acme.test/", &error, &mut errors).unwrap();
        assert_eq!((fix.typed.as_str(), fix.document.as_str()), ("https://id.acme.test/", "https://id.acme.test"));
        assert!(errors.of("issuer").unwrap().contains("https://id.acme.test"));
    }

    #[test]
    fn several_mistakes_are_named_at_once() {
        let form = [("issuer", "not an address")].map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let errors = mistakes(&Ui::new(Language::En), ConnectionKind::Oidc, None, &form);
        assert!(errors.of("client_id").is_some() && errors.of("issuer").is_some());
    }

    #[test]
    fn the_helping_button_types_the_issuer() {
        let pairs = [("issuer", "https://a.test/"), ("use_issuer", "https://a.test"), ("action", "continue")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (form, wish) = typed(ConnectionKind::Oidc, &Fields::read(pairs.into()).unwrap());
        assert_eq!((form["issuer"].as_str(), wish), ("https://a.test", Wish::Discover));
    }

    #[test]
    fn what_is_stored_reads_as_it_was_typed() {
        let settings = serde_json::json!({ "issuer": "https://a.test", "client_id": "usher", "scopes": ["openid"],
            "forward": ["login_hint"], "extra_params": { "hd": "corp.test" } });
        let form = stored(ConnectionKind::Oidc, &settings);
        assert_eq!((form["scopes"].as_str(), form["extra_params"].as_str()), ("openid", "hd=corp.test"));
        let page = shown(ConnectionKind::Oidc, &form, true);
        let forward = page.rare.iter().find(|field| field.name == "forward").unwrap();
        let FieldInput::Choices(options) = &forward.input else { panic!("not ticks") };
        let ticked = options.iter().filter(|option| option.chosen).map(|option| option.value.as_str());
        assert_eq!(ticked.collect::<Vec<_>>(), ["login_hint"]);
        assert!(page.usual.iter().all(|field| field.value != "secret"));
    }

    #[test]
    fn ticks_are_read_only_where_they_were_shown() {
        let read = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            typed(ConnectionKind::Oidc, &Fields::read(pairs).unwrap()).0
        };
        assert_eq!(read(&[("issuer", "https://a.test")]).get("forward"), None);
        let ticked = read(&[("forward_shown", "on"), ("forward_ui_locales", "on")]);
        assert_eq!(ticked["forward"], "ui_locales");
    }
}
