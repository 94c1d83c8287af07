//! Opaque texts that only Usher reads back: authorization codes and refresh tokens.
//!
//! 256 random bits from the caller's [`Entropy`], kept only as SHA-256 (RFC 6749 section 10.10). Who may redeem them,
//! and how often, is the broker's and the storage's business.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use usher_domain::{Entropy, SecretText};

/// A new code or token: 43 base64url characters out of 256 random bits.
pub fn generate(entropy: &dyn Entropy) -> SecretText {
    let mut bytes = [0_u8; 32];
    entropy.fill(&mut bytes);
    SecretText::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored in place of a code, a token or an application's secret: SHA-256 as lower-case hex.
pub fn sha256_hex(text: &str) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hash.as_ref().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;
    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0xfb);
        }
    }

    #[test]
    fn a_code_has_43_url_safe_characters() {
        let code = generate(&Fixed);
        assert_eq!(code.expose().len(), 43);
        assert!(code.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    }

    #[test]
    fn hashes_agree_with_fips_180_4() {
        assert_eq!(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
