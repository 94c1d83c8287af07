//! Certificates of identity providers: what is read of them, and which are usable.
//!
//! A certificate is a container of a public key that the administrator trusts; nobody's signature on it is looked at
//! (SAML metadata interoperability profile 2.5). Its dates are shown and warned about.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::public_key::PublicKey;

use crate::check::printable;

const LONGEST: usize = 16 * 1024;
const LEAST_RSA_BITS: usize = 2048;

/// What kind of key a certificate carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA, with the size of its modulus in bits (2048 to 8192).
    Rsa(usize),
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
}

/// A certificate that can verify signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    subject: String,
    fingerprint: [u8; 32],
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
    key: KeyKind,
    public: Vec<u8>,
}

/// Why a certificate cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Neither PEM nor base64 nor DER of one X.509 certificate.
    #[error("this is not a certificate in PEM form")]
    Unreadable,
    /// An RSA key below 2048 bits (SAML-27).
    #[error("its RSA key has {bits} bits, at least 2048 are needed")]
    Weak {
        /// The size found.
        bits: usize,
    },
    /// A key that no accepted algorithm uses.
    #[error("its key is neither RSA nor ECDSA on P-256 or P-384")]
    Unsupported,
}

impl Certificate {
    /// Reads one certificate: PEM, or the base64 text of a `ds:X509Certificate`.
    ///
    /// # Errors
    ///
    /// [`CertificateError`], in words for the admin who pasted it.
    pub fn parse(text: &str) -> Result<Self, CertificateError> {
        if text.len() > LONGEST {
            return Err(CertificateError::Unreadable);
        }
        let inner = match text.split_once("-----BEGIN CERTIFICATE-----") {
            Some((_, rest)) => rest.split_once("-----END CERTIFICATE-----").ok_or(CertificateError::Unreadable)?.0,
            None => text,
        };
        let plain: String = inner.chars().filter(|c| !c.is_whitespace()).collect();
        let der = STANDARD.decode(plain).map_err(|_| CertificateError::Unreadable)?;
        Self::from_der(&der)
    }

    /// Reads the DER form.
    ///
    /// # Errors
    ///
    /// [`CertificateError`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| CertificateError::Unreadable)?;
        if !rest.is_empty() {
            return Err(CertificateError::Unreadable);
        }
        let key = key_kind(&parsed)?;
        let time = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(CertificateError::Unreadable);
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
        Ok(Self {
            subject: printable(&parsed.subject().to_string()),
            fingerprint,
            not_before: time(parsed.validity().not_before.timestamp())?,
            not_after: time(parsed.validity().not_after.timestamp())?,
            key,
            public: public_bytes(&parsed),
            der: der.to_vec(),
        })
    }

    /// The DER form.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The base64 text as metadata carries it.
    pub fn base64(&self) -> String {
        STANDARD.encode(&self.der)
    }

    /// Who it names, made printable.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// SHA-256 over the DER form.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// Valid from.
    pub fn not_before(&self) -> DateTime<Utc> {
        self.not_before
    }

    /// Valid until.
    pub fn not_after(&self) -> DateTime<Utc> {
        self.not_after
    }

    /// What kind of key it carries.
    pub fn key(&self) -> KeyKind {
        self.key
    }

    /// The public key as aws-lc wants it: `RSAPublicKey` for RSA, the uncompressed point for curves.
    pub(crate) fn public(&self) -> &[u8] {
        &self.public
    }
}

fn key_kind(parsed: &X509Certificate<'_>) -> Result<KeyKind, CertificateError> {
    match parsed.public_key().parsed().map_err(|_| CertificateError::Unreadable)? {
        PublicKey::RSA(key) => {
            let modulus = key.modulus.iter().skip_while(|byte| **byte == 0);
            let bits = modulus.count() * 8;
            if bits < LEAST_RSA_BITS {
                Err(CertificateError::Weak { bits })
            } else if bits > 8192 {
                Err(CertificateError::Unsupported)
            } else {
                Ok(KeyKind::Rsa(bits))
            }
        }
        PublicKey::EC(point) => match point.key_size() {
            256 => Ok(KeyKind::P256),
            384 => Ok(KeyKind::P384),
            _ => Err(CertificateError::Unsupported),
        },
        _ => Err(CertificateError::Unsupported),
    }
}

fn public_bytes(parsed: &X509Certificate<'_>) -> Vec<u8> {
    parsed.public_key().subject_public_key.data.to_vec()
}
