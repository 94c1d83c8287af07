//! Where the account page begins, and what somebody without an account is told.

use askama::Template;

use super::Shell;
use crate::pages::Ui;

/// The beginning.
#[derive(Template)]
#[template(path = "account/home.html")]
pub struct HomePage {
    pub shell: Shell,
    /// Whether a second factor could be added.
    pub hint: bool,
}

/// Whoever signed in through a connection that makes no accounts.
#[derive(Template)]
#[template(path = "account/without.html")]
pub struct WithoutAccountPage {
    pub ui: Ui,
    /// Name of the connection.
    pub connection: String,
    /// Where to sign in as somebody else.
    pub again: String,
    /// Where to sign out.
    pub sign_out: String,
}
