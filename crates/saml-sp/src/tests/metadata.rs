//! Metadata of providers: read into what a connection keeps, refused where a connection could not be safe.

use aws_lc_rs::rsa::KeySize;
use chrono::TimeDelta;

use super::kit::{ACME, CURVE, IDP, Keys, at, now};
use crate::{Certificate, CertificateError, MetadataError, read_aggregate, read_identity_provider};

fn keys(usage: &str, certificate: &str) -> String {
    format!(
        "<md:KeyDescriptor{usage}><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data><ds:X509Certificate>\n{certificate}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )
}

fn document(attributes: &str, keys: &str, endpoints: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{IDP}\"{attributes}>\
         <md:IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\" WantAuthnRequestsSigned=\"true\">{keys}{endpoints}</md:IDPSSODescriptor></md:EntityDescriptor>"
    )
}

const SSO: &str = "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"https://idp.acme.test/slo\" ResponseLocation=\"https://idp.acme.test/slo/done\"/>\
     <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>\
     <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:SOAP\" Location=\"https://idp.acme.test/soap\"/>\
     <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"https://idp.acme.test/sso\"/>";

#[test]
fn metadata_of_a_provider_is_read() {
    let both = format!(
        "{}{}{}",
        keys(" use=\"signing\"", &ACME.certificate.base64()),
        keys("", &CURVE.certificate.base64()),
        keys(" use=\"encryption\"", "garbage")
    );
    let read = read_identity_provider(
        &document(&format!(" validUntil=\"{}\" cacheDuration=\"PT6H30M\"", at(60)), &both, SSO),
        now(),
    )
    .unwrap();
    assert_eq!(read.entity_id, IDP);
    assert_eq!(read.signing, [ACME.certificate.clone(), CURVE.certificate.clone()]);
    assert_eq!(read.cache_duration, Some(TimeDelta::minutes(390)));
    assert_eq!(read.sign_on_redirect.unwrap().location, "https://idp.acme.test/sso");
    assert_eq!(read.logout_redirect.unwrap().response_location.as_deref(), Some("https://idp.acme.test/slo/done"));
    assert!(read.wants_signed_requests && read.sign_on_post.is_none() && read.unusable.is_empty());
}

#[test]
fn saml_65_metadata_that_cannot_be_safe_is_refused() {
    let good = keys(" use=\"signing\"", &ACME.certificate.base64());
    let fault = |attributes: &str, keys: &str, endpoints: &str| {
        read_identity_provider(&document(attributes, keys, endpoints), now()).unwrap_err()
    };
    assert!(read_identity_provider(&document("", &good, SSO), now()).is_ok());
    assert_eq!(fault("", "", SSO), MetadataError::NoSigningCertificate { why: None });
    assert_eq!(
        fault("", &keys(" use=\"encryption\"", &ACME.certificate.base64()), SSO),
        MetadataError::NoSigningCertificate { why: None }
    );
    assert_eq!(
        fault("", &keys("", "garbage"), SSO),
        MetadataError::NoSigningCertificate { why: Some(CertificateError::Unreadable) }
    );
    assert!(matches!(fault(&format!(" validUntil=\"{}\"", at(-1)), &good, SSO), MetadataError::Expired { .. }));
    assert!(matches!(fault(" validUntil=\"soon\"", &good, SSO), MetadataError::Unreadable(_)));
    assert_eq!(
        fault("", &good, &SSO.replace("https://idp.acme.test/sso", "http://idp.acme.test/sso")),
        MetadataError::NoSignOn
    );
    assert_eq!(
        fault("", &good, &SSO.replace("https://idp.acme.test/sso", "javascript:alert(1)")),
        MetadataError::NoSignOn
    );
    let two = format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{}</md:EntitiesDescriptor>",
        document("", &good, SSO).split_once("?>").unwrap().1
    );
    assert!(matches!(read_identity_provider(&two, now()), Err(MetadataError::NotOneEntity(_))));
    let external = document("", &good, SSO).replace("?>\n", "?><!DOCTYPE x SYSTEM \"file:///etc/hostname\">");
    assert!(matches!(read_identity_provider(&external, now()), Err(MetadataError::Unreadable(_))));
}

#[test]
fn saml_27_small_keys_are_refused() {
    let small = include_str!("small_key.pem");
    assert_eq!(Certificate::parse(small), Err(CertificateError::Weak { bits: 1024 }));
    assert!(matches!(Keys::rsa(KeySize::Rsa3072).certificate.key(), crate::KeyKind::Rsa(3072)));
}

/// An aggregate of `count` providers, one service provider and one provider without a key, in nested groups.
fn aggregate(count: usize) -> String {
    let key = keys("", &ACME.certificate.base64()).replace(" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"", "");
    let entity = |id: usize, key: &str| {
        let text = document("", key, SSO)
            .replace(IDP, &format!("https://idp{id}.test"))
            .replace(" xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\"", "");
        let ui = "<md:Extensions><ui:UIInfo><ui:DisplayName xml:lang=\"en\">Acme &amp; Co</ui:DisplayName></ui:UIInfo><shibmd:Scope>Acme.test</shibmd:Scope><shibmd:Scope regexp=\"true\">.*</shibmd:Scope></md:Extensions><md:KeyDescriptor";
        text.split_once("?>").unwrap().1.trim().replacen("<md:KeyDescriptor", ui, 1)
    };
    let service = "<md:EntityDescriptor entityID=\"https://sp.test\"><md:SPSSODescriptor/></md:EntityDescriptor><!-- a comment -->";
    let hidden = entity(0, &key).replacen("<md:IDPSSODescriptor", "<md:Extensions><at:EntityAttributes xmlns:at=\"urn:oasis:names:tc:SAML:metadata:attribute\"><x:AttributeValue xmlns:x=\"urn:oasis:names:tc:SAML:2.0:assertion\">http://refeds.org/category/hide-from-discovery</x:AttributeValue></at:EntityAttributes></md:Extensions><md:IDPSSODescriptor", 1);
    let entities = (1..count).map(|id| entity(id, &key)).collect::<String>();
    format!(
        "<?xml version=\"1.0\"?><md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" xmlns:ui=\"urn:oasis:names:tc:SAML:metadata:ui\" validUntil=\"{}\">\
         <md:EntitiesDescriptor xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:shibmd=\"urn:mace:shibboleth:metadata:1.0\" Name=\"inner\">{hidden}{entities}</md:EntitiesDescriptor>\
         {service}{}</md:EntitiesDescriptor>",
        at(60),
        document("", "", SSO).split_once("?>").unwrap().1
    )
}

#[test]
fn aggregates_are_read_entity_by_entity() {
    let text = aggregate(20);
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    let count = read_aggregate(&text, now(), |outcome| match outcome {
        Ok(provider) => good.push(provider),
        Err(fault) => bad.push(fault),
    });
    let count = count.unwrap();
    assert_eq!((count.entities, count.providers, count.refused), (22, 20, 1));
    assert_eq!(bad, [(IDP.to_owned(), MetadataError::NoSigningCertificate { why: None })]);
    assert!(good[0].people.is_hidden && !good[1].people.is_hidden);
    assert_eq!(good[1].people.names, [("en".to_owned(), "Acme & Co".to_owned())]);
    assert_eq!(good[1].people.scopes, ["acme.test"]);
    assert_eq!(good[19].entity_id, "https://idp19.test");
    assert_eq!(good[19].signing.first(), Some(&ACME.certificate));
}

#[test]
fn saml_65_aggregates_that_cannot_be_used_as_a_whole() {
    let text = aggregate(2);
    let whole = |text: &str| read_aggregate(text, now(), |_| ());
    assert!(whole(&text).is_ok());
    assert!(matches!(whole(&text.replacen(&at(60), &at(-60), 1)), Err(MetadataError::Expired { .. })));
    assert!(matches!(
        whole(&text.replacen("?>", "?><!DOCTYPE x SYSTEM \"file:///etc/hostname\">", 1)),
        Err(MetadataError::Unreadable(_))
    ));
    assert!(matches!(whole(&text[..text.len() - 30]), Err(MetadataError::Unreadable(_))));
    assert!(matches!(whole("<html></html>"), Err(MetadataError::NotOneEntity(_))));
}
