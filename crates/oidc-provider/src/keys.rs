//! Signing keys: made, kept parsed, published.
//!
//! RS256 with RSA-2048 and ES256 with P-256 (RFC 7518), on aws-lc-rs. Making a key and an ES256 signature take randomness
//! inside the library, from the operating system: the one exception from "chance comes in as an argument", because
//! the library offers no other way. Sealing, rotation and the choice of roles are the broker's.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use usher_domain::{KeyId, SigningAlgorithm};

/// Why a key could not be made, read or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The library could not make a key.
    #[error("no signing key could be made")]
    Generate,
    /// Not the PKCS#8 of a key for that algorithm.
    #[error("the signing key {0} cannot be read")]
    Unreadable(KeyId),
    /// The library could not sign.
    #[error("signing with key {0} failed")]
    Sign(KeyId),
    /// A key id stands for exactly one key.
    #[error("the key id {0} is used twice")]
    DuplicateKeyId(KeyId),
    /// One key per algorithm signs.
    #[error("two current keys for one algorithm; the second is {0}")]
    TwoCurrent(KeyId),
}

/// Makes a key and gives its PKCS#8, to be sealed at once. RSA takes up to a second: keep it off the async threads.
pub fn generate_pkcs8(algorithm: SigningAlgorithm) -> Result<Vec<u8>, KeyError> {
    match algorithm {
        SigningAlgorithm::Rs256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generate)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Generate)?;
            Ok(der.as_ref().to_vec())
        }
        SigningAlgorithm::Es256 => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| KeyError::Generate)?;
            Ok(pair.to_pkcs8v1().map_err(|_| KeyError::Generate)?.as_ref().to_vec())
        }
    }
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

/// A private key, parsed once, with its public half ready to verify.
pub struct SigningKey {
    id: KeyId,
    pair: Pair,
    public: ParsedPublicKey,
    jwk: Value,
}

impl SigningKey {
    /// Reads what [`generate_pkcs8`] made.
    pub fn from_pkcs8(id: KeyId, algorithm: SigningAlgorithm, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let unreadable = || KeyError::Unreadable(id.clone());
        let (pair, jwk, verification): (_, _, &'static dyn VerificationAlgorithm) = match algorithm {
            SigningAlgorithm::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| unreadable())?;
                let jwk = rsa_jwk(&id, &pair);
                (Pair::Rsa(pair), jwk, &RSA_PKCS1_2048_8192_SHA256)
            }
            SigningAlgorithm::Es256 => {
                let pair =
                    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(|_| unreadable())?;
                let jwk = ec_jwk(&id, &pair).ok_or_else(unreadable)?;
                (Pair::Ec(pair), jwk, &ECDSA_P256_SHA256_FIXED)
            }
        };
        let bytes = match &pair {
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::Ec(pair) => pair.public_key().as_ref(),
        };
        let public = ParsedPublicKey::new(verification, bytes).map_err(|_| unreadable())?;
        Ok(Self { id, pair, public, jwk })
    }

    /// The `kid`.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The algorithm.
    pub fn algorithm(&self) -> SigningAlgorithm {
        match self.pair {
            Pair::Rsa(_) => SigningAlgorithm::Rs256,
            Pair::Ec(_) => SigningAlgorithm::Es256,
        }
    }

    /// The public half as a JSON Web Key (RFC 7517).
    pub fn public_jwk(&self) -> &Value {
        &self.jwk
    }

    /// Signs bytes, in the form of RFC 7518 sections 3.3 and 3.4.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let failed = |_| KeyError::Sign(self.id.clone());
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Pair::Ec(pair) => Ok(pair.sign(&SystemRandom::new(), message).map_err(failed)?.as_ref().to_vec()),
        }
    }

    /// Whether a signature is one of this key.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {})", self.id, self.algorithm().as_str())
    }
}

fn rsa_jwk(id: &KeyId, pair: &RsaKeyPair) -> Value {
    let public = pair.public_key();
    json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": id.as_str(),
        "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
        "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
    })
}

/// The public key is an uncompressed point: 4, then x and y with 32 bytes each (SEC 1 section 2.3.3).
fn ec_jwk(id: &KeyId, pair: &EcdsaKeyPair) -> Option<Value> {
    let coordinates = pair.public_key().as_ref().strip_prefix(&[4])?;
    let (x, y) = coordinates.split_at_checked(32).filter(|(_, y)| y.len() == 32)?;
    Some(json!({
        "kty": "EC", "use": "sig", "alg": "ES256", "kid": id.as_str(), "crv": "P-256",
        "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    }))
}

/// What a key is for at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRole {
    /// Signs, verifies, is published.
    Current,
    /// Verifies and is published: the next one, so that it is known before it signs, or a retired one, until its last
    /// token has expired.
    Published,
}

/// The keys of a provider at one moment.
#[derive(Debug)]
pub struct KeyRing {
    keys: BTreeMap<String, (KeyRole, SigningKey)>,
    jwks: Value,
}

impl KeyRing {
    /// Puts keys together; refuses two under one id, and two current ones for one algorithm.
    pub fn new(keys: Vec<(KeyRole, SigningKey)>) -> Result<Self, KeyError> {
        // Current keys first: some clients take the first one that fits.
        let (current, published): (Vec<_>, Vec<_>) = keys.iter().partition(|(role, _)| *role == KeyRole::Current);
        let jwks = json!({
            "keys": current.iter().chain(&published).map(|(_, key)| key.jwk.clone()).collect::<Vec<_>>()
        });
        let mut ring = Self { keys: BTreeMap::new(), jwks };
        for (role, key) in keys {
            if role == KeyRole::Current && ring.signer(key.algorithm()).is_some() {
                return Err(KeyError::TwoCurrent(key.id));
            }
            let id = key.id.clone();
            if ring.keys.insert(id.as_str().to_owned(), (role, key)).is_some() {
                return Err(KeyError::DuplicateKeyId(id));
            }
        }
        Ok(ring)
    }

    /// The current key of an algorithm.
    pub fn signer(&self, algorithm: SigningAlgorithm) -> Option<&SigningKey> {
        self.keys
            .values()
            .find(|(role, key)| *role == KeyRole::Current && key.algorithm() == algorithm)
            .map(|(_, key)| key)
    }

    /// The JWKS document: public halves only.
    pub fn jwks(&self) -> &Value {
        &self.jwks
    }

    /// The key of a `kid`, whatever its role.
    pub(crate) fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.keys.get(kid).map(|(_, key)| key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::key;
    use SigningAlgorithm::{Es256, Rs256};

    #[test]
    fn keys_survive_pkcs8_and_verify_their_own_signatures_only() {
        for (alg, other, length) in [(Rs256, Es256, 256), (Es256, Rs256, 64)] {
            let pkcs8 = generate_pkcs8(alg).unwrap();
            let id = KeyId::parse("k").unwrap();
            let first = SigningKey::from_pkcs8(id.clone(), alg, &pkcs8).unwrap();
            let again = SigningKey::from_pkcs8(id.clone(), alg, &pkcs8).unwrap();
            let signature = first.sign(b"message").unwrap();
            assert_eq!(signature.len(), length);
            assert!(again.has_signed(b"message", &signature));
            assert!(!again.has_signed(b"massage", &signature));
            assert!(!again.has_signed(b"message", &[]));
            assert!(!key("x", alg).has_signed(b"message", &signature));
            assert_eq!(SigningKey::from_pkcs8(id.clone(), other, &pkcs8).unwrap_err(), KeyError::Unreadable(id));
        }
    }

    #[test]
    fn oauth_37_public_documents_never_show_private_parts() {
        let ring = KeyRing::new(vec![
            (KeyRole::Published, key("next", Rs256)),
            (KeyRole::Current, key("rsa", Rs256)),
            (KeyRole::Current, key("ec", Es256)),
        ])
        .unwrap();
        let keys = ring.jwks()["keys"].as_array().unwrap();
        let ids: Vec<_> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
        assert_eq!(ids, ["rsa", "ec", "next"]);
        for key in keys {
            for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
                assert!(key.get(private).is_none(), "{private}");
            }
        }
        assert_eq!(format!("{:?}", ring.signer(Rs256).unwrap()), "SigningKey(rsa RS256)");
    }

    #[test]
    fn oauth_37_a_key_id_stands_for_one_key_and_one_key_signs() {
        let twice = KeyRing::new(vec![(KeyRole::Current, key("k", Rs256)), (KeyRole::Published, key("k", Es256))]);
        assert!(matches!(twice, Err(KeyError::DuplicateKeyId(_))));
        let two = KeyRing::new(vec![(KeyRole::Current, key("a", Es256)), (KeyRole::Current, key("b", Es256))]);
        assert!(matches!(two, Err(KeyError::TwoCurrent(_))));
        let next =
            KeyRing::new(vec![(KeyRole::Current, key("a", Es256)), (KeyRole::Published, key("b", Es256))]).unwrap();
        assert_eq!(next.signer(Es256).unwrap().id().as_str(), "a");
        assert!(next.find("b").is_some());
        let none = KeyRing::new(vec![(KeyRole::Published, key("a", Es256))]).unwrap();
        assert!(none.signer(Es256).is_none());
    }
}
