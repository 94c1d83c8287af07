//! Sign-ins that are kept for their owners: nobody sees or reports another person's, and they have an end.

use chrono::Duration;
use usher_domain::{ApplicationId, CorrelationId, UserId};

use super::{Fixture, on_both};
use crate::own_sign_ins::{self, OwnSignIn};
use crate::purge::Purged;

impl Fixture {
    fn own_sign_in(&self, user: &UserId, application: &str) -> OwnSignIn {
        OwnSignIn {
            user: user.clone(),
            at: self.now(),
            application: ApplicationId::parse(application).unwrap(),
            connection: None,
            methods: vec!["pwd".to_owned(), "otp".to_owned()],
            correlation: CorrelationId::parse("7F3K-92QX-4DHV").unwrap(),
            remote: Some("203.0.113.9".to_owned()),
            agent: Some("A\0 browser".repeat(40)),
        }
    }
}

#[tokio::test]
async fn the_owner_finds_them_newest_first_and_reports_one() {
    on_both(|test| async move {
        let (ann, bob) = (test.with_user("Ann").await.id, test.with_user("Bob").await.id);
        let kept = [test.own_sign_in(&ann, "shop"), test.own_sign_in(&ann, "wiki"), test.own_sign_in(&bob, "shop")];
        let now = test.now();
        test.write(move |tx| {
            Box::pin(async move {
                for sign_in in &kept {
                    own_sign_ins::insert(tx, sign_in).await?;
                }
                let rows = own_sign_ins::list(tx, &ann, None, 9).await?;
                let names: Vec<&str> = rows.iter().map(|row| row.sign_in.application.as_str()).collect();
                assert_eq!(names, ["wiki", "shop"]);
                assert_eq!(rows[0].sign_in.agent.as_ref().map(|agent| agent.chars().count()), Some(200));
                assert_eq!((&rows[0].sign_in.methods, rows[0].reported_at), (&kept[1].methods, None));
                assert_eq!(own_sign_ins::list(tx, &ann, Some(rows[0].id), 9).await?, rows[1..]);
                assert_eq!(own_sign_ins::list(tx, &ann, None, 1).await?, rows[..1]);
                assert!(!own_sign_ins::report(tx, &bob, rows[0].id, now).await?, "not his");
                assert_eq!(own_sign_ins::get(tx, &bob, rows[0].id).await?, None);
                assert!(own_sign_ins::report(tx, &ann, rows[0].id, now).await?);
                let reported = own_sign_ins::get(tx, &ann, rows[0].id).await?;
                assert_eq!(reported.and_then(|row| row.reported_at), Some(now));
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn they_go_after_half_a_year_or_with_the_account() {
    on_both(|test| async move {
        let (ann, bob) = (test.with_user("Ann").await.id, test.with_user("Bob").await.id);
        let kept = [test.own_sign_in(&ann, "shop"), test.own_sign_in(&bob, "shop")];
        let left = bob.clone();
        test.write(move |tx| {
            Box::pin(async move {
                for sign_in in &kept {
                    own_sign_ins::insert(tx, sign_in).await?;
                }
                crate::users::delete(tx, &ann).await.map(drop)
            })
        })
        .await;
        test.clock.advance(Duration::days(180));
        assert_eq!(test.purged().await, Purged::default());
        test.clock.advance(Duration::seconds(1));
        assert_eq!(test.purged().await, Purged { own_sign_ins: 1, ..Purged::default() });
        let rows = test.write(move |tx| {
            let left = left.clone();
            Box::pin(async move { own_sign_ins::list(tx, &left, None, 9).await })
        });
        assert_eq!(rows.await, []);
    })
    .await;
}
