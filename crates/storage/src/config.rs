//! The version of the configuration: rises with every change of what the snapshot holds, and guards the
//! transactions that were decided on an older snapshot.

use crate::StorageError;
use crate::db::{Tx, values};
use crate::statements::statements;

statements! {
    READ = "SELECT version FROM config_version WHERE id = 1";
    BUMP = "UPDATE config_version SET version = version + 1 WHERE id = 1 RETURNING version";
    QUEUE = "UPDATE config_version SET version = version WHERE id = 1";
    ASSERT = "SELECT version FROM config_version WHERE version = $1";
}

/// The present version.
pub async fn version(tx: &mut Tx) -> Result<i64, StorageError> {
    tx.fetch_one(READ, &[]).await?.int("version")
}

/// Raises the version, in the transaction of the change, and gives the new one.
pub async fn bump(tx: &mut Tx) -> Result<i64, StorageError> {
    tx.fetch_one(BUMP, &[]).await?.int("version")
}

/// Lets rules that count rows ("the last owner stays") be judged one transaction after the other: first statement of
/// the job. Under READ COMMITTED two counts would otherwise not see each other's change.
pub async fn queue(tx: &mut Tx) -> Result<(), StorageError> {
    tx.execute(QUEUE, &[]).await.map(drop)
}

/// Whether the version still is `version`; if not, reload and decide again.
pub async fn assert_config_version(tx: &mut Tx, version: i64) -> Result<bool, StorageError> {
    Ok(tx.fetch_optional(ASSERT, values![version]).await?.is_some())
}
