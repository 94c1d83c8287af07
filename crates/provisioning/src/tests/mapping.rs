//! Claims to attributes and back to claims.

use serde_json::{Value, json};
use usher_domain::Verification;

use super::builders::*;
use crate::{MappingProblem, Received, claim_at, claims_of, is_protected, map, mask, pass_through_claims};

/// What the claim `c` with this JSON becomes.
fn received(value: &Value) -> (Option<Received>, Option<MappingProblem>) {
    let mut mapped = map(&identity(json!({ "c": value })), &[row("c", "a")]);
    (mapped.values.remove(&name("a")), mapped.notes.first().map(|note| note.problem))
}

fn values(texts: &[&str]) -> Received {
    let values = texts.iter().map(ToString::to_string).collect();
    Received::Values { values, verified: Verification::Unverified }
}

#[test]
fn link_20_every_json_shape_has_its_meaning() {
    let unusable = |problem| (Some(Received::Unusable), Some(problem));
    for (json, expected) in [
        (json!("x"), (Some(values(&["x"])), None)),
        (json!("a,b c"), (Some(values(&["a,b c"])), None)),
        (json!(true), (Some(values(&["true"])), None)),
        (json!(42), (Some(values(&["42"])), None)),
        (json!(1.5), (Some(values(&["1.5"])), None)),
        (json!(["x", 1, false]), (Some(values(&["x", "1", "false"])), None)),
        (json!(["x", null, ""]), (Some(values(&["x"])), None)),
        (json!(""), (Some(Received::Empty), None)),
        (json!([]), (Some(Received::Empty), None)),
        (json!([""]), (Some(Received::Empty), None)),
        (Value::Null, (None, None)),
        (json!([null]), (None, None)),
        (json!({"x": 1}), unusable(MappingProblem::Nested)),
        (json!([["x"]]), unusable(MappingProblem::Nested)),
        (json!("x".repeat(4096)), (Some(values(&[&"x".repeat(4096)])), None)),
        (json!(vec!["x"; 256]), (Some(values(&["x"; 256])), None)),
        (json!("x".repeat(4097)), unusable(MappingProblem::TooLarge)),
        (json!(vec!["x"; 257]), unusable(MappingProblem::TooLarge)),
        (json!(vec!["x".repeat(4096); 17]), unusable(MappingProblem::TooLarge)),
        (json!("a\u{0}b"), unusable(MappingProblem::ControlCharacters)),
        (json!("a\u{1b}[31m"), unusable(MappingProblem::ControlCharacters)),
        (json!("two\nlines"), (Some(values(&["two\nlines"])), None)),
    ] {
        assert_eq!(received(&json), expected, "{json}");
    }
}

#[test]
fn an_empty_mapping_takes_the_standard_claims_as_they_are() {
    let sent = json!({
        "sub": "42", "name": "Ann Lee", "given_name": "Ann", "email": "Ann@CORP.test", "email_verified": true,
        "address": {"formatted": "1 Main St", "country": "NL"}, "updated_at": 7, "groups": ["x"], "custom": "y"
    });
    let mapped = map(&identity(sent), &[]);
    let names: Vec<&str> = mapped.values.keys().map(usher_domain::AttributeName::as_str).collect();
    assert_eq!(names, ["address.country", "address.formatted", "email", "given_name", "name"]);
    assert_eq!(mapped.values_of("email"), ["Ann@corp.test"], "the domain in lower case");
    assert_eq!(mapped.notes, []);
}

#[test]
fn a_mapping_takes_its_claims_only_and_renames_them() {
    let mapped = map(&identity(json!({"mail": "ann@corp.test", "given_name": "Ann"})), &[row("mail", "email")]);
    assert_eq!(mapped.values.len(), 1);
    assert_eq!(mapped.values_of("email"), ["ann@corp.test"]);
}

#[test]
fn an_attribute_is_fed_by_the_first_row_that_has_something() {
    let rows = [row("bad", "a"), row("missing", "a"), row("one", "a"), row("two", "a")];
    let mapped = map(&identity(json!({"bad": {}, "one": "1", "two": "2"})), &rows);
    assert_eq!(mapped.values_of("a"), ["1"]);
    let problems: Vec<_> = mapped.notes.iter().map(|note| (note.claim.as_str(), note.problem)).collect();
    assert_eq!(problems, [("bad", MappingProblem::Nested), ("two", MappingProblem::AlreadyFed)]);
}

#[test]
fn paths_walk_objects_and_whole_names_come_first() {
    let claims = json!({
        "address": {"formatted": "x", "deep": {"er": 1}}, "a.b": "whole", "a": {"b": "walked"},
        "https://acme.test/dept": "eng"
    });
    let claims = claims.as_object().unwrap();
    for (path, expected) in [
        ("address.formatted", Some(json!("x"))),
        ("address.deep.er", Some(json!(1))),
        ("a.b", Some(json!("whole"))),
        ("https://acme.test/dept", Some(json!("eng"))),
        ("address.formatted.more", None),
        ("address..formatted", None),
        ("", None),
        (".", None),
        ("a.b.c.d.e.f.g.h.i.j", None),
    ] {
        assert_eq!(claim_at(claims, path), expected.as_ref(), "{path}");
    }
}

#[test]
fn an_address_is_verified_only_as_the_one_email_claim() {
    let verified =
        |sent: Value, rows: &[usher_domain::AttributeMapping], attribute: &str| match map(&identity(sent), rows)
            .values
            .remove(&name(attribute))
        {
            Some(Received::Values { verified, .. }) => verified,
            other => panic!("{other:?}"),
        };
    let sent = json!({"email": "ann@corp.test", "mail": "eve@corp.test", "email_verified": true});
    assert_eq!(verified(sent.clone(), &[], "email"), Verification::ByProvider);
    assert_eq!(verified(sent.clone(), &[row("email", "work")], "work"), Verification::ByProvider);
    assert_eq!(verified(sent, &[row("mail", "email")], "email"), Verification::Unverified);
    for word in [json!("true"), json!(1), json!(false), Value::Null] {
        let sent = json!({"email": "ann@corp.test", "email_verified": word});
        assert_eq!(verified(sent, &[], "email"), Verification::Unverified);
    }
    let two = json!({"email": ["ann@corp.test", "eve@corp.test"], "email_verified": true});
    assert_eq!(verified(two, &[], "email"), Verification::Unverified);
}

#[test]
fn what_is_no_address_is_no_email() {
    let mapped = map(&identity(json!({"email": "not an address"})), &[]);
    assert_eq!(mapped.values[&name("email")], Received::Unusable);
    assert_eq!(mapped.notes[0].problem, MappingProblem::NotAnAddress);
    assert!(mapped.is_silent());
}

#[test]
fn link_19_protected_names_are_never_mapped() {
    for attribute in ["sub", "username", "Status", "password", "mfa", "email_verified", "org_id", "iss", "is_admin"] {
        let mapped = map(&identity(json!({"c": "x"})), &[row("c", attribute)]);
        assert!(mapped.values.is_empty(), "{attribute}");
        assert_eq!(mapped.notes[0].problem, MappingProblem::Protected);
    }
    for attribute in ["groups", "roles", "department", "preferred_username"] {
        assert!(!is_protected(&name(attribute)), "an explicit mapping may feed {attribute}");
    }
}

#[test]
fn pass_through_keeps_standard_shapes() {
    let rows = [
        row("email", "email"),
        row("g", "groups"),
        row("street", "address.street_address"),
        row("town", "address.locality"),
        row("names", "name"),
        row("langs", "languages"),
        row("team", "team"),
        row("none", "none"),
        row("x", "acme.level"),
    ];
    let sent = json!({
        "email": "ann@corp.test", "email_verified": true, "g": "staff", "street": "1 Main St", "town": "Delft",
        "names": ["Ann", "Annie"], "langs": ["en", "nl"], "team": ["blue"], "none": "", "x": 3
    });
    let claims = pass_through_claims(&map(&identity(sent), &rows));
    let expected = json!({
        "email": "ann@corp.test", "email_verified": true, "groups": ["staff"],
        "address": {"street_address": "1 Main St", "locality": "Delft"}, "name": "Ann",
        "languages": ["en", "nl"], "team": "blue", "acme.level": "3"
    });
    assert_eq!(Value::Object(claims), expected);
}

#[test]
fn a_local_account_gives_the_same_shapes() {
    let attributes = bag([
        ("email", value(&["ann@corp.test"], admin(), Verification::Unverified)),
        ("address.country", value(&["NL"], admin(), Verification::Unverified)),
    ]);
    let expected = json!({"email": "ann@corp.test", "email_verified": false, "address": {"country": "NL"}});
    assert_eq!(Value::Object(claims_of(&attributes)), expected);
}

#[test]
fn masks_hide_value_and_length() {
    for (value, masked) in [
        ("ann@corp.test", "a***@c***.test"),
        ("a@b", "a***@b***."),
        ("Annabel", "A***"),
        ("Ann", "***"),
        ("", "***"),
        ("@", "***@***."),
    ] {
        assert_eq!(mask(value), masked, "{value}");
    }
}
