//! What the form makes of what is typed.

use super::settings_from_form;
use crate::kinds::testing::{form, settings};

#[test]
fn the_issuer_is_the_cloud_unless_typed() {
    let cloud = settings(settings_from_form(None, &form(&[("client_id", "usher")])).unwrap());
    assert_eq!(cloud.issuer.as_str(), "https://gitlab.com");
    let own = form(&[("client_id", "usher"), ("issuer", "https://id.corp.test")]);
    assert_eq!(settings(settings_from_form(None, &own).unwrap()).issuer.as_str(), "https://id.corp.test");
    let insecure = form(&[("client_id", "usher"), ("issuer", "http://id.corp.test")]);
    assert_eq!(settings_from_form(None, &insecure).unwrap_err()[0].field, "issuer");
}
