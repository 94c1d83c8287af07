//! The texts of one language. A missing key falls back to English, then shows itself: a page never fails over a word.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::langid;

use super::Language;

type Bundle = FluentBundle<FluentResource>;

static EN: LazyLock<Bundle> = LazyLock::new(|| {
    bundle(
        Language::En,
        &[
            include_str!("../../../../locales/en/login.ftl"),
            include_str!("../../../../locales/en/account.ftl"),
            include_str!("../../../../locales/en/account_security.ftl"),
            include_str!("../../../../locales/en/console.ftl"),
            include_str!("../../../../locales/en/mail.ftl"),
        ],
    )
});
static DE: LazyLock<Bundle> = LazyLock::new(|| {
    bundle(
        Language::De,
        &[
            include_str!("../../../../locales/de/login.ftl"),
            include_str!("../../../../locales/de/account.ftl"),
            include_str!("../../../../locales/de/account_security.ftl"),
            include_str!("../../../../locales/de/mail.ftl"),
        ],
    )
});

fn bundle(language: Language, sources: &[&str]) -> Bundle {
    let locale = match language {
        Language::En => langid!("en"),
        Language::De => langid!("de"),
    };
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    // Names are cleaned of direction controls on their way in; isolation marks would only spoil what people copy.
    bundle.set_use_isolating(false);
    for source in sources {
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(resource, errors)| {
            tracing::error!(language = language.tag(), ?errors, "a locale file has mistakes");
            resource
        });
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(language = language.tag(), ?errors, "a locale file defines a key twice");
        }
    }
    bundle
}

/// The texts of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Texts(pub Language);

impl Texts {
    /// The text of a key.
    pub fn t(self, key: &str) -> String {
        self.format(key, None)
    }

    /// The text of a key with one value put in.
    pub fn t1(self, key: &str, name: &str, value: &str) -> String {
        let mut args = FluentArgs::with_capacity(1);
        args.set(name.to_owned(), without_controls(value).into_owned());
        self.format(key, Some(&args))
    }

    /// The text of a key with two values put in.
    pub fn t2(self, key: &str, first: (&str, &str), second: (&str, &str)) -> String {
        let mut args = FluentArgs::with_capacity(2);
        for (name, value) in [first, second] {
            args.set(name.to_owned(), without_controls(value).into_owned());
        }
        self.format(key, Some(&args))
    }

    /// The text of a key with a number put in, which chooses the plural form.
    pub fn count(self, key: &str, name: &str, number: u64) -> String {
        let mut args = FluentArgs::with_capacity(1);
        args.set(name.to_owned(), number);
        self.format(key, Some(&args))
    }

    /// Whether there is a text, in this language or in English.
    pub fn has(self, key: &str) -> bool {
        self.bundle().has_message(key) || EN.has_message(key)
    }

    fn bundle(self) -> &'static Bundle {
        match self.0 {
            Language::En => &EN,
            Language::De => &DE,
        }
    }

    fn format(self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let own = format_in(self.bundle(), key, args);
        own.or_else(|| format_in(&EN, key, args)).unwrap_or_else(|| key.to_owned())
    }
}

fn format_in(bundle: &Bundle, key: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
    let pattern = bundle.get_message(key)?.value()?;
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, args, &mut errors).into_owned();
    if !errors.is_empty() {
        tracing::warn!(key, ?errors, "a text could not be formatted completely");
    }
    Some(text)
}

/// A name without control characters and direction overrides, which would let it pose as another (WEB-18).
pub fn without_controls(text: &str) -> Cow<'_, str> {
    let control = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(control) { Cow::Owned(text.replace(control, "")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locale_files_have_no_mistakes() {
        for source in [
            include_str!("../../../../locales/en/login.ftl"),
            include_str!("../../../../locales/en/account.ftl"),
            include_str!("../../../../locales/en/account_security.ftl"),
            include_str!("../../../../locales/en/console.ftl"),
            include_str!("../../../../locales/en/mail.ftl"),
            include_str!("../../../../locales/de/login.ftl"),
            include_str!("../../../../locales/de/account.ftl"),
            include_str!("../../../../locales/de/account_security.ftl"),
            include_str!("../../../../locales/de/mail.ftl"),
        ] {
            let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| errors).unwrap();
            let mut bundle: Bundle = FluentBundle::new_concurrent(vec![]);
            bundle.add_resource(resource).unwrap();
        }
    }

    #[test]
    fn every_language_has_every_text_of_the_sign_in_pages_and_mails_and_no_other() {
        let keys = |source: &str| -> std::collections::BTreeSet<String> {
            source
                .lines()
                .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))
                .filter_map(|line| line.split_once(" =").map(|(key, _)| key.to_owned()))
                .collect()
        };
        let english = keys(include_str!("../../../../locales/en/login.ftl"));
        assert_eq!(english, keys(include_str!("../../../../locales/de/login.ftl")));
        assert!(english.len() > 50);
        let english = keys(include_str!("../../../../locales/en/mail.ftl"));
        assert_eq!(english, keys(include_str!("../../../../locales/de/mail.ftl")));
        assert!(english.len() > 10);
        let english = keys(include_str!("../../../../locales/en/account.ftl"));
        assert_eq!(english, keys(include_str!("../../../../locales/de/account.ftl")));
        assert!(english.len() > 10);
        let english = keys(include_str!("../../../../locales/en/account_security.ftl"));
        assert_eq!(english, keys(include_str!("../../../../locales/de/account_security.ftl")));
        assert!(english.len() > 50);
    }

    #[test]
    fn values_are_put_in_without_direction_overrides() {
        let text = Texts(Language::En).t1("sign-in-heading", "application", "Pay\u{202e}lor\u{2066}\n");
        assert_eq!(text, "Sign in to Paylor");
    }

    #[test]
    fn a_missing_key_falls_back_and_shows_itself() {
        assert_eq!(Texts(Language::De).t("no-such-key"), "no-such-key");
        assert_eq!(Texts(Language::De).t("flash-saved"), Texts(Language::En).t("flash-saved"));
    }
}
