//! OIDC-07, 09 to 13, 19: nonce, algorithms, keys, headers, hashes of the ID token.

use serde_json::json;

use super::Arena;
use crate::support::jose::{self, Key};
use crate::support::{Endpoint, Signing};

#[tokio::test]
async fn oidc_07_nonce() {
    let arena = Arena::new().await;
    arena.idp.forge(|token| token.without("nonce"));
    arena.refuses("no nonce").await;
    arena.idp.forge(|token| token.claims["nonce"] = json!("of another sign-in"));
    arena.refuses("another nonce").await;
    arena.idp.forge(|token| token.claims["nonce"] = json!([token.claims["nonce"]]));
    arena.refuses("nonce in an array").await;
    arena.idp.forge(|token| token.claims["nonce"] = json!(null));
    arena.refuses("null nonce").await;
    arena.idp.reform();
    arena.accepts().await;
}

#[tokio::test]
async fn oidc_09_alg_none() {
    let arena = Arena::new().await;
    let userinfo = arena.idp.count(Endpoint::Userinfo);
    for alg in ["none", "None", "nOnE", "NONE", ""] {
        arena.idp.forge(move |token| {
            token.header["alg"] = json!(alg);
            token.signing = Signing::Empty;
        });
        arena.refuses(&format!("alg {alg:?}")).await;
    }
    arena.idp.forge(|token| token.signing = Signing::Empty);
    arena.refuses("RS256 with an empty signature").await;
    arena.idp.forge(|token| {
        token.header.as_object_mut().unwrap().remove("alg");
        token.signing = Signing::Empty;
    });
    arena.refuses("no alg at all").await;
    assert_eq!(arena.idp.count(Endpoint::Userinfo), userinfo, "userinfo was asked with a token nobody signed");
}

#[tokio::test]
async fn oidc_10_algorithm_confusion() {
    let arena = Arena::new().await;
    let secret = arena.idp.client_secret().to_owned();
    let keys =
        [Key::honest().public_pem(), Key::honest().public_pem().trim().into(), Key::honest().jwk().to_string(), secret];
    for key in keys {
        arena.idp.forge(move |token| {
            token.header["alg"] = json!("HS256");
            token.signing = Signing::Hmac(key.clone().into_bytes());
        });
        arena.refuses("HS256").await;
    }
    arena.idp.forge(|token| {
        token.header["alg"] = json!("ES256");
        token.signing = Signing::Key(Key::p256());
    });
    arena.refuses("ES256 under an RSA kid").await;
    arena.idp.forge(|token| token.header["alg"] = json!("PS256"));
    arena.refuses("PS256 with the right key").await;
}

#[tokio::test]
async fn oidc_11_kid_abuse() {
    let arena = Arena::new().await;
    let fetched = arena.idp.count(Endpoint::Jwks);
    let kids =
        ["../../dev/null".to_owned(), "' UNION SELECT 'x".into(), "k".repeat(100_000), "a\0b".into(), "unknown".into()];
    for kid in kids {
        arena.idp.forge(move |token| {
            token.header["kid"] = json!(kid);
            token.signing = Signing::Key(Key::mallory());
        });
        arena.refuses("kid").await;
    }
    assert!(arena.idp.count(Endpoint::Jwks) <= fetched + 1, "unknown kids made it fetch more than once");
}

/// An honest rotation is found by one refetch; keys flapping afterwards cause no storm.
#[tokio::test]
async fn oidc_11_rotation_is_followed_once() {
    let arena = Arena::new().await;
    let fetched = arena.idp.count(Endpoint::Jwks);
    arena.usher.advance(120);
    arena.idp.rotate(Key::rotated());
    arena.accepts().await;
    assert_eq!(arena.idp.count(Endpoint::Jwks), fetched + 1);
    arena.idp.rotate(Key::honest().named("flap"));
    arena.refuses("a second rotation within the minute").await;
    assert_eq!(arena.idp.count(Endpoint::Jwks), fetched + 1);
    arena.usher.advance(61);
    arena.accepts().await;
    assert_eq!(arena.idp.count(Endpoint::Jwks), fetched + 2);
}

#[tokio::test]
async fn oidc_12_header_keys() {
    let arena = Arena::new().await;
    let trap = crate::support::Idp::mallory().await;
    let (jwks, jwk) = (format!("{}/jwks", trap.issuer()), Key::mallory().jwk());
    for (name, value) in
        [("jku", json!(jwks)), ("x5u", json!(jwks)), ("jwk", jwk), ("x5c", json!(["MIIB"])), ("x5t", json!("AAAA"))]
    {
        arena.idp.forge(move |token| {
            token.header[name] = value.clone();
            token.signing = Signing::Key(Key::mallory());
        });
        arena.refuses(name).await;
    }
    assert_eq!(trap.total(), 0, "a header address was fetched");
}

#[tokio::test]
async fn oidc_13_token_type() {
    let arena = Arena::new().await;
    for kind in ["logout+jwt", "at+jwt", "secevent+jwt", "application/at+jwt", "dpop+jwt"] {
        arena.idp.forge(move |token| token.header["typ"] = json!(kind));
        arena.refuses(kind).await;
    }
    arena.idp.forge(|token| {
        token.header["crit"] = json!(["urn:unknown"]);
        token.header["urn:unknown"] = json!(true);
    });
    arena.refuses("crit").await;
    arena.idp.forge(|token| {
        token.header["b64"] = json!(false);
        token.header["crit"] = json!(["b64"]);
    });
    arena.refuses("b64 false").await;
    arena.idp.forge(|token| {
        let inner = jose::compact(&token.header, &token.claims, |input| token.key.sign("RS256", input));
        let outer = json!({ "alg": "RS256", "kid": token.key.kid, "cty": "JWT" });
        token.instead = Some(jose::compact(&outer, &json!(inner), |input| token.key.sign("RS256", input)));
    });
    arena.refuses("nested").await;
    arena.idp.forge(|token| {
        let jwt = jose::compact(&token.header, &token.claims, |input| token.key.sign("RS256", input));
        let parts: Vec<&str> = jwt.split('.').collect();
        let json = json!({ "protected": parts[0], "payload": parts[1], "signature": parts[2] });
        token.instead = Some(json.to_string());
    });
    arena.refuses("JSON serialisation").await;
    for text in ["", ".", "..", "...", "a.b.c", "e30.e30.", "\u{0}"] {
        arena.idp.forge(move |token| token.instead = Some(text.into()));
        arena.refuses(text).await;
    }
}

#[tokio::test]
async fn oidc_19_hashes() {
    let arena = Arena::new().await;
    arena.idp.forge(|token| token.without("at_hash"));
    arena.accepts().await;
    for name in ["at_hash", "c_hash", "s_hash"] {
        arena.idp.forge(move |token| token.claims[name] = json!(jose::half_hash("something else")));
        arena.refuses(name).await;
    }
    arena.idp.forge(|token| token.claims["at_hash"] = json!(17));
    arena.refuses("at_hash that is no string").await;
}

/// A tampered or truncated signature, and a key of the same name at another's hands.
#[tokio::test]
async fn oidc_10_wrong_signatures() {
    let arena = Arena::new().await;
    arena.idp.forge(|token| token.signing = Signing::Key(Key::mallory()));
    arena.refuses("mallory's key under the honest kid").await;
    arena.idp.forge(|token| {
        let jwt = jose::compact(&token.header, &token.claims, |input| token.key.sign("RS256", input));
        token.instead = Some(jwt[..jwt.len() - 4].to_owned());
    });
    arena.refuses("a cut signature").await;
    arena.idp.forge(|token| {
        let signed = jose::compact(&token.header, &token.claims, |input| token.key.sign("RS256", input));
        token.claims["sub"] = json!("admin");
        let forged = jose::compact(&token.header, &token.claims, |_| Vec::new());
        let signature = signed.rsplit('.').next().unwrap();
        token.instead = Some(format!("{forged}{signature}"));
    });
    arena.refuses("claims changed after signing").await;
}

/// A token without `kid` is fine while the provider has one key (conformance kid-absent-single-jwks).
#[tokio::test]
async fn oidc_11_kid_absent() {
    let arena = Arena::new().await;
    arena.idp.forge(|token| {
        token.header.as_object_mut().unwrap().remove("kid");
    });
    arena.accepts().await;
    arena.idp.forge(|token| {
        token.header.as_object_mut().unwrap().remove("kid");
        token.signing = Signing::Key(Key::mallory());
    });
    arena.refuses("no kid, mallory's key").await;
    // Published among others a key still needs its name or its signature; another provider's key has neither.
    arena.idp.publish(Key::rotated());
    arena.usher.advance(3_600);
    arena.refuses("no kid, two keys, neither of them mallory's").await;
}
