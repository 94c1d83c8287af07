//! The schema: forward-only migrations from the top-level `migrations` folder, one text per database under the
//! same name, and the refusal to start on a schema that is not ours.

use chrono::{DateTime, Utc};

use super::dialect::{self, Dialect};
use super::tx::Tx;
use super::value::values;
use crate::{StorageError, hash, hex};

struct Migration {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
    /// Whether an Usher that does not know this migration must refuse to start (REL-17: false where both can live).
    breaks_older: bool,
}

macro_rules! migration {
    ($version:literal, $name:literal, breaks_older: $breaks_older:literal) => {
        Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../../../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../../../migrations/postgres/", $name, ".sql")),
            breaks_older: $breaks_older,
        }
    };
}

/// In order. Never edited after landing.
const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_configuration", breaks_older: true),
    migration!(2, "0002_people", breaks_older: true),
    migration!(3, "0003_sign_in", breaks_older: true),
    migration!(4, "0004_records", breaks_older: true),
    migration!(5, "0005_sign_ins_in_progress", breaks_older: true),
    migration!(6, "0006_provisioning", breaks_older: true),
    migration!(7, "0007_flows_and_factors", breaks_older: true),
    migration!(8, "0008_account_and_recordings", breaks_older: true),
];

const APPLIED: &str = "SELECT version, name, checksum, breaks_older FROM schema_migrations ORDER BY version";
const RECORD: &str = "INSERT INTO schema_migrations (version, name, checksum, breaks_older, applied_at)
    VALUES ($1, $2, $3, $4, $5)";

impl Migration {
    fn text(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }

    fn checksum(&self, dialect: Dialect) -> String {
        hex(&hash(self.text(dialect).as_bytes()))
    }
}

/// Applies what is missing, all or nothing, alone. Gives the names of what was applied.
pub(super) async fn apply(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<&'static str>, StorageError> {
    let dialect = tx.dialect();
    tx.begin(dialect::begin_migrations(dialect)).await?;
    let outcome = apply_missing(tx, dialect, now).await;
    match outcome {
        Ok(names) => tx.commit().await.map(|()| names),
        Err(error) => {
            tx.rollback().await?;
            Err(error)
        }
    }
}

async fn apply_missing(tx: &mut Tx, dialect: Dialect, now: DateTime<Utc>) -> Result<Vec<&'static str>, StorageError> {
    tx.script(dialect::create_migrations(dialect)).await?;
    let found = last_applied(tx, dialect).await?;
    let mut names = Vec::new();
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > found) {
        tx.script(migration.text(dialect)).await?;
        let breaks_older = i64::from(migration.breaks_older);
        let values = values![migration.version, migration.name, migration.checksum(dialect), breaks_older, now];
        tx.execute(RECORD, values).await?;
        names.push(migration.name);
    }
    Ok(names)
}

/// Refuses a schema that is missing, too old, too new, or another one than ours.
pub(super) async fn check(tx: &mut Tx) -> Result<(), StorageError> {
    let dialect = tx.dialect();
    if tx.fetch_optional(dialect::has_migrations(dialect), &[]).await?.is_none() {
        return Err(StorageError::SchemaMissing);
    }
    let (found, needed) = (last_applied(tx, dialect).await?, newest());
    match found {
        0 => Err(StorageError::SchemaMissing),
        found if found < needed => Err(StorageError::SchemaTooOld { found, needed }),
        _ => Ok(()),
    }
}

/// The last version applied, 0 for none, after comparing every row with what this Usher carries.
async fn last_applied(tx: &mut Tx, dialect: Dialect) -> Result<i64, StorageError> {
    let mut last = 0;
    for row in tx.fetch_all(APPLIED, &[]).await? {
        last = row.int("version")?;
        let Some(known) = MIGRATIONS.iter().find(|migration| migration.version == last) else {
            if row.int("breaks_older")? == 0 {
                continue;
            }
            return Err(StorageError::SchemaTooNew { found: last, known: newest() });
        };
        if row.text("checksum")? != known.checksum(dialect) {
            return Err(StorageError::MigrationChanged(row.text("name")?));
        }
    }
    Ok(last)
}

fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

#[cfg(test)]
mod tests {
    use super::MIGRATIONS;

    #[test]
    fn both_folders_hold_exactly_the_known_migrations() {
        for side in ["sqlite", "postgres"] {
            let folder = format!("{}/../../migrations/{side}", env!("CARGO_MANIFEST_DIR"));
            let mut found: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            found.sort();
            let known: Vec<String> = MIGRATIONS.iter().map(|m| format!("{}.sql", m.name)).collect();
            assert_eq!(found, known, "{side}");
        }
    }

    #[test]
    fn versions_rise_and_stand_in_the_names() {
        for (index, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.version, i64::try_from(index).unwrap() + 1);
            assert!(migration.name.starts_with(&format!("{:04}_", migration.version)));
        }
    }
}
