//! A sign-in on its way: how long it lives, how many there may be, in which language, and for whom.

use serde_json::json;

use crate::support::{Application, Endpoint, Idp, Landing, Setup, Usher, Watch};

const BOB: (&str, &str) = ("bob", "a good long secret");

async fn installation() -> (Usher, Application, Idp) {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    (Setup::new().idp("acme", &acme).app(&shop).person(BOB.0, BOB.1).start().await, shop, acme)
}

/// Half an hour, then "start again"; nothing of it counts any more.
#[tokio::test]
async fn a_sign_in_expires() {
    let (usher, shop, _acme) = installation().await;
    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).url()).await.page();
    usher.advance(29 * 60);
    let page = browser.open(&page.url).await.page();
    assert!(page.has("#password"), "{page}");
    usher.advance(2 * 60);
    let watch = Watch::start(&usher).await;
    let form = page.form_with("password").set("username", BOB.0).set("password", BOB.1);
    assert_eq!(watch.turned_away(browser.submit(form).await).await, "tx_expired");
    assert!(browser.open(&page.url).await.page().error_code().is_some());
    usher.sign_in_locally(&mut browser, &shop, BOB).await;
}

/// Ten minutes for the way to the provider and back.
#[tokio::test]
async fn a_hand_shake_expires_sooner() {
    let (usher, shop, acme) = installation().await;
    let mut browser = usher.browser();
    let (_, callback) = usher.callback(&mut browser, &shop, "acme").await;
    usher.advance(11 * 60);
    let watch = Watch::start(&usher).await;
    watch.turned_away(browser.open(&callback).await).await;
    assert_eq!(acme.count(Endpoint::Token), 0);
}

/// Back, then another provider: both departures of one sign-in are alive, the first to return wins.
#[tokio::test]
async fn back_and_another_provider() {
    let (acme, zeta, shop) = (Idp::start().await, Idp::start().await, Application::web("shop"));
    zeta.claims(|claims| *claims = json!({ "sub": "zoe-1", "preferred_username": "zoe" }));
    let usher = Setup::new().idp("acme", &acme).idp("zeta", &zeta).app(&shop).start().await;
    let mut browser = usher.browser();
    let request = shop.request(&usher);
    let page = browser.open(request.url()).await.page();
    let first = browser.click_until(&page, "/go/acme", "/callback/").await;
    let again = browser.open(&page.url).await.page();
    let second = browser.click_until(&again, "/go/zeta", "/callback/").await;
    let landing = browser.open(&second).await;
    usher.finish(&shop, request, landing).await;
    let users = usher.database.texts("SELECT username FROM users").await;
    assert_eq!(users, ["zoe"]);
    if let Landing::Page(page) = browser.open(&first).await {
        assert!((400..500).contains(&page.status()), "{page}");
    }
    assert_eq!(usher.database.rows().await.users, 1, "the other provider's answer came too late");
}

/// The page speaks the person's language; the stable code stays.
#[tokio::test]
async fn pages_speak_the_persons_language() {
    let (usher, shop, _acme) = installation().await;
    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).with("ui_locales", "xx de en").url()).await.page();
    assert_eq!(page.attributes("html", "lang"), ["de"]);
    assert!(!page.text("main").contains("Password"), "{page}");
    let page = browser.open(shop.request(&usher).with("ui_locales", "xx").url()).await.page();
    assert_eq!(page.attributes("html", "lang"), ["en"]);
    assert!(page.attributes("html", "dir") == ["ltr"]);
}

/// "Local account required": a person without one is refused, and nothing about them stays.
#[tokio::test]
async fn an_application_may_require_a_local_account() {
    let (acme, shop) = (Idp::start().await, Application::web("shop").with("local_account_required", json!(true)));
    let mut entry = acme.connection("acme");
    entry["jit"] = json!(false);
    let usher = Setup::new().idp_with(&acme, entry).app(&shop).person(BOB.0, BOB.1).start().await;
    usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    let watch = Watch::start(&usher).await;
    let (_, landing) = usher.arrive(&mut usher.browser(), &shop, "acme").await;
    watch.refused_as("no_account", landing).await;
}

/// Signed in without a local account somewhere else first: the session must not open such an application.
#[tokio::test]
async fn a_session_without_an_account_is_not_enough() {
    let (acme, open) = (Idp::start().await, Application::web("open"));
    let closed = Application::web("closed").with("local_account_required", json!(true));
    let mut entry = acme.connection("acme");
    entry["jit"] = json!(false);
    let usher = Setup::new().idp_with(&acme, entry).app(&open).app(&closed).start().await;
    let mut browser = usher.browser();
    usher.sign_in(&mut browser, &open, "acme").await;
    let silent = closed.request(&usher).with("prompt", "none");
    let Landing::Left(url) = browser.open(silent.url()).await else { panic!("a page") };
    assert!(!url.query_pairs().any(|(k, _)| k == "code"), "{url}");
}

/// A session through a connection that this application may not use does not open it either.
#[tokio::test]
async fn a_session_through_a_foreign_connection_is_not_enough() {
    let (acme, zeta) = (Idp::start().await, Idp::start().await);
    let shop = Application::web("shop");
    let narrow = Application::web("narrow").with("connections", json!(["zeta"])).with("local_sign_in", json!(false));
    let usher = Setup::new().idp("acme", &acme).idp("zeta", &zeta).app(&shop).app(&narrow).start().await;
    let mut browser = usher.browser();
    usher.sign_in(&mut browser, &shop, "acme").await;
    let silent = narrow.request(&usher).with("prompt", "none");
    let Landing::Left(url) = browser.open(silent.url()).await else { panic!("a page") };
    assert!(!url.query_pairs().any(|(k, _)| k == "code"), "{url}");
}
