//! Mail leaves after its deed, once, whatever the mail server does meanwhile (REL-15).

use serde_json::json;

use crate::console::admin_of;
use crate::console::invitations::invite;
use crate::support::{Application, Idp, Mood, Setup, Sink, Usher};

const BOB: (&str, &str) = ("bob", "another long secret");
const WAITING: &str = "SELECT count(*) FROM outbox";

/// An installation whose people have no password yet, and one who has.
async fn installation(sink: &Sink, people: usize) -> (Usher, Application) {
    let shop = Application::web("shop");
    (setup(sink, &shop, people).start().await, shop)
}

fn setup(sink: &Sink, shop: &Application, people: usize) -> Setup {
    let setup = Setup::new().admin("root", "a good long secret").app(shop).person(BOB.0, BOB.1).mail(sink);
    (0..people).fold(setup, |setup, number| {
        let name = format!("new-{number}");
        let email = format!("{name}@corp.test");
        setup.user(json!({ "username": name, "email": email, "email_verified": true }))
    })
}

/// A deed that is refused tells nobody; one that is done tells its person, once.
#[tokio::test]
async fn a_mail_is_sent_if_its_deed_is_done() {
    let sink = Sink::start().await;
    let (mut usher, _) = installation(&sink, 1).await;
    let mut browser = admin_of(&usher).await;
    let refused = invite(&usher, &mut browser, BOB.0).await;
    assert_eq!(refused.status(), 422, "{refused}");
    assert_eq!(usher.database.count(WAITING).await, 0);
    let done = invite(&usher, &mut browser, "new-0").await;
    assert!(done.text("[role=status]").contains("on its way"), "{done}");
    let mails = sink.wait_for(1).await;
    assert_eq!(mails[0].to, ["new-0@corp.test"]);
    assert_eq!(mails[0].from, "no-reply@usher.test");
    assert_eq!(mails[0].subject(), "Set your password");
    assert_eq!(mails[0].header("From").as_deref(), Some("Usher <no-reply@usher.test>"));
    assert!(mails[0].text().contains("new-0") && mails[0].html().contains("new-0"), "{}", mails[0].raw);
    for header in ["To", "From", "Subject", "Date", "Message-ID", "MIME-Version"] {
        assert_eq!(mails[0].count(header), 1, "{header}: {}", mails[0].raw);
    }
    assert_eq!(usher.nodes[0].stop().await, Some(0));
    assert_eq!(usher.database.count(WAITING).await, 0, "it is sent: nothing waits");
    assert_eq!(sink.mails().len(), 1);
}

/// While the server is down people sign in and the mail waits, sealed; it goes when the server is back, restart or not.
#[tokio::test]
async fn rel_15_a_server_that_is_down_keeps_nobody_waiting() {
    let sink = Sink::start().await;
    sink.is(Mood::Down);
    let (mut usher, shop) = installation(&sink, 1).await;
    let mut browser = admin_of(&usher).await;
    invite(&usher, &mut browser, "new-0").await;
    sink.wait_for_tries(1).await;
    usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    assert_eq!(usher.nodes[0].stop().await, Some(0));
    assert_eq!(usher.database.count(WAITING).await, 1);
    let log = usher.nodes[0].log();
    assert!(log.contains("mail not sent yet") && !log.contains("new-0@corp.test"), "{log}");
    sink.is(Mood::Takes);
    usher.advance(20);
    usher.restart().await;
    let mails = sink.wait_for(1).await;
    let link = mails[0].link(&usher.url("/setup/")).expect("a link");
    let token = link.rsplit('/').next().expect("a token");
    assert_eq!(usher.nodes[0].stop().await, Some(0));
    assert!(!usher.files_hold(token), "the link stands in a file");
    assert_eq!((usher.database.count(WAITING).await, sink.mails().len()), (0, 1));
}

/// A server that never answers is left alone; the mail goes when its lease is over.
#[tokio::test]
async fn rel_15_a_server_that_stalls_keeps_nobody_waiting() {
    let sink = Sink::start().await;
    sink.is(Mood::Stalls);
    let (mut usher, shop) = installation(&sink, 1).await;
    let mut browser = admin_of(&usher).await;
    invite(&usher, &mut browser, "new-0").await;
    sink.wait_for_tries(1).await;
    usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    assert_eq!(usher.nodes[0].stop().await, Some(0), "a stop does not wait for the server either");
    sink.is(Mood::Takes);
    usher.advance(180);
    usher.restart().await;
    assert_eq!(sink.wait_for(1).await.len(), 1);
}

/// A server that reads a mail and hangs up has not taken it.
#[tokio::test]
async fn rel_15_a_mail_that_was_dropped_is_sent_again() {
    let sink = Sink::start().await;
    sink.is(Mood::Drops);
    let (mut usher, _) = installation(&sink, 1).await;
    let mut browser = admin_of(&usher).await;
    invite(&usher, &mut browser, "new-0").await;
    sink.wait_for_tries(1).await;
    usher.nodes[0].stop().await;
    assert_eq!(sink.mails().len(), 0);
    sink.is(Mood::Takes);
    usher.advance(180);
    usher.restart().await;
    assert_eq!(sink.wait_for(1).await[0].to, ["new-0@corp.test"]);
}

/// "Later" is tried again, "never" is not: it is given up with an audit event, and no log names the address.
#[tokio::test]
async fn rel_15_a_refused_mail_is_given_up() {
    let sink = Sink::start().await;
    let (mut usher, _) = installation(&sink, 2).await;
    let mut browser = admin_of(&usher).await;
    for (person, code, waits) in [("new-0", 451, 1), ("new-1", 550, 1)] {
        sink.is(Mood::Refuses(code));
        let tries = sink.tries();
        invite(&usher, &mut browser, person).await;
        sink.wait_for_tries(tries + 1).await;
        usher.nodes[0].stop().await;
        assert_eq!(usher.database.count(WAITING).await, waits, "{code}");
        usher.restart().await;
        browser = admin_of(&usher).await;
    }
    let given_up = usher.database.texts("SELECT detail FROM audit WHERE action = 'mail.given_up'").await;
    assert_eq!(given_up.len(), 1, "{given_up:?}");
    assert!(given_up[0].contains("\"refused\""), "{given_up:?}");
    let failure = usher.database.texts("SELECT value FROM settings WHERE name = 'mail.last_failure'").await.concat();
    assert!(failure.contains("550") && failure.contains("[address]") && !failure.contains("corp.test"), "{failure}");
    sink.is(Mood::Takes);
    usher.advance(24 * 3_600);
    let mails = sink.wait_for(1).await;
    usher.nodes[0].stop().await;
    assert_eq!((mails[0].to[0].as_str(), sink.mails().len()), ("new-0@corp.test", 1));
    let all = [usher.nodes[0].log(), given_up.concat()].concat();
    assert!(!all.contains("new-1@corp.test"), "{all}");
}

/// A mail that cannot be sent in time is not sent late: its link would be dead.
#[tokio::test]
async fn a_mail_whose_time_is_over_is_given_up() {
    let sink = Sink::start().await;
    sink.is(Mood::Down);
    let (mut usher, _) = installation(&sink, 2).await;
    let mut browser = admin_of(&usher).await;
    invite(&usher, &mut browser, "new-0").await;
    sink.wait_for_tries(1).await;
    usher.nodes[0].stop().await;
    usher.advance(73 * 3_600);
    sink.is(Mood::Takes);
    usher.restart().await;
    let mut browser = admin_of(&usher).await;
    invite(&usher, &mut browser, "new-1").await;
    let mails = sink.wait_for(1).await;
    assert_eq!(mails[0].to, ["new-1@corp.test"]);
    usher.nodes[0].stop().await;
    let given_up = usher.database.texts("SELECT detail FROM audit WHERE action = 'mail.given_up'").await.concat();
    assert!(given_up.contains("\"expired\""), "{given_up}");
    assert_eq!((usher.database.count(WAITING).await, sink.mails().len()), (0, 1));
}

/// Two nodes find twelve mails due at once, more than one of them takes: each mail is sent by one node.
#[tokio::test]
async fn two_nodes_send_nothing_twice() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    sink.is(Mood::Down);
    let mut usher = setup(&sink, &shop, 12).on_postgres().await.start().await;
    let mut browser = admin_of(&usher).await;
    for number in 0..12 {
        invite(&usher, &mut browser, &format!("new-{number}")).await;
    }
    usher.nodes[0].stop().await;
    assert_eq!(usher.database.count(WAITING).await, 12);
    sink.is(Mood::Stalls);
    let tries = sink.tries();
    // Nothing is due until both are there.
    usher.advance(-600);
    usher.add_node().await;
    usher.restart().await;
    usher.advance(600 + 3_700);
    sink.wait_for_tries(tries + 12).await;
    sink.is(Mood::Takes);
    let mails = sink.wait_for(12).await;
    for node in 0..2 {
        assert_eq!(usher.nodes[node].stop().await, Some(0));
    }
    let mut to: Vec<String> = mails.iter().flat_map(|mail| mail.to.clone()).collect();
    to.sort();
    to.dedup();
    assert_eq!((to.len(), sink.mails().len(), sink.tries() - tries), (12, 12, 12));
    assert_eq!(usher.database.count(WAITING).await, 0);
}

/// The person of a linked account is told in their language; names from elsewhere stay text (WEB-09, WEB-10).
#[tokio::test]
async fn web_09_a_link_is_told_and_names_stay_text() {
    let (sink, acme, shop) = (Sink::start().await, Idp::start().await, Application::web("shop"));
    let mut entry = acme.connection("acme");
    entry["linking"] = json!({});
    entry["name"] = json!("Müller & <b>Söhne</b>\" <m@mallory.test>, Bcc: x");
    entry["mapping"] = json!({ "email": "email" });
    let setup = Setup::new().idp_with(&acme, entry).app(&shop).mail(&sink);
    let bob = json!({ "username": "bob", "email": "bob@corp.test", "email_verified": true, "attributes": { "locale": "de-AT" } });
    let usher = setup.user(bob).start().await;
    acme.claims(|claims| {
        *claims = json!({ "sub": "bob-1", "email": "bob@corp.test", "email_verified": true });
    });
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let mails = sink.wait_for(1).await;
    let mail = &mails[0];
    assert_eq!(mail.to, ["bob@corp.test"]);
    let subject = mail.subject();
    assert!(subject.starts_with("Sie können") && subject.contains("Müller & <b>Söhne</b>"), "{subject}");
    assert_eq!((mail.count("Bcc"), mail.count("To"), mail.count("Subject")), (0, 1, 1), "{}", mail.raw);
    assert!(mail.text().contains("Müller & <b>Söhne</b>") && !mail.html().contains("<b>Söhne"), "{}", mail.html());
    assert!(!mail.text().contains("bob@corp.test"), "the external address is masked: {}", mail.text());
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert_eq!(sink.mails().len(), 1, "told once");
}

/// A server without a sender, or with a password that would travel in the clear, is a mistake said in one line without it.
#[tokio::test]
async fn a_wrong_configuration_is_said_at_the_start() {
    let url = "smtp://usher:hunter2hunter2@mail.corp.test?tls=off";
    for setup in [
        Setup::new().argument("--smtp-url", "smtps://mail.corp.test"),
        Setup::new().argument("--smtp-url", url).argument("--mail-from", "no-reply@corp.test"),
        Setup::new().argument("--smtp-url", "smtps://mail.corp.test").argument("--mail-from", "nobody"),
    ] {
        let said = setup.does_not_start().await;
        assert!(said.contains("smtp_url") || said.contains("mail_from"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
