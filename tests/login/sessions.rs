//! One session for several applications, and its end.

use crate::support::{Application, Endpoint, Idp, Setup};

/// The second application needs no page and no provider.
#[tokio::test]
async fn a_session_serves_the_second_application() {
    let (acme, shop, wiki) = (Idp::start().await, Application::web("shop"), Application::spa("wiki"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).app(&wiki).start().await;
    let mut browser = usher.browser();
    let first = usher.sign_in(&mut browser, &shop, "acme").await;
    usher.advance(120);
    let request = wiki.request(&usher);
    let landing = browser.open(request.url()).await;
    let second = usher.finish(&wiki, request, landing).await;
    assert_eq!(second.tokens.sub(), first.tokens.sub());
    assert_eq!(second.tokens.claims["auth_time"], first.tokens.claims["auth_time"]);
    assert_eq!(second.tokens.claims["sid"], first.tokens.claims["sid"]);
    assert_eq!(acme.count(Endpoint::Authorize), 1);
}

/// `prompt=none` never shows a page: silent with a session, `login_required` without.
#[tokio::test]
async fn prompt_none_asks_nothing() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    let mut browser = usher.browser();
    let request = shop.request(&usher).with("prompt", "none");
    let error = request.error(browser.open(request.url()).await);
    assert_eq!(error, "login_required");
    let first = usher.sign_in(&mut browser, &shop, "acme").await;
    usher.advance(10);
    let request = shop.request(&usher).with("prompt", "none");
    let landing = browser.open(request.url()).await;
    let second = usher.finish(&shop, request, landing).await;
    assert_eq!(second.tokens.claims["auth_time"], first.tokens.claims["auth_time"]);
    let both = shop.request(&usher).with("prompt", "none login");
    assert_eq!(both.error(browser.open(both.url()).await), "invalid_request");
}

/// `prompt=login` signs in again, here and at the provider.
#[tokio::test]
async fn prompt_login_asks_again() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    let mut browser = usher.browser();
    let first = usher.sign_in(&mut browser, &shop, "acme").await;
    usher.advance(5);
    let request = shop.request(&usher).with("prompt", "login");
    let page = browser.open(request.url()).await.page();
    let landing = browser.click(&page, "/go/acme").await;
    let second = usher.finish(&shop, request, landing).await;
    let time = |claims: &serde_json::Value| claims["auth_time"].as_i64().unwrap();
    assert!(time(&second.tokens.claims) > time(&first.tokens.claims));
    let asked = &acme.hits(Endpoint::Authorize)[1].query;
    assert!(asked.contains("prompt=login") && asked.contains("max_age=0"), "{asked}");
}

/// `max_age`: an old authentication is renewed, a young one is kept, `auth_time` is told.
#[tokio::test]
async fn max_age_bounds_the_authentication() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    let mut browser = usher.browser();
    let first = usher.sign_in(&mut browser, &shop, "acme").await;
    usher.advance(100);
    let relaxed = shop.request(&usher).with("max_age", "10000");
    let landing = browser.open(relaxed.url()).await;
    let kept = usher.finish(&shop, relaxed, landing).await;
    assert_eq!(kept.tokens.claims["auth_time"], first.tokens.claims["auth_time"]);
    let strict = shop.request(&usher).with("max_age", "60");
    let page = browser.open(strict.url()).await.page();
    let landing = browser.click(&page, "/go/acme").await;
    let renewed = usher.finish(&shop, strict, landing).await;
    assert_ne!(renewed.tokens.claims["auth_time"], first.tokens.claims["auth_time"]);
    let none = shop.request(&usher).with("max_age", "0").with("prompt", "none");
    assert_eq!(none.error(browser.open(none.url()).await), "login_required");
}

/// RP-initiated sign-out with a hint and an exact address leads back, with `state`; the session is over.
#[tokio::test]
async fn an_application_signs_its_person_out() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    let mut browser = usher.browser();
    let done = usher.sign_in(&mut browser, &shop, "acme").await;
    let hint = &done.tokens.id_token;
    let url = format!("/oauth2/logout?id_token_hint={hint}&post_logout_redirect_uri=https://shop.test/bye&state=s1");
    let left = browser.open(usher.url(&url)).await.left();
    assert_eq!(left.as_str(), "https://shop.test/bye?state=s1");
    let request = shop.request(&usher).with("prompt", "none");
    assert_eq!(request.error(browser.open(request.url()).await), "login_required");
    assert_eq!(usher.database.rows().await.sessions, 0);
}

/// Without a hint, or with an address that was never registered, a page asks or tells; nobody is sent away.
#[tokio::test]
async fn sign_out_without_proof_stays_here() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    let mut browser = usher.browser();
    let done = usher.sign_in(&mut browser, &shop, "acme").await;
    let hint = &done.tokens.id_token;
    for query in [
        "post_logout_redirect_uri=https://shop.test/bye".to_owned(),
        format!("id_token_hint={hint}&post_logout_redirect_uri=https://shop.test/bye?x=1"),
        format!("id_token_hint={hint}&post_logout_redirect_uri=https://mallory.test/"),
        format!("id_token_hint={hint}x&post_logout_redirect_uri=https://shop.test/bye"),
    ] {
        browser.open(usher.url(&format!("/oauth2/logout?{query}"))).await.page();
    }
    usher.sign_in(&mut browser, &shop, "acme").await;
    let page = browser.open(usher.url("/oauth2/logout")).await.page();
    assert!(usher.database.rows().await.sessions > 0, "a GET alone must not sign out");
    let page = browser.submit(page.form_with("logout-yes")).await.page();
    assert_eq!(page.url.path(), "/signed-out", "{page}");
    assert_eq!(usher.database.rows().await.sessions, 0);
}

/// The sign-out link of the sign-in pages asks, then ends the session.
#[tokio::test]
async fn the_sign_out_page_ends_the_session() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    let mut browser = usher.browser();
    usher.sign_in(&mut browser, &shop, "acme").await;
    let page = browser.open(usher.url("/logout")).await.page();
    browser.submit(page.form_with("logout-yes")).await.page();
    assert_eq!(usher.database.rows().await.sessions, 0);
    let request = shop.request(&usher).with("prompt", "none");
    assert_eq!(request.error(browser.open(request.url()).await), "login_required");
}
