//! The SQLite file of sign-ins in progress: thrown away whenever keeping it is not plainly right.
//!
//! Without syncs a crash of the machine may leave anything behind, so the file is kept only within one boot; a
//! crash of the process alone loses nothing. There are no migrations: another schema means another file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::sqlite::SqliteSynchronous;

use super::options::StoreOptions;
use super::sqlite::{SqliteFile, is_sound};
use super::value::values;
use crate::{StorageError, hash, hex};

const SCHEMA: &str = include_str!("ephemeral.sql");
const READ_MARK: &str = "SELECT boot, schema FROM mark WHERE id = 1";
const WRITE_MARK: &str = "INSERT INTO mark (id, boot, schema) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING";

/// Where the kernel tells which boot this is.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Opens the file beside the durable one, after throwing away what is not of this boot and schema.
pub(super) async fn open(durable: &Path, options: &StoreOptions) -> Result<SqliteFile, StorageError> {
    let path = beside(durable, ".in-progress");
    let boot = options.boot_id.clone().unwrap_or_else(boot_id);
    let schema = hex(&hash(SCHEMA.as_bytes()));
    if path.exists() {
        if let Some(file) = reopen(&path, options, &boot, &schema).await {
            return Ok(file);
        }
        remove(&path)?;
    }
    let file = SqliteFile::open(&path, SqliteSynchronous::Off, options).await?;
    file.write(move |tx| {
        Box::pin(async move {
            tx.script(SCHEMA).await?;
            tx.execute(WRITE_MARK, values![boot, schema]).await?;
            Ok::<_, StorageError>(())
        })
    })
    .await?;
    Ok(file)
}

/// The file as it is, if it is sound and ours.
async fn reopen(path: &Path, options: &StoreOptions, boot: &str, schema: &str) -> Option<SqliteFile> {
    if !is_sound(path).await {
        return None;
    }
    let file = SqliteFile::open(path, SqliteSynchronous::Off, options).await.ok()?;
    let mark = file.read(|tx| Box::pin(async move { tx.fetch_optional(READ_MARK, &[]).await })).await;
    let row = mark.ok().flatten();
    if row
        .is_some_and(|row| matches!((row.text("boot"), row.text("schema")), (Ok(b), Ok(s)) if b == boot && s == schema))
    {
        return Some(file);
    }
    file.close().await;
    None
}

fn boot_id() -> String {
    std::fs::read_to_string(BOOT_ID).map(|text| text.trim().to_owned()).unwrap_or_default()
}

fn remove(path: &Path) -> Result<(), StorageError> {
    for part in [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")] {
        match std::fs::remove_file(&part) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StorageError::Unavailable(Arc::new(error)));
            }
            _ => {}
        }
    }
    Ok(())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}
