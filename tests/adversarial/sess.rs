//! SESS-05 to SESS-12, 16: who owns a session and a sign-in, and for how long.

use serde_json::json;

use super::Arena;
use crate::support::{Application, Form, Idp, Landing, Setup, Watch};

/// An old cookie after sign-out is nobody, on both nodes, at once.
#[tokio::test]
async fn sess_05_sign_out_on_both_nodes() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut usher = Setup::new().idp("acme", &acme).app(&shop).on_postgres().await.start().await;
    usher.add_node().await;
    let mut browser = usher.browser();
    usher.sign_in(&mut browser, &shop, "acme").await;
    let stolen = browser.clone();
    let page = browser.open(usher.url("/logout")).await.page();
    browser.submit(page.form_with("logout-yes")).await.page();
    for node in [0, 1] {
        let mut thief = stolen.clone();
        thief.reaches(&usher.base, usher.nodes[node].address);
        let request = shop.request(&usher).with("prompt", "none");
        assert_eq!(request.error(thief.open(request.url()).await), "login_required", "node {node}");
    }
}

/// Sessions end by absolute time; a clock that jumps back extends nothing.
#[tokio::test]
async fn sess_06_lifetimes() {
    let arena = Arena::new().await;
    let mut browser = arena.usher.browser();
    arena.usher.sign_in(&mut browser, &arena.shop, "acme").await;
    let silent = async |browser: &mut crate::support::Browser| {
        let request = arena.shop.request(&arena.usher).with("prompt", "none");
        let Landing::Left(url) = browser.open(request.url()).await else { panic!("a page") };
        url.query_pairs().any(|(k, _)| k == "code")
    };
    arena.usher.advance(60);
    assert!(silent(&mut browser).await);
    let expiry = "SELECT max(expires_at) FROM sessions";
    let before = arena.usher.database.count(expiry).await;
    arena.usher.advance(-86_400);
    silent(&mut browser).await;
    assert!(arena.usher.database.count(expiry).await <= before, "a backward jump extended the session");
    arena.usher.advance(86_400 + 30 * 86_400);
    assert!(!silent(&mut browser).await, "a session of thirty days");
}

/// Two sign-ins interleaved in one browser: each application gets its own.
#[tokio::test]
async fn sess_07_two_tabs() {
    let (acme, shop, wiki) = (Idp::start().await, Application::web("shop"), Application::web("wiki"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).app(&wiki).start().await;
    let mut browser = usher.browser();
    let (for_shop, first) = usher.callback(&mut browser, &shop, "acme").await;
    let (for_wiki, second) = usher.callback(&mut browser, &wiki, "acme").await;
    let wiki_landing = browser.open(&second).await;
    let shop_landing = browser.open(&first).await;
    assert_ne!(for_shop.state, for_wiki.state);
    let wiki_done = usher.finish(&wiki, for_wiki, wiki_landing).await;
    let shop_done = usher.finish(&shop, for_shop, shop_landing).await;
    assert_eq!(wiki_done.tokens.sub(), shop_done.tokens.sub());
    assert_eq!(usher.database.rows().await.grants, 2);
}

/// The address of a sign-in is worth nothing in another browser.
#[tokio::test]
async fn sess_08_foreign_flow() {
    let arena = Arena::with(Setup::new().person("bob", "a good long secret")).await;
    let mut owner = arena.usher.browser();
    let page = owner.open(arena.shop.request(&arena.usher).url()).await.page();
    let mut signed_in = arena.usher.browser();
    arena.usher.sign_in(&mut signed_in, &arena.shop, "acme").await;
    let watch = Watch::start(&arena.usher).await;
    let form = page.form_with("password").set("username", "bob").set("password", "a good long secret");
    for mut stranger in [arena.usher.browser(), signed_in] {
        let shown = stranger.open(&page.url).await.page();
        assert!(matches!(shown.status(), 400 | 403 | 404), "{shown}");
        assert!(!shown.has("#password"), "the form was shown to a stranger");
        for path in ["/go/acme", "/resume", "/finish", "/approve"] {
            let landing = stranger.open(format!("{}{path}", page.url)).await;
            assert!(matches!(&landing, Landing::Page(page) if (400..500).contains(&page.status())), "{landing:?}");
        }
        let posted = stranger.submit(form.clone()).await.page();
        assert!((400..500).contains(&posted.status()), "{posted}");
        let restarted = stranger.submit(Form::forged(&format!("{}/restart", page.url), &[])).await.page();
        assert!((400..500).contains(&restarted.status()), "{restarted}");
    }
    watch.nothing_happened().await;
    owner.submit(form).await.left();
}

/// A finished step sent again, a double click, a reload: no second code.
#[tokio::test]
async fn sess_10_step_replay() {
    let arena = Arena::with(Setup::new().person("bob", "a good long secret")).await;
    let mut browser = arena.usher.browser();
    let request = arena.shop.request(&arena.usher);
    let page = browser.open(request.url()).await.page();
    let form = page.form_with("password").set("username", "bob").set("password", "a good long secret");
    let rows = arena.usher.database.rows().await;
    let clicks = (0..5).map(|_| {
        let (mut tab, form) = (browser.clone(), form.clone());
        async move { (tab.submit(form).await, tab) }
    });
    let mut codes = Vec::new();
    let mut winner = None;
    for (landing, tab) in futures_util::future::join_all(clicks).await {
        match landing {
            Landing::Left(url) => {
                codes.extend(url.query_pairs().find(|(k, _)| k == "code").map(|(_, v)| v.into_owned()));
                winner = Some(tab);
            }
            Landing::Page(page) => assert!(page.status() < 500, "{page}"),
        }
    }
    let mut browser = winner.expect("one click went through");
    for landing in [browser.submit(form).await, browser.open(&page.url).await, browser.click(&page, "/go/acme").await] {
        match landing {
            Landing::Left(url) => {
                codes.extend(url.query_pairs().find(|(k, _)| k == "code").map(|(_, v)| v.into_owned()));
            }
            Landing::Page(page) => assert!(page.status() < 500, "{page}"),
        }
    }
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), 1, "{codes:?}");
    assert_eq!(arena.usher.database.rows().await.grants, rows.grants + 1);
}

/// A finished sign-in cannot be taken over by other credentials.
#[tokio::test]
async fn sess_11_subject_switch() {
    let arena = Arena::with(Setup::new().person("bob", "a good long secret")).await;
    let mut browser = arena.usher.browser();
    let request = arena.shop.request(&arena.usher);
    let page = browser.open(request.url()).await.page();
    let callback = browser.click_until(&page, "/go/acme", "/callback/").await;
    let landing = browser.open(&callback).await;
    let alice = arena.usher.finish(&arena.shop, request, landing).await;
    let watch = Watch::start(&arena.usher).await;
    let form = page.form_with("password").set("username", "bob").set("password", "a good long secret");
    let landing = browser.submit(form).await;
    if let Landing::Left(url) = &landing {
        assert!(url.as_str().starts_with(&arena.shop.redirect_uri));
    }
    watch.nothing_happened().await;
    let silent = arena.shop.request(&arena.usher).with("prompt", "none");
    let landing = browser.open(silent.url()).await;
    let still = arena.usher.finish(&arena.shop, silent, landing).await;
    assert_eq!(still.tokens.sub(), alice.tokens.sub());
}

/// Restart and another language between departure and return skip nothing and finish nothing.
#[tokio::test]
async fn sess_12_restart() {
    let arena = Arena::with(Setup::new().person("bob", "a good long secret")).await;
    let mut browser = arena.usher.browser();
    let request = arena.shop.request(&arena.usher).with("prompt", "login");
    let page = browser.open(request.url()).await.page();
    let callback = browser.click_until(&page, "/go/acme", "/callback/").await;
    let csrf = page.form_with("password").value("csrf").to_owned();
    let watch = Watch::start(&arena.usher).await;
    let restart = Form::forged(&format!("{}/restart", page.url), &[("csrf", &csrf)]);
    let shown = browser.submit(restart.clone()).await.page();
    assert!(shown.has("#password"), "{shown}");
    let shown = browser.open(format!("{}?ui_locales=ar", page.url)).await.page();
    assert!(shown.has("#password"), "{shown}");
    watch.nothing_happened().await;
    request.code(browser.open(&callback).await);
    let rows = arena.usher.database.rows().await;
    let again = browser.submit(restart).await;
    assert!(!matches!(&again, Landing::Page(page) if page.has("#password") || page.status() >= 500), "{again:?}");
    assert_eq!(arena.usher.database.rows().await.grants, rows.grants);
}

/// A disabled account is out at once: session, refresh token, access token.
#[tokio::test]
async fn sess_16_kill() {
    let arena = Arena::new().await;
    let mut browser = arena.usher.browser();
    let done = arena.usher.sign_in(&mut browser, &arena.shop, "acme").await;
    arena.usher.database.execute("UPDATE users SET state = 'disabled', revision = revision + 1").await;
    let silent = arena.shop.request(&arena.usher).with("prompt", "none");
    let error = silent.error(browser.open(silent.url()).await);
    assert!(["login_required", "access_denied"].contains(&error.as_str()), "{error}");
    assert_eq!(arena.shop.try_refresh(&arena.usher, done.tokens.refresh()).await.oauth_error(), "invalid_grant");
    let userinfo = arena.shop.try_userinfo(&arena.usher, &done.tokens.access_token).await;
    assert_eq!(json!(userinfo.status), json!(401));
    arena.refuses_as("the provider still signs alice in", "account_disabled").await;
}
