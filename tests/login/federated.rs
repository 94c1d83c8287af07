//! Through an external provider, with and without an account made just in time.

use serde_json::json;

use crate::support::{Application, Endpoint, Idp, Landing, Setup};

/// Application → Usher → provider → back → account → tokens: the walk that everything else hangs on.
#[tokio::test]
async fn a_first_sign_in_creates_the_account() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).url()).await.page();
    assert!(page.url.path().starts_with("/login/"), "{page}");
    assert!(page.text("main").contains("Acme") && page.has("#username"), "{page}");

    let done = usher.sign_in(&mut browser, &shop, "acme").await;

    let claims = shop.userinfo(&usher, &done.tokens).await;
    assert_eq!(claims["email"], json!("alice@corp.test"));
    assert_eq!(claims["email_verified"], json!(true));
    assert_eq!(claims["given_name"], json!("Alice"));
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.links, rows.sessions, rows.grants), (1, 1, 1, 1));
    assert_eq!(usher.database.attribute("alice", "email").await, "alice@corp.test");
    let said = acme.hits(Endpoint::Authorize).remove(0).query;
    for needed in ["response_type=code", "code_challenge_method=S256", "state=", "nonce=", "scope=openid"] {
        assert!(said.contains(needed), "{needed} in {said}");
    }
}

/// `preserve_local`: what the provider sends replaces, what it does not send stays.
#[tokio::test]
async fn a_second_sign_in_finds_the_link_and_updates() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    let first = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    acme.claims(|claims| {
        claims["family_name"] = json!("Married");
        claims.as_object_mut().unwrap().remove("given_name");
    });

    let second = usher.sign_in(&mut usher.browser(), &shop, "acme").await;

    assert_eq!(first.tokens.sub(), second.tokens.sub());
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.links, rows.sessions), (1, 1, 2));
    assert_eq!(usher.database.attribute("alice", "family_name").await, "Married");
    assert_eq!(usher.database.attribute("alice", "given_name").await, "Alice");
}

/// Three sign-ins with the same answer leave the account bit-identical.
#[tokio::test]
async fn an_unchanged_answer_changes_nothing() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let before = (usher.database.attributes("alice").await, usher.database.count("SELECT revision FROM users").await);
    for _ in 0..2 {
        usher.advance(60);
        usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    }
    let after = (usher.database.attributes("alice").await, usher.database.count("SELECT revision FROM users").await);
    assert_eq!(before, after);
}

/// JIT off: no row about the person, the attributes go straight to the application, refreshes included.
#[tokio::test]
async fn with_jit_off_nothing_is_stored_and_attributes_pass_through() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut entry = acme.connection("acme");
    entry["jit"] = json!(false);
    let usher = Setup::new().idp_with(&acme, entry).app(&shop).start().await;

    let done = usher.sign_in(&mut usher.browser(), &shop, "acme").await;

    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.links, rows.sessions, rows.grants), (0, 0, 1, 1));
    assert_eq!(shop.userinfo(&usher, &done.tokens).await["email"], json!("alice@corp.test"));
    let renewed = shop.refresh(&usher, done.tokens.refresh()).await;
    assert_eq!(renewed.sub(), done.tokens.sub());
    assert_eq!(shop.userinfo(&usher, &renewed).await["given_name"], json!("Alice"));
    let again = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert_eq!(again.tokens.sub(), done.tokens.sub(), "the pass-through subject is stable");
    assert!(!usher.files_hold("alice@corp.test"), "the address reached the database");
}

/// Switching JIT on later does not change what applications see.
#[tokio::test]
async fn an_account_keeps_the_pass_through_subject() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut off = acme.connection("acme");
    off["jit"] = json!(false);
    let usher = Setup::new().idp_with(&acme, off).app(&shop).start().await;
    let before = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let mut usher = usher;
    let switch_on = "UPDATE connections SET body = replace(body, '\"enabled\":false', '\"enabled\":true')";
    usher.reconfigure(switch_on).await;

    let after = usher.sign_in(&mut usher.browser(), &shop, "acme").await;

    assert_eq!(usher.database.rows().await.users, 1);
    assert_eq!(before.tokens.sub(), after.tokens.sub());
}

/// Each hint that people migrate with leads straight to the provider; an unknown one shows the page.
#[tokio::test]
async fn a_hint_skips_the_list() {
    let (acme, other) = (Idp::start().await, Idp::start().await);
    let mut entry = acme.connection("acme");
    entry["email_domains"] = json!(["corp.test"]);
    let shop = Application::web("shop");
    let usher = Setup::new().idp_with(&acme, entry).idp("other", &other).app(&shop).start().await;
    let by_domain = [("domain_hint", "corp.test"), ("login_hint", "alice@corp.test")];
    let by_name = ["idp", "kc_idp_hint", "fidp", "connection"].map(|name| (name, "acme"));
    for (name, value) in by_name.into_iter().chain(by_domain) {
        let request = shop.request(&usher).with(name, value);
        let landing = usher.browser().open(request.url()).await;
        assert!(matches!(landing, Landing::Left(_)), "{name}={value}: {landing:?}");
        request.code(landing);
    }
    assert_eq!(acme.count(Endpoint::Authorize), 6);
    let page = usher.browser().open(shop.request(&usher).with("idp", "nobody").url()).await.page();
    assert!(page.has("#username"), "{page}");
}

/// A hidden connection is offered by hint only; an application's list of connections is honoured.
#[tokio::test]
async fn the_page_lists_what_the_application_may_use() {
    let (acme, hidden, foreign) = (Idp::start().await, Idp::start().await, Idp::start().await);
    let mut entry = hidden.connection("hidden");
    entry["hidden"] = json!(true);
    let shop = Application::web("shop").with("connections", json!(["acme", "hidden"]));
    let usher = Setup::new().idp("acme", &acme).idp_with(&hidden, entry).idp("foreign", &foreign).app(&shop);
    let usher = usher.start().await;
    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).url()).await.page();
    let links = page.attributes("a[href*='/go/']", "href");
    assert_eq!(links.len(), 1, "{links:?}");
    assert!(links[0].ends_with("/go/acme"));
    let request = shop.request(&usher).with("idp", "hidden");
    request.code(usher.browser().open(request.url()).await);
    let refused = browser.open(page.link("/go/acme").as_str().replace("/go/acme", "/go/foreign")).await.page();
    assert!((400..500).contains(&refused.status()), "{refused}");
    assert_eq!(foreign.count(Endpoint::Authorize), 0);
}

/// The only way in is taken at once, without a page.
#[tokio::test]
async fn a_single_connection_needs_no_page() {
    let (acme, shop) = (Idp::start().await, Application::web("shop").with("local_sign_in", json!(false)));
    let usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    let request = shop.request(&usher);
    let landing = usher.browser().open(request.url()).await;
    usher.finish(&shop, request, landing).await;
}

/// The connection last used in this browser comes first and says so.
#[tokio::test]
async fn the_last_used_connection_comes_first() {
    let (acme, zeta) = (Idp::start().await, Idp::start().await);
    let shop = Application::web("shop");
    let usher = Setup::new().idp("acme", &acme).idp("zeta", &zeta).app(&shop).start().await;
    let mut browser = usher.browser();
    usher.sign_in(&mut browser, &shop, "zeta").await;
    let page = browser.open(shop.request(&usher).with("prompt", "login").url()).await.page();
    let links = page.attributes("a[href*='/go/']", "href");
    assert!(links[0].ends_with("/go/zeta"), "{links:?}");
    assert!(page.text("main").contains("Last used"), "{page}");
}

/// More than six providers: the rest is folded behind one disclosure.
#[tokio::test]
async fn many_connections_are_folded() {
    let mut setup = Setup::new();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        setup = setup
            .connection(json!({ "id": format!("idp-{name}"), "name": format!("Provider {name}"), "kind": "oidc",
            "issuer": "https://idp.test", "client_id": "usher", "client_secret": "x" }));
    }
    let shop = Application::web("shop");
    let usher = setup.app(&shop).start().await;
    let page = usher.browser().open(shop.request(&usher).url()).await.page();
    assert_eq!(page.attributes("a[href*='/go/']", "href").len(), 8);
    assert_eq!(page.attributes("details a[href*='/go/']", "href").len(), 3);
}

/// A provider that is not there yet does not stop Usher from starting, nor others from working.
#[tokio::test]
async fn a_dead_provider_harms_only_itself() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let dead = crate::support::ports::free();
    let usher = Setup::new()
        .idp("acme", &acme)
        .allow(dead)
        .connection(json!({ "id": "dead", "name": "Dead", "kind": "oidc", "client_id": "usher", "client_secret": "x",
            "issuer": format!("http://127.0.0.1:{dead}") }))
        .app(&shop)
        .start()
        .await;
    let mut browser = usher.browser();
    let (_, landing) = usher.arrive(&mut browser, &shop, "dead").await;
    let page = landing.page();
    assert_eq!(page.error_code().as_deref(), Some("idp_unreachable"), "{page}");
    usher.sign_in(&mut browser, &shop, "acme").await;
}
