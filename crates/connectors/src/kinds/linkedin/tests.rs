//! Recorded answers of our own making, after `LinkedIn`'s description of its userinfo address.

use serde::Deserialize;
use serde_json::json;

use super::settings_from_form;
use crate::kinds::oauth2::{OAuth2Settings, Reading, person};
use crate::kinds::testing::form;

#[test]
fn the_answer_is_standard_claims() {
    let settings = settings_from_form(None, &form(&[("client_id", "123")])).unwrap();
    let settings = OAuth2Settings::deserialize(settings).unwrap();
    let said = json!({ "sub": "782bbtaQ", "name": "Ann Other", "given_name": "Ann", "family_name": "Other",
        "locale": { "country": "US", "language": "en" }, "email": "ann@corp.test", "email_verified": true });
    let found = person(&settings, said, None, Reading::PLAIN).unwrap();
    assert_eq!((found.subject.as_str(), found.email_verified), ("782bbtaQ", true));
    assert_eq!(found.claims["given_name"], "Ann");
}
