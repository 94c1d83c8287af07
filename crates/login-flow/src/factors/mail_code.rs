//! A code of six digits that is mailed and typed in the same browser: how long it lives and how often it may be guessed.
//!
//! Both the proof of an existing account and the mail factor use it. The code itself is never kept, only a MAC that the
//! broker makes over everything it is bound to ([`frame`]): the sign-in, the person and the purpose. There is one live code
//! at a time; a new one replaces the old one and begins with a fresh count, so the number of codes is limited as well.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

/// How long a mailed code works.
pub const CODE_MINUTES: i64 = 5;
/// Wrong codes after which a code is void.
pub const CODE_ATTEMPTS: u32 = 5;
/// Codes that one sign-in may have sent.
pub const CODES_PER_FLOW: u32 = 3;
/// Digits of a code.
pub const CODE_DIGITS: usize = 6;

/// A code on its way; only its MAC is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentCode {
    /// A MAC over what the code is bound to and the code, in hex.
    pub mac: String,
    /// Where it went, by the address's unique key; absent: nowhere, and no code is right. The page is the same.
    pub address: Option<String>,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
    #[serde(default)]
    wrong: u32,
}

impl SentCode {
    /// A fresh code.
    pub fn new(mac: String, address: Option<String>, sent_at: DateTime<Utc>) -> Self {
        Self { mac, address, sent_at, wrong: 0 }
    }

    /// Whether it may still be typed.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.wrong < CODE_ATTEMPTS && now < self.sent_at + Duration::minutes(CODE_MINUTES)
    }

    /// Counts a wrong answer.
    pub fn count_wrong(&mut self) {
        self.wrong = self.wrong.saturating_add(1);
    }

    /// The same code with a fresh count.
    pub(crate) fn uncounted(self) -> Self {
        Self { wrong: 0, ..self }
    }
}

/// What became of the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeStanding {
    /// None was asked for.
    NotSent,
    /// It may be typed.
    Waiting,
    /// It expired, or was guessed at too often.
    Void,
}

impl CodeStanding {
    /// Of the code that was sent last.
    pub fn of(code: Option<&SentCode>, now: DateTime<Utc>) -> Self {
        match code {
            None => Self::NotSent,
            Some(code) if code.is_live(now) => Self::Waiting,
            Some(_) => Self::Void,
        }
    }
}

/// Six digits, each value as likely as the others; `fill` draws fresh random bytes.
pub fn draw(mut fill: impl FnMut(&mut [u8])) -> String {
    const VALUES: u32 = 1_000_000;
    let mut bytes = [0_u8; 4];
    loop {
        fill(&mut bytes);
        let value = u32::from_be_bytes(bytes);
        // The last part of the range would make small values likelier.
        if value < u32::MAX - u32::MAX % VALUES {
            return format!("{:06}", value % VALUES);
        }
    }
}

/// What a person meant by a code of so many digits: spaces and hyphens dropped. `None`: it can be no code.
pub fn digits(typed: &str, count: usize) -> Option<String> {
    let short = Some(typed).filter(|typed| typed.len() <= 64)?;
    let text: String = short.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// The bytes that a MAC is made over. Length before content: no two lists of parts share a frame.
pub fn frame(parts: &[&str]) -> Vec<u8> {
    let mut framed = Vec::new();
    for part in parts {
        framed.extend_from_slice(&(part.len() as u64).to_be_bytes());
        framed.extend_from_slice(part.as_bytes());
    }
    framed
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration};

    use super::{CODE_ATTEMPTS, CODE_DIGITS, CODE_MINUTES, CodeStanding, SentCode, digits, draw, frame};

    #[test]
    fn a_code_lives_five_minutes_and_five_attempts() {
        let sent_at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mut code = SentCode::new("mac".to_owned(), None, sent_at);
        let end = sent_at + Duration::minutes(CODE_MINUTES);
        assert_eq!(CodeStanding::of(None, sent_at), CodeStanding::NotSent);
        assert_eq!(CodeStanding::of(Some(&code), end - Duration::seconds(1)), CodeStanding::Waiting);
        assert_eq!(CodeStanding::of(Some(&code), end), CodeStanding::Void);
        for _ in 1..CODE_ATTEMPTS {
            code.count_wrong();
        }
        assert_eq!(CodeStanding::of(Some(&code), sent_at), CodeStanding::Waiting);
        code.count_wrong();
        assert_eq!(CodeStanding::of(Some(&code), sent_at), CodeStanding::Void);
    }

    #[test]
    fn a_draw_outside_the_even_range_is_drawn_again() {
        let mut draws = [u32::MAX, 4_294_000_000, 7].into_iter();
        let code = draw(|bytes| bytes.copy_from_slice(&draws.next().unwrap().to_be_bytes()));
        assert_eq!(code, "000007");
        assert_eq!(draw(|bytes| bytes.copy_from_slice(&4_293_999_999_u32.to_be_bytes())), "999999");
    }

    #[test]
    fn only_digits_and_what_parts_them_are_a_code() {
        assert_eq!(digits(" 12 34-56", CODE_DIGITS).as_deref(), Some("123456"));
        for typed in ["", "12345", "1234567", "12345x", "١٢٣٤٥٦", &" ".repeat(100)] {
            assert_eq!(digits(typed, CODE_DIGITS), None, "{typed}");
        }
    }

    #[test]
    fn no_two_lists_share_a_frame() {
        assert_eq!(frame(&["ab", "c"]), frame(&["ab", "c"]));
        assert_ne!(frame(&["ab", "c"]), frame(&["a", "bc"]));
    }
}
