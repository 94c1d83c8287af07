//! Recorded answers of our own making, after Microsoft's description of its ID tokens.

use serde_json::{Value, json};
use usher_domain::ExternalIdentity;

use super::claims::expected;
use super::{PROFILE, settings_from_form};
use crate::kinds::oidc::OidcSettings;
use crate::kinds::testing::{form, identity, settings, token};

const CORP: &str = "11111111-2222-3333-4444-555555555555";
const OTHER: &str = "99999999-2222-3333-4444-555555555555";

fn configured(tenant: &str, tenants: &str) -> OidcSettings {
    let typed = form(&[("client_id", "usher"), ("tenant", tenant), ("tenants", tenants)]);
    settings(settings_from_form(None, &typed).unwrap())
}

fn answer(tid: &str, more: &Value) -> Value {
    let mut claims = json!({
        "iss": format!("https://login.microsoftonline.com/{tid}/v2.0"),
        "tid": tid, "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "oid": "00000000-0000-0000-66f3-3332eca7ea81",
        "preferred_username": "ann@corp.test", "email": "ann@corp.test",
    });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

fn judged(configured: &OidcSettings, claims: Value) -> Result<ExternalIdentity, String> {
    let (token, mut found) = (token(claims.clone()), identity(claims));
    (PROFILE.judge.unwrap())(configured, &token, &mut found).map(|()| found)
}

#[test]
fn one_directory_is_discovered_and_many_are_built_in() {
    let one = configured(CORP, "");
    assert_eq!(one.issuer.as_str(), format!("https://login.microsoftonline.com/{CORP}/v2.0"));
    assert_eq!(one.endpoints, None);
    let many = configured("Organizations", OTHER);
    let unlisted = form(&[("client_id", "usher"), ("tenant", "organizations")]);
    assert_eq!(settings_from_form(None, &unlisted).unwrap_err()[0].field, "tenants");
    let endpoints = many.endpoints.unwrap();
    assert_eq!(endpoints.token, "https://login.microsoftonline.com/organizations/oauth2/v2.0/token");
    for bad in ["corp.test", "", "everybody"] {
        let errors = settings_from_form(None, &form(&[("client_id", "usher"), ("tenant", bad)])).unwrap_err();
        assert_eq!(errors[0].field, "tenant", "{bad}");
    }
    let typed = form(&[("client_id", "usher"), ("tenant", "common"), ("tenants", "corp.test")]);
    assert_eq!(settings_from_form(None, &typed).unwrap_err()[0].field, "tenants");
}

#[test]
fn oidc_14_the_issuer_follows_the_directory_and_the_list() {
    let all = configured("common", &format!("{CORP} {OTHER}"));
    let listed = configured("organizations", CORP);
    let issuer = format!("https://login.microsoftonline.com/{CORP}/v2.0");
    assert_eq!(expected(&all, Some(CORP)), Ok(issuer.clone()));
    assert_eq!(expected(&listed, Some(CORP)), Ok(issuer.clone()));
    assert_eq!(expected(&configured(CORP, ""), None), Ok(issuer));
    let personal = configured("consumers", "");
    assert!(expected(&personal, Some(super::settings::PERSONAL)).is_ok() && expected(&personal, Some(CORP)).is_err());
    for bad in [None, Some(""), Some(OTHER), Some("../evil"), Some("{tenantid}")] {
        assert!(expected(&listed, bad).is_err(), "{bad:?}");
    }
}

#[test]
fn subjects_of_two_directories_have_two_issuers() {
    let all = configured("common", &format!("{CORP} {OTHER}"));
    let (one, two) =
        (judged(&all, answer(CORP, &json!({}))).unwrap(), judged(&all, answer(OTHER, &json!({}))).unwrap());
    assert_eq!(one.key.subject, two.key.subject);
    assert_ne!(one.key.issuer, two.key.issuer);
    // A token that says one directory and was issued by another.
    let iss = format!("https://login.microsoftonline.com/{OTHER}/v2.0");
    assert!(judged(&all, answer(CORP, &json!({ "iss": iss }))).is_err());
}

#[test]
fn an_address_is_verified_when_its_domain_is() {
    let one = configured(CORP, "");
    let verified = |more: Value| judged(&one, answer(CORP, &more)).unwrap().email_verified;
    for yes in [json!({ "xms_edov": true }), json!({ "xms_edov": "1" }), json!({ "xms_edov": 1 })] {
        assert!(verified(yes.clone()), "{yes}");
    }
    for no in [json!({}), json!({ "xms_edov": false }), json!({ "xms_edov": "0" }), json!({ "email_verified": true })] {
        assert!(!verified(no.clone()), "{no}");
    }
}
