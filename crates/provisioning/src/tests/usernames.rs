//! User names of new accounts.

use serde_json::{Value, json};

use super::builders::*;
use crate::{Presented, map, username_candidates};

fn names(sent: Value, from: Option<&str>) -> Vec<String> {
    let identity = identity(sent);
    let mapped = map(&identity, &[]);
    let presented = Presented { identity: &identity, mapped: &mapped };
    username_candidates(&presented, from, "7f3k92qx").iter().map(ToString::to_string).collect()
}

fn best(sent: Value) -> String {
    names(sent, None).first().cloned().unwrap()
}

#[test]
fn readable_names_come_first_then_numbers_then_chance() {
    let sent =
        json!({"preferred_username": "annie", "email": "ann@corp.test", "given_name": "Ann", "family_name": "Lee"});
    let names = names(sent, None);
    assert_eq!(names[..5], ["annie", "ann", "ann.lee", "annie-2", "annie-3"]);
    assert_eq!(names.last().unwrap(), "annie-7f3k92qx");
    assert_eq!(names.len(), 3 + 8 + 1);
}

#[test]
fn the_configured_claim_goes_first() {
    let sent = json!({"preferred_username": "annie", "employee": 4711});
    assert_eq!(names(sent.clone(), Some("employee"))[..2], ["4711", "annie"]);
    assert_eq!(names(sent.clone(), Some("sub"))[..2], ["42", "annie"]);
    assert_eq!(names(sent, Some("missing"))[0], "annie");
}

#[test]
fn foreign_text_becomes_a_plain_name() {
    for (sent, expected) in [
        ("José Núñez", "jose.nunez"),
        ("ANN LEE", "ann.lee"),
        ("ann+tag", "ann.tag"),
        ("../../etc/passwd", "etcpasswd"),
        ("ann\\..\\x", "ann.x"),
        ("ann\u{0}\r\nlee", "annlee"),
        ("bob@corp.test", "bob"),
        ("--ann--", "ann"),
        ("a..__b", "a.b"),
    ] {
        assert_eq!(best(json!({"preferred_username": sent})), expected, "{sent}");
    }
}

#[test]
fn link_18_reserved_and_empty_names_fall_back() {
    for sent in [
        "admin",
        "Administrator",
        "ＡＤＭＩＮ",
        "admin1",
        "admin-2",
        "root",
        "usher",
        "",
        "x",
        "..",
        "@x",
        "я",
        "管理者",
    ] {
        assert_eq!(best(json!({"preferred_username": sent, "email": "ann@corp.test"})), "ann", "{sent}");
        assert_eq!(names(json!({"preferred_username": sent}), None), ["user-7f3k92qx"], "{sent}");
    }
}

#[test]
fn long_names_are_cut_so_that_the_suffix_fits() {
    let names = names(json!({"preferred_username": "x".repeat(500)}), None);
    assert_eq!(names[0].len(), 48);
    assert!(names.last().unwrap().ends_with("-7f3k92qx"));
}
