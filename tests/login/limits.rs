//! Limits, proxies, databases and one-time links: what holds when somebody pushes.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Application, Browser, Form, Idp, Landing, Page, Setup, Usher, http};

const BOB: (&str, &str) = ("bob", "a good long secret");

async fn guess(usher: &Usher, shop: &Application, browser: &mut Browser, who: (&str, &str)) -> Landing {
    let page = browser.open(shop.request(usher).url()).await.page();
    browser.submit(page.form_with("password").set("username", who.0).set("password", who.1)).await
}

/// One password over many accounts: the address is braked, whatever it claims to be (MFA-20); another address is not.
#[tokio::test]
async fn spraying_brakes_the_address() {
    let shop = Application::web("shop");
    let usher = Setup::new().app(&shop).person(BOB.0, BOB.1).behind_tls("id.test").start().await;
    let mut sprayer = usher.browser();
    sprayer.comes_from("203.0.113.66");
    let mut braked = false;
    for n in 0..60 {
        let Landing::Page(page) = guess(&usher, &shop, &mut sprayer, (&format!("user{n}"), "Winter2026!")).await else {
            panic!("a guess went through");
        };
        braked |= page.status() == 429 || page.error_code().as_deref() == Some("rate_limited");
    }
    assert!(braked, "sixty guesses in a row were answered");
    let mut victim = usher.browser();
    victim.comes_from("198.51.100.7");
    let landing = guess(&usher, &shop, &mut victim, BOB).await;
    assert!(matches!(landing, Landing::Left(_)), "an honest person elsewhere was braked too: {landing:?}");
}

/// Many places, few guesses each, one account: no door closes, but after a hundred no password of it is looked at for a
/// while, and the page says nothing of that. Its door, the others' accounts and the time after stay open (MFA-06, MFA-20).
#[tokio::test]
async fn mfa_06_a_hundred_guesses_from_everywhere_close_the_account() {
    const EVE: (&str, &str) = ("eve", "another long secret");
    let shop = Application::web("shop");
    let setup = Setup::new().app(&shop).person(BOB.0, BOB.1).person(EVE.0, EVE.1);
    let usher = setup.behind_tls("id.test").start().await;
    let from = async |address: &str, who| {
        let mut browser = usher.browser();
        browser.comes_from(address);
        guess(&usher, &shop, &mut browser, who).await
    };
    assert!(matches!(from("198.51.100.1", BOB).await, Landing::Left(_)), "the honest twin");
    let wrong = from("198.51.100.1", (BOB.0, "wrong")).await.page();
    let places: Vec<String> = (1..=12).map(|n| format!("203.0.113.{n}")).collect();
    join_all(places.iter().map(|place| async {
        for _ in 0..9 {
            let page = from(place, (BOB.0, "guess")).await.page();
            assert_eq!((page.status(), page.error_code()), (422, None), "no door closes after nine: {page}");
        }
    }))
    .await;
    let right = from("198.51.100.2", BOB).await.page();
    assert_eq!(right.error_code(), None, "{right}");
    assert_eq!(right.text(".error-summary"), wrong.text(".error-summary"));
    assert!(matches!(from("198.51.100.3", EVE).await, Landing::Left(_)), "another account was closed too");
    usher.advance(15 * 60 + 1);
    assert!(matches!(from("198.51.100.2", BOB).await, Landing::Left(_)), "closed for ever");
}

/// A stranger's `X-Forwarded-For` is ignored; a named proxy's is believed.
#[tokio::test]
async fn only_named_proxies_are_believed() {
    let shop = Application::web("shop");
    let last_remote = "SELECT coalesce(remote, '') FROM audit WHERE remote IS NOT NULL ORDER BY id DESC";
    for (tls, expected) in [(false, "127.0.0.1"), (true, "203.0.113.66")] {
        let setup = Setup::new().app(&shop).person(BOB.0, BOB.1);
        let usher = if tls { setup.behind_tls("id.test") } else { setup }.start().await;
        let mut browser = usher.browser();
        browser.comes_from("203.0.113.66");
        let landing = guess(&usher, &shop, &mut browser, BOB).await;
        assert!(matches!(landing, Landing::Left(_)), "{landing:?}");
        let remote = usher.database.texts(last_remote).await.into_iter().next().unwrap_or_default();
        assert_eq!(remote, expected, "behind a proxy: {tls}");
    }
}

/// The link of the first start in two browsers at once makes one admin (ADMIN-02).
#[tokio::test]
async fn one_link_makes_one_admin() {
    let usher = Setup::new().bare().start().await;
    let link = usher.setup_link().expect("a set-up link");
    let mut filled = Vec::new();
    for n in 0..5 {
        let mut browser = usher.browser();
        let page = browser.open(&link).await.page();
        filled.push((browser, form_of(&page, &format!("admin{n}"))));
    }
    let sent = filled.into_iter().map(|(mut browser, form)| async move { browser.submit(form).await.page().status() });
    let statuses = join_all(sent).await;
    assert!(statuses.iter().all(|status| *status < 500), "{statuses:?}");
    let owners = "SELECT count(*) FROM roles WHERE role = 'owner'";
    assert_eq!(usher.database.count(owners).await, 1, "{statuses:?}");
    assert_eq!(usher.database.count("SELECT count(*) FROM users").await, 1, "{statuses:?}");
}

fn form_of(page: &Page, username: &str) -> Form {
    let secret = "a good long secret";
    page.form_with("password").set("username", username).set("password", secret).set("password_again", secret)
}

/// Locked out: the command line prints a link that leads back in.
#[tokio::test]
async fn recovery_leads_back_into_the_console() {
    let usher = Setup::new().admin("root", "forgotten for ever").start().await;
    let (code, stdout, stderr) = usher.run(&["admin", "recover"]).await;
    assert_eq!(code, 0, "{stderr}");
    let path = &stdout[stdout.find("/setup/").expect("a link")..];
    let path = path.split_whitespace().next().unwrap();
    let mut browser = usher.browser();
    let page = browser.open(usher.url(path)).await.page();
    browser.submit(form_of(&page, "root")).await.page();
    let page = browser.open(usher.url("/console")).await.page();
    let page = if page.has("#password") {
        browser
            .submit(page.form_with("password").set("username", "root").set("password", "a good long secret"))
            .await
            .page()
    } else {
        page
    };
    assert_eq!(page.url.path(), "/console", "{page}");
    assert_eq!(usher.browser().open(usher.url(path)).await.page().status(), 404, "used once");
}

/// On PostgreSQL nobody's schema is changed unasked.
#[tokio::test]
async fn postgresql_is_migrated_on_request() {
    let usher = Setup::new().start().await;
    let url = crate::support::postgres::database().await;
    let other = ["serve", "--listen", "127.0.0.1:0", "--public-url", "http://localhost:1"];
    let (code, _, stderr) = usher.run_on(&url, &other).await;
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("migrate"), "{stderr}");
    let (code, stdout, stderr) = usher.run_on(&url, &["migrate"]).await;
    assert_eq!(code, 0, "{stdout}{stderr}");
    let (code, stdout, _) = usher.run_on(&url, &["admin", "create", "--username", "root"]).await;
    assert_eq!(code, 0, "{stdout}");
    let database = crate::support::database::Database { url };
    assert_eq!(database.count("SELECT count(*) FROM roles").await, 1);
}

/// Providers differ: ES256 where the connection says so, several keys, no userinfo endpoint.
#[tokio::test]
async fn a_provider_with_other_habits() {
    let (acme, shop) = (Idp::with_key(crate::support::jose::Key::p256()).await, Application::web("shop"));
    acme.publish(crate::support::jose::Key::rotated());
    acme.forge(|token| {
        token.claims["email"] = json!("alice@corp.test");
        token.claims["email_verified"] = json!(true);
    });
    acme.answer(crate::support::Endpoint::Discovery, |answer| {
        answer.edit(|document| {
            document.as_object_mut().unwrap().remove("userinfo_endpoint");
            document["unknown_extension"] = json!({ "x": [1, 2] });
        })
    });
    let mut entry = acme.connection("acme");
    entry["id_token_algs"] = json!(["ES256"]);
    let usher = Setup::new().idp_with(&acme, entry).app(&shop).start().await;
    let done = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert_eq!(shop.userinfo(&usher, &done.tokens).await["email"], json!("alice@corp.test"));
    assert_eq!(acme.count(crate::support::Endpoint::Userinfo), 0);
}

/// Nothing that the address bar says sends a person elsewhere (WEB-07).
#[tokio::test]
async fn no_open_redirects() {
    let shop = Application::web("shop");
    let usher = Setup::new().app(&shop).person(BOB.0, BOB.1).start().await;
    let mut browser = usher.browser();
    usher.sign_in_locally(&mut browser, &shop, BOB).await;
    for target in ["//m.test", "/\\m.test", "https:m.test", "/%09/m.test", "https://shop.test@m.test", "javascript:x"] {
        for path in ["/logout", "/signed-out", "/oauth2/logout", "/console", "/login/f_nobody", "/"] {
            for name in ["next", "return", "return_to", "target", "post_logout_redirect_uri", "redirect_uri"] {
                let query: String = form_urlencoded::byte_serialize(target.as_bytes()).collect();
                let answer = http::get(&usher.at(0, &format!("{path}?{name}={query}"))).await;
                assert!(!answer.header("location").contains("m.test"), "{path}?{name}={target}");
                assert!(answer.status < 500, "{path}?{name}={target}");
            }
        }
        let answer = http::get(&usher.at(0, &format!("/{target}"))).await;
        assert!(!answer.header("location").contains("//m.test"), "{target}");
    }
}
