//! The truth table of attribute synchronisation, one test per row.

use serde_json::{Value, json};
use usher_domain::{AttributeBag, AttributeSource, AttributeSync, Verification};

use super::builders::*;
use crate::{ChangeKind, KeptBecause, SyncRules, Synced, map, sync};

use AttributeSync::{None as Nothing, OverrideAll, PreserveLocal};

const METHODS: [AttributeSync; 3] = [OverrideAll, PreserveLocal, Nothing];

fn run(current: &AttributeBag, sent: Value, method: AttributeSync) -> Synced {
    run_at(current, sent, method, 0)
}

fn run_at(current: &AttributeBag, sent: Value, method: AttributeSync, seconds: i64) -> Synced {
    let connection = acme();
    let schema = schema();
    let rows = [row("a", "a"), row("b", "b"), row("email", "email"), row("badge", "badge")];
    let rules = SyncRules { method, connection: &connection, schema: &schema, now: at(seconds) };
    sync(current, &map(&identity(sent), &rows), &rules)
}

/// Attribute `a` came from the connection, `own` was set by the person.
fn current() -> AttributeBag {
    bag([
        ("a", value(&["old"], AttributeSource::Connection(acme()), Verification::Unverified)),
        ("own", value(&["mine"], AttributeSource::Person, Verification::Unverified)),
    ])
}

fn texts(bag: &AttributeBag, attribute: &str) -> Vec<String> {
    bag.get(&name(attribute)).map(|value| value.values.clone()).unwrap_or_default()
}

#[test]
fn received_with_values_is_replaced_replaced_kept() {
    for (method, expected) in [(OverrideAll, "new"), (PreserveLocal, "new"), (Nothing, "old")] {
        assert_eq!(texts(&run(&current(), json!({"a": "new"}), method).attributes, "a"), [expected]);
    }
}

#[test]
fn absent_from_the_answer_is_removed_kept_kept() {
    for sent in [json!({"b": "x"}), json!({"a": null, "b": "x"})] {
        for (method, stays) in [(OverrideAll, false), (PreserveLocal, true), (Nothing, true)] {
            let synced = run(&current(), sent.clone(), method);
            assert_eq!(synced.attributes.contains_key(&name("a")), stays, "{method:?}");
        }
    }
}

#[test]
fn received_explicitly_empty_is_removed_removed_kept() {
    for empty in [json!(""), json!([])] {
        for (method, stays) in [(OverrideAll, false), (PreserveLocal, false), (Nothing, true)] {
            let synced = run(&current(), json!({"a": empty, "b": "x"}), method);
            assert_eq!(synced.attributes.contains_key(&name("a")), stays, "{method:?}");
        }
    }
}

#[test]
fn a_local_attribute_that_is_not_mapped_is_removed_kept_kept() {
    for (method, stays) in [(OverrideAll, false), (PreserveLocal, true), (Nothing, true)] {
        let synced = run(&current(), json!({"a": "old"}), method);
        assert_eq!(synced.attributes.contains_key(&name("own")), stays, "{method:?}");
    }
}

#[test]
fn what_is_unusable_counts_as_neither_received_nor_absent() {
    for method in METHODS {
        let synced = run(&current(), json!({"a": {"nested": 1}, "b": "x"}), method);
        assert_eq!(texts(&synced.attributes, "a"), ["old"], "{method:?}");
    }
}

#[test]
fn nothing_received_at_all_keeps_everything_with_a_warning() {
    for sent in [json!({}), json!({"unmapped": 1}), json!({"a": {"nested": 1}})] {
        for method in [OverrideAll, PreserveLocal] {
            let synced = run(&current(), sent.clone(), method);
            assert_eq!(synced.attributes, current());
            assert_eq!(synced.changes, []);
            assert_eq!(synced.notes[0].because, KeptBecause::NothingReceived);
        }
    }
}

#[test]
fn protected_attributes_and_contacts_of_an_admin_are_kept() {
    let mut current = current();
    current.insert(name("badge"), value(&["7"], admin(), Verification::Unverified));
    current.insert(name("email"), value(&["ann@corp.test"], admin(), Verification::ByAdmin));
    current.insert(name("status"), value(&["gold"], admin(), Verification::Unverified));
    for sent in [json!({"a": "new", "badge": "8", "email": "eve@evil.test"}), json!({"a": "new"})] {
        for method in METHODS {
            let synced = run(&current, sent.clone(), method);
            assert_eq!(texts(&synced.attributes, "badge"), ["7"], "{method:?}");
            assert_eq!(texts(&synced.attributes, "email"), ["ann@corp.test"], "{method:?}");
            assert_eq!(texts(&synced.attributes, "status"), ["gold"], "{method:?}");
        }
    }
    let vouched = bag([("a", value(&["old"], admin(), Verification::ByAdmin))]);
    let synced = run(&vouched, json!({"a": "new"}), PreserveLocal);
    assert_eq!(texts(&synced.attributes, "a"), ["new"], "only contact points are kept for being verified");
}

#[test]
fn three_equal_sign_ins_leave_the_account_bit_identical() {
    let sent = json!({"a": ["x", "y"], "b": "z", "email": "ann@corp.test", "email_verified": true});
    for method in METHODS {
        let first = run_at(&current(), sent.clone(), method, 0).attributes;
        for seconds in [60, 120, 180] {
            let again = run_at(&first, sent.clone(), method, seconds);
            assert_eq!(again.attributes, first);
            assert_eq!(again.changes, [], "{method:?}");
        }
    }
}

#[test]
fn equal_values_keep_source_and_time() {
    let synced = run(&current(), json!({"a": "old", "b": "new"}), PreserveLocal);
    assert_eq!(synced.attributes[&name("a")], current()[&name("a")]);
    assert_eq!(synced.attributes[&name("b")].at, at(0));
    assert_eq!(synced.changes.len(), 1);
    assert_eq!(synced.changes[0].kind, ChangeKind::Added);
}

#[test]
fn order_and_number_of_values_count() {
    let synced = run(&current(), json!({"a": ["old", "old"]}), PreserveLocal);
    assert_eq!(texts(&synced.attributes, "a"), ["old", "old"]);
}

#[test]
fn a_provider_vouches_and_takes_back_its_own_word_only() {
    use Verification::{ByPerson, ByProvider, Unverified};
    let from_acme = || AttributeSource::Connection(acme());
    for (source, held, sent, expected_source, expected) in [
        (AttributeSource::Person, Unverified, true, from_acme(), ByProvider),
        (admin(), Unverified, true, admin(), ByProvider),
        (from_acme(), ByProvider, false, from_acme(), Unverified),
        (admin(), ByProvider, false, admin(), ByProvider),
        (AttributeSource::Person, ByPerson, false, AttributeSource::Person, ByPerson),
        (AttributeSource::Person, ByPerson, true, AttributeSource::Person, ByPerson),
    ] {
        let current = bag([("email", value(&["ann@corp.test"], source, held))]);
        let synced = run(&current, json!({"email": "ann@corp.test", "email_verified": sent}), PreserveLocal);
        let after = &synced.attributes[&name("email")];
        assert_eq!((&after.source, after.verified), (&expected_source, expected), "{held:?} {sent}");
        let again = run(&synced.attributes, json!({"email": "ann@corp.test", "email_verified": sent}), PreserveLocal);
        assert_eq!(again.changes, [], "stable after one step");
    }
}
