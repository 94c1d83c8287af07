//! Keys, tokens and a scripted provider for the vectors.

use std::collections::VecDeque;
use std::sync::{LazyLock, Mutex};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{Answer, Check, Checks, Http, HttpFault, OidcError, ProviderKeySet, Request, Response, Tokens};

pub const ISSUER: &str = "https://i.test";
pub const CLIENT: &str = "usher";
pub const ACCESS_TOKEN: &str = "at-1";

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub enum Key {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// The provider's keys, and an RSA key that is somebody else's.
pub static RSA: LazyLock<Key> = LazyLock::new(|| Key::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));
pub static MALLORY: LazyLock<Key> = LazyLock::new(|| Key::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));
pub static P256: LazyLock<Key> =
    LazyLock::new(|| Key::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()));
pub static P384: LazyLock<Key> =
    LazyLock::new(|| Key::P384(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap()));
pub static ED: LazyLock<Key> = LazyLock::new(|| Key::Ed(Ed25519KeyPair::generate().unwrap()));

impl Key {
    /// Signs the way the header says; RSA keys know PKCS#1 and, on request, PSS.
    pub fn sign(&self, message: &[u8], pss: bool) -> Vec<u8> {
        let chance = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let padding: &'static dyn RsaEncoding = if pss { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &chance, message, &mut signature).unwrap();
                signature
            }
            Self::P256(pair) | Self::P384(pair) => pair.sign(&chance, message).unwrap().as_ref().to_vec(),
            Self::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    pub fn jwk(&self, kid: &str) -> Value {
        let point = |bytes: &[u8], crv: &str| {
            let (x, y) = bytes[1..].split_at((bytes.len() - 1) / 2);
            json!({ "kty": "EC", "crv": crv, "x": b64(x), "y": b64(y), "kid": kid, "use": "sig" })
        };
        match self {
            Self::Rsa(pair) => {
                let public = pair.public_key();
                json!({ "kty": "RSA", "kid": kid, "use": "sig",
                    "n": b64(public.modulus().big_endian_without_leading_zero()),
                    "e": b64(public.exponent().big_endian_without_leading_zero()) })
            }
            Self::P256(pair) => point(pair.public_key().as_ref(), "P-256"),
            Self::P384(pair) => point(pair.public_key().as_ref(), "P-384"),
            Self::Ed(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": b64(pair.public_key().as_ref()), "kid": kid })
            }
        }
    }

    pub fn pem(&self) -> String {
        let der = match self {
            Self::Rsa(pair) => AsDer::<Pkcs8V1Der<'_>>::as_der(pair).unwrap().as_ref().to_vec(),
            Self::P256(pair) | Self::P384(pair) => pair.to_pkcs8v1().unwrap().as_ref().to_vec(),
            Self::Ed(pair) => pair.to_pkcs8v1().unwrap().as_ref().to_vec(),
        };
        let lines: Vec<String> =
            STANDARD.encode(der).as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
    }
}

/// The key set that the honest provider publishes.
pub fn keys() -> ProviderKeySet {
    key_set(&[RSA.jwk("rsa"), P256.jwk("p256"), P384.jwk("p384"), ED.jwk("ed")])
}

pub fn key_set(keys: &[Value]) -> ProviderKeySet {
    ProviderKeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

pub fn honest_header() -> Value {
    json!({ "alg": "RS256", "kid": "rsa", "typ": "JWT" })
}

pub fn honest_claims() -> Value {
    let now = now().timestamp();
    json!({ "iss": ISSUER, "sub": "alice", "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": "n1",
        "email": "alice@corp.test" })
}

/// A compact JWS over header and payload as they are.
pub fn seal(header: &str, payload: &str, key: &Key, pss: bool) -> String {
    let message = format!("{}.{}", b64(header), b64(payload));
    let signature = key.sign(message.as_bytes(), pss);
    format!("{message}.{}", b64(signature))
}

pub fn token(header: &Value, claims: &Value) -> String {
    seal(&header.to_string(), &claims.to_string(), &RSA, false)
}

pub fn tokens(id_token: String) -> Tokens {
    Tokens { access_token: ACCESS_TOKEN.to_owned(), id_token }
}

/// The failing check of an outcome, having made sure that the record says the same.
pub fn failing<T>(outcome: Result<T, OidcError>, checks: &Checks) -> Result<T, &'static str> {
    outcome.map_err(|fault| {
        let name = fault.check().unwrap_or("none");
        assert_eq!(checks.made().last(), Some(&Check { name, passed: false }), "{fault}");
        assert_eq!(checks.made().iter().filter(|check| !check.passed).count(), 1);
        name
    })
}

/// A provider that answers from a list and remembers what it was asked.
pub struct Script {
    answers: Mutex<VecDeque<Option<Response>>>,
    pub asked: Mutex<Vec<Request>>,
}

impl Script {
    pub fn new(answers: impl IntoIterator<Item = Response>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().map(Some).collect()), asked: Mutex::default() }
    }

    /// Never answers.
    pub fn dead() -> Self {
        Self { answers: Mutex::default(), asked: Mutex::default() }
    }

    pub fn only_request(&self) -> Request {
        let asked = self.asked.lock().unwrap();
        assert_eq!(asked.len(), 1, "exactly one request");
        asked[0].clone()
    }
}

impl Http for Script {
    fn call(&self, request: Request) -> Answer<'_> {
        self.asked.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front().flatten();
        Box::pin(async move { answer.ok_or_else(|| HttpFault("nobody there".into())) })
    }
}

pub fn answer(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Response {
    http::Response::builder().status(status).header("content-type", media_type).body(body.into()).unwrap()
}

pub fn json_answer(body: &Value) -> Response {
    answer(200, "application/json", body.to_string())
}
