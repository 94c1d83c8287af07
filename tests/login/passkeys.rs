//! Passkeys in a sign-in: set up on the way, asked for as a second step, and by themselves without a user name. The
//! authenticator is one in software; what is refused is told in `passkeys_refused`.

use serde_json::{Value, json};

use super::factors::{ANN, password, then};
use crate::support::smtp::{Received, Sink};
use crate::support::{Application, Browser, Idp, Landing, Page, Setup, SoftPasskey, Usher};

/// What the page asks the browser.
pub fn question(page: &Page) -> String {
    let asked = page.attributes("form[data-passkey]", "data-options");
    asked.first().unwrap_or_else(|| panic!("no passkey is asked for: {page}")).clone()
}

/// Sends an answer with the form that asked.
pub async fn answer(browser: &mut Browser, page: &Page, answer: &str) -> Landing {
    browser.submit(page.form_with("answer").set("answer", answer)).await
}

/// Answers as the device does on Usher's own pages.
pub async fn answered(usher: &Usher, browser: &mut Browser, page: &Page, device: &mut SoftPasskey) -> Landing {
    let text = device.get(&usher.base, &question(page));
    answer(browser, page, &text).await
}

/// Makes a passkey on its page, up to the recovery codes.
pub async fn made(usher: &Usher, browser: &mut Browser, page: &Page, device: &mut SoftPasskey) -> Page {
    let text = device.create(&usher.base, &question(page));
    answer(browser, page, &text).await.page()
}

/// Confirms that the recovery codes are saved.
pub async fn codes_seen(browser: &mut Browser, page: &Page) -> Landing {
    assert_eq!(page.texts("ul.codes code").len(), 10, "{page}");
    let form = page.forms().into_iter().find(|form| form.action.path().ends_with("/factor")).expect("a form");
    browser.submit(form.set("act", "seen").set("saved", "on")).await
}

/// Gives Ann a passkey, as `shop` asks her to.
pub async fn set_up(usher: &Usher, shop: &Application) -> SoftPasskey {
    let (mut browser, mut device) = (usher.browser(), SoftPasskey::new());
    let (request, page) = password(usher, &mut browser, shop).await;
    let codes = made(usher, &mut browser, &page, &mut device).await;
    let landing = codes_seen(&mut browser, &codes).await;
    usher.finish(shop, request, landing).await;
    device
}

/// One step with a password or a passkey.
pub fn alone() -> Value {
    let option = |name: &str| json!({ "kind": "local", "authenticator": name });
    json!({ "steps": [{ "options": [option("password"), option("passkey")] }] })
}

/// An Usher with two applications: `shop` asks for a passkey after the password, `desk` takes one instead of it.
pub async fn both() -> (Usher, Application, Application) {
    let (shop, desk) = (Application::web("shop"), Application::web("desk"));
    let setup = Setup::new().person(ANN.0, ANN.1).person("bob", ANN.1).app(&shop).app(&desk);
    (setup.flow(&shop, then(&["passkey"])).flow(&desk, alone()).start().await, shop, desk)
}

/// Set up on the way in, kept sealed, asked for in the next sign-in; nothing is kept before the end.
#[tokio::test]
async fn mfa_10_a_passkey_is_set_up_and_asked_for() {
    let (usher, shop, _) = both().await;
    let (mut browser, mut device) = (usher.browser(), SoftPasskey::new());
    let (request, page) = password(&usher, &mut browser, &shop).await;
    assert_eq!(page.attributes("form[data-passkey]", "data-passkey"), ["create"], "{page}");
    let codes = made(&usher, &mut browser, &page, &mut device).await;
    assert_eq!(usher.database.count("SELECT count(*) FROM passkeys").await, 0, "nothing before the end");
    let landing = codes_seen(&mut browser, &codes).await;
    let done = usher.finish(&shop, request, landing).await;
    assert_eq!(done.tokens.claims["amr"], json!(["pwd", "pop", "user", "mfa"]));
    assert_eq!(usher.database.texts("SELECT id FROM passkeys").await, [device.id()]);
    assert_eq!(usher.database.count("SELECT count(*) FROM recovery_codes").await, 10);
    assert!(!usher.files_hold("\"cred_id\""), "sealed at rest (MFA-16)");

    let mut other = usher.browser();
    let (request, page) = password(&usher, &mut other, &shop).await;
    assert_eq!(
        page.attributes("form[data-passkey]", "data-passkey"),
        ["get"],
        "asked, not offered another one: {page}"
    );
    let again = other.open(page.url.as_str()).await.page();
    assert_eq!(question(&again), question(&page), "a look again is no new question");
    let landing = answered(&usher, &mut other, &page, &mut device).await;
    let done = usher.finish(&shop, request, landing).await;
    assert_eq!(done.tokens.claims["amr"], json!(["pwd", "pop", "user", "mfa"]));
    assert_eq!(usher.database.count("SELECT count(*) FROM passkeys WHERE last_used_at IS NOT NULL").await, 1);
}

/// A passkey by itself says who the person is: no user name, no password, and more than one factor (RFC 8176).
#[tokio::test]
async fn a_passkey_signs_in_without_a_user_name() {
    let (usher, shop, desk) = both().await;
    let mut device = set_up(&usher, &shop).await;
    let mut browser = usher.browser();
    let request = desk.request(&usher);
    let page = browser.open(request.url()).await.page();
    assert_eq!(page.attributes("#username", "autocomplete"), ["username webauthn"], "{page}");
    assert!(page.has("script[src*='passkey.js']") && page.has("[data-passkey-missing]"), "{page}");
    let asked: Value = serde_json::from_str(&question(&page)).expect("JSON");
    assert_eq!(asked["publicKey"]["userVerification"], "required");
    assert!(asked["publicKey"]["allowCredentials"].as_array().is_none_or(Vec::is_empty), "nobody is named: {asked}");
    let landing = answered(&usher, &mut browser, &page, &mut device).await;
    let done = usher.finish(&desk, request, landing).await;
    assert_eq!(done.tokens.claims["amr"], json!(["pop", "user", "mfa"]));
    let by_password = usher.sign_in_locally(&mut usher.browser(), &desk, ANN).await;
    assert_eq!(done.tokens.sub(), by_password.tokens.sub());

    let silent = desk.request(&usher).with("prompt", "none");
    usher.finish(&desk, silent.clone(), browser.open(silent.url()).await).await;
}

/// The page that asks for the name first takes a passkey too.
#[tokio::test]
async fn a_passkey_signs_in_where_the_name_is_asked_first() {
    let (shop, desk) = (Application::web("shop"), Application::web("desk"));
    let mut first = alone();
    first["style"] = json!("identifier_first");
    let setup = Setup::new().person(ANN.0, ANN.1).app(&shop).app(&desk);
    let usher = setup.flow(&shop, then(&["passkey"])).flow(&desk, first).start().await;
    let mut device = set_up(&usher, &shop).await;
    let mut browser = usher.browser();
    let request = desk.request(&usher);
    let page = browser.open(request.url()).await.page();
    assert_eq!(page.attributes("#identifier", "autocomplete"), ["username webauthn"], "{page}");
    let wrong = answer(&mut browser, &page, "{}").await.page();
    assert!(wrong.status() == 422 && wrong.text(".error-summary").contains("not accepted"), "{wrong}");
    let landing = answered(&usher, &mut browser, &wrong, &mut device).await;
    usher.finish(&desk, request, landing).await;
}

/// The server stops between question and answer, as for an update: the sign-in goes on.
#[tokio::test]
async fn an_answer_counts_after_a_restart() {
    let (mut usher, shop, desk) = both().await;
    let (mut browser, mut device) = (usher.browser(), SoftPasskey::new());
    let (request, page) = password(&usher, &mut browser, &shop).await;
    usher.nodes[0].stop().await;
    usher.restart().await;
    let codes = made(&usher, &mut browser, &page, &mut device).await;
    let landing = codes_seen(&mut browser, &codes).await;
    usher.finish(&shop, request, landing).await;
    for app in [&shop, &desk] {
        let mut browser = usher.browser();
        let (request, page) = if app.id == "shop" {
            password(&usher, &mut browser, &shop).await
        } else {
            let request = desk.request(&usher);
            let page = browser.open(request.url()).await.page();
            (request, page)
        };
        usher.nodes[0].stop().await;
        usher.restart().await;
        let landing = answered(&usher, &mut browser, &page, &mut device).await;
        usher.finish(app, request, landing).await;
    }
}

/// On a first sign-in through a connection, account and passkey land together; the key knows its owner from then on.
#[tokio::test]
async fn a_first_sign_in_lands_whole_with_its_passkey() {
    let (acme, shop, desk) = (Idp::start().await, Application::web("shop"), Application::web("desk"));
    let setup = Setup::new().idp("acme", &acme).app(&shop).app(&desk);
    let usher = setup.flow(&shop, then(&["passkey"])).flow(&desk, alone()).start().await;
    let mut leaving = usher.browser();
    let page = usher.arrive(&mut leaving, &shop, "acme").await.1.page();
    made(&usher, &mut leaving, &page, &mut SoftPasskey::new()).await;
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.links, rows.sessions, rows.grants), (0, 0, 0, 0), "left before the end");

    let (mut staying, mut device) = (usher.browser(), SoftPasskey::new());
    let (request, landing) = usher.arrive(&mut staying, &shop, "acme").await;
    let codes = made(&usher, &mut staying, &landing.page(), &mut device).await;
    let landing = codes_seen(&mut staying, &codes).await;
    let newcomer = usher.finish(&shop, request, landing).await;
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.links, rows.sessions, rows.grants), (1, 1, 1, 1));
    assert_eq!(usher.database.texts("SELECT id FROM passkeys").await, [device.id()]);

    let mut browser = usher.browser();
    let (request, landing) = usher.arrive(&mut browser, &shop, "acme").await;
    let landing = answered(&usher, &mut browser, &landing.page(), &mut device).await;
    usher.finish(&shop, request, landing).await;
    let mut browser = usher.browser();
    let request = desk.request(&usher);
    let page = browser.open(request.url()).await.page();
    let landing = answered(&usher, &mut browser, &page, &mut device).await;
    assert_eq!(usher.finish(&desk, request, landing).await.tokens.sub(), newcomer.tokens.sub());
}

/// The owner is told by mail, admins by the audit trail.
#[tokio::test]
async fn a_new_passkey_is_told_to_its_owner() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let setup = Setup::new().mail(&sink).person(ANN.0, ANN.1).app(&shop).flow(&shop, then(&["passkey"]));
    let usher = setup.start().await;
    let (mut browser, mut device) = (usher.browser(), SoftPasskey::new());
    let (request, page) = password(&usher, &mut browser, &shop).await;
    let text = device.create(&usher.base, &question(&page));
    let form = page.form_with("answer").set("answer", &text).set("name", " Blue\nring ");
    let codes = browser.submit(form).await.page();
    let landing = codes_seen(&mut browser, &codes).await;
    usher.finish(&shop, request, landing).await;
    let mails: Vec<String> = sink.wait_for(2).await.iter().map(Received::text).collect();
    assert!(mails.iter().any(|text| text.contains("Passkey") && text.contains("Bluering")), "{mails:?}");
    let enrolled = "SELECT count(*) FROM audit WHERE action = 'factor.enrolled'";
    assert_eq!(usher.database.count(enrolled).await, 2, "the passkey and the recovery codes");
}

/// A passkey of the first step says nothing new in the second: another factor is asked for, or another key.
#[tokio::test]
async fn one_passkey_counts_for_one_step() {
    let (shop, desk) = (Application::web("shop"), Application::web("desk"));
    let option = |name: &str| json!({ "kind": "local", "authenticator": name });
    let twice = json!({ "steps": [{ "options": [option("password"), option("passkey")] },
        { "options": [option("passkey"), option("totp")] }] });
    let setup = Setup::new().person(ANN.0, ANN.1).app(&shop).app(&desk);
    let usher = setup.flow(&shop, then(&["passkey"])).flow(&desk, twice).start().await;
    let mut device = set_up(&usher, &shop).await;
    let mut browser = usher.browser();
    let page = browser.open(desk.request(&usher).url()).await.page();
    let page = answered(&usher, &mut browser, &page, &mut device).await.page();
    assert!(!page.attributes("form[data-passkey]", "data-passkey").contains(&"get".to_owned()), "{page}");
    assert_eq!(usher.database.rows().await.sessions, 1, "only the one of the set-up");

    // After a password it is the second step that it was made for.
    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &desk).await;
    let landing = answered(&usher, &mut browser, &page, &mut device).await;
    usher.finish(&desk, request, landing).await;
}
