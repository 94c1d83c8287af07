//! Local groups: a unique name each, changed under a revision.

use usher_domain::{Group, GroupId};

use crate::StorageError;
use crate::db::{Row, Tx, values};
use crate::statements::statements;

statements! {
    INSERT = "INSERT INTO user_groups (id, name, description, created_at, revision) VALUES ($1, $2, $3, $4, 1)
              ON CONFLICT DO NOTHING RETURNING id";
    UPDATE = "UPDATE user_groups SET name = $3, description = $4, revision = revision + 1
              WHERE id = $1 AND revision = $2 RETURNING revision";
    NAME_HELD = "SELECT id FROM user_groups WHERE name = $1 AND id <> $2";
    GET = "SELECT id, name, description, created_at, revision FROM user_groups WHERE id = $1";
    BY_NAME = "SELECT id, name, description, created_at, revision FROM user_groups WHERE name = $1";
    LIST = "SELECT id, name, description, created_at, revision FROM user_groups ORDER BY name, id";
    DELETE = "DELETE FROM user_groups WHERE id = $1";
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupUpdate {
    /// Done, with the new revision.
    Updated(i64),
    /// Another group has the name.
    NameTaken,
    /// The group moved on or is gone.
    Stale,
}

/// Adds a group with revision 1; false when its id or name is taken.
pub async fn insert(tx: &mut Tx, group: &Group) -> Result<bool, StorageError> {
    let values = values![group.id.as_str(), &group.name, &group.description, group.created_at];
    Ok(tx.fetch_optional(INSERT, values).await?.is_some())
}

/// Changes name and description at the revision the group was read with.
pub async fn update(tx: &mut Tx, group: &Group) -> Result<GroupUpdate, StorageError> {
    if tx.fetch_optional(NAME_HELD, values![&group.name, group.id.as_str()]).await?.is_some() {
        return Ok(GroupUpdate::NameTaken);
    }
    let values = values![group.id.as_str(), group.revision, &group.name, &group.description];
    match tx.fetch_optional(UPDATE, values).await? {
        Some(row) => Ok(GroupUpdate::Updated(row.int("revision")?)),
        None => Ok(GroupUpdate::Stale),
    }
}

/// One group.
pub async fn get(tx: &mut Tx, id: &GroupId) -> Result<Option<Group>, StorageError> {
    tx.fetch_optional(GET, values![id.as_str()]).await?.map(|row| read(&row)).transpose()
}

/// The group of a name, byte for byte.
pub async fn get_by_name(tx: &mut Tx, name: &str) -> Result<Option<Group>, StorageError> {
    tx.fetch_optional(BY_NAME, values![name]).await?.map(|row| read(&row)).transpose()
}

/// All groups by name.
pub async fn list(tx: &mut Tx) -> Result<Vec<Group>, StorageError> {
    tx.fetch_all(LIST, &[]).await?.iter().map(read).collect()
}

/// Removes a group with its memberships.
pub async fn delete(tx: &mut Tx, id: &GroupId) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![id.as_str()]).await? > 0)
}

fn read(row: &Row) -> Result<Group, StorageError> {
    Ok(Group {
        id: row.parsed("id")?,
        name: row.text("name")?,
        description: row.text("description")?,
        created_at: row.time("created_at")?,
        revision: row.int("revision")?,
    })
}
