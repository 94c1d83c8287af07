//! Tamper tests of sealing: every byte, every neighbour.

use super::{MasterKey, Purpose, SealError, Sealed, Sealer};
use crate::testing::CountingEntropy;

fn sealer() -> Sealer {
    Sealer::new(&MasterKey::from_bytes([7; 32]))
}

fn sealed(sealer: &Sealer) -> Sealed {
    sealer.seal(Purpose::FLOW, "f_1", b"state of a sign-in", &CountingEntropy::default()).unwrap()
}

#[test]
fn a_blob_opens_where_it_was_sealed() {
    let sealer = sealer();
    let blob = sealed(&sealer);
    assert_eq!(sealer.open(Purpose::FLOW, "f_1", &blob).unwrap().as_slice(), b"state of a sign-in");
    let empty = sealer.seal(Purpose::FLOW, "f_1", b"", &CountingEntropy::default()).unwrap();
    assert!(sealer.open(Purpose::FLOW, "f_1", &empty).unwrap().is_empty());
    assert!(!blob.as_bytes().windows(5).any(|part| part == b"state"), "in the clear");
}

#[test]
fn a_blob_does_not_open_elsewhere() {
    let sealer = sealer();
    let blob = sealed(&sealer);
    for (purpose, row) in [(Purpose::FLOW, "f_2"), (Purpose::PENDING, "f_1"), (Purpose::FLOW, "")] {
        assert_eq!(sealer.open(purpose, row, &blob), Err(SealError::Tampered), "{purpose:?} {row}");
    }
    let other = Sealer::new(&MasterKey::from_bytes([8; 32]));
    assert_eq!(other.open(Purpose::FLOW, "f_1", &blob), Err(SealError::OtherKey));
}

#[test]
fn every_flipped_bit_is_noticed() {
    let sealer = sealer();
    let blob = sealed(&sealer);
    for index in 0..blob.0.len() {
        for bit in 0..8 {
            let mut changed = blob.clone();
            changed.0[index] ^= 1 << bit;
            assert!(sealer.open(Purpose::FLOW, "f_1", &changed).is_err(), "byte {index}, bit {bit}");
        }
    }
}

#[test]
fn every_cut_and_every_addition_is_noticed() {
    let sealer = sealer();
    let blob = sealed(&sealer);
    for length in 0..blob.0.len() {
        assert!(sealer.open(Purpose::FLOW, "f_1", &Sealed(blob.0[..length].to_vec())).is_err(), "{length}");
    }
    let longer = Sealed([blob.0.as_slice(), &[0]].concat());
    assert_eq!(sealer.open(Purpose::FLOW, "f_1", &longer), Err(SealError::Tampered));
}

#[test]
fn another_version_is_told_apart_from_tampering() {
    let sealer = sealer();
    let mut blob = sealed(&sealer);
    blob.0[0] = 2;
    assert_eq!(sealer.open(Purpose::FLOW, "f_1", &blob), Err(SealError::UnknownForm));
}

#[test]
fn the_same_text_is_sealed_differently_each_time() {
    let (sealer, entropy) = (sealer(), CountingEntropy::default());
    let one = sealer.seal(Purpose::FLOW, "f_1", b"x", &entropy).unwrap();
    let two = sealer.seal(Purpose::FLOW, "f_1", b"x", &entropy).unwrap();
    assert_ne!(one, two);
}

#[test]
fn macs_differ_by_purpose_key_and_bytes_only() {
    let sealer = sealer();
    let mac = sealer.mac(Purpose::SUBJECT, b"a");
    assert_eq!(mac, Sealer::new(&MasterKey::from_bytes([7; 32])).mac(Purpose::SUBJECT, b"a"));
    assert_ne!(mac, sealer.mac(Purpose::CSRF, b"a"));
    assert_ne!(mac, sealer.mac(Purpose::SUBJECT, b"b"));
    assert_ne!(mac, Sealer::new(&MasterKey::from_bytes([8; 32])).mac(Purpose::SUBJECT, b"a"));
    assert_ne!(mac, [0; 32]);
}

#[test]
fn nothing_secret_is_printed() {
    let sealer = sealer();
    assert_eq!(format!("{sealer:?}"), "Sealer([secret])");
    assert_eq!(format!("{:?}", sealed(&sealer)), "[sealed, 51 bytes]");
}
