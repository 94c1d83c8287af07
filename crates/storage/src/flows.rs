//! Sign-ins in progress: an opaque sealed blob under a revision. A save that finds another revision means
//! "continued in another tab". Ephemeral: a lost one costs a person a click on "start again".

use chrono::{DateTime, Utc};
use usher_domain::{ApplicationId, FlowId};

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::{Hash, Sealed, StorageError};

statements! {
    INSERT = "INSERT INTO flows (id, browser_hash, application, revision, sealed, created_at, expires_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING RETURNING id";
    GET = "SELECT id, browser_hash, application, revision, sealed, created_at, expires_at FROM flows
           WHERE id = $1 AND expires_at > $2";
    SAVE = "UPDATE flows SET sealed = $3, revision = revision + 1 WHERE id = $1 AND revision = $2
            RETURNING revision";
    DELETE = "DELETE FROM flows WHERE id = $1";
    COUNT = "SELECT COUNT(*) AS count FROM flows WHERE browser_hash = $1 AND application = $2 AND expires_at > $3";
    COUNT_ALL = "SELECT COUNT(*) AS count FROM flows WHERE expires_at > $1";
    /// The oldest `$1` that nobody went on with.
    EVICT = "DELETE FROM flows WHERE id IN (SELECT id FROM flows WHERE revision = 1 ORDER BY expires_at LIMIT $1)";
    EXPIRED = "SELECT id, browser_hash, application, revision, sealed, created_at, expires_at FROM flows
               WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT $2";
    /// All but the newest `$3` of one browser and application.
    DELETE_OLDEST = "DELETE FROM flows WHERE browser_hash = $1 AND application = $2 AND id NOT IN
                     (SELECT id FROM flows WHERE browser_hash = $1 AND application = $2
                      ORDER BY created_at DESC, id DESC LIMIT $3)";
}

/// A sign-in in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRow {
    /// Id.
    pub id: FlowId,
    /// Hash of the binding cookie of the browser that owns it.
    pub browser_hash: Hash,
    /// Where it leads.
    pub application: ApplicationId,
    /// Rises with every save; begins with 1.
    pub revision: i64,
    /// Its state, sealed under [`crate::Purpose::FLOW`].
    pub sealed: Sealed,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it ends unfinished.
    pub expires_at: DateTime<Utc>,
}

/// Adds a flow; false when the id is taken.
pub async fn insert(tx: &mut Tx, flow: &FlowRow) -> Result<bool, StorageError> {
    let values = values![
        flow.id.as_str(),
        &flow.browser_hash,
        flow.application.as_str(),
        flow.revision,
        flow.sealed.as_bytes(),
        flow.created_at,
        flow.expires_at,
    ];
    Ok(tx.fetch_optional(INSERT, values).await?.is_some())
}

/// A live flow.
pub async fn get(tx: &mut Tx, id: &FlowId, now: DateTime<Utc>) -> Result<Option<FlowRow>, StorageError> {
    tx.fetch_optional(GET, values![id.as_str(), now]).await?.map(|row| read(&row)).transpose()
}

/// Flows that ended unfinished and wait for the purge, oldest first.
pub async fn expired(tx: &mut Tx, now: DateTime<Utc>, limit: u32) -> Result<Vec<FlowRow>, StorageError> {
    tx.fetch_all(EXPIRED, values![now, i64::from(limit)]).await?.iter().map(read).collect()
}

/// Replaces the state at a revision, and gives the new one; none when another tab was faster, or the flow is gone.
pub async fn save(tx: &mut Tx, id: &FlowId, revision: i64, sealed: &Sealed) -> Result<Option<i64>, StorageError> {
    let values = values![id.as_str(), revision, sealed.as_bytes()];
    tx.fetch_optional(SAVE, values).await?.map(|row| row.int("revision")).transpose()
}

/// Removes a flow. Its hand-shakes lead nowhere and expire.
pub async fn delete(tx: &mut Tx, id: &FlowId) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![id.as_str()]).await? > 0)
}

/// Removes the oldest flows that nobody went on with; how many went.
pub async fn evict(tx: &mut Tx, most: i64) -> Result<u64, StorageError> {
    tx.execute(EVICT, values![most]).await
}

/// Live flows of one browser to one application.
pub async fn count(
    tx: &mut Tx,
    browser: &Hash,
    application: &ApplicationId,
    now: DateTime<Utc>,
) -> Result<i64, StorageError> {
    tx.fetch_one(COUNT, values![browser, application.as_str(), now]).await?.int("count")
}

/// All live flows.
pub async fn count_all(tx: &mut Tx, now: DateTime<Utc>) -> Result<i64, StorageError> {
    tx.fetch_one(COUNT_ALL, values![now]).await?.int("count")
}

/// Removes all but the newest `keep` flows of one browser to one application: the cap that does not lock people out.
pub async fn delete_oldest(
    tx: &mut Tx,
    browser: &Hash,
    application: &ApplicationId,
    keep: i64,
) -> Result<u64, StorageError> {
    tx.execute(DELETE_OLDEST, values![browser, application.as_str(), keep]).await
}

fn read(row: &Row) -> Result<FlowRow, StorageError> {
    Ok(FlowRow {
        id: row.parsed("id")?,
        browser_hash: row.hash("browser_hash")?,
        application: row.parsed("application")?,
        revision: row.int("revision")?,
        sealed: Sealed::stored(row.bytes("sealed")?),
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    })
}
