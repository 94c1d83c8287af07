//! The fence around samael: one certificate at a time, a closed list of algorithms, and the digested bytes as the result.
//!
//! samael (on xmlsec) says whether a signature is genuine and hands out the bytes that were digested. Nothing that it
//! parses is ever read. It is called only with text that the gate let pass, and this crate calls nothing else of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use samael::crypto::{AllowedSignatureAlgorithm, CertificateDer, Crypto, CryptoProvider as _, ReduceMode};

use crate::certificate::Certificate;
use crate::gate::Gated;
use crate::quiet::quiet;

const ALLOWED: [AllowedSignatureAlgorithm; 6] = [
    AllowedSignatureAlgorithm::RsaSha256,
    AllowedSignatureAlgorithm::RsaSha384,
    AllowedSignatureAlgorithm::RsaSha512,
    AllowedSignatureAlgorithm::EcdsaSha256,
    AllowedSignatureAlgorithm::EcdsaSha384,
    AllowedSignatureAlgorithm::EcdsaSha512,
];

/// What a verified signature vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    /// The canonical bytes that were digested: those of the root if it is signed, else those of the assertion.
    pub bytes: String,
    /// Which of the certificates fits: its place in the list.
    pub certificate: usize,
}

/// Verifies all signatures of a gated message (at least one) with the first certificate that fits all of them.
///
/// `None` when none does. A certificate of another key kind than the signature's counts as one that does not fit.
pub(crate) fn verify(message: &Gated<'_>, certificates: &[Certificate]) -> Option<Verified> {
    quiet();
    certificates.iter().enumerate().find_map(|(at, certificate)| {
        let der = [CertificateDer::from(certificate.der().to_vec())];
        let reduced = catch_unwind(AssertUnwindSafe(|| {
            Crypto::reduce_xml_to_signed_with_allowed_algorithms(
                message.text,
                &der,
                ReduceMode::PreDigest,
                Some(&ALLOWED),
            )
        }));
        match reduced {
            Ok(Ok(bytes)) if !bytes.is_empty() => Some(Verified { bytes, certificate: at }),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::verify;
    use crate::gate::{Gated, parse};
    use crate::tests::kit::{ACME, Parts};

    /// What xmlsec would do with an address if the gate let it pass: nothing.
    #[test]
    fn saml_29_xmlsec_opens_no_address() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let honest = Parts::default().signed();
        let address = format!("URI=\"http://{}/hit\"", listener.local_addr().unwrap());
        let gated = |text| Gated { text, tree: parse(text).unwrap(), root_signature: None, assertion_signature: None };
        assert!(verify(&gated(&honest), std::slice::from_ref(&ACME.certificate)).is_some());
        let message = honest.replace("URI=\"#_a1\"", &address);
        assert!(verify(&gated(&message), std::slice::from_ref(&ACME.certificate)).is_none());
        assert!(listener.accept().is_err(), "somebody called");
    }
}
