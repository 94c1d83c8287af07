//! Signing keys: the private half sealed, one current key per algorithm (a unique index sees to it).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use usher_domain::{KeyId, SigningAlgorithm};

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::text::word;
use crate::{Sealed, StorageError};

statements! {
    INSERT = "INSERT INTO signing_keys (kid, algorithm, state, private_key, created_at, retired_at, expires_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING kid";
    LIST = "SELECT kid, algorithm, state, private_key, created_at, retired_at, expires_at FROM signing_keys
            ORDER BY created_at, kid";
    SET_STATE = "UPDATE signing_keys SET state = $2, retired_at = $3, expires_at = $4 WHERE kid = $1";
    DELETE = "DELETE FROM signing_keys WHERE kid = $1";
}

/// Where a key is in its life (REL-24).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Published, not signing yet.
    Next,
    /// Signing.
    Current,
    /// Published until its last token ran out.
    Retired,
}

/// One signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// The `kid`.
    pub id: KeyId,
    /// What it signs with.
    pub algorithm: SigningAlgorithm,
    /// Where it is in its life.
    pub state: KeyState,
    /// PKCS#8, sealed under [`crate::Purpose::SIGNING_KEY`] with the `kid` as row id.
    pub private_key: Sealed,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stopped signing.
    pub retired_at: Option<DateTime<Utc>>,
    /// When it leaves the published set.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Adds a key; false when the id is taken, or another key of its algorithm already is the current one.
pub async fn insert(tx: &mut Tx, key: &SigningKey) -> Result<bool, StorageError> {
    let values = values![
        key.id.as_str(),
        word("algorithm", &key.algorithm)?,
        word("state", &key.state)?,
        key.private_key.as_bytes(),
        key.created_at,
        key.retired_at,
        key.expires_at,
    ];
    Ok(tx.fetch_optional(INSERT, values).await?.is_some())
}

/// All keys, oldest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<SigningKey>, StorageError> {
    tx.fetch_all(LIST, &[]).await?.iter().map(read).collect()
}

/// Moves a key on. Retire the current key before making another one current. `at` is kept for a retired key only.
pub async fn set_state(
    tx: &mut Tx,
    id: &KeyId,
    state: KeyState,
    at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
) -> Result<bool, StorageError> {
    let retired_at = (state == KeyState::Retired).then_some(at);
    Ok(tx.execute(SET_STATE, values![id.as_str(), word("state", &state)?, retired_at, expires_at]).await? > 0)
}

/// Removes a key.
pub async fn delete(tx: &mut Tx, id: &KeyId) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![id.as_str()]).await? > 0)
}

fn read(row: &Row) -> Result<SigningKey, StorageError> {
    Ok(SigningKey {
        id: row.parsed("kid")?,
        algorithm: row.word("algorithm")?,
        state: row.word("state")?,
        private_key: Sealed::stored(row.bytes("private_key")?),
        created_at: row.time("created_at")?,
        retired_at: row.opt_time("retired_at")?,
        expires_at: row.opt_time("expires_at")?,
    })
}
