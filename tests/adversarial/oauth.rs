//! OAUTH-01 to OAUTH-09: authorization requests that must not be honoured.

use serde_json::json;

use crate::support::{Application, Browser, Landing, Setup, Usher, Watch};

const BOB: (&str, &str) = ("bob", "a good long secret");

async fn shop() -> (Usher, Application, Browser) {
    let shop = Application::web("shop");
    let usher = Setup::new().app(&shop).app(&Application::spa("board")).person(BOB.0, BOB.1).start().await;
    let mut browser = usher.browser();
    usher.sign_in_locally(&mut browser, &shop, BOB).await;
    (usher, shop, browser)
}

/// Even with a live session the answer is a page of ours.
async fn shown(usher: &Usher, browser: &mut Browser, url: &str, code: &str) {
    let watch = Watch::start(usher).await;
    let landing = browser.open(url).await;
    assert!(matches!(landing, Landing::Page(_)), "{url} was answered with {landing:?}");
    assert_eq!(watch.turned_away(landing).await, code, "{url}");
}

#[tokio::test]
async fn oauth_01_unregistered_redirect_uri() {
    let (usher, shop, mut browser) = shop().await;
    for uri in ["https://mallory.test/cb", "https://board.test/cb", "javascript:alert(1)", "//mallory.test", "x", ""] {
        let request = shop.request(&usher).with("redirect_uri", uri);
        let code = if uri.is_empty() { "bad_request" } else { "redirect_uri_mismatch" };
        shown(&usher, &mut browser, &request.url(), code).await;
        let silent = request.with("prompt", "none");
        shown(&usher, &mut browser, &silent.url(), code).await;
    }
    let unknown = shop.request(&usher).with("client_id", "nobody");
    shown(&usher, &mut browser, &unknown.url(), "bad_request").await;
}

#[tokio::test]
async fn oauth_02_near_misses() {
    let (usher, shop, mut browser) = shop().await;
    for uri in [
        "https://shop.test/cb/",
        "https://shop.test/cb/../x",
        "https://shop.test/cb/../cb",
        "https://shop.test/cb%2fx",
        "https://shop.test/cb?x=1",
        "https://shop.test/cb#f",
        "https://shop.test/cb#",
        "https://shop.test@mallory.test/cb",
        "https://mallory.test/https://shop.test/cb",
        "https://SHOP.test/cb",
        "https://shop.test:443/cb",
        "https://shop.test./cb",
        "https://shop.test\\@mallory.test/cb",
        "https:\\\\shop.test\\cb",
        "https://shop.test/\tcb",
        "https://shop.test/cb ",
        " https://shop.test/cb",
        "https://shop.test/cb\r\nLocation: https://mallory.test",
        "https://shop.test/%63b",
        "https://shop.test/%2563b",
        "https://shop.test//cb",
        "http://shop.test/cb",
        "HTTPS://shop.test/cb",
        "https://shop.test/CB",
        "https://shop.test/cb\u{0}",
        "https://\u{455}hop.test/cb",
        "https://shop.test.mallory.test/cb",
    ] {
        let request = shop.request(&usher).with("redirect_uri", uri);
        shown(&usher, &mut browser, &request.url(), "redirect_uri_mismatch").await;
    }
}

#[tokio::test]
async fn oauth_03_duplicates() {
    let (usher, shop, mut browser) = shop().await;
    for (name, value) in [
        ("redirect_uri", "https://shop.test/cb"),
        ("redirect_uri", "https://mallory.test/cb"),
        ("client_id", "shop"),
        ("client_id", "board"),
        ("scope", "openid"),
        ("state", "x"),
    ] {
        let request = shop.request(&usher).twice(name, value);
        shown(&usher, &mut browser, &request.url(), "bad_request").await;
    }
    let request = shop.request(&usher);
    let form = crate::support::Form::forged(&request.url(), &[("state", "another"), ("client_id", "shop")]);
    let watch = Watch::start(&usher).await;
    assert_eq!(watch.turned_away(browser.submit(form).await).await, "bad_request");
    let many = (0..3_000).fold(shop.request(&usher), |request, n| request.twice("x", &n.to_string()));
    let answer = browser.hop(many.url()).await;
    assert!((400..500).contains(&answer.status), "{}", answer.status);
}

#[tokio::test]
async fn oauth_04_missing_redirect_uri() {
    let (usher, shop, mut browser) = shop().await;
    let one = shop.request(&usher).without("redirect_uri");
    shown(&usher, &mut browser, &one.url(), "bad_request").await;
    let two = Application::web("two").with("redirect_uris", json!(["https://two.test/cb", "https://two.test/other"]));
    let usher = Setup::new().app(&two).start().await;
    let request = two.request(&usher).without("redirect_uri");
    shown(&usher, &mut usher.browser(), &request.url(), "bad_request").await;
}

#[tokio::test]
async fn oauth_05_loopback() {
    let phone = Application::native("phone");
    let usher = Setup::new().app(&phone).person(BOB.0, BOB.1).start().await;
    let mut browser = usher.browser();
    let page = browser.open(phone.request(&usher).with("redirect_uri", "http://127.0.0.1:53123/cb").url()).await;
    let page = page.page();
    assert!(page.has("#password"), "{page}");
    for uri in [
        "http://localhost.mallory.test/cb",
        "http://127.0.0.1.mallory.test/cb",
        "http://[::ffff:7f00:1]/cb",
        "http://localhost:53123/cb",
        "http://127.0.0.2:53123/cb",
        "http://127.0.0.1:53123@mallory.test/cb",
        "http://127.0.0.1:53123/cb/",
        "http://127.0.0.1:53123/cb?x=1",
        "https://127.0.0.1:53123/cb",
        "http://2130706433:53123/cb",
        "http://127.1:53123/cb",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:53123\\@mallory.test/cb",
    ] {
        let request = phone.request(&usher).with("redirect_uri", uri);
        shown(&usher, &mut browser, &request.url(), "redirect_uri_mismatch").await;
    }
}

/// A configuration with such an address does not start, and says which entry is wrong.
#[tokio::test]
async fn oauth_06_schemes_at_registration() {
    let mut usher = Setup::new().app(&Application::web("shop")).start().await;
    usher.nodes[0].stop().await;
    for uri in [
        "javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "blob:https://shop.test/1",
        "file:///etc/passwd",
        "https://shop.test/cb#f",
        "https://*.shop.test/cb",
        "https://user:pass@shop.test/cb",
        "http://shop.test/cb",
    ] {
        let file = usher.folder().join("bad.toml");
        let entry = Application::web("bad").with("redirect_uris", json!([uri])).entry();
        std::fs::write(&file, toml::to_string(&json!({ "application": [entry] })).unwrap()).unwrap();
        let file = file.display().to_string();
        let start = ["serve", "--listen", "127.0.0.1:0", "--public-url", &usher.base, "--bootstrap", &file];
        let (code, stdout, stderr) = usher.run(&start).await;
        assert_eq!(code, 1, "{uri} was accepted: {stdout}{stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
    assert_eq!(usher.database.count("SELECT count(*) FROM applications WHERE id = 'bad'").await, 0);
}

#[tokio::test]
async fn oauth_07_response_type() {
    let (usher, shop, mut browser) = shop().await;
    for kind in ["none", "token", "code token", "code code", "id_token", "code id_token", "CODE", "x", "co de"] {
        let request = shop.request(&usher).with("response_type", kind);
        let watch = Watch::start(&usher).await;
        let error = request.error(browser.open(request.url()).await);
        assert!(["unsupported_response_type", "invalid_request"].contains(&error.as_str()), "{kind}: {error}");
        watch.nothing_happened().await;
    }
    let request = shop.request(&usher).without("response_type");
    let error = request.error(browser.open(request.url()).await);
    assert!(["unsupported_response_type", "invalid_request"].contains(&error.as_str()), "{error}");
    for mode in ["fragment", "query.jwt", "web_message", "x"] {
        let request = shop.request(&usher).with("response_mode", mode);
        let landing = browser.open(request.url()).await;
        if let Landing::Left(url) = &landing {
            assert!(!url.as_str().contains("code=") && !url.as_str().contains('#'), "{mode}: {url}");
        }
    }
}

#[tokio::test]
async fn oauth_08_form_post_page() {
    let (usher, shop, mut browser) = shop().await;
    let unicode = "\u{1f511}\u{202e}é<".repeat(300);
    for state in ["\"><script>alert(1)</script>", "'><img src=x onerror=alert(1)>", &unicode] {
        let request = shop.request(&usher).with("response_mode", "form_post").with("state", state);
        let page = browser.open(request.url()).await.page();
        if page.error_code().is_some() {
            continue;
        }
        assert_eq!(page.form().value("state"), state, "byte exact");
        assert!(!page.answer.body.contains("<script>alert") && !page.has("img[onerror]"), "{page}");
        let policy = page.answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("base-uri 'none'"), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"), "{policy}");
        let inline = page.texts("script:not([src])");
        assert!(inline.is_empty(), "inline script: {inline:?}");
    }
}

/// Every printable byte comes back as it went, or the request is refused; nothing is cut.
#[tokio::test]
async fn oauth_09_echo() {
    let (usher, shop, mut browser) = shop().await;
    let printable: String = (0x20_u8..0x7f).map(char::from).collect();
    let long = "n".repeat(384);
    for state in [printable.as_str(), "a b+c%20d&e=f#g", "ünï", &long] {
        let request = shop.request(&usher).with("state", state).with("nonce", &long);
        let code = request.code(browser.open(request.url()).await);
        shop.redeem(&usher, &request, &code).await;
    }
    for state in ["a\r\nSet-Cookie: x=1", "a\u{0}b"] {
        let request = shop.request(&usher).with("state", state);
        match browser.open(request.url()).await {
            Landing::Page(page) => assert!((400..500).contains(&page.status()), "{page}"),
            landing @ Landing::Left(_) => {
                request.code(landing);
            }
        }
        assert!(browser.cookies().iter().all(|cookie| cookie.name != "x"));
    }
}
