//! A new password by mail: the page that asks for the name, and what it says afterwards.

use askama::Template;
use usher_domain::FlowId;

use super::Ui;
use crate::forms::FormErrors;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForgotStage {
    /// A name may be typed.
    Asking,
    /// The mail is on its way, if there is somebody to get it.
    Sent,
    /// No mail can be sent: the help desk helps.
    Unavailable,
}

/// "Forgot your password?"
#[derive(Debug, Template)]
#[template(path = "login/forgot.html")]
pub struct ForgotPage {
    pub ui: Ui,
    pub flow: FlowId,
    /// The name of the application.
    pub application: String,
    pub csrf: String,
    pub stage: ForgotStage,
    /// For how many minutes a link works.
    pub minutes: u32,
    pub errors: FormErrors,
}

impl ForgotPage {
    fn life(&self) -> String {
        self.ui.count("forgot-life", "minutes", u64::from(self.minutes))
    }
}
