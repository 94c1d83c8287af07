//! Sessions: rows that can be listed and revoked. Of the cookie's value only the hash is here, so a copy of the
//! database signs nobody in; the data is sealed.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use usher_domain::{Entropy, SessionId, UserId};

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::text::{hash, hex, word};
use crate::{Hash, Purpose, SealError, Sealed, Sealer, StorageError};

macro_rules! columns {
    () => {
        "id_hash, sid, kind, user_id, data, created_at, expires_at, remote, agent"
    };
}

statements! {
    INSERT = concat!("INSERT INTO sessions (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT DO NOTHING RETURNING sid");
    GET = concat!("SELECT ", columns!(), " FROM sessions WHERE id_hash = $1 AND kind = $2 AND expires_at > $3");
    BY_SID = concat!("SELECT ", columns!(), " FROM sessions WHERE sid = $1 AND expires_at > $2");
    SAVE = "UPDATE sessions SET data = $2 WHERE id_hash = $1";
    DELETE = "DELETE FROM sessions WHERE id_hash = $1";
    DELETE_BY_SID = "DELETE FROM sessions WHERE sid = $1";
    DELETE_BY_USER = "DELETE FROM sessions WHERE user_id = $1";
    DELETE_OTHERS = "DELETE FROM sessions WHERE user_id = $1 AND sid <> $2";
    LIST_BY_USER = concat!("SELECT ", columns!(), " FROM sessions WHERE user_id = $1 AND expires_at > $2
        ORDER BY created_at DESC, sid");
}

/// What a session holds, by name. An empty one is taken for no session by the cookie layer.
pub type SessionData = HashMap<String, serde_json::Value>;

/// The value of a session cookie: 128 random bits. Prints as `[secret]`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CookieId([u8; 16]);

impl std::fmt::Debug for CookieId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl CookieId {
    /// A new id.
    pub fn random(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// Reads the text of a cookie.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The text of the cookie, and of the key `usher.adopt`.
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is kept of it.
    pub fn hash(self) -> Hash {
        hash(&self.0)
    }

    pub(crate) fn from_number(number: i128) -> Self {
        Self(number.to_le_bytes())
    }

    pub(crate) fn to_number(self) -> i128 {
        i128::from_le_bytes(self.0)
    }
}

/// Whose session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// A browser that signed in to applications.
    Browser,
    /// An admin in the console.
    Console,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Hash of the cookie's value.
    pub id_hash: Hash,
    /// Public handle, the `sid` claim.
    pub sid: SessionId,
    /// Whose.
    pub kind: SessionKind,
    /// The local account; none for pass-through.
    pub user: Option<UserId>,
    /// Sealed by [`seal_data`].
    pub data: Sealed,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// The address that it began from.
    pub remote: Option<String>,
    /// What the browser called itself; [`insert`] cuts it.
    pub agent: Option<String>,
}

/// Most characters kept of what a browser calls itself.
const AGENT_CHARACTERS: usize = 200;

/// Seals what a session holds.
pub fn seal_data(
    sealer: &Sealer,
    id_hash: &Hash,
    data: &SessionData,
    entropy: &dyn Entropy,
) -> Result<Sealed, SealError> {
    let text = serde_json::to_vec(data).map_err(|_| SealError::NotSealed)?;
    sealer.seal(Purpose::SESSION, &hex(id_hash), &text, entropy)
}

/// Opens what a session holds.
pub fn open_data(sealer: &Sealer, row: &SessionRow) -> Result<SessionData, StorageError> {
    let text = sealer.open(Purpose::SESSION, &hex(&row.id_hash), &row.data)?;
    serde_json::from_slice(&text).map_err(|_| StorageError::unreadable("data", "not a session"))
}

/// Adds a session; false when id or handle are taken.
pub async fn insert(tx: &mut Tx, row: &SessionRow) -> Result<bool, StorageError> {
    let values = values![
        &row.id_hash,
        row.sid.as_str(),
        word("kind", &row.kind)?,
        row.user.as_ref().map(UserId::as_str),
        row.data.as_bytes(),
        row.created_at,
        row.expires_at,
        row.remote.as_ref(),
        row.agent.as_deref().map(cut),
    ];
    Ok(tx.fetch_optional(INSERT, values).await?.is_some())
}

/// The live session of a cookie.
pub async fn get(
    tx: &mut Tx,
    id_hash: &Hash,
    kind: SessionKind,
    now: DateTime<Utc>,
) -> Result<Option<SessionRow>, StorageError> {
    let values = values![id_hash, word("kind", &kind)?, now];
    tx.fetch_optional(GET, values).await?.map(|row| read(&row)).transpose()
}

/// The live session of a handle.
pub async fn get_by_sid(tx: &mut Tx, sid: &SessionId, now: DateTime<Utc>) -> Result<Option<SessionRow>, StorageError> {
    tx.fetch_optional(BY_SID, values![sid.as_str(), now]).await?.map(|row| read(&row)).transpose()
}

/// Replaces what a session holds; false when it was ended meanwhile, and then it stays ended.
pub async fn save(tx: &mut Tx, id_hash: &Hash, data: &Sealed) -> Result<bool, StorageError> {
    Ok(tx.execute(SAVE, values![id_hash, data.as_bytes()]).await? > 0)
}

/// Ends the session of a cookie.
pub async fn delete(tx: &mut Tx, id_hash: &Hash) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![id_hash]).await? > 0)
}

/// Ends the session of a handle.
pub async fn delete_by_sid(tx: &mut Tx, sid: &SessionId) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE_BY_SID, values![sid.as_str()]).await? > 0)
}

/// Ends all sessions of an account, those in the console too.
pub async fn delete_by_user(tx: &mut Tx, user: &UserId) -> Result<u64, StorageError> {
    tx.execute(DELETE_BY_USER, values![user.as_str()]).await
}

/// Ends all sessions of an account but one.
pub async fn delete_others(tx: &mut Tx, user: &UserId, keep: &SessionId) -> Result<u64, StorageError> {
    tx.execute(DELETE_OTHERS, values![user.as_str(), keep.as_str()]).await
}

/// The live sessions of an account, newest first.
pub async fn list_by_user(tx: &mut Tx, user: &UserId, now: DateTime<Utc>) -> Result<Vec<SessionRow>, StorageError> {
    tx.fetch_all(LIST_BY_USER, values![user.as_str(), now]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<SessionRow, StorageError> {
    Ok(SessionRow {
        id_hash: row.hash("id_hash")?,
        sid: row.parsed("sid")?,
        kind: row.word("kind")?,
        user: row.opt_parsed("user_id")?,
        data: Sealed::stored(row.bytes("data")?),
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        remote: row.opt_text("remote")?,
        agent: row.opt_text("agent")?,
    })
}

/// Cut, and without the one character that PostgreSQL does not keep.
pub(crate) fn cut(agent: &str) -> String {
    agent.chars().filter(|character| *character != '\0').take(AGENT_CHARACTERS).collect()
}
