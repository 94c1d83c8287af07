//! Passkeys that prove nothing: each beside the same answer untouched, and all of them on the same page.

use serde_json::{Value, json};

use super::factors::{ANN, key, password, pressed, then, typed};
use super::passkeys::{alone, answer, answered, both, codes_seen, made, question, set_up};
use crate::support::application::AuthorizationRequest;
use crate::support::{Application, Browser, Form, Idp, Page, Setup, SoftPasskey, Usher, Watch, totp};

const SUSPECTED: &str = "SELECT count(*) FROM audit WHERE action = 'factor.clone_suspected'";

/// The page that asks again, whatever was wrong.
async fn wrong(browser: &mut Browser, page: &Page, text: &str) -> Page {
    let again = answer(browser, page, text).await.page();
    assert_eq!(again.status(), 422, "{again}");
    assert!(again.text("title").starts_with("Error:"), "{again}");
    assert_eq!(again.texts(".error-summary li"), ["This passkey was not accepted. Try again, or use another way."]);
    again
}

async fn opened(usher: &Usher, browser: &mut Browser, app: &Application) -> Page {
    browser.open(app.request(usher).url()).await.page()
}

/// A question with another relying party in it.
fn for_party(question: &str, party: &str) -> String {
    let mut asked: Value = serde_json::from_str(question).expect("JSON");
    asked["publicKey"]["rpId"] = json!(party);
    asked.to_string()
}

/// Without a user name: a key that nobody has, another origin, another relying party, nobody verified, another sign-in's
/// question, a question answered already, noise. All end on the same page, and the right answer still counts after them.
#[tokio::test]
async fn a_passkey_that_proves_nothing_says_nobody() {
    let (usher, shop, desk) = both().await;
    let mut device = set_up(&usher, &shop).await;
    let mut browser = usher.browser();
    let request = desk.request(&usher);
    let page = browser.open(request.url()).await.page();
    let foreign = question(&opened(&usher, &mut usher.browser(), &desk).await);
    let watch = Watch::start(&usher).await;
    let text = SoftPasskey::new().get(&usher.base, &question(&page));
    let page = wrong(&mut browser, &page, &text).await;
    let page = wrong(&mut browser, &page, "\u{0}").await;
    let text = device.get("https://usher.test", &question(&page));
    let page = wrong(&mut browser, &page, &text).await;
    let text = device.get(&usher.base, &for_party(&question(&page), "usher.test"));
    let page = wrong(&mut browser, &page, &text).await;
    device.verifies_user = false;
    let text = device.get(&usher.base, &question(&page));
    device.verifies_user = true;
    let page = wrong(&mut browser, &page, &text).await;
    let text = device.get(&usher.base, &foreign);
    let used = question(&page);
    let page = wrong(&mut browser, &page, &text).await;
    assert_ne!(question(&page), used, "a question is asked once");
    let text = device.get(&usher.base, &used);
    let page = wrong(&mut browser, &page, &text).await;
    watch.nothing_happened().await;
    let landing = answered(&usher, &mut browser, &page, &mut device).await;
    usher.finish(&desk, request, landing).await;
}

/// Ten wrong ones end a sign-in, as ten wrong passwords do.
#[tokio::test]
async fn so_many_wrong_passkeys_and_no_more() {
    let (usher, _, desk) = both().await;
    let mut browser = usher.browser();
    let mut page = opened(&usher, &mut browser, &desk).await;
    for _ in 1..10 {
        page = wrong(&mut browser, &page, "{}").await;
    }
    let ended = answer(&mut browser, &page, "{}").await.page();
    assert_eq!(ended.error_code().as_deref(), Some("rate_limited"), "{ended}");
}

/// A counter that stands still: refused as any wrong one, and admins read about it.
#[tokio::test]
async fn a_copied_passkey_is_refused_and_reported() {
    let (usher, shop, desk) = both().await;
    let mut device = set_up(&usher, &shop).await;
    for app in [&desk, &shop] {
        let before = usher.database.count(SUSPECTED).await;
        let mut browser = usher.browser();
        let (request, page) = asked(&usher, &mut browser, app).await;
        let landing = answered(&usher, &mut browser, &page, &mut device).await;
        usher.finish(app, request, landing).await;
        let mut copy = usher.browser();
        let (_, page) = asked(&usher, &mut copy, app).await;
        device.counter = device.counter.map(|counter| counter - 1);
        let text = device.get(&usher.base, &question(&page));
        wrong(&mut copy, &page, &text).await;
        assert_eq!(usher.database.count(SUSPECTED).await, before + 1, "{}", app.id);
    }
}

/// Where `app` asks for a passkey.
async fn asked(usher: &Usher, browser: &mut Browser, app: &Application) -> (AuthorizationRequest, Page) {
    if app.id == "shop" {
        return password(usher, browser, app).await;
    }
    let request = app.request(usher);
    let page = browser.open(request.url()).await.page();
    (request, page)
}

/// After the password: somebody else's key, another sign-in's question, another origin, noise, an answered question.
#[tokio::test]
async fn mfa_11_a_second_step_takes_keys_of_its_person_only() {
    let (usher, shop, _) = both().await;
    let mut device = set_up(&usher, &shop).await;
    let mut foreign = SoftPasskey::new();
    let mut bobs = usher.browser();
    let request = shop.request(&usher);
    let page = bobs.open(request.url()).await.page();
    let page = bobs.submit(page.form_with("password").set("username", "bob").set("password", ANN.1)).await.page();
    let codes = made(&usher, &mut bobs, &page, &mut foreign).await;
    usher.finish(&shop, request, codes_seen(&mut bobs, &codes).await).await;

    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &shop).await;
    let other = question(&password(&usher, &mut usher.browser(), &shop).await.1);
    let watch = Watch::start(&usher).await;
    let text = foreign.get(&usher.base, &question(&page));
    let page = wrong(&mut browser, &page, &text).await;
    let (text, used) = (device.get(&usher.base, &other), question(&page));
    let page = wrong(&mut browser, &page, &text).await;
    let text = device.get(&usher.base, &used);
    let page = wrong(&mut browser, &page, &text).await;
    let text = device.get("http://127.0.0.1", &question(&page));
    let page = wrong(&mut browser, &page, &text).await;
    let page = wrong(&mut browser, &page, "[]").await;
    watch.nothing_happened().await;
    let landing = answered(&usher, &mut browser, &page, &mut device).await;
    usher.finish(&shop, request, landing).await;
}

/// An empty form is no answer and no attempt; a foreign one is refused; a step that asks for no passkey takes none.
#[tokio::test]
async fn mfa_02_an_empty_form_stays_on_the_step() {
    let (usher, shop, desk) = both().await;
    let mut device = set_up(&usher, &shop).await;
    for app in [&shop, &desk] {
        let mut browser = usher.browser();
        let (request, page) = asked(&usher, &mut browser, app).await;
        for _ in 0..12 {
            let same = answer(&mut browser, &page, "").await.page();
            assert_eq!((same.status(), question(&same)), (200, question(&page)), "{same}");
        }
        let text = device.get(&usher.base, &question(&page));
        let form = page.form_with("answer").set("answer", &text);
        let refused = browser.submit(form.clone().set("csrf", "x")).await.page();
        assert_eq!(refused.error_code().as_deref(), Some("csrf_failed"));
        let elsewhere = browser.submit(form.clone().set("step", "7")).await.page();
        assert_eq!(question(&elsewhere), question(&page), "another step's form");
        let landing = browser.submit(form).await;
        usher.finish(app, request, landing).await;
    }
    let plain = Application::web("plain");
    let usher = Setup::new().person(ANN.0, ANN.1).app(&plain).start().await;
    let mut browser = usher.browser();
    let page = opened(&usher, &mut browser, &plain).await;
    assert!(!page.has("[data-passkey]"), "{page}");
    let forged = page.form_with("password").without("username").without("password").set("answer", "{}");
    let forged = Form { action: page.url.join(&format!("{}/passkey", page.url.path())).expect("an address"), ..forged };
    let same = browser.submit(forged).await.page();
    assert_eq!(same.status(), 200, "{same}");
}

/// A disabled account, and one whose factors are locked by guesses, look like any wrong key (MFA-06, MFA-14).
#[tokio::test]
async fn mfa_14_a_locked_account_has_no_other_door() {
    let (shop, desk) = (Application::web("shop"), Application::web("desk"));
    let setup = Setup::new().person(ANN.0, ANN.1).app(&shop).app(&desk).argument("--trusted-proxies", "127.0.0.1/32");
    let usher = setup.flow(&shop, then(&["passkey", "recovery_code"])).flow(&desk, alone()).start().await;
    let mut device = set_up(&usher, &shop).await;
    usher.database.execute("UPDATE users SET state = 'disabled', revision = revision + 1").await;
    let mut browser = usher.browser();
    let page = opened(&usher, &mut browser, &desk).await;
    let text = device.get(&usher.base, &question(&page));
    wrong(&mut browser, &page, &text).await;
    usher.database.execute("UPDATE users SET state = 'active', revision = revision + 1").await;

    let mut locked = false;
    for guess in 0..25 {
        let mut browser = usher.browser();
        browser.comes_from(&format!("203.0.113.{guess}"));
        let (_, page) = password(&usher, &mut browser, &shop).await;
        let page = pressed(&mut browser, &page, "recovery_code").await.page();
        let page = typed(&mut browser, &page, "ABCDE-FGHJK").await.page();
        if page.error_code().as_deref() == Some("locked") {
            locked = true;
            break;
        }
    }
    assert!(locked);
    let mut browser = usher.browser();
    browser.comes_from("203.0.113.99");
    let page = opened(&usher, &mut browser, &desk).await;
    let text = device.get(&usher.base, &question(&page));
    wrong(&mut browser, &page, &text).await;
    let mut second = usher.browser();
    second.comes_from("203.0.113.100");
    let (_, page) = password(&usher, &mut second, &shop).await;
    let known = answered(&usher, &mut second, &page, &mut device).await.page();
    assert_eq!(known.error_code().as_deref(), Some("locked"), "who proved a password is told: {known}");
    usher.advance(16 * 60);
    let mut browser = usher.browser();
    let request = desk.request(&usher);
    let page = browser.open(request.url()).await.page();
    let landing = answered(&usher, &mut browser, &page, &mut device).await;
    usher.finish(&desk, request, landing).await;
}

/// Whoever knows the id of a key, and nothing else, locks nobody out (MFA-20).
#[tokio::test]
async fn mfa_20_strangers_lock_nobody_out() {
    let (shop, desk) = (Application::web("shop"), Application::web("desk"));
    let setup = Setup::new().person(ANN.0, ANN.1).app(&shop).app(&desk).argument("--trusted-proxies", "127.0.0.1/32");
    let usher = setup.flow(&shop, then(&["passkey"])).flow(&desk, alone()).start().await;
    let mut device = set_up(&usher, &shop).await;
    for n in 0..25 {
        let mut stranger = usher.browser();
        stranger.comes_from(&format!("203.0.113.{n}"));
        let page = opened(&usher, &mut stranger, &desk).await;
        let text = device.get("https://usher.test", &question(&page));
        wrong(&mut stranger, &page, &text).await;
    }
    for app in [&shop, &desk] {
        let mut browser = usher.browser();
        let (request, page) = asked(&usher, &mut browser, app).await;
        let landing = answered(&usher, &mut browser, &page, &mut device).await;
        usher.finish(app, request, landing).await;
    }
}

/// A set-up page of before the owner had a factor adds none afterwards, be it answered already or not.
#[tokio::test]
async fn mfa_10_a_set_up_page_of_before_adds_nothing() {
    let (usher, shop, _) = both().await;
    let (mut early, mut late) = (usher.browser(), usher.browser());
    let (_, opened) = password(&usher, &mut early, &shop).await;
    let (_, page) = password(&usher, &mut late, &shop).await;
    let codes = made(&usher, &mut late, &page, &mut SoftPasskey::new()).await;
    let owners = set_up(&usher, &shop).await;
    let text = SoftPasskey::new().create(&usher.base, &question(&opened));
    let asked = answer(&mut early, &opened, &text).await.page();
    assert_eq!(asked.attributes("form[data-passkey]", "data-passkey"), ["get"], "{asked}");
    let refused = codes_seen(&mut late, &codes).await.page();
    assert_eq!(refused.error_code().as_deref(), Some("tx_expired"), "{refused}");
    assert_eq!(usher.database.texts("SELECT id FROM passkeys").await, [owners.id()]);
    assert_eq!(usher.database.count("SELECT count(*) FROM recovery_codes").await, 10);
}

/// A passkey that somebody else has already is nobody's second one, from whatever origin or question it is made.
#[tokio::test]
async fn a_passkey_is_made_once_and_here() {
    let (usher, shop, _) = both().await;
    let mut device = set_up(&usher, &shop).await;
    let mut browser = usher.browser();
    let request = shop.request(&usher);
    let page = browser.open(request.url()).await.page();
    let page = browser.submit(page.form_with("password").set("username", "bob").set("password", ANN.1)).await.page();
    let watch = Watch::start(&usher).await;
    let text = device.create(&usher.base, &question(&page));
    let used = question(&page);
    let page = wrong(&mut browser, &page, &text).await;
    let mut fresh = SoftPasskey::new();
    let text = fresh.create("https://usher.test", &question(&page));
    let page = wrong(&mut browser, &page, &text).await;
    let text = fresh.create(&usher.base, &used);
    let page = wrong(&mut browser, &page, &text).await;
    fresh.verifies_user = false;
    let text = fresh.create(&usher.base, &question(&page));
    let page = wrong(&mut browser, &page, &text).await;
    fresh.verifies_user = true;
    watch.nothing_happened().await;
    let codes = made(&usher, &mut browser, &page, &mut fresh).await;
    usher.finish(&shop, request, codes_seen(&mut browser, &codes).await).await;
    assert_eq!(usher.database.count("SELECT count(*) FROM passkeys").await, 2);
}

/// Removed between question and answer, or between answer and end: it proves nothing (MFA-17).
#[tokio::test]
async fn mfa_17_a_passkey_removed_meanwhile_proves_nothing() {
    let (shop, desk) = (Application::web("shop"), Application::web("desk"));
    let mut both = alone();
    let second = then(&["totp"])["steps"][1].clone();
    both["steps"].as_array_mut().expect("steps").push(second);
    let setup = Setup::new().person(ANN.0, ANN.1).app(&shop).app(&desk);
    let usher = setup.flow(&shop, then(&["passkey", "recovery_code"])).flow(&desk, both).start().await;
    let mut device = set_up(&usher, &shop).await;
    let (mut first, mut second, mut whole) = (usher.browser(), usher.browser(), usher.browser());
    let asked_first = opened(&usher, &mut first, &desk).await;
    let (_, asked_second) = password(&usher, &mut second, &shop).await;
    let page = opened(&usher, &mut whole, &desk).await;
    let app = answered(&usher, &mut whole, &page, &mut device).await.page();
    usher.database.execute("DELETE FROM passkeys").await;
    let watch = Watch::start(&usher).await;
    let text = device.get(&usher.base, &question(&asked_first));
    wrong(&mut first, &asked_first, &text).await;
    let other = answered(&usher, &mut second, &asked_second, &mut device).await.page();
    assert!(other.has("#code") && !other.has("[data-passkey]"), "another way of the step: {other}");
    let landing = typed(&mut whole, &app, &totp::code(&key(&app), usher.clock.now())).await;
    watch.refused_as("tx_expired", landing).await;
    assert_eq!(usher.database.count("SELECT count(*) FROM totp_devices").await, 0);
}

/// Without an account there is nobody whose passkey it could be: told by name, nothing written.
#[tokio::test]
async fn mfa_12_a_person_without_an_account_makes_no_passkey() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut entry = acme.connection("acme");
    entry["jit"] = json!(false);
    let usher = Setup::new().idp_with(&acme, entry).app(&shop).flow(&shop, then(&["passkey"])).start().await;
    let page = usher.arrive(&mut usher.browser(), &shop, "acme").await.1.page();
    assert_eq!(page.error_code().as_deref(), Some("mfa_needs_account"), "{page}");
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.sessions, rows.grants), (0, 0, 0));
}

/// Browsers keep passkeys for a domain name: at an IP address nobody is asked for one, and nobody passes without.
#[tokio::test]
async fn an_address_without_a_name_has_no_passkeys() {
    let (shop, desk) = (Application::web("shop"), Application::web("desk"));
    let setup = Setup::new().behind_tls("192.0.2.7").person(ANN.0, ANN.1).app(&shop).app(&desk);
    let usher = setup.flow(&shop, then(&["passkey"])).flow(&desk, alone()).start().await;
    let mut browser = usher.browser();
    let page = opened(&usher, &mut browser, &desk).await;
    assert!(!page.has("[data-passkey]") && page.attributes("#username", "autocomplete") == ["username"], "{page}");
    let action = page.url.join(&format!("{}/passkey", page.url.path())).expect("an address");
    let forged = Form { action, ..page.form_with("password").set("answer", "{}") };
    assert_eq!(browser.submit(forged).await.page().status(), 200, "no attempt either");
    usher.sign_in_locally(&mut usher.browser(), &desk, ANN).await;
    let (_, page) = password(&usher, &mut usher.browser(), &shop).await;
    assert_eq!(page.error_code().as_deref(), Some("mfa_unavailable"), "{page}");
}
