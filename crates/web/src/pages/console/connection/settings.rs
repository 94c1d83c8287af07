//! The tab Settings.

use askama::Template;

use super::ConnectionHead;
use crate::forms::FormErrors;
use crate::pages::Fact;
use crate::pages::console::{Discovered, IssuerFix, KindForm, Shell};

/// An address of the provider that may be typed by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointField {
    pub name: &'static str,
    pub label: &'static str,
    pub value: String,
}

/// What the tab Settings holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingsForm {
    pub kind: KindForm,
    /// `YYYY-MM-DD`, or empty.
    pub secret_expires_on: String,
    /// Empty: the kind has fixed ones.
    pub endpoints: Vec<EndpointField>,
    /// Whether the typed addresses are to be used.
    pub by_hand: bool,
    pub trusts_all: bool,
    pub controls: bool,
    /// One per line.
    pub asserted_domains: String,
    pub version: i64,
}

/// Tab Settings.
#[derive(Debug, Template)]
#[template(path = "console/connection/settings.html")]
pub struct ConnectionSettingsPage {
    pub shell: Shell,
    pub connection: ConnectionHead,
    /// With the provider's own word for it.
    pub redirect_uri: Fact,
    pub form: SettingsForm,
    pub discovered: Option<Discovered>,
    pub issuer_fix: Option<IssuerFix>,
    pub errors: FormErrors,
}

impl ConnectionSettingsPage {
    fn endpoints_open(&self) -> bool {
        self.form.by_hand || self.form.endpoints.iter().any(|endpoint| self.errors.of(endpoint.name).is_some())
    }
}
