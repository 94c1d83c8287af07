//! Encrypted assertions (xmlenc-core 1.1): RSA-OAEP around AES-GCM.
//!
//! CBC only where an administrator says so for an old provider; RSA 1.5 never. Encryption proves nothing about the sender:
//! what comes out goes through the gate again and needs a signature of its own (SAML-47). One error text for all causes.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;

use crate::gate::{element_children, text_of};
use crate::names::{DS, SAML, XENC, XENC11};

const MOST_KEYS: usize = 8;
const OAEP_MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
const OAEP_11: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const MGF1_SHA1: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha1";
const MGF1_SHA256: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";

/// The private half of a certificate that providers encrypt to.
#[derive(Debug, Clone)]
pub struct DecryptionKey(PrivateDecryptingKey);

impl DecryptionKey {
    /// Reads an RSA key in PKCS#8 DER form.
    ///
    /// # Errors
    ///
    /// Nothing but that it cannot be read.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyUnreadable> {
        PrivateDecryptingKey::from_pkcs8(der).map(Self).map_err(|_| KeyUnreadable)
    }
}

/// A private key that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the private key cannot be read")]
pub struct KeyUnreadable;

/// Whether old providers may use AES-CBC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cbc {
    /// They may not.
    #[default]
    Refused,
    /// They may: CBC is not authenticated, the signature inside is all there is.
    Accepted,
}

/// What an `EncryptedAssertion` holds, as bytes to be judged by the gate; `None` for every kind of failure.
pub(crate) fn decrypt(encrypted: Node<'_, '_>, keys: &[DecryptionKey], cbc: Cbc) -> Option<Vec<u8>> {
    let data = only(encrypted, (XENC, "EncryptedData"))?;
    let algorithm = method(data)?.attribute("Algorithm")?;
    let body = cipher_value(data)?;
    encrypted.descendants().filter(|node| node.has_tag_name((XENC, "EncryptedKey"))).take(MOST_KEYS).find_map(
        |wrapped| {
            let transport = transport(method(wrapped)?)?;
            let sealed = cipher_value(wrapped)?;
            keys.iter().find_map(|key| content(algorithm, &unwrap(&key.0, transport, &sealed)?, &body, cbc))
        },
    )
}

fn only<'n, 'a: 'n>(node: Node<'n, 'a>, name: (&'static str, &'static str)) -> Option<Node<'n, 'a>> {
    let mut found = element_children(node).filter(|child| child.has_tag_name(name));
    let first = found.next();
    first.filter(|_| found.next().is_none())
}

fn method<'n, 'a: 'n>(node: Node<'n, 'a>) -> Option<Node<'n, 'a>> {
    only(node, (XENC, "EncryptionMethod"))
}

fn cipher_value(node: Node<'_, '_>) -> Option<Vec<u8>> {
    let text = text_of(only(only(node, (XENC, "CipherData"))?, (XENC, "CipherValue"))?)?;
    let plain: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(plain).ok()
}

/// Which OAEP: both hashes SHA-1 (the original identifier's default), or both SHA-256.
fn transport(method: Node<'_, '_>) -> Option<&'static OaepAlgorithm> {
    let named = |name| {
        element_children(method).find(|child| child.has_tag_name(name)).map(|child| child.attribute("Algorithm"))
    };
    let digest = named((DS, "DigestMethod")).unwrap_or(Some(SHA1))?;
    let mask = named((XENC11, "MGF")).unwrap_or(Some(MGF1_SHA1))?;
    if only(method, (XENC, "OAEPparams")).is_some() {
        return None;
    }
    match (method.attribute("Algorithm")?, digest, mask) {
        (OAEP_MGF1P, SHA1, _) | (OAEP_11, SHA1, MGF1_SHA1) => Some(&OAEP_SHA1_MGF1SHA1),
        (OAEP_11, SHA256, MGF1_SHA256) => Some(&OAEP_SHA256_MGF1SHA256),
        _ => None,
    }
}

fn unwrap(key: &PrivateDecryptingKey, algorithm: &'static OaepAlgorithm, sealed: &[u8]) -> Option<Vec<u8>> {
    let key = OaepPrivateDecryptingKey::new(key.clone()).ok()?;
    let mut plain = vec![0; key.min_output_size()];
    let plain = key.decrypt(algorithm, sealed, &mut plain, None).ok()?;
    Some(plain.to_vec())
}

fn content(algorithm: &str, key: &[u8], body: &[u8], cbc: Cbc) -> Option<Vec<u8>> {
    match (algorithm, key.len()) {
        ("http://www.w3.org/2009/xmlenc11#aes128-gcm", 16) => gcm(UnboundKey::new(&AES_128_GCM, key).ok()?, body),
        ("http://www.w3.org/2009/xmlenc11#aes256-gcm", 32) => gcm(UnboundKey::new(&AES_256_GCM, key).ok()?, body),
        ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", 16) if cbc == Cbc::Accepted => {
            cbc_plain(UnboundCipherKey::new(&AES_128, key).ok()?, body)
        }
        ("http://www.w3.org/2001/04/xmlenc#aes256-cbc", 32) if cbc == Cbc::Accepted => {
            cbc_plain(UnboundCipherKey::new(&AES_256, key).ok()?, body)
        }
        _ => None,
    }
}

/// Nonce of 96 bits, ciphertext, tag of 128 bits (xmlenc-core 1.1, 5.2.4).
fn gcm(key: UnboundKey, body: &[u8]) -> Option<Vec<u8>> {
    let (nonce, rest) = body.split_at_checked(12)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut rest = rest.to_vec();
    let plain = LessSafeKey::new(key).open_in_place(nonce, Aad::empty(), &mut rest).ok()?;
    Some(plain.to_vec())
}

/// Initial vector of a block, then blocks; the last byte says how much of the last block is padding (xmlenc-core 5.2).
fn cbc_plain(key: UnboundCipherKey, body: &[u8]) -> Option<Vec<u8>> {
    let (vector, rest) = body.split_at_checked(16)?;
    let vector: [u8; 16] = vector.try_into().ok()?;
    let mut rest = rest.to_vec();
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
    let plain = key.decrypt(&mut rest, DecryptionContext::Iv128(FixedLength::from(vector))).ok()?;
    Some(plain.to_vec())
}

/// The encrypted assertion of a response.
pub(crate) fn encrypted_assertion<'n, 'a: 'n>(root: Node<'n, 'a>) -> Option<Node<'n, 'a>> {
    element_children(root).find(|child| child.has_tag_name((SAML, "EncryptedAssertion")))
}
