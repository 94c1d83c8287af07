//! One row per rule, each with a neighbour that passes.

use super::{BreachVerdict, MAX_BYTES, PasswordFlaw, check, found_in, range_prefix};

const KNOWN: &[&str] = &["ann.smith", "Ann.Smith@corp.test", "Ann Smith", "Usher", "", "Al"];

#[test]
fn length_counts_characters_below_and_bytes_above() {
    assert_eq!(check("kfmq-zrvb", KNOWN), Err(PasswordFlaw::TooShort));
    assert_eq!(check("kfmq-zrvbx", KNOWN), Ok(()));
    assert_eq!(check("äöüßéèêëñø", KNOWN), Ok(()), "ten characters, twenty bytes");
    let long = "kfmq zrvb ".repeat(103);
    assert_eq!(check(&long[..MAX_BYTES], KNOWN), Ok(()));
    assert_eq!(check(&long[..=MAX_BYTES], KNOWN), Err(PasswordFlaw::TooLong));
}

#[test]
fn no_kind_of_character_is_asked_for_and_none_is_forbidden() {
    for password in [
        "correct horse battery staple",
        "vier große Igel",
        "правильная лошадь",
        "93 81 47 02 66",
        "🦔🐎🔋📎🎈🪁🧭🪐🍋🥝",
    ] {
        assert_eq!(check(password, KNOWN), Ok(()), "{password}");
    }
}

#[test]
fn names_of_the_person_and_the_product_are_refused_inside() {
    for password in ["ann.smith-kfmq", "xxSMITHkfmq9z", "sm1th kfmq zr", "ann.smith@corp.test", "kfmq usher zrvb"] {
        assert_eq!(check(password, KNOWN), Err(PasswordFlaw::Personal), "{password}");
    }
    assert_eq!(check("al kfmq zrvb w", KNOWN), Ok(()), "two letters are in everything");
    assert_eq!(check("xxSMITHkfmq9z", &[]), Ok(()), "somebody else's name");
}

#[test]
fn repetitions_and_rows_are_refused() {
    let patterns = [
        "aaaaaaaaaaaa",
        "1234567890",
        "0987654321",
        "abcdefghijkl",
        "qwertyuiop",
        "poiuytrewq",
        "qwertzuiop",
        "asdfghjkl123",
        "abcabcabcabc",
        "hans hans hans"[..9].repeat(2).as_str(),
        "xkxkxkxkxk",
        "aaaabbbbcccc",
        "1111222233",
        "zzzzzzzzz9",
    ]
    .map(str::to_owned);
    for password in patterns.iter().filter(|password| !password.contains(' ')) {
        assert_eq!(check(password, KNOWN), Err(PasswordFlaw::Pattern), "{password}");
    }
    assert_eq!(check("abc def kfmq zr", KNOWN), Ok(()), "a short row inside is fine");
}

#[test]
fn the_commonest_are_refused_however_they_are_dressed() {
    let dressed = [
        "password2024",
        "P@ssw0rd2024!",
        "!!Passw0rd!!",
        "passwordpassword",
        "Welcome2024!",
        "Sommer2026!!",
        "iloveyou123!",
        "admin-admin-1",
        "letmein12345",
        "test1234test",
        "mypassword99",
        "Administrator",
        "changeme2026",
        "20260101-2027",
    ];
    for password in dressed {
        assert_eq!(check(password, KNOWN), Err(PasswordFlaw::Common), "{password}");
    }
    for password in ["password kfmq zrvb", "summer rain on tin roofs", "winterkfmqzrvb"] {
        assert_eq!(check(password, KNOWN), Ok(()), "{password}");
    }
}

#[test]
fn only_five_digits_leave_and_the_rest_is_compared_here() {
    // SHA-1 of "password": 5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8.
    assert_eq!(range_prefix("password"), "5BAA6");
    let hit = "0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n1E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\r\n";
    assert_eq!(found_in(hit, "password"), BreachVerdict::Leaked { times: 9_545_824 });
    assert_eq!(found_in(&hit.to_lowercase(), "password"), BreachVerdict::Leaked { times: 9_545_824 });
    assert_eq!(found_in(hit, "passwore"), BreachVerdict::Clean);
    assert_eq!(found_in("1E4C9B93F3F0682250B6CF8331B7EE68FD8:0", "password"), BreachVerdict::Clean, "padding");
    assert_eq!(found_in("", "password"), BreachVerdict::Clean);
    for body in ["<html>busy</html>", "1E4C9B93F3F0682250B6CF8331B7EE68FD8:many"] {
        assert_eq!(found_in(body, "password"), BreachVerdict::Unknown, "{body}");
    }
}
