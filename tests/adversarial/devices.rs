//! Remembered browsers (SESS-15, MFA-18): whose, for which application, for how long, and what ends them.

use serde_json::json;

use crate::console::admin_of;
use crate::login::factors::{fresh_code, password_of, pressed, then, typed, with_app};
use crate::support::application::AuthorizationRequest;
use crate::support::browser::Cookie;
use crate::support::{Application, Browser, Form, Landing, Page, Setup, Usher};

const ANN: (&str, &str) = ("ann", "a good long secret");
const BOB: (&str, &str) = ("bob", "another long secret");
const NEW: &str = "quite a different secret";
const DAY: i64 = 86_400;

/// `shop` and `wiki` remember browsers for 30 days, `desk` none; Ann and Bob have an authenticator app each.
struct House {
    usher: Usher,
    shop: Application,
    wiki: Application,
    desk: Application,
    ann: String,
    bob: String,
    codes: Vec<String>,
}

impl House {
    async fn new() -> Self {
        Self::with(Setup::new()).await
    }

    async fn with(setup: Setup) -> Self {
        let (shop, wiki, desk) = (Application::web("shop"), Application::web("wiki"), Application::web("desk"));
        let asks = || then(&["totp", "recovery_code"]);
        let mut remembers = asks();
        remembers["remember_days"] = json!(30);
        remembers["levels"] = json!([{ "acr": "urn:two", "steps": 2 }]);
        let setup = setup.person(ANN.0, ANN.1).person(BOB.0, BOB.1).admin("root", ANN.1);
        let setup = setup.app(&shop).app(&wiki).app(&desk);
        let setup = setup.flow(&shop, remembers.clone()).flow(&wiki, remembers).flow(&desk, asks());
        let usher = setup.start().await;
        let (ann, codes) = with_app(&usher, &shop, ANN).await;
        let (bob, _) = with_app(&usher, &shop, BOB).await;
        Self { usher, shop, wiki, desk, ann, bob, codes }
    }

    /// A browser that is remembered for somebody, in no session.
    async fn remembered(&self, browser: &mut Browser, app: &Application, who: (&str, &str)) {
        browser.forget_all_but("device");
        let key = if who == ANN { &self.ann } else { &self.bob };
        let (request, landing) = password_of(&self.usher, browser, app.request(&self.usher), who).await;
        let form = code_form(&landing.page()).set("code", &fresh_code(&self.usher, key));
        let landing = browser.submit(form.set("remember", "on")).await;
        let done = self.usher.finish(app, request, landing).await;
        assert_eq!(done.tokens.claims["amr"], json!(["pwd", "otp", "mfa"]));
        assert!(browser.cookie("device").is_some());
        browser.forget_all_but("device");
    }

    /// Where user name and password lead in this browser, which has no session.
    async fn enters(
        &self,
        browser: &mut Browser,
        app: &Application,
        who: (&str, &str),
    ) -> (AuthorizationRequest, Landing) {
        browser.forget_all_but("device");
        password_of(&self.usher, browser, app.request(&self.usher), who).await
    }

    /// Must be let in by user name and password.
    async fn is_known(&self, browser: &mut Browser, app: &Application, who: (&str, &str)) {
        let (request, landing) = self.enters(browser, app, who).await;
        let done = self.usher.finish(app, request, landing).await;
        assert_eq!(done.tokens.claims["amr"], json!(["pwd"]), "a browser is no factor");
    }

    /// Must be asked for a code.
    async fn is_asked(&self, browser: &mut Browser, app: &Application, who: (&str, &str)) {
        asks(self.enters(browser, app, who).await.1);
    }
}

fn code_form(page: &Page) -> Form {
    page.form_with("code").set("act", "code")
}

fn asks(landing: Landing) {
    let page = landing.page();
    assert!(page.error_code().is_none() && page.has("#code"), "{page}");
}

fn device(browser: &Browser) -> Cookie {
    browser.cookie("device").expect("a cookie").clone()
}

/// Not asked again for thirty days, by a cookie that changes at each use; uses prolong nothing.
#[tokio::test]
async fn sess_15_a_remembered_browser_is_known_until_its_days_are_over() {
    let house = House::new().await;
    let mut browser = house.usher.browser();
    house.is_asked(&mut browser, &house.shop, ANN).await;
    house.remembered(&mut browser, &house.shop, ANN).await;
    let first = device(&browser);
    assert!(first.line.contains("HttpOnly") && first.line.contains("SameSite=Lax"), "{}", first.line);
    assert!(!house.usher.files_hold(&first.value), "only a hash is kept");
    for days in [0, 15, 14] {
        house.usher.advance(days * DAY);
        house.is_known(&mut browser, &house.shop, ANN).await;
    }
    assert_ne!(device(&browser).value, first.value, "it changes");
    house.usher.advance(DAY);
    house.is_asked(&mut browser, &house.shop, ANN).await;
}

/// Over https the name carries its own guard, and the cookie never leaves TLS.
#[tokio::test]
async fn sess_15_the_cookie_of_a_remembered_browser_is_bound_to_the_host() {
    let house = House::with(Setup::new().behind_tls("id.corp.test")).await;
    let mut browser = house.usher.browser();
    house.remembered(&mut browser, &house.shop, ANN).await;
    let cookie = device(&browser);
    assert!(cookie.name.starts_with("__Host-") && cookie.line.contains("Secure"), "{}", cookie.line);
    house.is_known(&mut browser, &house.shop, ANN).await;
}

/// Of a copied cookie and the browser that it was copied from, the one that comes second is asked.
#[tokio::test]
async fn sess_15_a_copied_cookie_counts_once() {
    let house = House::new().await;
    let mut browser = house.usher.browser();
    house.remembered(&mut browser, &house.shop, ANN).await;
    let mut late = browser.clone();
    house.is_known(&mut browser, &house.shop, ANN).await;
    house.is_asked(&mut late, &house.shop, ANN).await;
    let mut early = browser.clone();
    house.is_known(&mut early, &house.shop, ANN).await;
    house.is_asked(&mut browser, &house.shop, ANN).await;
}

/// Bob on Ann's browser is asked, also after he typed her name once; afterwards it knows both.
#[tokio::test]
async fn mfa_18_a_browser_is_remembered_for_one_person() {
    let house = House::new().await;
    let mut browser = house.usher.browser();
    house.remembered(&mut browser, &house.shop, ANN).await;
    house.is_asked(&mut browser, &house.shop, BOB).await;
    house.is_known(&mut browser, &house.shop, ANN).await;
    house.remembered(&mut browser, &house.shop, BOB).await;
    house.is_known(&mut browser, &house.shop, BOB).await;
    house.is_known(&mut browser, &house.shop, ANN).await;
}

/// Another application asks, whether the cookie is shown to it or a session that the cookie began; a cookie of one's own
/// making is worth nothing and breaks nothing.
#[tokio::test]
async fn sess_15_a_browser_is_remembered_for_one_application() {
    let house = House::new().await;
    let mut browser = house.usher.browser();
    house.remembered(&mut browser, &house.shop, ANN).await;
    house.is_asked(&mut browser, &house.wiki, ANN).await;
    house.is_asked(&mut browser, &house.desk, ANN).await;
    house.is_known(&mut browser, &house.shop, ANN).await;
    for app in [&house.wiki, &house.desk] {
        asks(browser.open(app.request(&house.usher).url()).await);
    }
    let again = house.shop.request(&house.usher).with("prompt", "none");
    house.usher.finish(&house.shop, again.clone(), browser.open(again.url()).await).await;
    house.remembered(&mut browser, &house.wiki, ANN).await;
    house.is_known(&mut browser, &house.wiki, ANN).await;
    house.is_known(&mut browser, &house.shop, ANN).await;
    let honest = device(&browser);
    for value in ["x", "...", "a.b.c.d.e.f.g", &"x".repeat(3000), &format!("x{}", honest.value)] {
        let mut stranger = house.usher.browser();
        let mut forged = honest.clone();
        value.clone_into(&mut forged.value);
        stranger.plant(forged);
        house.is_asked(&mut stranger, &house.shop, ANN).await;
    }
}

/// Whoever demands something new gets it, whatever the browser remembers.
#[tokio::test]
async fn sess_15_a_remembered_browser_is_asked_where_something_must_be_new() {
    let house = House::new().await;
    let mut browser = house.usher.browser();
    house.remembered(&mut browser, &house.shop, ANN).await;
    house.usher.advance(600);
    for (name, value) in [("prompt", "login"), ("max_age", "300"), ("acr_values", "urn:two")] {
        browser.forget_all_but("device");
        let request = house.shop.request(&house.usher).with(name, value);
        let (_, landing) = password_of(&house.usher, &mut browser, request, ANN).await;
        asks(landing);
    }
    house.is_known(&mut browser, &house.shop, ANN).await;
    // A step-up of the session that the browser began is no shorter way.
    let request = house.shop.request(&house.usher).with("acr_values", "urn:two");
    asks(browser.open(request.url()).await);
}

/// Only the box remembers, only where the flow has it, and only for whoever answered with a factor of their own.
#[tokio::test]
async fn sess_15_nothing_else_remembers_a_browser() {
    let house = House::new().await;
    let mut browser = house.usher.browser();
    let (request, landing) = house.enters(&mut browser, &house.shop, ANN).await;
    let page = landing.page();
    assert!(page.has("#remember") && page.text("label[for=remember]").contains("30"), "{page}");
    let wrong = browser.submit(code_form(&page).set("code", "000000").set("remember", "on")).await.page();
    let landing = typed(&mut browser, &wrong, &fresh_code(&house.usher, &house.ann)).await;
    house.usher.finish(&house.shop, request, landing).await;
    assert!(browser.cookie("device").is_none(), "the box was not ticked with the right code");

    let (request, landing) = house.enters(&mut browser, &house.desk, ANN).await;
    let page = landing.page();
    assert!(!page.has("#remember"), "{page}");
    let form = code_form(&page).set("code", &fresh_code(&house.usher, &house.ann)).set("remember", "on");
    house.usher.finish(&house.desk, request, browser.submit(form).await).await;
    assert!(browser.cookie("device").is_none(), "the flow does not allow it");

    let (request, landing) = house.enters(&mut browser, &house.shop, ANN).await;
    let page = pressed(&mut browser, &landing.page(), "recovery_code").await.page();
    assert!(!page.has("#remember"), "{page}");
    let form = code_form(&page).set("code", &house.codes[0]).set("remember", "on");
    house.usher.finish(&house.shop, request, browser.submit(form).await).await;
    assert!(browser.cookie("device").is_none(), "a code for a lost device");
    assert_eq!(house.usher.database.count("SELECT count(*) FROM trusted_devices").await, 0);
}

/// What the help desk does to an account ends what its browsers remember (MFA-17).
#[tokio::test]
async fn sess_15_the_help_desk_makes_browsers_forget() {
    let house = House::new().await;
    let mut root = admin_of(&house.usher).await;
    let id = house.usher.database.texts("SELECT id FROM users WHERE username = 'ann'").await.remove(0);
    // The recovery codes go first, so that the app is still there to remember a browser by.
    for (tab, name, value) in [("sessions", "session", "all"), ("mfa", "action", "remove"), ("mfa", "action", "reset")]
    {
        let mut browser = house.usher.browser();
        house.remembered(&mut browser, &house.shop, ANN).await;
        let address = house.usher.url(&format!("/console/users/{id}/{tab}"));
        let page = root.open(&address).await.page();
        let own =
            |form: &Form| form.action.as_str() == address && (value != "remove" || !form.value("factor").is_empty());
        let form = page.forms().into_iter().rfind(own).unwrap_or_else(|| panic!("{tab}: {page}"));
        let done = root.submit(form.set(name, value)).await.page();
        assert_eq!(done.status(), 200, "{done}");
        assert_eq!(house.usher.database.count("SELECT count(*) FROM trusted_devices").await, 0, "{tab} {value}");
        if (tab, value) != ("mfa", "reset") {
            house.is_asked(&mut browser, &house.shop, ANN).await;
        }
    }
}

/// Whoever sets a new password begins anew: no browser is remembered from before.
#[tokio::test]
async fn sess_15_a_new_password_makes_browsers_forget() {
    let house = House::new().await;
    let mut browser = house.usher.browser();
    house.remembered(&mut browser, &house.shop, ANN).await;
    let mut root = admin_of(&house.usher).await;
    let id = house.usher.database.texts("SELECT id FROM users WHERE username = 'ann'").await.remove(0);
    let address = house.usher.url(&format!("/console/users/{id}/password"));
    let page = root.open(&address).await.page();
    let form = page.forms().into_iter().rfind(|form| form.action.as_str() == address).expect("a form");
    let shown = root.submit(form).await.page();
    let link =
        shown.attributes("input[readonly]", "value").into_iter().find(|text| text.contains("://")).expect("a link");
    let page = house.usher.browser().open(&link).await.page();
    let form = page.form_with("password").set("password", NEW).set("password_again", NEW);
    let done = house.usher.browser().submit(form).await.page();
    assert_eq!(done.status(), 200, "{done}");
    house.is_asked(&mut browser, &house.shop, (ANN.0, NEW)).await;
    assert_eq!(house.usher.database.count("SELECT count(*) FROM trusted_devices").await, 0);
}

/// While guesses of somebody else keep the second factors locked, a remembered browser is no other door (MFA-14).
#[tokio::test]
async fn mfa_14_a_remembered_browser_opens_no_locked_account() {
    let house = House::with(Setup::new().argument("--trusted-proxies", "127.0.0.1/32")).await;
    let mut browser = house.usher.browser();
    house.remembered(&mut browser, &house.shop, ANN).await;
    let mut thief = house.usher.browser();
    for place in 0..21 {
        thief.comes_from(&format!("198.51.100.{place}"));
        let (_, landing) = house.enters(&mut thief, &house.desk, ANN).await;
        typed(&mut thief, &landing.page(), "000000").await.page();
    }
    house.is_asked(&mut browser, &house.shop, ANN).await;
    house.usher.advance(3600);
    house.is_known(&mut browser, &house.shop, ANN).await;
}
