//! Recorded answers of our own making: an API that speaks in standard claims.

use serde::Deserialize;
use serde_json::{Value, json};
use usher_domain::Interaction;

use super::claims::person;
use super::{OAuth2Settings, Reading, needs_secret_again, possible, settings_from_form};
use crate::SignInDemand;
use crate::kinds::testing::form;

fn typed() -> Vec<(&'static str, &'static str)> {
    vec![
        ("authorization_url", "https://id.corp.test/authorize"),
        ("token_url", "https://id.corp.test/token"),
        ("userinfo_url", "https://api.corp.test/me"),
        ("subject_claim", "id"),
        ("client_id", "usher"),
    ]
}

fn settings() -> OAuth2Settings {
    OAuth2Settings::deserialize(settings_from_form(None, &form(&typed())).unwrap()).unwrap()
}

fn read(said: Value) -> Result<(String, bool), String> {
    person(&settings(), said, None, Reading::PLAIN).map(|person| (person.subject, person.email_verified))
}

#[test]
fn the_form_is_complete_and_safe() {
    let before = settings_from_form(None, &form(&typed())).unwrap();
    for (name, bad) in [("token_url", "http://id.corp.test/token"), ("userinfo_url", ""), ("extra_params", "state=x")] {
        let mut pairs = typed();
        pairs.retain(|(typed, _)| *typed != name);
        pairs.push((name, bad));
        assert_eq!(settings_from_form(None, &form(&pairs)).unwrap_err()[0].field, name);
    }
    let moved = form(&[("token_url", "https://evil.test/token")]);
    assert!(needs_secret_again(&before, &settings_from_form(Some(&before), &moved).unwrap()));
    assert!(!needs_secret_again(&before, &settings_from_form(Some(&before), &form(&[("scopes", "a")])).unwrap()));
}

#[test]
fn link_15_a_person_without_a_name_is_nobody() {
    assert_eq!(read(json!({ "id": 7, "email": "ann@corp.test", "email_verified": true })), Ok(("7".to_owned(), true)));
    for said in
        [json!({}), json!({ "id": null }), json!({ "id": "" }), json!({ "id": "null" }), json!({ "id": 0 }), json!([])]
    {
        assert!(read(said.clone()).is_err(), "{said}");
    }
    // `sub` is what the connection says it is, whatever else the API sends.
    assert!(read(json!({ "sub": "boss" })).is_err());
    let found = person(&settings(), json!({ "id": 7, "sub": "boss", "iss": "x" }), None, Reading::PLAIN).unwrap();
    assert_eq!((&found.claims["sub"], found.claims.get("iss")), (&json!("7"), None));
}

#[test]
fn oauth_24_what_cannot_be_proved_is_refused() {
    let plain = SignInDemand::default();
    assert_eq!(possible(&plain), Ok(()));
    for interaction in [Interaction::Forced, Interaction::Forbidden] {
        assert!(possible(&SignInDemand { interaction, ..plain.clone() }).is_err());
    }
    assert!(possible(&SignInDemand { max_age: Some(3600), ..plain }).is_err());
}

#[test]
fn only_true_is_verified() {
    for said in [json!("true"), json!(1), json!(null), json!(false)] {
        assert_eq!(read(json!({ "id": 7, "email": "a@b.test", "email_verified": said })), Ok(("7".to_owned(), false)));
    }
    assert_eq!(read(json!({ "id": 7, "email_verified": true })), Ok(("7".to_owned(), false)));
}
