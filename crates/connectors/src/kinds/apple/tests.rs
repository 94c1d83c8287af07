//! Recorded answers of our own making, after Apple's description of its callback.

use serde_json::json;

use super::{PROFILE, settings_from_form};
use crate::Callback;
use crate::kinds::testing::{form, identity, settings};

#[test]
fn the_form_asks_for_team_key_and_service() {
    let typed = form(&[("client_id", "test.corp.signin"), ("team_id", "ABCDE12345"), ("private_key_id", "KEY1234567")]);
    let found = settings(settings_from_form(None, &typed).unwrap());
    assert_eq!((found.issuer.as_str(), found.team_id.as_deref()), ("https://appleid.apple.com", Some("ABCDE12345")));
    let missing: Vec<_> =
        settings_from_form(None, &form(&[])).unwrap_err().into_iter().map(|error| error.field).collect();
    assert_eq!(missing, ["client_id", "team_id", "private_key_id"]);
}

#[test]
fn the_name_beside_the_code_is_taken_and_the_address_is_not() {
    let user = json!({ "name": { "firstName": "Ann", "lastName": " Other " }, "email": "boss@corp.test" });
    let callback = Callback::new([("user".to_owned(), user.to_string())]);
    let mut found = identity(json!({ "sub": "1", "email": "ann@privaterelay.appleid.com", "family_name": "Signed" }));
    (PROFILE.beside.unwrap())(&callback, &mut found);
    assert_eq!((&found.claims["given_name"], &found.claims["family_name"]), (&json!("Ann"), &json!("Signed")));
    assert_eq!(found.claims["email"], "ann@privaterelay.appleid.com");
    for junk in ["", "no json", "[]", r#"{"name":"Ann"}"#, r#"{"name":{"firstName":7}}"#] {
        let before = found.clone();
        (PROFILE.beside.unwrap())(&Callback::new([("user".to_owned(), junk.to_owned())]), &mut found);
        assert_eq!(found, before, "{junk}");
    }
}
