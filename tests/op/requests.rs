//! Authorization requests in the shapes that honest clients send (OIDC Core 3.1.2.1, conformance Basic OP).

use crate::support::{Application, Form, Idp, Landing, Setup, Usher};

async fn shop_with_bob() -> (Usher, Application) {
    let shop = Application::web("shop");
    (Setup::new().app(&shop).person("bob", "a good long secret").start().await, shop)
}

const BOB: (&str, &str) = ("bob", "a good long secret");

/// Unknown parameters, other orders, hints of every kind: no error.
#[tokio::test]
async fn harmless_parameters_do_no_harm() {
    let (usher, shop) = shop_with_bob().await;
    let mut browser = usher.browser();
    usher.sign_in_locally(&mut browser, &shop, BOB).await;
    for (name, value) in [
        ("foo", "bar"),
        ("display", "page"),
        ("display", "popup"),
        ("ui_locales", "se"),
        ("claims_locales", "se"),
        ("acr_values", "urn:nobody"),
        ("login_hint", "nobody@nowhere.test"),
        ("scope", "email openid profile"),
        ("claims", r#"{"userinfo":{"name":{"essential":true}}}"#),
        ("max_age", "10000"),
    ] {
        let request = shop.request(&usher).with(name, value);
        request.code(browser.open(request.url()).await);
    }
}

/// State and nonce are optional for a confidential client with PKCE; neither is invented.
#[tokio::test]
async fn nonce_is_optional() {
    let (usher, shop) = shop_with_bob().await;
    let mut browser = usher.browser();
    usher.sign_in_locally(&mut browser, &shop, BOB).await;
    let request = shop.request(&usher).without("nonce").without("state");
    let code = request.code(browser.open(request.url()).await);
    let answer = shop.try_redeem(&usher, &request, &code).await;
    let (_, claims) = crate::support::jose::peek(answer.json()["id_token"].as_str().unwrap());
    assert!(claims.get("nonce").is_none(), "{claims}");
}

/// A cross-site POST begins a sign-in although it carries no Lax cookie.
#[tokio::test]
async fn a_posted_request_is_as_good() {
    let (usher, shop) = shop_with_bob().await;
    let mut browser = usher.browser();
    let request = shop.request(&usher);
    let fields: Vec<(&str, &str)> = request.fields().iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let form = Form::forged(&usher.url("/oauth2/authorize"), &fields);
    let page = browser.submit_from("https://shop.test/".parse().unwrap(), form).await.page();
    let form = page.form_with("password").set("username", BOB.0).set("password", BOB.1);
    let landing = browser.submit(form).await;
    usher.finish(&shop, request, landing).await;
}

/// `response_mode=form_post`: the answer is posted, nothing of it stands in an address.
#[tokio::test]
async fn form_post_keeps_the_code_out_of_addresses() {
    let (usher, shop) = shop_with_bob().await;
    let mut browser = usher.browser();
    usher.sign_in_locally(&mut browser, &shop, BOB).await;
    let request = shop.request(&usher).with("response_mode", "form_post");
    let page = browser.open(request.url()).await.page();
    let form = page.form();
    assert_eq!((form.method.as_str(), form.action.as_str()), ("POST", "https://shop.test/cb"));
    assert_eq!(form.value("state"), request.state);
    assert_eq!(form.value("iss"), usher.base);
    let tokens = shop.redeem(&usher, &request, form.value("code")).await;
    assert_eq!(tokens.claims["amr"], serde_json::json!(["pwd"]));
    assert!(browser.history.iter().all(|visit| !visit.url.as_str().contains("code=")));
    let silent = shop.request(&usher).with("response_mode", "form_post").with("prompt", "none");
    let page = usher.browser().open(silent.url()).await.page();
    assert_eq!(page.form().value("error"), "login_required");
}

/// A native application may listen on any port of the loopback address.
#[tokio::test]
async fn a_native_application_takes_any_port() {
    let phone = Application::native("phone");
    let usher = Setup::new().app(&phone).person(BOB.0, BOB.1).start().await;
    let request = phone.request(&usher).with("redirect_uri", "http://127.0.0.1:53123/cb");
    let mut browser = usher.browser();
    let page = browser.open(request.url()).await.page();
    let form = page.form_with("password").set("username", BOB.0).set("password", BOB.1);
    let landing = browser.submit(form).await;
    usher.finish(&phone, request, landing).await;
}

/// Request objects are not supported, and say so.
#[tokio::test]
async fn request_objects_are_refused_by_name() {
    let (usher, shop) = shop_with_bob().await;
    for (name, value, error) in [
        ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
        ("request_uri", "https://shop.test/request.jwt", "request_uri_not_supported"),
    ] {
        let request = shop.request(&usher).with(name, value);
        assert_eq!(request.error(usher.browser().open(request.url()).await), error);
    }
}

/// "Cancel" at the provider is told on a page that offers another way; the sign-in can go on.
#[tokio::test]
async fn a_refusal_at_the_provider_offers_another_way() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).person(BOB.0, BOB.1).start().await;
    acme.answer(crate::support::Endpoint::Authorize, |answer| {
        let mut url = url::Url::parse(answer.location()).unwrap();
        let kept: Vec<(String, String)> = url.query_pairs().into_owned().filter(|(k, _)| k != "code").collect();
        url.query_pairs_mut().clear().extend_pairs(kept).append_pair("error", "access_denied");
        crate::support::Answer::redirect(url.as_str())
    });
    let mut browser = usher.browser();
    let (request, landing) = usher.arrive(&mut browser, &shop, "acme").await;
    let page = landing.page();
    assert_eq!(page.error_code().as_deref(), Some("idp_denied"), "{page}");
    let page = match browser.submit(page.form()).await {
        Landing::Page(page) => page,
        Landing::Left(url) => panic!("{url}"),
    };
    let form = page.form_with("password").set("username", BOB.0).set("password", BOB.1);
    let landing = browser.submit(form).await;
    usher.finish(&shop, request, landing).await;
}
