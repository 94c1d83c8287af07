//! The algorithms that may sign an ID token: asymmetric ones only, named exactly.
//!
//! `none` and HMAC have no place in this type, so no setting and no metadata can switch them on (OIDC-09, OIDC-10).

use aws_lc_rs::digest::{self, Algorithm as Digest};
use openidconnect::core::{CoreJsonWebKeyType, CoreJwsSigningAlgorithm};
use serde::{Deserialize, Serialize};

/// A signature algorithm (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IdTokenAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    #[serde(rename = "RS384")]
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    #[serde(rename = "RS512")]
    Rs512,
    /// RSASSA-PSS with SHA-256.
    #[serde(rename = "PS256")]
    Ps256,
    /// RSASSA-PSS with SHA-384.
    #[serde(rename = "PS384")]
    Ps384,
    /// RSASSA-PSS with SHA-512.
    #[serde(rename = "PS512")]
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// ECDSA on P-384 with SHA-384.
    #[serde(rename = "ES384")]
    Es384,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl IdTokenAlgorithm {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 9] = [
        Self::Rs256,
        Self::Es256,
        Self::Ps256,
        Self::EdDsa,
        Self::Rs384,
        Self::Rs512,
        Self::Ps384,
        Self::Ps512,
        Self::Es384,
    ];

    /// The JOSE name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of that JOSE name, byte for byte.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    pub(crate) fn as_core(self) -> CoreJwsSigningAlgorithm {
        match self {
            Self::Rs256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            Self::Rs384 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
            Self::Rs512 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
            Self::Ps256 => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
            Self::Ps384 => CoreJwsSigningAlgorithm::RsaSsaPssSha384,
            Self::Ps512 => CoreJwsSigningAlgorithm::RsaSsaPssSha512,
            Self::Es256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
            Self::Es384 => CoreJwsSigningAlgorithm::EcdsaP384Sha384,
            Self::EdDsa => CoreJwsSigningAlgorithm::EdDsa,
        }
    }

    pub(crate) fn key_type(self) -> CoreJsonWebKeyType {
        match self {
            Self::Es256 | Self::Es384 => CoreJsonWebKeyType::EllipticCurve,
            Self::EdDsa => CoreJsonWebKeyType::OctetKeyPair,
            _ => CoreJsonWebKeyType::RSA,
        }
    }

    /// The hash behind `at_hash` and its like (OIDC Core 3.1.3.6); Ed25519 hashes with SHA-512.
    pub(crate) fn digest(self) -> &'static Digest {
        match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => &digest::SHA256,
            Self::Rs384 | Self::Ps384 | Self::Es384 => &digest::SHA384,
            Self::Rs512 | Self::Ps512 | Self::EdDsa => &digest::SHA512,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::IdTokenAlgorithm;

    #[test]
    fn oidc_09_none_and_hmac_are_no_algorithms() {
        assert_eq!(IdTokenAlgorithm::parse("RS256"), Some(IdTokenAlgorithm::Rs256));
        for bad in ["none", "None", "nOnE", "HS256", "HS384", "HS512", "rs256", "RS256 ", "", "ES512", "dir", "A128KW"]
        {
            assert_eq!(IdTokenAlgorithm::parse(bad), None, "{bad}");
            assert!(serde_json::from_value::<IdTokenAlgorithm>(bad.into()).is_err(), "{bad}");
        }
    }
}
