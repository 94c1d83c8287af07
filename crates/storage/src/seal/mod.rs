//! Sealing of secrets at rest: AES-256-GCM-SIV (RFC 8452) under a subkey per purpose (HKDF-SHA-256, RFC 5869).
//!
//! A blob is bound to its table, column and row by associated data, so that a blob moved to another row, or to
//! another column, does not open. The header names version and key, which leaves room for rotation. SIV keeps a
//! repeated nonce from being a disaster. What is inside a blob is the broker's matter.

mod master_key;

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use aws_lc_rs::hmac;
use usher_domain::Entropy;
use zeroize::Zeroizing;

pub use master_key::MasterKey;

/// Version of the header: one byte, then four of the key's id, then the nonce.
const VERSION: u8 = 1;
const KEY_ID: usize = 4;
const HEADER: usize = 1 + KEY_ID;
const TAG: usize = 16;

/// What a key is for. Blobs and MACs of two purposes never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose(&'static str);

impl Purpose {
    /// State of a sign-in in progress; row id: the flow's.
    pub const FLOW: Self = Self::new("flows.sealed");
    /// Pending hand-shake with a provider; row id: hex of the state's hash.
    pub const PENDING: Self = Self::new("pending.sealed");
    /// What a grant gives; row id: the grant's.
    pub const GRANT_PAYLOAD: Self = Self::new("grants.payload");
    /// Where a finished sign-in goes; row id: the grant's.
    pub const GRANT_REDIRECT: Self = Self::new("grants.redirect");
    /// Client secret at a provider; row id: the connection's.
    pub const CONNECTION_SECRET: Self = Self::new("connections.secret");
    /// Private key for signing; row id: the `kid`.
    pub const SIGNING_KEY: Self = Self::new("signing_keys.private_key");
    /// Data of a session; row id: hex of the id's hash.
    pub const SESSION: Self = Self::new("sessions.data");
    /// A recorded sign-in; row id: the recording's.
    pub const RECORDING: Self = Self::new("recordings.sealed");
    /// A mail on its way out; row id: the mail's.
    pub const MAIL: Self = Self::new("outbox.sealed");
    /// A secret of scripts; row id: its name.
    pub const SCRIPT_SECRET: Self = Self::new("script_secrets.sealed");
    /// What a published script rests on; row id: the key of the flow's owner.
    pub const SCRIPT_BUNDLE: Self = Self::new("flow_versions.bundle");
    /// A cookie that a script set; row id: the part of its name that says whose it is.
    pub const SCRIPT_COOKIE: Self = Self::new("cookie.script");
    /// What the script of a sign-in was told; row id: the recording's.
    pub const FLOW_RECORDING: Self = Self::new("flow_recordings.sealed");
    /// Seed of an authenticator app; row id: the app's.
    pub const TOTP: Self = Self::new("totp_devices.sealed");
    /// A passkey's credential; row id: its id.
    pub const PASSKEY: Self = Self::new("passkeys.sealed");
    /// Something that was begun in the account page; row id: session and kind.
    pub const ACCOUNT_STEP: Self = Self::new("account_steps.sealed");
    /// MAC that makes pass-through subjects.
    pub const SUBJECT: Self = Self::new("mac.subject");
    /// MAC that makes CSRF tokens.
    pub const CSRF: Self = Self::new("mac.csrf");
    pub(crate) const KEY_CHECK: Self = Self::new("mac.key_check");

    /// A purpose: `table.column`, or `mac.` and a word.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }
}

/// A sealed blob. Only [`Sealer::seal`] makes one, so nothing is stored in the clear by mistake.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[sealed, {} bytes]", self.0.len())
    }
}

impl Sealed {
    /// Takes back what [`Sealed::as_bytes`] gave out; whether it is genuine shows when it is opened.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The sealed bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Why a blob was not sealed or does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Too long, or the library refused.
    #[error("the blob cannot be sealed")]
    NotSealed,
    /// Too short, or of a version that this Usher does not know.
    #[error("the sealed blob has an unknown form")]
    UnknownForm,
    /// Sealed under another master key.
    #[error("the blob was sealed under another key")]
    OtherKey,
    /// Changed, cut, or moved from another row.
    #[error("the sealed blob was tampered with")]
    Tampered,
}

/// Seals, opens and makes MACs under keys derived from the master key. Cheap to clone.
#[derive(Clone)]
pub struct Sealer {
    root: Arc<Prk>,
    macs: hmac::Key,
    key_id: [u8; KEY_ID],
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer([secret])")
    }
}

struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

impl Sealer {
    /// A sealer under a master key.
    pub fn new(master: &MasterKey) -> Self {
        let root = Salt::new(HKDF_SHA256, b"usher at rest, version 1").extract(master.bytes());
        let macs = subkey(&hmac::Key::new(hmac::HMAC_SHA256, master.bytes()), "usher macs, version 1");
        let mut key_id = [0; KEY_ID];
        copy(hmac::sign(&macs, b"key id"), &mut key_id);
        Self { root: Arc::new(root), macs, key_id }
    }

    /// Seals `plaintext` for one column of one row.
    pub fn seal(
        &self,
        purpose: Purpose,
        row_id: &str,
        plaintext: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Sealed, SealError> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let header = self.header();
        let mut blob = Vec::with_capacity(HEADER + NONCE_LEN + plaintext.len() + TAG);
        blob.extend_from_slice(&header);
        blob.extend_from_slice(&nonce);
        blob.extend_from_slice(plaintext);
        let body = blob.get_mut(HEADER + NONCE_LEN..).ok_or(SealError::NotSealed)?;
        let tag = self
            .key(purpose)?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad(&header, purpose, row_id), body)
            .map_err(|_| SealError::NotSealed)?;
        blob.extend_from_slice(tag.as_ref());
        Ok(Sealed(blob))
    }

    /// Opens a blob of one column of one row.
    pub fn open(&self, purpose: Purpose, row_id: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (header, rest) = sealed.0.split_first_chunk::<HEADER>().ok_or(SealError::UnknownForm)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::UnknownForm)?;
        let (version, key_id) = header.split_first().ok_or(SealError::UnknownForm)?;
        if *version != VERSION {
            return Err(SealError::UnknownForm);
        }
        if key_id != self.key_id.as_slice() {
            return Err(SealError::OtherKey);
        }
        let mut opened = Zeroizing::new(body.to_vec());
        let length = self
            .key(purpose)?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), aad(header, purpose, row_id), &mut opened)
            .map_err(|_| SealError::Tampered)?
            .len();
        opened.truncate(length);
        Ok(opened)
    }

    /// HMAC-SHA-256 under a key of its own per purpose.
    pub fn mac(&self, purpose: Purpose, bytes: &[u8]) -> [u8; 32] {
        let mut mac = [0; 32];
        copy(hmac::sign(&subkey(&self.macs, purpose.0), bytes), &mut mac);
        mac
    }

    fn header(&self) -> [u8; HEADER] {
        let [a, b, c, d] = self.key_id;
        [VERSION, a, b, c, d]
    }

    fn key(&self, purpose: Purpose) -> Result<LessSafeKey, SealError> {
        let mut bytes = Zeroizing::new([0; 32]);
        expand(&self.root, purpose.0, bytes.as_mut_slice())?;
        let key = UnboundKey::new(&AES_256_GCM_SIV, bytes.as_slice()).map_err(|_| SealError::NotSealed)?;
        Ok(LessSafeKey::new(key))
    }
}

fn expand(root: &Prk, label: &str, out: &mut [u8]) -> Result<(), SealError> {
    let length = Bytes(out.len());
    root.expand(&[label.as_bytes()], length).and_then(|okm| okm.fill(out)).map_err(|_| SealError::NotSealed)
}

fn subkey(key: &hmac::Key, label: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(key, label.as_bytes()).as_ref())
}

fn copy(tag: hmac::Tag, out: &mut [u8]) {
    for (to, from) in out.iter_mut().zip(tag.as_ref()) {
        *to = *from;
    }
}

/// Header, then purpose, then row: a purpose holds no zero byte, so no two of them run together.
fn aad(header: &[u8], purpose: Purpose, row_id: &str) -> Aad<Vec<u8>> {
    Aad::from([header, purpose.0.as_bytes(), &[0], row_id.as_bytes()].concat())
}

#[cfg(test)]
mod tests;
