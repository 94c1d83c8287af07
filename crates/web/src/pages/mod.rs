//! Pages: typed views over the templates. No handler, no query and no markup lives here.

pub mod account;
pub mod console;
mod factor;
mod forgot;
mod login;
mod passkey;
pub mod paths;
mod prompt;
mod refusal;
#[cfg(test)]
mod render_tests;
#[cfg(test)]
mod samples;
mod setup;
mod ui;
mod view;

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

pub use factor::{FactorKind, FactorPage, FactorWays, RecoveryCodesPage};
pub use forgot::{ForgotPage, ForgotStage};
pub use login::{
    AutoSubmitPage, CodeField, HiddenField, IdentifyPage, LinkPage, PasswordForm, SignInPage, SignOutPage,
    SignedOutPage, WayToSignIn, Ways,
};
pub use passkey::{PasskeyPage, PasskeyTask, device_name};
pub use prompt::PromptPage;
pub use refusal::{RefusalAction, RefusalPage, status_of};
pub use setup::{AccountReadyPage, SetupPage, SetupPurpose};
pub use ui::{Theme, Ui};
pub use view::{Check, CheckState, Fact, Link, Named, Notice, Tag, Tone};

/// Answers with a rendered template; combine with a status as axum does: `(StatusCode::BAD_REQUEST, Page(view))`.
pub struct Page<T>(pub T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
            Err(error) => {
                tracing::error!(%error, "a page could not be rendered");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
