//! OIDC-24: the token endpoint, and what we send there.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::kit::*;
use crate::{
    CallbackRules, Checks, ClientCredentials, CodeExchange, IssuerParameter, OidcError, Response, Tokens, exchange,
    read_callback,
};

pub fn honest_answer() -> Value {
    json!({ "access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 300, "id_token": "a.b.c" })
}

async fn run(script: &Script, credentials: &ClientCredentials) -> Result<Tokens, &'static str> {
    let (outcome, checks) = outcome(script, credentials).await;
    failing(outcome, &checks)
}

pub async fn outcome(script: &Script, credentials: &ClientCredentials) -> (Result<Tokens, OidcError>, Checks) {
    let parameters = [("code", "c&1"), ("state", "s1")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    let rules = CallbackRules { state: "s1", issuer: ISSUER, issuer_parameter: IssuerParameter::Optional };
    let code = read_callback(&parameters, rules, &mut Checks::new()).unwrap();
    let request = CodeExchange {
        endpoint: "https://i.test/token",
        issuer: ISSUER,
        client_id: CLIENT,
        credentials,
        redirect_uri: "https://usher.test/callback/oidc/c1",
        code: &code,
        pkce_verifier: Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        jti: "j1",
    };
    let mut checks = Checks::new();
    let outcome = exchange(script, &request, now(), &mut checks).await;
    (outcome, checks)
}

pub fn form(script: &Script) -> HashMap<String, String> {
    let pairs: Vec<_> = url::form_urlencoded::parse(script.only_request().body()).into_owned().collect();
    let map: HashMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "a parameter is sent twice");
    map
}

#[tokio::test]
async fn the_honest_answer_is_taken() {
    for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        let script = Script::new([answer(200, kind, honest_answer().to_string())]);
        let tokens = run(&script, &ClientCredentials::basic("s")).await.expect(kind);
        assert_eq!((tokens.id_token(), format!("{tokens:?}").as_str()), ("a.b.c", "[secret]"));
        let request = script.only_request();
        assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", "https://i.test/token"));
        let form = form(&script);
        for (name, value) in [
            ("grant_type", "authorization_code"),
            ("code", "c&1"),
            ("redirect_uri", "https://usher.test/callback/oidc/c1"),
            ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        ] {
            assert_eq!(form.get(name).map(String::as_str), Some(value), "{name}");
        }
    }
    for token_type in ["bearer", "BEARER"] {
        let mut body = honest_answer();
        body["token_type"] = token_type.into();
        assert!(run(&Script::new([json_answer(&body)]), &ClientCredentials::None).await.is_ok(), "{token_type}");
    }
}

#[tokio::test]
async fn members_that_nobody_uses_may_be_odd() {
    for (name, value) in [("expires_in", json!("3600")), ("scope", json!(["openid"])), ("refresh_token", json!(7))] {
        let mut body = honest_answer();
        body[name] = value;
        assert!(run(&Script::new([json_answer(&body)]), &ClientCredentials::None).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn oidc_24_token_endpoint_answers() {
    let with = |name: &str, value: Value| {
        let mut body = honest_answer();
        body[name] = value;
        json_answer(&body)
    };
    let redirect = |status: u16| {
        let mut response = answer(status, "application/json", honest_answer().to_string());
        response.headers_mut().insert("location", "https://mallory.test/token".parse().unwrap());
        response
    };
    let raw = |body: &str| answer(200, "application/json", body.to_owned());
    let doubled = honest_answer().to_string().replacen('{', "{\"id_token\":\"x.y.z\",", 1);
    let bare = http::Response::builder().status(200).body(honest_answer().to_string().into_bytes()).unwrap();
    let rows: Vec<(&str, Response)> = vec![
        ("status", redirect(302)),
        ("status", redirect(307)),
        ("status", answer(400, "application/json", r#"{"error":"invalid_grant"}"#)),
        ("status", answer(401, "text/html", "no")),
        ("status", answer(404, "application/json", honest_answer().to_string())),
        ("status", answer(201, "application/json", honest_answer().to_string())),
        ("content_type", answer(200, "text/html", "<html>")),
        ("content_type", answer(200, "text/html", honest_answer().to_string())),
        ("content_type", bare),
        ("json", raw(&doubled)),
        ("json", raw("")),
        ("json", raw("[]")),
        ("json", raw("{\"access_token\":")),
        ("json", raw(&format!("{} x", honest_answer()))),
        ("token_type", with("token_type", "MAC".into())),
        ("token_type", with("token_type", "DPoP".into())),
        ("token_type", with("token_type", Value::Null)),
        ("access_token", with("access_token", Value::Null)),
        ("access_token", with("access_token", "".into())),
        ("access_token", with("access_token", "a\r\nX: y".into())),
        ("access_token", with("access_token", json!(["at-1"]))),
        ("id_token", with("id_token", Value::Null)),
        ("id_token", with("id_token", "".into())),
        ("id_token", with("id_token", json!({ "payload": "x" }))),
        ("id_token", with("id_token", "x".repeat(200_000).into())),
    ];
    for (row, (expected, response)) in rows.into_iter().enumerate() {
        let script = Script::new([response]);
        assert_eq!(run(&script, &ClientCredentials::basic("s")).await.map(|_| ()), Err(expected), "row {row}");
        script.only_request();
    }
}

#[tokio::test]
async fn oidc_24_no_answer_is_told_from_a_wrong_one() {
    for script in [Script::dead(), Script::new([answer(500, "application/json", honest_answer().to_string())])] {
        let (outcome, _) = outcome(&script, &ClientCredentials::None).await;
        assert!(matches!(outcome, Err(OidcError::Unreachable { .. })));
    }
}

#[tokio::test]
async fn the_providers_refusal_is_quoted_and_kept_on_one_line() {
    let body = json!({ "error": "invalid_client", "error_description": "wrong\r\nsecret" }).to_string();
    let script = Script::new([answer(401, "application/json", body)]);
    let (outcome, _) = outcome(&script, &ClientCredentials::basic("hunter2")).await;
    let words = outcome.expect_err("refused").to_string();
    assert!(words.contains("invalid_client: wrong\u{fffd}\u{fffd}secret") && !words.contains("hunter2"), "{words}");
}
