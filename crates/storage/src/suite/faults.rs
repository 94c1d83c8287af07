//! Faults below the store (REL-04, REL-06, REL-08): nothing acknowledged is lost, nothing is done twice, and the
//! store works on when the fault is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::Fixture;
use crate::testing::TestDatabase;
use crate::{StorageError, Store, settings};

async fn put(store: &Store, name: String, value: String) -> Result<(), StorageError> {
    store.write(move |tx| Box::pin(async move { settings::put(tx, &name, &value).await })).await
}

async fn get(store: &Store, name: String) -> Option<String> {
    store.read(|tx| Box::pin(async move { settings::get(tx, &name).await })).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let test = Fixture::new(TestDatabase::sqlite()).await;
    let limit = |sql: &'static str| test.write(move |tx| Box::pin(async move { tx.execute(sql, &[]).await.map(drop) }));
    limit("PRAGMA max_page_count = 180").await;
    let mut outcomes = Vec::new();
    for wave in 0..12 {
        // A batch each, of different sizes, so that the disk is full at different points of a batch.
        let writes = (wave * 10..wave * 10 + 10).map(|number| {
            let store = test.store.clone();
            async move { put(&store, format!("job {number}"), "x".repeat(number * 997 % 9000)).await }
        });
        outcomes.extend(join_all(writes).await);
    }
    let (kept, refused): (Vec<_>, Vec<_>) = outcomes.iter().enumerate().partition(|(_, outcome)| outcome.is_ok());
    assert!(!kept.is_empty() && !refused.is_empty(), "{} {}", kept.len(), refused.len());
    for (number, _) in kept {
        assert!(get(&test.store, format!("job {number}")).await.is_some(), "job {number} was acknowledged");
    }
    for (number, outcome) in refused {
        assert!(outcome.as_ref().is_err_and(StorageError::is_unavailable), "{outcome:?}");
        assert_eq!(get(&test.store, format!("job {number}")).await, None, "job {number} was refused");
    }
    limit("PRAGMA max_page_count = 100000").await;
    put(&test.store, "after".to_owned(), "x".repeat(100_000)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_outlive_a_restart_of_postgres() {
    let test = Fixture::new(TestDatabase::postgres().await).await;
    // Several connections rest in the pool.
    join_all((0..6).map(|number| put(&test.store, format!("{number}"), "1".to_owned()))).await;
    let mut admin = PgConnection::connect(test.database.url()).await.unwrap();
    for round in 0..3 {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'usher'
                   AND datname = current_database()";
        sqlx::raw_sql(sql).execute(&mut admin).await.unwrap();
        put(&test.store, format!("round {round}"), "1".to_owned()).await.unwrap();
        let again = join_all((0..6).map(|number| put(&test.store, format!("{number}"), "2".to_owned()))).await;
        assert!(again.iter().all(Result::is_ok), "{again:?}");
        assert_eq!(get(&test.store, "0".to_owned()).await.as_deref(), Some("2"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_told_and_not_done_again() {
    let test = Fixture::new(TestDatabase::postgres().await).await;
    let fault = Arc::new(AtomicU8::new(PASS));
    let mut options = test.database.options();
    options.url = through_proxy(&options.url, Arc::clone(&fault)).await;
    let store = Store::open(&options).await.unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&runs);
    fault.store(CUT, Ordering::SeqCst);
    let outcome: Result<(), StorageError> = store
        .write(move |tx| {
            Box::pin(async move {
                counter.fetch_add(1, Ordering::SeqCst);
                settings::put(tx, "unknown", "1").await
            })
        })
        .await;
    assert!(matches!(outcome, Err(StorageError::CommitUnknown(_))), "{outcome:?}");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    fault.store(PASS, Ordering::SeqCst);
    put(&store, "after".to_owned(), "1".to_owned()).await.unwrap();
    assert_eq!(get(&test.store, "unknown".to_owned()).await.as_deref(), Some("1"), "it did happen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_froze_is_not_waited_for() {
    let test = Fixture::new(TestDatabase::postgres().await).await;
    let fault = Arc::new(AtomicU8::new(PASS));
    let mut options = test.database.options();
    options.url = through_proxy(&options.url, Arc::clone(&fault)).await;
    options.statement_timeout = Duration::from_millis(300);
    options.acquire_timeout = Duration::from_secs(2);
    let store = Store::open(&options).await.unwrap();
    put(&store, "before".to_owned(), "1".to_owned()).await.unwrap();
    fault.store(FREEZE, Ordering::SeqCst);
    let begun = Instant::now();
    let write = put(&store, "frozen".to_owned(), "1".to_owned());
    let read = store.read(|tx| Box::pin(settings::get(tx, "before")));
    let (write, read) = tokio::join!(write, read);
    assert!(write.as_ref().is_err_and(StorageError::is_unavailable), "{write:?}");
    assert!(read.as_ref().is_err_and(StorageError::is_unavailable), "{read:?}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    fault.store(PASS, Ordering::SeqCst);
    put(&store, "after".to_owned(), "1".to_owned()).await.unwrap();
    assert_eq!(get(&store, "before".to_owned()).await.as_deref(), Some("1"));
}

/// What the proxy does: carry on; hand COMMIT on and then hang up; hand nothing on.
const PASS: u8 = 0;
const CUT: u8 = 1;
const FREEZE: u8 = 2;

/// The same URL through a proxy with a fault.
async fn through_proxy(url: &str, fault: Arc<AtomicU8>) -> String {
    let (before, rest) = url.split_once('@').unwrap();
    let (server, database) = rest.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = server.to_owned();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(carry(client, TcpStream::connect(server.clone()).await.unwrap(), Arc::clone(&fault)));
        }
    });
    format!("{before}@{address}/{database}")
}

async fn carry(client: TcpStream, server: TcpStream, fault: Arc<AtomicU8>) {
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let (hush, heard) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
    let answers = tokio::spawn(answer(from_server, to_client, (Arc::clone(&hush), Arc::clone(&heard))));
    let mut buffer = vec![0; 65536];
    while let Ok(length) = from_client.read(&mut buffer).await {
        let Some(part) = buffer.get(..length).filter(|part| !part.is_empty()) else { break };
        while fault.load(Ordering::SeqCst) == FREEZE {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let cut = fault.load(Ordering::SeqCst) == CUT && part.windows(6).any(|word| word == b"COMMIT");
        hush.store(cut, Ordering::SeqCst);
        if to_server.write_all(part).await.is_err() {
            break;
        }
        if cut {
            // The server has committed when it answers; the client never hears of it.
            heard.notified().await;
            break;
        }
    }
    answers.abort();
}

/// Hands answers on, or keeps them and tells that there was one.
async fn answer(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, (hush, heard): (Arc<AtomicBool>, Arc<Notify>)) {
    let mut buffer = vec![0; 65536];
    while let Ok(length) = from.read(&mut buffer).await {
        let Some(part) = buffer.get(..length).filter(|part| !part.is_empty()) else { break };
        if hush.load(Ordering::SeqCst) {
            heard.notify_one();
        } else if to.write_all(part).await.is_err() {
            break;
        }
    }
    heard.notify_one();
}
