//! A provider's signing keys (RFC 7517): fetched, thinned out, and asked to verify one signature.
//!
//! What cannot verify a signature of ours never enters the set: symmetric keys (so that no public key can be taken for
//! an HMAC secret), encryption keys, RSA keys below 2048 or above 8192 bits. Caching is the caller's.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::JsonWebKey;
use openidconnect::core::CoreJsonWebKey;
use serde_json::{Map, Value};

use crate::check::printable;
use crate::http::{self, Http};
use crate::{Checks, IdTokenAlgorithm, OidcError, Phase, json};

/// More keys than any provider publishes.
const MOST_KEYS: usize = 100;
/// Most keys tried for a token that names none.
const MOST_TRIES: usize = 16;

/// The usable keys of a provider.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProviderKeySet {
    keys: Vec<CoreJsonWebKey>,
}

/// Whether a key of the set made a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Bad,
    /// No key of the set can have made it.
    NoKey,
}

impl ProviderKeySet {
    /// Reads a JWK set. Keys that we cannot use are left out.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let document = json::object(bytes).map_err(|fault| fault.to_string())?;
        let listed = document.get("keys").and_then(Value::as_array).ok_or("there is no list of keys")?;
        let usable = listed.iter().take(MOST_KEYS).filter_map(Value::as_object).filter(|key| is_usable(key));
        let keys: Vec<CoreJsonWebKey> =
            usable.filter_map(|key| serde_json::from_value(Value::Object(key.clone())).ok()).collect();
        if keys.is_empty() {
            return Err(format!("none of the {} keys can verify a signature", listed.len()));
        }
        Ok(Self { keys })
    }

    /// How many usable keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Verifies with the named key, or, where the token names none, with every key that fits the algorithm.
    pub(crate) fn verify(&self, kid: Option<&str>, signed: Signed<'_>) -> Verdict {
        let core = signed.algorithm.as_core();
        let fits = |key: &&CoreJsonWebKey| {
            *key.key_type() == signed.algorithm.key_type()
                && kid.is_none_or(|kid| key.key_id().is_some_and(|id| id.as_str() == kid))
        };
        let mut tried = false;
        for key in self.keys.iter().filter(fits).take(MOST_TRIES) {
            tried = true;
            // The library refuses keys whose `alg`, `use` or curve contradict the algorithm.
            if key.verify_signature(&core, signed.message, signed.signature).is_ok() {
                return Verdict::Good;
            }
        }
        if tried { Verdict::Bad } else { Verdict::NoKey }
    }
}

/// A signature and what it covers.
#[derive(Clone, Copy)]
pub(crate) struct Signed<'a> {
    pub algorithm: IdTokenAlgorithm,
    pub message: &'a [u8],
    pub signature: &'a [u8],
}

fn is_usable(key: &Map<String, Value>) -> bool {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let signs = key.get("use").is_none_or(|value| value == "sig");
    let verifies =
        key.get("key_ops").is_none_or(|value| value.as_array().is_some_and(|all| all.iter().any(|op| op == "verify")));
    let algorithm_ok = key.get("alg").is_none_or(|v| v.as_str().is_some_and(|a| IdTokenAlgorithm::parse(a).is_some()));
    let material_ok = match text("kty") {
        Some("RSA") => is_sound_rsa(text("n"), text("e")),
        Some("EC") => matches!(text("crv"), Some("P-256" | "P-384")),
        Some("OKP") => text("crv") == Some("Ed25519"),
        _ => false,
    };
    signs && verifies && algorithm_ok && material_ok
}

/// 2048 to 8192 bits, exponent odd, above 1 and at most 32 bits: anything else is weak or made to be slow (DOS-14).
fn is_sound_rsa(modulus: Option<&str>, exponent: Option<&str>) -> bool {
    let significant = |text: Option<&str>| -> Option<Vec<u8>> {
        let bytes = text.filter(|t| t.len() <= 2048).and_then(|t| URL_SAFE_NO_PAD.decode(t).ok())?;
        Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
    };
    let modulus_ok = significant(modulus).is_some_and(|n| (256..=1024).contains(&n.len()));
    let exponent_ok = significant(exponent)
        .is_some_and(|e| (1..=4).contains(&e.len()) && e.last().is_some_and(|last| last % 2 == 1) && e != [1]);
    modulus_ok && exponent_ok
}

/// Fetches and reads the JWK set at `jwks_uri`.
pub async fn fetch_keys(http: &dyn Http, jwks_uri: &str) -> Result<ProviderKeySet, OidcError> {
    let mut checks = Checks::new();
    checks.enter(Phase::Keys);
    let request = http::get(jwks_uri).map_err(|_| OidcError::Misconfigured {
        phase: Phase::Keys,
        detail: format!("'{}' is no address of a key set", printable(jwks_uri)),
    })?;
    let answer = http::ask(http, request).await.map_err(OidcError::unreachable(Phase::Keys))?;
    checks.attempt("status", http::expect_ok(&answer))?;
    checks.attempt("content_type", http::expect_json(answer.headers()))?;
    checks.attempt("keys", ProviderKeySet::parse(answer.body()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ProviderKeySet;

    fn rsa(bytes: usize, exponent: &str) -> serde_json::Value {
        let n = super::URL_SAFE_NO_PAD.encode(vec![0xc1_u8; bytes]);
        json!({ "kty": "RSA", "n": n, "e": exponent, "kid": "a" })
    }

    use base64::Engine as _;

    #[test]
    fn usable_keys_stay_and_others_go() {
        let good = rsa(256, "AQAB");
        let ec = json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" });
        let set = json!({ "keys": [good, ec, { "kty": "martian" }, 7, { "kty": "oct", "k": "AAAA" }] }).to_string();
        assert_eq!(ProviderKeySet::parse(set.as_bytes()).expect("reads").len(), 2);
    }

    #[test]
    fn oidc_10_symmetric_weak_and_monstrous_keys_are_left_out() {
        let with = |name: &str, value: serde_json::Value| {
            let mut key = rsa(256, "AQAB");
            key[name] = value;
            key
        };
        for key in [
            json!({ "kty": "oct", "k": "AAAA", "alg": "HS256" }),
            rsa(128, "AQAB"),
            rsa(1025, "AQAB"),
            rsa(256, "AQ"),
            rsa(256, "Ag"),
            rsa(256, "AQAAAAAB"),
            with("use", "enc".into()),
            with("use", 1.into()),
            with("alg", "HS256".into()),
            with("alg", "RSA-OAEP".into()),
            with("key_ops", json!(["encrypt"])),
            json!({ "kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA" }),
        ] {
            let set = json!({ "keys": [key] }).to_string();
            assert!(ProviderKeySet::parse(set.as_bytes()).is_err(), "{set}");
        }
    }

    #[test]
    fn what_is_no_key_set_is_refused() {
        for bad in ["", "{}", "[]", r#"{"keys":{}}"#, r#"{"keys":[]}"#, r#"{"keys":[],"keys":[]}"#, "<html>"] {
            assert!(ProviderKeySet::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
