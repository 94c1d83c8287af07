//! Users: the list and one person's pages. Nothing here shows a secret.

use askama::Template;
use chrono::{DateTime, Utc};
use usher_domain::{AccountState, UserId};

use super::Shell;
use crate::forms::FormErrors;
use crate::pages::paths::{self, routes};
use crate::pages::{Named, Tag, Tone, Ui};

/// One user in the list.
#[derive(Debug, Clone)]
pub struct UserRow {
    pub id: UserId,
    pub username: String,
    /// Display name; empty when none is known.
    pub name: String,
    pub email: String,
    pub state: AccountState,
    /// "JIT, Acme OIDC", "Admin", "Import".
    pub source: String,
    pub created_at: DateTime<Utc>,
}

impl UserRow {
    fn href(&self) -> String {
        paths::user(routes::USER_PROFILE, &self.id)
    }

    fn status(&self, ui: &Ui) -> Tag {
        status(ui, self.state)
    }
}

fn status(ui: &Ui, state: AccountState) -> Tag {
    match state {
        AccountState::Active => Tag::new(ui.t("status-active"), Tone::Ok),
        AccountState::Disabled => Tag::new(ui.t("status-disabled"), Tone::Neutral),
    }
}

/// The list: 25 to a page.
#[derive(Debug, Template)]
#[template(path = "console/users/list.html")]
pub struct UsersPage {
    pub shell: Shell,
    pub query: String,
    pub rows: Vec<UserRow>,
    /// The address of the next page, if there is one.
    pub next: Option<String>,
    /// Whether this is a later page: offers the way back to the first.
    pub later: bool,
}

/// Fields of a new user; a password is never sent back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewUserForm {
    pub username: String,
    pub email: String,
    /// Names, and the attributes that admins defined.
    pub attributes: Vec<AttributeField>,
}

/// A field for an attribute: `attribute_{name}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeField {
    pub name: String,
    pub label: String,
    pub value: String,
}

/// New user.
#[derive(Debug, Template)]
#[template(path = "console/users/new.html")]
pub struct NewUserPage {
    pub shell: Shell,
    pub form: NewUserForm,
    /// Fewest characters of a password.
    pub password_characters: u64,
    pub errors: FormErrors,
}

impl NewUserPage {
    fn password_hint(&self) -> String {
        self.shell.ui.count("new-user-password-hint", "characters", self.password_characters)
    }
}

/// A tab of a user; each is a page of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserTab {
    Profile,
    Linked,
    Factors,
    Groups,
    Sessions,
    History,
}

impl UserTab {
    /// In the order of the page.
    pub const ALL: [Self; 6] =
        [Self::Profile, Self::Linked, Self::Factors, Self::Groups, Self::Sessions, Self::History];

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Profile => "tab-profile",
            Self::Linked => "tab-linked",
            Self::Factors => "tab-factors",
            Self::Groups => "tab-groups",
            Self::Sessions => "tab-sessions",
            Self::History => "tab-history",
        }
    }

    pub(crate) fn href(self, id: &UserId) -> String {
        paths::user(self.route(), id)
    }

    fn route(self) -> &'static str {
        match self {
            Self::Profile => routes::USER_PROFILE,
            Self::Linked => routes::USER_LINKED,
            Self::Factors => routes::USER_FACTORS,
            Self::Groups => routes::USER_GROUPS,
            Self::Sessions => routes::USER_SESSIONS,
            Self::History => routes::USER_HISTORY,
        }
    }
}

/// The head over all tabs.
#[derive(Debug, Clone)]
pub struct UserHead {
    pub id: UserId,
    /// Display name, else the user name.
    pub name: Named,
    pub username: String,
    pub state: AccountState,
    /// "Created by JIT from Acme OIDC".
    pub source: String,
    pub created_at: DateTime<Utc>,
    pub version: i64,
}

impl UserHead {
    pub(crate) fn at(&self, route: &str) -> String {
        paths::user(route, &self.id)
    }

    pub(crate) fn invite_href(&self) -> String {
        paths::user(routes::USER_INVITE, &self.id)
    }

    pub(crate) fn state_href(&self) -> String {
        paths::user(routes::USER_STATE, &self.id)
    }

    pub(crate) fn status(&self, ui: &Ui) -> Tag {
        status(ui, self.state)
    }

    pub(crate) fn is_active(&self) -> bool {
        self.state == AccountState::Active
    }
}
