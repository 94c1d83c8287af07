//! Which values are unique, and defaults of a mapping.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use usher_domain::{
    AttributeBag, AttributeMapping, AttributeName, AttributeSource, AttributeSync, ProvisioningSettings, Verification,
};

use super::builders::*;
use crate::{
    Facts, MappingProblem, Outcome, OutcomeKind, Presented, SyncRules, Synced, decide, map, received_unique, sync,
    unique_values, username_candidates,
};

fn keys<const N: usize>(entries: [(&str, &str); N]) -> BTreeSet<(AttributeName, String)> {
    entries.into_iter().map(|(attribute, key)| (name(attribute), key.to_owned())).collect()
}

fn row_with(claim: &str, attribute: &str, default: &str) -> AttributeMapping {
    AttributeMapping { default: Some(default.to_owned()), ..row(claim, attribute) }
}

#[test]
fn an_address_is_unique_once_somebody_vouches_for_it() {
    let held = |verified| {
        bag([
            ("email", value(&["Ann@CORP.test"], admin(), verified)),
            ("employee", value(&["A1", "B2"], AttributeSource::Person, Verification::Unverified)),
            ("given_name", value(&["Ann"], admin(), Verification::ByAdmin)),
        ])
    };
    let numbers = keys([("employee", "A1"), ("employee", "B2")]);
    let with_address: BTreeSet<_> = numbers.iter().cloned().chain(keys([("email", "ann@corp.test")])).collect();
    assert_eq!(unique_values(&held(Verification::ByPerson), &schema()), with_address);
    assert_eq!(unique_values(&held(Verification::Unverified), &schema()), numbers);
}

#[test]
fn what_was_received_is_judged_alike() {
    let rows = [row("email", "email"), row("employee", "employee"), row("name", "name")];
    let received = |sent: Value| received_unique(&map(&identity(sent), &rows), &schema());
    let verified = json!({"email": "ann@CORP.test", "email_verified": true, "employee": "A1", "name": "Ann"});
    assert_eq!(received(verified), keys([("email", "ann@corp.test"), ("employee", "A1")]));
    assert_eq!(received(json!({"email": "ann@corp.test", "employee": ""})), keys([]));
}

#[test]
fn a_default_stands_in_for_an_absent_claim_only() {
    let rows = [row_with("country", "country", "NL"), row("name", "name")];
    let of = |sent: Value| map(&identity(sent), &rows).values_of("country").to_vec();
    assert_eq!(of(json!({"country": "DE"})), ["DE"]);
    assert_eq!(of(json!({"name": "Ann"})), ["NL"]);
    assert_eq!(of(json!({"country": null})), ["NL"]);
    assert_eq!(of(json!({"country": ""})), [""; 0], "explicitly empty is an answer");
    assert_eq!(of(json!({"country": {"a": 1}})), [""; 0], "unusable is no absence");
    let second = [row_with("c", "country", "NL"), row_with("d", "country", "FR")];
    assert_eq!(map(&identity(json!({"d": "DE"})), &second).values_of("country"), ["DE"], "a later row goes first");
    assert_eq!(map(&identity(json!({})), &second).values_of("country"), ["NL"]);
}

#[test]
fn a_default_that_no_attribute_may_hold_is_noted() {
    let rows = [row_with("email", "email", "nonsense"), row_with("x", "password", "secret"), row_with("y", "nick", "")];
    let mapped = map(&identity(json!({})), &rows);
    assert!(mapped.values.is_empty());
    assert_eq!(mapped.notes[0].problem, MappingProblem::NotAnAddress);
    let address = map(&identity(json!({"email_verified": true})), &[row_with("email", "email", "all@corp.test")]);
    assert_eq!(received_unique(&address, &schema()), keys([]), "nobody vouches for a default");
}

fn synced(held: &AttributeBag, sent: Value, method: AttributeSync) -> Synced {
    let (connection, schema) = (acme(), schema());
    let rules = SyncRules { method, connection: &connection, schema: &schema, now: at(0) };
    sync(held, &map(&identity(sent), &[row_with("country", "country", "NL"), row("name", "name")]), &rules)
}

#[test]
fn a_default_fills_gaps_and_never_replaces_what_a_method_keeps() {
    use AttributeSync::{None as Nothing, OverrideAll, PreserveLocal};
    let held = bag([("country", value(&["BE"], admin(), Verification::Unverified))]);
    let sent = || json!({"name": "Ann"});
    for (method, filled, kept) in
        [(OverrideAll, Some("NL"), Some("NL")), (PreserveLocal, Some("NL"), Some("BE")), (Nothing, None, Some("BE"))]
    {
        let country = |bag: &AttributeBag| {
            synced(bag, sent(), method).attributes.get(&name("country")).map(|value| value.values.join(" "))
        };
        assert_eq!(country(&AttributeBag::new()).as_deref(), filled, "{method:?}");
        assert_eq!(country(&held).as_deref(), kept, "{method:?}");
        let once = synced(&held, sent(), method).attributes;
        assert_eq!(synced(&once, sent(), method).changes, [], "{method:?}");
    }
    assert_eq!(synced(&held, json!({}), OverrideAll).attributes, held, "a provider that says nothing changes nothing");
}

#[test]
fn link_22_a_default_links_nobody_and_names_nobody() {
    let rows = [row_with("badge_no", "employee", "7"), row_with("login", "login", "root.of.all")];
    let mut found = candidate("u_ann");
    found.account.attributes = bag([("employee", value(&["7"], admin(), Verification::Unverified))]);
    let settings =
        ProvisioningSettings { username_from: Some("login".to_owned()), ..linking(vec![rule("employee", "employee")]) };
    let outcome = |sent: Value| {
        let identity = identity(sent);
        let mapped = map(&identity, &rows);
        let facts = Facts { ..facts_with(vec![vec![found.clone()]]) };
        decide(&Presented { identity: &identity, mapped: &mapped }, &settings, &facts).outcome
    };
    assert_eq!(outcome(json!({"badge_no": "7"})).kind(), OutcomeKind::Link);
    let Outcome::Create(user) = outcome(json!({"name": "Ann"})) else { panic!("a default linked somebody") };
    assert_eq!(user.attributes[&name("employee")].values, ["7"]);
    assert!(user.username_candidates.iter().all(|name| !name.as_str().contains("root")));
    let identity = identity(json!({"login": "lee"}));
    let mapped = map(&identity, &rows);
    let names = username_candidates(&Presented { identity: &identity, mapped: &mapped }, Some("login"), "7f3k92qx");
    assert_eq!(names[0].as_str(), "lee");
}
