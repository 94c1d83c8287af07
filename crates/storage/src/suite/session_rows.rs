//! The store behind tower-sessions: adoption, expiry by our clock, no revival.

use std::sync::Arc;

use chrono::Duration;
use serde_json::json;
use time::OffsetDateTime;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::SessionStore;

use super::{Fixture, on_both};
use crate::SessionRows;
use crate::session_rows::{ADOPT_KEY, SID_KEY, USER_KEY};
use crate::sessions::{self, CookieId, SessionKind};

fn rows(test: &Fixture, kind: SessionKind) -> SessionRows {
    SessionRows {
        store: test.store.clone(),
        kind,
        clock: Arc::new(test.clock.clone()),
        entropy: Arc::new(test.entropy.clone()),
        lifetime: Duration::hours(8),
    }
}

/// The layer's own clock is far off: it must not matter.
fn record(data: serde_json::Value) -> Record {
    let data = serde_json::from_value(data).unwrap();
    Record { id: Id(1), data, expiry_date: OffsetDateTime::UNIX_EPOCH }
}

#[tokio::test]
async fn a_session_lives_by_our_clock() {
    on_both(|test| async move {
        let rows = rows(&test, SessionKind::Browser);
        let mut made = record(json!({"cart": 3}));
        rows.create(&mut made).await.unwrap();
        assert_ne!(made.id, Id(1), "the id is ours");
        let loaded = rows.load(&made.id).await.unwrap().unwrap();
        assert_eq!(loaded, made);
        assert_eq!(loaded.data["cart"], 3);
        made.data.insert("cart".to_owned(), json!(4));
        test.clock.advance(Duration::hours(7));
        rows.save(&made).await.unwrap();
        assert_eq!(rows.load(&made.id).await.unwrap().unwrap().data["cart"], 4);
        test.clock.advance(Duration::hours(1));
        assert_eq!(rows.load(&made.id).await.unwrap(), None, "saving must not prolong it");
    })
    .await;
}

#[tokio::test]
async fn a_finished_sign_in_is_adopted_without_a_write() {
    on_both(|test| async move {
        let rows = rows(&test, SessionKind::Browser);
        let cookie = CookieId::random(&test.entropy);
        let row = test.session(cookie, "s_1", None);
        test.write(move |tx| Box::pin(async move { sessions::insert(tx, &row).await })).await;
        let before = test.store.counts();
        let mut adopting = record(json!({ADOPT_KEY: cookie.to_text(), "who": "ann"}));
        rows.create(&mut adopting).await.unwrap();
        assert_eq!(test.store.counts(), before);
        assert_eq!(adopting.id.to_string(), cookie.to_text());
        assert!(!adopting.data.contains_key(ADOPT_KEY));
        assert_eq!(rows.load(&adopting.id).await.unwrap().unwrap().data["who"], "ann");
        assert!(rows.create(&mut record(json!({ADOPT_KEY: "nonsense"}))).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn an_ended_session_stays_ended() {
    on_both(|test| async move {
        let rows = rows(&test, SessionKind::Browser);
        let mut made = record(json!({"who": "ann"}));
        rows.create(&mut made).await.unwrap();
        rows.delete(&made.id).await.unwrap();
        rows.save(&made).await.unwrap();
        assert_eq!(rows.load(&made.id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn browser_and_console_do_not_share_sessions() {
    on_both(|test| async move {
        let ann = test.with_user("Ann").await.id;
        let mut made = record(json!({USER_KEY: ann.as_str(), SID_KEY: "s_console"}));
        rows(&test, SessionKind::Console).create(&mut made).await.unwrap();
        assert!(rows(&test, SessionKind::Console).load(&made.id).await.unwrap().is_some());
        assert_eq!(rows(&test, SessionKind::Browser).load(&made.id).await.unwrap(), None);
        let now = test.now();
        let listed = test.read(|tx| Box::pin(async move { sessions::list_by_user(tx, &ann, now).await })).await;
        assert_eq!(listed.first().map(|row| row.sid.as_str().to_owned()).as_deref(), Some("s_console"));
    })
    .await;
}

#[tokio::test]
async fn the_cookies_value_is_nowhere_in_the_database() {
    let test = Fixture::new(crate::testing::TestDatabase::sqlite()).await;
    let rows = rows(&test, SessionKind::Browser);
    let mut made = record(json!({"secret thing": "hunter2"}));
    rows.create(&mut made).await.unwrap();
    test.store.close().await;
    let bytes = std::fs::read(test.database.path().unwrap()).unwrap();
    let id = made.id.0.to_le_bytes();
    for needle in [id.as_slice(), made.id.to_string().as_bytes(), b"hunter2", b"secret thing"] {
        assert!(!bytes.windows(needle.len()).any(|window| window == needle));
    }
}
