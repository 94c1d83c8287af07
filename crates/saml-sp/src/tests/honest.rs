//! What honest providers send is read, whole and exactly.

use super::kit::{ACME, CURVE, MALLORY, OURS, Parts, Try, encrypt, now, read, refused, rsa_template, sign, template};
use crate::{Cbc, ResponseSignature};
use chrono::TimeDelta;

#[test]
fn a_signed_assertion_is_read() {
    let read = read(&Parts::default().signed()).unwrap();
    let name_id = read.assertion.name_id.unwrap();
    assert_eq!(name_id.value, "alice@corp.test");
    assert_eq!(name_id.format, "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent");
    assert_eq!(read.assertion.attributes[0].values, ["alice@corp.test"]);
    assert_eq!(read.assertion.authn.session_index.as_deref(), Some("s1"));
    assert_eq!(read.remember_until, now() + TimeDelta::minutes(6));
}

#[test]
fn a_response_and_its_assertion_may_both_be_signed() {
    assert_eq!(read(&Parts::default().signed_twice()).unwrap().assertion.name_id.unwrap().value, "alice@corp.test");
}

#[test]
fn a_signed_response_does_not_stand_in_for_a_signed_assertion() {
    let parts = Parts::default();
    let message = sign(&parts.response(&rsa_template("_r1"), &parts.assertion("")), "_r1", &ACME);
    assert_eq!(refused(&message), "assertion_signed");
}

#[test]
fn a_connection_can_require_the_response_to_be_signed() {
    let strict = Try { response_signature: ResponseSignature::Required, ..Try::default() };
    assert!(strict.read(&Parts::default().signed_twice()).is_ok());
    assert_eq!(strict.read(&Parts::default().signed()).unwrap_err().check(), "response_signed");
}

#[test]
fn certificates_of_two_kinds_roll_over() {
    let both = Try {
        certificates: vec![CURVE.certificate.clone(), MALLORY.certificate.clone(), ACME.certificate.clone()],
        ..Try::default()
    };
    assert_eq!(both.read(&Parts::default().signed()).unwrap().certificate, 2);
    let parts = Parts::default();
    let ecdsa = template(
        "_a1",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        "http://www.w3.org/2001/04/xmlenc#sha256",
    );
    let message = parts.response("", &sign(&parts.assertion(&ecdsa), "_a1", &CURVE));
    assert_eq!(both.read(&message).unwrap().certificate, 0);
    assert_eq!(refused(&message), "signature");
}

#[test]
fn encrypted_assertions_are_read_and_need_their_own_signature() {
    let parts = Parts::default();
    for (content, session) in [
        ("http://www.w3.org/2009/xmlenc11#aes128-gcm", "aes-128"),
        ("http://www.w3.org/2009/xmlenc11#aes256-gcm", "aes-256"),
    ] {
        let message = parts.response("", &encrypt(&parts.signed_assertion(&ACME), &OURS, content, session));
        let read = read(&message).unwrap();
        assert!(read.encrypted);
        assert_eq!(read.assertion.name_id.unwrap().value, "alice@corp.test");
        let unsigned = parts.response("", &encrypt(&parts.assertion(""), &OURS, content, session));
        assert_eq!(refused(&unsigned), "assertion_signed");
        let foreign = parts.response("", &encrypt(&parts.signed_assertion(&MALLORY), &OURS, content, session));
        assert_eq!(refused(&foreign), "signature");
        let elsewhere = parts.response("", &encrypt(&parts.signed_assertion(&ACME), &MALLORY, content, session));
        assert_eq!(refused(&elsewhere), "decryption");
    }
}

#[test]
fn cbc_is_read_only_where_an_admin_says_so() {
    let parts = Parts::default();
    let message = parts.response(
        "",
        &encrypt(&parts.signed_assertion(&ACME), &OURS, "http://www.w3.org/2001/04/xmlenc#aes256-cbc", "aes-256"),
    );
    assert!(Try { cbc: Cbc::Accepted, ..Try::default() }.read(&message).is_ok());
    assert_eq!(refused(&message), "decryption");
}
