//! What we write is what others verify; what comes by an address is verified over its raw octets.

use std::process::Command;

use chrono::TimeDelta;

use super::kit::{ACME, ACS, CURVE, IDP, MALLORY, OURS, SP, at, now, rsa_template, sign};
use crate::{
    Arrived, AuthnRequest, Checks, Force, LogoutAnswer, LogoutDemand, LogoutRules, LogoutStatus, MessageKind, NameId,
    RequestedContext, SamlError, ServiceProvider, SigningKey, SignsRequests, SpKeys, read_logout_request,
    read_logout_response, read_post, read_query, write_query,
};

fn key() -> SigningKey {
    SigningKey::from_pkcs8(&OURS.pkcs8, OURS.certificate.clone()).unwrap()
}

/// Verified by the command, with our certificate as the only trusted key.
fn verified_elsewhere(message: &str, element: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (file, certificate) = (folder.path().join("message.xml"), folder.path().join("cert.pem"));
    std::fs::write(&file, message).unwrap();
    std::fs::write(
        &certificate,
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", OURS.certificate.base64()),
    )
    .unwrap();
    let output = Command::new("xmlsec1")
        .args(["--verify", "--enabled-reference-uris", "same-doc", "--id-attr:ID", element, "--pubkey-cert-pem"])
        .arg(&certificate)
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{message}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn requests_are_signed_in_canonical_form() {
    let context = RequestedContext { classes: vec!["urn:a&b".to_owned()], ..RequestedContext::default() };
    let request = AuthnRequest {
        id: "_q1",
        issue_instant: now(),
        issuer: SP,
        destination: "https://idp.acme.test/sso?a=1&b=\"2\"",
        consumer: ACS,
        force: Some(Force::Again),
        name_id_format: Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"),
        context: Some(&context),
        subject: Some("a<b>]]>&\r\n\t\u{1}\u{fffe}c"),
    };
    let message = request.signed(&key()).unwrap();
    verified_elsewhere(&message, "urn:oasis:names:tc:SAML:2.0:protocol:AuthnRequest");
    let tree = roxmltree::Document::parse(&message).unwrap();
    assert_eq!(tree.root_element().attribute("ForceAuthn"), Some("true"));
    assert_eq!(tree.root_element().attribute("Destination"), Some("https://idp.acme.test/sso?a=1&b=\"2\""));
    let subject = tree.descendants().find(|node| node.has_tag_name("NameID")).unwrap();
    assert_eq!(subject.text(), Some("a<b>]]>&\r\n\tc"));
}

#[test]
fn our_metadata_is_signed_on_request() {
    let keys = SpKeys {
        signing: std::slice::from_ref(&OURS.certificate),
        encryption: std::slice::from_ref(&ACME.certificate),
    };
    let provider = ServiceProvider {
        id: "_m1",
        entity_id: SP,
        consumer: ACS,
        logout: Some("https://id.usher.test/slo"),
        name_id_format: None,
        keys,
        signs_requests: SignsRequests::Yes,
        valid_until: Some(now() + TimeDelta::days(7)),
    };
    verified_elsewhere(&provider.signed(&key()).unwrap(), "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor");
    let plain = provider.unsigned();
    assert!(plain.contains("WantAssertionsSigned=\"true\"") && !plain.contains("Signature"));
    assert_eq!(plain.matches("use=\"encryption\"").count(), 1);
}

fn rules<'a>() -> LogoutRules<'a> {
    LogoutRules {
        issuer: IDP,
        receiver: "https://id.usher.test/slo",
        certificates: std::slice::from_ref(&ACME.certificate),
        skew: TimeDelta::seconds(60),
        now: now(),
    }
}

fn logout(change: impl Fn(String) -> String) -> String {
    change(format!(
        "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_l1\" Version=\"2.0\" IssueInstant=\"{}\" NotOnOrAfter=\"{}\" Destination=\"https://id.usher.test/slo\">\
         <saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{IDP}</saml:Issuer>{}\
         <saml:NameID xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" Format=\"urn:x\" NameQualifier=\"q\">alice</saml:NameID><samlp:SessionIndex>s1</samlp:SessionIndex></samlp:LogoutRequest>",
        at(0),
        at(5),
        rsa_template("_l1")
    ))
}

fn by_form(message: &str) -> Result<crate::LogoutRequest, SamlError> {
    read_logout_request(Arrived::Form(message.as_bytes()), &rules(), &mut Checks::new())
}

#[test]
fn saml_61_logout_requests_by_form() {
    let read = by_form(&sign(&logout(|text| text), "_l1", &ACME)).unwrap();
    assert_eq!(
        read.name_id,
        NameId {
            value: "alice".to_owned(),
            format: "urn:x".to_owned(),
            name_qualifier: Some("q".to_owned()),
            sp_name_qualifier: None
        }
    );
    assert_eq!(read.session_indexes, ["s1"]);
    assert_eq!(by_form(&logout(|text| text.replace(&rsa_template("_l1"), ""))).unwrap_err().check(), "signature");
    assert_eq!(by_form(&sign(&logout(|text| text), "_l1", &MALLORY)).unwrap_err().check(), "signature");
    for (from, to, check) in [
        (at(5), at(-2), "not_on_or_after"),
        (at(0), at(-30), "issue_instant"),
        ("usher.test/slo".to_owned(), "usher.test/other".to_owned(), "destination"),
        (IDP.to_owned(), "https://x.test".to_owned(), "issuer"),
    ] {
        assert_eq!(by_form(&sign(&logout(|text| text.replace(&from, &to)), "_l1", &ACME)).unwrap_err().check(), check);
    }
    let stripped = sign(&logout(|text| text), "_l1", &ACME).replace(">alice<", ">bob<");
    assert_eq!(by_form(&stripped).unwrap_err().check(), "signature");
}

#[test]
fn what_we_write_for_logout_we_would_accept_ourselves() {
    let name_id = NameId {
        value: "al<ice".to_owned(),
        format: "urn:x".to_owned(),
        name_qualifier: None,
        sp_name_qualifier: Some(SP.to_owned()),
    };
    let demand = LogoutDemand {
        id: "_l2",
        issue_instant: now(),
        issuer: IDP,
        destination: "https://id.usher.test/slo",
        name_id: &name_id,
        session_index: Some("s&1"),
    };
    let ours = LogoutRules { certificates: std::slice::from_ref(&OURS.certificate), ..rules() };
    let message = demand.signed(&key()).unwrap();
    verified_elsewhere(&message, "urn:oasis:names:tc:SAML:2.0:protocol:LogoutRequest");
    let read = read_logout_request(Arrived::Form(message.as_bytes()), &ours, &mut Checks::new()).unwrap();
    assert_eq!((read.name_id, read.session_indexes), (name_id, vec!["s&1".to_owned()]));
    let answer = LogoutAnswer {
        id: "_l3",
        issue_instant: now(),
        issuer: IDP,
        destination: "https://id.usher.test/slo",
        in_response_to: "_l2",
        status: LogoutStatus::Partial,
    };
    let query = write_query(MessageKind::Response, &answer.unsigned(), Some("r&s"), Some(&key())).unwrap();
    let arrived = read_query(&query).unwrap();
    assert_eq!(arrived.relay_state.as_deref(), Some("r&s"));
    let read = read_logout_response(Arrived::Query(&arrived), &ours, &mut Checks::new()).unwrap();
    assert_eq!((read.in_response_to.as_str(), read.failure.as_deref()), ("_l2", Some("PartialLogout")));
    let refused = read_logout_response(Arrived::Query(&arrived), &rules(), &mut Checks::new());
    assert_eq!(refused.unwrap_err().check(), "signature");
}

#[test]
fn saml_53_saml_54_saml_56_queries_are_read_one_way_only() {
    let query = write_query(MessageKind::Request, "<a/>", Some("x"), Some(&key())).unwrap();
    assert!(read_query(&query).unwrap().is_signed_by(std::slice::from_ref(&OURS.certificate)));
    let (message, rest) = query.split_once("&RelayState").unwrap();
    for twice in [
        format!("{query}&{message}"),
        format!("{query}&SAMLResponse=x"),
        format!("{query}&RelayState=y"),
        format!("{query}&Signature=y"),
        format!("{query}&SigAlg=y"),
        format!("%53AMLRequest=x&{query}"),
        format!("{query}&SigAlg%00=x"),
        format!("{query}&samlrequest=x"),
        format!("{query}&%20SAMLRequest=x"),
        format!("{message}&SigAlg=x"),
        format!("{message}&Signature=x"),
        format!("{message}&SigAlg=&Signature="),
        "RelayState=x".to_owned(),
        String::new(),
        "SAMLRequest=%%%".to_owned(),
        "SAMLRequest=%ff".to_owned(),
        format!("SAMLRequest=x&RelayState{rest}"),
    ] {
        assert!(read_query(&twice).is_err(), "{twice}");
    }
    let unknown = read_query(&query.replace("rsa%2Dsha256", "rsa%2Dsha1")).unwrap();
    assert!(!unknown.is_signed_by(std::slice::from_ref(&OURS.certificate)));
    assert!(
        !read_query(message).unwrap().is_signed_by(std::slice::from_ref(&OURS.certificate)),
        "no signature fits nothing"
    );
}

#[test]
fn saml_55_the_raw_octets_are_what_is_signed() {
    let rsa = aws_lc_rs::signature::RsaKeyPair::from_pkcs8(&ACME.pkcs8).unwrap();
    let quoted = write_query(MessageKind::Request, "<a/>", None, None).unwrap();
    for octets in [
        quoted.clone(),
        quoted.replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d"),
        quoted.replace("%2F", "/").replace("%3D", "="),
    ] {
        let octets =
            format!("{octets}&RelayState=a+b&SigAlg=http%3a%2f%2fwww.w3.org%2f2001%2f04%2fxmldsig-more%23rsa-sha256");
        let mut signature = vec![0; rsa.public_modulus_len()];
        rsa.sign(
            &aws_lc_rs::signature::RSA_PKCS1_SHA256,
            &aws_lc_rs::rand::SystemRandom::new(),
            octets.as_bytes(),
            &mut signature,
        )
        .unwrap();
        let signature = percent_encoding::utf8_percent_encode(
            &base64::Engine::encode(&base64::engine::general_purpose::STANDARD, signature),
            percent_encoding::NON_ALPHANUMERIC,
        )
        .to_string();
        let read = read_query(&format!("{octets}&Signature={signature}")).unwrap();
        assert!(read.is_signed_by(&[CURVE.certificate.clone(), ACME.certificate.clone()]), "{octets}");
        assert_eq!(read.relay_state.as_deref(), Some("a b"));
        let flipped = read_query(&format!("{}&Signature={signature}", octets.replace("a+b", "a%20b"))).unwrap();
        assert!(!flipped.is_signed_by(std::slice::from_ref(&ACME.certificate)));
    }
}

#[test]
fn dos_01_dos_02_bombs_stop_at_the_cap() {
    let bomb = write_query(MessageKind::Request, &"a".repeat(10_000_000), None, None).unwrap();
    assert!(bomb.len() < 64 * 1024);
    assert_eq!(read_query(&bomb).unwrap_err().check(), "size");
    assert_eq!(read_post(&"A".repeat(1_000_000)).unwrap_err().check(), "size");
    assert_eq!(read_post("PGEv\r\nPg==").unwrap(), b"<a/>");
}
