//! Federated links: connection, issuer and external subject, byte for byte, to at most one account (R1).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use usher_domain::{AttributeSource, ConnectionId, ExternalKey, FederatedLink, LinkId, UserId};

use crate::StorageError;
use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::text::json;

macro_rules! columns {
    () => {
        "id, connection, issuer, subject, user_id, explanation, created_at, last_used_at"
    };
}

statements! {
    INSERT = concat!("INSERT INTO federated_links (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (connection, issuer, subject) DO NOTHING RETURNING id");
    FIND = concat!("SELECT ", columns!(), " FROM federated_links
        WHERE connection = $1 AND issuer = $2 AND subject = $3");
    LIST = concat!("SELECT ", columns!(), " FROM federated_links WHERE user_id = $1 ORDER BY created_at, id");
    TOUCH = "UPDATE federated_links SET last_used_at = $2 WHERE id = $1";
    DELETE = "DELETE FROM federated_links WHERE id = $1";
    GET = concat!("SELECT ", columns!(), " FROM federated_links WHERE id = $1");
    BY_CONNECTION = concat!("SELECT ", columns!(), " FROM federated_links WHERE connection = $1 AND id > $2
        ORDER BY id LIMIT $3");
    OF_USER_AT = "SELECT id FROM federated_links WHERE user_id = $1 AND connection = $2 LIMIT 1";
    OF_CONNECTION_GONE = "DELETE FROM federated_links WHERE connection = $1";
    OF_USER_GONE = "DELETE FROM federated_links WHERE user_id = $1";
    COUNT = "SELECT COUNT(*) AS count FROM federated_links WHERE connection = $1";
    COUNT_MADE = "SELECT COUNT(*) AS count FROM federated_links JOIN users ON users.id = federated_links.user_id
                  WHERE federated_links.connection = $1 AND users.created_by = $2";
}

/// What became of an insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkInsert {
    /// The link exists now.
    Inserted,
    /// The external identity is linked already: reload and decide again.
    Taken(FederatedLink),
}

/// Adds a link.
pub async fn insert(tx: &mut Tx, link: &FederatedLink) -> Result<LinkInsert, StorageError> {
    let values = values![
        link.id.as_str(),
        link.key.connection.as_str(),
        &link.key.issuer,
        &link.key.subject,
        link.user.as_str(),
        &link.explanation,
        link.created_at,
        link.last_used_at,
    ];
    if tx.fetch_optional(INSERT, values).await?.is_some() {
        return Ok(LinkInsert::Inserted);
    }
    let taken = find(tx, &link.key).await?;
    taken.map(LinkInsert::Taken).ok_or_else(|| StorageError::unreadable("id", "a link that was there is gone"))
}

/// The link of an external identity.
pub async fn find(tx: &mut Tx, key: &ExternalKey) -> Result<Option<FederatedLink>, StorageError> {
    let values = values![key.connection.as_str(), &key.issuer, &key.subject];
    tx.fetch_optional(FIND, values).await?.map(|row| read(&row)).transpose()
}

/// The links of an account, oldest first.
pub async fn list(tx: &mut Tx, user: &UserId) -> Result<Vec<FederatedLink>, StorageError> {
    tx.fetch_all(LIST, values![user.as_str()]).await?.iter().map(read).collect()
}

/// One link.
pub async fn get(tx: &mut Tx, id: &LinkId) -> Result<Option<FederatedLink>, StorageError> {
    tx.fetch_optional(GET, values![id.as_str()]).await?.map(|row| read(&row)).transpose()
}

/// A page of a connection's links by id, after the cursor.
pub async fn list_by_connection(
    tx: &mut Tx,
    connection: &ConnectionId,
    after: Option<&LinkId>,
    limit: u32,
) -> Result<Vec<FederatedLink>, StorageError> {
    let values = values![connection.as_str(), after.map_or("", LinkId::as_str), limit];
    tx.fetch_all(BY_CONNECTION, values).await?.iter().map(read).collect()
}

/// Whether any identity of a connection is linked to an account.
pub async fn exists_for_user(tx: &mut Tx, connection: &ConnectionId, user: &UserId) -> Result<bool, StorageError> {
    Ok(tx.fetch_optional(OF_USER_AT, values![user.as_str(), connection.as_str()]).await?.is_some())
}

/// Which of these accounts, a page of them, are linked to a connection.
pub async fn linked_users(
    tx: &mut Tx,
    connection: &ConnectionId,
    users: &[UserId],
) -> Result<BTreeSet<UserId>, StorageError> {
    let mut linked = BTreeSet::new();
    for user in users {
        if exists_for_user(tx, connection, user).await? {
            linked.insert(user.clone());
        }
    }
    Ok(linked)
}

/// Removes all links of a connection.
pub async fn delete_by_connection(tx: &mut Tx, connection: &ConnectionId) -> Result<u64, StorageError> {
    tx.execute(OF_CONNECTION_GONE, values![connection.as_str()]).await
}

/// Removes all links of an account.
pub async fn delete_by_user(tx: &mut Tx, user: &UserId) -> Result<u64, StorageError> {
    tx.execute(OF_USER_GONE, values![user.as_str()]).await
}

/// Notes that a link was used.
pub async fn touch(tx: &mut Tx, id: &LinkId, now: DateTime<Utc>) -> Result<(), StorageError> {
    tx.execute(TOUCH, values![id.as_str(), now]).await.map(drop)
}

/// Removes a link.
pub async fn delete(tx: &mut Tx, id: &LinkId) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![id.as_str()]).await? > 0)
}

/// How many accounts are linked through a connection.
pub async fn count_by_connection(tx: &mut Tx, connection: &ConnectionId) -> Result<i64, StorageError> {
    tx.fetch_one(COUNT, values![connection.as_str()]).await?.int("count")
}

/// How many of them the connection made itself.
pub async fn count_made_by(tx: &mut Tx, connection: &ConnectionId) -> Result<i64, StorageError> {
    let source = json("created_by", &AttributeSource::Connection(connection.clone()))?;
    tx.fetch_one(COUNT_MADE, values![connection.as_str(), source]).await?.int("count")
}

fn read(row: &Row) -> Result<FederatedLink, StorageError> {
    Ok(FederatedLink {
        id: row.parsed("id")?,
        key: ExternalKey {
            connection: row.parsed("connection")?,
            issuer: row.text("issuer")?,
            subject: row.text("subject")?,
        },
        user: row.parsed("user_id")?,
        created_at: row.time("created_at")?,
        last_used_at: row.time("last_used_at")?,
        explanation: row.text("explanation")?,
    })
}
