//! Small parts that several pages show: tags, notices, facts, checks, names with their initials.

use crate::i18n::without_controls;

/// The tone of a tag or note. It colours; the word beside it says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Plain.
    #[default]
    Neutral,
    /// Worth knowing.
    Info,
    /// Well.
    Ok,
    /// Look at it.
    Warn,
    /// Wrong.
    Danger,
}

impl Tone {
    /// The class of the tone.
    pub fn class(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Info => "info",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Danger => "danger",
        }
    }
}

/// A status word with its colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The word.
    pub text: String,
    /// Its colour.
    pub tone: Tone,
}

impl Tag {
    /// A tag.
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }
}

/// A boxed sentence; its words are in the reader's language already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The sentence.
    pub text: String,
    /// Its colour.
    pub tone: Tone,
}

/// A link with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it says.
    pub text: String,
    /// Where it leads: one of our own paths.
    pub href: String,
}

/// A line of a list of facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What.
    pub label: String,
    /// Its value.
    pub value: String,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckState {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
    /// It was not made.
    Skipped,
}

/// A named check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// How it went.
    pub state: CheckState,
    /// What was seen; may be empty.
    pub detail: String,
}

impl Check {
    /// The class of the row.
    pub fn class(&self) -> &'static str {
        match self.state {
            CheckState::Passed => "passed",
            CheckState::Failed => "failed",
            CheckState::Skipped => "skipped",
        }
    }

    /// The sign before it.
    pub fn mark(&self) -> &'static str {
        match self.state {
            CheckState::Passed => "✓",
            CheckState::Failed => "✗",
            CheckState::Skipped => "–",
        }
    }

    /// The key of the sign in words, for those who hear the page.
    pub fn word_key(&self) -> &'static str {
        match self.state {
            CheckState::Passed => "check-passed",
            CheckState::Failed => "check-failed",
            CheckState::Skipped => "check-skipped",
        }
    }
}

/// A name with the initials that stand for a logo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named(String);

impl Named {
    /// Wraps a name, cleaned of what would let it pose as another.
    pub fn new(name: &str) -> Self {
        Self(without_controls(name).into_owned())
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// One or two letters.
    pub fn initials(&self) -> String {
        let mut words = self.0.split(|c: char| !c.is_alphanumeric()).filter_map(|word| word.chars().next());
        let letters: String = words.by_ref().take(2).flat_map(char::to_uppercase).collect();
        if letters.is_empty() { "?".to_owned() } else { letters }
    }

    /// A colour that stays with the name.
    pub fn tint(&self) -> &'static str {
        let sum = self.0.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        match sum % 4 {
            0 => "tint-1",
            1 => "tint-2",
            2 => "tint-3",
            _ => "tint-4",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_take_the_first_letters_of_two_words() {
        for (name, expected) in [
            ("Acme OIDC", "AO"),
            ("google", "G"),
            ("über-groß & co", "ÜG"),
            ("  ", "?"),
            ("\u{202e}Acme", "A"),
            ("<script>", "S"),
        ] {
            assert_eq!(Named::new(name).initials(), expected, "{name}");
        }
    }
}
