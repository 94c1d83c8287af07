//! The profile: who, for whom, when, in answer to what. Every message here is signed by the provider's real key.

use chrono::TimeDelta;

use super::kit::{ACS, IDP, Parts, REQUEST, SP, Try, at, attribute, confirmation, data, now, read, refused};
use crate::{Expected, SamlError};

const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

fn with(change: impl FnOnce(&mut Parts)) -> String {
    assert!(read(&Parts::default().signed()).is_ok());
    let mut parts = Parts::default();
    change(&mut parts);
    parts.signed()
}

fn conditions(restrictions: &str) -> String {
    format!("<saml:Conditions NotBefore=\"{}\" NotOnOrAfter=\"{}\">{restrictions}</saml:Conditions>", at(-1), at(5))
}

fn audience(names: &[&str]) -> String {
    let names = names.iter().map(|name| ["<saml:Audience>", name, "</saml:Audience>"].concat()).collect::<String>();
    format!("<saml:AudienceRestriction>{names}</saml:AudienceRestriction>")
}

#[test]
fn saml_35_the_issuer_is_the_connections_provider() {
    let foreign = with(|parts| parts.issuer = "https://other.test".to_owned());
    assert_eq!(refused(&foreign), "issuer");
    let inner = with(|parts| parts.issuer = "https://other.test".to_owned()).replacen("https://other.test", IDP, 1);
    assert_eq!(refused(&inner), "assertion_issuer");
}

#[test]
fn saml_37_every_restriction_names_us() {
    let accepted =
        with(|parts| parts.conditions = conditions(&format!("{}{}", audience(&[SP]), audience(&["urn:x", SP]))));
    assert!(read(&accepted).is_ok());
    let slash = format!("{SP}/");
    let upper = SP.to_uppercase();
    for restrictions in [
        audience(&["https://other.test"]),
        String::new(),
        format!("{}{}", audience(&[SP]), audience(&["urn:x"])),
        audience(&[]),
        audience(&[""]),
        audience(&[&slash]),
        audience(&[&upper]),
    ] {
        assert_eq!(refused(&with(|parts| parts.conditions = conditions(&restrictions))), "audience", "{restrictions}");
    }
    let unknown = format!("{}<saml:Condition/>", audience(&[SP]));
    assert_eq!(refused(&with(|parts| parts.conditions = conditions(&unknown))), "assertion");
}

#[test]
fn saml_38_destination_and_recipient_are_this_address() {
    for wrong in [
        "https://other.test/acs",
        "https://id.usher.test/saml/sp/con_2/acs",
        "http://id.usher.test/saml/sp/con_1/acs",
        "https://id.usher.test/saml/sp/con_1/acs/",
    ] {
        assert_eq!(refused(&with(|parts| parts.shell = parts.shell.replace(ACS, wrong))), "destination", "{wrong}");
        assert_eq!(
            refused(&with(|parts| parts.confirmation = confirmation(BEARER, &data(wrong, Some(REQUEST), 5)))),
            "bearer",
            "{wrong}"
        );
    }
    assert_eq!(refused(&with(|parts| parts.shell = format!("InResponseTo=\"{REQUEST}\""))), "destination");
}

#[test]
fn saml_39_times() {
    let valid = |from: &str, until: &str| {
        format!("<saml:Conditions NotBefore=\"{from}\" NotOnOrAfter=\"{until}\">{}</saml:Conditions>", audience(&[SP]))
    };
    let second_ago =
        |seconds: i64| (now() - TimeDelta::seconds(seconds)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    assert!(read(&with(|parts| parts.conditions = valid(&at(-10), &second_ago(59)))).is_ok(), "within the skew");
    assert_eq!(refused(&with(|parts| parts.conditions = valid(&at(-10), &second_ago(61)))), "not_on_or_after");
    assert_eq!(refused(&with(|parts| parts.conditions = valid(&at(2), &at(5)))), "not_before");
    assert_eq!(refused(&with(|parts| parts.statement = parts.statement.replace(&at(60), &at(-2)))), "session_end");
    assert_eq!(refused(&with(|parts| parts.statement = parts.statement.replacen(&at(0), &at(5), 1))), "authn_instant");
    assert_eq!(
        refused(&with(|parts| parts.confirmation = confirmation(BEARER, &data(ACS, Some(REQUEST), -2)))),
        "bearer"
    );
    let issued = |time: &str| {
        let parts = Parts::default();
        let assertion = parts.assertion(&super::kit::rsa_template("_a1")).replacen(&at(0), time, 1);
        parts.response("", &super::kit::sign(&assertion, "_a1", &super::kit::ACME))
    };
    assert!(read(&issued(&at(-4))).is_ok());
    for (time, check) in [
        (at(-10), "issue_instant"),
        (at(60), "issue_instant"),
        ("9999-01-01T00:00:00Z".to_owned(), "content"),
        ("2026-05-03T08:40:00".to_owned(), "content"),
        ("2026-05-03T08:40:60Z".to_owned(), "content"),
    ] {
        assert_eq!(refused(&issued(&time)), check, "{time}");
    }
}

#[test]
fn saml_40_parts_that_must_be_there() {
    assert_eq!(refused(&with(|parts| parts.conditions = String::new())), "assertion");
    assert_eq!(refused(&with(|parts| parts.confirmation = String::new())), "bearer");
    assert_eq!(refused(&with(|parts| parts.confirmation = confirmation(BEARER, ""))), "bearer");
    let endless = format!("<saml:SubjectConfirmationData Recipient=\"{ACS}\" InResponseTo=\"{REQUEST}\"/>");
    assert_eq!(refused(&with(|parts| parts.confirmation = confirmation(BEARER, &endless))), "bearer");
    assert_eq!(refused(&with(|parts| parts.statement = String::new())), "assertion");
    assert_eq!(refused(&with(|parts| parts.statement = parts.statement.repeat(2))), "assertion");
    let parts = Parts::default();
    let bare = parts.assertion(&super::kit::rsa_template("_a1"));
    let start = bare.find("<saml:Subject>").unwrap();
    let end = bare.find("</saml:Subject>").unwrap() + "</saml:Subject>".len();
    let bare = super::kit::sign(&format!("{}{}", &bare[..start], &bare[end..]), "_a1", &super::kit::ACME);
    assert_eq!(refused(&parts.response("", &bare)), "assertion");
}

#[test]
fn saml_41_the_answer_to_this_very_request() {
    for wrong in ["_other", ""] {
        assert_eq!(
            refused(&with(|parts| parts.shell = format!("Destination=\"{ACS}\" InResponseTo=\"{wrong}\""))),
            "in_response_to"
        );
    }
    assert_eq!(refused(&with(|parts| parts.shell = format!("Destination=\"{ACS}\""))), "in_response_to");
    assert_eq!(
        refused(&with(|parts| parts.confirmation = confirmation(BEARER, &data(ACS, Some("_other"), 5)))),
        "bearer"
    );
    assert_eq!(refused(&with(|parts| parts.confirmation = confirmation(BEARER, &data(ACS, None, 5)))), "bearer");
}

#[test]
fn saml_43_unsolicited_answers_answer_nothing() {
    let open = Try { expected: Expected::Unsolicited, ..Try::default() };
    let unsolicited = with(|parts| {
        parts.shell = format!("Destination=\"{ACS}\"");
        parts.confirmation = confirmation(BEARER, &data(ACS, None, 5));
    });
    assert!(open.read(&unsolicited).is_ok());
    assert_eq!(refused(&unsolicited), "in_response_to");
    assert_eq!(open.read(&Parts::default().signed()).unwrap_err().check(), "in_response_to");
    let half = with(|parts| parts.shell = format!("Destination=\"{ACS}\""));
    assert_eq!(open.read(&half).unwrap_err().check(), "bearer");
}

#[test]
fn saml_44_one_bearer_confirmation_must_be_wholly_valid() {
    let good = confirmation(BEARER, &data(ACS, Some(REQUEST), 5));
    for method in ["urn:oasis:names:tc:SAML:2.0:cm:holder-of-key", "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"] {
        assert_eq!(
            refused(&with(|parts| parts.confirmation = confirmation(method, &data(ACS, Some(REQUEST), 5)))),
            "bearer"
        );
        let beside = format!("{good}{}", confirmation(method, ""));
        assert!(read(&with(|parts| parts.confirmation = beside)).is_ok());
    }
    let halves = format!(
        "{}{}",
        confirmation(BEARER, &data("https://x.test", Some(REQUEST), 5)),
        confirmation(BEARER, &data(ACS, Some("_other"), 5))
    );
    assert_eq!(refused(&with(|parts| parts.confirmation = halves)), "bearer");
}

#[test]
fn saml_45_status() {
    let status = |inside: &str| format!("<samlp:Status>{inside}</samlp:Status>");
    let failed = status(
        "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:AuthnFailed\"/></samlp:StatusCode><samlp:StatusMessage>no\u{85}pe</samlp:StatusMessage>",
    );
    match read(&with(|parts| parts.status = failed)) {
        Err(SamlError::Denied { status, message }) => {
            assert_eq!(status, "AuthnFailed");
            assert_eq!(message.as_deref(), Some("no\u{fffd}pe"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(refused(&with(|parts| parts.status = String::new())), "structure");
    let nested = status(
        "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:StatusCode>",
    );
    assert_eq!(refused(&with(|parts| parts.status = nested)), "status");
}

#[test]
fn saml_46_version_and_root() {
    let message = Parts::default().signed();
    assert_eq!(refused(&with(|parts| parts.version = "1.1".to_owned())), "assertion");
    assert_eq!(refused(&message.replacen("Version=\"2.0\"", "Version=\"1.1\"", 1)), "version");
    assert_eq!(refused(&message.replacen("Version=\"2.0\"", "", 1)), "version");
    assert_eq!(refused(&message.replacen("urn:oasis:names:tc:SAML:2.0:protocol", "urn:evil", 1)), "root");
    let around = format!(
        "<samlp:ArtifactResponse xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\">{message}</samlp:ArtifactResponse>"
    );
    assert_eq!(refused(&around), "root");
    assert_eq!(refused(&Parts::default().signed_assertion(&super::kit::ACME)), "root");
    assert_eq!(refused(&format!("{message}<x/>")), "well_formed");
}

#[test]
fn saml_49_one_assertion_in_one_form() {
    let parts = Parts::default();
    let assertion = parts.signed_assertion(&super::kit::ACME);
    let encrypted =
        super::kit::encrypt(&assertion, &super::kit::OURS, "http://www.w3.org/2009/xmlenc11#aes256-gcm", "aes-256");
    assert!(read(&parts.response("", &encrypted)).is_ok());
    assert_eq!(refused(&parts.response("", &format!("{assertion}{encrypted}"))), "structure");
    assert_eq!(refused(&parts.response("", &encrypted.repeat(2))), "structure");
    assert_eq!(refused(&with(|parts| parts.attributes = attribute("x", &[&encrypted]))), "structure");
}

#[test]
fn saml_50_name_ids_are_exact() {
    let bidi = "a\u{202e}b";
    for wrong in ["", "   ", " alice", "alice\n", "a\u{85}b", bidi, &"x".repeat(2000)] {
        assert_eq!(refused(&with(|parts| parts.person = wrong.to_owned())), "assertion", "{wrong:?}");
    }
    let upper = read(&with(|parts| parts.person = "Alice@Corp.test".to_owned())).unwrap();
    assert_eq!(upper.assertion.name_id.unwrap().value, "Alice@Corp.test");
}

#[test]
fn saml_51_attributes_that_contradict_each_other() {
    let twice = |second: &str| format!("{}{}", attribute("mail", &["a@corp.test"]), attribute("mail", &[second]));
    assert!(read(&with(|parts| parts.attributes = twice("a@corp.test"))).is_ok());
    assert_eq!(refused(&with(|parts| parts.attributes = twice("b@corp.test"))), "assertion");
    let roles = read(&with(|parts| parts.attributes = attribute("role", &["a,b", "c"]))).unwrap();
    assert_eq!(roles.assertion.attributes[0].values, ["a,b", "c"]);
}

#[test]
fn saml_63_escaped_markup_stays_text() {
    let read = read(&with(|parts| parts.attributes = attribute("name", &["x&lt;/saml:AttributeValue&gt;&amp;&#13;"])))
        .unwrap();
    assert_eq!(read.assertion.attributes[0].values, ["x</saml:AttributeValue>&\r"]);
}

#[test]
fn saml_67_a_forced_sign_in_is_a_new_one() {
    let message = with(|parts| parts.statement = parts.statement.replacen(&at(0), &at(-3), 1));
    assert!(read(&message).is_ok());
    let forced = Try { since: Some(now()), ..Try::default() };
    assert_eq!(forced.read(&message).unwrap_err().check(), "force_authn");
    assert!(forced.read(&Parts::default().signed()).is_ok());
}

#[test]
fn saml_68_the_context_that_was_asked_for() {
    let message = Parts::default().signed();
    let password = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport".to_owned();
    assert!(Try { contexts: vec![password], ..Try::default() }.read(&message).is_ok());
    let stronger = Try { contexts: vec!["https://refeds.org/profile/mfa".to_owned()], ..Try::default() };
    assert_eq!(stronger.read(&message).unwrap_err().check(), "authn_context");
}

#[test]
fn saml_72_the_shell_is_compared_although_it_is_not_signed() {
    let message = Parts::default().signed();
    for (from, to, check) in [
        (format!("Destination=\"{ACS}\""), "Destination=\"https://x.test\"".to_owned(), "destination"),
        (format!("InResponseTo=\"{REQUEST}\""), "InResponseTo=\"_x\"".to_owned(), "in_response_to"),
        (format!(">{IDP}<"), ">https://x.test<".to_owned(), "issuer"),
        ("status:Success".to_owned(), "status:Responder".to_owned(), "status"),
    ] {
        assert_eq!(refused(&message.replacen(&from, &to, 1)), check);
    }
}

#[test]
fn dos_03_05_06_07_work_is_bounded_before_it_begins() {
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert_eq!(refused(&deep), "size");
    assert_eq!(refused(&format!("{}{}", "<a>".repeat(1000), "</a>".repeat(1000))), "depth");
    let message = Parts::default().signed();
    let many: String = (0..1000).map(|at: u32| [" xmlns:n", &at.to_string(), "=\"urn:x\""].concat()).collect();
    assert_eq!(refused(&message.replacen("<samlp:Response", &format!("<samlp:Response{many}"), 1)), "declarations");
    let many: String = (0..1000).map(|at: u32| [" a", &at.to_string(), "=\"x\""].concat()).collect();
    assert_eq!(refused(&message.replacen("<samlp:Response", &format!("<samlp:Response{many}"), 1)), "attributes");
    let signature = super::kit::rsa_template("_r1");
    assert_eq!(refused(&Parts::default().response(&signature.repeat(100), "")), "signature_shape");
}
