//! One person's tabs: attributes with their origin, linked accounts, groups, sessions, history; and the forms behind them.

use askama::Template;
use chrono::{DateTime, Utc};
use usher_domain::{CorrelationId, GroupId, LinkId, SessionId, Verification};

use super::{Shell, UserHead};
use crate::forms::FormErrors;
use crate::pages::Named;
use crate::pages::paths::{self, routes};

/// An attribute with its origin.
#[derive(Debug, Clone)]
pub struct AttributeRow {
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Each value on its own; never joined.
    pub values: Vec<String>,
    /// "Acme OIDC", "Edited by admin", "Import", "Self".
    pub source: String,
    pub verified: Verification,
    pub at: DateTime<Utc>,
    /// The connection that replaces it at the next sign-in, whatever is written here.
    pub locked_by: Option<String>,
}

impl AttributeRow {
    fn verified_key(&self) -> &'static str {
        match self.verified {
            Verification::Unverified => "verified-no",
            Verification::ByProvider => "verified-provider",
            Verification::ByPerson => "verified-person",
            Verification::ByAdmin => "verified-admin",
        }
    }

    fn edit_href(&self, user: &UserHead) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        format!("{}?{}", user.at(routes::USER_ATTRIBUTE), query.append_pair("attribute", &self.name).finish())
    }
}

/// Tab Profile.
#[derive(Debug, Template)]
#[template(path = "console/users/profile.html")]
pub struct UserProfilePage {
    pub shell: Shell,
    pub user: UserHead,
    /// The public `sub`.
    pub subject: String,
    pub attributes: Vec<AttributeRow>,
    /// The user name as it is typed.
    pub username: String,
    /// Why it could not be switched on or off, or renamed.
    pub errors: FormErrors,
}

/// The form of one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeEditForm {
    /// Its name; empty: to be chosen.
    pub attribute: String,
    /// One a line.
    pub values: String,
    pub verified: bool,
    pub version: i64,
}

/// "Edit an attribute".
#[derive(Debug, Template)]
#[template(path = "console/users/attribute.html")]
pub struct UserAttributePage {
    pub shell: Shell,
    pub user: UserHead,
    pub form: AttributeEditForm,
    /// What people call it; empty while it is to be chosen.
    pub label: String,
    /// Name and label of every attribute, to choose from.
    pub known: Vec<(String, String)>,
    /// The connection that replaces it at the next sign-in.
    pub locked_by: Option<String>,
    pub errors: FormErrors,
}

impl UserAttributePage {
    fn is_email(&self) -> bool {
        self.form.attribute == "email"
    }
}

/// "Delete this user?"
#[derive(Debug, Template)]
#[template(path = "console/users/delete.html")]
pub struct UserDeletePage {
    pub shell: Shell,
    pub user: UserHead,
    pub errors: FormErrors,
}

/// A linked account.
#[derive(Debug, Clone)]
pub struct LinkedAccountRow {
    pub id: LinkId,
    pub connection: Named,
    pub issuer: String,
    pub subject: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    /// Why it was made, line by line.
    pub why: Vec<String>,
    /// Revision of the connection's settings then in force.
    pub settings_revision: Option<i64>,
    /// Without it the person is locked out.
    pub only_way_in: bool,
    pub trace: Option<CorrelationId>,
}

impl LinkedAccountRow {
    fn trace_href(&self) -> Option<String> {
        self.trace.as_ref().map(paths::trace)
    }
}

/// Tab Linked accounts.
#[derive(Debug, Template)]
#[template(path = "console/users/linked.html")]
pub struct UserLinkedPage {
    pub shell: Shell,
    pub user: UserHead,
    pub links: Vec<LinkedAccountRow>,
    pub errors: FormErrors,
}

/// Fields of a link by hand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkByHandForm {
    pub connection: String,
    pub issuer: String,
    pub subject: String,
}

/// "Link an account by hand".
#[derive(Debug, Template)]
#[template(path = "console/users/link.html")]
pub struct UserLinkPage {
    pub shell: Shell,
    pub user: UserHead,
    pub form: LinkByHandForm,
    /// Id and name of every connection.
    pub connections: Vec<(String, String)>,
    pub errors: FormErrors,
}

/// A group with the reasons for which the person is in it.
#[derive(Debug, Clone)]
pub struct UserGroupRow {
    pub id: GroupId,
    pub name: String,
    /// "Admin", "Acme OIDC".
    pub sources: Vec<String>,
    /// Whether an admin may take the person out.
    pub by_hand: bool,
}

impl UserGroupRow {
    fn href(&self) -> String {
        paths::group(routes::GROUP, &self.id)
    }
}

/// Tab Groups.
#[derive(Debug, Template)]
#[template(path = "console/users/groups.html")]
pub struct UserGroupsPage {
    pub shell: Shell,
    pub user: UserHead,
    pub rows: Vec<UserGroupRow>,
    /// Id and name of the groups that the person may be put into.
    pub others: Vec<(String, String)>,
    pub errors: FormErrors,
}

/// A live session.
#[derive(Debug, Clone)]
pub struct SessionRow {
    pub id: SessionId,
    /// How it began: "Acme OIDC", "Username and password", "Console".
    pub how: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Tab Sessions.
#[derive(Debug, Template)]
#[template(path = "console/users/sessions.html")]
pub struct UserSessionsPage {
    pub shell: Shell,
    pub user: UserHead,
    pub rows: Vec<SessionRow>,
}

/// One entry of the history.
#[derive(Debug, Clone)]
pub struct HistoryRow {
    pub at: DateTime<Utc>,
    pub what: String,
    /// By whom, or through which connection.
    pub who: String,
    /// Details and reasons, masked.
    pub lines: Vec<String>,
    pub trace: Option<CorrelationId>,
}

impl HistoryRow {
    fn trace_href(&self) -> Option<String> {
        self.trace.as_ref().map(paths::trace)
    }
}

/// Tab History.
#[derive(Debug, Template)]
#[template(path = "console/users/history.html")]
pub struct UserHistoryPage {
    pub shell: Shell,
    pub user: UserHead,
    pub rows: Vec<HistoryRow>,
    pub next: Option<String>,
}
