//! Signing and checking of compact JWTs (RFC 7515) with aws-lc-rs alone: the stub provider and the floor sign, the people
//! and the floor check. Nothing is shared with the broker under load.

use std::collections::HashMap;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, KeyPair, RsaPublicKeyComponents, UnparsedPublicKey};
use aws_lc_rs::{digest, hmac, rsa};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::fault::Fault;

/// How tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
pub enum Algorithm {
    #[serde(rename = "ES256")]
    #[value(name = "es256")]
    Es256,
    #[serde(rename = "RS256")]
    #[value(name = "rs256")]
    Rs256,
}

impl Algorithm {
    /// Its registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    /// The same as it stands in ids and paths.
    pub fn short(self) -> &'static str {
        match self {
            Self::Es256 => "es",
            Self::Rs256 => "rs",
        }
    }
}

enum Pair {
    Rsa(rsa::KeyPair),
    Ec(EcdsaKeyPair),
}

/// A signing key.
pub struct Key {
    kid: String,
    pair: Pair,
}

impl Key {
    /// A fresh key.
    pub fn generate(algorithm: Algorithm) -> Result<Self, Fault> {
        let pair = match algorithm {
            Algorithm::Rs256 => Pair::Rsa(
                rsa::KeyPair::generate(rsa::KeySize::Rsa2048).map_err(|_| Fault::Crypto("no RSA key was made"))?,
            ),
            Algorithm::Es256 => Pair::Ec(
                EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING)
                    .map_err(|_| Fault::Crypto("no P-256 key was made"))?,
            ),
        };
        Ok(Self { kid: format!("load-{}", algorithm.short()), pair })
    }

    fn algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::Rsa(_) => Algorithm::Rs256,
            Pair::Ec(_) => Algorithm::Es256,
        }
    }

    /// The public half (RFC 7517).
    pub fn jwk(&self) -> Value {
        let alg = self.algorithm().name();
        match &self.pair {
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                json!({ "kty": "RSA", "use": "sig", "alg": alg, "kid": self.kid,
                    "n": b64(public.modulus().big_endian_without_leading_zero()),
                    "e": b64(public.exponent().big_endian_without_leading_zero()) })
            }
            Pair::Ec(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (point.get(1..33).unwrap_or_default(), point.get(33..65).unwrap_or_default());
                json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": alg, "kid": self.kid,
                    "x": b64(x), "y": b64(y) })
            }
        }
    }

    /// The compact form of these claims.
    pub fn sign(&self, claims: &Value) -> Result<String, Fault> {
        let header = json!({ "alg": self.algorithm().name(), "typ": "JWT", "kid": self.kid });
        let input = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
        let refused = |_| Fault::Crypto("not signed");
        let signed = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signed = vec![0; pair.public_modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signed)
                    .map_err(refused)?;
                signed
            }
            Pair::Ec(pair) => pair.sign(&SystemRandom::new(), input.as_bytes()).map_err(refused)?.as_ref().to_vec(),
        };
        Ok(format!("{input}.{}", b64(signed)))
    }
}

enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    Ec(Vec<u8>),
}

/// Public keys by `kid`.
pub struct KeySet(HashMap<String, Public>);

impl KeySet {
    /// Reads a JWK set; keys of other kinds are left out.
    pub fn parse(jwks: &Value) -> Self {
        let keys = jwks.get("keys").and_then(Value::as_array).into_iter().flatten();
        Self(keys.filter_map(|key| Some((key.get("kid")?.as_str()?.to_owned(), public(key)?))).collect())
    }

    /// The claims of a token whose signature is right.
    pub fn verify(&self, jwt: &str) -> Result<Value, Fault> {
        let wrong = |why: &str| Fault::Token(format!("{why}: {jwt}"));
        let (input, signed) = jwt.rsplit_once('.').ok_or_else(|| wrong("not three parts"))?;
        let (header, claims) = input.split_once('.').ok_or_else(|| wrong("not three parts"))?;
        let part = |text: &str| -> Result<Value, Fault> {
            let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong("not base64url"))?;
            Ok(serde_json::from_slice(&bytes)?)
        };
        let header = part(header)?;
        let text = |name: &str| header.get(name).and_then(Value::as_str).unwrap_or_default();
        let signed = URL_SAFE_NO_PAD.decode(signed).map_err(|_| wrong("not base64url"))?;
        let checked = match (self.0.get(text("kid")), text("alg")) {
            (Some(Public::Rsa { n, e }), "RS256") => RsaPublicKeyComponents { n, e }.verify(
                &signature::RSA_PKCS1_2048_8192_SHA256,
                input.as_bytes(),
                &signed,
            ),
            (Some(Public::Ec(point)), "ES256") => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(input.as_bytes(), &signed)
            }
            _ => return Err(wrong("no key for it")),
        };
        checked.map_err(|_| wrong("bad signature"))?;
        part(claims)
    }
}

fn public(key: &Value) -> Option<Public> {
    let part = |name: &str| URL_SAFE_NO_PAD.decode(key.get(name)?.as_str()?).ok();
    match key.get("kty")?.as_str()? {
        "RSA" => Some(Public::Rsa { n: part("n")?, e: part("e")? }),
        "EC" if key.get("crv")?.as_str()? == "P-256" => Some(Public::Ec([vec![4], part("x")?, part("y")?].concat())),
        _ => None,
    }
}

/// Base64url without padding.
pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The PKCE challenge of a verifier (RFC 7636, S256).
pub fn challenge(verifier: &str) -> String {
    b64(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// The code that an authenticator app shows in a thirty-second step (RFC 6238, SHA-1, six digits), for a key in base32.
pub fn totp(key: &str, step: i64) -> Option<String> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &base32(key)?);
    let mac = hmac::sign(&key, &step.to_be_bytes());
    let mac = mac.as_ref();
    let from = usize::from(mac.last()? & 0x0f);
    let number = u32::from_be_bytes(mac.get(from..from + 4)?.try_into().ok()?) & 0x7fff_ffff;
    Some(format!("{:06}", number % 1_000_000))
}

/// RFC 4648 section 6.
fn base32(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=') {
        let value = match letter.to_ascii_uppercase() {
            upper @ b'A'..=b'Z' => upper - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        held = (held << 5 | u32::from(value)) & 0xffff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_signed_verifies_and_nothing_else_does() {
        for algorithm in [Algorithm::Es256, Algorithm::Rs256] {
            let (key, other) = (Key::generate(algorithm).unwrap(), Key::generate(algorithm).unwrap());
            let token = key.sign(&json!({ "sub": "ann" })).unwrap();
            let set = KeySet::parse(&json!({ "keys": [key.jwk()] }));
            assert_eq!(set.verify(&token).unwrap()["sub"], json!("ann"));
            let foreign = other.sign(&json!({ "sub": "ann" })).unwrap();
            assert!(set.verify(&foreign).is_err(), "signed by another key of the same name");
        }
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        let key = "GEZDGNBVGY3TQOJQ GEZDGNBVGY3TQOJQ";
        for (at, shown) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            assert_eq!(totp(key, at / 30).as_deref(), Some(shown));
        }
    }
}
