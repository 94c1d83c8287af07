//! OIDC-22: the metadata document and the key set.

use serde_json::{Value, json};

use super::kit::*;
use crate::{Checks, DiscoveryError, IdTokenAlgorithm, ProviderMetadata, Response, discover, fetch_keys};

fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://i.test/authorize",
        "token_endpoint": "https://i.test/token",
        "jwks_uri": "https://i.test/jwks",
        "userinfo_endpoint": "https://i.test/userinfo",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["HS256", "none", "ES256", "RS256"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "authorization_response_iss_parameter_supported": true,
        "x_unknown": { "a": 1 },
    })
}

fn with(name: &str, value: Value) -> Response {
    let mut document = document();
    document[name] = value;
    json_answer(&document)
}

async fn run(issuer: &str, response: Response) -> Result<ProviderMetadata, DiscoveryError> {
    let mut checks = Checks::new();
    let outcome = discover(&Script::new([response]), issuer, &mut checks).await;
    assert_eq!(outcome.is_ok(), checks.made().iter().all(|check| check.passed) && !checks.made().is_empty());
    outcome
}

#[tokio::test]
async fn an_honest_document_is_read() {
    let script = Script::new([json_answer(&document())]);
    let read = discover(&script, ISSUER, &mut Checks::new()).await.expect("reads");
    assert_eq!(script.only_request().uri().to_string(), "https://i.test/.well-known/openid-configuration");
    assert_eq!(read.id_token_algorithms, [IdTokenAlgorithm::Rs256, IdTokenAlgorithm::Es256]);
    assert!(read.pkce_s256 && read.issuer_parameter && read.end_session_endpoint.is_none());
}

#[tokio::test]
async fn what_is_absent_has_its_default() {
    let mut bare = document();
    for name in [
        "id_token_signing_alg_values_supported",
        "code_challenge_methods_supported",
        "userinfo_endpoint",
        "authorization_response_iss_parameter_supported",
        "response_types_supported",
    ] {
        bare.as_object_mut().unwrap().remove(name);
    }
    let read = run(ISSUER, json_answer(&bare)).await.expect("reads");
    assert_eq!(read.id_token_algorithms, [IdTokenAlgorithm::Rs256]);
    assert!(read.pkce_s256 && !read.issuer_parameter && read.userinfo_endpoint.is_none());
    let read = run(ISSUER, with("code_challenge_methods_supported", json!(["plain"]))).await.expect("reads");
    assert!(!read.pkce_s256);
}

#[tokio::test]
async fn the_well_known_path_follows_the_issuers_path() {
    for (issuer, url) in [
        ("https://i.test/", "https://i.test/.well-known/openid-configuration"),
        ("https://i.test/realms/a", "https://i.test/realms/a/.well-known/openid-configuration"),
        ("https://i.test/realms/a/", "https://i.test/realms/a/.well-known/openid-configuration"),
        ("http://localhost:81", "http://localhost:81/.well-known/openid-configuration"),
    ] {
        let script = Script::new([with("issuer", issuer.into())]);
        discover(&script, issuer, &mut Checks::new()).await.expect(issuer);
        assert_eq!(script.only_request().uri().to_string(), url);
    }
}

#[tokio::test]
async fn oidc_22_issuer_mismatch_suggests_only_the_slash() {
    for (found, suggestion) in [
        ("https://i.test/", Some("https://i.test/")),
        ("https://I.test", None),
        ("http://i.test", None),
        ("https://i.test.mallory.test", None),
        ("https://mallory.test", None),
        ("", None),
    ] {
        match run(ISSUER, with("issuer", found.into())).await {
            Err(DiscoveryError::OtherIssuer { suggestion: offered, .. }) => {
                assert_eq!(offered.as_deref(), suggestion, "{found}");
            }
            other => panic!("{found}: {other:?}"),
        }
    }
    let fault = run("https://i.test/", json_answer(&document())).await.expect_err("refused");
    assert_eq!(fault.to_string(), "the provider calls itself 'https://i.test'; write the issuer as https://i.test");
}

#[tokio::test]
async fn oidc_22_endpoints_must_be_https() {
    for member in ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"]
    {
        for bad in
            ["http://i.test/x", "http://127.0.0.1/x", "ftp://i.test/x", "file:///etc/passwd", "javascript:x", "https:"]
        {
            let outcome = run(ISSUER, with(member, bad.into())).await;
            let named = match &outcome {
                Err(DiscoveryError::Insecure { member, .. } | DiscoveryError::Missing { member }) => *member,
                other => panic!("{member} {bad}: {other:?}"),
            };
            assert_eq!(named, member);
        }
        for bad in [json!(7), json!(""), json!("/relative"), json!("https://u:p@i.test/x"), json!("https://i.test/x#f")]
        {
            let outcome = run(ISSUER, with(member, bad.clone())).await;
            assert!(matches!(outcome, Err(DiscoveryError::Missing { .. })), "{member} {bad}");
        }
    }
    for member in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        let outcome = run(ISSUER, with(member, Value::Null)).await;
        assert!(matches!(outcome, Err(DiscoveryError::Missing { .. })), "{member}");
    }
}

#[tokio::test]
async fn a_provider_on_this_machine_may_speak_http_here_only() {
    let issuer = "http://127.0.0.1:9101";
    let text = document().to_string().replace("https://i.test", issuer);
    let local: Value = serde_json::from_str(&text).unwrap();
    assert!(run(issuer, json_answer(&local)).await.is_ok());
    let mut remote = local;
    remote["token_endpoint"] = "http://mallory.test/token".into();
    assert!(matches!(run(issuer, json_answer(&remote)).await, Err(DiscoveryError::Insecure { .. })));
}

#[tokio::test]
async fn oidc_22_answers_of_the_wrong_kind() {
    let text = document().to_string();
    assert!(matches!(run(ISSUER, answer(404, "text/html", "")).await, Err(DiscoveryError::NotFound { .. })));
    let mut redirect = answer(302, "text/html", "");
    redirect.headers_mut().insert("location", "http://169.254.169.254/".parse().unwrap());
    let fault = run(ISSUER, redirect).await.expect_err("refused");
    assert!(matches!(&fault, DiscoveryError::Status { detail, .. } if detail.contains("169.254.169.254")), "{fault}");
    for status in [201, 204, 401] {
        let outcome = run(ISSUER, answer(status, "application/json", text.clone())).await;
        assert!(matches!(outcome, Err(DiscoveryError::Status { .. })), "{status}");
    }
    let doubled = text.replacen('{', "{\"issuer\":\"https://mallory.test\",", 1);
    for (kind, body) in [
        ("text/html", text.as_str()),
        ("application/json", "<html>"),
        ("application/json", "[]"),
        ("application/json", &doubled),
    ] {
        let outcome = run(ISSUER, answer(200, kind, body)).await;
        assert!(matches!(outcome, Err(DiscoveryError::NotJson { .. })), "{kind} {body:.20}");
    }
    for script in [Script::dead(), Script::new([answer(503, "application/json", text)])] {
        let outcome = discover(&script, ISSUER, &mut Checks::new()).await;
        assert!(matches!(outcome, Err(DiscoveryError::Unreachable { .. })));
    }
}

#[tokio::test]
async fn oidc_10_a_provider_without_an_asymmetric_algorithm_is_refused() {
    let outcome = run(ISSUER, with("id_token_signing_alg_values_supported", json!(["none", "HS256"]))).await;
    assert!(matches!(outcome, Err(DiscoveryError::NoAlgorithm { .. })));
    let outcome = run(ISSUER, with("response_types_supported", json!(["id_token", "token"]))).await;
    assert!(matches!(outcome, Err(DiscoveryError::NoCodeFlow)));
}

#[tokio::test]
async fn what_is_no_issuer_is_not_asked() {
    let long = format!("https://i.test/{}", "a".repeat(2000));
    for bad in [
        "",
        "i.test",
        "http://i.test",
        "https://i.test?x",
        "https://i.test#x",
        "https://u@i.test",
        "ftp://i.test",
        "https://i.test/a b",
        &long,
    ] {
        let script = Script::dead();
        let outcome = discover(&script, bad, &mut Checks::new()).await;
        assert!(matches!(outcome, Err(DiscoveryError::NotAnIssuer)), "{bad}");
        assert!(script.asked.lock().unwrap().is_empty(), "{bad}");
    }
    let pasted = "https://i.test/a/.well-known/openid-configuration";
    match discover(&Script::dead(), pasted, &mut Checks::new()).await {
        Err(DiscoveryError::MetadataAddress { suggestion }) => assert_eq!(suggestion, "https://i.test/a"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn key_sets_are_fetched_as_json_only() {
    let set = json!({ "keys": [RSA.jwk("rsa")] }).to_string();
    for good in ["application/json", "application/jwk-set+json"] {
        let read = fetch_keys(&Script::new([answer(200, good, set.clone())]), "https://i.test/jwks").await;
        assert_eq!(read.expect(good).len(), 1);
    }
    for bad in [
        answer(302, "application/json", set.clone()),
        answer(200, "text/html", set),
        answer(200, "application/json", "{}"),
    ] {
        assert!(fetch_keys(&Script::new([bad]), "https://i.test/jwks").await.is_err());
    }
    assert!(fetch_keys(&Script::dead(), "https://i.test/jwks").await.is_err());
    assert!(fetch_keys(&Script::dead(), "::").await.is_err());
}
