//! An authenticator app of our own (RFC 6238: SHA-1, six digits, thirty seconds), sharing nothing with the code under test.

use aws_lc_rs::hmac;

/// How long a code lives, in seconds.
pub const STEP: i64 = 30;

/// The code that an app shows at a time, for a key as a page spells it (base32, blanks and case do not count).
pub fn code(key: &str, at: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &base32(key));
    let mac = hmac::sign(&key, &at.div_euclid(STEP).to_be_bytes());
    let mac = mac.as_ref();
    let from = usize::from(mac[19] & 0x0f);
    let number = u32::from_be_bytes([mac[from] & 0x7f, mac[from + 1], mac[from + 2], mac[from + 3]]);
    format!("{:06}", number % 1_000_000)
}

/// RFC 4648 section 6.
fn base32(text: &str) -> Vec<u8> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=') {
        let value = match letter.to_ascii_uppercase() {
            upper @ b'A'..=b'Z' => upper - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            other => panic!("{:?} in a key", char::from(other)),
        };
        held = (held << 5 | u32::from(value)) & 0xffff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    bytes
}

/// The vectors of RFC 6238, appendix B, cut to six digits.
#[test]
fn the_app_of_the_tests_keeps_to_the_rfc() {
    let key = "GEZDGNBVGY3TQOJQ GEZDGNBVGY3TQOJQ";
    for (at, shown) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
        assert_eq!(code(key, at), shown);
    }
}
