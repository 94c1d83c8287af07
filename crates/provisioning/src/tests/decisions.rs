//! The decision table, one test per row.

use usher_domain::{
    AccountNeed, AccountState, AttributeSource, AttributeSync, LinkingSettings, NoMatch, OnFailure,
    ProvisioningSettings, RefusalCode,
};

use super::builders::*;
use crate::{ChangeKind, Decision, Facts, Outcome, OutcomeKind, decide, map};

fn off() -> ProvisioningSettings {
    ProvisioningSettings { enabled: false, ..jit() }
}

fn refusal(code: RefusalCode) -> Outcome {
    Outcome::Refuse { code }
}

#[test]
fn link_and_jit_on_signs_in_and_updates() {
    let Outcome::SignIn { user, update: Some(update) } = decided(&ann(), &jit(), &linked_to(account("u_ann"))).outcome
    else {
        panic!("no update")
    };
    assert_eq!(user.as_str(), "u_ann");
    assert_eq!(update.attributes[&name("given_name")].values, ["Ann"]);
    assert_eq!(update.attributes[&name("given_name")].source, AttributeSource::Connection(acme()));
}

#[test]
fn link_and_jit_off_signs_in_and_writes_nothing() {
    let outcome = decided(&ann(), &off(), &linked_to(account("u_ann"))).outcome;
    assert!(matches!(outcome, Outcome::SignIn { update: None, .. }));
}

#[test]
fn no_link_and_jit_off_passes_through() {
    let Outcome::PassThrough { subject, claims } = decided(&ann(), &off(), &facts()).outcome else {
        panic!("not passed through")
    };
    assert_eq!(subject, "p_42");
    assert_eq!(claims["given_name"], "Ann");
    assert_eq!(claims["email_verified"], true);
    assert!(!claims.contains_key("employee"), "not mapped");
}

#[test]
fn no_link_and_linking_off_creates_with_the_pass_through_subject() {
    let Outcome::Create(user) = decided(&ann(), &jit(), &facts()).outcome else { panic!("not created") };
    assert_eq!(user.public_subject, "p_42");
    assert_eq!(user.attributes[&name("email")].values, ["ann@corp.test"]);
    assert_eq!(user.username_candidates[0].as_str(), "ann");
}

#[test]
fn creation_stores_everything_received_whatever_the_method() {
    for attribute_sync in [AttributeSync::OverrideAll, AttributeSync::PreserveLocal, AttributeSync::None] {
        let settings = ProvisioningSettings { attribute_sync, ..jit() };
        let Outcome::Create(user) = decided(&ann(), &settings, &facts()).outcome else { panic!("not created") };
        assert_eq!(user.attributes.len(), 3, "{attribute_sync:?}");
    }
}

#[test]
fn a_unique_attribute_taken_at_creation_does_what_the_connection_says() {
    let taken = Facts { taken: held_by("email", "u_eve"), ..facts() };
    assert_eq!(decided(&ann(), &jit(), &taken).outcome, refusal(RefusalCode::ProvisioningRefused));
    let lenient = ProvisioningSettings { on_failure: OnFailure::ContinueUnlinked, ..jit() };
    assert_eq!(decided(&ann(), &lenient, &taken).outcome.kind(), OutcomeKind::PassThrough);
    let unrelated = Facts { taken: held_by("badge", "u_eve"), ..facts() };
    assert_eq!(decided(&ann(), &jit(), &unrelated).outcome.kind(), OutcomeKind::Create);
}

#[test]
fn a_unique_attribute_taken_at_an_update_does_what_the_connection_says() {
    let taken = Facts { taken: held_by("given_name", "u_eve"), ..linked_to(account("u_ann")) };
    assert_eq!(decided(&ann(), &jit(), &taken).outcome, refusal(RefusalCode::ProvisioningRefused));
    let lenient = ProvisioningSettings { on_failure: OnFailure::ContinueUnlinked, ..jit() };
    let Outcome::SignIn { update: Some(update), .. } = decided(&ann(), &lenient, &taken).outcome else {
        panic!("not signed in")
    };
    assert!(!update.attributes.contains_key(&name("given_name")));
    assert_eq!(update.attributes[&name("family_name")].values, ["Lee"]);
}

#[test]
fn a_taken_attribute_that_does_not_change_refuses_nobody() {
    let taken = Facts { taken: held_by("email", "u_eve"), ..linked_to(account("u_ann")) };
    assert_eq!(decided(&ann(), &jit(), &taken).outcome.kind(), OutcomeKind::SignIn);
}

#[test]
fn one_match_links_and_updates() {
    let facts = facts_with(vec![vec![candidate("u_ann")]]);
    let Outcome::Link { user, update: Some(update) } = decided(&ann(), &linking(vec![]), &facts).outcome else {
        panic!("not linked")
    };
    assert_eq!(user.as_str(), "u_ann");
    assert!(update.changes.iter().any(|c| c.attribute == name("given_name") && c.kind == ChangeKind::Added));
}

#[test]
fn linking_with_method_none_writes_nothing_but_the_link() {
    let settings = ProvisioningSettings { attribute_sync: AttributeSync::None, ..linking(vec![]) };
    let facts = facts_with(vec![vec![candidate("u_ann")]]);
    assert!(matches!(decided(&ann(), &settings, &facts).outcome, Outcome::Link { update: None, .. }));
}

#[test]
fn nothing_by_the_first_rule_tries_the_fallback() {
    let settings = linking(vec![rule("employee", "employee"), rule("email", "email")]);
    let facts = facts_with(vec![vec![], vec![candidate("u_ann")]]);
    assert_eq!(decided(&ann(), &settings, &facts).outcome.kind(), OutcomeKind::Link);
}

#[test]
fn no_match_at_all_creates_or_skips() {
    let settings = linking(vec![]);
    assert_eq!(decided(&ann(), &settings, &facts()).outcome.kind(), OutcomeKind::Create);
    let skip = ProvisioningSettings {
        linking: Some(LinkingSettings { no_match: NoMatch::Skip, ..LinkingSettings::default() }),
        ..jit()
    };
    assert_eq!(decided(&ann(), &skip, &facts()).outcome.kind(), OutcomeKind::PassThrough);
}

#[test]
fn link_24_an_application_that_needs_an_account_refuses_who_has_none() {
    let needs = Facts { account: AccountNeed::Local, ..facts() };
    assert_eq!(decided(&ann(), &off(), &needs).outcome, refusal(RefusalCode::NoAccount));
    let skip = ProvisioningSettings {
        linking: Some(LinkingSettings { no_match: NoMatch::Skip, ..LinkingSettings::default() }),
        ..jit()
    };
    assert_eq!(decided(&ann(), &skip, &needs).outcome, refusal(RefusalCode::NoAccount));
    assert_eq!(decided(&ann(), &jit(), &needs).outcome.kind(), OutcomeKind::Create);
}

#[test]
fn link_25_a_disabled_account_always_stops() {
    let mut disabled = account("u_ann");
    disabled.state = AccountState::Disabled;
    for settings in [jit(), off(), linking(vec![])] {
        let outcome = decided(&ann(), &settings, &linked_to(disabled.clone())).outcome;
        assert_eq!(outcome, refusal(RefusalCode::AccountDisabled));
    }
}

#[test]
fn an_unlinked_identity_never_comes_back_under_its_old_subject() {
    let held = Facts { subject_held: true, ..facts() };
    for settings in [jit(), off(), linking(vec![])] {
        let settings = ProvisioningSettings { on_failure: OnFailure::ContinueUnlinked, ..settings };
        assert_eq!(decided(&ann(), &settings, &held).outcome, refusal(RefusalCode::ProvisioningRefused));
    }
    let linked_elsewhere = Facts { subject_held: true, ..facts_with(vec![vec![candidate("u_ann")]]) };
    assert_eq!(decided(&ann(), &linking(vec![]), &linked_elsewhere).outcome.kind(), OutcomeKind::Link);
}

#[test]
fn every_decision_explains_itself_without_a_value_in_the_clear() {
    let settings = linking(vec![rule("employee", "employee"), rule("email", "email")]);
    let facts = facts_with(vec![vec![], vec![candidate("u_ann")]]);
    let Decision { explanation, outcome } = decided(&ann(), &settings, &facts);
    let lines = explanation.lines();
    let by_address =
        "Fallback rule: email equals Email (a***@c***.test, verified by the provider): matches one account";
    assert!(lines.iter().any(|line| line == by_address), "{lines:#?}");
    assert!(lines.iter().any(|line| line == "Fallback rule: account u_ann holds the value"));
    assert_eq!(lines.last().map(String::as_str), Some("Result: link to the existing account"));
    assert!(lines.iter().all(|line| !line.is_empty()));
    let stored = serde_json::to_string(&explanation).unwrap();
    assert!(!stored.contains("ann@corp") && !stored.contains("Ann"), "{stored}");
    assert_eq!(serde_json::from_str::<crate::Explanation>(&stored).unwrap(), explanation);
    let decision = Decision { outcome, explanation };
    assert_eq!(serde_json::from_str::<Decision>(&serde_json::to_string(&decision).unwrap()).unwrap(), decision);
}

#[test]
fn decisions_agree_when_kind_and_account_do() {
    let first = decided(&ann(), &jit(), &facts()).outcome;
    let later = Facts { now: at(60), ..facts() };
    assert!(first.agrees_with(&decided(&ann(), &jit(), &later).outcome));
    let linked = decided(&ann(), &jit(), &linked_to(account("u_ann"))).outcome;
    let other = decided(&ann(), &jit(), &linked_to(account("u_bob"))).outcome;
    assert!(!first.agrees_with(&linked) && !linked.agrees_with(&other));
    assert!(!refusal(RefusalCode::NoAccount).agrees_with(&refusal(RefusalCode::LinkRefused)));
}

#[test]
fn what_was_not_mapped_is_part_of_the_explanation() {
    let odd = identity(serde_json::json!({"name": {"first": "Ann"}}));
    let mapped = map(&odd, &[]);
    let decision = decide(&crate::Presented { identity: &odd, mapped: &mapped }, &jit(), &facts());
    assert_eq!(decision.explanation.lines()[0], "Claim name is not used for name: it is nested");
}
