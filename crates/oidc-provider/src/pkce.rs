//! PKCE (RFC 7636) with S256 only: `plain` protects nobody who can read the request.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// Why a challenge or verifier is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PkceError {
    /// Not the 43 base64url characters of a SHA-256.
    #[error("code_challenge has exactly 43 base64url characters")]
    MalformedChallenge,
    /// Not 43 to 128 unreserved characters.
    #[error("code_verifier has 43 to 128 unreserved characters")]
    MalformedVerifier,
    /// The verifier belongs to another challenge.
    #[error("code_verifier does not fit")]
    WrongVerifier,
}

/// An S256 code challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Accepts exactly 43 base64url characters.
    pub fn parse(text: &str) -> Result<Self, PkceError> {
        let ok = text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if ok { Ok(Self(text.to_owned())) } else { Err(PkceError::MalformedChallenge) }
    }

    /// Checks a verifier's shape (RFC 7636 section 4.1), then, in constant time, its hash (section 4.6).
    pub fn verify(&self, verifier: &str) -> Result<(), PkceError> {
        let shaped = (43..=128).contains(&verifier.len())
            && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
        if !shaped {
            return Err(PkceError::MalformedVerifier);
        }
        let hash = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        if bool::from(hash.as_bytes().ct_eq(self.0.as_bytes())) { Ok(()) } else { Err(PkceError::WrongVerifier) }
    }

    /// The text of the challenge.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CodeChallenge {
    type Error = PkceError;
    fn try_from(text: String) -> Result<Self, PkceError> {
        Self::parse(&text)
    }
}

impl From<CodeChallenge> for String {
    fn from(challenge: CodeChallenge) -> String {
        challenge.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pair of RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn oauth_10_the_pair_of_the_rfc_fits() {
        assert_eq!(CodeChallenge::parse(CHALLENGE).unwrap().verify(VERIFIER), Ok(()));
    }

    #[test]
    fn oauth_10_verifiers_of_wrong_length_or_charset_or_content_are_refused() {
        let challenge = CodeChallenge::parse(CHALLENGE).unwrap();
        let long = "a".repeat(129);
        for verifier in
            [&VERIFIER[..42], "", &long, &format!("{VERIFIER}+"), &format!("{VERIFIER}ä"), &format!("{VERIFIER} ")]
        {
            assert_eq!(challenge.verify(verifier), Err(PkceError::MalformedVerifier), "{verifier}");
        }
        for verifier in ["a".repeat(43), "a".repeat(128), CHALLENGE.to_owned(), format!("{VERIFIER}~")] {
            assert_eq!(challenge.verify(&verifier), Err(PkceError::WrongVerifier), "{verifier}");
        }
    }

    #[test]
    fn oauth_10_challenges_of_another_length_or_charset_are_refused() {
        let longer = format!("{CHALLENGE}A");
        let padded = format!("{}=", &CHALLENGE[..42]);
        for text in ["", &CHALLENGE[..42], &longer, &padded, &CHALLENGE.replace('-', "+")] {
            assert_eq!(CodeChallenge::parse(text), Err(PkceError::MalformedChallenge), "{text}");
        }
    }
}
