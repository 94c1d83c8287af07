//! Every letter in every language: complete, escaped, with nothing loaded from afar.

use usher_broker::mail::{MailRenderer, RenderedMail};
use usher_domain::{EmailAddress, Mail, MailContent};

use super::Letters;

const EVIL: &str = "Acme\r\nBcc: m@mallory.test <img src=//mallory.test/x>{{ 7*7 }}\u{202e}";

fn all(name: &str) -> Vec<MailContent> {
    let name = || name.to_owned();
    vec![
        MailContent::AccountLinked { connection: name(), external: name() },
        MailContent::AccountUnlinked { connection: name() },
        MailContent::OwnershipCode { code: "4711-0815".into(), connection: name(), minutes: 10 },
        MailContent::Invitation { link: "https://id.corp.test/setup/abc".into(), username: name(), hours: 72 },
        MailContent::Test,
    ]
}

fn rendered(content: MailContent, language: Option<&str>) -> RenderedMail {
    let to = EmailAddress::parse("bob@corp.test").unwrap();
    Letters::new("https://id.corp.test").render(&Mail { to, language: language.map(str::to_owned), content })
}

#[test]
fn every_letter_is_complete_in_every_language() {
    for language in [None, Some("en"), Some("de"), Some("de-AT"), Some("fr")] {
        for content in all("Acme") {
            let mail = rendered(content.clone(), language);
            for part in [&mail.subject, &mail.text, &mail.html] {
                assert!(!part.trim().is_empty() && !part.contains("mail-"), "{language:?} {content:?}: {part}");
            }
            assert!(mail.text.starts_with(&mail.subject), "{}", mail.text);
            assert!(mail.text.contains("https://id.corp.test") && mail.html.contains("https://id.corp.test"));
            assert_eq!(mail.html.contains("lang=\"de\""), language.is_some_and(|tag| tag.starts_with("de")));
        }
    }
}

#[test]
fn codes_and_links_stand_on_lines_of_their_own() {
    let [_, _, code, invitation, _] = all("Acme").try_into().unwrap();
    let mail = rendered(code, None);
    assert!(mail.text.lines().any(|line| line.trim() == "4711-0815"), "{}", mail.text);
    assert!(mail.text.contains("10 minutes") && mail.html.contains("4711-0815"), "{}", mail.text);
    assert!(!mail.html.contains("<a "), "a code is typed, not clicked");
    let mail = rendered(invitation, None);
    assert!(mail.text.lines().any(|line| line == "https://id.corp.test/setup/abc"), "{}", mail.text);
    assert!(mail.html.contains("href=\"https://id.corp.test/setup/abc\""), "{}", mail.html);
    assert!(!mail.text.contains("\n\n\n"), "{}", mail.text);
}

#[test]
fn web_09_and_10_names_are_only_ever_text() {
    for content in all(EVIL) {
        let mail = rendered(content.clone(), None);
        assert!(!mail.subject.contains(char::is_control), "{content:?}: {:?}", mail.subject);
        assert!(!mail.html.contains("<img") && !mail.html.contains("\u{202e}"), "{content:?}: {}", mail.html);
        assert!(!mail.html.contains("49") && !mail.text.contains("49"), "{content:?}");
        assert!(!mail.text.lines().any(|line| line.starts_with("Bcc:")), "{content:?}: {}", mail.text);
    }
}
