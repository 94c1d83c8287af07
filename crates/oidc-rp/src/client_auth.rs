//! How we authenticate at the token endpoint (OIDC Core section 9): secret in the header, secret in the body, a signed
//! assertion, or nothing.
//!
//! Assertions are signed by aws-lc-rs. Their audience is the issuer, never an address out of metadata: a hostile
//! provider could name another provider's endpoint there and collect assertions for it.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use openidconnect::ClientSecret;
use serde_json::json;

/// Life of an assertion, in seconds.
const ASSERTION_LIFE: i64 = 60;

/// What proves to the provider that we are its client.
#[derive(Debug, Clone)]
pub enum ClientCredentials {
    /// Nothing: a public client.
    None,
    /// `client_secret_basic`.
    Basic(ClientSecret),
    /// `client_secret_post`.
    Post(ClientSecret),
    /// `private_key_jwt` (RFC 7523).
    PrivateKey(std::sync::Arc<ClientKey>),
    /// A client secret that is itself a signed token, as Apple wants it.
    SignedSecret {
        /// Our private key.
        key: std::sync::Arc<ClientKey>,
        /// Who issues the token: the team.
        team: String,
    },
}

impl ClientCredentials {
    /// `client_secret_basic` with this secret.
    pub fn basic(secret: &str) -> Self {
        Self::Basic(ClientSecret::new(secret.to_owned()))
    }

    /// `client_secret_post` with this secret.
    pub fn post(secret: &str) -> Self {
        Self::Post(ClientSecret::new(secret.to_owned()))
    }
}

/// A private key of ours at a provider; does not print itself.
pub struct ClientKey {
    pair: Pair,
    kid: Option<String>,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

/// Why a text is no private key of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientKeyError {
    /// Not PEM with the label `PRIVATE KEY`.
    #[error("a private key is PEM text that starts with -----BEGIN PRIVATE KEY----- (PKCS#8, not encrypted)")]
    NotPem,
    /// Neither an RSA key of 2048 to 8192 bits nor one on P-256.
    #[error("the key is neither RSA (2048 bits or more) nor on the curve P-256")]
    Unsupported,
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl ClientKey {
    /// Reads an unencrypted PKCS#8 key: RSA signs with RS256, P-256 with ES256.
    pub fn from_pem(pem: &str, kid: Option<String>) -> Result<Self, ClientKeyError> {
        let body = pem
            .trim()
            .strip_prefix("-----BEGIN PRIVATE KEY-----")
            .and_then(|rest| rest.strip_suffix("-----END PRIVATE KEY-----"))
            .ok_or(ClientKeyError::NotPem)?;
        let packed: String = body.split_ascii_whitespace().collect();
        let der = STANDARD.decode(packed).map_err(|_| ClientKeyError::NotPem)?;
        let pair = RsaKeyPair::from_pkcs8(&der)
            .map(|pair| Pair::Rsa(Box::new(pair)))
            .or_else(|_| {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).map(|pair| Pair::Ec(Box::new(pair)))
            })
            .map_err(|_| ClientKeyError::Unsupported)?;
        Ok(Self { pair, kid })
    }

    fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(_) => "ES256",
        }
    }

    /// The assertion for one token request. `jti` is random and used once.
    pub(crate) fn assertion(&self, about: AssertionFacts<'_>, now: DateTime<Utc>) -> Option<String> {
        self.signed(about.client_id, about, now)
    }

    /// A client secret for one token request, issued by `team`.
    pub(crate) fn client_secret(&self, team: &str, about: AssertionFacts<'_>, now: DateTime<Utc>) -> Option<String> {
        self.signed(team, about, now)
    }

    fn signed(&self, issuer: &str, about: AssertionFacts<'_>, now: DateTime<Utc>) -> Option<String> {
        let mut header = json!({ "alg": self.algorithm(), "typ": "JWT" });
        if let (Some(kid), Some(fields)) = (&self.kid, header.as_object_mut()) {
            fields.insert("kid".to_owned(), kid.as_str().into());
        }
        let claims = json!({
            "iss": issuer,
            "sub": about.client_id,
            "aud": about.issuer,
            "jti": about.jti,
            "iat": now.timestamp(),
            "exp": now.timestamp() + ASSERTION_LIFE,
        });
        let message =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.sign(message.as_bytes())?;
        Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let chance = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &chance, message, &mut signature).ok()?;
                Some(signature)
            }
            Pair::Ec(pair) => Some(pair.sign(&chance, message).ok()?.as_ref().to_vec()),
        }
    }
}

/// What an assertion is about.
#[derive(Clone, Copy)]
pub(crate) struct AssertionFacts<'a> {
    pub client_id: &'a str,
    pub issuer: &'a str,
    pub jti: &'a str,
}
