//! Signing and checking of compact JWTs (RFC 7515) with aws-lc-rs alone, never with the code under test.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::{self, EcdsaKeyPair, KeyPair, RsaPublicKeyComponents, UnparsedPublicKey};
use aws_lc_rs::{digest, hmac, rsa};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Base64url without padding.
pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes behind base64url.
pub fn unb64(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap_or_else(|e| panic!("not base64url ({e}): {text}"))
}

/// SHA-256.
pub fn sha256(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes.as_ref()).as_ref().to_vec()
}

/// 256 random bits as base64url.
pub fn random() -> String {
    let mut bytes = [0_u8; 32];
    SystemRandom::new().fill(&mut bytes).expect("random bytes");
    b64(bytes)
}

/// `at_hash` of an access token (OIDC Core 3.1.3.6) for the SHA-256 family.
pub fn half_hash(text: &str) -> String {
    b64(&sha256(text)[..16])
}

enum Pair {
    Rsa(rsa::KeyPair),
    Ec(EcdsaKeyPair),
}

/// A signing key with its `kid`.
#[derive(Clone)]
pub struct Key {
    pub kid: String,
    pair: Arc<Pair>,
}

/// RSA keys are slow to make: the process makes each once.
static RSA: [LazyLock<Arc<Pair>>; 3] = [LazyLock::new(new_rsa), LazyLock::new(new_rsa), LazyLock::new(new_rsa)];

fn new_rsa() -> Arc<Pair> {
    Arc::new(Pair::Rsa(rsa::KeyPair::generate(rsa::KeySize::Rsa2048).expect("an RSA key")))
}

impl Key {
    /// The honest provider's RSA key.
    pub fn honest() -> Self {
        Self { kid: "honest-1".into(), pair: RSA[0].clone() }
    }

    /// The key an honest provider rotates to.
    pub fn rotated() -> Self {
        Self { kid: "honest-2".into(), pair: RSA[1].clone() }
    }

    /// Mallory's RSA key.
    pub fn mallory() -> Self {
        Self { kid: "mallory-1".into(), pair: RSA[2].clone() }
    }

    /// A fresh P-256 key.
    pub fn p256() -> Self {
        let pair = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).expect("a P-256 key");
        Self { kid: "curve-1".into(), pair: Arc::new(Pair::Ec(pair)) }
    }

    /// The same key under another name.
    pub fn named(mut self, kid: &str) -> Self {
        kid.clone_into(&mut self.kid);
        self
    }

    /// The algorithm an honest user of this key names.
    pub fn alg(&self) -> &'static str {
        match *self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(_) => "ES256",
        }
    }

    /// The public half (RFC 7517).
    pub fn jwk(&self) -> Value {
        match &*self.pair {
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
                    "n": b64(public.modulus().big_endian_without_leading_zero()),
                    "e": b64(public.exponent().big_endian_without_leading_zero()) })
            }
            Pair::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
                    "x": b64(&point[1..33]), "y": b64(&point[33..65]) })
            }
        }
    }

    /// The public half as PEM, which confused verifiers have taken for an HMAC key.
    pub fn public_pem(&self) -> String {
        let Pair::Rsa(pair) = &*self.pair else { panic!("only RSA keys are asked for PEM") };
        let der = AsDer::<PublicKeyX509Der>::as_der(pair.public_key()).expect("DER");
        pem("PUBLIC KEY", der.as_ref())
    }

    /// The private half as PEM (PKCS#8), for peers that sign.
    pub fn private_pem(&self) -> String {
        let der = match &*self.pair {
            Pair::Rsa(pair) => AsDer::<Pkcs8V1Der>::as_der(pair).expect("DER").as_ref().to_vec(),
            Pair::Ec(pair) => pair.to_pkcs8v1().expect("DER").as_ref().to_vec(),
        };
        pem("PRIVATE KEY", &der)
    }

    /// Signs with the algorithm named, `RS256` for names that this key cannot do.
    pub fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        let chance = SystemRandom::new();
        match &*self.pair {
            Pair::Rsa(pair) => {
                let padding: &dyn signature::RsaEncoding =
                    if alg == "PS256" { &signature::RSA_PSS_SHA256 } else { &signature::RSA_PKCS1_SHA256 };
                let mut signed = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &chance, message, &mut signed).expect("RSA signs");
                signed
            }
            Pair::Ec(pair) => pair.sign(&chance, message).expect("P-256 signs").as_ref().to_vec(),
        }
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<String> =
        text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// HMAC with SHA-256.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}

/// The compact form, signed by the closure over the signing input.
pub fn compact(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let input = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
    let signed = sign(input.as_bytes());
    format!("{input}.{}", b64(signed))
}

/// Header and claims without any check.
pub fn peek(jwt: &str) -> (Value, Value) {
    let mut parts = jwt.split('.');
    let mut next = || serde_json::from_slice(&unb64(parts.next().expect("three parts"))).expect("JSON");
    (next(), next())
}

/// Header and claims after the signature was checked with the key of that `kid` in the set.
pub fn verify(jwt: &str, jwks: &Value) -> (Value, Value) {
    let (header, claims) = peek(jwt);
    let (input, signed) = jwt.rsplit_once('.').expect("three parts");
    let keys = jwks["keys"].as_array().expect("a key set");
    let key = keys.iter().find(|k| k["kid"] == header["kid"]).unwrap_or_else(|| panic!("no key for {header}"));
    let part = |name: &str| unb64(key[name].as_str().unwrap_or_else(|| panic!("{name} in {key}")));
    let checked = match header["alg"].as_str() {
        Some("RS256") => RsaPublicKeyComponents { n: part("n"), e: part("e") }.verify(
            &signature::RSA_PKCS1_2048_8192_SHA256,
            input.as_bytes(),
            &unb64(signed),
        ),
        Some("ES256") => {
            let point = [vec![4], part("x"), part("y")].concat();
            UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(input.as_bytes(), &unb64(signed))
        }
        other => panic!("unexpected algorithm {other:?}"),
    };
    checked.unwrap_or_else(|_| panic!("bad signature: {jwt}"));
    (header, claims)
}
