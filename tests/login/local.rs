//! User name and password: the local method.

use serde_json::json;

use crate::support::{Application, Browser, Page, Setup, Usher, Watch};

const BOB: (&str, &str) = ("bob", "correct horse battery");

async fn shop_with_bob() -> (Usher, Application) {
    let shop = Application::web("shop");
    let usher = Setup::new().person(BOB.0, BOB.1).person("eve", "another long secret").app(&shop).start().await;
    (usher, shop)
}

async fn try_password(browser: &mut Browser, page: &Page, name: &str, password: &str) -> Page {
    let form = page.form_with("password").set("username", name).set("password", password);
    browser.submit(form).await.page()
}

#[tokio::test]
async fn a_password_signs_in() {
    let (usher, shop) = shop_with_bob().await;
    let done = usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    assert_eq!(done.tokens.claims["amr"], json!(["pwd"]));
    let claims = shop.userinfo(&usher, &done.tokens).await;
    assert_eq!((&claims["preferred_username"], &claims["email"]), (&json!("bob"), &json!("bob@corp.test")));
    let upper = usher.sign_in_locally(&mut usher.browser(), &shop, ("BOB", BOB.1)).await;
    assert_eq!(upper.tokens.sub(), done.tokens.sub(), "user names do not depend on case");
}

/// Wrong name and wrong password read the same; the name stays, the password does not.
#[tokio::test]
async fn a_wrong_password_says_no_more_than_a_wrong_name() {
    let (usher, shop) = shop_with_bob().await;
    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).url()).await.page();
    let wrong = try_password(&mut browser, &page, "bob", "wrong").await;
    assert!(wrong.text("title").starts_with("Error:"), "{}", wrong.text("title"));
    assert!(wrong.has(".error-summary") && wrong.has("[aria-invalid=true]"), "{wrong}");
    let form = wrong.form_with("password");
    assert_eq!((form.value("username"), form.value("password")), ("bob", ""));
    let unknown = try_password(&mut browser, &wrong, "nobody", "wrong").await;
    assert_eq!(wrong.text(".error-summary"), unknown.text(".error-summary"));
    assert_eq!(usher.database.rows().await.sessions, 0);
}

/// Ten failures lock the account for a while, whoever asks and from whichever browser.
#[tokio::test]
async fn repeated_failures_lock_the_account() {
    let (usher, shop) = shop_with_bob().await;
    let mut locked = String::new();
    for _ in 0..30 {
        let mut browser = usher.browser();
        let page = browser.open(shop.request(&usher).url()).await.page();
        let answer = try_password(&mut browser, &page, "bob", "guess").await;
        locked = answer.error_code().unwrap_or_default();
        if !locked.is_empty() {
            break;
        }
    }
    assert!(["locked", "rate_limited"].contains(&locked.as_str()), "never locked: {locked}");
    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).url()).await.page();
    let right = try_password(&mut browser, &page, BOB.0, BOB.1).await;
    assert!(right.error_code().is_some(), "the right password must not open a locked account: {right}");
    usher.advance(3_600);
    usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
}

/// The form asks for our token and for nothing of another site.
#[tokio::test]
async fn the_form_needs_its_token() {
    let (usher, shop) = shop_with_bob().await;
    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).url()).await.page();
    let form = page.form_with("password").set("username", BOB.0).set("password", BOB.1);
    for attack in [form.clone().without("csrf"), form.clone().set("csrf", "AAAA")] {
        Watch::start(&usher).await.turned_away(browser.submit(attack).await).await;
    }
    let elsewhere = "http://127.0.0.1:1/".parse().unwrap();
    let watch = Watch::start(&usher).await;
    watch.turned_away(browser.submit_from(elsewhere, form.clone()).await).await;
    browser.submit(form).await.left();
}

/// An empty POST leaves the step as it was.
#[tokio::test]
async fn an_empty_form_signs_nobody_in() {
    let (usher, shop) = shop_with_bob().await;
    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).url()).await.page();
    let empty = page.form_with("password");
    let answer = browser.submit(empty).await.page();
    assert!(answer.has("#password"), "{answer}");
    assert_eq!(usher.database.rows().await.sessions, 0);
}

/// Pages of password are refused before they are hashed.
#[tokio::test]
async fn an_oversized_password_is_refused() {
    let (usher, shop) = shop_with_bob().await;
    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).url()).await.page();
    let answer = try_password(&mut browser, &page, "bob", &"x".repeat(20_000)).await;
    assert!((400..500).contains(&answer.status()), "{answer}");
    assert!(usher.is_alive().await);
}
