//! LINK-08: the code that is mailed to prove an account counts for one flow, one browser, one external subject, once.

use serde_json::{Value, json};

use super::linking::{Company, linking, with};
use crate::console::admin_of;
use crate::console::invitations::invite;
use crate::support::application::AuthorizationRequest;
use crate::support::smtp::Sink;
use crate::support::{Browser, Form, Idp, Landing, Page, Setup, Watch};

fn claims_dave(sub: &str) -> Value {
    json!({ "sub": sub, "email": "dave@corp.test", "email_verified": false })
}

/// A company that can send mail.
async fn company() -> (Company, Sink) {
    let sink = Sink::start().await;
    (Company::with(Setup::new().mail(&sink), linking).await, sink)
}

/// Walks to the page that asks for the proof, and has a code sent.
async fn asks_for_a_code(company: &Company, browser: &mut Browser, claims: Value) -> (AuthorizationRequest, Page) {
    company.claim(claims);
    let (request, landing) = company.usher.arrive(browser, &company.shop, "acme").await;
    let page = landing.page();
    let page = browser.submit(page.form_with("send-code")).await.page();
    assert!(page.has("#code"), "no field for a code: {page}");
    (request, page)
}

/// The code in the `n`-th mail.
async fn code(sink: &Sink, n: usize) -> String {
    let mails = sink.wait_for(n).await;
    let digits = |word: &&str| word.len() >= 6 && word.bytes().all(|b| b.is_ascii_digit());
    let text = mails[n - 1].text();
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .find(digits)
        .unwrap_or_else(|| panic!("no code: {text}"))
        .to_owned()
}

fn typed(page: &Page, code: &str) -> Form {
    page.form_with("code").set("code", code)
}

/// The honest twin: the code that came is typed where it was asked for.
async fn dave_proves(company: &Company, sink: &Sink, mails: usize) -> (Browser, Page, String) {
    let mut browser = company.usher.browser();
    let (request, page) = asks_for_a_code(company, &mut browser, claims_dave("dave-1")).await;
    let code = code(sink, mails + 1).await;
    let landing = browser.submit(typed(&page, &code)).await;
    let done = company.usher.finish(&company.shop, request, landing).await;
    assert_eq!(done.tokens.sub(), company.usher.database.subject("dave").await);
    sink.wait_for(mails + 2).await;
    (browser, page, code)
}

async fn stays_outside(watch: &Watch<'_>, landing: Landing) {
    let page = landing.page();
    assert!(page.status() < 500, "{page}");
    watch.nothing_happened().await;
}

async fn unlink(company: &Company) {
    company.usher.database.execute("DELETE FROM federated_links").await;
}

/// The mail goes to the account's address, with a code of this sign-in; a notice follows the link.
#[tokio::test]
async fn link_08_the_mail() {
    let (company, sink) = company().await;
    let (_, _, code) = dave_proves(&company, &sink, 0).await;
    let mails = sink.wait_for(2).await;
    assert!(mails.iter().all(|mail| mail.to.contains(&"dave@corp.test".to_owned())), "{mails:?}");
    assert!(!mails[0].text().contains("/login"), "a code, never a link: {}", mails[0].text());
    assert!(!mails[1].text().contains(&code), "{}", mails[1].text());
}

/// Used once, it opens nothing a second time, in its own flow or in another.
#[tokio::test]
async fn link_08_replayed_code() {
    let (company, sink) = company().await;
    let (mut browser, page, used) = dave_proves(&company, &sink, 0).await;
    unlink(&company).await;
    let watch = Watch::start(&company.usher).await;
    let _ = browser.submit(typed(&page, &used)).await;
    watch.nothing_happened().await;
    let mut mallory = company.usher.browser();
    let (_, page) = asks_for_a_code(&company, &mut mallory, claims_dave("m-1")).await;
    let watch = Watch::start(&company.usher).await;
    stays_outside(&watch, mallory.submit(typed(&page, &used)).await).await;
    assert_eq!(company.usher.database.links_of("dave").await, 0);
}

/// The code of Dave's own sign-in, read over his shoulder, does not help Mallory's flow, nor the other way round.
#[tokio::test]
async fn link_08_code_of_another_flow() {
    let (company, sink) = company().await;
    dave_proves(&company, &sink, 0).await;
    unlink(&company).await;
    let (mut dave, mut mallory) = (company.usher.browser(), company.usher.browser());
    let (request, own) = asks_for_a_code(&company, &mut dave, claims_dave("dave-1")).await;
    let his = code(&sink, 3).await;
    let (_, page) = asks_for_a_code(&company, &mut mallory, claims_dave("m-1")).await;
    let hers = code(&sink, 4).await;
    let watch = Watch::start(&company.usher).await;
    stays_outside(&watch, mallory.submit(typed(&page, &his)).await).await;
    stays_outside(&watch, dave.submit(typed(&own, &hers)).await).await;
    let landing = dave.submit(typed(&own, &his)).await;
    company.usher.finish(&company.shop, request, landing).await;
}

/// Mallory has the code sent, and lures Dave into typing it, or types what Dave tells, elsewhere: the page is bound to
/// its browser.
#[tokio::test]
async fn link_08_code_in_another_browser() {
    let (company, sink) = company().await;
    dave_proves(&company, &sink, 0).await;
    unlink(&company).await;
    let (mut dave, mut mallory) = (company.usher.browser(), company.usher.browser());
    let (_, page) = asks_for_a_code(&company, &mut mallory, claims_dave("m-1")).await;
    let sent = code(&sink, 3).await;
    let watch = Watch::start(&company.usher).await;
    stays_outside(&watch, dave.submit(typed(&page, &sent)).await).await;
    assert_eq!(company.usher.database.links_of("dave").await, 0);
}

/// The code was asked for as one subject; the same browser comes back as another: it counts for the first alone.
#[tokio::test]
async fn link_08_code_of_another_subject() {
    let (company, sink) = company().await;
    dave_proves(&company, &sink, 0).await;
    unlink(&company).await;
    let mut browser = company.usher.browser();
    let (_, page) = asks_for_a_code(&company, &mut browser, claims_dave("m-1")).await;
    let sent = code(&sink, 3).await;
    let flow = page.url.as_str().split("/proof").next().unwrap_or_default().to_owned();
    company.claim(claims_dave("m-2"));
    // The same flow once more through the provider, as far as the pages lead.
    if let Landing::Page(again) = browser.open(format!("{flow}/go/acme")).await
        && again.has("#code")
    {
        let watch = Watch::start(&company.usher).await;
        stays_outside(&watch, browser.submit(typed(&again, &sent)).await).await;
    }
    let (_, other) = asks_for_a_code(&company, &mut browser, claims_dave("m-2")).await;
    let watch = Watch::start(&company.usher).await;
    stays_outside(&watch, browser.submit(typed(&other, &sent)).await).await;
    assert_eq!(company.usher.database.links_of("dave").await, 0);
}

/// Five guesses, and the right code opens nothing any more.
#[tokio::test]
async fn link_08_guessed_code() {
    let (company, sink) = company().await;
    dave_proves(&company, &sink, 0).await;
    unlink(&company).await;
    let mut browser = company.usher.browser();
    let (_, page) = asks_for_a_code(&company, &mut browser, claims_dave("m-1")).await;
    let sent = code(&sink, 3).await;
    let watch = Watch::start(&company.usher).await;
    for n in 0..5 {
        let wrong = if sent == format!("{n:0>6}") { "999999".to_owned() } else { format!("{n:0>6}") };
        stays_outside(&watch, browser.submit(typed(&page, &wrong)).await).await;
    }
    stays_outside(&watch, browser.submit(typed(&page, &sent)).await).await;
    assert_eq!(company.usher.database.links_of("dave").await, 0);
}

/// Too late is too late.
#[tokio::test]
async fn link_08_expired_code() {
    let (company, sink) = company().await;
    dave_proves(&company, &sink, 0).await;
    unlink(&company).await;
    let mut browser = company.usher.browser();
    let (_, page) = asks_for_a_code(&company, &mut browser, claims_dave("dave-1")).await;
    let sent = code(&sink, 3).await;
    company.usher.advance(11 * 60);
    let watch = Watch::start(&company.usher).await;
    stays_outside(&watch, browser.submit(typed(&page, &sent)).await).await;
    assert_eq!(company.usher.database.links_of("dave").await, 0);
}

/// Sending again and again fills nobody's mailbox.
#[tokio::test]
async fn link_08_mail_flood() {
    let (company, sink) = company().await;
    dave_proves(&company, &sink, 0).await;
    unlink(&company).await;
    for n in 0..6 {
        let mut browser = company.usher.browser();
        company.claim(claims_dave(&format!("m-{n}")));
        let (_, landing) = company.usher.arrive(&mut browser, &company.shop, "acme").await;
        let mut page = landing.page();
        for _ in 0..5 {
            if !page.has("#send-code") {
                break;
            }
            page = browser.submit(page.form_with("send-code")).await.page();
            assert!(page.status() < 500, "{page}");
        }
    }
    let queued = company.usher.database.count("SELECT count(*) FROM outbox").await;
    let sent = i64::try_from(sink.mails().len()).expect("few");
    assert!(sent + queued <= 2 + 12, "thirty requests made {} mails", sent + queued);
}

/// Somebody made the account in advance with Erin's address, kept a session and added an identity of their own. Erin
/// gets it by her mailbox, and nothing of the stranger's works any more (LINK-01, 02, 03).
#[tokio::test]
async fn link_01_02_03_claim_of_a_pre_registered_address() {
    const SQUATTER: (&str, &str) = ("mallory", "a good long secret");
    let (sink, globex) = (Sink::start().await, Idp::start().await);
    let squat = json!({ "username": SQUATTER.0, "password": SQUATTER.1, "email": "erin@corp.test" });
    let rule = json!({ "federated": "preferred_username", "local": "username" });
    let trojan = with(globex.connection("globex"), json!({ "linking": { "rules": [rule] } }));
    let setup = Setup::new().mail(&sink).user(squat).idp_with(&globex, trojan);
    let company = Company::with(setup, linking).await;
    let (usher, shop) = (&company.usher, &company.shop);
    let subject = usher.database.subject(SQUATTER.0).await;
    let mut squatter = usher.browser();
    let held = usher.sign_in_locally(&mut squatter, shop, SQUATTER).await;
    globex.claims(|person| *person = json!({ "sub": "m-1", "preferred_username": "mallory" }));
    assert_eq!(usher.sign_in(&mut usher.browser(), shop, "globex").await.tokens.sub(), subject, "the trojan link");

    let mut erin = usher.browser();
    let claims = json!({ "sub": "erin-1", "email": "erin@corp.test", "email_verified": true });
    let (request, page) = asks_for_a_code(&company, &mut erin, claims).await;
    let code = code(&sink, 1).await;
    let landing = erin.submit(typed(&page, &code)).await;
    assert_eq!(usher.finish(shop, request, landing).await.tokens.sub(), subject);

    let silent = shop.request(usher).with("prompt", "none");
    let landing = squatter.open(silent.url()).await;
    assert_eq!(silent.error(landing), "login_required", "the stranger's session lives");
    assert_eq!(shop.try_refresh(usher, held.tokens.refresh()).await.oauth_error(), "invalid_grant");
    let mut again = usher.browser();
    let page = again.open(shop.request(usher).url()).await.page();
    let form = page.form_with("password").set("username", SQUATTER.0).set("password", SQUATTER.1);
    assert!(matches!(again.submit(form).await, Landing::Page(_)), "the stranger's password works");
    let links = usher.database.texts("SELECT connection FROM federated_links").await;
    assert_eq!(links, ["acme"], "Erin's own link is the only one");
}

/// A way in that was handed out before the claim, and not used yet, leads nowhere after it (LINK-04).
#[tokio::test]
async fn link_04_an_invitation_from_before_the_claim() {
    let sink = Sink::start().await;
    let made = json!({ "username": "erin", "email": "erin@corp.test" });
    let setup = Setup::new().mail(&sink).user(made).admin("root", "a good long secret");
    let company = Company::with(setup, linking).await;
    let usher = &company.usher;
    let mut admin = admin_of(usher).await;
    let shown = invite(usher, &mut admin, "erin").await;
    let link = shown.attributes("#invitation_link", "value").concat();
    assert_eq!(usher.browser().open(&link).await.page().status(), 200, "the link works until then");

    let mut erin = usher.browser();
    let claims = json!({ "sub": "erin-1", "email": "erin@corp.test", "email_verified": true });
    let (request, page) = asks_for_a_code(&company, &mut erin, claims).await;
    let code = code(&sink, 1).await;
    let landing = erin.submit(typed(&page, &code)).await;
    usher.finish(&company.shop, request, landing).await;
    let dead = usher.browser().open(&link).await.page();
    assert_eq!(dead.status(), 404, "{dead}");
}

/// An administrator's account with an address that nobody vouched for is not to be had by a mailbox.
#[tokio::test]
async fn link_01_no_claim_of_an_administrator() {
    let sink = Sink::start().await;
    let admin =
        json!({ "username": "root", "password": "a good long secret", "email": "erin@corp.test", "admin": true });
    let company = Company::with(Setup::new().mail(&sink).user(admin), linking).await;
    dave_proves(&company, &sink, 0).await;
    let before = sink.wait_for(2).await.len();
    let mut browser = company.usher.browser();
    company.claim(json!({ "sub": "erin-1", "email": "erin@corp.test", "email_verified": true }));
    let (_, landing) = company.usher.arrive(&mut browser, &company.shop, "acme").await;
    let page = landing.page();
    let watch = Watch::start(&company.usher).await;
    let form = page.form_with("send-code");
    let page = browser.submit(form).await.page();
    assert!(page.status() < 500, "{page}");
    watch.nothing_happened().await;
    assert_eq!(company.usher.database.count("SELECT count(*) FROM outbox").await, 0);
    assert_eq!(sink.mails().len(), before, "a code was sent");
}
