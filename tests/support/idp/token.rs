//! The ID token as a draft: everything in it can be edited before it is signed.

use serde_json::{Value, json};

use super::Shared;
use crate::support::jose::{self, Key};

/// What the authorization request of a sign-in said, kept behind the code.
#[derive(Debug, Clone)]
pub struct Granted {
    pub client_id: String,
    pub redirect_uri: String,
    pub nonce: Option<String>,
    pub challenge: Option<String>,
    /// Whether OpenID Connect was asked for.
    pub openid: bool,
    /// The person at the moment of the sign-in, so that two sign-ins never mix.
    pub person: Value,
}

/// How a draft is signed.
pub enum Signing {
    /// With the provider's key and the algorithm that the header names.
    Own,
    /// With another key.
    Key(Key),
    /// With HMAC-SHA-256 under these bytes.
    Hmac(Vec<u8>),
    /// Not at all: the signature part is empty.
    Empty,
}

/// An ID token before it is signed.
pub struct Draft {
    pub header: Value,
    pub claims: Value,
    pub signing: Signing,
    /// Stands for the whole token when set.
    pub instead: Option<String>,
    /// The provider's key, to misuse.
    pub key: Key,
}

impl Draft {
    pub(super) fn honest(idp: &Shared, granted: &Granted, access_token: &str) -> Self {
        let (key, now) = (idp.key(), idp.clock.now());
        let mut claims = json!({ "iss": idp.issuer, "sub": granted.person["sub"], "aud": granted.client_id,
            "exp": now + 300, "iat": now, "auth_time": now, "at_hash": jose::half_hash(access_token) });
        if let Some(nonce) = &granted.nonce {
            claims["nonce"] = json!(nonce);
        }
        let header = json!({ "alg": key.alg(), "kid": key.kid, "typ": "JWT" });
        Self { header, claims, signing: Signing::Own, instead: None, key }
    }

    pub(super) fn sign(self, own: &Key) -> String {
        if let Some(text) = self.instead {
            return text;
        }
        let alg = self.header["alg"].as_str().unwrap_or("").to_owned();
        jose::compact(&self.header, &self.claims, |input| match &self.signing {
            Signing::Own => own.sign(&alg, input),
            Signing::Key(key) => key.sign(&alg, input),
            Signing::Hmac(secret) => jose::hmac_sha256(secret, input),
            Signing::Empty => Vec::new(),
        })
    }

    /// Removes a claim.
    pub fn without(&mut self, claim: &str) {
        self.claims.as_object_mut().expect("an object").remove(claim);
    }
}
