//! What is kept for a while: decisions, recorded sign-ins, mail on its way out; and their purge.

use chrono::{DateTime, Duration, Utc};
use usher_domain::{ConnectionId, CorrelationId, MailId, RecordingId, UserId};

use super::{Fixture, connection, on_both};
use crate::decisions::NewDecision;
use crate::outbox::{OutboxCounts, OutboxRow};
use crate::purge::{self, PurgeOptions, Purged};
use crate::recordings::RecordingRow;
use crate::{decisions, outbox, recordings, users};

impl Fixture {
    fn decision(&self, user: Option<&UserId>, outcome: &str) -> NewDecision {
        NewDecision {
            at: self.now(),
            correlation: CorrelationId::random(&self.entropy),
            connection: connection(),
            user: user.cloned(),
            outcome: outcome.to_owned(),
            explanation: "{}".to_owned(),
        }
    }

    fn recording(&self, number: i64) -> RecordingRow {
        RecordingRow {
            id: RecordingId::parse(format!("rec_{number:02}")).unwrap(),
            connection: connection(),
            at: self.now() + Duration::seconds(number),
            expires_at: self.now() + Duration::hours(1) + Duration::seconds(number),
            correlation: CorrelationId::random(&self.entropy),
            sealed: self.sealed("identity"),
        }
    }

    fn mail(&self, id: &str, due_at: DateTime<Utc>) -> OutboxRow {
        OutboxRow {
            id: MailId::parse(id).unwrap(),
            sealed: self.sealed("mail"),
            created_at: self.now(),
            due_at,
            attempts: 0,
            expires_at: self.now() + Duration::hours(1),
        }
    }

    async fn with_mail(&self, id: &str, due_at: DateTime<Utc>) -> OutboxRow {
        let (row, added) = (self.mail(id, due_at), self.mail(id, due_at));
        let row = OutboxRow { sealed: added.sealed.clone(), ..row };
        self.write(move |tx| Box::pin(async move { outbox::insert(tx, &added).await })).await;
        row
    }

    async fn claimed(&self, now: DateTime<Utc>) -> Vec<OutboxRow> {
        let lease = Duration::minutes(5);
        self.write(move |tx| Box::pin(async move { outbox::claim_due(tx, now, lease, 10).await })).await
    }

    pub(super) async fn purged(&self) -> Purged {
        let now = self.now();
        let options = PurgeOptions {
            now,
            batch: 100,
            traces_before: now,
            decisions_before: now - Duration::days(180),
            audit_before: None,
        };
        purge::expired(&self.store, &options).await.unwrap()
    }
}

#[tokio::test]
async fn decisions_are_listed_newest_first_and_counted() {
    on_both(|test| async move {
        let (ann, now) = (test.with_user("Ann").await.id, test.now());
        let old = NewDecision { at: now - Duration::days(8), ..test.decision(None, "created") };
        let elsewhere =
            NewDecision { connection: ConnectionId::parse("c_2").unwrap(), ..test.decision(Some(&ann), "linked") };
        let written = [
            old,
            test.decision(Some(&ann), "created"),
            test.decision(Some(&ann), "signed_in"),
            test.decision(None, "passed_through"),
            elsewhere,
        ];
        test.write(move |tx| {
            Box::pin(async move {
                for decision in &written {
                    decisions::insert(tx, decision).await?;
                }
                let newest = decisions::list_by_connection(tx, &connection(), None, 2).await?;
                let kept: Vec<_> = newest.iter().map(|row| row.decision.clone()).collect();
                assert_eq!(kept, [written[3].clone(), written[2].clone()]);
                let rest = decisions::list_by_connection(tx, &connection(), Some(newest[1].id), 5).await?;
                assert_eq!(rest.len(), 2);
                let hers = decisions::list_by_user(tx, &ann, None, 2).await?;
                let kept: Vec<_> = hers.iter().map(|row| row.decision.outcome.as_str()).collect();
                assert_eq!(kept, ["linked", "signed_in"]);
                assert_eq!(decisions::list_by_user(tx, &ann, Some(hers[1].id), 2).await?.len(), 1);
                let counts = decisions::counts(tx, &connection(), now - Duration::days(7)).await?;
                let one = |outcome: &str| (outcome.to_owned(), 1);
                assert_eq!(counts, ["created", "passed_through", "signed_in"].map(one));
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn decisions_about_a_person_go_with_the_account() {
    on_both(|test| async move {
        let ann = test.with_user("Ann").await.id;
        let written = [test.decision(Some(&ann), "created"), test.decision(None, "passed_through")];
        test.write(move |tx| {
            Box::pin(async move {
                for decision in &written {
                    decisions::insert(tx, decision).await?;
                }
                users::delete(tx, &ann).await?;
                let left = decisions::list_by_connection(tx, &connection(), None, 5).await?;
                assert_eq!(left.into_iter().map(|row| row.decision).collect::<Vec<_>>(), [written[1].clone()]);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_connection_keeps_its_newest_recordings_until_they_expire() {
    on_both(|test| async move {
        let now = test.now();
        let elsewhere = RecordingRow { connection: ConnectionId::parse("c_2").unwrap(), ..test.recording(99) };
        let rows: Vec<_> = (0..25).map(|number| test.recording(number)).collect();
        let newest_first: Vec<_> = rows.iter().rev().take(20).cloned().collect();
        test.write(move |tx| {
            Box::pin(async move {
                recordings::insert(tx, &elsewhere).await?;
                for row in &rows {
                    recordings::insert(tx, row).await?;
                }
                assert_eq!(recordings::list(tx, &connection(), now).await?, newest_first);
                let (newest, other) = (&newest_first[0], &elsewhere.connection);
                assert_eq!(recordings::get(tx, &connection(), &newest.id, now).await?.as_ref(), Some(newest));
                assert_eq!(recordings::get(tx, other, &newest.id, now).await?, None, "of another connection");
                assert_eq!(recordings::get(tx, &connection(), &newest.id, newest.expires_at).await?, None);
                let half = newest_first[10].expires_at;
                assert_eq!(recordings::list(tx, &connection(), half).await?, newest_first[..10]);
                assert_eq!(recordings::delete_by_connection(tx, &connection()).await?, 20);
                assert_eq!(recordings::list(tx, other, now).await?, [elsewhere]);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_mail_is_claimed_for_a_lease_and_tried_again() {
    on_both(|test| async move {
        let (now, later) = (test.now(), test.now() + Duration::minutes(1));
        let (mail, waiting) = (test.with_mail("m_1", now).await, test.with_mail("m_2", later).await);
        let leased = OutboxRow { attempts: 1, due_at: now + Duration::minutes(5), ..mail.clone() };
        assert_eq!(test.claimed(now).await, [leased], "the other one is not due");
        assert_eq!(test.claimed(now).await, [], "it is leased");
        let counts = test.read(move |tx| Box::pin(async move { outbox::counts(tx, later).await })).await;
        assert_eq!(counts, OutboxCounts { waiting: 2, due: 1 });
        let id = mail.id.clone();
        assert!(test.write(move |tx| Box::pin(async move { outbox::fail(tx, &id, now).await })).await);
        assert_eq!(test.claimed(now).await.first().map(|row| row.attempts), Some(2));
        let after_lease = now + Duration::minutes(5);
        let ids: Vec<_> = test.claimed(after_lease).await.into_iter().map(|row| row.id).collect();
        assert_eq!(ids, [waiting.id, mail.id.clone()], "the longest overdue first; a node that died lost its lease");
        let gone = test
            .write(move |tx| {
                Box::pin(async move { Ok((outbox::done(tx, &mail.id).await?, outbox::done(tx, &mail.id).await?)) })
            })
            .await;
        assert_eq!(gone, (true, false));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_is_claimed_by_one_of_many_dispatchers() {
    on_both(|test| async move {
        let now = test.now();
        for number in 0..10 {
            test.with_mail(&format!("m_{number}"), now).await;
        }
        let mut ids: Vec<_> = futures_util::future::join_all((0..5).map(|_| test.claimed(now)))
            .await
            .into_iter()
            .flatten()
            .map(|row| row.id.to_string())
            .collect();
        ids.sort();
        assert_eq!(ids, (0..10).map(|number| format!("m_{number}")).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn what_was_kept_long_enough_is_purged() {
    on_both(|test| async move {
        let (decision, recording) = (test.decision(None, "created"), test.recording(0));
        test.with_mail("m_1", test.now()).await;
        test.write(move |tx| {
            Box::pin(async move {
                decisions::insert(tx, &decision).await?;
                recordings::insert(tx, &recording).await
            })
        })
        .await;
        assert_eq!(test.purged().await, Purged::default());
        test.clock.advance(Duration::hours(1));
        assert_eq!(test.purged().await, Purged { recordings: 1, ..Purged::default() });
        test.clock.advance(Duration::days(7));
        assert_eq!(test.purged().await, Purged::default(), "the dispatcher may still give it up");
        test.clock.advance(Duration::seconds(1));
        assert_eq!(test.purged().await, Purged { outbox: 1, ..Purged::default() });
        test.clock.advance(Duration::days(173));
        assert_eq!(test.purged().await, Purged { decisions: 1, ..Purged::default() });
    })
    .await;
}
