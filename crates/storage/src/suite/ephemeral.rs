//! Sign-ins in progress: flows under revisions, hand-shakes claimed once, and the SQLite file that is thrown away.

use chrono::Duration;
use futures_util::future::join_all;
use usher_domain::FlowId;

use super::{Fixture, application, connection, on_both};
use crate::flows::FlowRow;
use crate::pending::PendingRow;
use crate::testing::TestDatabase;
use crate::{Store, flows, hash, pending};

impl Fixture {
    fn flow(&self, name: &str) -> FlowRow {
        FlowRow {
            id: FlowId::parse(format!("f_{name}")).unwrap(),
            browser_hash: hash(b"browser"),
            application: application(),
            revision: 1,
            sealed: self.sealed("begun"),
            created_at: self.now(),
            expires_at: self.now() + Duration::minutes(30),
        }
    }

    fn handshake(&self, flow: &FlowRow, state: &str) -> PendingRow {
        PendingRow {
            state_hash: hash(state.as_bytes()),
            flow: flow.id.clone(),
            connection: connection(),
            sealed: self.sealed("verifier"),
            created_at: self.now(),
            expires_at: self.now() + Duration::minutes(10),
            claimed_at: None,
        }
    }

    async fn with_flow(&self, name: &str) -> FlowRow {
        let flow = self.flow(name);
        let added = flow.clone();
        assert!(self.write_ephemeral(move |tx| Box::pin(async move { flows::insert(tx, &added).await })).await);
        flow
    }

    async fn with_handshake(&self, flow: &FlowRow, state: &str) -> PendingRow {
        let row = self.handshake(flow, state);
        let added = row.clone();
        assert!(self.write_ephemeral(move |tx| Box::pin(async move { pending::insert(tx, &added).await })).await);
        row
    }

    async fn flow_there(&self, id: &FlowId) -> Option<FlowRow> {
        let (id, now) = (id.clone(), self.now());
        self.store.read_ephemeral(|tx| Box::pin(async move { flows::get(tx, &id, now).await })).await.unwrap()
    }
}

#[tokio::test]
async fn a_flow_is_kept_until_it_expires() {
    on_both(|test| async move {
        let flow = test.with_flow("1").await;
        assert_eq!(test.flow_there(&flow.id).await.as_ref(), Some(&flow));
        let again = flow.clone();
        assert!(!test.write_ephemeral(move |tx| Box::pin(async move { flows::insert(tx, &again).await })).await);
        let expired =
            async |now| test.store.read_ephemeral(move |tx| Box::pin(flows::expired(tx, now, 10))).await.unwrap();
        assert_eq!(expired(test.now()).await, []);
        test.clock.advance(Duration::minutes(30));
        assert_eq!(test.flow_there(&flow.id).await, None);
        assert_eq!(expired(test.now()).await, [flow]);
    })
    .await;
}

#[tokio::test]
async fn of_two_tabs_the_slower_one_is_told() {
    on_both(|test| async move {
        let flow = test.with_flow("1").await;
        let saves = (0..10).map(|_| {
            let (id, sealed) = (flow.id.clone(), test.sealed("moved on"));
            test.write_ephemeral(move |tx| Box::pin(async move { flows::save(tx, &id, 1, &sealed).await }))
        });
        let outcomes = join_all(saves).await;
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Some(2)).count(), 1, "{outcomes:?}");
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_none()).count(), 9);
        assert_eq!(test.flow_there(&flow.id).await.unwrap().revision, 2);
    })
    .await;
}

#[tokio::test]
async fn a_handshake_is_claimed_once() {
    on_both(|test| async move {
        let flow = test.with_flow("1").await;
        let row = test.with_handshake(&flow, "state").await;
        let claims = (0..20).map(|_| {
            let (hash, now) = (row.state_hash, test.now());
            test.write_ephemeral(move |tx| Box::pin(async move { pending::claim(tx, &hash, now).await }))
        });
        let claimed: Vec<PendingRow> = join_all(claims).await.into_iter().flatten().collect();
        assert_eq!(claimed, [PendingRow { claimed_at: Some(test.now()), ..row }]);
    })
    .await;
}

#[tokio::test]
async fn a_late_answer_finds_nothing_to_claim() {
    on_both(|test| async move {
        let flow = test.with_flow("1").await;
        let row = test.with_handshake(&flow, "state").await;
        test.clock.advance(Duration::minutes(10));
        let now = test.now();
        let claimed =
            test.write_ephemeral(move |tx| Box::pin(async move { pending::claim(tx, &row.state_hash, now).await }));
        assert_eq!(claimed.await, None);
    })
    .await;
}

#[tokio::test]
async fn handshakes_are_counted_by_flow_and_need_none() {
    on_both(|test| async move {
        let (flow, absent) = (test.with_flow("1").await, test.flow("absent"));
        test.with_handshake(&flow, "one").await;
        test.with_handshake(&flow, "two").await;
        let row = test.with_handshake(&absent, "three").await;
        let now = test.now();
        test.write_ephemeral(move |tx| {
            Box::pin(async move {
                assert_eq!(pending::count(tx, &flow.id).await?, 2);
                assert!(flows::delete(tx, &flow.id).await?);
                assert_eq!(pending::delete_by_flow(tx, &flow.id).await?, 2);
                assert_eq!(pending::get(tx, &row.state_hash, now).await?, Some(row));
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn the_cap_drops_the_oldest_flows_of_one_browser_to_one_application() {
    on_both(|test| async move {
        for number in 0..5 {
            test.with_flow(&number.to_string()).await;
            test.clock.advance(Duration::seconds(1));
        }
        let now = test.now();
        let (gone, kept, all) = test
            .write_ephemeral(move |tx| {
                Box::pin(async move {
                    let gone = flows::delete_oldest(tx, &hash(b"browser"), &application(), 2).await?;
                    let kept = flows::count(tx, &hash(b"browser"), &application(), now).await?;
                    Ok((gone, kept, flows::count_all(tx, now).await?))
                })
            })
            .await;
        assert_eq!((gone, kept, all), (3, 2, 2));
        assert!(test.flow_there(&FlowId::parse("f_4").unwrap()).await.is_some());
        assert!(test.flow_there(&FlowId::parse("f_2").unwrap()).await.is_none());
    })
    .await;
}

/// Opens the same SQLite database again after a change to the file of sign-ins in progress.
async fn survives(change: impl AsyncFn(&Fixture, &std::path::Path), boot: Option<&str>) -> bool {
    let test = Fixture::new(TestDatabase::sqlite()).await;
    let flow = test.with_flow("1").await;
    test.store.close().await;
    let path = format!("{}.in-progress", test.database.path().unwrap().display());
    change(&test, path.as_ref()).await;
    let mut options = test.database.options();
    options.boot_id = boot.map(str::to_owned);
    let reopened = Store::open(&options).await.unwrap();
    let again = Fixture { store: reopened, ..test };
    let survived = again.flow_there(&flow.id).await.is_some();
    again.with_flow("2").await;
    survived
}

async fn execute(path: &std::path::Path, sql: &'static str) {
    use sqlx::Connection;
    let url = format!("sqlite:{}", path.display());
    let mut link = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut link).await.unwrap();
    link.close().await.unwrap();
}

#[tokio::test]
async fn the_file_survives_a_restart_of_the_process() {
    assert!(survives(async |_, _| {}, None).await);
}

#[tokio::test]
async fn the_file_is_thrown_away_after_a_boot() {
    assert!(!survives(async |_, _| {}, Some("another boot")).await);
}

#[tokio::test]
async fn the_file_is_thrown_away_when_the_schema_changed() {
    assert!(!survives(async |_, path| execute(path, "UPDATE mark SET schema = 'older'").await, None).await);
    assert!(!survives(async |_, path| execute(path, "DROP TABLE mark").await, None).await);
}

#[tokio::test]
async fn the_file_is_thrown_away_when_it_is_damaged() {
    let page = |from: usize, length: usize| {
        move |mut bytes: Vec<u8>| {
            bytes.iter_mut().skip(from).take(length).for_each(|byte| *byte = 0x5a);
            bytes
        }
    };
    assert!(survives(damaged(|bytes| bytes), None).await);
    assert!(!survives(damaged(page(0, 4096)), None).await);
    assert!(!survives(damaged(page(4096, 4096)), None).await);
    assert!(!survives(damaged(page(16, 2)), None).await);
    assert!(!survives(damaged(|_| b"no database".to_vec()), None).await);
    assert!(!survives(damaged(|_| Vec::new()), None).await);
}

/// Writes other bytes into the file. What stands in the log would heal it, so all of that goes into the file first.
fn damaged(change: impl Fn(Vec<u8>) -> Vec<u8>) -> impl AsyncFn(&Fixture, &std::path::Path) {
    async move |_: &Fixture, path: &std::path::Path| {
        execute(path, "PRAGMA wal_checkpoint(TRUNCATE)").await;
        std::fs::write(path, change(std::fs::read(path).unwrap())).unwrap();
    }
}

#[tokio::test]
async fn the_brake_drops_the_oldest_flows_that_nobody_went_on_with() {
    on_both(|test| async move {
        for number in 0..4 {
            test.with_flow(&number.to_string()).await;
            test.clock.advance(Duration::seconds(1));
        }
        let (first, sealed, now) = (FlowId::parse("f_0").unwrap(), test.sealed("went on"), test.now());
        let left = test
            .write_ephemeral(move |tx| {
                Box::pin(async move {
                    assert_eq!(flows::save(tx, &first, 1, &sealed).await?, Some(2));
                    assert_eq!(flows::evict(tx, 2).await?, 2);
                    flows::count_all(tx, now).await
                })
            })
            .await;
        assert_eq!(left, 2);
        for (name, there) in [("f_0", true), ("f_1", false), ("f_2", false), ("f_3", true)] {
            assert_eq!(test.flow_there(&FlowId::parse(name).unwrap()).await.is_some(), there, "{name}");
        }
    })
    .await;
}
