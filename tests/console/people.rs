//! People in the console: their attributes, links, sessions and end; each change takes effect and keeps its author.

use serde_json::json;

use super::{ADMIN, admin_of, open, with_admin};
use crate::support::{Application, Browser, Idp, Page, Setup, Usher};

const BOB: (&str, &str) = ("bob", "another long secret");

/// A page of somebody's.
async fn page_of(usher: &Usher, browser: &mut Browser, name: &str, tab: &str) -> Page {
    let id = id_of(usher, name).await;
    open(usher, browser, &format!("/users/{id}/{tab}")).await
}

async fn id_of(usher: &Usher, name: &str) -> String {
    usher.database.texts(&format!("SELECT id FROM users WHERE username = '{name}'")).await.remove(0)
}

/// A form is sent and accepted: the next page says so.
async fn done(browser: &mut Browser, form: crate::support::Form) -> Page {
    let page = browser.submit(form).await.page();
    assert!(page.status() == 200 && page.has("[role=status]"), "{page}");
    page
}

/// A form is sent and refused with a word about it, and what was typed is still there.
async fn refused(browser: &mut Browser, form: crate::support::Form, part: &str) -> Page {
    let page = browser.submit(form).await.page();
    assert_eq!(page.status(), 422, "{page}");
    assert!(page.text("title").starts_with("Error:") && page.text(".error-summary").contains(part), "{part}: {page}");
    page
}

/// What an admin writes keeps its author, and an address that the admin vouches for belongs to one account.
#[tokio::test]
async fn an_attribute_keeps_who_wrote_it() {
    let usher = with_admin(Setup::new()).person(BOB.0, BOB.1).person("carol", BOB.1).start().await;
    let mut browser = admin_of(&usher).await;
    let form = page_of(&usher, &mut browser, "bob", "attribute?attribute=email").await.form_with("values");
    assert_eq!(form.value("values"), "bob@corp.test");
    let shown = done(&mut browser, form.clone().set("values", "bobby@corp.test").set("verified", "on")).await;
    assert!(shown.text("main").contains("Edited by admin"), "{shown}");
    let email = usher.database.attributes("bob").await["email"].clone();
    assert_eq!((&email["values"][0], &email["verified"]), (&json!("bobby@corp.test"), &json!("by_admin")));
    let again = browser.submit(form.set("values", "robert@corp.test")).await.page();
    assert_eq!(again.status(), 409, "a page from before: {again}");
    let form = page_of(&usher, &mut browser, "bob", "attribute?attribute=email").await.form_with("values");
    refused(&mut browser, form.set("values", "carol@corp.test").set("verified", "on"), "belongs to another").await;
    let history = page_of(&usher, &mut browser, "bob", "history").await.text("main");
    assert!(history.contains("Attribute changed") && history.contains("by root"), "{history}");
    assert!(!history.contains("bobby@corp.test"), "values are masked: {history}");
}

/// A new name changes nothing but the name.
#[tokio::test]
async fn a_person_is_renamed() {
    let usher = with_admin(Setup::new()).person(BOB.0, BOB.1).start().await;
    let mut browser = admin_of(&usher).await;
    let subject = usher.database.subject("bob").await;
    let form = page_of(&usher, &mut browser, "bob", "profile").await.form_with("username");
    done(&mut browser, form.set("username", "robert")).await;
    assert_eq!(usher.database.subject("robert").await, subject);
    let form = page_of(&usher, &mut browser, "robert", "profile").await.form_with("username");
    refused(&mut browser, form.set("username", "ROOT"), "taken").await;
}

/// Deleting ends everything; the last admin stays (ADMIN-17).
#[tokio::test]
async fn a_person_is_deleted_the_last_admin_is_not() {
    let shop = Application::web("shop");
    let usher = with_admin(Setup::new()).person(BOB.0, BOB.1).app(&shop).start().await;
    let signed_in = usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    let mut browser = admin_of(&usher).await;
    let form = page_of(&usher, &mut browser, "bob", "delete").await.form_with("confirm");
    refused(&mut browser, form.clone().set("confirm", "rob"), "exactly").await;
    done(&mut browser, form.set("confirm", "bob")).await;
    assert_eq!(usher.database.count("SELECT count(*) FROM users WHERE username = 'bob'").await, 0);
    assert_eq!(shop.try_refresh(&usher, signed_in.tokens.refresh()).await.oauth_error(), "invalid_grant");
    let form = page_of(&usher, &mut browser, "root", "delete").await.form_with("confirm");
    refused(&mut browser, form.set("confirm", "root"), "last admin").await;
    let deleted = "SELECT count(*) FROM audit WHERE action = 'user.deleted'";
    assert_eq!(usher.database.count(deleted).await, 1);
}

/// Unlinking ends the sessions that the link began, and leaves others; the only way in stays.
#[tokio::test]
async fn link_27_unlinking_keeps_one_way_in_and_ends_its_sessions() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = with_admin(Setup::new()).idp("acme", &acme).app(&shop).start().await;
    let mut person = usher.browser();
    usher.sign_in(&mut person, &shop, "acme").await;
    let mut browser = admin_of(&usher).await;
    let page = page_of(&usher, &mut browser, "alice", "linked").await;
    assert!(page.text("main").contains("only way in") && !page.has("input[name=link]"), "{page}");
    let link = usher.database.texts("SELECT id FROM federated_links").await.remove(0);
    let csrf = page.form_with("csrf").value("csrf").to_owned();
    let action = format!("{}/console/users/{}/unlink", usher.url(""), id_of(&usher, "alice").await);
    let forged = crate::support::Form::forged(&action, &[("csrf", &csrf), ("link", &link)]);
    let page = browser.submit_from(page.url.clone(), forged).await.page();
    assert!(page.status() == 422 && page.text(".error-summary").contains("only way in"), "{page}");
    assert_eq!(usher.database.links_of("alice").await, 1);
    give_password(&usher, "alice").await;
    let form = page_of(&usher, &mut browser, "alice", "linked").await.form_with("link");
    done(&mut browser, form).await;
    assert_eq!(usher.database.links_of("alice").await, 0);
    let silent = shop.request(&usher).with("prompt", "none");
    assert_eq!(silent.error(person.open(silent.url()).await), "login_required");
    let history = page_of(&usher, &mut browser, "alice", "history").await.text("main");
    assert!(history.contains("Account unlinked") && history.contains("by root"), "{history}");
}

/// Gives somebody the admin's password.
async fn give_password(usher: &Usher, name: &str) {
    let id = id_of(usher, name).await;
    let sql = "SELECT {id}, password_hash, changed_at FROM credentials LIMIT 1".replace("{id}", &format!("'{id}'"));
    usher.database.execute(&format!("INSERT INTO credentials (user_id, password_hash, changed_at) {sql}")).await;
}

/// A link by hand lets the external account in, on the admin's word, which stays with it.
#[tokio::test]
async fn a_link_by_hand_leads_to_the_account() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = with_admin(Setup::new()).person(BOB.0, BOB.1).idp("acme", &acme).app(&shop).start().await;
    let mut browser = admin_of(&usher).await;
    let form = page_of(&usher, &mut browser, "bob", "link").await.form_with("subject");
    refused(&mut browser, form.clone().set("connection", "acme").set("subject", ""), "exactly").await;
    let shown = done(&mut browser, form.set("connection", "acme").set("subject", "alice-1")).await;
    assert!(shown.text("main").contains("by hand"), "{shown}");
    let signed_in = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert_eq!(shop.userinfo(&usher, &signed_in.tokens).await["sub"], json!(usher.database.subject("bob").await));
    assert_eq!(usher.database.count("SELECT count(*) FROM users").await, 2, "no account was made");
    let form = page_of(&usher, &mut browser, ADMIN.0, "link").await.form_with("subject");
    refused(&mut browser, form.set("connection", "acme").set("subject", "alice-1"), "linked to a user already").await;
}

/// One session ends; the other goes on.
#[tokio::test]
async fn one_session_is_ended() {
    let shop = Application::web("shop");
    let usher = with_admin(Setup::new()).person(BOB.0, BOB.1).app(&shop).start().await;
    let (mut first, mut second) = (usher.browser(), usher.browser());
    usher.sign_in_locally(&mut first, &shop, BOB).await;
    usher.advance(60);
    usher.sign_in_locally(&mut second, &shop, BOB).await;
    let mut browser = admin_of(&usher).await;
    let page = page_of(&usher, &mut browser, "bob", "sessions").await;
    let sessions = page.attributes("button[name=session]", "value");
    assert_eq!(sessions.iter().filter(|value| *value == "all").count(), 1, "all of them at once: {page}");
    let sessions: Vec<String> = sessions.into_iter().filter(|value| value != "all").collect();
    assert_eq!(sessions.len(), 2, "{page}");
    let form = page.forms().into_iter().find(|form| form.action.path().ends_with("/sessions")).expect("a form");
    done(&mut browser, form.set("session", &sessions[0])).await;
    let silent = shop.request(&usher).with("prompt", "none");
    assert_eq!(silent.error(second.open(silent.url()).await), "login_required");
    assert_eq!(usher.database.count("SELECT count(*) FROM sessions WHERE kind = 'browser'").await, 2);
}

/// A person is made with attributes; a unique one that is taken is refused.
#[tokio::test]
async fn a_person_is_made_with_attributes() {
    let setup = with_admin(Setup::new()).unique_attribute("employee_number", "Employee number");
    let usher = setup.start().await;
    let mut browser = admin_of(&usher).await;
    let form = open(&usher, &mut browser, "/users/new").await.form_with("username");
    let form = form.set("attribute_employee_number", "E-17").set("attribute_given_name", "Dora");
    let shown = done(&mut browser, form.clone().set("username", "dora")).await;
    assert!(shown.text("main").contains("Employee number") && shown.text("main").contains("E-17"), "{shown}");
    let second = refused(&mut browser, form.set("username", "dorian"), "belongs to another").await;
    assert_eq!(second.form_with("username").value("username"), "dorian");
}

/// Where a connection overrides everything, the page says so beside each value that will not last.
#[tokio::test]
async fn the_profile_says_what_the_next_sign_in_replaces() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut entry = acme.connection("acme");
    entry["attribute_sync"] = json!("override_all");
    let usher = with_admin(Setup::new()).idp_with(&acme, entry).app(&shop).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let mut browser = admin_of(&usher).await;
    let page = page_of(&usher, &mut browser, "alice", "profile").await;
    assert!(page.text("table").contains("Acme replaces it"), "{page}");
    let form = page_of(&usher, &mut browser, "alice", "attribute?attribute=email").await.form_with("values");
    done(&mut browser, form.set("verified", "on")).await;
    let form = page_of(&usher, &mut browser, "alice", "attribute?attribute=given_name").await.form_with("values");
    done(&mut browser, form.set("values", "Alicia")).await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert_eq!(usher.database.attribute("alice", "given_name").await, "Alice");
    let email = usher.database.attributes("alice").await["email"].clone();
    assert_eq!(email["verified"], json!("by_admin"), "an address that an admin vouches for is kept: {email}");
}
