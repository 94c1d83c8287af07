//! The page that a script of a flow shows: an admin's heading, text and fields, escaped as everything foreign is.

use askama::Template;
use usher_broker::login::script::ShownField;
use usher_domain::FlowId;

use super::Ui;

/// The page.
#[derive(Debug, Template)]
#[template(path = "login/prompt.html")]
pub struct PromptPage {
    pub ui: Ui,
    pub flow: FlowId,
    /// The name of the application.
    pub application: String,
    pub csrf: String,
    /// The admin's heading; empty: the usual one.
    pub title: String,
    pub text: String,
    pub fields: Vec<ShownField>,
}

impl PromptPage {
    fn heading(&self) -> String {
        if self.title.trim().is_empty() {
            self.ui.t1("sign-in-heading", "application", &self.application)
        } else {
            self.title.clone()
        }
    }

    /// What stands at a field: the admin's label, or what the identifier page says.
    fn label(&self, field: &ShownField) -> String {
        if field.label.trim().is_empty() { self.ui.t("sign-in-name-label") } else { field.label.clone() }
    }
}
