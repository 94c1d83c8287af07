//! Published flows, drafts, what scripts rest on, recorded sign-ins of flows.

use chrono::Duration;
use futures_util::future::join_all;
use usher_domain::{CorrelationId, FlowDefinition, FlowOwner, FlowVersion, RecordingId};

use super::{Fixture, application, configuration, on_both};
use crate::flow_recordings::FlowRecordingRow;
use crate::flow_versions::{self, DraftSave, NewFlowVersion};
use crate::{Tx, applications, flow_recordings, script_libraries, script_secrets, trusted_devices, users};

fn shop() -> FlowOwner {
    FlowOwner::Application(application())
}

fn remembering(days: u16) -> FlowDefinition {
    FlowDefinition { remember_days: Some(days), ..FlowDefinition::simple() }
}

fn new<'a>(owner: &'a FlowOwner, definition: &'a FlowDefinition) -> NewFlowVersion<'a> {
    NewFlowVersion { owner, definition, bundle: None, by: "ann", note: "why" }
}

fn save<'a>(definition: &'a FlowDefinition, owner: &'a FlowOwner, expected: Option<i64>) -> DraftSave<'a> {
    DraftSave { owner, definition, based_on: Some(1), expected_revision: expected, by: "bob" }
}

async fn numbers(tx: &mut Tx, owner: &FlowOwner) -> Vec<i64> {
    flow_versions::list(tx, owner, 50).await.unwrap().iter().map(|row| row.version.number).collect()
}

#[tokio::test]
async fn versions_are_numbered_for_each_owner_and_the_newest_is_in_force() {
    on_both(|test| async move {
        let (now, bundle) = (test.now(), test.sealed("bundle"));
        test.write(move |tx| {
            Box::pin(async move {
                let (owner, default) = (shop(), FlowDefinition::simple());
                let (first, second) = (remembering(1), remembering(2));
                assert_eq!(flow_versions::head(tx, &shop()).await?, None);
                assert_eq!(flow_versions::publish(tx, &new(&shop(), &first), now).await?, 1);
                let with_bundle = NewFlowVersion { bundle: Some(&bundle), ..new(&owner, &second) };
                assert_eq!(flow_versions::publish(tx, &with_bundle, now).await?, 2);
                assert_eq!(flow_versions::publish(tx, &new(&FlowOwner::Default, &default), now).await?, 1);
                assert_eq!(flow_versions::head(tx, &shop()).await?, Some(2));
                let heads = flow_versions::heads(tx).await?;
                let owners: Vec<_> = heads.iter().map(|head| (head.owner.clone(), head.number)).collect();
                assert_eq!(owners, [(FlowOwner::Default, 1), (shop(), 2)]);
                assert_eq!((&heads[1].definition, heads[1].bundle.as_ref()), (&second, Some(&bundle)));
                let old = FlowVersion { owner: shop().key().to_owned(), number: 1 };
                let row = flow_versions::get(tx, &old).await?.unwrap();
                assert_eq!((row.definition, row.bundle), (first, None), "the old version stays as it was");
                assert_eq!((row.published_by.as_str(), row.note.as_str(), row.published_at), ("ann", "why", now));
                assert_eq!(numbers(tx, &shop()).await, [2, 1]);
                assert_eq!(flow_versions::list(tx, &shop(), 1).await?.len(), 1);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_flow_keeps_its_versions_and_numbers_go_on() {
    on_both(|test| async move {
        let now = test.now();
        test.write(move |tx| {
            Box::pin(async move {
                let definition = remembering(1);
                flow_versions::publish(tx, &new(&shop(), &definition), now).await?;
                assert!(flow_versions::withdraw(tx, &shop()).await?);
                assert!(!flow_versions::withdraw(tx, &shop()).await?);
                assert_eq!(flow_versions::head(tx, &shop()).await?, None);
                assert!(flow_versions::heads(tx).await?.is_empty());
                assert_eq!(numbers(tx, &shop()).await, [1], "a sign-in in progress still finds it");
                assert_eq!(flow_versions::publish(tx, &new(&shop(), &definition), now).await?, 2);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_who_publish_at_once_get_ten_numbers() {
    on_both(|test| async move {
        let now = test.now();
        let publishing = (1..=10).map(|days| {
            test.write(move |tx| {
                Box::pin(async move {
                    let definition = remembering(days);
                    flow_versions::publish(tx, &new(&shop(), &definition), now).await
                })
            })
        });
        let mut given = join_all(publishing).await;
        given.sort_unstable();
        assert_eq!(given, (1..=10).collect::<Vec<_>>());
        let head = test.read(|tx| Box::pin(async move { flow_versions::head(tx, &shop()).await })).await;
        assert_eq!(head, Some(10));
    })
    .await;
}

#[tokio::test]
async fn a_draft_is_saved_only_at_the_revision_it_was_read_with() {
    on_both(|test| async move {
        let now = test.now();
        test.write(move |tx| {
            Box::pin(async move {
                let (owner, first, second) = (shop(), remembering(1), remembering(2));
                assert_eq!(flow_versions::save_draft(tx, &save(&first, &owner, Some(1)), now).await?, None, "none");
                assert_eq!(flow_versions::save_draft(tx, &save(&first, &owner, None), now).await?, Some(1));
                assert_eq!(flow_versions::save_draft(tx, &save(&second, &owner, None), now).await?, None, "clash");
                assert_eq!(flow_versions::save_draft(tx, &save(&second, &owner, Some(1)), now).await?, Some(2));
                assert_eq!(flow_versions::save_draft(tx, &save(&first, &owner, Some(1)), now).await?, None, "clash");
                let draft = flow_versions::draft(tx, &owner).await?.unwrap();
                assert_eq!((draft.definition, draft.based_on, draft.revision), (second, Some(1), 2));
                assert_eq!((draft.updated_by.as_str(), draft.updated_at), ("bob", now));
                assert!(flow_versions::discard_draft(tx, &owner).await?);
                assert!(!flow_versions::discard_draft(tx, &owner).await?);
                assert_eq!(flow_versions::draft(tx, &owner).await?, None);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn secrets_and_libraries_of_scripts_are_kept_by_name() {
    on_both(|test| async move {
        let (now, later) = (test.now(), test.now() + Duration::hours(1));
        let (first, second) = (test.sealed("1"), test.sealed("2"));
        test.write(move |tx| {
            Box::pin(async move {
                script_secrets::put(tx, "riskKey", &first, "…1", now).await?;
                script_secrets::put(tx, "Other", &first, "…1", now).await?;
                script_secrets::put(tx, "riskKey", &second, "…2", later).await?;
                let listed = script_secrets::list(tx).await?;
                let shown: Vec<_> = listed.iter().map(|row| (row.name.as_str(), row.ending.as_str())).collect();
                assert_eq!(shown, [("Other", "…1"), ("riskKey", "…2")]);
                assert_eq!((listed[1].created_at, listed[1].updated_at), (now, later));
                let sealed = script_secrets::list_sealed(tx).await?;
                assert_eq!(sealed[1], ("riskKey".to_owned(), second));
                assert!(script_secrets::delete(tx, "riskKey").await?);
                assert!(!script_secrets::delete(tx, "riskKey").await?);
                assert_eq!(script_libraries::put(tx, "risk", "1", None).await?, Some(1));
                assert_eq!(script_libraries::put(tx, "risk", "2", None).await?, None, "taken");
                assert_eq!(script_libraries::put(tx, "risk", "2", Some(1)).await?, Some(2));
                assert_eq!(script_libraries::put(tx, "risk", "3", Some(1)).await?, None, "clash");
                assert_eq!(script_libraries::get(tx, "risk").await?.unwrap().source, "2");
                assert_eq!(script_libraries::list(tx).await?.len(), 1);
                assert!(script_libraries::delete(tx, "risk").await?);
                assert!(!script_libraries::delete(tx, "risk").await?);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

impl Fixture {
    fn flow_recording(&self, owner: FlowOwner, number: i64) -> FlowRecordingRow {
        FlowRecordingRow {
            id: RecordingId::random(&self.entropy),
            owner,
            application: application(),
            at: self.now() + Duration::seconds(number),
            expires_at: self.now() + Duration::hours(1),
            correlation: CorrelationId::random(&self.entropy),
            outcome: number.to_string(),
            sealed: self.sealed("facts"),
            user: None,
        }
    }
}

#[tokio::test]
async fn a_flow_keeps_its_newest_two_hundred_recordings_until_they_expire() {
    on_both(|test| async move {
        let now = test.now();
        let elsewhere = test.flow_recording(FlowOwner::Default, 0);
        let rows: Vec<_> = (0..205).map(|number| test.flow_recording(shop(), number)).collect();
        test.write(move |tx| {
            Box::pin(async move {
                flow_recordings::insert(tx, &elsewhere).await?;
                for row in &rows {
                    flow_recordings::insert(tx, row).await?;
                }
                let listed = flow_recordings::list(tx, &shop(), now, 500).await?;
                assert!(listed.iter().eq(rows.iter().rev().take(200)));
                assert_eq!(flow_recordings::list(tx, &shop(), now, 3).await?.len(), 3);
                assert!(flow_recordings::list(tx, &shop(), rows[0].expires_at, 3).await?.is_empty());
                assert_eq!(flow_recordings::delete_by_owner(tx, &shop()).await?, 200);
                assert_eq!(flow_recordings::list(tx, &FlowOwner::Default, now, 3).await?, [elsewhere]);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_recording_goes_with_the_account_that_it_is_about() {
    on_both(|test| async move {
        let (ann, bob, now) = (test.with_user("Ann").await.id, test.with_user("Bob").await.id, test.now());
        let of_ann = FlowRecordingRow { user: Some(ann.clone()), ..test.flow_recording(shop(), 0) };
        let of_bob = FlowRecordingRow { user: Some(bob), ..test.flow_recording(shop(), 1) };
        test.write(move |tx| {
            Box::pin(async move {
                flow_recordings::insert(tx, &of_ann).await?;
                flow_recordings::insert(tx, &of_bob).await?;
                users::delete(tx, &ann).await?;
                assert_eq!(flow_recordings::list(tx, &shop(), now, 5).await?, [of_bob]);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn what_hangs_on_an_application_goes_with_it_and_nothing_else() {
    on_both(|test| async move {
        let (ann, now) = (test.with_user("Ann").await.id, test.now());
        let of_default = test.flow_recording(FlowOwner::Default, 0);
        let of_shop = test.flow_recording(shop(), 0);
        let device = test.device(&ann, b"shop", shop());
        let other = test.device(&ann, b"default", FlowOwner::Default);
        test.write(move |tx| {
            Box::pin(async move {
                assert!(applications::insert(tx, &configuration::shop()).await?);
                let definition = remembering(1);
                for owner in [shop(), FlowOwner::Default] {
                    flow_versions::publish(tx, &new(&owner, &definition), now).await?;
                    flow_versions::save_draft(tx, &save(&definition, &owner, None), now).await?;
                }
                for recording in [&of_default, &of_shop] {
                    flow_recordings::insert(tx, recording).await?;
                }
                for device in [&device, &other] {
                    trusted_devices::insert(tx, device).await?;
                }
                assert!(applications::delete(tx, &application()).await?);
                assert!(numbers(tx, &shop()).await.is_empty());
                assert_eq!(flow_versions::head(tx, &shop()).await?, None);
                assert_eq!(flow_versions::draft(tx, &shop()).await?, None);
                assert_eq!(flow_versions::head(tx, &FlowOwner::Default).await?, Some(1));
                assert!(flow_versions::draft(tx, &FlowOwner::Default).await?.is_some());
                for owner in [shop(), FlowOwner::Default] {
                    assert!(flow_recordings::list(tx, &owner, now, 5).await?.is_empty(), "people went to the shop");
                }
                assert_eq!(trusted_devices::list(tx, &ann, now).await?, [other]);
                Ok(())
            })
        })
        .await;
    })
    .await;
}
