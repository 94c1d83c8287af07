//! The fields of an OpenID Connect connection, as the wizard and the tab Settings share them, and what discovery says.

use std::collections::BTreeMap;

use usher_connectors::DiscoveryError;

use super::fields::Fields;
use super::words;
use crate::forms::FormErrors;
use crate::pages::console::{Discovered, IssuerFix, OidcForm};
use crate::pages::{Fact, Ui};

/// The fields that the connection kind reads; the secret is none of them.
const NAMES: [&str; 4] = ["issuer", "client_id", "client_auth", "scopes"];

/// What an admin asks for with a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Only look at the provider.
    Discover,
    /// Go on, or save.
    Keep,
}

/// Reads the form. The button that puts the issuer right types it, and looks again.
pub fn typed(fields: &Fields) -> (BTreeMap<String, String>, Wish) {
    let mut form = fields.only(&NAMES);
    let fix = fields.text("use_issuer");
    if !fix.is_empty() {
        form.insert("issuer".to_owned(), fix.to_owned());
    }
    let looks = !fix.is_empty() || fields.text("action") == "discover";
    (form, if looks { Wish::Discover } else { Wish::Keep })
}

/// The form as the page shows it.
pub fn shown(form: &BTreeMap<String, String>, secret_set: bool) -> OidcForm {
    let text = |name: &str, otherwise: &str| form.get(name).map_or(otherwise, String::as_str).to_owned();
    OidcForm {
        issuer: text("issuer", ""),
        client_id: text("client_id", ""),
        secret_set,
        client_auth: text("client_auth", "basic"),
        scopes: text("scopes", "openid email profile"),
    }
}

/// What is wrong without asking anybody.
pub fn mistakes(ui: &Ui, form: &BTreeMap<String, String>) -> FormErrors {
    let text = |name: &str| form.get(name).map_or("", String::as_str);
    let mut errors = FormErrors::none();
    if text("client_id").is_empty() {
        errors.add("client_id", ui.t("error-client-id-empty"));
    }
    if !text("scopes").split_whitespace().any(|scope| scope == "openid") {
        errors.add("scopes", ui.t("error-scopes-openid"));
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
        let errors = mistakes(&Ui::new(Language::En), &BTreeMap::new());
        assert!(errors.of("client_id").is_some() && errors.of("scopes").is_some());
    }

    #[test]
    fn the_helping_button_types_the_issuer() {
        let pairs = [("issuer", "https://a.test/"), ("use_issuer", "https://a.test"), ("action", "continue")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (form, wish) = typed(&Fields::read(pairs.into()).unwrap());
        assert_eq!((form["issuer"].as_str(), wish), ("https://a.test", Wish::Discover));
    }
}
