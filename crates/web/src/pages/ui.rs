//! What every page needs: its language, its colours, the product's name, the addresses of assets.

use chrono::{DateTime, Utc};

use crate::assets;
use crate::i18n::{Language, Texts};

/// The person's choice of colours; the server knows it, so nothing flashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system says.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// Reads the cookie's value; anything unknown is [`Theme::Auto`].
    pub fn parse(text: &str) -> Self {
        match text {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Auto,
        }
    }

    /// The value of `data-theme`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The frame of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ui {
    /// Texts in the page's language.
    pub texts: Texts,
    /// Colours.
    pub theme: Theme,
    /// The name in the brand line: the organisation's, or Usher.
    pub product: String,
    /// Where people find help; absent: no link.
    pub help_url: Option<String>,
}

impl Default for Ui {
    fn default() -> Self {
        Self { texts: Texts::default(), theme: Theme::default(), product: "Usher".to_owned(), help_url: None }
    }
}

impl Ui {
    /// A frame in a language, otherwise with defaults.
    pub fn new(language: Language) -> Self {
        Self { texts: Texts(language), ..Self::default() }
    }

    /// The text of a key.
    pub fn t(&self, key: impl AsRef<str>) -> String {
        self.texts.t(key.as_ref())
    }

    /// The text of a key with one value.
    pub fn t1(&self, key: &str, name: &str, value: &str) -> String {
        self.texts.t1(key, name, value)
    }

    /// The text of a key with a number.
    pub fn count(&self, key: &str, name: &str, number: u64) -> String {
        self.texts.count(key, name, number)
    }

    /// The page's language.
    pub fn language(&self) -> Language {
        self.texts.0
    }

    /// The address of an embedded file.
    pub fn asset(&self, name: &str) -> &'static str {
        assets::asset_url(name)
    }

    /// A time for people, absolute and with its zone.
    pub fn time(&self, at: &DateTime<Utc>) -> String {
        match self.language() {
            Language::En => at.format("%-d %b %Y, %H:%M UTC").to_string(),
            Language::De => at.format("%d.%m.%Y, %H:%M UTC").to_string(),
        }
    }

    /// A time for machines: the value of `datetime`.
    pub fn machine_time(&self, at: &DateTime<Utc>) -> String {
        at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }
}
