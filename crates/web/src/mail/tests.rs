//! Every letter in every language: complete, escaped, with nothing loaded from afar.

use usher_broker::mail::{MailRenderer, RenderedMail};
use usher_domain::{Authenticator, EmailAddress, Mail, MailContent};

use super::Letters;

const EVIL: &str = "Acme\r\nBcc: m@mallory.test <img src=//mallory.test/x>{{ 7*7 }}\u{202e}";

fn all(name: &str) -> Vec<MailContent> {
    let name = || name.to_owned();
    vec![
        MailContent::AccountLinked { connection: name(), external: name() },
        MailContent::AccountUnlinked { connection: name() },
        MailContent::OwnershipCode { code: "4711-0815".into(), connection: name(), minutes: 10 },
        MailContent::Invitation { link: "https://id.corp.test/setup/abc".into(), username: name(), hours: 72 },
        MailContent::SignInCode { code: "314159".into(), application: name(), minutes: 10 },
        MailContent::PasswordReset {
            link: "https://id.corp.test/login/reset/abc".into(),
            username: name(),
            minutes: 30,
        },
        MailContent::FactorAdded { factor: Authenticator::Totp, name: name() },
        MailContent::FactorRemoved { factor: Authenticator::Passkey, name: name() },
        MailContent::PasswordChanged,
        MailContent::RecoveryCodesMade,
        MailContent::RecoveryCodeUsed { left: 3 },
        MailContent::FactorsReset,
        MailContent::BypassIssued { minutes: 60 },
        MailContent::BypassUsed,
        MailContent::FactorsLocked { minutes: 15 },
        MailContent::EmailChangeCode { code: "271828".into(), minutes: 5 },
        MailContent::EmailChanged { address: name() },
        MailContent::AccountSecured,
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
    let mut all = all("Acme").into_iter().skip(2);
    let (code, invitation) = (all.next().unwrap(), all.next().unwrap());
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
fn a_change_of_protection_says_what_to_do_if_it_was_somebody_else() {
    let notices = all("Acme").into_iter().filter(|content| {
        !matches!(
            content,
            MailContent::OwnershipCode { .. }
                | MailContent::SignInCode { .. }
                | MailContent::EmailChangeCode { .. }
                | MailContent::Invitation { .. }
                | MailContent::PasswordReset { .. }
                | MailContent::Test
        )
    });
    for content in notices {
        let mail = rendered(content.clone(), None);
        assert!(mail.text.contains("If this was not you"), "{content:?}: {}", mail.text);
        assert!(!mail.html.contains("<a "), "a notice leads nowhere");
    }
}

#[test]
fn every_factor_has_a_name_in_every_language() {
    for language in ["en", "de"] {
        for factor in Authenticator::ALL {
            let mail = rendered(MailContent::FactorAdded { factor, name: "Phone".into() }, Some(language));
            assert!(mail.text.contains("Phone") && !mail.text.contains("mail-"), "{}", mail.text);
        }
    }
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
