//! npm `oidc-provider` as the external provider: its own pages, its own cookies, its own keys.

use serde_json::{Value, json};

use super::peer::Peer;
use crate::support::jose::Key;
use crate::support::{Application, Browser, Landing, Page, Setup, Usher, ports};

const SECRET: &str = "a secret with +special% characters: !";

/// A way to authenticate at the token endpoint: Usher's name for it, the secret, and the client's metadata.
pub(super) struct Method {
    usher: &'static str,
    secret: String,
    metadata: Value,
}

pub(super) fn with_secret(usher: &'static str, method: &str) -> Method {
    let metadata = json!({ "client_secret": SECRET, "token_endpoint_auth_method": method });
    Method { usher, secret: SECRET.into(), metadata }
}

fn with_key(key: &Key) -> Method {
    let metadata = json!({ "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": key.alg(), "jwks": { "keys": [key.jwk()] } });
    Method { usher: "private_key_jwt", secret: key.private_pem(), metadata }
}

/// Starts the provider and an Usher that is registered there.
async fn provider_and_usher(shop: &Application, method: Method) -> (Peer, Usher) {
    provider_and(shop, method, Setup::new(), json!({})).await
}

/// The same with an installation and settings of the connection of the test's choice.
pub(super) async fn provider_and(shop: &Application, method: Method, setup: Setup, settings: Value) -> (Peer, Usher) {
    let (usher_port, port) = (ports::free(), ports::free());
    let mut client = method.metadata;
    client["client_id"] = json!("usher");
    client["redirect_uris"] = json!([format!("http://localhost:{usher_port}/callback/oidc/acme")]);
    let mut peer = Peer::node("provider.mjs", &[&port.to_string(), &client.to_string()]);
    assert_eq!(peer.line().await, "ready");
    let mut connection = json!({ "id": "acme", "name": "Acme", "kind": "oidc", "jit": true,
        "issuer": format!("http://127.0.0.1:{port}"), "client_id": "usher", "client_secret": method.secret,
        "client_auth": method.usher,
        "mapping": { "email": "email", "given_name": "given_name", "preferred_username": "preferred_username" } });
    for (key, value) in settings.as_object().expect("an object") {
        connection[key] = value.clone();
    }
    (peer, setup.allow(port).connection(connection).app(shop).on_port(usher_port).start().await)
}

/// Fills in the provider's own sign-in and consent pages.
pub(super) async fn through_its_pages(browser: &mut Browser, page: Page, login: &str) -> Landing {
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

async fn complete_sign_ins(method: Method) {
    let shop = Application::web("shop");
    let (_peer, usher) = provider_and_usher(&shop, method).await;
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
    complete_sign_ins(with_secret("basic", "client_secret_basic")).await;
}

#[tokio::test]
async fn oidc_provider_with_the_secret_in_the_body() {
    complete_sign_ins(with_secret("post", "client_secret_post")).await;
}

#[tokio::test]
async fn oidc_provider_with_a_signed_assertion() {
    for key in [Key::honest(), Key::p256()] {
        complete_sign_ins(with_key(&key)).await;
    }
}

/// "Cancel" on the provider's page comes back as `access_denied`.
#[tokio::test]
async fn oidc_provider_says_no() {
    let shop = Application::web("shop");
    let (_peer, usher) = provider_and_usher(&shop, with_secret("basic", "client_secret_basic")).await;
    let mut browser = usher.browser();
    let (_, landing) = usher.arrive(&mut browser, &shop, "acme").await;
    let page = landing.page();
    let denied = browser.click(&page, "/abort").await.page();
    assert_eq!(denied.error_code().as_deref(), Some("idp_denied"), "{denied}");
    assert_eq!(usher.database.rows().await.users, 0);
}

/// A provider that insists on its own sign-in is asked again, and its `auth_time` is believed.
#[tokio::test]
async fn oidc_provider_signs_in_afresh() {
    let shop = Application::web("shop");
    let (_peer, usher) = provider_and_usher(&shop, with_secret("basic", "client_secret_basic")).await;
    let mut browser = usher.browser();
    let (first, _) = sign_in(&usher, &mut browser, &shop, "carol").await;
    let request = shop.request(&usher).with("prompt", "login");
    let page = browser.open(request.url()).await.page();
    let page = browser.click(&page, "/go/acme").await.page();
    let landing = through_its_pages(&mut browser, page, "carol").await;
    let done = usher.finish(&shop, request, landing).await;
    assert_eq!(done.tokens.sub(), first);
}
