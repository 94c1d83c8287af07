//! Letters: what a mail means, in the person's language, as plain text and as HTML without anything loaded from afar.
//!
//! Both forms come from the same parts, so that neither says more than the other. A code is never a link, for a link is
//! opened by whoever gets hold of the mail, and by scanners (`rulings.md`, proof of ownership). Names lose control
//! characters before they get here; the HTML form escapes them.

use askama::Template;
use usher_broker::mail::{MailRenderer, RenderedMail};
use usher_domain::{Mail, MailContent};

use crate::i18n::{Language, Texts};
use crate::pages::Link;

mod security;
#[cfg(test)]
mod tests;

/// What the person needs from the mail.
#[derive(Debug)]
enum Key {
    /// Nothing: it only tells.
    None,
    /// A code to type.
    Code(String),
    /// A link to open.
    Link(Link),
}

/// The parts of a letter.
#[derive(Debug)]
struct Parts {
    subject: String,
    paragraphs: Vec<String>,
    key: Key,
    after: Vec<String>,
}

#[derive(Debug, Template)]
#[template(path = "mail/letter.txt", whitespace = "preserve")]
struct PlainLetter<'a> {
    heading: &'a str,
    paragraphs: &'a [String],
    key: &'a Key,
    after: &'a [String],
    footer: &'a str,
}

#[derive(Debug, Template)]
#[template(path = "mail/letter.html")]
struct HtmlLetter<'a> {
    language: Language,
    heading: &'a str,
    paragraphs: &'a [String],
    key: &'a Key,
    after: &'a [String],
    footer: &'a str,
}

/// Renders every mail of this installation.
pub struct Letters {
    public_url: String,
}

impl Letters {
    /// For the installation at this URL, which every letter names.
    pub fn new(public_url: &str) -> Self {
        Self { public_url: public_url.to_owned() }
    }
}

impl MailRenderer for Letters {
    fn render(&self, mail: &Mail) -> RenderedMail {
        let language = mail.language.as_deref().and_then(Language::from_tag).unwrap_or_default();
        let texts = Texts(language);
        let Parts { subject, paragraphs, key, after } = parts(texts, &mail.content);
        let footer = texts.t1("mail-footer", "url", &self.public_url);
        let (heading, key, footer) = (subject.as_str(), &key, footer.as_str());
        let (paragraphs, after) = (paragraphs.as_slice(), after.as_slice());
        let text = PlainLetter { heading, paragraphs, key, after, footer }.render();
        let html = HtmlLetter { language, heading, paragraphs, key, after, footer }.render();
        // Only a broken formatter fails here; a mail that says too little is better than none.
        RenderedMail { text: text.unwrap_or_else(|_| subject.clone()), html: html.unwrap_or_default(), subject }
    }
}

fn parts(texts: Texts, content: &MailContent) -> Parts {
    match content {
        MailContent::AccountLinked { connection, external } => Parts {
            subject: texts.t1("mail-linked-subject", "connection", connection),
            paragraphs: vec![
                texts.t1("mail-linked-text", "connection", connection),
                texts.t1("mail-linked-external", "external", external),
            ],
            key: Key::None,
            after: vec![texts.t("mail-not-you")],
        },
        MailContent::AccountUnlinked { connection } => Parts {
            subject: texts.t1("mail-unlinked-subject", "connection", connection),
            paragraphs: vec![texts.t1("mail-unlinked-text", "connection", connection)],
            key: Key::None,
            after: vec![texts.t("mail-not-you")],
        },
        MailContent::OwnershipCode { code, connection, minutes } => Parts {
            subject: texts.t("mail-code-subject"),
            paragraphs: vec![texts.t1("mail-code-text", "connection", connection)],
            key: Key::Code(code.clone()),
            after: vec![texts.count("mail-code-life", "minutes", u64::from(*minutes)), texts.t("mail-code-warning")],
        },
        MailContent::Invitation { link, username, hours } => Parts {
            subject: texts.t("mail-invitation-subject"),
            paragraphs: vec![texts.t1("mail-invitation-text", "username", username)],
            key: Key::Link(Link { text: texts.t("mail-invitation-link"), href: link.clone() }),
            after: vec![
                texts.count("mail-invitation-life", "hours", u64::from(*hours)),
                texts.t("mail-invitation-warning"),
            ],
        },
        MailContent::ByScript { subject, paragraphs } => {
            Parts { subject: subject.clone(), paragraphs: paragraphs.clone(), key: Key::None, after: Vec::new() }
        }
        MailContent::Test => Parts {
            subject: texts.t("mail-test-subject"),
            paragraphs: vec![texts.t("mail-test-text")],
            key: Key::None,
            after: Vec::new(),
        },
        security => security::parts(texts, security),
    }
}
