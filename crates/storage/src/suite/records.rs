//! Audit, traces, and the purge of everything that expired.

use chrono::Duration;
use serde_json::json;
use usher_domain::{
    AuditActor, AuditEvent, AuditOutcome, ConnectionId, CorrelationId, RefusalCode, SignInTrace, TraceEvent, TraceStage,
};

use super::{Fixture, application, connection, on_both};
use crate::attempts::AttemptPolicy;
use crate::audit::AuditSearch;
use crate::purge::{PurgeOptions, Purged};
use crate::refresh_tokens::RefreshToken;
use crate::sessions::CookieId;
use crate::traces::{TraceOutcome, TraceSearch, TraceStats};
use crate::{attempts, audit, grants, hash, purge, refresh_tokens, sessions, traces};

impl Fixture {
    fn event(&self, action: &str, object: &str) -> AuditEvent {
        AuditEvent {
            at: self.now(),
            action: action.to_owned(),
            actor: AuditActor::CommandLine,
            object: object.to_owned(),
            outcome: AuditOutcome::Success,
            detail: json!({"rule": 1}),
            correlation: Some(CorrelationId::random(&self.entropy)),
            remote: None,
        }
    }

    fn trace(&self) -> SignInTrace {
        let mut trace = SignInTrace::new(CorrelationId::random(&self.entropy), self.now());
        trace.push(TraceEvent { at: self.now(), stage: TraceStage::Request, text: "begun".to_owned(), checks: vec![] });
        trace
    }

    async fn purge(&self, batch: u32) -> Purged {
        let now = self.now();
        let options = PurgeOptions {
            now,
            batch,
            traces_before: now - Duration::days(7),
            decisions_before: now,
            audit_before: None,
        };
        purge::expired(&self.store, &options).await.unwrap()
    }
}

#[tokio::test]
async fn audit_events_are_listed_newest_first() {
    on_both(|test| async move {
        let events = [
            test.event("connection.created", "connection:c_1"),
            test.event("connection_x.created", "connection:c_1"),
            test.event("user.provisioned", "user:u_1"),
        ];
        let written = events.clone();
        test.write(move |tx| {
            Box::pin(async move {
                for event in &written {
                    audit::insert(tx, event).await?;
                }
                Ok(())
            })
        })
        .await;
        let list = async |prefix: &str, object: &str, before| {
            let (action_prefix, object) = (prefix.to_owned(), object.to_owned());
            let search = AuditSearch { action_prefix, object, before, limit: 2 };
            test.read(|tx| Box::pin(async move { audit::list(tx, &search).await })).await
        };
        let page = list("", "", None).await;
        assert_eq!(page.iter().map(|(_, event)| event).collect::<Vec<_>>(), [&events[2], &events[1]]);
        let rest = list("", "", Some(page[1].0)).await;
        assert_eq!(rest.iter().map(|(_, event)| event).collect::<Vec<_>>(), [&events[0]]);
        assert_eq!(list("user.", "", None).await.len(), 1);
        assert_eq!(list("connection_", "", None).await.len(), 1);
        assert_eq!(list("", "connection:c_1", None).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn traces_grow_and_are_found_by_what_an_admin_knows() {
    on_both(|test| async move {
        let mut traces_made = Vec::new();
        for number in 0..3 {
            let mut trace = test.trace();
            let first = trace.clone();
            test.write(move |tx| Box::pin(async move { traces::upsert(tx, &first).await })).await;
            trace.application = (number == 0).then(application);
            trace.finished = number == 0;
            trace.refusal = (number == 1).then_some(RefusalCode::IdpDenied);
            let last = trace.clone();
            test.write(move |tx| Box::pin(async move { traces::upsert(tx, &last).await })).await;
            traces_made.push(trace);
            test.clock.advance(Duration::seconds(1));
        }
        let id = traces_made[0].correlation.clone();
        let found = test.read(|tx| Box::pin(async move { traces::get(tx, &id).await })).await;
        assert_eq!(found.as_ref(), Some(&traces_made[0]));
        let list =
            async |search: TraceSearch| test.read(|tx| Box::pin(async move { traces::list(tx, &search).await })).await;
        let all = TraceSearch { limit: 50, ..TraceSearch::default() };
        let newest_first: Vec<_> = traces_made.iter().rev().cloned().collect();
        assert_eq!(list(all.clone()).await, newest_first);
        for (outcome, index) in [(TraceOutcome::Finished, 0), (TraceOutcome::Refused, 1), (TraceOutcome::Open, 2)] {
            assert_eq!(list(TraceSearch { outcome, ..all.clone() }).await, [traces_made[index].clone()]);
        }
        let of_shop = TraceSearch { application: Some(application()), ..all.clone() };
        assert_eq!(list(of_shop).await, [traces_made[0].clone()]);
        let before = Some(traces_made[1].started_at);
        assert_eq!(list(TraceSearch { before, ..all }).await, [traces_made[0].clone()]);
    })
    .await;
}

#[tokio::test]
async fn a_connection_tells_how_its_sign_ins_went() {
    on_both(|test| async move {
        let (elsewhere, began) = (ConnectionId::parse("c_2").unwrap(), test.now());
        for (here, finished, refused) in
            [(true, true, false), (true, false, true), (true, false, false), (false, true, false)]
        {
            let mut trace = test.trace();
            trace.connection = Some(if here { connection() } else { elsewhere.clone() });
            trace.finished = finished;
            trace.refusal = refused.then_some(RefusalCode::IdpDenied);
            test.write(move |tx| Box::pin(async move { traces::upsert(tx, &trace).await })).await;
            test.clock.advance(Duration::seconds(1));
        }
        let stats =
            async |since| test.read(|tx| Box::pin(async move { traces::stats(tx, &connection(), since).await })).await;
        let all = TraceStats { total: 3, refused: 1, last_success: Some(began) };
        assert_eq!(stats(began).await, all);
        let later = began + Duration::seconds(1);
        assert_eq!(stats(later).await, TraceStats { total: 2, ..all }, "the last success is older");
        let long_ago = TraceStats { total: 0, refused: 0, ..all };
        assert_eq!(stats(test.now()).await, long_ago);
    })
    .await;
}

#[tokio::test]
async fn only_what_expired_is_purged_in_batches() {
    on_both(|test| async move {
        let (now, grant) = (test.now(), test.grant("1"));
        let policy = AttemptPolicy { limit: 3, window: Duration::minutes(10), lock: Duration::minutes(5) };
        let trace = test.trace();
        let rows: Vec<_> =
            ["s_1", "s_2", "s_3"].map(|sid| test.session(CookieId::random(&test.entropy), sid, None)).into();
        test.write(move |tx| {
            Box::pin(async move {
                for row in &rows {
                    sessions::insert(tx, row).await?;
                }
                grants::insert(tx, &grant).await?;
                let expires_at = now + Duration::days(1);
                let (hash, grant) = (hash(b"r"), grant.id.clone());
                let token = RefreshToken { hash, grant, created_at: now, expires_at, rotated_at: None };
                refresh_tokens::insert(tx, &token).await?;
                traces::upsert(tx, &trace).await?;
                attempts::record_failure(tx, "ann", &policy, now).await.map(drop)
            })
        })
        .await;
        assert_eq!(test.purge(2).await, Purged::default());
        test.clock.advance(Duration::hours(8));
        assert_eq!(test.purge(2).await, Purged { sessions: 2, attempts: 1, more: true, ..Purged::default() });
        assert_eq!(test.purge(2).await, Purged { sessions: 1, ..Purged::default() });
        test.clock.advance(Duration::days(8));
        assert_eq!(test.purge(2).await, Purged { refresh_tokens: 1, traces: 1, ..Purged::default() });
        test.clock.advance(Duration::days(30));
        assert_eq!(test.purge(2).await, Purged { grants: 1, ..Purged::default() });
    })
    .await;
}

#[tokio::test]
async fn flows_and_handshakes_are_purged() {
    on_both(|test| async move {
        let now = test.now();
        let flow = crate::flows::FlowRow {
            id: usher_domain::FlowId::parse("f_1").unwrap(),
            browser_hash: hash(b"b"),
            application: application(),
            revision: 1,
            sealed: test.sealed("x"),
            created_at: now,
            expires_at: now + Duration::minutes(30),
        };
        let pending = crate::pending::PendingRow {
            state_hash: hash(b"s"),
            flow: flow.id.clone(),
            connection: super::connection(),
            sealed: test.sealed("x"),
            created_at: now,
            expires_at: now + Duration::minutes(10),
            claimed_at: None,
        };
        test.write_ephemeral(move |tx| {
            Box::pin(async move {
                crate::flows::insert(tx, &flow).await?;
                crate::pending::insert(tx, &pending).await
            })
        })
        .await;
        test.clock.advance(Duration::minutes(10));
        assert_eq!(test.purge(100).await, Purged { pending: 1, ..Purged::default() });
        test.clock.advance(Duration::minutes(20));
        assert_eq!(test.purge(100).await, Purged { flows: 1, ..Purged::default() });
    })
    .await;
}
