//! Settings › Email: what is configured, what failed, a test that says what the server said.

use super::{admin_of, open, with_admin};
use crate::support::{Browser, Mood, Page, Setup, Sink, Usher};

async fn test_mail(usher: &Usher, browser: &mut Browser, to: &str) -> Page {
    let page = open(usher, browser, "/settings/email").await;
    browser.submit(page.form_with("to").set("to", to)).await.page()
}

#[tokio::test]
async fn without_a_server_the_page_says_how_to_get_one() {
    let usher = with_admin(Setup::new()).start().await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, "/settings/email").await;
    assert!(page.text("main").contains("USHER_SMTP_URL") && !page.has("#to"), "{page}");
    assert_eq!(page.text("nav [aria-current=page]"), "Settings");
}

#[tokio::test]
async fn a_test_mail_says_what_the_server_said() {
    let sink = Sink::start().await;
    let usher = with_admin(Setup::new()).mail(&sink).start().await;
    let mut browser = admin_of(&usher).await;
    let sent = test_mail(&usher, &mut browser, "ops@corp.test").await;
    assert!(sent.text("[role=status]").contains("took the test mail"), "{sent}");
    let mails = sink.wait_for(1).await;
    assert_eq!((mails[0].subject().as_str(), mails[0].to[0].as_str()), ("Test mail", "ops@corp.test"));
    let page = open(&usher, &mut browser, "/settings/email").await;
    let forged = page.form_with("to").set("to", "ops@corp.test").without("csrf");
    assert_eq!(browser.submit(forged).await.page().status(), 403, "a form of another site sends nothing");
    let malformed = test_mail(&usher, &mut browser, "ops@corp.test\r\nBcc: m@mallory.test").await;
    assert!(malformed.status() == 422 && malformed.has("#to-error"), "{malformed}");
    sink.is(Mood::Refuses(550));
    let refused = test_mail(&usher, &mut browser, "nobody@corp.test").await;
    assert_eq!(refused.status(), 422, "{refused}");
    assert!(refused.text("#to-error").contains("550"), "{refused}");
    sink.is(Mood::Down);
    let down = test_mail(&usher, &mut browser, "ops@corp.test").await;
    assert_eq!(down.status(), 422, "{down}");
    let page = open(&usher, &mut browser, "/settings/email").await;
    assert!(page.text("main").contains("Last failure"), "{page}");
    assert_eq!(sink.mails().len(), 1);
    let log = usher.nodes[0].log();
    assert!(!log.contains("nobody@corp.test") && !log.contains("ops@corp.test"), "{log}");
}

/// The password of the mail server is nowhere to be read (ADMIN-07).
#[tokio::test]
async fn the_servers_password_stays_out_of_page_and_log() {
    let setup = with_admin(Setup::new()).logging("debug").argument("--mail-from", "no-reply@corp.test");
    let usher = setup.argument("--smtp-url", "smtps://usher:hunter2hunter2@mail.corp.test").start().await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, "/settings/email").await;
    assert!(page.text("main").contains("mail.corp.test:465") && page.text("main").contains("TLS"), "{page}");
    assert!(!page.answer.body.contains("hunter2") && !usher.files_hold("hunter2"), "{page}");
}
