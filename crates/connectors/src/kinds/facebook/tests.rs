//! Recorded answers of our own making, after Facebook's description of the Graph API.

use serde::Deserialize;
use serde_json::{Value, json};

use super::claims::standard;
use super::{READING, settings_from_form};
use crate::kinds::oauth2::{OAuth2Settings, person};
use crate::kinds::testing::form;

#[test]
fn the_answer_becomes_standard_claims_and_no_verified_address() {
    let settings = settings_from_form(None, &form(&[("client_id", "123")])).unwrap();
    let settings = OAuth2Settings::deserialize(settings).unwrap();
    let me = json!({ "id": "10223", "name": "Ann Other", "first_name": "Ann", "last_name": "Other",
        "email": "ann@corp.test", "picture": { "data": { "url": "https://cdn.test/p.jpg", "is_silhouette": false } } });
    let found = person(&settings, me, None, READING).unwrap();
    assert_eq!((found.subject.as_str(), found.email_verified), ("10223", false));
    assert_eq!(
        (&found.claims["given_name"], &found.claims["picture"]),
        (&json!("Ann"), &json!("https://cdn.test/p.jpg"))
    );
    let Value::Object(mut bare) = json!({ "id": "1", "picture": "x" }) else { unreachable!() };
    standard(&mut bare);
    assert_eq!(bare.get("picture"), None);
}
