//! The kit itself: an honest provider is honest, a forged token is forged, the browser keeps its cookies apart.

use serde_json::{Value, json};

use super::{Endpoint, Idp, Signing};
use crate::support::browser::Cookie;
use crate::support::jose::{self, Key};
use crate::support::{Browser, Landing, http, postgres};

async fn sign_in(idp: &Idp) -> Value {
    let mut browser = Browser::new();
    browser.reaches(idp.issuer(), ([127, 0, 0, 1], idp.port()).into());
    let challenge = jose::b64(jose::sha256("verifier"));
    let query = format!(
        "client_id={}&redirect_uri=https://rp.test/cb&scope=openid&state=s&nonce=n&code_challenge={challenge}",
        idp.client_id()
    );
    let landing = browser.open(format!("{}/authorize?{query}", idp.issuer())).await;
    let Landing::Left(back) = landing else { panic!("{landing:?}") };
    let code = back.query_pairs().find(|(k, _)| k == "code").unwrap().1.into_owned();
    let fields = [("code", code.as_str()), ("redirect_uri", "https://rp.test/cb"), ("code_verifier", "verifier")];
    let basic = crate::support::application::basic(idp.client_id(), idp.client_secret());
    let request = http::client().post(format!("{}/token", idp.issuer())).header("authorization", basic);
    http::send(request.form(&fields)).await.json()
}

#[tokio::test]
async fn an_honest_provider_signs_its_tokens() {
    for key in [Key::honest(), Key::p256()] {
        let idp = Idp::with_key(key).await;
        let tokens = sign_in(&idp).await;
        let jwks = http::get(&format!("{}/jwks", idp.issuer())).await.json();
        let (_, claims) = jose::verify(tokens["id_token"].as_str().unwrap(), &jwks);
        assert_eq!((&claims["nonce"], &claims["iss"]), (&json!("n"), &json!(idp.issuer())));
        assert_eq!(claims["at_hash"], json!(jose::half_hash(tokens["access_token"].as_str().unwrap())));
        let access = tokens["access_token"].as_str().unwrap();
        let userinfo = http::client().get(format!("{}/userinfo", idp.issuer())).bearer_auth(access);
        assert_eq!(http::send(userinfo).await.json()["email"], json!("alice@corp.test"));
        assert_eq!(idp.count(Endpoint::Token), 1);
    }
}

#[tokio::test]
async fn a_forger_forges() {
    let idp = Idp::start().await;
    idp.forge(|token| {
        token.claims["iss"] = json!("https://elsewhere.test");
        token.signing = Signing::Key(Key::mallory());
    });
    let jwt = sign_in(&idp).await["id_token"].as_str().unwrap().to_owned();
    assert_eq!(jose::peek(&jwt).1["iss"], json!("https://elsewhere.test"));
    let jwks = json!({ "keys": [Key::mallory().named("honest-1").jwk()] });
    jose::verify(&jwt, &jwks);
    assert!(Key::honest().public_pem().starts_with("-----BEGIN PUBLIC KEY-----\nMIIB"));
}

#[test]
fn cookies_are_read_as_browsers_read_them() {
    let url = "https://id.test/login".parse().unwrap();
    let line = "__Host-usher-session=v; Path=/; Secure; HttpOnly; SameSite=Lax";
    let cookie = Cookie::parse(&url, line);
    assert_eq!(
        (cookie.name.as_str(), cookie.value.as_str(), cookie.host.as_str()),
        ("__Host-usher-session", "v", "id.test")
    );
    let domain = std::panic::catch_unwind(|| Cookie::parse(&url, &format!("{line}; Domain=id.test")));
    assert!(domain.is_err(), "a __Host- cookie with a domain was accepted");
}

#[tokio::test]
async fn a_database_of_its_own() {
    let (one, two) = tokio::join!(postgres::database(), postgres::database());
    assert_ne!(one, two);
    let database = crate::support::database::Database { url: one };
    assert_eq!(database.count("SELECT 41::bigint + 1").await, 42);
}
