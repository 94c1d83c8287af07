//! Codes of an authenticator app: RFC 6238 with SHA-1, six digits and steps of 30 seconds, which every app can do.
//!
//! One step of skew on either side (RFC 6238, 5.2). A code counts once: the caller keeps the last accepted step and moves
//! it by compare-and-set, and a step that is not later is never accepted again, whatever the clock says (MFA-04, MFA-22).
//! How often somebody may guess is the broker's concern.

use chrono::{DateTime, Utc};
use fast_qr::{ECL, QRBuilder};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;
use totp_rs::{Builder, Secret};
use usher_domain::SecretText;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes of a secret: RFC 4226, 4 recommends 160 bits.
pub const SECRET_BYTES: usize = 20;
/// Seconds of a step.
pub const STEP_SECONDS: i64 = 30;
const DIGITS: usize = 6;
/// Modules of white around a code, which readers need (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;
/// Longest label shown in an app, so that the code stays readable by a camera.
const MAX_LABEL_CHARS: usize = 64;

/// The text is not a secret of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a secret of an authenticator app")]
pub struct InvalidSecret;

/// What app and server share. Serialised only into state and rows that are sealed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct TotpSecret([u8; SECRET_BYTES]);

impl TotpSecret {
    /// A secret of fresh random bytes.
    pub fn new(random: [u8; SECRET_BYTES]) -> Self {
        Self(random)
    }

    /// Reads what [`Self::base32`] wrote.
    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let secret = Secret::try_from_base32(text).map_err(|_| InvalidSecret)?;
        secret.as_bytes().try_into().map(Self).map_err(|_| InvalidSecret)
    }

    /// As RFC 4648 base32 without padding.
    pub fn base32(&self) -> SecretText {
        SecretText::new(Secret::new_stack(self.0).to_base32())
    }

    /// As base32 in groups of four, to be typed by hand.
    pub fn grouped(&self) -> SecretText {
        let text = self.base32();
        let groups: Vec<&str> =
            (0..text.expose().len()).step_by(4).filter_map(|at| text.expose().get(at..at + 4)).collect();
        SecretText::new(groups.join(" "))
    }
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl Serialize for TotpSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.base32().expose())
    }
}

impl<'de> Deserialize<'de> for TotpSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = SecretText::new(String::deserialize(deserializer)?);
        Self::parse(text.expose()).map_err(serde::de::Error::custom)
    }
}

/// What a typed code is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It counts, if the caller moves the last accepted step to this one by compare-and-set.
    Right {
        /// The step that the code belongs to.
        step: i64,
    },
    /// It would have been right, but its step is not later than the last accepted one.
    Replayed,
    /// It is no code of now.
    Wrong,
}

/// Judges a code. Spaces and hyphens in it are ignored; every step is compared, in constant time each.
pub fn verify(secret: &TotpSecret, typed: &str, now: DateTime<Utc>, last_step: Option<i64>) -> Verdict {
    let Some(typed) = super::mail_code::digits(typed, DIGITS) else { return Verdict::Wrong };
    let current = now.timestamp().div_euclid(STEP_SECONDS);
    let mut found = None;
    // The latest wins should two steps share a code: then the code is used up with both.
    for step in [current - 1, current, current + 1] {
        let right = code(secret, step).is_some_and(|code| code.as_bytes().ct_eq(typed.as_bytes()).into());
        found = if right { Some(step) } else { found };
    }
    match (found, last_step) {
        (None, _) => Verdict::Wrong,
        (Some(step), Some(last)) if step <= last => Verdict::Replayed,
        (Some(step), _) => Verdict::Right { step },
    }
}

fn code(secret: &TotpSecret, step: i64) -> Option<String> {
    let seconds = u64::try_from(step.checked_mul(STEP_SECONDS)?).ok()?;
    let totp = Builder::new().with_secret(Secret::new_stack(secret.0)).build().ok()?;
    Some(totp.generate(seconds).to_string())
}

/// The `otpauth` address that apps read. Colons part the label, so they are taken out of the names; an empty account is
/// shown as `account`.
pub fn otpauth(secret: &TotpSecret, issuer: &str, account: &str) -> SecretText {
    let label = |text: &str| -> String { text.chars().filter(|c| *c != ':').take(MAX_LABEL_CHARS).collect() };
    let account = Some(label(account)).filter(|text| !text.is_empty()).unwrap_or_else(|| "account".to_owned());
    let built = Builder::new()
        .with_secret(Secret::new_stack(secret.0))
        .with_issuer(Some(label(issuer)))
        .with_account_name(account)
        .build();
    SecretText::new(built.and_then(|totp| totp.to_url()).unwrap_or_default())
}

/// A QR code as one SVG path: `viewBox="0 0 side side"`, a white square behind it, no style.
#[derive(Clone, PartialEq, Eq)]
pub struct QrCode {
    /// Width and height, quiet zone included.
    pub side: usize,
    /// The `d` attribute of the path of the dark modules.
    pub path: String,
}

impl std::fmt::Debug for QrCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// Draws an address of [`otpauth`]; `None` when it is too long for any code.
pub fn qr(otpauth: &SecretText) -> Option<QrCode> {
    let code = QRBuilder::new(otpauth.expose()).ecl(ECL::M).build().ok()?;
    let text = |number: usize| number.to_string();
    let mut path = String::new();
    for (y, row) in code.data.chunks(code.size).take(code.size).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|left, right| left.value() == right.value()) {
            if run.first().is_some_and(|module| module.value()) {
                let (left, top, wide) = (x + QUIET_ZONE, y + QUIET_ZONE, run.len());
                path += &["M", &text(left), " ", &text(top), "h", &text(wide), "v1h-", &text(wide), "z"].concat();
            }
            x += run.len();
        }
    }
    Some(QrCode { side: code.size + 2 * QUIET_ZONE, path })
}

#[cfg(test)]
mod tests;
