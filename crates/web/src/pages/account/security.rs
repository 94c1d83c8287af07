//! How a person signs in: the overview, and a page for each thing that can be added or changed.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Shell;
use crate::forms::FormErrors;
use crate::pages::Tag;

/// A passkey or an authenticator app.
#[derive(Debug, Clone)]
pub struct DeviceView {
    /// What the person calls it.
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    /// Whether copies of a passkey exist.
    pub backup: Option<Tag>,
    /// Its page.
    pub href: String,
}

/// Everything at a glance.
#[derive(Template)]
#[template(path = "account/security.html")]
pub struct SecurityPage {
    pub shell: Shell,
    pub password: bool,
    pub passkeys: Vec<DeviceView>,
    pub passkeys_possible: bool,
    pub apps: Vec<DeviceView>,
    /// How many recovery codes are left, in words.
    pub codes_left: String,
    /// Whether there is something that they stand in for.
    pub may_make_codes: bool,
}

/// A new password.
#[derive(Template)]
#[template(path = "account/password.html")]
pub struct PasswordPage {
    pub shell: Shell,
    /// Whether there is one, which is asked for.
    pub has: bool,
    /// Shortest password.
    pub characters: u64,
    pub errors: FormErrors,
}

impl PasswordPage {
    fn heading(&self) -> String {
        self.shell.ui.t(if self.has { "account-password-change" } else { "account-password-set" })
    }

    fn hint(&self) -> String {
        self.shell.ui.count("password-hint", "characters", self.characters)
    }
}

/// A new authenticator app.
#[derive(Template)]
#[template(path = "account/app.html")]
pub struct AppPage {
    pub shell: Shell,
    /// The key in groups of four.
    pub key: String,
    /// The address that opens an app.
    pub otpauth: String,
    /// Side and path of the picture.
    pub qr: Option<(String, String)>,
    /// What it is to be called.
    pub name: String,
    pub errors: FormErrors,
}

/// A new passkey.
#[derive(Template)]
#[template(path = "account/passkey.html")]
pub struct NewPasskeyPage {
    pub shell: Shell,
    /// What the browser is asked, as JSON.
    pub options: String,
    /// What it is to be called.
    pub name: String,
    pub errors: FormErrors,
}

/// Recovery codes: to be made, or to be saved.
#[derive(Template)]
#[template(path = "account/codes.html")]
pub struct CodesPage {
    pub shell: Shell,
    /// Those that wait to be saved.
    pub codes: Vec<String>,
    /// How many are left of those before, in words.
    pub codes_left: String,
    pub errors: FormErrors,
}

impl CodesPage {
    fn heading(&self) -> String {
        self.shell.ui.t(if self.codes.is_empty() { "account-codes-new-heading" } else { "codes-heading" })
    }
}

/// One passkey or app.
#[derive(Template)]
#[template(path = "account/device.html")]
pub struct DevicePage {
    pub shell: Shell,
    pub device: DeviceView,
    /// "Passkey", "Authenticator app".
    pub kind: String,
    /// Where the button leads that removes it.
    pub remove: String,
    /// Whether it is the last second factor.
    pub last_factor: bool,
    /// Whether it is the last way in.
    pub last_way_in: bool,
    pub errors: FormErrors,
}
