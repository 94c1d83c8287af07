//! Opening: migrations from empty, and every reason to refuse with one clear line (REL-28).

use usher_domain::Clock;

use super::{Fixture, on_both};
use crate::db::values;
use crate::testing::{FixedClock, TestDatabase};
use crate::{MasterKey, StorageError, Store, StoreOptions, config};

async fn change(test: &Fixture, sql: &'static str) {
    test.write(move |tx| Box::pin(async move { tx.execute(sql, &[]).await.map(drop) })).await;
}

#[tokio::test]
async fn an_empty_database_is_refused_migrated_once_and_opened() {
    for database in [TestDatabase::sqlite(), TestDatabase::postgres().await] {
        let (options, now) = (database.options(), FixedClock::default().now());
        let refused = Store::open(&options).await.unwrap_err();
        assert!(matches!(refused, StorageError::SchemaMissing), "{refused:?}");
        let names = Store::migrate(&options, now).await.unwrap();
        assert_eq!(names.first(), Some(&"0001_configuration"));
        assert!(Store::migrate(&options, now).await.unwrap().is_empty(), "applied twice");
        let store = Store::open(&options).await.unwrap();
        store.ping().await.unwrap();
        assert_eq!(store.read(|tx| Box::pin(config::version(tx))).await.unwrap(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_migrate_at_once_apply_each_migration_once() {
    for database in [TestDatabase::sqlite(), TestDatabase::postgres().await] {
        let (options, now) = (database.options(), FixedClock::default().now());
        let (one, two) = tokio::join!(Store::migrate(&options, now), Store::migrate(&options, now));
        let (one, two) = (one.unwrap(), two.unwrap());
        assert!(one.is_empty() != two.is_empty(), "{one:?} {two:?}");
        Store::open(&options).await.unwrap();
    }
}

#[tokio::test]
async fn an_older_schema_is_refused() {
    on_both(|test| async move {
        change(&test, "DELETE FROM schema_migrations WHERE version = 8").await;
        let refused = Store::open(&test.database.options()).await.unwrap_err();
        assert!(matches!(refused, StorageError::SchemaTooOld { found: 7, needed: 8 }), "{refused:?}");
        assert!(refused.to_string().contains("run `usher migrate` first"));
    })
    .await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_unless_it_says_that_it_harms_nobody() {
    on_both(|test| async move {
        change(
            &test,
            "INSERT INTO schema_migrations (version, name, checksum, breaks_older, applied_at)
             VALUES (900, '0900_future', 'x', 0, 0)",
        )
        .await;
        Store::open(&test.database.options()).await.unwrap();
        change(&test, "UPDATE schema_migrations SET breaks_older = 1 WHERE version = 900").await;
        let refused = Store::open(&test.database.options()).await.unwrap_err();
        assert!(matches!(refused, StorageError::SchemaTooNew { found: 900, known: 8 }), "{refused:?}");
        let refused = Store::migrate(&test.database.options(), test.now()).await.unwrap_err();
        assert!(matches!(refused, StorageError::SchemaTooNew { .. }), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn an_edited_migration_is_noticed() {
    on_both(|test| async move {
        change(&test, "UPDATE schema_migrations SET checksum = 'edited' WHERE version = 2").await;
        let refused = Store::open(&test.database.options()).await.unwrap_err();
        assert!(matches!(refused, StorageError::MigrationChanged(name) if name == "0002_people"));
    })
    .await;
}

#[tokio::test]
async fn another_master_key_is_refused() {
    on_both(|test| async move {
        let mut options = test.database.options();
        options.master = MasterKey::from_bytes([8; 32]);
        let refused = Store::open(&options).await.unwrap_err();
        assert!(matches!(refused, StorageError::WrongMasterKey), "{refused:?}");
        Store::open(&test.database.options()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_one_clear_line() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://usher:hunter2@127.0.0.1:{port}/usher");
    let mut options = StoreOptions::new(url, MasterKey::from_bytes([7; 32]));
    options.acquire_timeout = std::time::Duration::from_millis(200);
    let refused = Store::open(&options).await.unwrap_err();
    let line = refused.to_string();
    assert!(line.contains("127.0.0.1") && !line.contains("hunter2"), "{line}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_sqlite_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let test = Fixture::new(TestDatabase::sqlite()).await;
    test.write(|tx| Box::pin(crate::settings::put(tx, "a", "1"))).await;
    let folder = test.database.path().unwrap().parent().unwrap().to_owned();
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{file:?}");
    }
}

#[tokio::test]
async fn what_is_written_is_there_after_reopening() {
    on_both(|test| async move {
        test.write(|tx| {
            Box::pin(async move { tx.execute("UPDATE config_version SET version = $1", values![41_i64]).await })
        })
        .await;
        test.store.close().await;
        let store = Store::open(&test.database.options()).await.unwrap();
        assert_eq!(store.write(|tx| Box::pin(config::bump(tx))).await.unwrap(), 42);
    })
    .await;
}
