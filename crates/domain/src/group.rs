//! Local groups, and who is in them because of whom.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ConnectionId, GroupId, InvalidText, UserId};

/// A local group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Immutable id.
    pub id: GroupId,
    /// Unique name; what applications are told.
    pub name: String,
    /// For admins; may be empty.
    pub description: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Rises with every change; optimistic lock.
    pub revision: i64,
}

impl Group {
    /// A group's name: 1 to 128 characters, none of them a control character, no blanks at the ends.
    pub fn name(text: &str) -> Result<String, InvalidText> {
        let text = text.trim();
        let ok = (1..=128).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if ok { Ok(text.to_owned()) } else { Err(InvalidText("a group name has 1 to 128 characters")) }
    }
}

/// Who put a person into a group. One person may be in a group for several reasons at once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "by", content = "id", rename_all = "snake_case")]
pub enum MembershipSource {
    /// A connection, at a sign-in.
    Connection(ConnectionId),
    /// An admin.
    Admin(UserId),
    /// A bootstrap file or an import.
    Import,
    /// The script of a sign-in, which may give and take the groups that an admin listed.
    Script,
}

/// One reason for which a person is in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The group.
    pub group: GroupId,
    /// The person.
    pub user: UserId,
    /// Because of whom.
    pub source: MembershipSource,
    /// Since when.
    pub since: DateTime<Utc>,
}
