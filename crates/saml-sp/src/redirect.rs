//! The redirect binding (SAML bindings 3.4): deflated messages in a query, signed over its raw octets.
//!
//! The signature covers the octets as the other side wrote them, so the query is cut, never decoded and encoded again
//! (SAML-55), and each name may occur once, in its plain spelling (SAML-53, 54).

use std::io::{Read as _, Write as _};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::certificate::{Certificate, KeyKind};
use crate::check::{SamlError, printable};
use crate::gate::MAX_MESSAGE;
use crate::names::RSA_SHA256;
use crate::signing::{SigningFailed, SigningKey};

const LONGEST_QUERY: usize = 64 * 1024;
const LONGEST_RELAY_STATE: usize = 1024;
const NAMES: [&str; 5] = ["SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature"];

/// Which kind of message an address carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// `SAMLRequest`.
    Request,
    /// `SAMLResponse`.
    Response,
}

impl MessageKind {
    fn name(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

/// A message that came in a query, inflated, its signature not yet looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryMessage {
    /// What it is.
    pub kind: MessageKind,
    /// The message.
    pub message: Vec<u8>,
    /// What is to be echoed, decoded.
    pub relay_state: Option<String>,
    signature: Option<QuerySignature>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct QuerySignature {
    algorithm: String,
    value: Vec<u8>,
    octets: String,
}

impl QueryMessage {
    /// Whether one of the certificates fits the signature. No signature fits nothing.
    pub fn is_signed_by(&self, certificates: &[Certificate]) -> bool {
        let Some(signature) = &self.signature else { return false };
        certificates.iter().any(|certificate| signature.fits(certificate))
    }
}

impl QuerySignature {
    fn fits(&self, certificate: &Certificate) -> bool {
        let suffix = self.algorithm.strip_prefix("http://www.w3.org/2001/04/xmldsig-more#").unwrap_or_default();
        let algorithms: &[&dyn VerificationAlgorithm] = match (suffix, certificate.key()) {
            ("rsa-sha256", KeyKind::Rsa(_)) => &[&RSA_PKCS1_2048_8192_SHA256],
            ("rsa-sha384", KeyKind::Rsa(_)) => &[&RSA_PKCS1_2048_8192_SHA384],
            ("rsa-sha512", KeyKind::Rsa(_)) => &[&RSA_PKCS1_2048_8192_SHA512],
            ("ecdsa-sha256", KeyKind::P256) => &[&ECDSA_P256_SHA256_FIXED, &ECDSA_P256_SHA256_ASN1],
            ("ecdsa-sha384", KeyKind::P384) => &[&ECDSA_P384_SHA384_FIXED, &ECDSA_P384_SHA384_ASN1],
            _ => &[],
        };
        algorithms.iter().any(|algorithm| {
            UnparsedPublicKey::new(*algorithm, certificate.public()).verify(self.octets.as_bytes(), &self.value).is_ok()
        })
    }
}

/// Cuts a raw query string (without `?`) and inflates its message.
///
/// # Errors
///
/// [`SamlError`] of the phase `gate`: repeated or oddly spelt names, both kinds at once, half a signature, too large.
pub fn read_query(query: &str) -> Result<QueryMessage, SamlError> {
    if query.len() > LONGEST_QUERY {
        return Err(SamlError::gate("size", "the query is too long"));
    }
    let mut found: [Option<&str>; 5] = [None; 5];
    for part in query.split('&') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let Some(place) = place_of(name)? else { continue };
        let slot = found.get_mut(place).ok_or_else(|| SamlError::gate("query", "an unknown parameter"))?;
        if slot.replace(value).is_some() {
            return Err(SamlError::gate("query", format!("{} stands there twice", printable(name))));
        }
    }
    let [request, response, relay_state, algorithm, signature] = found;
    let (kind, raw) = match (request, response) {
        (Some(raw), None) => (MessageKind::Request, raw),
        (None, Some(raw)) => (MessageKind::Response, raw),
        _ => return Err(SamlError::gate("query", "one of SAMLRequest and SAMLResponse is needed")),
    };
    Ok(QueryMessage {
        kind,
        message: inflate(&base64_of(raw)?)?,
        relay_state: relay_state.map(relay).transpose()?,
        signature: signature_of(kind, raw, relay_state, (algorithm, signature))?,
    })
}

/// The place of one of our names; an error where a name only decodes or folds to one of them.
fn place_of(name: &str) -> Result<Option<usize>, SamlError> {
    if let Some(place) = NAMES.iter().position(|known| *known == name) {
        return Ok(Some(place));
    }
    let decoded = percent_decode_str(name).decode_utf8_lossy();
    let plain = decoded.trim_matches(|c: char| c.is_control() || c.is_whitespace());
    if NAMES.iter().any(|known| known.eq_ignore_ascii_case(plain)) {
        return Err(SamlError::gate("query", format!("a parameter that is spelt {:?}", printable(name))));
    }
    Ok(None)
}

fn decoded(raw: &str) -> Result<String, SamlError> {
    let spaced = raw.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| SamlError::gate("query", "a value that is not UTF-8"))
}

fn relay(raw: &str) -> Result<String, SamlError> {
    let text = decoded(raw)?;
    if text.len() > LONGEST_RELAY_STATE {
        Err(SamlError::gate("relay_state", "the relay state is too long"))
    } else {
        Ok(text)
    }
}

/// Base64 in a query: a `+` that was not encoded came through as a space.
fn base64_of(raw: &str) -> Result<Vec<u8>, SamlError> {
    let text =
        percent_decode_str(raw).decode_utf8().map_err(|_| SamlError::gate("query", "a value that is not UTF-8"))?;
    let text: String = text.replace(' ', "+").chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    STANDARD.decode(text).map_err(|_| SamlError::gate("base64", "the message is not base64"))
}

fn signature_of(
    kind: MessageKind,
    raw: &str,
    relay_state: Option<&str>,
    parts: (Option<&str>, Option<&str>),
) -> Result<Option<QuerySignature>, SamlError> {
    let (algorithm, value) = match parts {
        (None, None) => return Ok(None),
        (Some(algorithm), Some(value)) if !algorithm.is_empty() && !value.is_empty() => (algorithm, value),
        _ => return Err(SamlError::gate("query", "SigAlg and Signature belong together")),
    };
    let mut octets = format!("{}={raw}", kind.name());
    if let Some(relay_state) = relay_state {
        octets.push_str("&RelayState=");
        octets.push_str(relay_state);
    }
    octets.push_str("&SigAlg=");
    octets.push_str(algorithm);
    Ok(Some(QuerySignature { algorithm: decoded(algorithm)?, value: base64_of(value)?, octets }))
}

/// Inflates at most [`MAX_MESSAGE`] bytes (DOS-02).
fn inflate(bytes: &[u8]) -> Result<Vec<u8>, SamlError> {
    let mut message = Vec::new();
    let mut limited = DeflateDecoder::new(bytes).take(MAX_MESSAGE as u64 + 1);
    limited.read_to_end(&mut message).map_err(|_| SamlError::gate("deflate", "the message cannot be inflated"))?;
    if message.len() > MAX_MESSAGE {
        Err(SamlError::gate("size", "the message inflates to too much"))
    } else {
        Ok(message)
    }
}

/// The query that carries a message to `destination`; signed where there is a key.
///
/// # Errors
///
/// [`SigningFailed`].
pub fn write_query(
    kind: MessageKind,
    message: &str,
    relay_state: Option<&str>,
    key: Option<&SigningKey>,
) -> Result<String, SigningFailed> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(message.as_bytes()).map_err(|_| SigningFailed)?;
    let deflated = encoder.finish().map_err(|_| SigningFailed)?;
    let mut query = format!("{}={}", kind.name(), quoted(&STANDARD.encode(deflated)));
    if let Some(relay_state) = relay_state {
        query.push_str("&RelayState=");
        query.push_str(&quoted(relay_state));
    }
    if let Some(key) = key {
        query.push_str("&SigAlg=");
        query.push_str(&quoted(RSA_SHA256));
        let signature = key.sign(query.as_bytes())?;
        query.push_str("&Signature=");
        query.push_str(&quoted(&signature));
    }
    Ok(query)
}

fn quoted(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Decodes the form field of the POST binding (SAML bindings 3.5): base64, line breaks allowed.
///
/// # Errors
///
/// [`SamlError`] of the phase `gate`.
pub fn read_post(field: &str) -> Result<Vec<u8>, SamlError> {
    if field.len() > MAX_MESSAGE * 3 / 2 {
        return Err(SamlError::gate("size", "the message is too large"));
    }
    let plain: String = field.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(plain).map_err(|_| SamlError::gate("base64", "the message is not base64"))
}
