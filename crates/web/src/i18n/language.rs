//! Which language a page speaks: `ui_locales`, then the person's cookie, then `Accept-Language`, then English.

/// How long a chosen language is remembered.
pub const COOKIE_MAX_AGE_SECONDS: u64 = 365 * 24 * 60 * 60;

/// A language with complete sign-in pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

/// Writing direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Left to right.
    Ltr,
    /// Right to left.
    Rtl,
}

impl Direction {
    /// The value of the `dir` attribute.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

impl Language {
    /// All of them, in the order of the language menu.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// The BCP 47 tag: the value of the `lang` attribute.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// The language's name in itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
        }
    }

    /// Writing direction.
    pub fn direction(self) -> Direction {
        match self {
            Self::En | Self::De => Direction::Ltr,
        }
    }

    /// The language of a BCP 47 tag; regions and scripts are ignored.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// What a request says about languages.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes<'a> {
    /// `ui_locales` of the application's request, best first.
    pub ui_locales: &'a [String],
    /// The person's earlier choice.
    pub cookie: Option<&'a str>,
    /// The `Accept-Language` header.
    pub accept_language: Option<&'a str>,
}

/// Chooses the language of a page.
pub fn choose(wishes: Wishes<'_>) -> Language {
    let asked = wishes.ui_locales.iter().take(16).find_map(|tag| Language::from_tag(tag));
    asked
        .or_else(|| wishes.cookie.and_then(Language::from_tag))
        .or_else(|| wishes.accept_language.and_then(accepted))
        .unwrap_or_default()
}

/// The best known language of an `Accept-Language` header (RFC 9110 section 12.5.4).
fn accepted(header: &str) -> Option<Language> {
    let mut ranked: Vec<(u16, Language)> = Vec::new();
    for entry in header.split(',').take(16) {
        let (tag, weight) = entry.split_once(';').map_or((entry, 1000), |(tag, rest)| (tag, weight(rest)));
        if let Some(language) = Language::from_tag(tag).filter(|_| weight > 0) {
            ranked.push((weight, language));
        }
    }
    // The first of equals wins: max_by_key would take the last.
    ranked.into_iter().reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, language)| language)
}

/// `q=0.8` in thousandths; anything malformed counts as refused.
fn weight(parameters: &str) -> u16 {
    let value = parameters.split(';').find_map(|p| p.trim().strip_prefix("q="));
    match value.map(|v| v.trim().parse::<f32>()) {
        None => 1000,
        Some(Ok(q)) if (0.0..=1.0).contains(&q) => {
            // In range, so the cast neither truncates nor loses the sign.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0.0 to 1.0 was checked")]
            let thousandths = (q * 1000.0) as u16;
            thousandths
        }
        Some(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_then_the_person_then_the_browser_decide() {
        let ui = ["fr".to_owned(), "de-AT".to_owned()];
        let all = Wishes { ui_locales: &ui, cookie: Some("en"), accept_language: Some("en") };
        assert_eq!(choose(all), Language::De);
        assert_eq!(choose(Wishes { ui_locales: &[], cookie: Some("de"), accept_language: Some("en") }), Language::De);
        assert_eq!(choose(Wishes { accept_language: Some("de"), ..Wishes::default() }), Language::De);
        assert_eq!(choose(Wishes::default()), Language::En);
    }

    #[test]
    fn accept_language_is_weighed_and_survives_nonsense() {
        for (header, expected) in [
            ("de-DE,de;q=0.9,en;q=0.8", Some(Language::De)),
            ("fr, en;q=0.5, de;q=0.7", Some(Language::De)),
            ("en;q=0.7,de;q=0.7", Some(Language::En)),
            ("de;q=0", None),
            ("de;q=abc, en;q=9", None),
            ("*", None),
            ("", None),
            (",,;;q=,\u{0}", None),
        ] {
            assert_eq!(accepted(header), expected, "{header}");
        }
    }
}
