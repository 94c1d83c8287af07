//! The four ways of client authentication, as the token endpoint sees them.

use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, KeyPair, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::kit::*;
use super::token::{form, honest_answer, outcome};
use crate::{ClientCredentials, ClientKey, ClientKeyError};

async fn sent(credentials: &ClientCredentials) -> (Option<String>, std::collections::HashMap<String, String>) {
    let script = Script::new([json_answer(&honest_answer())]);
    outcome(&script, credentials).await.0.expect("exchanged");
    let header = script.only_request().headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
    (header, form(&script))
}

#[tokio::test]
async fn basic_form_urlencodes_before_it_encodes() {
    // RFC 6749 section 2.3.1.
    let (header, form) = sent(&ClientCredentials::basic("p:s %+ü")).await;
    let expected = format!("Basic {}", STANDARD.encode("usher:p%3As+%25%2B%C3%BC"));
    assert_eq!(header, Some(expected));
    assert!(!form.contains_key("client_secret") && !form.contains_key("client_assertion"));
}

#[tokio::test]
async fn post_and_none_stay_in_the_body() {
    let (header, form) = sent(&ClientCredentials::post("p:s")).await;
    assert_eq!((header, form["client_id"].as_str(), form["client_secret"].as_str()), (None, "usher", "p:s"));
    let (header, form) = sent(&ClientCredentials::None).await;
    assert_eq!((header, form["client_id"].as_str(), form.get("client_secret")), (None, "usher", None));
}

#[tokio::test]
async fn private_key_jwt_is_signed_for_the_issuer() {
    for (key, alg) in [(&*RSA, "RS256"), (&*P256, "ES256")] {
        let client_key = ClientKey::from_pem(&key.pem(), Some("k1".into())).expect("a key");
        assert!(!format!("{client_key:?}").contains("PRIVATE"));
        let (header, form) = sent(&ClientCredentials::PrivateKey(Arc::new(client_key))).await;
        assert_eq!((header, form.get("client_secret")), (None, None));
        assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        let assertion = &form["client_assertion"];
        let (message, signature) = assertion.rsplit_once('.').unwrap();
        let (head, claims) = message.split_once('.').unwrap();
        let read = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        assert_eq!(read(head), json!({ "alg": alg, "typ": "JWT", "kid": "k1" }));
        let at = now().timestamp();
        let expected = json!({ "iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "jti": "j1", "iat": at, "exp": at + 60 });
        assert_eq!(read(claims), expected);
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        match key {
            Key::Rsa(pair) => {
                let public = pair.public_key();
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public).verify(message.as_bytes(), &signature)
            }
            Key::P256(pair) => {
                let public = pair.public_key();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public).verify(message.as_bytes(), &signature)
            }
            _ => unreachable!("two kinds of keys"),
        }
        .expect("the signature holds");
    }
}

#[test]
fn what_is_no_usable_key_is_told_apart() {
    for (pem, expected) in [
        (String::new(), ClientKeyError::NotPem),
        ("hunter2".into(), ClientKeyError::NotPem),
        (RSA.pem().replace("PRIVATE KEY", "RSA PRIVATE KEY"), ClientKeyError::NotPem),
        (RSA.pem().replace("MII", "%%%"), ClientKeyError::NotPem),
        (P384.pem(), ClientKeyError::Unsupported),
        (ED.pem(), ClientKeyError::Unsupported),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----".into(), ClientKeyError::Unsupported),
    ] {
        assert_eq!(ClientKey::from_pem(&pem, None).map(|_| ()), Err(expected), "{}", &pem[..pem.len().min(40)]);
    }
}
