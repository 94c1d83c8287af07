//! Departure and return.

use std::sync::atomic::Ordering;

use chrono::Duration;
use serde_json::json;
use usher_domain::{ExternalKey, Interaction, RefusalCode};

use super::kit::*;
use crate::{Callback, ConnectorError, FetchError, SettingsError, SignInDemand, connector_for};

/// Phase, refusal and last check of a failure.
fn told(fault: &ConnectorError) -> (&'static str, RefusalCode, Option<&str>) {
    let last = fault.checks.last().filter(|check| !check.passed);
    (fault.phase, fault.refusal, last.map(|check| check.name.as_str()))
}

#[tokio::test]
async fn a_person_goes_and_comes_back_as_alice() {
    let provider = Provider::honest();
    let walk = Walk::begin(&provider, &SignInDemand::default()).await;
    let query = walk.query();
    assert_eq!((query["client_id"].as_str(), query["code_challenge_method"].as_str()), ("usher", "S256"));
    assert_eq!(query["redirect_uri"], "https://usher.test/callback/oidc/acme");
    assert!(!query.contains_key("prompt") && !query.contains_key("max_age"));
    assert_eq!(query["state"], walk.begun.pending.state);
    assert_eq!(query["state"].len(), 43);
    assert_ne!(query["state"], query["nonce"]);

    let completed = walk.come_back().await.expect("signs in");
    let key = ExternalKey {
        connection: walk.begun.pending.connection.clone(),
        issuer: ISSUER.into(),
        subject: "alice".into(),
    };
    assert_eq!(completed.identity.key, key);
    assert!(completed.identity.email_verified && completed.id_token.is_some());
    assert_eq!(completed.identity.claims["email"], json!("alice@corp.test"));
    assert!(completed.checks.iter().all(|check| check.passed));
    for name in ["state", "issuer_parameter", "token_type", "signature", "nonce", "userinfo_subject"] {
        assert!(completed.checks.iter().any(|check| check.name == name), "{name}");
    }
    assert_eq!(provider.asked_paths(), ["/.well-known/openid-configuration", "/token", "/jwks", "/userinfo"]);
    let asked = provider.asked.lock().unwrap();
    assert!(asked[1].1.contains("client_secret=s3") && asked[1].1.contains("code_verifier="));
}

#[tokio::test]
async fn endpoints_are_discovered_once_and_handed_back() {
    let provider = Provider::honest();
    let first = Walk::begin(&provider, &SignInDemand::default()).await;
    let completed = first.begun.completed_settings.clone().expect("discovered now");
    assert_eq!(completed["endpoints"]["token"], "https://i.test/token");
    let second = Walk::begin_with(&provider, &SignInDemand::default(), completed).await;
    assert_eq!(second.begun.completed_settings, None);
    assert_eq!(provider.asked_paths(), ["/.well-known/openid-configuration"]);
    second.come_back().await.expect("signs in");
}

#[tokio::test]
async fn demands_reach_the_provider() {
    let provider = Provider::honest();
    let demand = SignInDemand {
        interaction: Interaction::Forced,
        max_age: Some(300),
        login_hint: Some("ann@corp.test".into()),
        ui_locales: vec!["de".into()],
        ..SignInDemand::default()
    };
    let query = Walk::begin(&provider, &demand).await.query();
    for (name, value) in [("prompt", "login"), ("max_age", "0"), ("login_hint", "ann@corp.test"), ("ui_locales", "de")]
    {
        assert_eq!(query[name], value);
    }
    let mut closed = settings();
    closed["forward"] = json!([]);
    let query = Walk::begin_with(&provider, &demand, closed).await.query();
    assert!(!query.contains_key("login_hint") && !query.contains_key("ui_locales"));
    assert_eq!(
        (query["prompt"].as_str(), query["max_age"].as_str()),
        ("login", "0"),
        "the application relies on these"
    );
    let silent = SignInDemand { interaction: Interaction::Forbidden, ..SignInDemand::default() };
    assert_eq!(Walk::begin(&provider, &silent).await.query()["prompt"], "none");
}

#[tokio::test]
async fn oidc_16_auth_time_is_measured_from_the_departure() {
    let at = now().timestamp();
    let forced = SignInDemand { interaction: Interaction::Forced, ..SignInDemand::default() };
    let aged = SignInDemand { max_age: Some(300), ..SignInDemand::default() };
    let both = SignInDemand { max_age: Some(300), interaction: Interaction::Forced, ..SignInDemand::default() };
    for (demand, fresh_sign_in, auth_time, accepted) in [
        (&forced, "proven", json!(at), true),
        (&forced, "proven", json!(at - 61), false),
        (&forced, "proven", json!(null), false),
        (&forced, "asked", json!(at - 61), false),
        (&forced, "asked", json!(null), true),
        (&aged, "proven", json!(at - 360), true),
        (&aged, "proven", json!(at - 361), false),
        (&aged, "proven", json!(null), false),
        (&both, "asked", json!(at - 61), false),
        (&both, "asked", json!(null), false),
    ] {
        let provider = Provider::honest();
        let told_time = auth_time.clone();
        provider.edit("id_token", move |claims| {
            if !told_time.is_null() {
                claims["auth_time"] = told_time.clone();
            }
        });
        let mut settings = settings();
        settings["fresh_sign_in"] = fresh_sign_in.into();
        let outcome = Walk::begin_with(&provider, demand, settings).await.come_back().await;
        assert_eq!(outcome.is_ok(), accepted, "{demand:?} {fresh_sign_in} {auth_time}");
        if let Err(fault) = outcome {
            assert_eq!(told(&fault), ("id_token", RefusalCode::IdpResponseInvalid, Some("auth_time")));
        }
    }
}

#[tokio::test]
async fn oidc_01_and_02_a_foreign_issuer_costs_no_token_call() {
    let provider = Provider::honest();
    let walk = Walk::begin(&provider, &SignInDemand::default()).await;
    let state = &walk.begun.pending.state;
    for (query, check) in [
        (format!("code=c&state={state}&iss=https%3A%2F%2Fe.test"), "issuer_parameter"),
        (format!("code=c&state={state}"), "issuer_parameter"),
        (format!("code=c&state={state}&iss=https%3A%2F%2Fi.test&iss=https%3A%2F%2Fi.test"), "no_duplicates"),
        ("code=c&state=x&iss=https%3A%2F%2Fi.test".into(), "state"),
        (format!("id_token=x&state={state}&iss=https%3A%2F%2Fi.test"), "response_type"),
    ] {
        let fault = walk.come_back_with(&query).await.expect_err(&query);
        assert_eq!(told(&fault), ("callback", RefusalCode::IdpResponseInvalid, Some(check)));
    }
    let flood = "a=1&".repeat(100) + &format!("code=c&state={state}&iss=https%3A%2F%2Fi.test");
    assert!(walk.come_back_with(&flood).await.is_err());
    assert_eq!(provider.asked_paths(), ["/.well-known/openid-configuration"]);
}

#[tokio::test]
async fn oidc_21_the_providers_no_is_told_from_its_trouble() {
    let provider = Provider::honest();
    let walk = Walk::begin(&provider, &SignInDemand::default()).await;
    for (error, refusal) in [
        ("access_denied", RefusalCode::IdpDenied),
        ("login_required", RefusalCode::IdpDenied),
        ("<script>", RefusalCode::IdpDenied),
        ("temporarily_unavailable", RefusalCode::IdpUnreachable),
        ("server_error", RefusalCode::IdpUnreachable),
    ] {
        let query = format!("error={error}&state={}&iss=https%3A%2F%2Fi.test", walk.begun.pending.state);
        let fault = walk.come_back_with(&query).await.expect_err(error);
        assert_eq!(told(&fault), ("callback", refusal, Some("no_error")));
    }
}

#[tokio::test]
async fn rotated_keys_are_fetched_once_more() {
    let provider = Provider::honest();
    Walk::begin(&provider, &SignInDemand::default()).await.come_back().await.expect("the first key is cached");
    provider.signing.store(1, Ordering::Relaxed);
    *provider.published.lock().unwrap() = vec![0, 1];
    let completed = Walk::begin(&provider, &SignInDemand::default()).await.come_back().await.expect("signs in");
    assert!(completed.checks.iter().all(|check| check.passed), "the first try leaves no failed check behind");
    assert_eq!(provider.refetches.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn oidc_11_an_unknown_kid_is_asked_for_once() {
    for refetch_refused in [true, false] {
        let mut provider = Provider::honest();
        provider.refetch_refused = refetch_refused;
        provider.signing.store(1, Ordering::Relaxed);
        let fault = Walk::begin(&provider, &SignInDemand::default()).await.come_back().await.expect_err("refused");
        assert_eq!(told(&fault), ("id_token", RefusalCode::IdpResponseInvalid, Some("key")));
        assert_eq!(provider.refetches.load(Ordering::Relaxed), 1);
        assert!(!provider.asked_paths().contains(&"/userinfo".to_owned()), "a bad token is shown to nobody");
    }
}

#[tokio::test]
async fn oidc_07_nonces_belong_to_one_hand_shake() {
    let provider = Provider::honest();
    let first = Walk::begin(&provider, &SignInDemand::default()).await;
    let _second = Walk::begin(&provider, &SignInDemand::default()).await;
    let fault = first.come_back().await.expect_err("the token carries the other nonce");
    assert_eq!(told(&fault), ("id_token", RefusalCode::IdpResponseInvalid, Some("nonce")));
}

#[tokio::test]
async fn oidc_18_another_subject_at_userinfo_ends_it() {
    let provider = Provider::honest();
    provider.edit("userinfo", |claims| claims["sub"] = "mallory".into());
    let fault = Walk::begin(&provider, &SignInDemand::default()).await.come_back().await.expect_err("refused");
    assert_eq!(told(&fault), ("userinfo", RefusalCode::IdpResponseInvalid, Some("userinfo_subject")));
}

#[tokio::test]
async fn silence_is_unreachable_and_a_flood_is_a_wrong_answer() {
    for (fault, refusal) in [
        (FetchError::Timeout, RefusalCode::IdpUnreachable),
        (FetchError::TooLarge { limit: 9 }, RefusalCode::IdpResponseInvalid),
    ] {
        for (part, phase) in [("token", "token"), ("jwks", "keys"), ("userinfo", "userinfo")] {
            let provider = Provider::honest();
            provider.fail(part, fault.clone());
            let told = Walk::begin(&provider, &SignInDemand::default()).await.come_back().await.expect_err(part);
            assert_eq!((told.phase, told.refusal), (phase, refusal));
            assert!(told.to_string().contains(&fault.to_string()), "{told}");
        }
        let provider = Provider::honest();
        provider.fail("metadata", fault);
        let told = nothing_to_depart_to(&provider).await;
        assert_eq!((told.phase, told.refusal), ("discovery", refusal));
    }
}

async fn nothing_to_depart_to(provider: &Provider) -> ConnectorError {
    let connector = connector_with(settings());
    connector.begin(&SignInDemand::default(), provider.services(), now()).await.expect_err("nothing to depart to")
}

#[tokio::test]
async fn oidc_22_a_lying_discovery_document_sends_nobody_anywhere() {
    for (member, lie, check) in [
        ("issuer", "https://mallory.test", "issuer"),
        ("token_endpoint", "http://i.test/token", "endpoints"),
        ("jwks_uri", "", "endpoints"),
    ] {
        let provider = Provider::honest();
        provider.edit("metadata", move |document| document[member] = lie.into());
        let fault = nothing_to_depart_to(&provider).await;
        assert_eq!(told(&fault), ("discovery", RefusalCode::IdpResponseInvalid, Some(check)));
    }
}

#[tokio::test]
async fn oidc_03_a_connection_changed_meanwhile_gets_no_secret() {
    let provider = Provider::honest();
    let walk = Walk::begin(&provider, &SignInDemand::default()).await;
    let query = format!("code=c&state={}&iss=https%3A%2F%2Fi.test", walk.begun.pending.state);
    let callback = Callback::parse(query.as_bytes());
    let with = |name: &str, value: serde_json::Value| {
        let mut changed = settings();
        changed[name] = value;
        changed
    };
    let moved = json!({ "authorization": "https://i.test/authorize", "token": "https://mallory.test/token", "jwks": "https://i.test/jwks" });
    for changed in
        [with("issuer", json!("https://e.test")), with("client_id", json!("other")), with("endpoints", moved)]
    {
        let connector = connector_with(changed);
        let outcome = connector.complete(&walk.pending(), &callback, provider.services(), now()).await;
        let fault = outcome.expect_err("refused");
        assert_eq!((fault.phase, fault.refusal), ("callback", RefusalCode::ConnectionUnavailable));
    }
    let mut foreign = walk.pending();
    foreign.connection = usher_domain::ConnectionId::parse("other").unwrap();
    assert!(walk.connector.complete(&foreign, &callback, provider.services(), now()).await.is_err());
    assert_eq!(provider.asked_paths(), ["/.well-known/openid-configuration"], "nothing was asked");
}

#[tokio::test]
async fn an_old_token_is_refused_by_the_callers_clock() {
    let provider = Provider::honest();
    let walk = Walk::begin(&provider, &SignInDemand::default()).await;
    let query = format!("code=c&state={}&iss=https%3A%2F%2Fi.test", walk.begun.pending.state);
    let callback = Callback::parse(query.as_bytes());
    let late = now() + Duration::seconds(120);
    let fault = walk.connector.complete(&walk.pending(), &callback, provider.services(), late).await.expect_err("late");
    assert_eq!(told(&fault), ("id_token", RefusalCode::IdpResponseInvalid, Some("expiry")));
}

#[test]
fn secrets_stay_out_of_debug_output_and_are_demanded() {
    let (mut connection, redirect) = (connection(settings()), "https://usher.test/cb");
    assert!(matches!(connector_for(&connection, None, redirect), Err(SettingsError::SecretMissing)));
    let empty = Some(usher_domain::SecretText::new(""));
    assert!(matches!(connector_for(&connection, empty, redirect), Err(SettingsError::SecretMissing)));
    connection.settings["client_auth"] = "private_key_jwt".into();
    let text = Some(usher_domain::SecretText::new("hunter2"));
    match connector_for(&connection, text, redirect) {
        Err(fault @ SettingsError::SecretUnusable(_)) => assert!(!fault.to_string().contains("hunter2")),
        _ => panic!("a password is no private key"),
    }
    connection.settings["client_auth"] = "none".into();
    assert!(connector_for(&connection, None, redirect).is_ok());
    connection.settings["surprise"] = 1.into();
    assert!(matches!(connector_for(&connection, None, redirect), Err(SettingsError::Unreadable(_))));
}

#[tokio::test]
async fn a_hand_shake_does_not_print_its_secrets() {
    let provider = Provider::honest();
    let walk = Walk::begin(&provider, &SignInDemand::default()).await;
    let printed = format!("{:?}", walk.begun.pending);
    assert!(!printed.contains(&walk.query()["nonce"]) && !printed.contains("pkce"), "{printed}");
}
