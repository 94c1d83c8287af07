//! What was begun in the account page: one of a kind, for one session, ended once.

use chrono::Duration;
use futures_util::future::join_all;
use usher_domain::SessionId;

use super::{Fixture, on_both};
use crate::account_steps::{self, AccountStep};

impl Fixture {
    async fn begun(&self, session: &str, kind: &str, content: &str) -> AccountStep {
        let step = AccountStep {
            session: SessionId::parse(session).unwrap(),
            kind: kind.to_owned(),
            sealed: self.sealed(content),
            expires_at: self.now() + Duration::minutes(10),
        };
        let put = step.clone();
        self.write_ephemeral(move |tx| Box::pin(async move { account_steps::put(tx, &put).await })).await;
        step
    }

    async fn step_there(&self, step: &AccountStep) -> Option<AccountStep> {
        let (session, kind, now) = (step.session.clone(), step.kind.clone(), self.now());
        let read =
            self.store.read_ephemeral(|tx| Box::pin(async move { account_steps::get(tx, &session, &kind, now).await }));
        read.await.unwrap()
    }

    async fn take_step(&self, step: &AccountStep) -> bool {
        let (step, now) = (step.clone(), self.now());
        self.write_ephemeral(move |tx| {
            let step = step.clone();
            Box::pin(async move { account_steps::take(tx, &step, now).await })
        })
        .await
    }
}

#[tokio::test]
async fn a_step_belongs_to_one_session_and_kind() {
    on_both(|test| async move {
        let own = test.begun("s_1", "totp", "key").await;
        let other_kind = test.begun("s_1", "codes", "codes").await;
        let other_session = test.begun("s_2", "totp", "another key").await;
        for step in [&own, &other_kind, &other_session] {
            assert_eq!(test.step_there(step).await.as_ref(), Some(step));
        }
        test.clock.advance(Duration::minutes(10));
        assert_eq!(test.step_there(&own).await, None);
        assert!(!test.take_step(&own).await, "it ran out");
    })
    .await;
}

#[tokio::test]
async fn a_later_step_replaces_an_earlier_one() {
    on_both(|test| async move {
        let first = test.begun("s_1", "totp", "key").await;
        let second = test.begun("s_1", "totp", "another key").await;
        assert_eq!(test.step_there(&first).await, Some(second.clone()));
        assert!(!test.take_step(&first).await, "replaced");
        assert!(test.take_step(&second).await);
    })
    .await;
}

#[tokio::test]
async fn a_step_is_ended_once() {
    on_both(|test| async move {
        let step = test.begun("s_1", "passkey", "challenge").await;
        let taken = join_all((0..8).map(|_| test.take_step(&step))).await;
        assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 1);
        assert_eq!(test.step_there(&step).await, None);
        let dropped = test.begun("s_1", "passkey", "challenge").await;
        let session = dropped.session.clone();
        let gone = test.write_ephemeral(move |tx| {
            let session = session.clone();
            Box::pin(async move { account_steps::delete(tx, &session, "passkey").await })
        });
        assert!(gone.await);
        assert!(!test.take_step(&dropped).await);
    })
    .await;
}
