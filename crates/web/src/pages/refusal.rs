//! The error page of a sign-in: what happened, what to do, and what to tell the help desk (UI plan 2.3).
//!
//! One page for every [`RefusalCode`]. Never a stack trace, never a provider's own words unescaped, never a
//! hint whether an account exists beyond what the code says to the person it concerns.

use askama::Template;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use usher_domain::{CorrelationId, RefusalCode};

use super::Ui;

/// Something a person can do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusalAction {
    /// Begin the same sign-in anew.
    Restart { action: String, csrf: String },
    /// Begin anew at the application.
    StartAgain { url: String },
    /// Try the same provider again.
    TryAgain { url: String },
    /// Back to the list of ways.
    AnotherWay { url: String },
    /// The same, for somebody who has another account.
    AnotherAccount { url: String },
    /// Back to the application.
    Back { url: String, application: String },
}

/// The error page.
#[derive(Debug, Template)]
#[template(path = "login/refusal.html")]
pub struct RefusalPage {
    pub ui: Ui,
    pub code: RefusalCode,
    /// The provider's name in the admin's words, where one is involved.
    pub provider: Option<String>,
    /// What the application's developer needs to know; shown small, escaped, without secrets.
    pub detail: Option<String>,
    /// How long to wait, where waiting helps.
    pub wait_minutes: Option<u64>,
    pub actions: Vec<RefusalAction>,
    pub correlation: CorrelationId,
    pub at: DateTime<Utc>,
}

impl RefusalPage {
    /// What happened, in plain words.
    pub fn heading(&self) -> String {
        self.ui.t1(&self.key("heading"), "provider", &self.provider_name())
    }

    /// What to do about it.
    pub fn text(&self) -> String {
        match self.wait_minutes {
            Some(minutes) => self.ui.count("refusal-wait", "minutes", minutes),
            None => self.ui.t1(&self.key("text"), "provider", &self.provider_name()),
        }
    }

    /// The status the page is answered with.
    pub fn status(&self) -> StatusCode {
        status_of(self.code)
    }

    fn key(&self, part: &str) -> String {
        // A step that the person gave up by themselves: no provider had a part in it.
        let code = match (self.code, &self.provider) {
            (RefusalCode::IdpDenied, None) => "given-up",
            (code, _) => code.as_str(),
        };
        format!("refusal-{}-{part}", code.replace('_', "-"))
    }

    fn provider_name(&self) -> String {
        self.provider.clone().unwrap_or_else(|| self.ui.t("the-provider"))
    }
}

/// The HTTP status of a refusal.
pub fn status_of(code: RefusalCode) -> StatusCode {
    use RefusalCode as C;
    match code {
        C::TxExpired
        | C::TxOtherBrowser
        | C::TxAlreadyUsed
        | C::IdpDenied
        | C::IdpResponseInvalid
        | C::ConnectionUnavailable
        | C::BadRequest
        | C::RedirectUriMismatch => StatusCode::BAD_REQUEST,
        C::NoAccount
        | C::ProvisioningRefused
        | C::LinkAmbiguous
        | C::LinkRefused
        | C::LinkMismatch
        | C::AccountDisabled
        | C::MfaNeedsAccount
        | C::MfaUnavailable
        | C::ScriptDenied
        | C::AppAccessDenied
        | C::CsrfFailed => StatusCode::FORBIDDEN,
        C::NotFound => StatusCode::NOT_FOUND,
        C::Locked | C::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        C::IdpUnreachable => StatusCode::BAD_GATEWAY,
        C::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        C::ScriptError | C::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
