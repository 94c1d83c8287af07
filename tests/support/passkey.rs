//! An authenticator in software: a P-256 key that answers `navigator.credentials.create` and `get` as a browser would, with
//! attestation `none` (Web Authentication Level 3, 6.1, 6.5 and 8.7). What it claims about itself can be set, so that it can misbehave.
//! The unit tests of `login-flow` include this very file.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HAS_KEY: u8 = 0x40;

/// One key on one device.
pub struct SoftPasskey {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    handle: Vec<u8>,
    /// Whether it checks PIN or finger.
    pub verifies_user: bool,
    /// Whether it is copied to other devices.
    pub synced: bool,
    /// The signature counter; absent: it has none, as synced keys.
    pub counter: Option<u32>,
}

impl SoftPasskey {
    /// A device that verifies its user and counts.
    pub fn new() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let mut id = vec![0; 32];
        SystemRandom::new().fill(&mut id).unwrap();
        Self { key, id, handle: Vec::new(), verifies_user: true, synced: false, counter: Some(0) }
    }

    /// The credential id, base64url.
    pub fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.id)
    }

    /// Answers the options of a registration (JSON with `publicKey`) on a page of `origin`.
    pub fn create(&mut self, origin: &str, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        let options = &options["publicKey"];
        self.handle = URL_SAFE_NO_PAD.decode(options["user"]["id"].as_str().unwrap()).unwrap();
        let mut authenticator = self.authenticator(options["rp"]["id"].as_str().unwrap(), HAS_KEY);
        authenticator.extend_from_slice(&[0; 16]);
        authenticator.extend_from_slice(&u16::try_from(self.id.len()).unwrap().to_be_bytes());
        authenticator.extend_from_slice(&self.id);
        authenticator.extend_from_slice(&self.cose_key());
        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
        attestation.extend_from_slice(&u16::try_from(authenticator.len()).unwrap().to_be_bytes());
        attestation.extend_from_slice(&authenticator);
        let response = json!({
            "clientDataJSON": URL_SAFE_NO_PAD.encode(client(origin, "webauthn.create", options)),
            "attestationObject": URL_SAFE_NO_PAD.encode(attestation),
            "transports": ["internal"],
        });
        self.credential(&response)
    }

    /// Answers the options of an authentication, naming the person as discoverable keys do.
    pub fn get(&mut self, origin: &str, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        let options = &options["publicKey"];
        self.counter = self.counter.map(|counter| counter + 1);
        let authenticator = self.authenticator(options["rpId"].as_str().unwrap(), 0);
        let client = client(origin, "webauthn.get", options);
        let mut signed = authenticator.clone();
        signed.extend_from_slice(digest(&SHA256, &client).as_ref());
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        let response = json!({
            "clientDataJSON": URL_SAFE_NO_PAD.encode(client),
            "authenticatorData": URL_SAFE_NO_PAD.encode(authenticator),
            "signature": URL_SAFE_NO_PAD.encode(signature.as_ref()),
            "userHandle": URL_SAFE_NO_PAD.encode(&self.handle),
        });
        self.credential(&response)
    }

    fn credential(&self, response: &Value) -> String {
        let id = self.id();
        json!({"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {}})
            .to_string()
    }

    fn authenticator(&self, rp_id: &str, more: u8) -> Vec<u8> {
        let verified = if self.verifies_user { USER_VERIFIED } else { 0 };
        let backup = if self.synced { BACKUP_ELIGIBLE | BACKED_UP } else { 0 };
        let mut bytes = digest(&SHA256, rp_id.as_bytes()).as_ref().to_vec();
        bytes.push(USER_PRESENT | verified | backup | more);
        bytes.extend_from_slice(&self.counter.unwrap_or(0).to_be_bytes());
        bytes
    }

    /// RFC 9053: kty EC2, alg ES256, curve P-256, x, y.
    fn cose_key(&self) -> Vec<u8> {
        // 0x04, x, y.
        let point = self.key.public_key().as_ref();
        let mut bytes = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        bytes.extend_from_slice(&point[1..33]);
        bytes.extend_from_slice(&[0x22, 0x58, 0x20]);
        bytes.extend_from_slice(&point[33..65]);
        bytes
    }
}

fn client(origin: &str, kind: &str, options: &Value) -> Vec<u8> {
    json!({"type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": false})
        .to_string()
        .into_bytes()
}
