//! Recovery codes: ten, shown once, each good for one sign-in (NIST SP 800-63B, 3.1.2: look-up secrets).
//!
//! A code is ten characters of Crockford's base32, 50 bits from a CSPRNG. That is why a plain SHA-256 is kept and no slow
//! hash: there is no list of likely codes to try, and 2^50 tries for one of ten is more than it is worth, while one fast
//! look-up by (person, hash) lets the database make it single use. The person's id goes into the hash, so a table of hashes
//! serves against one person only.

use aws_lc_rs::digest::{SHA256, digest};
use usher_domain::{SecretText, UserId};

/// How many codes a person gets.
pub const CODES: usize = 10;
/// Characters of a code; each takes one random byte.
pub const CODE_CHARS: usize = 10;
/// Random bytes that [`generate`] needs.
pub const SEED_BYTES: usize = CODES * CODE_CHARS;

/// Crockford's alphabet: no I, L, O or U, so nothing can be mistaken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DOMAIN: &[u8] = b"usher recovery code v1\0";

/// Ten codes in two groups of five, for eyes.
pub fn generate(random: &[u8; SEED_BYTES]) -> Vec<SecretText> {
    random.chunks(CODE_CHARS).map(code).collect()
}

/// One code of the same form, for a helpdesk.
pub fn single(random: &[u8; CODE_CHARS]) -> SecretText {
    code(random)
}

fn code(random: &[u8]) -> SecretText {
    // 256 is a multiple of 32: every character is as likely as the others.
    let letters = random.iter().filter_map(|byte| ALPHABET.get(usize::from(*byte) % ALPHABET.len()));
    let mut text: String = letters.map(|letter| char::from(*letter)).collect();
    text.insert(CODE_CHARS / 2, '-');
    SecretText::new(text)
}

/// What a person meant: spaces and hyphens dropped, upper case, I and L read as 1, O as 0. `None`: it can be no code.
pub fn normalise(typed: &str) -> Option<SecretText> {
    // A bound before any work: nobody types more than this for ten characters.
    let short = Some(typed).filter(|typed| typed.len() <= 64)?;
    let text: String = short
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'))
        .map(|c| match c.to_ascii_uppercase() {
            'I' | 'L' => '1',
            'O' => '0',
            other => other,
        })
        .collect();
    let known = |c: u8| ALPHABET.contains(&c);
    (text.len() == CODE_CHARS && text.bytes().all(known)).then(|| SecretText::new(text))
}

/// The hash at rest of what a person typed or was shown; `None`: it can be no code.
pub fn hash(user: &UserId, typed: &str) -> Option<[u8; 32]> {
    let code = normalise(typed)?;
    let mut framed = DOMAIN.to_vec();
    // Length before content: no two pairs share a frame.
    framed.extend_from_slice(&(user.as_str().len() as u64).to_be_bytes());
    framed.extend_from_slice(user.as_str().as_bytes());
    framed.extend_from_slice(code.expose().as_bytes());
    digest(&SHA256, &framed).as_ref().try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use usher_domain::{SecretText, UserId};

    use super::{ALPHABET, CODES, SEED_BYTES, generate, hash, normalise, single};

    fn seed() -> [u8; SEED_BYTES] {
        std::array::from_fn(|at| u8::try_from(at * 7 % 256).unwrap())
    }

    #[test]
    fn mfa_09_ten_different_codes_of_two_groups() {
        let codes = generate(&seed());
        let different: BTreeSet<&str> = codes.iter().map(SecretText::expose).collect();
        assert_eq!((codes.len(), different.len()), (CODES, CODES));
        for code in different {
            let (left, right) = code.split_once('-').unwrap();
            assert_eq!((left.len(), right.len()), (5, 5), "{code}");
        }
        assert_eq!(single(&[255; 10]).expose(), "ZZZZZ-ZZZZZ");
    }

    #[test]
    fn every_character_is_as_likely_as_the_others() {
        let mut counts = [0_u32; 32];
        for byte in 0..=u8::MAX {
            let code = single(&[byte; 10]);
            let first = code.expose().as_bytes()[0];
            counts[ALPHABET.iter().position(|known| *known == first).unwrap()] += 1;
        }
        assert_eq!(counts, [8; 32]);
    }

    #[test]
    fn a_code_is_read_as_it_was_meant() {
        for typed in
            ["0123456789", "01234-56789", " o12e4 s6789 ".replace('e', "3").replace('s', "5").as_str(), "OL234-56789"]
        {
            assert_eq!(normalise(typed).unwrap().expose(), "0123456789", "{typed}");
        }
        for typed in ["", "012345678", "01234567890", "01234-5678U", "01234_56789", "٠١٢٣٤٥٦٧٨٩", &"0 ".repeat(40)]
        {
            assert!(normalise(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn a_hash_belongs_to_one_person_and_one_code() {
        let (ann, bob) = (UserId::parse("u_ann").unwrap(), UserId::parse("u_bob").unwrap());
        let first = hash(&ann, "ABCDE-FGHJK").unwrap();
        assert_eq!(hash(&ann, "abcde fghjk"), Some(first));
        assert_ne!(hash(&bob, "ABCDE-FGHJK"), Some(first));
        assert_ne!(hash(&ann, "ABCDE-FGHJM"), Some(first));
        assert_eq!(hash(&ann, "no code"), None);
    }
}
