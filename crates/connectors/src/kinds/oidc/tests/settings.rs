//! Settings: discovered, typed in, changed.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use usher_domain::ConnectionKind::Oidc;

use super::kit::*;
use crate::{FieldShape, OidcSettings, discover, fields, needs_discovery, needs_secret_again, settings_from_form};

fn form(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn discovery_leaves_only_the_client_to_be_typed() {
    let provider = Provider::honest();
    let found = discover(Oidc, ISSUER, &provider).await.expect("discovers");
    assert!(found.checks.iter().all(|check| check.passed) && found.checks.len() >= 4);
    assert!(found.summary.contains(&("Token endpoint", "https://i.test/token".into())));
    assert_eq!(found.settings["client_auth"], "post");
    assert_eq!(found.settings["scopes"], json!(["openid", "email"]));
    assert_eq!(found.settings["id_token_algs"], json!(["ES256"]));
    assert!(!needs_discovery(Oidc, &found.settings));
    let settings = settings_from_form(Oidc, Some(&found.settings), &form(&[("client_id", "usher")])).expect("complete");
    let read: OidcSettings = serde_json::from_value(settings).expect("reads");
    assert!(read.endpoints.is_some_and(|endpoints| endpoints.issuer_parameter));
}

#[test]
fn bare_settings_have_defaults() {
    let bare = json!({ "issuer": ISSUER, "client_id": "usher" });
    let read: OidcSettings = serde_json::from_value(bare.clone()).expect("reads");
    assert_eq!(read.scopes, ["openid", "email", "profile"]);
    let again: OidcSettings = serde_json::from_value(serde_json::to_value(&read).unwrap()).unwrap();
    assert_eq!(read, again);
    assert!(needs_discovery(Oidc, &bare));
}

#[test]
fn a_form_is_checked_field_by_field() {
    let good = form(&[
        ("issuer", " https://i.test "),
        ("client_id", "usher"),
        ("client_auth", "private_key_jwt"),
        ("private_key_id", "k1"),
        ("scopes", "openid  groups"),
        ("id_token_algs", "ES256 PS256"),
        ("extra_params", "hd=corp.test x=a=b"),
        ("forward", ""),
        ("client_secret", "never stored here"),
    ]);
    let stored = settings_from_form(Oidc, None, &good).expect("valid");
    assert_eq!(stored["extra_params"], json!({ "hd": "corp.test", "x": "a=b" }));
    assert_eq!((stored["issuer"].as_str(), stored["scopes"][1].as_str()), (Some("https://i.test"), Some("groups")));
    assert!(!stored.to_string().contains("never stored"));

    for (name, value) in [
        ("issuer", ""),
        ("issuer", "i.test"),
        ("issuer", "http://i.test"),
        ("client_id", ""),
        ("client_id", "a\nb"),
        ("client_auth", "client_secret_jwt"),
        ("scopes", "email"),
        ("id_token_algs", "none"),
        ("id_token_algs", "RS256 HS256"),
        ("pkce", "plain"),
        ("forward", "prompt"),
        ("extra_params", "state=x"),
        ("extra_params", "redirect_uri=https://e.test"),
        ("extra_params", "novalue"),
        ("email_verified", "always"),
    ] {
        let mut bad = good.clone();
        bad.insert(name.into(), value.into());
        let errors = settings_from_form(Oidc, None, &bad).expect_err(value);
        assert_eq!(errors.iter().map(|error| error.field).collect::<Vec<_>>(), [name], "{value}");
    }
    let errors = settings_from_form(Oidc, None, &form(&[])).expect_err("nothing was typed");
    assert_eq!(errors.iter().map(|error| error.field).collect::<Vec<_>>(), ["issuer", "client_id"]);
}

#[test]
fn every_described_setting_exists_and_starts_valid() {
    let starting: BTreeMap<String, String> = fields(Oidc)
        .iter()
        .filter(|field| !field.secret)
        .map(|field| (field.name.to_owned(), field.default.to_owned()))
        .chain([("issuer".to_owned(), ISSUER.to_owned()), ("client_id".to_owned(), "c".to_owned())])
        .collect();
    settings_from_form(Oidc, None, &starting).expect("the empty form is valid");
    for field in fields(Oidc) {
        if let FieldShape::Choice(options) | FieldShape::Choices(options) = field.shape {
            for (value, _) in options {
                let mut chosen = starting.clone();
                chosen.insert(field.name.into(), (*value).into());
                settings_from_form(Oidc, None, &chosen).unwrap_or_else(|errors| panic!("{value}: {errors:?}"));
            }
        }
    }
}

#[test]
fn admin_20_moving_the_provider_asks_for_the_secret_again() {
    let with = |issuer: &str, token: &str| -> Value {
        json!({ "issuer": issuer, "client_id": "c", "endpoints": { "authorization": "https://i.test/a", "token": token, "jwks": "https://i.test/k" } })
    };
    let before = with(ISSUER, "https://i.test/token");
    assert!(!needs_secret_again(Oidc, &before, &before));
    assert!(needs_secret_again(Oidc, &before, &with("https://e.test", "https://i.test/token")));
    assert!(needs_secret_again(Oidc, &before, &with(ISSUER, "https://e.test/token")));
    let mut other = before.clone();
    other["client_id"] = "d".into();
    assert!(!needs_secret_again(Oidc, &before, &other));
    let never_reached = json!({ "issuer": ISSUER, "client_id": "c" });
    assert!(!needs_secret_again(Oidc, &never_reached, &before), "the first discovery moves nothing");
    let moved = settings_from_form(Oidc, Some(&before), &form(&[("issuer", "https://e.test")])).expect("valid");
    assert!(needs_discovery(Oidc, &moved) && needs_secret_again(Oidc, &before, &moved));
}
