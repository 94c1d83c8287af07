//! One row per rule about claims, the good twin first.

use chrono::{DateTime, TimeDelta};
use serde_json::json;
use usher_domain::{AttributeName, AttributeSource, AttributeValue, Verification};

use super::*;

fn value(values: &[&str], verified: Verification, at: i64) -> AttributeValue {
    AttributeValue {
        values: values.iter().map(|v| (*v).to_owned()).collect(),
        source: AttributeSource::Import,
        verified,
        at: DateTime::UNIX_EPOCH + TimeDelta::seconds(at),
    }
}

fn bag(rows: &[(&str, &[&str])]) -> AttributeBag {
    rows.iter()
        .map(|(name, values)| (AttributeName::parse(name).unwrap(), value(values, Verification::Unverified, 7)))
        .collect()
}

fn ann() -> UserName {
    UserName::parse("ann").unwrap()
}

fn told(attributes: &AttributeBag, scopes: &str) -> Value {
    let person = Person::Account { username: &ann(), attributes };
    Value::Object(userinfo("s", &person, &Scopes::parse_known(scopes), &ClaimsRequest::default()))
}

fn passed(claims: &Value, scopes: &str) -> Value {
    let person = Person::PassThrough(claims.as_object().unwrap());
    Value::Object(userinfo("s", &person, &Scopes::parse_known(scopes), &ClaimsRequest::default()))
}

#[test]
fn scopes_bring_their_claims_and_no_others() {
    let attributes =
        bag(&[("name", &["Ann"]), ("email", &["ann@corp.test"]), ("phone_number", &["+1"]), ("address", &["Rue 1"])]);
    assert_eq!(told(&attributes, "openid"), json!({"sub": "s"}));
    assert_eq!(
        told(&attributes, "openid profile"),
        json!({"sub": "s", "name": "Ann", "preferred_username": "ann", "updated_at": 7})
    );
    assert_eq!(
        told(&attributes, "openid email"),
        json!({"sub": "s", "email": "ann@corp.test", "email_verified": false})
    );
    assert_eq!(
        told(&attributes, "openid phone"),
        json!({"sub": "s", "phone_number": "+1", "phone_number_verified": false})
    );
    assert_eq!(told(&attributes, "openid address"), json!({"sub": "s", "address": {"formatted": "Rue 1"}}));
}

#[test]
fn email_verified_is_a_boolean_from_what_is_known() {
    for (verified, expected) in [
        (Verification::Unverified, false),
        (Verification::ByProvider, true),
        (Verification::ByPerson, true),
        (Verification::ByAdmin, true),
    ] {
        let mut attributes = bag(&[("email_verified", &["true"])]);
        attributes.insert(AttributeName::email(), value(&["ann@corp.test"], verified, 1));
        assert_eq!(told(&attributes, "email")["email_verified"], json!(expected));
    }
    // Without an address there is nothing to vouch for.
    assert_eq!(told(&bag(&[("email_verified", &["true"])]), "email"), json!({"sub": "s"}));
}

#[test]
fn updated_at_is_the_latest_change_as_a_number() {
    let mut attributes = bag(&[("name", &["Ann"]), ("updated_at", &["never"])]);
    attributes.insert(AttributeName::email(), value(&["a@b.test"], Verification::Unverified, 99));
    assert_eq!(told(&attributes, "profile")["updated_at"], 99);
    assert!(told(&AttributeBag::new(), "profile").get("updated_at").is_none());
}

#[test]
fn the_address_is_an_object() {
    for (rows, expected) in [
        (bag(&[("address", &["Rue 1"])]), json!({"formatted": "Rue 1"})),
        (bag(&[("address", &[r#"{"locality":"Bern","sub":"x","country":7}"#])]), json!({"locality": "Bern"})),
        (bag(&[("address.country", &["CH"]), ("address", &["Bern"])]), json!({"formatted": "Bern", "country": "CH"})),
    ] {
        assert_eq!(told(&rows, "address")["address"], expected);
        assert!(told(&rows, "profile").get("address.country").is_none());
    }
    assert!(told(&bag(&[("address", &["{}"])]), "address").get("address").is_none());
}

#[test]
fn only_claims_without_a_standard_name_become_lists() {
    let attributes = bag(&[
        ("given_name", &["Ann", "Anna"]),
        ("department", &["R&D"]),
        ("projects", &["a,b", "c"]),
        ("groups", &["staff"]),
        ("nickname", &[""]),
    ]);
    let claims = told(&attributes, "profile");
    assert_eq!(claims["given_name"], "Ann");
    assert_eq!(claims["department"], "R&D");
    assert_eq!(claims["projects"], json!(["a,b", "c"]));
    assert_eq!(claims["groups"], json!(["staff"]));
    assert!(claims.get("nickname").is_none());
}

#[test]
fn reserved_names_are_never_set_by_attributes() {
    for name in
        ["iss", "sub", "aud", "exp", "iat", "nonce", "acr", "amr", "sid", "client_id", "scope", "at_hash", "grant"]
    {
        let attributes = bag(&[(name, &["mallory"])]);
        let claims = told(&attributes, "openid profile email");
        assert!(!claims.to_string().contains("mallory"), "{name}");
        let claims = passed(&json!({name: "mallory"}), "openid profile email");
        assert!(!claims.to_string().contains("mallory"), "{name}");
        let asked = ClaimsRequest::parse(&json!({"id_token": {name: null}}).to_string()).unwrap();
        let person = Person::Account { username: &ann(), attributes: &attributes };
        assert!(for_id_token(&person, &Scopes::default(), &asked).is_empty(), "{name}");
    }
}

#[test]
fn pass_through_claims_get_their_standard_types() {
    let claims = json!({
        "name": ["Ann", "Anna"], "given_name": 7, "nickname": "", "email": "ann@corp.test", "email_verified": "true",
        "updated_at": "yesterday", "address": "Rue 1", "groups": ["a"], "floor": 3, "nothing": null,
    });
    assert_eq!(
        passed(&claims, "openid profile email address"),
        json!({"sub": "s", "name": "Ann", "email": "ann@corp.test", "address": {"formatted": "Rue 1"}, "groups": ["a"], "floor": 3})
    );
    assert_eq!(passed(&json!({"email_verified": true}), "email")["email_verified"], true);
    assert_eq!(passed(&json!({"updated_at": 5}), "profile")["updated_at"], 5);
    assert_eq!(passed(&claims, "openid"), json!({"sub": "s"}));
}

#[test]
fn the_id_token_has_claims_when_asked_or_for_pass_through() {
    let attributes = bag(&[("name", &["Ann"]), ("email", &["ann@corp.test"])]);
    let account = Person::Account { username: &ann(), attributes: &attributes };
    let scopes = Scopes::parse_known("openid profile email");
    assert!(for_id_token(&account, &scopes, &ClaimsRequest::default()).is_empty());
    let asked = ClaimsRequest::parse(r#"{"id_token": {"email": {"essential": true}, "auth_time": null}}"#).unwrap();
    assert_eq!(Value::Object(for_id_token(&account, &scopes, &asked)), json!({"email": "ann@corp.test"}));
    let claims = json!({"name": "Ann", "email": "ann@corp.test"});
    let stranger = Person::PassThrough(claims.as_object().unwrap());
    assert_eq!(Value::Object(for_id_token(&stranger, &scopes, &ClaimsRequest::default())), claims);
    assert!(for_id_token(&stranger, &Scopes::parse_known("openid"), &ClaimsRequest::default()).is_empty());
}

#[test]
fn the_claims_parameter_asks_for_single_claims() {
    let attributes = bag(&[("name", &["Ann"]), ("email", &["ann@corp.test"])]);
    let person = Person::Account { username: &ann(), attributes: &attributes };
    let asked = ClaimsRequest::parse(r#"{"userinfo": {"name": {"essential": true}, "birthdate": null}}"#).unwrap();
    let claims = userinfo("s", &person, &Scopes::parse_known("openid"), &asked);
    assert_eq!(Value::Object(claims), json!({"sub": "s", "name": "Ann"}));
}
