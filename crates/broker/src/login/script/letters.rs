//! Mails of a script: an admin's text with the script's values in it, written down when the script asks, sent with the end
//! of the sign-in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use usher_flow_script::{Effect, Who};

use super::shared::MailTemplate;

/// Longest subject, longest paragraph, most paragraphs.
const SUBJECT: usize = 150;
const PARAGRAPH: usize = 2_000;
const PARAGRAPHS: usize = 20;

/// A mail as it will be sent.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Letter {
    pub who: Who,
    pub subject: String,
    pub paragraphs: Vec<String>,
}

/// Those that a run wants sent. A name without a mail was an error of the script already.
pub(super) fn of(effects: &[Effect], mails: &BTreeMap<String, MailTemplate>) -> Vec<Letter> {
    let letter = |effect: &Effect| {
        let Effect::SendEmail { who, template, placeholders } = effect else { return None };
        let mail = mails.get(template)?;
        Some(Letter {
            who: who.clone(),
            subject: plain(&fill(&mail.subject, placeholders), SUBJECT),
            paragraphs: paragraphs(&fill(&mail.text, placeholders)),
        })
    };
    effects.iter().filter_map(letter).collect()
}

/// Puts values in the place of `{name}`, in one pass: a value that looks like a name stays one.
fn fill(text: &str, values: &BTreeMap<String, String>) -> String {
    let (mut filled, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let known = after.split_once('}').and_then(|(name, later)| Some((values.get(name)?.as_str(), later)));
        let (value, later) = known.unwrap_or(("{", after));
        filled.push_str(value);
        rest = later;
    }
    filled.push_str(rest);
    filled
}

fn plain(text: &str, longest: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(longest).collect()
}

fn paragraphs(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let parts = text.split("\n\n").map(|part| plain(part.trim(), PARAGRAPH));
    parts.filter(|part| !part.is_empty()).take(PARAGRAPHS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_19_values_fill_names_once_and_stay_on_their_line() {
        let mail = MailTemplate { subject: "Hi {name}".to_owned(), text: "A {b}\r\n\r\n{none} {\n\n\n".to_owned() };
        let mails = [("m".to_owned(), mail)].into();
        let placeholders = [("name", "{b}\r\nBcc: x"), ("b", "c")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let who = Who { unique_id: None, username: String::new(), step: Some(1) };
        let effects = [Effect::SendEmail { who, template: "m".to_owned(), placeholders }];
        let letters = of(&effects, &mails);
        assert_eq!(letters[0].subject, "Hi {b}  Bcc: x");
        assert_eq!(letters[0].paragraphs, ["A c", "{none} {"]);
    }
}
