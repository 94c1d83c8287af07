//! Opens what Usher keeps sealed, with the master key of the installation: written from the format (HKDF-SHA-256 per
//! purpose, AES-256-GCM-SIV, bound to column and row), not with Usher's own code.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::usher::Usher;

/// Version and key id.
const HEADER: usize = 5;

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn key(usher: &Usher, purpose: &str) -> LessSafeKey {
    let text = std::fs::read_to_string(usher.folder().join("master.key")).expect("a key");
    let master = STANDARD.decode(text.trim()).expect("base64");
    let root = Salt::new(HKDF_SHA256, b"usher at rest, version 1").extract(&master);
    let mut bytes = [0; 32];
    root.expand(&[purpose.as_bytes()], Length(32)).expect("expands").fill(&mut bytes).expect("fills");
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, &bytes).expect("a key"))
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
}

fn open(key: &LessSafeKey, purpose: &str, row: &str, blob: &[u8]) -> String {
    let (header, rest) = blob.split_at(HEADER);
    let (nonce, body) = rest.split_at(12);
    let aad = Aad::from([header, purpose.as_bytes(), &[0], row.as_bytes()].concat());
    let nonce = Nonce::try_assume_unique_for_key(nonce).expect("a nonce");
    let mut body = body.to_vec();
    String::from_utf8(key.open_in_place(nonce, aad, &mut body).expect("genuine").to_vec()).expect("text")
}

/// The recorded sign-ins, oldest first: how each ended, and what was recorded.
pub async fn recordings(usher: &Usher) -> Vec<(String, Value)> {
    let purpose = "flow_recordings.sealed";
    let key = key(usher, purpose);
    let hex = if usher.database.url.starts_with("sqlite:") { "hex(sealed)" } else { "encode(sealed, 'hex')" };
    let sql = format!("SELECT id || ' ' || outcome || ' ' || {hex} FROM flow_recordings ORDER BY at, id");
    let rows = usher.database.texts(&sql).await;
    let opened = rows.iter().map(|row| {
        let [id, outcome, blob] = row.split(' ').collect::<Vec<_>>()[..] else { panic!("three words in {row}") };
        let text = open(&key, purpose, id, &unhex(blob));
        (outcome.to_owned(), serde_json::from_str(&text).expect("JSON"))
    });
    opened.collect()
}
