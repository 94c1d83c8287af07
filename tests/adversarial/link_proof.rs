//! LINK cases of the ownership proof: it holds for one flow, one browser, one external subject and one account.
//!
//! Mallory has an account at a provider that vouches for no address, and names Dave's.

use serde_json::{Value, json};

use super::linking::{Company, linking, with};
use crate::support::application::AuthorizationRequest;
use crate::support::{Browser, Form, Landing, Page, Setup, Watch};

const DAVE: (&str, &str) = ("dave", "a good long secret");
const CAROL: (&str, &str) = ("carol", "a good long secret");

/// Somebody at the provider who names Dave's address.
fn claims_dave(sub: &str) -> Value {
    json!({ "sub": sub, "email": "dave@corp.test", "email_verified": false })
}

/// Walks to the page that asks for the proof.
async fn at_the_page(company: &Company, browser: &mut Browser, claims: Value) -> (AuthorizationRequest, Page) {
    company.claim(claims);
    let (request, landing) = company.usher.arrive(browser, &company.shop, "acme").await;
    let page = landing.page();
    assert_eq!((page.status(), page.error_code()), (200, None), "no proof is asked for: {page}");
    (request, page)
}

fn password(page: &Page, who: (&str, &str)) -> Form {
    page.form_with("password").set("username", who.0).set("password", who.1)
}

/// The honest twin: whoever signs in to the account is linked to it.
async fn dave_proves(company: &Company) {
    let mut browser = company.usher.browser();
    let (request, page) = at_the_page(company, &mut browser, claims_dave("dave-1")).await;
    let landing = browser.submit(password(&page, DAVE)).await;
    let done = company.usher.finish(&company.shop, request, landing).await;
    assert_eq!(done.tokens.sub(), company.usher.database.subject("dave").await);
    assert_eq!(company.usher.database.links_of("dave").await, 1);
}

/// A company in which the honest twin has shown that a proof links, and was taken back.
async fn company() -> Company {
    company_of(Setup::new()).await
}

async fn company_of(setup: Setup) -> Company {
    let company = Company::with(setup, linking).await;
    dave_proves(&company).await;
    company.usher.database.execute("DELETE FROM federated_links").await;
    company
}

/// Nobody came in, nothing is linked.
async fn stays_outside(watch: &Watch<'_>, landing: Landing) {
    let page = landing.page();
    assert!(page.status() < 500, "{page}");
    watch.nothing_happened().await;
}

/// The password of another account proves that account, and not the one that is meant.
#[tokio::test]
async fn link_08_proof_for_another_account() {
    let company = company().await;
    let mut browser = company.usher.browser();
    let (_, page) = at_the_page(&company, &mut browser, claims_dave("m-1")).await;
    let watch = Watch::start(&company.usher).await;
    let landing = browser.submit(password(&page, CAROL)).await;
    stays_outside(&watch, landing).await;
    for name in ["carol", "dave"] {
        assert_eq!(company.usher.database.links_of(name).await, 0, "{name}");
    }
}

/// The page belongs to the browser that came with the identity.
#[tokio::test]
async fn link_08_another_browser() {
    let company = company().await;
    let (mut mallory, mut dave) = (company.usher.browser(), company.usher.browser());
    let (_, page) = at_the_page(&company, &mut mallory, claims_dave("m-1")).await;
    let watch = Watch::start(&company.usher).await;
    // Mallory lures Dave to the page, and then to its form with a token of Dave's own.
    let (_, own) = at_the_page(&company, &mut dave, claims_dave("dave-1")).await;
    let opened = dave.open(page.url.as_str()).await.page();
    assert_eq!(opened.error_code().as_deref(), Some("tx_other_browser"), "{opened}");
    let mut form = password(&own, DAVE);
    form.action = page.form_with("password").action;
    stays_outside(&watch, dave.submit(form).await).await;
    let form = password(&page, DAVE);
    stays_outside(&watch, dave.submit(form).await).await;
    assert_eq!(company.usher.database.links_of("dave").await, 0);
}

/// From a page of another site the form proves nothing (LINK-12).
#[tokio::test]
async fn link_12_proof_from_another_site() {
    let company = company().await;
    let mut dave = company.usher.browser();
    let (_, page) = at_the_page(&company, &mut dave, claims_dave("m-1")).await;
    let watch = Watch::start(&company.usher).await;
    let form = password(&page, DAVE);
    let evil = url::Url::parse("https://evil.test/").expect("a URL");
    stays_outside(&watch, dave.submit_from(evil, form.clone()).await).await;
    let csrf: Vec<String> =
        form.fields.iter().map(|(name, _)| name.clone()).filter(|name| name.contains("csrf")).collect();
    assert_eq!(csrf.len(), 1, "one token: {form:?}");
    stays_outside(&watch, dave.submit(form.without(&csrf[0])).await).await;
    assert_eq!(company.usher.database.links_of("dave").await, 0);
}

/// Mallory's answer in Dave's browser, where Dave is signed in: it starts nothing there (LINK-12).
#[tokio::test]
async fn link_12_callback_in_the_victims_browser() {
    let company = company().await;
    let (mut mallory, mut dave) = (company.usher.browser(), company.usher.browser());
    company.usher.sign_in_locally(&mut dave, &company.shop, DAVE).await;
    company.claim(claims_dave("m-1"));
    let (_, callback) = company.usher.callback(&mut mallory, &company.shop, "acme").await;
    let watch = Watch::start(&company.usher).await;
    let landing = dave.open_from("https://evil.test/", callback.as_str()).await;
    watch.turned_away(landing).await;
    assert_eq!(company.usher.database.links_of("dave").await, 0);
}

/// What a browser adds to the form is not looked at: identity and account come from the server's own record.
#[tokio::test]
async fn link_10_client_sent_identity() {
    let company = company().await;
    let mut browser = company.usher.browser();
    let (_, page) = at_the_page(&company, &mut browser, claims_dave("m-1")).await;
    let carol = company.usher.database.subject("carol").await;
    let watch = Watch::start(&company.usher).await;
    let mut form = password(&page, (DAVE.0, "not the password"));
    for (name, value) in [
        ("user", "carol"),
        ("user_id", &carol),
        ("sub", "dave-1"),
        ("subject", "dave-1"),
        ("email", "carol@corp.test"),
        ("email_verified", "true"),
        ("connection", "acme"),
        ("issuer", company.idp.issuer()),
        ("proved", "true"),
        ("decision", "link"),
    ] {
        form = form.set(name, value);
    }
    stays_outside(&watch, browser.submit(form).await).await;
}

/// A name alone is no proof, nor is an empty or missing password, nor a code that nobody sent.
#[tokio::test]
async fn link_11_link_without_proof() {
    let company = company().await;
    let mut browser = company.usher.browser();
    let (_, page) = at_the_page(&company, &mut browser, claims_dave("m-1")).await;
    let watch = Watch::start(&company.usher).await;
    stays_outside(&watch, browser.submit(password(&page, (DAVE.0, ""))).await).await;
    stays_outside(&watch, browser.submit(password(&page, DAVE).without("password")).await).await;
    let code = page.form_with("password").action.as_str().replace("/proof/password", "/proof/code");
    for given in ["", "000000", "00000000"] {
        let mut form = password(&page, DAVE).without("password").set("code", given);
        form.action = url::Url::parse(&code).expect("a URL");
        stays_outside(&watch, browser.submit(form).await).await;
    }
    assert_eq!(company.usher.database.links_of("dave").await, 0);
}

/// A session that is there already proves nothing: whoever sits at Dave's browser must sign in again.
#[tokio::test]
async fn link_11_old_session() {
    let company = company().await;
    let mut browser = company.usher.browser();
    company.usher.sign_in_locally(&mut browser, &company.shop, DAVE).await;
    company.claim(claims_dave("m-1"));
    let request = company.shop.request(&company.usher).with("prompt", "login");
    let page = browser.open(request.url()).await.page();
    let landing = browser.click(&page, "/go/acme").await;
    let page = landing.page();
    assert!(page.has("#password"), "{page}");
    assert_eq!(company.usher.database.links_of("dave").await, 0);
}

/// The proof came, but meanwhile somebody else of the same provider was linked: it is decided again.
#[tokio::test]
async fn link_08_overtaken() {
    let company = company().await;
    let mut browser = company.usher.browser();
    let (_, page) = at_the_page(&company, &mut browser, claims_dave("m-1")).await;
    dave_proves(&company).await;
    let watch = Watch::start(&company.usher).await;
    let landing = browser.submit(password(&page, DAVE)).await;
    watch.refused_as("link_refused", landing).await;
    assert_eq!(company.usher.database.links_of("dave").await, 1);
}

/// The account was disabled between the page and the proof.
#[tokio::test]
async fn link_25_disabled_before_the_proof() {
    let company = company().await;
    let mut browser = company.usher.browser();
    let (_, page) = at_the_page(&company, &mut browser, claims_dave("dave-1")).await;
    company.usher.database.execute("UPDATE users SET state = 'disabled' WHERE username = 'dave'").await;
    let watch = Watch::start(&company.usher).await;
    stays_outside(&watch, browser.submit(password(&page, DAVE)).await).await;
}

/// Back to the provider and in as somebody else: the page stands for the last identity, the proof links that one only.
#[tokio::test]
async fn link_08_swapped_subject() {
    let company = company().await;
    let mut browser = company.usher.browser();
    let (_, first) = at_the_page(&company, &mut browser, claims_dave("m-1")).await;
    let (request, second) = at_the_page(&company, &mut browser, claims_dave("m-2")).await;
    assert_ne!(first.url, second.url, "each sign-in has its own page");
    let landing = browser.submit(password(&second, DAVE)).await;
    company.usher.finish(&company.shop, request, landing).await;
    let subjects = company.usher.database.texts("SELECT subject FROM federated_links").await;
    assert_eq!(subjects, ["m-2"]);
    let watch = Watch::start(&company.usher).await;
    stays_outside(&watch, browser.submit(password(&first, DAVE)).await).await;
}

/// Who is in charge of this installation is linked by proof only, however sure the provider is.
#[tokio::test]
async fn link_11_administrators_are_never_linked_automatically() {
    let admin = json!({ "username": "root", "password": DAVE.1, "email": "root@corp.test", "email_verified": true,
        "admin": true });
    let root = json!({ "sub": "root-1", "email": "root@corp.test", "email_verified": true });
    let never = |idp: &crate::support::Idp| with(linking(idp), json!({ "prove_ownership": "never" }));
    let company = Company::with(Setup::new().user(admin.clone()), never).await;
    company.links("carol").await;
    company.refuses(root.clone(), "link_refused").await;

    let company = Company::with(Setup::new().user(admin), linking).await;
    company.links("carol").await;
    let mut browser = company.usher.browser();
    let (request, page) = at_the_page(&company, &mut browser, root).await;
    let landing = browser.submit(password(&page, ("root", DAVE.1))).await;
    let done = company.usher.finish(&company.shop, request, landing).await;
    assert_eq!(done.tokens.sub(), company.usher.database.subject("root").await);
}

/// The page tells nothing about the account: not its name, and the same for any account.
#[tokio::test]
async fn link_06_the_page_names_nobody() {
    let named = json!({ "username": "zelda.q", "password": DAVE.1, "email": "dave2@corp.test", "email_verified": true,
        "attributes": { "name": "Zelda Quist" } });
    let company = company_of(Setup::new().user(named)).await;
    let (_, page) = at_the_page(&company, &mut company.usher.browser(), claims_dave("m-1")).await;
    let other = json!({ "sub": "m-2", "email": "dave2@corp.test", "email_verified": false });
    let (_, second) = at_the_page(&company, &mut company.usher.browser(), other).await;
    assert!(!second.answer.body.contains("zelda.q") && !second.answer.body.contains("Zelda"), "{second}");
    let plain = |page: &Page| page.text("main").replace("dave2@corp.test", "").replace("dave@corp.test", "");
    assert_eq!(plain(&page), plain(&second));
}

/// Guesses at the page are guesses at the account: after a hundred, no password of it is looked at for a while.
#[tokio::test]
async fn link_11_guessing_is_counted() {
    let company = company().await;
    let mut braked = false;
    for n in 0..15 {
        let mut browser = company.usher.browser();
        let (_, mut page) = at_the_page(&company, &mut browser, claims_dave(&format!("m-{n}"))).await;
        for _ in 0..8 {
            let landing = browser.submit(password(&page, (DAVE.0, "a guess at it"))).await;
            page = landing.page();
            braked |= page.status() == 429 || page.error_code().is_some();
            if !page.has("#password") {
                break;
            }
        }
        if braked {
            break;
        }
    }
    assert!(braked, "a hundred guesses in a row were answered");
    assert_eq!(company.usher.database.links_of("dave").await, 0);
}
