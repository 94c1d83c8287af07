//! What is known about a person: with its sources, and changed by its owner only where the schema says so.

use serde_json::json;

use super::walk::{ANN, BEN, Person, is_sign_in, subjects};
use crate::support::smtp::Sink;
use crate::support::{Form, Idp, Page, Setup, Usher};

const NEW: &str = "ann@new.test";

fn theirs(name: &str) -> serde_json::Value {
    json!({ "name": name, "writers": "person_too" })
}

/// Every value says who set it and when.
#[tokio::test]
async fn every_value_names_its_source() {
    let acme = Idp::start().await;
    let setup = Setup::new().idp("acme", &acme).person(ANN.0, ANN.1).attribute(theirs("nickname"));
    let usher = setup.attribute(theirs("given_name")).start().await;
    let mut browser = usher.browser();
    let page = browser.open(usher.url("/account/profile")).await.page();
    let page = browser.click(&page, "/go/acme").await.page();
    let known = page.text("#known");
    assert!(known.contains("alice@") && known.contains("From Acme"), "{known}");
    assert!(known.contains("First name") && known.contains("Confirmed by the provider"), "{known}");
    let form = page.form_with("attribute-nickname");
    assert!(!form.encoded().contains("attribute-given_name"), "what a provider feeds is read only: {form:?}");
    let mut ann = Person::new(&usher, ANN);
    let page = ann.open("/profile").await;
    assert!(page.text("#known").contains("Set up with the service"), "{page}");
    assert!(page.has("#attribute-given_name"), "no provider feeds hers: {page}");
}

/// A person changes what the schema leaves to them; an earlier page does not overwrite a later change.
#[tokio::test]
async fn people_change_what_is_theirs() {
    let usher = Setup::new().person(ANN.0, ANN.1).attribute(theirs("nickname")).start().await;
    let mut ann = Person::new(&usher, ANN);
    let form = ann.open("/profile").await.form_with("attribute-nickname");
    let page = ann.send(form.clone().set("attribute-nickname", "Annie")).await;
    assert!(page.has("[role=status]") && page.text("main").contains("Set by you"), "{page}");
    let kept = usher.database.attributes("ann").await["nickname"].clone();
    assert_eq!((&kept["values"], &kept["source"]["by"]), (&json!(["Annie"]), &json!("person")));
    let page = ann.send(form.set("attribute-nickname", "Nan")).await;
    assert_eq!(page.status(), 409, "{page}");
    let form = ann.open("/profile").await.form_with("attribute-nickname");
    let page = ann.send(form.clone().set("attribute-nickname", &"x".repeat(1001))).await;
    assert!(page.status() == 422 && page.text("title").starts_with("Error:"), "{page}");
    ann.send(form.set("attribute-nickname", " ")).await;
    assert!(usher.database.attributes("ann").await.get("nickname").is_none(), "emptied");
    assert_eq!(ann.audited("user.profile_changed").await, 2);
}

/// A form that names more than the page offers changes nothing more.
#[tokio::test]
async fn web_23_mass_assignment() {
    let usher = Setup::new()
        .person(ANN.0, ANN.1)
        .attribute(theirs("nickname"))
        .attribute(json!({ "name": "employee", "unique": true, "writers": "person_too" }))
        .attribute(theirs("email"))
        .start()
        .await;
    let mut ann = Person::new(&usher, ANN);
    let before = usher.database.texts("SELECT username || state || attributes FROM users").await.remove(0);
    let page = ann.open("/profile").await;
    let form = page.form_with("attribute-nickname");
    let (csrf, version) = (form.value("csrf").to_owned(), form.value("version").to_owned());
    let id = ann.id().await;
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", &version),
        ("attribute-email", "ann@evil.test"),
        ("attribute-employee", "1"),
        ("attribute-given_name", "Eve"),
        ("attribute-groups", "admins"),
        ("email_verified", "true"),
        ("username", "root"),
        ("state", "active"),
        ("role", "owner"),
        ("user", &id),
    ];
    let page = ann.send(Form::forged(&usher.url("/account/profile"), &fields)).await;
    assert_eq!(page.status(), 200, "{page}");
    assert_eq!(usher.database.texts("SELECT username || state || attributes FROM users").await, [before]);
    assert_eq!(usher.database.count("SELECT count(*) FROM roles").await, 0);
    let mut more = fields.to_vec();
    more.push(("attribute-nickname", "Annie"));
    ann.send(Form::forged(&usher.url("/account/profile"), &more)).await;
    let kept = usher.database.attributes("ann").await;
    assert_eq!((&kept["nickname"]["values"], kept.get("employee")), (&json!(["Annie"]), None));
    assert_eq!(kept["email"]["values"], json!(["ann@corp.test"]));
}

async fn with_mail() -> (Usher, Sink) {
    let sink = Sink::start().await;
    let setup = Setup::new().mail(&sink).person(ANN.0, ANN.1).person(BEN.0, BEN.1).attribute(theirs("email"));
    (setup.start().await, sink)
}

/// Asks for a code to an address; the page that takes it.
async fn asked(person: &mut Person<'_>, address: &str) -> Page {
    let page = person.open("/email").await;
    person.send(page.form_with("address").set("address", address).set("act", "send")).await
}

/// The code of the mail that came last.
async fn code(sink: &Sink, count: usize) -> String {
    let text = sink.wait_for(count).await.pop().expect("a mail").text();
    let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
    text.split_whitespace().find(is_code).expect("a code").to_owned()
}

fn typed(page: &Page, code: &str) -> Form {
    page.form_with("code").set("code", code).set("act", "code")
}

/// A new address counts once its code is typed; the old one is told.
#[tokio::test]
async fn an_address_is_changed_by_a_code_that_was_mailed_to_it() {
    let (usher, sink) = with_mail().await;
    let mut ann = Person::new(&usher, ANN);
    let page = asked(&mut ann, NEW).await;
    let code = code(&sink, 1).await;
    assert_eq!(usher.database.attributes("ann").await["email"]["values"], json!(["ann@corp.test"]), "not yet");
    let wrong = ann.send(typed(&page, "000000")).await;
    assert!(wrong.status() == 422 || code == "000000", "{wrong}");
    let done = ann.send(typed(&page, &code)).await;
    assert!(done.has("[role=status]") && done.text("#known").contains("Confirmed by you"), "{done}");
    let email = usher.database.attributes("ann").await["email"].clone();
    assert_eq!((&email["values"], &email["verified"]), (&json!([NEW]), &json!("by_person")));
    let told = subjects(&sink, 2).await;
    assert!(told.iter().any(|subject| subject.contains("address was changed")), "{told:?}");
    let mails = sink.mails();
    assert_eq!(mails.last().and_then(|mail| mail.header("To")).as_deref(), Some("ann@corp.test"), "to the old one");
    assert_eq!(ann.audited("user.email_changed").await, 1);
    assert_eq!(ann.send(typed(&page, &code)).await.status(), 422, "once");
}

/// A code is worth nothing to another session, after the address was changed elsewhere, or too late.
#[tokio::test]
async fn link_04_a_pending_change_dies_with_what_it_rests_on() {
    let (usher, sink) = with_mail().await;
    let mut ann = Person::new(&usher, ANN);
    let page = asked(&mut ann, NEW).await;
    let first = code(&sink, 1).await;
    let mut other = ann.elsewhere();
    let form = other.open("/email").await.form_with("address");
    let stolen =
        Form::forged(&usher.url("/account/email"), &[("csrf", form.value("csrf")), ("act", "code"), ("code", &first)]);
    assert_eq!(other.send(stolen).await.status(), 422, "another session of hers");
    usher
        .database
        .execute("UPDATE users SET attributes = replace(attributes, 'ann@corp.test', 'ann@claimed.test'), revision = revision + 1")
        .await;
    assert_eq!(ann.send(typed(&page, &first)).await.status(), 422, "the address was changed meanwhile");
    assert_eq!(usher.database.attributes("ann").await["email"]["values"], json!(["ann@claimed.test"]));
    let page = asked(&mut ann, NEW).await;
    let second = code(&sink, 2).await;
    usher.database.execute("DELETE FROM sessions").await;
    assert!(is_sign_in(&ann.send(typed(&page, &second)).await), "the session was ended");
    let page = asked(&mut ann, NEW).await;
    let third = code(&sink, 3).await;
    usher.advance(301);
    let late = ann.submit(typed(&page, &third)).await;
    assert!(!late.has("[role=status].ok") || late.url.path() == "/account/email", "{late}");
    assert_eq!(usher.database.attributes("ann").await["email"]["values"], json!(["ann@claimed.test"]));
}

/// Whether an address belongs to somebody else is told only to whoever reads its mail, and it stays theirs.
#[tokio::test]
async fn an_address_of_another_account_stays_there() {
    let (usher, sink) = with_mail().await;
    let mut ann = Person::new(&usher, ANN);
    let page = asked(&mut ann, "ben@corp.test").await;
    assert!(page.has("[name=code]"), "the page is as for a free one: {page}");
    let refused = ann.send(typed(&page, &code(&sink, 1).await)).await;
    assert!(refused.status() == 422 && refused.text(".error-summary").contains("another account"), "{refused}");
    assert_eq!(usher.database.attributes("ann").await["email"]["values"], json!(["ann@corp.test"]));
}

/// Guesses are counted, also over several codes.
#[tokio::test]
async fn mfa_06_guesses_at_the_code_are_counted() {
    let (usher, sink) = with_mail().await;
    let mut ann = Person::new(&usher, ANN);
    let page = asked(&mut ann, NEW).await;
    let code = code(&sink, 1).await;
    let wrong = if code == "111111" { "222222" } else { "111111" };
    for _ in 0..5 {
        assert_eq!(ann.send(typed(&page, wrong)).await.status(), 422);
    }
    assert_eq!(ann.send(typed(&page, &code)).await.status(), 422, "right, but too late");
    assert_eq!(usher.database.attributes("ann").await["email"]["values"], json!(["ann@corp.test"]));
}

/// Without the schema's word there is no such page; with an old sign-in the person signs in first.
#[tokio::test]
async fn an_address_needs_the_schema_and_a_fresh_sign_in() {
    let closed = Setup::new().person(ANN.0, ANN.1).start().await;
    let mut ann = Person::new(&closed, ANN);
    ann.open("").await;
    assert_eq!(ann.look("/email").await.error_code().as_deref(), Some("not_found"));
    let (usher, _sink) = with_mail().await;
    let mut ann = Person::new(&usher, ANN);
    let form = ann.open("/email").await.form_with("address").set("address", NEW).set("act", "send");
    usher.advance(301);
    assert!(is_sign_in(&ann.send(form).await));
    assert!(is_sign_in(&ann.look("/email").await));
    assert_eq!(ann.open("/email").await.url.path(), "/account/email", "and comes back");
}
