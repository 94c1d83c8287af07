//! Recorded answers of our own making, after `GitHub`'s description of its API.

use serde::Deserialize;
use serde_json::{Value, json};

use super::claims::{primary, standard};
use super::settings_from_form;
use crate::kinds::oauth2::OAuth2Settings;
use crate::kinds::testing::form;

fn configured(server: &str) -> OAuth2Settings {
    let typed = form(&[("client_id", "usher"), ("server", server)]);
    OAuth2Settings::deserialize(settings_from_form(None, &typed).unwrap()).unwrap()
}

#[test]
fn addresses_follow_the_server() {
    let cloud = configured("");
    assert_eq!(cloud.token_url, "https://github.com/login/oauth/access_token");
    assert_eq!((cloud.userinfo_url.as_str(), cloud.subject_claim.as_str()), ("https://api.github.com/user", "id"));
    assert_eq!(configured("https://gh.corp.test/").userinfo_url, "https://gh.corp.test/api/v3/user");
    let insecure = form(&[("client_id", "usher"), ("server", "http://gh.corp.test")]);
    assert_eq!(settings_from_form(None, &insecure).unwrap_err()[0].field, "server");
}

#[test]
fn the_profile_becomes_standard_claims() {
    let user = json!({ "id": 583_231, "login": "octoann", "name": "Ann", "email": null, "blog": "",
        "avatar_url": "https://avatars.test/u/583231", "html_url": "https://github.com/octoann" });
    let Value::Object(mut claims) = user else { unreachable!() };
    standard(&mut claims);
    assert_eq!(claims["preferred_username"], "octoann");
    assert_eq!(claims["picture"], "https://avatars.test/u/583231");
    assert_eq!(claims.get("website"), None);
}

#[test]
fn only_the_primary_verified_address_counts() {
    let list = |primary: bool, verified: bool| {
        json!([
            { "email": "old@corp.test", "primary": false, "verified": true, "visibility": null },
            { "email": "ann@corp.test", "primary": primary, "verified": verified, "visibility": "private" },
        ])
    };
    assert_eq!(primary(&list(true, true)), Some(("ann@corp.test".to_owned(), true)));
    for nothing in
        [list(true, false), list(false, true), json!([]), json!({}), json!([{ "primary": "true", "verified": true }])]
    {
        assert_eq!(primary(&nothing), None, "{nothing}");
    }
}
