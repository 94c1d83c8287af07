//! The master key: 32 bytes from the environment or a key file of the owner alone.

use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use usher_domain::Entropy;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::StorageError;

/// Everything sealed hangs on it. Prints as `[secret]`, wiped from memory when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl MasterKey {
    /// Wraps 32 random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hex digits, or base64 of 32 bytes in either alphabet, white space around it ignored.
    pub fn parse(text: &str) -> Result<Self, StorageError> {
        let text = text.trim();
        let bytes = Zeroizing::new(
            match text.len() {
                64 => from_hex(text),
                44 => STANDARD.decode(text).ok(),
                43 => STANDARD_NO_PAD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok(),
                _ => None,
            }
            .unwrap_or_default(),
        );
        let bytes: [u8; 32] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| StorageError::MasterKey("it must be 32 bytes as base64 or hex".to_owned()))?;
        if bytes.iter().all(|byte| *byte == 0) {
            return Err(StorageError::MasterKey("it is all zeros".to_owned()));
        }
        Ok(Self(bytes))
    }

    /// Reads a key file.
    pub fn load(path: &Path) -> Result<Self, StorageError> {
        let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| unusable(path, &error))?;
        Self::parse(&text)
    }

    /// Makes a new key and its file, readable by the owner alone. Never overwrites: the old key may be the only
    /// way to open a database.
    pub fn create(path: &Path, entropy: &dyn Entropy) -> Result<Self, StorageError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        entropy.fill(bytes.as_mut_slice());
        let key = Self(*bytes);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| unusable(path, &error))?;
        }
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(|error| unusable(path, &error))?;
        let text = Zeroizing::new(format!("{}\n", STANDARD.encode(key.0)));
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| unusable(path, &error))?;
        Ok(key)
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> StorageError {
    StorageError::MasterKey(format!("{}: {error}", path.display()))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let pairs = digits?;
    Some(pairs.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

#[cfg(test)]
mod tests {
    use super::MasterKey;
    use crate::testing::CountingEntropy;

    #[test]
    fn keys_are_read_in_hex_and_both_base64_alphabets() {
        let expected = MasterKey::from_bytes([0xfb; 32]);
        for text in [
            "fb".repeat(32),
            format!(" {}\n", "FB".repeat(32)),
            "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=".to_owned(),
            "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s".to_owned(),
        ] {
            assert_eq!(MasterKey::parse(&text).unwrap().bytes(), expected.bytes(), "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "secret", &"fb".repeat(31), &"0".repeat(64), &"zz".repeat(32), &"ü".repeat(32)] {
            assert!(MasterKey::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_file_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inner/master.key");
        let entropy = CountingEntropy::default();
        let made = MasterKey::create(&path, &entropy).unwrap();
        assert_eq!(MasterKey::load(&path).unwrap().bytes(), made.bytes());
        assert!(MasterKey::create(&path, &entropy).is_err(), "overwritten");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(format!("{made:?}"), "[secret]");
    }
}
