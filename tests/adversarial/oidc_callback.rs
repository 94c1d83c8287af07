//! OIDC-01 to OIDC-06, 20, 21, 30, 34: who comes back to the callback, with what, and how often.

use serde_json::json;
use url::Url;

use super::Arena;
use crate::support::{Answer, Application, Endpoint, Form, Idp, Landing, Setup, Watch};

fn changed(url: &Url, name: &str, value: Option<&str>) -> Url {
    let kept: Vec<(String, String)> = url.query_pairs().into_owned().filter(|(k, _)| k != name).collect();
    let mut out = url.clone();
    out.query_pairs_mut().clear().extend_pairs(kept);
    if let Some(value) = value {
        out.query_pairs_mut().append_pair(name, value);
    }
    out
}

/// Two honest connections `acme` and `evil` (mallory's provider).
async fn two_providers() -> (Arena, Idp) {
    let evil = Idp::mallory().await;
    let arena = Arena::with(Setup::new().idp("evil", &evil)).await;
    arena.usher.sign_in(&mut arena.usher.browser(), &arena.shop, "evil").await;
    (arena, evil)
}

/// Mallory's provider sends the browser on to the honest one; its code comes back to our callback.
#[tokio::test]
async fn oidc_01_mix_up() {
    let (arena, evil) = two_providers().await;
    let (honest, client) = (arena.idp.issuer().to_owned(), arena.idp.client_id().to_owned());
    let asked = evil.clone();
    let tokens = (evil.count(Endpoint::Token), arena.idp.count(Endpoint::Token));
    let acme_callback = arena.usher.url("/callback/oidc/acme");
    for to_acme in [true, false] {
        let (honest, client, asked) = (honest.clone(), client.clone(), asked.clone());
        let acme_callback = acme_callback.clone();
        evil.answer(Endpoint::Authorize, move |_| {
            let query = asked.hits(Endpoint::Authorize).pop().unwrap().query;
            let mut url = Url::parse(&format!("{honest}/authorize?{query}")).unwrap();
            url = changed(&url, "client_id", Some(&client));
            if to_acme {
                url = changed(&url, "redirect_uri", Some(&acme_callback));
            }
            Answer::redirect(url.as_str())
        });
        let watch = Watch::start(&arena.usher).await;
        let (_, landing) = arena.usher.arrive(&mut arena.usher.browser(), &arena.shop, "evil").await;
        watch.refused(landing).await;
    }
    let after = (evil.count(Endpoint::Token), arena.idp.count(Endpoint::Token));
    assert_eq!(after, tokens, "a token endpoint was called");
}

/// The issuer parameter: another's, twice, missing although promised (RFC 9207).
#[tokio::test]
async fn oidc_02_issuer_parameter() {
    let arena = Arena::new().await;
    let tokens = arena.idp.count(Endpoint::Token);
    for variant in ["other", "twice", "missing", "slash"] {
        let watch = Watch::start(&arena.usher).await;
        let mut browser = arena.usher.browser();
        let (_, callback) = arena.usher.callback(&mut browser, &arena.shop, "acme").await;
        let attack = match variant {
            "other" => changed(&callback, "iss", Some("https://evil.test")),
            "slash" => changed(&callback, "iss", Some(&format!("{}/", arena.idp.issuer()))),
            "missing" => changed(&callback, "iss", None),
            _ => Url::parse(&format!("{callback}&iss={}", arena.idp.issuer())).unwrap(),
        };
        watch.refused(browser.open(&attack).await).await;
    }
    assert_eq!(arena.idp.count(Endpoint::Token), tokens, "a token endpoint was called");
}

/// A state made for one connection at the callback of the other, both ways.
#[tokio::test]
async fn oidc_03_crossed_callback() {
    let (arena, evil) = two_providers().await;
    let tokens = (evil.count(Endpoint::Token), arena.idp.count(Endpoint::Token));
    for (began, arrives) in [("evil", "acme"), ("acme", "evil")] {
        let watch = Watch::start(&arena.usher).await;
        let mut browser = arena.usher.browser();
        let (_, callback) = arena.usher.callback(&mut browser, &arena.shop, began).await;
        let crossed = callback.as_str().replace(&format!("/oidc/{began}"), &format!("/oidc/{arrives}"));
        watch.refused(browser.open(crossed).await).await;
    }
    assert_eq!((evil.count(Endpoint::Token), arena.idp.count(Endpoint::Token)), tokens);
}

/// Absent equals absent must fail closed.
#[tokio::test]
async fn oidc_04_no_state() {
    let arena = Arena::new().await;
    let tokens = arena.idp.count(Endpoint::Token);
    for query in ["code=x", "code=x&state=", "code=x&state=undefined", "", "state=&error=x", "code=x&state=null"] {
        let url = arena.usher.url(&format!("/callback/oidc/acme?{query}"));
        let watch = Watch::start(&arena.usher).await;
        watch.turned_away(arena.usher.browser().open(&url).await).await;
        let mut known = arena.usher.browser();
        arena.usher.callback(&mut known, &arena.shop, "acme").await;
        let watch = Watch::start(&arena.usher).await;
        watch.turned_away(known.open(&url).await).await;
    }
    let nobody = arena.usher.browser().open(arena.usher.url("/callback/oidc/nobody?code=x&state=y")).await.page();
    assert!((400..500).contains(&nobody.status()), "{nobody}");
    assert_eq!(arena.idp.count(Endpoint::Token), tokens);
}

/// Mallory's fresh callback opened in alice's browser.
#[tokio::test]
async fn oidc_05_login_csrf() {
    let arena = Arena::new().await;
    let tokens = arena.idp.count(Endpoint::Token);
    let mut mallory = arena.usher.browser();
    let (request, callback) = arena.usher.callback(&mut mallory, &arena.shop, "acme").await;
    let mut alice = arena.usher.browser();
    let (own, _) = arena.usher.callback(&mut alice, &arena.shop, "acme").await;
    let watch = Watch::start(&arena.usher).await;
    let landing = alice.open_from("https://mallory.test/", &callback).await;
    let code = watch.refused(landing).await.code;
    assert_eq!(code, "tx_other_browser");
    let stranger = arena.usher.browser().open(&callback).await;
    watch.nothing_happened().await;
    assert!(matches!(stranger, Landing::Page(_)));
    assert_eq!(arena.idp.count(Endpoint::Token), tokens, "a foreign code was redeemed");
    assert_ne!(request.state, own.state);
    assert!(alice.cookie("session").is_none());
}

/// The same callback again: after success, after failure, after sign-out.
#[tokio::test]
async fn oidc_06_state_reuse() {
    let arena = Arena::new().await;
    let mut browser = arena.usher.browser();
    let (request, callback) = arena.usher.callback(&mut browser, &arena.shop, "acme").await;
    request.code(browser.open(&callback).await);
    let tokens = arena.idp.count(Endpoint::Token);
    again(browser.open(&callback).await);
    let page = browser.open(arena.usher.url("/logout")).await.page();
    browser.submit(page.form_with("logout-yes")).await.page();
    again(browser.open(&callback).await);
    arena.idp.forge(|token| token.claims["nonce"] = json!("other"));
    let (_, failing) = arena.usher.callback(&mut browser, &arena.shop, "acme").await;
    browser.open(&failing).await.page();
    arena.idp.reform();
    again(browser.open(&failing).await);
    assert_eq!(arena.idp.count(Endpoint::Token), tokens + 1, "only the failing one asked for tokens");
    let rows = arena.usher.database.rows().await;
    assert_eq!((rows.users, rows.grants), (1, 2));
}

/// A page that says so, or the stored answer again; never a new code.
fn again(landing: Landing) {
    if let Landing::Page(page) = landing {
        assert!((400..500).contains(&page.status()), "{page}");
        assert!(page.error_code().is_some(), "{page}");
    }
}

/// Twenty tabs race with one callback: one token call, one grant, one code.
#[tokio::test]
async fn oidc_06_state_reuse_in_parallel() {
    let arena = Arena::new().await;
    let mut browser = arena.usher.browser();
    let (_, callback) = arena.usher.callback(&mut browser, &arena.shop, "acme").await;
    let (tokens, rows) = (arena.idp.count(Endpoint::Token), arena.usher.database.rows().await);
    let tabs = (0..20).map(|_| {
        let (mut tab, callback) = (browser.clone(), callback.clone());
        async move { tab.open(&callback).await }
    });
    let mut codes: Vec<String> = Vec::new();
    for landing in futures_util::future::join_all(tabs).await {
        match landing {
            Landing::Left(url) => codes.extend(url.query_pairs().find(|(k, _)| k == "code").map(|(_, v)| v.into())),
            Landing::Page(page) => assert!(page.status() < 500, "{page}"),
        }
    }
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), 1, "{codes:?}");
    assert_eq!(arena.idp.count(Endpoint::Token), tokens + 1);
    assert_eq!(arena.usher.database.rows().await.grants, rows.grants + 1);
}

/// Tokens instead of a code, in the query or posted, are nobody's proof.
#[tokio::test]
async fn oidc_20_cut_and_paste() {
    let arena = Arena::new().await;
    let mut browser = arena.usher.browser();
    let (_, callback) = arena.usher.callback(&mut browser, &arena.shop, "acme").await;
    let state = callback.query_pairs().find(|(k, _)| k == "state").unwrap().1.into_owned();
    let done = arena.usher.sign_in(&mut arena.usher.browser(), &arena.shop, "acme").await;
    let token = done.tokens.id_token;
    let base = arena.usher.url("/callback/oidc/acme");
    let watch = Watch::start(&arena.usher).await;
    for mut attacker in [browser.clone(), arena.usher.browser()] {
        let fields = [("id_token", token.as_str()), ("access_token", "x"), ("state", state.as_str())];
        let posted = attacker.submit_from(arena.idp.issuer().parse().unwrap(), Form::forged(&base, &fields)).await;
        assert!((400..500).contains(&posted.page().status()));
        watch.nothing_happened().await;
    }
    let got = browser.open(format!("{base}?id_token={token}&access_token=x&state={state}")).await.page();
    assert!((400..500).contains(&got.status()), "{got}");
    watch.nothing_happened().await;
}

/// What the error channel says is shown escaped and never followed; an error beside a code is an error.
#[tokio::test]
async fn oidc_21_error_channel() {
    let arena = Arena::new().await;
    let tokens = arena.idp.count(Endpoint::Token);
    for with_code in [false, true] {
        let watch = Watch::start(&arena.usher).await;
        let mut browser = arena.usher.browser();
        let (_, callback) = arena.usher.callback(&mut browser, &arena.shop, "acme").await;
        let mut attack = if with_code { callback.clone() } else { changed(&callback, "code", None) };
        attack
            .query_pairs_mut()
            .append_pair("error", "access_denied")
            .append_pair("error_description", "<script>alert(1)</script>")
            .append_pair("error_uri", "javascript:alert(1)");
        let page = browser.open(&attack).await.page();
        assert!(!page.answer.body.contains("<script>alert") && !page.answer.body.contains("javascript:"), "{page}");
        watch.refused(Landing::Page(page)).await;
    }
    assert_eq!(arena.idp.count(Endpoint::Token), tokens);
}

/// A connection that was switched off refuses the callback of an earlier departure, and every door.
#[tokio::test]
async fn oidc_30_disabled_connection() {
    let mut arena = Arena::new().await;
    let mut browser = arena.usher.browser();
    let (_, callback) = arena.usher.callback(&mut browser, &arena.shop, "acme").await;
    let tokens = arena.idp.count(Endpoint::Token);
    let mut other = arena.usher.browser();
    let page = other.open(arena.shop.request(&arena.usher).url()).await.page();
    let switch_off =
        "UPDATE connections SET body = replace(body, '\"enabled\":true,\"listing\"', '\"enabled\":false,\"listing\"')";
    arena.usher.reconfigure(switch_off).await;
    let watch = Watch::start(&arena.usher).await;
    assert!(matches!(browser.open(&callback).await, Landing::Page(page) if (400..500).contains(&page.status())));
    assert!(matches!(other.click(&page, "/go/acme").await, Landing::Page(page) if (400..500).contains(&page.status())));
    let hinted = arena.shop.request(&arena.usher).with("idp", "acme");
    let shown = arena.usher.browser().open(hinted.url()).await.page();
    assert!(shown.attributes("a[href*='/go/']", "href").is_empty(), "{shown}");
    watch.nothing_happened().await;
    assert_eq!(arena.idp.count(Endpoint::Token), tokens);
}

/// A provider that says `login_required` for ever is asked once.
#[tokio::test]
async fn oidc_34_loops() {
    let shop = Application::web("shop").with("local_sign_in", json!(false));
    let idp = Idp::start().await;
    let usher = Setup::new().idp("acme", &idp).app(&shop).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    idp.answer(Endpoint::Authorize, |answer| {
        let url = changed(&Url::parse(answer.location()).unwrap(), "code", None);
        Answer::redirect(changed(&url, "error", Some("login_required")).as_str())
    });
    let watch = Watch::start(&usher).await;
    let (_, landing) = usher.arrive(&mut usher.browser(), &shop, "acme").await;
    watch.refused(landing).await;
    assert_eq!(idp.count(Endpoint::Authorize), 2);
}
