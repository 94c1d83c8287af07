//! The local factors, each as pure functions: bytes of chance, the time and what was typed come in, a verdict comes out.
//!
//! Nothing here stores, mails or counts attempts over several sign-ins: rows, locks and limits are the broker's. What is
//! here is what RFC 6238, NIST SP 800-63B and Web Authentication say about a single answer, and what RFC 8176 calls it.

mod amr;
pub mod mail_code;
pub mod passkey;
pub mod policy;
pub mod recovery;
pub mod totp;

pub use amr::{amr, combined_amr};
