//! URLs of mail servers, and messages whose parts try to be headers. Sending is told in `tests/login/mail.rs`.

use usher_broker::mail::{Envelope, MailFault, MailSecurity, RenderedMail};
use usher_domain::{EmailAddress, MailId, SecretText};

use super::address::SmtpUrl;
use super::{Smtp, SmtpError};

fn url(text: &str) -> Result<SmtpUrl, SmtpError> {
    SmtpUrl::parse(&SecretText::new(text))
}

#[test]
fn urls_say_how_the_way_is_protected() {
    for (text, address, security) in [
        ("smtps://mail.corp.test", "mail.corp.test:465", MailSecurity::Tls),
        ("smtps://localhost", "localhost:465", MailSecurity::Tls),
        ("smtp://mail.corp.test", "mail.corp.test:587", MailSecurity::StartTls),
        ("smtp://mail.corp.test:2525/", "mail.corp.test:2525", MailSecurity::StartTls),
        ("smtp://10.0.0.7", "10.0.0.7:587", MailSecurity::StartTls),
        ("smtp://10.0.0.7?tls=off", "10.0.0.7:25", MailSecurity::Plain),
        ("smtp://localhost?tls=required", "localhost:587", MailSecurity::StartTls),
        ("smtp://localhost", "localhost:25", MailSecurity::Plain),
        ("smtp://127.0.0.1:1025", "127.0.0.1:1025", MailSecurity::Plain),
        ("smtp://[::1]:1025", "[::1]:1025", MailSecurity::Plain),
        ("smtp://[2001:db8::1]", "[2001:db8::1]:587", MailSecurity::StartTls),
    ] {
        let read = url(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        assert_eq!((read.address().as_str(), read.security), (address, security), "{text}");
    }
}

#[test]
fn credentials_are_decoded_and_never_sent_in_the_clear() {
    let read = url("smtps://usher%40corp.test:p%40ss%3Aword@mail.corp.test").unwrap();
    let (name, password) = read.credentials.unwrap();
    assert_eq!((name.as_str(), password.expose()), ("usher@corp.test", "p@ss:word"));
    assert!(url("smtp://u:p@localhost").is_ok());
    assert!(url("smtp://u:p@mail.corp.test").is_ok());
    for bad in ["smtp://u:p@mail.corp.test?tls=off", "smtps://u@mail.corp.test", "smtps://:p@mail.corp.test"] {
        assert!(url(bad).is_err(), "{bad}");
    }
}

/// In a runtime: the pool of connections has a task of its own.
#[tokio::test]
async fn what_is_no_mail_server_is_refused() {
    for bad in [
        "",
        "mail.corp.test",
        "https://mail.corp.test",
        "smtp://",
        "smtps://mail.corp.test?tls=off",
        "smtp://mail.corp.test?tls=opportunistic",
        "smtp://mail.corp.test/ehlo",
        "smtp://mail.corp.test#x",
    ] {
        assert!(url(bad).is_err(), "{bad}");
    }
    assert!(Smtp::new(&SecretText::new("smtps://mail.corp.test"), "Usher <no-reply@corp.test>").is_ok());
    for bad in ["", "nobody", "a@b@c", "Usher <no-reply@corp.test>\r\nBcc: <m@mallory.test>"] {
        assert!(Smtp::new(&SecretText::new("smtps://mail.corp.test"), bad).is_err(), "{bad}");
    }
}

#[test]
fn a_fault_names_no_password() {
    let fault = url("smtp://u:hunter2@mail.corp.test?tls=off").err().unwrap();
    assert!(!format!("{fault} {fault:?}").contains("hunter2"));
}

struct Counting;

impl usher_domain::Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn message(to: &str, subject: &str) -> Result<String, MailFault> {
    let smtp = Smtp::new(&SecretText::new("smtps://mail.corp.test"), "Usher <no-reply@corp.test>").unwrap();
    let envelope = Envelope {
        id: MailId::random(&Counting),
        to: EmailAddress::parse(to).unwrap(),
        at: chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
    };
    let text = "Hello\r\n.\r\nMAIL FROM:<m@mallory.test>\r\n".to_owned();
    let mail = RenderedMail { subject: subject.to_owned(), text, html: "<p>Hello</p>".to_owned() };
    Ok(String::from_utf8(smtp.message(&envelope, mail)?.formatted()).unwrap())
}

/// In a runtime: the pool of connections has a task of its own.
#[tokio::test]
async fn web_09_no_subject_adds_a_header() {
    let plain = message("bob@corp.test", "Linked to Acme").unwrap();
    assert!(plain.contains("Subject: Linked to Acme\r\n") && plain.contains("To: bob@corp.test\r\n"), "{plain}");
    assert!(plain.contains("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"), "{plain}");
    for evil in ["x\r\nBcc: m@mallory.test", "x\nBcc: m@mallory.test", "x\rBcc: m@mallory.test", "x\0y\u{85}Bcc: z"] {
        let text = message("bob@corp.test", evil).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let names: Vec<&str> =
            head.lines().filter(|line| !line.starts_with(' ')).filter_map(|l| l.split(':').next()).collect();
        assert!(!names.iter().any(|name| name.eq_ignore_ascii_case("bcc")), "{evil:?}: {head}");
        assert_eq!(names.iter().filter(|name| **name == "Subject").count(), 1, "{evil:?}: {head}");
    }
}
