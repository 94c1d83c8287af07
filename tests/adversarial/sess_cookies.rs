//! SESS-01, 02, 04, 14, 18: cookies, their names and flags, their strength, and what caches may keep.

use std::collections::BTreeSet;

use super::Arena;
use crate::support::browser::Cookie;
use crate::support::{Application, Idp, Setup};

/// A planted session cookie is not the one that the sign-in ends with.
#[tokio::test]
async fn sess_01_fixation() {
    let arena = Arena::new().await;
    let mut mallory = arena.usher.browser();
    arena.usher.sign_in(&mut mallory, &arena.shop, "acme").await;
    let planted = mallory.cookie("session").expect("a session cookie").clone();
    let mut alice = arena.usher.browser();
    alice.plant(planted.clone());
    let request = arena.shop.request(&arena.usher).with("prompt", "login");
    let page = alice.open(request.url()).await.page();
    request.code(alice.click(&page, "/go/acme").await);
    let fresh = alice.cookie("session").unwrap().value.clone();
    assert_ne!(fresh, planted.value, "the planted id was kept");
    let silent = arena.shop.request(&arena.usher).with("prompt", "none");
    assert_eq!(silent.error(mallory.open(silent.url()).await), "login_required", "the old id still lives");
    let mut made_up = arena.usher.browser();
    let line = planted.line.replace(&planted.value, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    made_up.plant(Cookie::parse(&arena.usher.base.parse().unwrap(), &line));
    arena.usher.sign_in(&mut made_up, &arena.shop, "acme").await;
    assert!(!made_up.cookie("session").unwrap().value.starts_with("AAAAAAAA"));
}

/// `__Host-`, `Secure`, `HttpOnly`, `Path=/`, no Domain, Lax: every cookie, behind TLS and on loopback.
#[tokio::test]
async fn sess_02_flags() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    for tls in [true, false] {
        let setup = Setup::new().idp("acme", &acme).app(&shop);
        let usher = if tls { setup.behind_tls("id.test") } else { setup }.start().await;
        let mut browser = usher.browser();
        usher.sign_in(&mut browser, &shop, "acme").await;
        let cookies = browser.cookies();
        assert!(cookies.len() >= 2, "{cookies:?}");
        for cookie in cookies {
            let line = cookie.line.to_ascii_lowercase();
            assert!(line.contains("httponly") && line.contains("path=/") && !line.contains("domain="), "{line}");
            assert!(line.contains("samesite=lax") || line.contains("samesite=strict"), "{line}");
            if tls {
                assert!(cookie.name.starts_with("__Host-usher-") && line.contains("secure"), "{line}");
            } else {
                let port = usher.nodes[0].address.port().to_string();
                assert!(cookie.name.starts_with("usher-") && cookie.name.ends_with(&port), "{line}");
            }
        }
    }
}

/// Ids are long, random, kept as hashes only, and appear in no address.
#[tokio::test]
async fn sess_04_id_quality() {
    let arena = Arena::new().await;
    let mut ids = BTreeSet::new();
    for _ in 0..20 {
        let mut browser = arena.usher.browser();
        let done = arena.usher.sign_in(&mut browser, &arena.shop, "acme").await;
        let id = browser.cookie("session").unwrap().value.clone();
        assert!(id.len() >= 22, "{id} has under 128 bits");
        assert!(browser.history.iter().all(|visit| !visit.url.as_str().contains(&id)), "in an address");
        assert_ne!(done.tokens.claims["sid"].as_str(), Some(id.as_str()), "told to the application");
        ids.insert(id);
    }
    assert_eq!(ids.len(), 20);
    assert!(!ids.iter().any(|id| arena.usher.files_hold(id)), "an id is kept as it is");
}

/// Two cookies of one name, huge cookies, a hundred cookies: refused or ignored, never a fault.
#[tokio::test]
async fn sess_14_cookie_tossing() {
    let arena = Arena::new().await;
    let mut browser = arena.usher.browser();
    arena.usher.sign_in(&mut browser, &arena.shop, "acme").await;
    let own = browser.cookie("session").unwrap().clone();
    let silent = arena.shop.request(&arena.usher).with("prompt", "none");
    let pair = |value: &str| format!("{}={value}", own.name);
    let many: Vec<String> = (0..100).map(|n| format!("c{n}=v")).collect();
    let headers = [
        format!("{}; {}", pair(&own.value), pair("tossed")),
        format!("{}; {}", pair("tossed"), pair(&own.value)),
        format!("{}; {}", pair(&own.value), pair(&own.value)),
        pair(&"x".repeat(8_000)),
        format!("{}; {}", many.join("; "), pair("zzz")),
        format!("{}; \u{1}=\u{2}; ;;; =; a", pair("\"quoted\"")),
        pair(""),
    ];
    for header in headers {
        let client = crate::support::http::client().get(arena.usher.at(0, "/oauth2/authorize"));
        let query: Vec<(String, String)> = silent.fields().to_vec();
        let host = arena.usher.base.trim_start_matches("http://").to_owned();
        let value = http::HeaderValue::from_bytes(header.as_bytes());
        let Ok(value) = value else { continue };
        let request = client.query(&query).header("host", host).header("cookie", value);
        let answer = crate::support::http::send(request).await;
        assert!(answer.status < 500, "{}: {}", &header[..header.len().min(80)], answer.status);
        assert!(!answer.header("location").contains("code="), "an ambiguous cookie was taken: {header}");
    }
}

/// Nothing that a person sees may be kept by a cache.
#[tokio::test]
async fn sess_18_caches() {
    let arena = Arena::new().await;
    let mut browser = arena.usher.browser();
    arena.usher.sign_in(&mut browser, &arena.shop, "acme").await;
    let page = browser.open(arena.usher.url("/logout")).await.page();
    browser.submit(page.form_with("logout-yes")).await.page();
    browser.open(arena.shop.request(&arena.usher).url()).await.page();
    browser.open(arena.usher.url("/login/f_nobody")).await.page();
    for visit in browser.history.iter().filter(|visit| visit.url.as_str().starts_with(&arena.usher.base)) {
        let kept = visit.answer.header("cache-control");
        assert!(kept.contains("no-store"), "{} {}: {kept:?}", visit.method, visit.url.path());
    }
}

/// Headers that every page carries (WEB-02, WEB-03, WEB-20), and addresses that leak nothing (OAUTH-32).
#[tokio::test]
async fn sess_18_headers() {
    let arena = Arena::new().await;
    let mut browser = arena.usher.browser();
    arena.usher.sign_in(&mut browser, &arena.shop, "acme").await;
    browser.open(arena.shop.request(&arena.usher).with("prompt", "login").url()).await.page();
    browser.open(arena.usher.url("/login/f_nobody")).await.page();
    browser.open(arena.usher.url("/logout")).await.page();
    for visit in browser.history.iter().filter(|visit| visit.url.as_str().starts_with(&arena.usher.base)) {
        let header = |name: &str| visit.answer.header(name).to_owned();
        let place = format!("{} {}", visit.method, visit.url.path());
        assert_eq!(header("x-content-type-options"), "nosniff", "{place}");
        assert!(["same-origin", "no-referrer"].contains(&header("referrer-policy").as_str()), "{place}");
        let html = header("content-type").starts_with("text/html");
        let policy = header("content-security-policy");
        assert!(!html || policy.contains("frame-ancestors 'none'"), "{place}: {policy}");
        assert!(!html || !policy.contains("unsafe"), "{place}: {policy}");
        assert!(!html || header("cross-origin-opener-policy") == "same-origin", "{place}");
        if visit.url.query().is_some_and(|query| query.contains("code=")) {
            assert_eq!(header("referrer-policy"), "no-referrer", "{place}");
        }
    }
}
