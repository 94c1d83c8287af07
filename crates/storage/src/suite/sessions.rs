//! Session rows: found by hash and kind, listed, ended.

use chrono::Duration;
use usher_domain::{SessionId, UserId};

use super::{Fixture, on_both};
use crate::sessions::{self, CookieId, SessionData, SessionKind, SessionRow};

impl Fixture {
    pub(crate) fn session(&self, cookie: CookieId, sid: &str, user: Option<UserId>) -> SessionRow {
        let data: SessionData = [("who".to_owned(), "ann".into())].into();
        let id_hash = cookie.hash();
        SessionRow {
            id_hash,
            sid: SessionId::parse(sid).unwrap(),
            kind: SessionKind::Browser,
            user,
            data: sessions::seal_data(self.store.sealer(), &id_hash, &data, &self.entropy).unwrap(),
            created_at: self.now(),
            expires_at: self.now() + Duration::hours(8),
            remote: Some("192.0.2.1".to_owned()),
            agent: Some("Browser 1".to_owned()),
        }
    }
}

#[test]
fn a_cookie_id_reads_back_and_does_not_print() {
    let entropy = crate::testing::CountingEntropy::default();
    let id = CookieId::random(&entropy);
    assert_eq!(CookieId::parse(&id.to_text()), Some(id));
    assert_eq!(id.to_text().len(), 22);
    assert_eq!(CookieId::from_number(id.to_number()), id);
    assert_eq!(tower_sessions_core::session::Id(id.to_number()).to_string(), id.to_text());
    assert_eq!(format!("{id:?}"), "[secret]");
    for bad in ["", "short", &"A".repeat(23), "======================"] {
        assert_eq!(CookieId::parse(bad), None, "{bad}");
    }
}

#[tokio::test]
async fn a_session_is_found_by_its_cookie_and_kind_until_it_ends() {
    on_both(|test| async move {
        let cookie = CookieId::random(&test.entropy);
        let (row, now) = (test.session(cookie, "s_1", None), test.now());
        let stored = row.clone();
        test.write(move |tx| {
            Box::pin(async move {
                assert!(sessions::insert(tx, &row).await?);
                assert!(!sessions::insert(tx, &row).await?);
                let hash = cookie.hash();
                assert_eq!(sessions::get(tx, &hash, SessionKind::Browser, now).await?, Some(row.clone()));
                assert_eq!(sessions::get(tx, &hash, SessionKind::Console, now).await?, None);
                assert_eq!(sessions::get(tx, &hash, SessionKind::Browser, row.expires_at).await?, None);
                assert_eq!(sessions::get_by_sid(tx, &row.sid, now).await?, Some(row.clone()));
                assert!(sessions::delete(tx, &hash).await?);
                assert!(!sessions::save(tx, &hash, &row.data).await?, "brought back");
                assert_eq!(sessions::get(tx, &hash, SessionKind::Browser, now).await?, None);
                Ok(())
            })
        })
        .await;
        let data = sessions::open_data(test.store.sealer(), &stored).unwrap();
        assert_eq!(data["who"], "ann");
        let moved = SessionRow { id_hash: CookieId::random(&test.entropy).hash(), ..stored };
        assert!(sessions::open_data(test.store.sealer(), &moved).is_err());
    })
    .await;
}

#[tokio::test]
async fn all_sessions_of_an_account_end_at_once() {
    on_both(|test| async move {
        let (ann, bob) = (test.with_user("Ann").await.id, test.with_user("Bob").await.id);
        let rows: Vec<SessionRow> = [("s_1", &ann), ("s_2", &ann), ("s_3", &bob)]
            .map(|(sid, user)| test.session(CookieId::random(&test.entropy), sid, Some(user.clone())))
            .into();
        let long = SessionRow {
            agent: Some("b".repeat(300)),
            ..test.session(CookieId::random(&test.entropy), "s_4", Some(ann.clone()))
        };
        let now = test.now();
        test.write(move |tx| {
            Box::pin(async move {
                for row in rows.iter().chain([&long]) {
                    assert!(sessions::insert(tx, row).await?);
                }
                let kept = SessionRow { agent: Some("b".repeat(200)), ..long };
                assert_eq!(sessions::list_by_user(tx, &ann, now).await?.len(), 3);
                assert_eq!(sessions::delete_others(tx, &ann, &kept.sid).await?, 2);
                assert_eq!(sessions::list_by_user(tx, &ann, now).await?, [kept]);
                assert!(sessions::insert(tx, &rows[0]).await?);
                assert_eq!(sessions::delete_by_user(tx, &ann).await?, 2);
                assert!(sessions::list_by_user(tx, &ann, now).await?.is_empty());
                assert_eq!(sessions::list_by_user(tx, &bob, now).await?, [rows[2].clone()]);
                assert!(sessions::delete_by_sid(tx, &rows[2].sid).await?);
                assert!(!sessions::delete_by_sid(tx, &rows[2].sid).await?);
                Ok(())
            })
        })
        .await;
    })
    .await;
}
