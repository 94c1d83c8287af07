//! Our tokens against our own reader and against openidconnect's, the good twin first.

use chrono::TimeDelta;
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{AccessToken as TheirAccessToken, ClientId, IssuerUrl as TheirIssuer, Nonce};
use usher_domain::SigningAlgorithm::{self, Es256, Rs256};

use super::*;
use crate::fixture::{foreign_ring, issuer, now, ring};

fn app() -> ApplicationId {
    ApplicationId::parse("app").unwrap()
}

fn person() -> Claims {
    Claims::from_iter([
        ("email".to_owned(), json!("ann@corp.test")),
        ("sub".to_owned(), json!("mallory")),
        ("aud".to_owned(), json!("mallory")),
        ("exp".to_owned(), json!(99_999_999_999_i64)),
        ("nonce".to_owned(), json!("mallory")),
    ])
}

fn make_id_token(keys: &KeyRing, alg: SigningAlgorithm, life: i64) -> String {
    let session = SessionId::parse("s_1").unwrap();
    id_token(
        keys.signer(alg).unwrap(),
        &IdTokenParts {
            issuer: &issuer(),
            subject: "ann",
            audience: &app(),
            issued_at: now(),
            expires_at: now() + TimeDelta::seconds(life),
            auth_time: now() - TimeDelta::seconds(5),
            nonce: Some("n-\"\u{e4}"),
            acr: Some("1"),
            amr: &["pwd".to_owned()],
            session: Some(&session),
            access_token: Some("access"),
            claims: &person(),
        },
    )
    .unwrap()
}

fn make_access_token(keys: &KeyRing, audience: &str) -> String {
    access_token(
        keys.signer(Es256).unwrap(),
        &AccessTokenParts {
            issuer: &issuer(),
            subject: "ann",
            audience,
            client: &app(),
            scopes: &Scopes::parse_known("openid email"),
            id: "jti-1",
            grant: &GrantId::parse("g_1").unwrap(),
            issued_at: now(),
            expires_at: now() + TimeDelta::seconds(300),
        },
    )
    .unwrap()
}

fn check(token: &str, late: i64) -> Result<AccessToken, TokenRefused> {
    let expected = Expected { issuer: &issuer(), audience: "https://id.test" };
    verify_access_token(&ring(), token, &expected, now() + TimeDelta::seconds(late))
}

fn payload(token: &str) -> Claims {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn openidconnect_accepts_our_id_tokens_and_keys() {
    let ring = ring();
    let keys: CoreJsonWebKeySet = serde_json::from_value(ring.jwks().clone()).unwrap();
    for (alg, theirs) in
        [(Rs256, CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256), (Es256, CoreJwsSigningAlgorithm::EcdsaP256Sha256)]
    {
        let verifier = CoreIdTokenVerifier::new_public_client(
            ClientId::new("app".to_owned()),
            TheirIssuer::new("https://id.test".to_owned()).unwrap(),
            keys.clone(),
        )
        .set_allowed_algs([theirs])
        .set_time_fn(now);
        let token: CoreIdToken = make_id_token(&ring, alg, 60).parse().unwrap();
        let nonce = Nonce::new("n-\"\u{e4}".to_owned());
        let claims = token.claims(&verifier, &nonce).unwrap();
        assert_eq!(claims.subject().as_str(), "ann");
        assert_eq!(claims.auth_time(), Some(now() - TimeDelta::seconds(5)));
        assert_eq!(claims.email().map(|email| email.as_str()), Some("ann@corp.test"));
        let hash = openidconnect::AccessTokenHash::from_token(
            &TheirAccessToken::new("access".to_owned()),
            token.signing_alg().unwrap(),
            token.signing_key(&verifier).unwrap(),
        )
        .unwrap();
        assert_eq!(claims.access_token_hash(), Some(&hash));
        assert!(token.claims(&verifier, &Nonce::new("other".to_owned())).is_err());
    }
}

#[test]
fn an_id_token_says_what_core_2_asks_for() {
    let claims = payload(&make_id_token(&ring(), Rs256, 60));
    let expected = json!({
        "iss": "https://id.test", "sub": "ann", "aud": "app", "iat": now().timestamp(), "exp": now().timestamp() + 60,
        "auth_time": now().timestamp() - 5, "nonce": "n-\"\u{e4}", "acr": "1", "amr": ["pwd"], "sid": "s_1",
        "at_hash": half_hash("access"), "email": "ann@corp.test",
    });
    assert_eq!(Value::Object(claims), expected);
}

#[test]
fn what_was_not_asked_or_not_known_is_absent() {
    let token = id_token(
        ring().signer(Es256).unwrap(),
        &IdTokenParts {
            issuer: &issuer(),
            subject: "ann",
            audience: &app(),
            issued_at: now(),
            expires_at: now(),
            auth_time: now(),
            nonce: None,
            acr: None,
            amr: &[],
            session: None,
            access_token: None,
            claims: &person(),
        },
    )
    .unwrap();
    let claims = payload(&token);
    // A nonce that an attribute brought along must not stand in for one that nobody sent.
    for name in ["nonce", "acr", "amr", "sid", "at_hash", "azp"] {
        assert!(!claims.contains_key(name), "{name}");
    }
}

#[test]
fn at_hash_agrees_with_the_example_of_core_a_3() {
    assert_eq!(half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
}

#[test]
fn oauth_17_an_access_token_is_good_for_its_audience_and_time() {
    let token = make_access_token(&ring(), "https://id.test");
    let verified = check(&token, 299).unwrap();
    assert_eq!((verified.subject.as_str(), verified.client.as_str(), verified.id.as_str()), ("ann", "app", "jti-1"));
    assert_eq!((verified.grant.as_str(), verified.scopes.to_string().as_str()), ("g_1", "openid email"));
    let header: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap();
    assert_eq!(header, json!({"alg": "ES256", "typ": "at+jwt", "kid": "ec"}));
    assert_eq!(check(&token, 300), Err(TokenRefused::Expired));
}

#[test]
fn oauth_17_other_tokens_are_no_access_tokens() {
    for (token, expected) in [
        (make_id_token(&ring(), Es256, 600), TokenRefused::OtherKind),
        (make_access_token(&ring(), "https://api.test"), TokenRefused::Elsewhere),
        (make_access_token(&foreign_ring(), "https://id.test"), TokenRefused::NotOurs),
        ("rT9-opaque-refresh-token".to_owned(), TokenRefused::NotOurs),
        (String::new(), TokenRefused::NotOurs),
    ] {
        assert_eq!(check(&token, 0), Err(expected));
    }
    let elsewhere = IssuerUrl::parse("https://other.test").unwrap();
    let expected = Expected { issuer: &elsewhere, audience: "https://id.test" };
    let token = make_access_token(&ring(), "https://id.test");
    assert_eq!(verify_access_token(&ring(), &token, &expected, now()), Err(TokenRefused::Elsewhere));
}

#[test]
fn incomplete_claims_are_refused_without_a_panic() {
    let ring = ring();
    let good = payload(&make_access_token(&ring, "https://id.test"));
    for name in ["iss", "sub", "aud", "client_id", "scope", "jti", "grant", "exp"] {
        for value in [None, Some(json!(null)), Some(json!(["x"])), Some(json!({"a": 1})), Some(json!(1e300))] {
            let mut claims = good.clone();
            claims.remove(name);
            claims.extend(value.map(|value| (name.to_owned(), value)));
            let token = jws::sign(ring.signer(Es256).unwrap(), ACCESS_TOKEN, &claims).unwrap();
            assert_eq!(check(&token, 0), Err(TokenRefused::Incomplete), "{name}");
        }
    }
}

#[test]
fn oauth_26_an_expired_hint_is_still_a_hint() {
    for life in [60, -60, -10_000_000] {
        let hint = verify_id_token_hint(&ring(), &make_id_token(&ring(), Rs256, life), &issuer()).unwrap();
        assert_eq!((hint.subject.as_str(), hint.application), ("ann", app()));
        assert_eq!(hint.session, SessionId::parse("s_1").ok());
        assert_eq!(hint.auth_time, Some(now() - TimeDelta::seconds(5)));
    }
}

#[test]
fn oauth_26_hints_that_are_not_ours_are_refused() {
    let good = make_id_token(&ring(), Rs256, 60);
    let none = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), good.split('.').nth(1).unwrap());
    let elsewhere = IssuerUrl::parse("https://other.test").unwrap();
    for (token, at, expected) in [
        (none, issuer(), TokenRefused::NotOurs),
        (make_id_token(&foreign_ring(), Rs256, 60), issuer(), TokenRefused::NotOurs),
        (make_access_token(&ring(), "https://id.test"), issuer(), TokenRefused::OtherKind),
        (good, elsewhere, TokenRefused::Elsewhere),
        ("x".repeat(64 * 1024), issuer(), TokenRefused::NotOurs),
    ] {
        assert_eq!(verify_id_token_hint(&ring(), &token, &at), Err(expected));
    }
}
