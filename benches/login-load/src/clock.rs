//! Time and chance of the harness: the machine's own.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::fault::Fault;

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the harness measures real time")]
pub fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

/// The day and time as a file name carries it, in UTC.
#[expect(clippy::disallowed_methods, reason = "the harness measures real time")]
pub fn stamp() -> String {
    chrono::Utc::now().format("%Y-%m-%d-%H%M").to_string()
}

/// 192 random bits as base64url.
pub fn random() -> Result<String, Fault> {
    let mut bytes = [0_u8; 24];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Fault::Crypto("no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
