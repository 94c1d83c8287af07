//! Small conversions between domain types and what a column holds.

use aws_lc_rs::digest;
use serde::Serialize;

use crate::StorageError;

/// A SHA-256: how a value is kept that is only compared.
pub type Hash = [u8; 32];

/// SHA-256 of `bytes`.
pub fn hash(bytes: &[u8]) -> Hash {
    let mut hash = [0; 32];
    for (to, from) in hash.iter_mut().zip(digest::digest(&digest::SHA256, bytes).as_ref()) {
        *to = *from;
    }
    hash
}

/// Lower-case hex: the row id of rows that are keyed by a hash.
pub fn hex(hash: &[u8]) -> String {
    use std::fmt::Write;
    hash.iter().fold(String::with_capacity(hash.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn json(column: &str, value: &impl Serialize) -> Result<String, StorageError> {
    serde_json::to_string(value).map_err(|error| StorageError::unreadable(column, &error))
}

/// The word of an enum that serialises as text.
pub(crate) fn word(column: &str, value: &impl Serialize) -> Result<String, StorageError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => Ok(text),
        _ => Err(StorageError::unreadable(column, "not a word")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn hashes_are_sha_256() {
        assert_eq!(
            super::hex(&super::hash(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
