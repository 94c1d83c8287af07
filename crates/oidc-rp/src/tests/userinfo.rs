//! OIDC-18: the userinfo endpoint.

use serde_json::{Value, json};

use super::kit::*;
use crate::{Checks, OidcError, Response, VerifiedIdToken, fetch_userinfo};

const ENDPOINT: &str = "https://i.test/userinfo";

fn alice() -> VerifiedIdToken {
    VerifiedIdToken { subject: "alice".into(), auth_time: None, claims: serde_json::Map::new() }
}

async fn run(response: Response) -> Result<Value, &'static str> {
    let script = Script::new([response]);
    let mut checks = Checks::new();
    let outcome = fetch_userinfo(&script, ENDPOINT, &tokens("a.b.c".into()), &alice(), &mut checks).await;
    let request = script.only_request();
    assert_eq!(request.headers()["authorization"], "Bearer at-1");
    assert!(request.headers()["authorization"].is_sensitive());
    assert_eq!(request.uri().to_string(), ENDPOINT, "the token is never in the URL");
    failing(outcome.map(Value::Object), &checks)
}

#[tokio::test]
async fn claims_about_the_same_subject_are_taken() {
    let body = json!({ "sub": "alice", "email": "alice@corp.test", "groups": ["a"] });
    assert_eq!(run(json_answer(&body)).await, Ok(body));
}

#[tokio::test]
async fn oidc_18_userinfo() {
    let claims = |sub: Value| json_answer(&json!({ "sub": sub, "email": "alice@corp.test" }));
    let signed = token(&honest_header(), &honest_claims());
    let unsigned = format!("{}.{}.", b64("{\"alg\":\"none\"}"), b64(honest_claims().to_string()));
    let rows: Vec<(&str, Response)> = vec![
        ("userinfo_subject", claims("mallory".into())),
        ("userinfo_subject", claims("Alice".into())),
        ("userinfo_subject", claims("alice ".into())),
        ("userinfo_subject", claims("".into())),
        ("userinfo_subject", claims(Value::Null)),
        ("userinfo_subject", claims(json!(["alice"]))),
        ("userinfo_subject", json_answer(&json!({ "email": "alice@corp.test" }))),
        ("userinfo_content_type", answer(200, "application/jwt", signed)),
        ("userinfo_content_type", answer(200, "application/jwt", unsigned)),
        ("userinfo_content_type", answer(200, "text/html", "<html>")),
        ("userinfo_json", answer(200, "application/json", "<html>")),
        ("userinfo_json", answer(200, "application/json", r#"{"sub":"mallory","sub":"alice"}"#)),
        ("userinfo_status", answer(401, "application/json", "{}")),
        ("userinfo_status", answer(302, "application/json", r#"{"sub":"alice"}"#)),
        ("userinfo_status", answer(404, "text/plain", "")),
    ];
    for (row, (expected, response)) in rows.into_iter().enumerate() {
        assert_eq!(run(response).await, Err(expected), "row {row}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_no_address_is_our_mistake() {
    let script = Script::dead();
    let outcome = fetch_userinfo(&script, "no url", &tokens("a.b.c".into()), &alice(), &mut Checks::new()).await;
    assert!(matches!(outcome, Err(OidcError::Misconfigured { .. })));
    let outcome = fetch_userinfo(&script, ENDPOINT, &tokens("a.b.c".into()), &alice(), &mut Checks::new()).await;
    assert!(matches!(outcome, Err(OidcError::Unreachable { .. })));
}
