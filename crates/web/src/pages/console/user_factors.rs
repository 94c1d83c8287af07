//! What a person can prove themselves with beside the password, and what a helpdesk does about it.

use askama::Template;
use chrono::{DateTime, Utc};
use usher_domain::SecretText;

use super::{InvitationWay, Shell, UserHead};
use crate::forms::FormErrors;
use crate::pages::Ui;

/// An authenticator app or a passkey. No secret of it is ever shown.
#[derive(Debug, Clone)]
pub struct DeviceRow {
    /// What the button sends.
    pub value: String,
    /// "Authenticator app", "Passkey".
    pub kind: String,
    /// What the person calls it.
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// For how long a one-time code works: value and label, the usual one first.
#[derive(Debug, Clone, Default)]
pub struct BypassForm {
    pub choices: Vec<(u32, String)>,
}

impl BypassForm {
    /// These minutes, in words.
    pub fn of(ui: &Ui, minutes: &[u32]) -> Self {
        let label = |minutes: u32| {
            let (key, number) =
                if minutes.is_multiple_of(60) { ("hours-number", minutes / 60) } else { ("minutes-number", minutes) };
            (minutes, ui.count(key, "number", u64::from(number)))
        };
        Self { choices: minutes.iter().copied().map(label).collect() }
    }
}

/// Tab MFA devices.
#[derive(Debug, Template)]
#[template(path = "console/users/factors.html")]
pub struct UserFactorsPage {
    pub shell: Shell,
    pub user: UserHead,
    pub devices: Vec<DeviceRow>,
    /// How many recovery codes are left, in words; absent: there are none.
    pub recovery: Option<String>,
    /// What the button that removes them sends.
    pub recovery_value: String,
    /// How many browsers are remembered, in words.
    pub remembered: String,
    /// Who made the one-time code that still works, and until when.
    pub bypass: Option<(String, DateTime<Utc>)>,
    pub form: BypassForm,
    /// The one-time code, once.
    pub code: Option<SecretText>,
    pub errors: FormErrors,
}

/// "Send a link for a new password?", and afterwards the link where no mail goes.
#[derive(Debug, Template)]
#[template(path = "console/users/password.html")]
pub struct UserPasswordPage {
    pub shell: Shell,
    pub user: UserHead,
    pub way: InvitationWay,
    /// For how many minutes a link works.
    pub minutes: u32,
    /// The link, once.
    pub link: Option<SecretText>,
    pub errors: FormErrors,
}

impl UserPasswordPage {
    fn life(&self) -> String {
        self.shell.ui.count("reset-link-life", "minutes", u64::from(self.minutes))
    }

    fn way(&self) -> String {
        self.shell.ui.t(match self.way {
            InvitationWay::Mail => "reset-by-mail",
            InvitationWay::Hand if self.may_send() => "reset-by-hand",
            InvitationWay::Hand => "reset-by-owner",
        })
    }

    /// Whoever reads the link may take the account, so that it is shown to owners only.
    fn may_send(&self) -> bool {
        matches!(self.way, InvitationWay::Mail) || self.shell.reach.manages()
    }
}
