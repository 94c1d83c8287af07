//! ID tokens and key sets (OIDC Core 3.1.3.3 and 3.1.3.7, RFC 7517) as a hostile provider sends them.
//!
//! The first line of an input says what the rest is: `raw` is a token as it stands, `signed` is a header and a payload
//! that get a good signature (so that the checks behind the signature are reached), `answer` is the whole answer of a
//! token endpoint, `keys` is a key set. The oracle reads payload and header with a plain JSON parser.

use std::future::Future;
use std::pin::pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use usher_oidc_rp::{
    Answer, AuthTimeRule, CallbackRules, Checks, ClientCredentials, Code, CodeExchange, Http, IdTokenAlgorithm,
    IdTokenRules, IssuerParameter, ProviderKeySet, Request, VerifiedIdToken, exchange, read_callback, verify_id_token,
};

const ISSUER: &str = "https://i.test";
const CLIENT: &str = "usher";
const NONCE: &str = "n1";
const STATE: &str = "s1";
/// Seconds since 1970; the times in the corpus are written for this moment.
const NOW: i64 = 1_800_000_000;
/// `NOW` with a minute of difference between two clocks, backwards and forwards.
const SOON_OVER: f64 = 1_799_999_940.0;
const STILL_AHEAD: f64 = 1_800_000_061.0;

/// Fails when a check panics or an unfit token passes. Returns whether a token passed.
pub fn check(input: &[u8]) -> bool {
    let cut = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (mode, rest) = (&input[..cut], input.get(cut + 1..).unwrap_or_default());
    match mode {
        b"signed" => return signed(rest),
        b"answer" => {
            assert!(redeem(rest.to_vec()).is_none(), "an answer without our key's signature was accepted");
        }
        b"keys" => key_set(rest),
        _ => {
            let token = String::from_utf8_lossy(if mode == b"raw" { rest } else { input });
            assert!(redeem(token_response(&token)).is_none(), "{token:?} was accepted without our key's signature");
        }
    }
    false
}

fn signed(rest: &[u8]) -> bool {
    let cut = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let (header, payload) = (&rest[..cut], rest.get(cut + 1..).unwrap_or_default());
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = key().sign(&SystemRandom::new(), message.as_bytes()).expect("signs");
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
    let verified = redeem(token_response(&token));
    if let Some(verified) = &verified {
        is_fit(header, payload, verified);
    }
    verified.is_some()
}

/// What must hold for a token that passed, read by another parser.
fn is_fit(header: &[u8], payload: &[u8], verified: &VerifiedIdToken) {
    let header: Value = serde_json::from_slice(header).expect("an accepted header is JSON");
    assert_eq!(header["alg"], "ES256");
    assert!(header.get("crit").is_none() && header.get("b64").is_none(), "an extension was overlooked");
    let claims: Value = serde_json::from_slice(payload).expect("an accepted payload is JSON");
    assert_eq!(claims["iss"], ISSUER);
    assert!(claims["aud"] == CLIENT || claims["aud"] == json!([CLIENT]), "aud is {}", claims["aud"]);
    assert!(claims.get("azp").is_none_or(|azp| azp == CLIENT), "azp is {}", claims["azp"]);
    assert_eq!(claims["nonce"], NONCE);
    let seconds = |name: &str| claims[name].as_f64().expect("an accepted time is a number");
    assert!(seconds("exp") >= SOON_OVER, "expired");
    assert!(seconds("iat") < STILL_AHEAD, "issued in the future");
    let subject = claims["sub"].as_str().expect("an accepted subject is text");
    assert!(!subject.trim().is_empty() && subject == verified.subject);
    assert_eq!(Value::Object(verified.claims.clone()), claims);
}

fn key_set(bytes: &[u8]) {
    if let Ok(keys) = ProviderKeySet::parse(bytes) {
        assert!(!keys.is_empty() && keys.len() <= 100);
        let text = String::from_utf8_lossy(bytes);
        assert!(text.contains("RSA") || text.contains("EC") || text.contains("OKP") || text.contains("\\u"));
    }
}

/// Sends an answer of the token endpoint through exchange and verification; `None` when it is refused.
fn redeem(body: Vec<u8>) -> Option<VerifiedIdToken> {
    let credentials = ClientCredentials::basic("secret");
    let code = code();
    let request = CodeExchange {
        endpoint: "https://i.test/token",
        issuer: ISSUER,
        client_id: CLIENT,
        credentials: &credentials,
        redirect_uri: "https://u.test/callback/oidc/acme",
        code: &code,
        pkce_verifier: Some("vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"),
        jti: "j1",
    };
    let mut checks = Checks::new();
    let answering = Answering(body);
    let outcome = at_once(exchange(&answering, &request, now(), &mut checks));
    let tokens = match outcome {
        Ok(tokens) => tokens,
        Err(fault) => return printable(&fault.to_string()),
    };
    let rules = IdTokenRules {
        issuer: ISSUER,
        client_id: CLIENT,
        algorithms: &[IdTokenAlgorithm::Es256, IdTokenAlgorithm::Rs256],
        nonce: NONCE,
        state: STATE,
        code: &code,
        auth_time: AuthTimeRule::Any,
    };
    match verify_id_token(&tokens, keys(), &rules, now(), &mut checks) {
        Ok(verified) => {
            assert!(checks.made().iter().all(|check| check.passed), "accepted in spite of a failed check");
            Some(verified)
        }
        Err(fault) => printable(&fault.to_string()),
    }
}

/// An error must fit one line of a log.
fn printable(text: &str) -> Option<VerifiedIdToken> {
    assert!(!text.chars().any(char::is_control), "{text:?} would break a log line");
    None
}

fn token_response(token: &str) -> Vec<u8> {
    json!({"access_token": "a1", "token_type": "Bearer", "expires_in": 60, "id_token": token}).to_string().into_bytes()
}

fn code() -> Code {
    let parameters = [("code", "c1"), ("state", STATE)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let rules = CallbackRules { state: STATE, issuer: ISSUER, issuer_parameter: IssuerParameter::Optional };
    read_callback(&parameters, rules, &mut Checks::new()).expect("the honest callback yields its code")
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).expect("a time")
}

fn key() -> &'static EcdsaKeyPair {
    static KEY: OnceLock<EcdsaKeyPair> = OnceLock::new();
    KEY.get_or_init(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
}

fn keys() -> &'static ProviderKeySet {
    static KEYS: OnceLock<ProviderKeySet> = OnceLock::new();
    KEYS.get_or_init(|| {
        let point = key().public_key().as_ref();
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "kid": "k1", "use": "sig", "alg": "ES256",
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..65]),
        });
        ProviderKeySet::parse(json!({ "keys": [jwk] }).to_string().as_bytes()).expect("our own key is usable")
    })
}

/// A token endpoint that always gives the same answer.
struct Answering(Vec<u8>);

impl Http for Answering {
    fn call(&self, _request: Request) -> Answer<'_> {
        let body = self.0.clone();
        Box::pin(async move {
            let answer = http::Response::builder().status(200).header("content-type", "application/json");
            Ok(answer.body(body).expect("a response"))
        })
    }
}

/// Runs a future that never waits.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing to wait for"),
    }
}
