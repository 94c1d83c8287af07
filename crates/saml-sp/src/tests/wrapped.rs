//! Signature wrapping and its kin: what is verified is one thing, and the only thing that could be read.

use super::kit::{ACME, MALLORY, Parts, Try, read, refused, rsa_template, sign};

fn evil() -> Parts {
    Parts { person: "mallory@evil.test".to_owned(), assertion_id: "_evil".to_owned(), ..Parts::default() }
}

/// The honest message, after seeing that it signs in.
fn honest() -> (Parts, String) {
    let parts = Parts::default();
    let assertion = parts.signed_assertion(&ACME);
    assert!(read(&parts.response("", &assertion)).is_ok());
    (parts, assertion)
}

fn signature_in(assertion: &str) -> &str {
    let start = assertion.find("<ds:Signature ").unwrap();
    let end = assertion.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    &assertion[start..end]
}

#[test]
fn saml_01_unsigned() {
    let (parts, assertion) = honest();
    assert_eq!(refused(&parts.response("", &parts.assertion(""))), "assertion_signed");
    let start = assertion.find("<ds:SignatureValue>").unwrap();
    let end = assertion.find("</ds:SignatureValue>").unwrap();
    let zero = format!("{}<ds:SignatureValue>{}{}", &assertion[..start], "A".repeat(341) + "===", &assertion[end..]);
    assert_eq!(refused(&parts.response("", &zero)), "signature");
}

#[test]
fn saml_02_hollow_signature() {
    let (parts, assertion) = honest();
    let start = assertion.find("<ds:Reference").unwrap();
    let end = assertion.find("</ds:Reference>").unwrap() + "</ds:Reference>".len();
    assert_eq!(
        refused(&parts.response("", &format!("{}{}", &assertion[..start], &assertion[end..]))),
        "signature_shape"
    );
    assert_eq!(refused(&parts.response("", &assertion.replace("URI=\"#_a1\"", "URI=\"#_nobody\""))), "signature_shape");
    let signature = signature_in(&assertion);
    assert_eq!(refused(&parts.response("", &assertion.replace(signature, &signature.repeat(2)))), "signature_shape");
}

#[test]
fn saml_03_xsw1_and_saml_04_xsw2() {
    let (parts, _) = honest();
    let original = parts.signed_twice();
    assert!(read(&original).is_ok());
    let inside = evil().assertion("");
    for wrapped in [
        parts.response(
            &format!("<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">{original}</ds:Signature>"),
            &inside,
        ),
        parts.response(&format!("{original}{}", signature_in(&original)), &inside),
    ] {
        refused(&wrapped.replacen("_r1", "_r2", 1));
    }
}

#[test]
fn saml_05_to_08_xsw3_to_xsw6() {
    let (parts, assertion) = honest();
    let evil = evil();
    let signature = signature_in(&assertion);
    let original = assertion.replace(signature, "");
    assert_eq!(refused(&parts.response("", &format!("{}{assertion}", evil.assertion("")))), "structure");
    assert_eq!(refused(&parts.response("", &format!("{assertion}{}", evil.assertion("")))), "structure");
    assert_eq!(
        refused(
            &parts.response(
                "",
                &evil.assertion("").replace("</saml:Assertion>", &format!("{assertion}</saml:Assertion>"))
            )
        ),
        "structure"
    );
    assert_eq!(refused(&parts.response("", &format!("{}{original}", evil.assertion(signature)))), "structure");
    let holding = signature.replace("</ds:Signature>", &format!("{original}</ds:Signature>"));
    assert_eq!(refused(&parts.response("", &evil.assertion(&holding))), "structure");
}

#[test]
fn saml_09_xsw7_and_saml_10_xsw8() {
    let (parts, assertion) = honest();
    let twin = Parts { person: "mallory@evil.test".to_owned(), ..Parts::default() };
    let message =
        parts.response("", &format!("<samlp:Extensions>{}</samlp:Extensions>{assertion}", twin.assertion("")));
    assert!(matches!(refused(&message), "structure" | "id"));
    let signature = signature_in(&assertion);
    let object = signature.replace(
        "</ds:Signature>",
        &format!("<ds:Object>{}</ds:Object></ds:Signature>", assertion.replace(signature, "")),
    );
    assert!(matches!(refused(&parts.response("", &evil().assertion(&object))), "structure" | "signature_shape"));
}

#[test]
fn saml_11_saml_14_two_signed_infos() {
    let (parts, assertion) = honest();
    let start = assertion.find("<ds:SignedInfo>").unwrap();
    let end = assertion.find("</ds:SignedInfo>").unwrap() + "</ds:SignedInfo>".len();
    let genuine = &assertion[start..end];
    let digest = genuine.find("<ds:DigestValue>").unwrap() + "<ds:DigestValue>".len();
    let forged = format!("{}AAAA{}", &genuine[..digest], &genuine[digest + 4..]);
    for both in [format!("{forged}{genuine}"), format!("{genuine}{forged}")] {
        assert_eq!(refused(&parts.response("", &assertion.replace(genuine, &both))), "signature_shape");
    }
}

#[test]
fn saml_16_to_18_saml_70_document_types_never_reach_a_parser() {
    let (_, assertion) = honest();
    let message = Parts::default().response("", &assertion);
    for prefix in [
        "<!DOCTYPE response SYSTEM 'x\"><!--'>",
        "<!DOCTYPE r [<!ENTITY i \"_r1\">]>",
        "<!-- x -->",
        "<?xml-stylesheet href=\"x\"?>",
    ] {
        assert_eq!(refused(&format!("{prefix}{message}")), "markup", "{prefix}");
    }
    assert_eq!(refused(&message.replace("alice@corp.test", "&i;")), "well_formed");
}

#[test]
fn saml_17_saml_19_namespaces_are_absolute_and_plain() {
    let (parts, _) = honest();
    let message = parts.signed();
    for namespace in ["http://example.com&#x80;", "1", "", "relative/path", "urn: x"] {
        let with = message.replacen("<samlp:Response ", &format!("<samlp:Response xmlns:example=\"{namespace}\" "), 1);
        assert!(matches!(refused(&with), "namespaces" | "well_formed"), "{namespace}");
    }
}

#[test]
fn saml_22_to_24_split_text_is_refused() {
    let (parts, assertion) = honest();
    for split in ["alice@corp.test<!---->.mallory.test", "alice<?x y?>@corp.test", "ali<![CDATA[ce@corp.test]]>"] {
        let message = parts.response("", &assertion.replacen("alice@corp.test", split, 1));
        assert_eq!(refused(&message), "markup", "{split}");
    }
    let element = parts.response("", &assertion.replacen("alice@corp.test", "alice<b xmlns=\"urn:x\"/>@corp.test", 1));
    assert_eq!(refused(&element), "signature");
}

#[test]
fn saml_25_a_certificate_in_the_message_counts_for_nothing() {
    let parts = Parts::default();
    assert_eq!(refused(&parts.response("", &parts.signed_assertion(&MALLORY))), "signature");
    let nobody = Try { certificates: Vec::new(), ..Try::default() };
    assert_eq!(nobody.read(&parts.signed()).unwrap_err().check(), "certificates");
}

#[test]
fn saml_26_to_28_algorithms_and_transforms() {
    let (parts, assertion) = honest();
    let rsa = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    for weak in [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "",
    ] {
        assert_eq!(refused(&parts.response("", &assertion.replace(rsa, weak))), "algorithm", "{weak}");
    }
    let sha1 = assertion.replace("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1");
    assert_eq!(refused(&parts.response("", &sha1)), "algorithm");
    let enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
    for transform in [
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "http://www.w3.org/2000/09/xmldsig#base64",
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    ] {
        assert_eq!(refused(&parts.response("", &assertion.replace(enveloped, transform))), "algorithm", "{transform}");
    }
    let one = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
    for count in [0, 2, 10] {
        assert_eq!(refused(&parts.response("", &assertion.replace(one, &one.repeat(count)))), "signature_shape");
    }
}

#[test]
fn saml_29_references_stay_inside() {
    let (parts, assertion) = honest();
    for address in ["http://127.0.0.1:9/hit", "file:///dev/zero", "ftp://127.0.0.1/x", "#xpointer(/)", "", "#_r1"] {
        assert_eq!(
            refused(&parts.response("", &assertion.replace("URI=\"#_a1\"", &format!("URI=\"{address}\"")))),
            "signature_shape",
            "{address}"
        );
    }
    assert_eq!(refused(&parts.response("", &assertion.replace(" URI=\"#_a1\"", ""))), "signature_shape");
}

#[test]
fn saml_30_id_games() {
    let (parts, _) = honest();
    for id in ["1a", "a' or '1'='1", "", "_a%41", &"x".repeat(300), "_ä"] {
        let message = parts.response("", &parts.assertion("").replacen("ID=\"_a1\"", &format!("ID=\"{id}\""), 1));
        assert_eq!(refused(&message), "id", "{id}");
    }
    let twice = parts.response("", &parts.assertion("").replacen("ID=\"_a1\"", "ID=\"_r1\"", 1));
    assert_eq!(refused(&twice), "id");
}

#[test]
fn saml_32_saml_34_a_signature_of_something_else() {
    let (parts, assertion) = honest();
    let signature = signature_in(&assertion);
    let subject = parts.assertion("").replacen(
        "<saml:Subject>",
        &format!("<saml:Subject ID=\"_s1\">{}", signature.replace("#_a1", "#_s1")),
        1,
    );
    assert_eq!(refused(&parts.response("", &subject)), "signature_shape");
    let logout = format!(
        "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_r1\" Version=\"2.0\">{}</samlp:LogoutRequest>",
        rsa_template("_r1")
    );
    let logout = sign(&logout, "_r1", &ACME);
    assert_eq!(refused(&parts.response(signature_in(&logout), &assertion)), "signature");
    assert_eq!(refused(&logout), "root");
}
