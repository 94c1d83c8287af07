//! Local groups: list, new, one group with its people, deletion.

use askama::Template;
use usher_domain::{GroupId, UserId};

use super::Shell;
use crate::forms::FormErrors;
use crate::pages::Link;
use crate::pages::paths::{self, routes};

/// One group in the list.
#[derive(Debug, Clone)]
pub struct GroupListRow {
    pub id: GroupId,
    pub name: String,
    pub description: String,
    pub members: i64,
    /// Names of the connections that feed it.
    pub fed_by: String,
}

impl GroupListRow {
    fn href(&self) -> String {
        paths::group(routes::GROUP, &self.id)
    }
}

/// The list.
#[derive(Debug, Template)]
#[template(path = "console/groups/list.html")]
pub struct GroupsPage {
    pub shell: Shell,
    pub query: String,
    pub rows: Vec<GroupListRow>,
}

/// Fields of a group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupForm {
    pub name: String,
    pub description: String,
    pub version: i64,
}

/// New group.
#[derive(Debug, Template)]
#[template(path = "console/groups/new.html")]
pub struct NewGroupPage {
    pub shell: Shell,
    pub form: GroupForm,
    pub errors: FormErrors,
}

/// Somebody in the group.
#[derive(Debug, Clone)]
pub struct MemberRow {
    pub user: UserId,
    pub username: String,
    /// "Admin", "Acme OIDC".
    pub sources: Vec<String>,
    /// Whether an admin may take the person out.
    pub by_hand: bool,
}

impl MemberRow {
    fn href(&self) -> String {
        paths::user(routes::USER_GROUPS, &self.user)
    }
}

/// One group.
#[derive(Debug, Template)]
#[template(path = "console/groups/group.html")]
pub struct GroupPage {
    pub shell: Shell,
    pub id: GroupId,
    pub name: String,
    pub form: GroupForm,
    pub members: Vec<MemberRow>,
    pub count: i64,
    /// What was typed to add somebody.
    pub username: String,
    /// Connections that feed it.
    pub fed_by: Vec<Link>,
    pub next: Option<String>,
    pub errors: FormErrors,
}

impl GroupPage {
    fn at(&self, route: &str) -> String {
        paths::group(route, &self.id)
    }
}

/// "Delete this group?"
#[derive(Debug, Template)]
#[template(path = "console/groups/delete.html")]
pub struct GroupDeletePage {
    pub shell: Shell,
    pub id: GroupId,
    pub name: String,
    pub members: i64,
    /// Connections that feed it: it cannot go while they do.
    pub fed_by: Vec<Link>,
    pub errors: FormErrors,
}

impl GroupDeletePage {
    fn people(&self) -> u64 {
        self.members.unsigned_abs()
    }

    fn at(&self, route: &str) -> String {
        paths::group(route, &self.id)
    }
}
