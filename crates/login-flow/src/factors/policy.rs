//! Which passwords a person may set: NIST SP 800-63B, 3.1.1.2.
//!
//! Length first, no rules about kinds of characters, no expiry. What is refused is what an attacker tries first: the
//! commonest words with the usual decoration, one character or one row of the keyboard, and whatever is known about the
//! person or the product. What has leaked elsewhere is asked of a range service: only the first five hex digits of the
//! SHA-1 leave the house (k-anonymity), the comparison happens here. The request itself is the broker's port.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

mod common;

/// Shortest password that may be set, in characters.
pub const MIN_CHARS: usize = 10;
/// Longest password looked at, in bytes; longer ones are refused before hashing (DOS-18).
pub const MAX_BYTES: usize = 1024;
/// Shorter words about a person are not looked for: "Al" is in too many passwords.
const MIN_PERSONAL_CHARS: usize = 4;
/// Runs and repetitions are refused when less than this remains of them.
const MIN_NOVEL_CHARS: usize = 5;
const PREFIX_CHARS: usize = 5;

/// Why a password may not be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFlaw {
    /// Less than [`MIN_CHARS`].
    #[error("too short")]
    TooShort,
    /// More than [`MAX_BYTES`].
    #[error("too long")]
    TooLong,
    /// The person's name or address, or the product's name, is in it.
    #[error("contains a name")]
    Personal,
    /// One character, a short piece again and again, or a row of neighbours.
    #[error("a repetition or a row")]
    Pattern,
    /// Among the commonest.
    #[error("among the commonest passwords")]
    Common,
    /// In a list of leaked passwords ([`found_in`]).
    #[error("in a list of leaked passwords")]
    Breached,
}

/// What is known about the person and the place: user name, addresses, names, product name. Empty texts are fine.
pub type KnownWords<'a> = &'a [&'a str];

/// Judges a new password. Never call it for one that is only checked.
pub fn check(password: &str, known: KnownWords<'_>) -> Result<(), PasswordFlaw> {
    if password.len() > MAX_BYTES {
        return Err(PasswordFlaw::TooLong);
    }
    if password.chars().count() < MIN_CHARS {
        return Err(PasswordFlaw::TooShort);
    }
    let lower = password.to_lowercase();
    if is_personal(&lower, known) {
        return Err(PasswordFlaw::Personal);
    }
    if novel_chars(&lower) < MIN_NOVEL_CHARS || repeats(&lower) {
        return Err(PasswordFlaw::Pattern);
    }
    if common::is_common(&lower) {
        return Err(PasswordFlaw::Common);
    }
    Ok(())
}

fn is_personal(lower: &str, known: KnownWords<'_>) -> bool {
    let folded = common::plain_letters(lower);
    let words = known.iter().flat_map(|text| {
        let text = text.to_lowercase();
        // "ann.smith@corp.test": the address, what stands before the sign, and each word of it.
        let local = text.split('@').next().unwrap_or_default().to_owned();
        let parts: Vec<String> = local.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
        [text, local].into_iter().chain(parts)
    });
    words
        .filter(|word| word.chars().count() >= MIN_PERSONAL_CHARS)
        .any(|word| lower.contains(&word) || folded.contains(&word))
}

/// Characters that do not simply go on from the one before: neither it again, nor its neighbour in the alphabet, among
/// the digits or on a row of the keyboard.
fn novel_chars(lower: &str) -> usize {
    let chars: Vec<char> = lower.chars().collect();
    1 + chars.windows(2).filter(|pair| !matches!(pair, [left, right] if goes_on(*left, *right))).count()
}

fn goes_on(left: char, right: char) -> bool {
    const ROWS: [&str; 6] = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "1234567890"];
    let beside = |row: &str| {
        let place = |wanted: char| row.chars().position(|c| c == wanted);
        place(left).zip(place(right)).is_some_and(|(a, b)| a.abs_diff(b) == 1)
    };
    u32::from(left).abs_diff(u32::from(right)) <= 1 || ROWS.into_iter().any(beside)
}

/// A piece of at most four characters again and again.
fn repeats(lower: &str) -> bool {
    let chars: Vec<char> = lower.chars().collect();
    (1..=4).any(|period| chars.iter().zip(chars.iter().skip(period)).all(|(left, right)| left == right))
}

/// What a list of leaked passwords says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreachVerdict {
    /// It is not in the list.
    Clean,
    /// It is, so many times.
    Leaked {
        /// Times.
        times: u64,
    },
    /// Nobody could be asked, or the answer is no list: the caller decides, and says so in the log.
    Unknown,
}

/// What is sent: the first five hex digits of the SHA-1, upper case. SHA-1 because the lists are kept by it; it protects
/// nothing here.
pub fn range_prefix(password: &str) -> String {
    let mut hex = sha1_hex(password);
    hex.truncate(PREFIX_CHARS);
    hex
}

/// Looks for a password in the answer to its prefix: lines of `REST-OF-SHA-1:COUNT`. A count of 0 is padding.
pub fn found_in(range_body: &str, password: &str) -> BreachVerdict {
    let hex = sha1_hex(password);
    let rest = hex.get(PREFIX_CHARS..).unwrap_or_default();
    let mut verdict = BreachVerdict::Clean;
    for line in range_body.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let Some((suffix, count)) = line.split_once(':') else { return BreachVerdict::Unknown };
        let Ok(times) = count.trim().parse::<u64>() else { return BreachVerdict::Unknown };
        if times > 0 && suffix.eq_ignore_ascii_case(rest) {
            verdict = BreachVerdict::Leaked { times };
        }
    }
    verdict
}

fn sha1_hex(password: &str) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default().to_ascii_uppercase();
    hash.as_ref().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests;
