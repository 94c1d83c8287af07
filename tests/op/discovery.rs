//! Discovery and keys (OIDC Discovery 1.0, RFC 7517), and who may read what from another origin.

use serde_json::{Value, json};

use crate::support::{Application, Setup, http};

#[tokio::test]
async fn the_document_says_what_the_server_does() {
    let usher = Setup::new().start().await;
    let answer = http::get(&usher.at(0, "/.well-known/openid-configuration")).await;
    assert!(answer.header("content-type").starts_with("application/json"));
    let document = answer.json();
    assert_eq!(document["issuer"], json!(usher.base));
    for (name, path) in [
        ("authorization_endpoint", "/oauth2/authorize"),
        ("token_endpoint", "/oauth2/token"),
        ("userinfo_endpoint", "/oauth2/userinfo"),
        ("jwks_uri", "/oauth2/jwks"),
        ("end_session_endpoint", "/oauth2/logout"),
    ] {
        assert_eq!(document[name], json!(usher.url(path)), "{name}");
    }
    let holds = |name: &str, value: &str| document[name].as_array().is_some_and(|list| list.contains(&json!(value)));
    assert!(holds("id_token_signing_alg_values_supported", "RS256"));
    assert!(!holds("id_token_signing_alg_values_supported", "none"));
    assert!(holds("code_challenge_methods_supported", "S256") && !holds("code_challenge_methods_supported", "plain"));
    assert_eq!(document["response_types_supported"], json!(["code"]));
    assert!(holds("subject_types_supported", "public") && holds("scopes_supported", "openid"));
    assert_eq!(document["authorization_response_iss_parameter_supported"], json!(true));
}

/// Forwarded headers of a stranger change nothing (WEB-19, OAUTH-41).
#[tokio::test]
async fn the_document_is_constant() {
    let usher = Setup::new().start().await;
    let url = usher.at(0, "/.well-known/openid-configuration");
    let plain = http::get(&url).await;
    let mut request = http::client().get(&url).header("host", "mallory.test");
    for (name, value) in
        [("x-forwarded-host", "mallory.test"), ("x-forwarded-proto", "gopher"), ("forwarded", "host=mallory.test")]
    {
        request = request.header(name, value);
    }
    let odd = http::send(request).await;
    assert!(odd.status >= 400 || odd.body == plain.body, "{}", odd.body);
    assert!(!odd.body.contains("mallory"));
}

#[tokio::test]
async fn the_key_set_is_public_and_unique() {
    let usher = Setup::new().start().await;
    let keys = http::get(&usher.at(0, "/oauth2/jwks")).await.json();
    let keys: Vec<Value> = keys["keys"].as_array().unwrap().clone();
    let mut kids: Vec<String> = keys.iter().map(|k| k["kid"].as_str().unwrap().to_owned()).collect();
    kids.sort();
    kids.dedup();
    assert_eq!(kids.len(), keys.len());
    let types: Vec<&str> = keys.iter().filter_map(|k| k["kty"].as_str()).collect();
    assert!(types.contains(&"RSA") && types.contains(&"EC"), "{types:?}");
    for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
        assert!(keys.iter().all(|k| k.get(private).is_none()), "{private} is published");
    }
}

/// Only registered origins may read token and userinfo answers from a page.
#[tokio::test]
async fn cors_is_for_registered_origins() {
    let board = Application::spa("board");
    let usher = Setup::new().app(&board).start().await;
    let preflight = async |path: &str, origin: &str| {
        let request = http::client().request(reqwest::Method::OPTIONS, usher.at(0, path)).header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        let answer = http::send(request.header("access-control-request-headers", "authorization")).await;
        answer.header("access-control-allow-origin").to_owned()
    };
    assert_eq!(preflight("/oauth2/token", "https://board.test").await, "https://board.test");
    for origin in ["https://mallory.test", "null", "https://board.test.mallory.test", "http://board.test"] {
        assert_eq!(preflight("/oauth2/token", origin).await, "", "{origin}");
    }
    assert_eq!(preflight("/login/x/password", "https://board.test").await, "");
}
