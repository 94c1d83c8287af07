//! Our own signatures: over messages that we write in canonical form, and over the query of an address.

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::certificate::Certificate;
use crate::decrypt::KeyUnreadable;
use crate::names::{DS, ENVELOPED, EXC_C14N, RSA_SHA256, SHA256};
use crate::write::Element;

/// A key by which this service provider signs, with the certificate that providers know it by.
#[derive(Debug)]
pub struct SigningKey {
    pair: RsaKeyPair,
    certificate: Certificate,
}

/// A signature could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message could not be signed")]
pub struct SigningFailed;

impl SigningKey {
    /// An RSA key in PKCS#8 DER form, with its certificate.
    ///
    /// # Errors
    ///
    /// [`KeyUnreadable`], also when the certificate belongs to another key.
    pub fn from_pkcs8(der: &[u8], certificate: Certificate) -> Result<Self, KeyUnreadable> {
        let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| KeyUnreadable)?;
        let public = aws_lc_rs::signature::KeyPair::public_key(&pair).as_ref();
        if public == certificate.public() { Ok(Self { pair, certificate }) } else { Err(KeyUnreadable) }
    }

    /// The certificate that providers know this key by.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// RSA with SHA-256 over `bytes`, in base64.
    pub(crate) fn sign(&self, bytes: &[u8]) -> Result<String, SigningFailed> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), bytes, &mut signature).map_err(|_| SigningFailed)?;
        Ok(STANDARD.encode(signature))
    }
}

/// An enveloped signature over `message`, whose `ID` is `id` and which carries no signature yet; to be put in as a child.
pub(crate) fn enveloped(message: &Element, id: &str, key: &SigningKey) -> Result<Element, SigningFailed> {
    let digest = STANDARD.encode(digest::digest(&digest::SHA256, message.canonical().as_bytes()));
    let method = |name, algorithm| Element::new(DSIG, name).attribute("Algorithm", algorithm);
    let reference = Element::new(DSIG, "Reference")
        .attribute("URI", format!("#{id}"))
        .child(
            Element::new(DSIG, "Transforms").child(method("Transform", ENVELOPED)).child(method("Transform", EXC_C14N)),
        )
        .child(method("DigestMethod", SHA256))
        .child(Element::new(DSIG, "DigestValue").text(digest));
    let info = Element::new(DSIG, "SignedInfo")
        .child(method("CanonicalizationMethod", EXC_C14N))
        .child(method("SignatureMethod", RSA_SHA256))
        .child(reference);
    let value = key.sign(info.canonical().as_bytes())?;
    let certificate = Element::new(DSIG, "X509Certificate").text(key.certificate.base64());
    Ok(Element::new(DSIG, "Signature")
        .child(info)
        .child(Element::new(DSIG, "SignatureValue").text(value))
        .child(Element::new(DSIG, "KeyInfo").child(Element::new(DSIG, "X509Data").child(certificate))))
}

/// The prefix and namespace of signatures.
pub(crate) const DSIG: (&str, &str) = ("ds", DS);
