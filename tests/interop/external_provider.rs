//! npm `oidc-provider` as the external provider: its own pages, its own cookies, its own keys.

use serde_json::json;

use super::peer::Peer;
use crate::support::{Application, Browser, Landing, Page, Setup, Usher, ports};

const SECRET: &str = "a secret with +special% characters: !";

/// Starts the provider with a client registered for Usher at a port known beforehand.
async fn provider(usher_port: u16, method: &str) -> (Peer, u16) {
    let port = ports::free();
    let callback = format!("http://localhost:{usher_port}/callback/oidc/acme");
    let mut peer = Peer::node("provider.mjs", &[&port.to_string(), "usher", SECRET, &callback, method]);
    assert_eq!(peer.line().await, "ready");
    (peer, port)
}

fn connection(port: u16, method: &str) -> serde_json::Value {
    json!({ "id": "acme", "name": "Acme", "kind": "oidc", "issuer": format!("http://127.0.0.1:{port}"),
        "client_id": "usher", "client_secret": SECRET, "client_auth": method, "jit": true,
        "mapping": { "email": "email", "given_name": "given_name", "preferred_username": "preferred_username" } })
}

/// Fills in the provider's own sign-in and consent pages.
async fn through_its_pages(browser: &mut Browser, page: Page, login: &str) -> Landing {
    let form = page.form_with("login").set("login", login).set("password", "any");
    let mut landing = browser.submit(form).await;
    while let Landing::Page(page) = landing {
        assert!(page.error_code().is_none() && page.status() == 200, "{page}");
        landing = browser.submit(page.form_with("prompt")).await;
    }
    landing
}

async fn sign_in(usher: &Usher, browser: &mut Browser, shop: &Application, login: &str) -> (String, String) {
    let (request, landing) = usher.arrive(browser, shop, "acme").await;
    let landing = through_its_pages(browser, landing.page(), login).await;
    let done = usher.finish(shop, request, landing).await;
    let claims = shop.userinfo(usher, &done.tokens).await;
    (done.tokens.sub().to_owned(), claims["email"].as_str().unwrap_or_default().to_owned())
}

async fn complete_sign_ins(usher_method: &str, provider_method: &str) {
    let usher_port = ports::free();
    let (_peer, port) = provider(usher_port, provider_method).await;
    let shop = Application::web("shop");
    let setup = Setup::new().allow(port).connection(connection(port, usher_method)).app(&shop).on_port(usher_port);
    let usher = setup.start().await;
    let (carol, mail) = sign_in(&usher, &mut usher.browser(), &shop, "carol").await;
    assert_eq!(mail, "carol@acme.test");
    assert_eq!(usher.database.attribute("carol", "given_name").await, "carol");
    let (again, _) = sign_in(&usher, &mut usher.browser(), &shop, "carol").await;
    let (dave, _) = sign_in(&usher, &mut usher.browser(), &shop, "dave").await;
    assert_eq!(carol, again);
    assert_ne!(carol, dave);
    assert_eq!(usher.database.rows().await.users, 2);
}

#[tokio::test]
async fn oidc_provider_with_the_secret_in_the_header() {
    complete_sign_ins("basic", "client_secret_basic").await;
}

#[tokio::test]
async fn oidc_provider_with_the_secret_in_the_body() {
    complete_sign_ins("post", "client_secret_post").await;
}

/// "Cancel" on the provider's page comes back as `access_denied`.
#[tokio::test]
async fn oidc_provider_says_no() {
    let usher_port = ports::free();
    let (_peer, port) = provider(usher_port, "client_secret_basic").await;
    let shop = Application::web("shop");
    let setup = Setup::new().allow(port).connection(connection(port, "basic")).app(&shop).on_port(usher_port);
    let usher = setup.start().await;
    let mut browser = usher.browser();
    let (_, landing) = usher.arrive(&mut browser, &shop, "acme").await;
    let page = landing.page();
    let denied = browser.click(&page, "/abort").await.page();
    assert_eq!(denied.error_code().as_deref(), Some("idp_denied"), "{denied}");
    assert_eq!(usher.database.rows().await.users, 0);
}
