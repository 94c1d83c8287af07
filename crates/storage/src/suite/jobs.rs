//! Jobs: all or nothing each, nothing answered before its COMMIT, faults of one never felt by another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::join_all;

use super::{Fixture, on_both};
use crate::db::values;
use crate::testing::TestDatabase;
use crate::{StorageError, settings};

/// What a caller's own error looks like.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("refused")]
    ByRule,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

async fn setting(test: &Fixture, name: &'static str) -> Option<String> {
    test.read(move |tx| Box::pin(settings::get(tx, name))).await
}

#[tokio::test]
async fn an_error_rolls_its_job_back() {
    on_both(|test| async move {
        let outcome: Result<(), Refused> = test
            .store
            .write(|tx| {
                Box::pin(async move {
                    settings::put(tx, "half", "done").await?;
                    Err(Refused::ByRule)
                })
            })
            .await;
        assert!(matches!(outcome, Err(Refused::ByRule)));
        assert_eq!(setting(&test, "half").await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_job_does_not_touch_its_neighbours() {
    on_both(|test| async move {
        let jobs = (0..60_i64).map(|number| {
            test.store.write(move |tx| {
                Box::pin(async move {
                    settings::put(tx, &format!("job {number}"), "done").await?;
                    match number % 3 {
                        0 => Ok(()),
                        1 => Err(Refused::ByRule),
                        _ => tx
                            .execute("INSERT INTO roles (user_id) VALUES ($1)", values!["x"])
                            .await
                            .map(drop)
                            .map_err(Refused::from),
                    }
                })
            })
        });
        for (number, outcome) in join_all(jobs).await.into_iter().enumerate() {
            let name = format!("job {number}");
            let stored = test.read(move |tx| Box::pin(async move { settings::get(tx, &name).await })).await;
            assert_eq!((outcome.is_ok(), stored.is_some()), (number % 3 == 0, number % 3 == 0), "{number}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_swallowed_error_dooms_its_job() {
    on_both(|test| async move {
        let outcome: Result<(), StorageError> = test
            .store
            .write(|tx| {
                Box::pin(async move {
                    settings::put(tx, "half", "done").await?;
                    let ignored = tx.execute("INSERT INTO settings (name) VALUES ($1)", values!["x"]).await;
                    assert!(ignored.is_err());
                    Ok(())
                })
            })
            .await;
        assert!(matches!(outcome, Err(StorageError::Database(_))), "{outcome:?}");
        assert_eq!(setting(&test, "half").await, None);
    })
    .await;
}

#[tokio::test]
async fn a_panic_is_an_error_and_the_store_works_on() {
    on_both(|test| async move {
        let outcome: Result<(), StorageError> = test
            .store
            .write(|tx| {
                Box::pin(async move {
                    settings::put(tx, "half", "done").await?;
                    panic!("on purpose");
                })
            })
            .await;
        assert!(matches!(outcome, Err(StorageError::JobPanicked)), "{outcome:?}");
        assert_eq!(setting(&test, "half").await, None);
        test.write(|tx| Box::pin(settings::put(tx, "whole", "done"))).await;
        assert_eq!(setting(&test, "whole").await.as_deref(), Some("done"));
    })
    .await;
}

#[tokio::test]
async fn a_job_reads_its_own_writes_and_nobody_else_does() {
    on_both(|test| async move {
        let store = test.store.clone();
        let (inside, outside) = test
            .store
            .write_once(move |tx| {
                Box::pin(async move {
                    settings::put(tx, "mine", "1").await?;
                    let inside = settings::get(tx, "mine").await?;
                    let outside = store.read(|tx| Box::pin(settings::get(tx, "mine"))).await?;
                    Ok::<_, StorageError>((inside, outside))
                })
            })
            .await
            .unwrap();
        assert_eq!((inside.as_deref(), outside), (Some("1"), None));
    })
    .await;
}

#[tokio::test]
async fn the_number_of_values_is_asserted() {
    on_both(|test| async move {
        for values in [vec![], vec!["a".into(), "b".into()]] {
            let outcome: Result<(), StorageError> = test
                .store
                .write(move |tx| {
                    Box::pin(async move { tx.execute("DELETE FROM settings WHERE name = $1", &values).await.map(drop) })
                })
                .await;
            assert!(matches!(outcome, Err(StorageError::BindCount { expected: 1, .. })), "{outcome:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_read_job_cannot_write_on_sqlite() {
    let test = Fixture::new(TestDatabase::sqlite()).await;
    let outcome = test.store.read(|tx| Box::pin(settings::put(tx, "sneaky", "1"))).await;
    assert!(outcome.is_err());
    assert_eq!(setting(&test, "sneaky").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_share_commits_on_sqlite_and_statements_are_counted() {
    on_both(|test| async move {
        let before = test.store.counts();
        join_all((0..100).map(|number| {
            let store = test.store.clone();
            async move {
                let name = format!("{number}");
                store.write(move |tx| Box::pin(async move { settings::put(tx, &name, "1").await })).await.unwrap();
            }
        }))
        .await;
        let after = test.store.counts();
        assert_eq!(after.statements - before.statements, 100);
        let commits = after.commits - before.commits;
        if test.store.is_embedded() {
            assert!(commits < 20, "{commits} commits for a hundred jobs at once");
        } else {
            assert_eq!(commits, 100);
        }
        assert_eq!(after.ephemeral_commits, before.ephemeral_commits);
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_meets_another_runs_again_on_postgres() {
    const MEET: &str = "DO $$ BEGIN RAISE EXCEPTION 'met' USING ERRCODE = '40001'; END $$";
    let test = Fixture::new(TestDatabase::postgres().await).await;
    for (failures, succeeds) in [(2, true), (1000, false)] {
        let tries = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&tries);
        let outcome: Result<(), StorageError> = test
            .store
            .write(move |tx| {
                Box::pin(async move {
                    settings::put(tx, "tries", "x").await?;
                    if counter.fetch_add(1, Ordering::SeqCst) < failures {
                        tx.execute(MEET, &[]).await?;
                    }
                    Ok(())
                })
            })
            .await;
        assert_eq!(outcome.is_ok(), succeeds, "{outcome:?}");
        assert_eq!(tries.load(Ordering::SeqCst), if succeeds { 3 } else { 4 });
        if !succeeds {
            assert!(matches!(outcome, Err(StorageError::Serialization(_))), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_a_whole_transaction() {
    on_both(|test| async move {
        let store = test.store.clone();
        let (started, has_started) = tokio::sync::oneshot::channel();
        let (finish, go_on) = tokio::sync::oneshot::channel::<()>();
        let caller = tokio::spawn(async move {
            let job = store.write_once(move |tx| {
                Box::pin(async move {
                    settings::put(tx, "first", "1").await?;
                    started.send(()).unwrap();
                    go_on.await.unwrap();
                    settings::put(tx, "second", "1").await
                })
            });
            job.await.unwrap();
        });
        has_started.await.unwrap();
        caller.abort();
        finish.send(()).unwrap();
        // Queued behind the abandoned job on SQLite; on PostgreSQL it waits for the row.
        test.write(|tx| Box::pin(async move { settings::put(tx, "first", "2").await })).await;
        assert_eq!(setting(&test, "second").await.as_deref(), Some("1"));
    })
    .await;
}

#[tokio::test]
async fn a_closed_store_refuses() {
    on_both(|test| async move {
        test.write(|tx| Box::pin(settings::put(tx, "a", "1"))).await;
        test.store.close().await;
        let outcome = test.store.write(|tx| Box::pin(settings::put(tx, "a", "2"))).await;
        assert!(outcome.is_err_and(|error| error.is_unavailable()));
    })
    .await;
}
