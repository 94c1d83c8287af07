//! Second factors: set up in the sign-in, asked for in the next one, lost and found.

use serde_json::{Value, json};

use crate::support::application::AuthorizationRequest;
use crate::support::smtp::Sink;
use crate::support::{Application, Browser, Idp, Landing, Page, Setup, Usher, totp};

pub const ANN: (&str, &str) = ("ann", "a good long secret");

fn local(authenticator: &str) -> Value {
    json!({ "kind": "local", "authenticator": authenticator })
}

/// Password or any connection, then one of these.
pub fn then(second: &[&str]) -> Value {
    let second: Vec<Value> = second.iter().map(|name| local(name)).collect();
    json!({ "steps": [{ "options": [local("password"), { "kind": "every_connection" }] }, { "options": second }] })
}

/// The second page after user name and password.
pub async fn password(usher: &Usher, browser: &mut Browser, shop: &Application) -> (AuthorizationRequest, Page) {
    let (request, landing) = password_of(usher, browser, shop.request(usher), ANN).await;
    (request, landing.page())
}

/// Where user name and password lead, whoever types them and whatever the request.
pub async fn password_of(
    usher: &Usher,
    browser: &mut Browser,
    request: AuthorizationRequest,
    who: (&str, &str),
) -> (AuthorizationRequest, Landing) {
    assert!(request.url().starts_with(&usher.base));
    let page = browser.open(request.url()).await.page();
    let landing = browser.submit(page.form_with("password").set("username", who.0).set("password", who.1)).await;
    (request, landing)
}

/// A code that was never used: the clock goes on first.
pub fn fresh_code(usher: &Usher, key: &str) -> String {
    usher.advance(totp::STEP);
    totp::code(key, usher.clock.now())
}

/// Gives somebody an authenticator app, as `shop` asks them to: its key and the recovery codes.
pub async fn with_app(usher: &Usher, shop: &Application, who: (&str, &str)) -> (String, Vec<String>) {
    let mut browser = usher.browser();
    let (request, landing) = password_of(usher, &mut browser, shop.request(usher), who).await;
    let (key, codes, landing) = set_up(usher, &mut browser, &landing.page()).await;
    usher.finish(shop, request, landing).await;
    (key, codes)
}

/// Types a code into the page.
pub async fn typed(browser: &mut Browser, page: &Page, code: &str) -> Landing {
    browser.submit(page.form_with("code").set("code", code).set("act", "code")).await
}

/// Presses one of the buttons beside the code.
pub async fn pressed(browser: &mut Browser, page: &Page, act: &str) -> Landing {
    let form = page.forms().into_iter().rfind(|form| form.action.path().ends_with("/factor")).expect("a form");
    browser.submit(form.set("act", act)).await
}

/// The key that the page spells.
pub fn key(page: &Page) -> String {
    page.text("#totp-key")
}

/// Sets an app up on its page and confirms to have saved the codes.
pub async fn set_up(usher: &Usher, browser: &mut Browser, page: &Page) -> (String, Vec<String>, Landing) {
    let key = key(page);
    let codes = typed(browser, page, &totp::code(&key, usher.clock.now())).await.page();
    let saved = codes.texts("#recovery-codes code");
    let form = codes.forms().into_iter().find(|form| form.action.path().ends_with("/factor")).expect("a form");
    let landing = browser.submit(form.set("act", "seen").set("saved", "on")).await;
    (key, saved, landing)
}

/// An app is set up on the way in and asked for in the next sign-in; each code counts once, in whatever sign-in.
#[tokio::test]
async fn mfa_04_an_authenticator_app_is_set_up_and_asked_for() {
    let shop = Application::web("shop");
    let setup = Setup::new().person(ANN.0, ANN.1).app(&shop).flow(&shop, then(&["totp", "recovery_code"]));
    let usher = setup.start().await;
    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &shop).await;
    assert!(
        page.has("svg[role=img]") && page.attributes("a[href^='otpauth:']", "href")[0].contains("secret="),
        "{page}"
    );
    let wrong = typed(&mut browser, &page, "000000").await.page();
    assert_eq!((wrong.status(), key(&wrong)), (422, key(&page)), "{wrong}");
    assert_eq!(usher.database.count("SELECT count(*) FROM totp_devices").await, 0, "nothing before the end");
    let (key, codes, landing) = set_up(&usher, &mut browser, &page).await;
    assert_eq!(codes.len(), 10);
    let done = usher.finish(&shop, request, landing).await;
    assert_eq!(done.tokens.claims["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(usher.database.count("SELECT count(*) FROM totp_devices").await, 1);
    assert_eq!(usher.database.count("SELECT count(*) FROM recovery_codes").await, 10);
    assert!(!usher.files_hold(&key.replace(' ', "")), "sealed at rest (MFA-16)");

    let mut other = usher.browser();
    let (_, page) = password(&usher, &mut other, &shop).await;
    assert!(page.texts("#totp-key").is_empty(), "asked, not offered another one (MFA-10): {page}");
    let used = totp::code(&key, usher.clock.now());
    assert_eq!(typed(&mut other, &page, &used).await.page().status(), 422, "it confirmed the set-up already");
    usher.advance(totp::STEP);
    let (request, page) = password(&usher, &mut other, &shop).await;
    let landing = typed(&mut other, &page, &totp::code(&key, usher.clock.now())).await;
    usher.finish(&shop, request, landing).await;
    usher.advance(-5 * 60);
    let (_, page) = password(&usher, &mut usher.browser(), &shop).await;
    assert_eq!(page.error_code(), None, "{page}");
}

/// A code of a recovery list, or of nobody; each works once (MFA-09).
#[tokio::test]
async fn mfa_09_a_recovery_code_works_once() {
    let shop = Application::web("shop");
    let setup = Setup::new().person(ANN.0, ANN.1).app(&shop).flow(&shop, then(&["totp", "recovery_code"]));
    let usher = setup.start().await;
    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &shop).await;
    let (_, codes, landing) = set_up(&usher, &mut browser, &page).await;
    usher.finish(&shop, request, landing).await;
    for (code, right) in [(&codes[3], true), (&codes[3], false), (&codes[4], true)] {
        let mut browser = usher.browser();
        let (request, page) = password(&usher, &mut browser, &shop).await;
        let page = pressed(&mut browser, &page, "recovery_code").await.page();
        let landing = typed(&mut browser, &page, &code.to_lowercase()).await;
        match landing {
            Landing::Left(_) if right => drop(usher.finish(&shop, request, landing).await),
            Landing::Page(page) if !right => assert_eq!(page.status(), 422, "{page}"),
            other => panic!("{code}: {other:?}"),
        }
    }
    assert_eq!(usher.database.count("SELECT count(*) FROM recovery_codes WHERE used_at IS NULL").await, 8);
}

/// On a first sign-in through a connection, account, link, factor and session land together, or nothing does.
#[tokio::test]
async fn a_first_sign_in_lands_whole_with_its_factor() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).flow(&shop, then(&["totp"])).start().await;
    let mut leaving = usher.browser();
    let page = usher.arrive(&mut leaving, &shop, "acme").await.1.page();
    let codes = typed(&mut leaving, &page, &totp::code(&key(&page), usher.clock.now())).await.page();
    assert_eq!(codes.texts("#recovery-codes code").len(), 10, "{codes}");
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.links, rows.sessions, rows.grants), (0, 0, 0, 0), "left before the end");

    let mut staying = usher.browser();
    let (request, landing) = usher.arrive(&mut staying, &shop, "acme").await;
    let (_, _, landing) = set_up(&usher, &mut staying, &landing.page()).await;
    usher.finish(&shop, request, landing).await;
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.links, rows.sessions, rows.grants), (1, 1, 1, 1));
    assert_eq!(usher.database.count("SELECT count(*) FROM totp_devices").await, 1);
}

/// A person without an account meets a factor that needs one: told what to do, nothing written, never let through.
#[tokio::test]
async fn mfa_12_a_person_without_an_account_is_refused_by_name() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut entry = acme.connection("acme");
    entry["jit"] = json!(false);
    let usher = Setup::new().idp_with(&acme, entry).app(&shop).flow(&shop, then(&["totp"])).start().await;
    let page = usher.arrive(&mut usher.browser(), &shop, "acme").await.1.page();
    assert_eq!(page.error_code().as_deref(), Some("mfa_needs_account"), "{page}");
    assert!(page.text("main").contains("Acme") || page.text("main").contains("acme"), "{page}");
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.sessions, rows.grants), (0, 0, 0));
}

/// A code by mail, typed in the same sign-in; the mail of another sign-in is worth nothing.
#[tokio::test]
async fn a_code_by_mail_signs_in() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let setup = Setup::new().mail(&sink).person(ANN.0, ANN.1).app(&shop).flow(&shop, then(&["email_otp"]));
    let usher = setup.start().await;
    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &shop).await;
    let foreign = code_in(&sink, 1).await;
    let mut second = usher.browser();
    let (_, other) = password(&usher, &mut second, &shop).await;
    let own = code_in(&sink, 2).await;
    if own != foreign {
        assert_eq!(typed(&mut second, &other, &foreign).await.page().status(), 422);
    }
    let landing = typed(&mut browser, &page, &foreign).await;
    usher.finish(&shop, request, landing).await;
}

async fn code_in(sink: &Sink, count: usize) -> String {
    let text = sink.wait_for(count).await[count - 1].text();
    let digits = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
    text.split_whitespace().find(digits).expect("six digits").to_owned()
}

/// Guesses are counted over all sign-ins of a person, and the right password forgives none (MFA-06).
#[tokio::test]
async fn mfa_06_guesses_are_counted_over_all_sign_ins() {
    let shop = Application::web("shop");
    let setup = Setup::new().person(ANN.0, ANN.1).app(&shop).flow(&shop, then(&["totp"]));
    let usher = setup.argument("--trusted-proxies", "127.0.0.1/32").start().await;
    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &shop).await;
    let (key, _, landing) = set_up(&usher, &mut browser, &page).await;
    usher.finish(&shop, request, landing).await;
    let mut locked = None;
    for guess in 0..25 {
        let mut browser = usher.browser();
        browser.comes_from(&format!("203.0.113.{guess}"));
        let (_, page) = password(&usher, &mut browser, &shop).await;
        let page = typed(&mut browser, &page, &format!("{guess:06}")).await.page();
        if page.error_code().as_deref() == Some("locked") {
            locked = Some(guess);
            break;
        }
    }
    assert!(locked.is_some_and(|guess| guess <= 20), "{locked:?}");
    usher.advance(totp::STEP);
    let mut browser = usher.browser();
    let (_, page) = password(&usher, &mut browser, &shop).await;
    let right = typed(&mut browser, &page, &totp::code(&key, usher.clock.now())).await.page();
    assert_eq!(right.error_code().as_deref(), Some("locked"), "even the right one: {right}");
}
