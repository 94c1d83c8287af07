//! Who is in which group, because of whom: one row per reason.

use usher_domain::{ConnectionId, GroupId, Membership, MembershipSource, UserId, UserName};

use crate::StorageError;
use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::text::json;

statements! {
    INSERT = "INSERT INTO memberships (group_id, user_id, source, since) VALUES ($1, $2, $3, $4)
              ON CONFLICT (group_id, user_id, source) DO NOTHING RETURNING group_id";
    DELETE = "DELETE FROM memberships WHERE group_id = $1 AND user_id = $2 AND source = $3";
    BY_USER = "SELECT group_id, user_id, source, since FROM memberships WHERE user_id = $1
               ORDER BY group_id, source";
    BY_GROUP = "SELECT memberships.group_id, memberships.user_id, memberships.source, memberships.since,
                    users.username
                FROM memberships JOIN users ON users.id = memberships.user_id
                WHERE memberships.group_id = $1 AND memberships.user_id IN
                    (SELECT DISTINCT page.user_id FROM memberships AS page
                     WHERE page.group_id = $1 AND page.user_id > $2 ORDER BY page.user_id LIMIT $3)
                ORDER BY memberships.user_id, memberships.source";
    COUNT = "SELECT COUNT(DISTINCT user_id) AS count FROM memberships WHERE group_id = $1";
    BY_SOURCE_GONE = "DELETE FROM memberships WHERE source = $1";
}

/// Adds a reason; false when it was there.
pub async fn insert(tx: &mut Tx, membership: &Membership) -> Result<bool, StorageError> {
    let values = values![
        membership.group.as_str(),
        membership.user.as_str(),
        json("source", &membership.source)?,
        membership.since,
    ];
    Ok(tx.fetch_optional(INSERT, values).await?.is_some())
}

/// Removes a reason; false when it was not there. The person stays in the group while another reason holds.
pub async fn delete(
    tx: &mut Tx,
    group: &GroupId,
    user: &UserId,
    source: &MembershipSource,
) -> Result<bool, StorageError> {
    let values = values![group.as_str(), user.as_str(), json("source", source)?];
    Ok(tx.execute(DELETE, values).await? > 0)
}

/// Every reason for which a person is in a group.
pub async fn list_by_user(tx: &mut Tx, user: &UserId) -> Result<Vec<Membership>, StorageError> {
    tx.fetch_all(BY_USER, values![user.as_str()]).await?.iter().map(read).collect()
}

/// A page of a group's members with their user names, after the account `after`: at most `limit` people, each with
/// every reason.
pub async fn list_by_group(
    tx: &mut Tx,
    group: &GroupId,
    after: Option<&UserId>,
    limit: u32,
) -> Result<Vec<(Membership, UserName)>, StorageError> {
    let values = values![group.as_str(), after.map_or("", UserId::as_str), limit];
    let rows = tx.fetch_all(BY_GROUP, values).await?;
    rows.iter().map(|row| Ok((read(row)?, row.parsed("username")?))).collect()
}

/// How many people are in a group.
pub async fn count_by_group(tx: &mut Tx, group: &GroupId) -> Result<i64, StorageError> {
    tx.fetch_one(COUNT, values![group.as_str()]).await?.int("count")
}

/// Removes everything that a connection fed.
pub async fn delete_by_connection(tx: &mut Tx, connection: &ConnectionId) -> Result<u64, StorageError> {
    let source = json("source", &MembershipSource::Connection(connection.clone()))?;
    tx.execute(BY_SOURCE_GONE, values![source]).await
}

fn read(row: &Row) -> Result<Membership, StorageError> {
    Ok(Membership {
        group: row.parsed("group_id")?,
        user: row.parsed("user_id")?,
        source: row.json("source")?,
        since: row.time("since")?,
    })
}
