//! OIDC-36, SESS-03, and OIDC-03 to OIDC-06 by the other door: answers that the provider's page posts (Form Post
//! Response Mode). There is no cookie for other sites' posts at all; the owner's counts, at the GET that follows.

use url::Url;

use super::Arena;
use crate::support::http::{client, send};
use crate::support::{Browser, Endpoint, Form, Idp, Landing, Setup, Watch};

/// The form that a provider's page would post instead of the redirect to `callback`.
fn posted(idp: &Idp, callback: &Url) -> Form {
    let mut action = callback.clone();
    action.set_query(None);
    let fields = callback.query_pairs().into_owned().collect();
    let page = Url::parse(&format!("{}/authorize", idp.issuer())).unwrap();
    Form { page, action, method: "POST".into(), fields }
}

/// What an answer to the post says, without following it: as a browser that closes too early.
async fn parked(arena: &Arena, form: &Form) -> Url {
    let address = arena.usher.at(0, form.action.path());
    let kind = "application/x-www-form-urlencoded";
    let answer = send(client().post(address).header("content-type", kind).body(form.encoded())).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    Url::parse(&arena.usher.url("/")).unwrap().join(answer.header("location")).unwrap()
}

/// The posted answer is parked, fetched with the cookie, and neither code nor state of the provider stands in an address.
#[tokio::test]
async fn oidc_36_and_sess_03_a_posted_answer_is_fetched_with_the_cookie() {
    let arena = Arena::new().await;
    let mut browser = arena.usher.browser();
    let (request, callback) = arena.usher.callback(&mut browser, &arena.shop, "acme").await;
    let form = posted(&arena.idp, &callback);
    let (code, state) = (form.value("code").to_owned(), form.value("state").to_owned());
    let seen = browser.history.len();
    let landing = browser.submit(form).await;
    arena.usher.finish(&arena.shop, request, landing).await;
    let visited: Vec<String> = browser.history[seen..].iter().map(|visit| visit.url.to_string()).collect();
    let first = &browser.history[seen].answer;
    assert_eq!((first.status, first.header("set-cookie")), (303, ""), "the post signs nobody in");
    assert!(visited.len() > 1 && !visited.iter().any(|url| url.contains(&code) || url.contains(&state)), "{visited:?}");
}

/// A state made for one connection, posted to the callback of the other.
#[tokio::test]
async fn oidc_03_crossed_post() {
    let evil = Idp::mallory().await;
    let arena = Arena::with(Setup::new().idp("evil", &evil)).await;
    let tokens = (evil.count(Endpoint::Token), arena.idp.count(Endpoint::Token));
    for (began, arrives) in [("evil", "acme"), ("acme", "evil")] {
        let watch = Watch::start(&arena.usher).await;
        let mut browser = arena.usher.browser();
        let (_, callback) = arena.usher.callback(&mut browser, &arena.shop, began).await;
        let mut form = posted(&arena.idp, &callback);
        form.action = Url::parse(&arena.usher.url(&format!("/callback/oidc/{arrives}"))).unwrap();
        watch.refused(browser.submit(form).await).await;
    }
    assert_eq!((evil.count(Endpoint::Token), arena.idp.count(Endpoint::Token)), tokens);
}

/// No state, an empty one, two of them, an unknown one, a body that is no form, one that is too long.
#[tokio::test]
async fn oidc_04_posts_without_a_state_of_ours() {
    let arena = Arena::new().await;
    let tokens = arena.idp.count(Endpoint::Token);
    let action = arena.usher.url("/callback/oidc/acme");
    let long = "x".repeat(70_000);
    for fields in [
        &[("code", "x")][..],
        &[("code", "x"), ("state", "")],
        &[("code", "x"), ("state", "undefined")],
        &[("code", &long), ("state", "undefined")],
        &[],
    ] {
        let watch = Watch::start(&arena.usher).await;
        watch.turned_away(arena.usher.browser().submit(Form::forged(&action, fields)).await).await;
    }
    let mut browser = arena.usher.browser();
    let (request, callback) = arena.usher.callback(&mut browser, &arena.shop, "acme").await;
    let mut twice = posted(&arena.idp, &callback);
    twice.fields.push(("state".into(), twice.value("state").into()));
    let watch = Watch::start(&arena.usher).await;
    watch.turned_away(browser.clone().submit(twice).await).await;
    let form = posted(&arena.idp, &callback);
    let address = arena.usher.at(0, form.action.path());
    let answer = send(client().post(address).header("content-type", "text/plain").body(form.encoded())).await;
    assert_eq!(answer.status / 100, 4, "only forms are read");
    watch.nothing_happened().await;
    assert_eq!(arena.idp.count(Endpoint::Token), tokens);
    let landing = browser.submit(posted(&arena.idp, &callback)).await;
    arena.usher.finish(&arena.shop, request, landing).await;
}

/// Mallory posts an answer of mallory's own sign-in from alice's browser, or lures alice to the parked one.
#[tokio::test]
async fn oidc_36_and_05_only_the_owners_browser_fetches_it() {
    let arena = Arena::new().await;
    let tokens = arena.idp.count(Endpoint::Token);
    let mut alice = arena.usher.browser();
    arena.usher.callback(&mut alice, &arena.shop, "acme").await;
    let mut mallory = arena.usher.browser();
    let (_, callback) = arena.usher.callback(&mut mallory, &arena.shop, "acme").await;
    let watch = Watch::start(&arena.usher).await;
    watch.refused_as("tx_other_browser", alice.submit(posted(&arena.idp, &callback)).await).await;

    let (request, callback) = arena.usher.callback(&mut mallory, &arena.shop, "acme").await;
    let waiting = parked(&arena, &posted(&arena.idp, &callback)).await;
    for browser in [&mut alice, &mut arena.usher.browser()] {
        let watch = Watch::start(&arena.usher).await;
        watch.refused_as("tx_other_browser", browser.open_from("https://mallory.test/", &waiting).await).await;
    }
    assert_eq!(arena.idp.count(Endpoint::Token), tokens, "a foreign code was redeemed");
    assert!(alice.cookie("session").is_none());
    let landing = mallory.open(&waiting).await;
    arena.usher.finish(&arena.shop, request, landing).await;
}

/// The first answer wins; the parked one is fetched once, within a minute, and cannot be posted again.
#[tokio::test]
async fn oidc_06_a_posted_answer_counts_once() {
    let arena = Arena::new().await;
    let mut browser = arena.usher.browser();
    let (request, callback) = arena.usher.callback(&mut browser, &arena.shop, "acme").await;
    let form = posted(&arena.idp, &callback);
    let waiting = parked(&arena, &form).await;
    again(&arena, browser.clone().submit(form.clone().set("code", "another")).await).await;
    again(&arena, browser.clone().open(&callback).await).await;
    let handle = waiting.query_pairs().find(|(name, _)| name == "state").map(|(_, v)| v.into_owned()).unwrap();
    let watch = Watch::start(&arena.usher).await;
    watch.turned_away(browser.clone().submit(form.clone().set("state", &handle)).await).await;
    let tokens = arena.idp.count(Endpoint::Token);
    arena.usher.finish(&arena.shop, request, browser.open(&waiting).await).await;
    again(&arena, browser.open(&waiting).await).await;
    assert_eq!(arena.idp.count(Endpoint::Token), tokens + 1);

    let late = late(&arena, &mut browser).await;
    let watch = Watch::start(&arena.usher).await;
    watch.turned_away(browser.open(&late).await).await;
}

/// A parked answer that nobody came for in time.
async fn late(arena: &Arena, browser: &mut Browser) -> Url {
    let mut stranger = arena.usher.browser();
    let (_, callback) = arena.usher.callback(&mut stranger, &arena.shop, "acme").await;
    let waiting = parked(arena, &posted(&arena.idp, &callback)).await;
    *browser = stranger;
    arena.usher.advance(61);
    waiting
}

async fn again(arena: &Arena, landing: Landing) {
    let page = landing.page();
    assert_eq!(page.error_code().as_deref(), Some("tx_already_used"), "{page}");
    assert!(arena.usher.is_alive().await);
}
