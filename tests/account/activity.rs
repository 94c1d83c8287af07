//! Sessions, applications and history: seen by their owner, ended by their owner, and by nobody else.

use serde_json::json;

use super::walk::{ANN, BEN, Person, is_sign_in, subjects};
use crate::support::smtp::Sink;
use crate::support::{Application, Form, Page, Setup, Usher};

const AGENT: &str = "Unknown browser";

async fn shops() -> (Usher, Application, Application) {
    let (shop, wiki) = (Application::web("shop"), Application::web("wiki"));
    let setup = Setup::new().person(ANN.0, ANN.1).person(BEN.0, BEN.1).app(&shop).app(&wiki);
    (setup.start().await, shop, wiki)
}

fn with_value(page: &Page, name: &str, value: &str) -> Form {
    page.form_with(name).set(name, value)
}

/// One session is ended: that browser is out, its tokens end with it, this one stays.
#[tokio::test]
async fn one_session_is_ended() {
    let (usher, shop, _) = shops().await;
    let (mut here, mut there) = (Person::new(&usher, ANN), Person::new(&usher, ANN));
    let at_shop = usher.sign_in_locally(&mut there.browser, &shop, ANN).await.tokens;
    there.open("").await;
    here.open("").await;
    let page = here.open("/sessions").await;
    assert_eq!(page.texts("#sessions li").len(), 2, "{page}");
    assert!(page.texts("#sessions li")[0].contains("This browser"), "{page}");
    assert!(page.text("#sessions").contains("shop") || page.text("#sessions").contains("Shop"), "{page}");
    let own = page.attributes("#sessions li:first-child button", "value").remove(0);
    let other = page.attributes("#sessions li:last-child button", "value").remove(0);
    assert_ne!(own, other);
    let page = here.send(with_value(&page, "session", &other)).await;
    assert!(page.has("[role=status]") && page.texts("#sessions li").len() == 1, "{page}");
    assert!(is_sign_in(&there.look("/profile").await));
    assert_ne!(shop.try_userinfo(&usher, &at_shop.access_token).await.status, 200, "its tokens too");
    assert_eq!(here.look("/profile").await.status(), 200);
    assert_eq!(here.audited("user.session_ended").await, 1);
}

/// All others are ended, refresh tokens with them.
#[tokio::test]
async fn all_other_sessions_are_ended() {
    let (usher, shop, _) = shops().await;
    let (mut here, mut there) = (Person::new(&usher, ANN), Person::new(&usher, ANN));
    let tokens = usher.sign_in_locally(&mut there.browser, &shop, ANN).await.tokens;
    there.open("").await;
    here.open("").await;
    let page = here.open("/sessions").await;
    let page = here.send(with_value(&page, "session", "others")).await;
    assert!(page.has("[role=status]") && !page.has("#end-others"), "{page}");
    assert!(is_sign_in(&there.look("").await));
    assert_eq!(shop.try_refresh(&usher, tokens.refresh()).await.oauth_error(), "invalid_grant");
    assert_eq!(here.look("/profile").await.status(), 200);
}

/// Sessions, applications and entries of other people are not there (IDOR).
#[tokio::test]
async fn what_is_another_persons_is_not_there() {
    let (usher, shop, _) = shops().await;
    let (mut ann, mut ben) = (Person::new(&usher, ANN), Person::new(&usher, BEN));
    usher.sign_in_locally(&mut ben.browser, &shop, BEN).await;
    ben.open("").await;
    let bens = ben.open("/sessions").await.attributes("#sessions button", "value").remove(0);
    let bens_entry = ben.open("/history").await.link("/account/history/");
    ann.open("").await;
    let page = ann.open("/sessions").await;
    let csrf = page.form_with("session").value("csrf").to_owned();
    let audit = usher.database.last_audit().await;
    for (path, name, value) in [
        ("/account/sessions", "session", bens.as_str()),
        ("/account/sessions", "session", "s_nobody"),
        ("/account/sessions", "session", "../"),
        ("/account/applications", "application", "shop"),
        ("/account/applications", "application", "usher-account"),
        ("/account/applications", "application", "nothing"),
        (bens_entry.path(), "x", "y"),
        ("/account/history/e999999", "x", "y"),
        ("/account/history/s0", "x", "y"),
    ] {
        let page = ann.send(Form::forged(&usher.url(path), &[("csrf", &csrf), (name, value)])).await;
        assert_eq!(page.error_code().as_deref(), Some("not_found"), "{path} {value}: {page}");
    }
    assert_eq!(ann.look(bens_entry.path().trim_start_matches("/account")).await.status(), 404);
    assert!(usher.database.audit_after(audit).await.is_empty());
    assert_eq!(ben.look("/profile").await.status(), 200, "nothing happened to him");
    let page = ben.open("/sessions").await;
    assert!(ben.send(with_value(&page, "session", &bens)).await.status() < 400, "his own he ends");
}

/// Access is taken back: the application's tokens die, another one's live on.
#[tokio::test]
async fn access_is_taken_back_from_one_application() {
    let (usher, shop, wiki) = shops().await;
    let mut ann = Person::new(&usher, ANN);
    let at_shop = usher.sign_in_locally(&mut ann.browser, &shop, ANN).await.tokens;
    let request = wiki.request(&usher);
    let landing = ann.browser.open(request.url()).await;
    let at_wiki = usher.finish(&wiki, request, landing).await.tokens;
    let page = ann.open("/applications").await;
    assert_eq!(page.texts("#applications li").len(), 2, "its own page is none: {page}");
    let page = ann.send(with_value(&page, "application", "shop")).await;
    assert!(page.has("[role=status]") && page.texts("#applications li").len() == 1, "{page}");
    assert_eq!(shop.try_refresh(&usher, at_shop.refresh()).await.oauth_error(), "invalid_grant");
    wiki.refresh(&usher, at_wiki.refresh()).await;
    assert_eq!(ann.audited("user.application_revoked").await, 1);
}

/// The history of a person: their sign-ins with application, way, browser and address, and what was changed.
#[tokio::test]
async fn the_history_tells_of_sign_ins_and_changes() {
    let (usher, shop, _) = shops().await;
    let (mut ann, mut ben) = (Person::new(&usher, ANN), Person::new(&usher, BEN));
    usher.sign_in_locally(&mut ann.browser, &shop, ANN).await;
    ben.open("").await;
    ann.add_app().await;
    let page = ann.open("/history").await;
    let rows = page.texts("#history li");
    let shop_row = rows.iter().find(|row| row.to_lowercase().contains("shop")).expect("the sign-in at the shop");
    assert!(shop_row.contains("Password") && shop_row.contains(AGENT) && shop_row.contains("127.0.0.1"), "{shop_row}");
    assert!(rows.iter().any(|row| row.contains("second factor was set up")), "{rows:?}");
    let bens = ben.open("/history").await.texts("#history li");
    assert!(bens.iter().all(|row| !row.to_lowercase().contains("shop")), "{bens:?}");
    let methods = usher.database.texts("SELECT methods FROM own_sign_ins ORDER BY id LIMIT 1").await;
    assert_eq!(methods, [json!(["pwd"]).to_string()]);
}

/// Goes through "this was not me" for the entry of the shop.
async fn report(person: &mut Person<'_>) -> Page {
    let page = person.open("/history").await;
    let link = page.link("/account/history/");
    let page = person.open(link.path().trim_start_matches("/account")).await;
    assert!(page.has("#not-me"), "{page}");
    let form = page.forms().into_iter().find(|form| form.action == link).expect("the form");
    person.send(form).await
}

/// "This was not me" puts everybody else out: sessions, tokens, remembered browsers and the password, which a mailed link
/// renews.
#[tokio::test]
async fn this_was_not_me_closes_the_account_to_others() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = Setup::new().mail(&sink).person(ANN.0, ANN.1).app(&shop).start().await;
    let (mut ann, mut thief) = (Person::new(&usher, ANN), Person::new(&usher, ANN));
    let stolen = usher.sign_in_locally(&mut thief.browser, &shop, ANN).await.tokens;
    thief.open("").await;
    ann.open("").await;
    let page = report(&mut ann).await;
    assert!(page.text("[role=status]").contains("link for a new one"), "{page}");
    assert!(is_sign_in(&thief.look("").await), "the session");
    assert_eq!(shop.try_refresh(&usher, stolen.refresh()).await.oauth_error(), "invalid_grant");
    let asked = thief.look("/profile").await;
    let form = asked.form_with("password").set("username", ANN.0).set("password", ANN.1);
    assert!(is_sign_in(&thief.send(form).await), "the password");
    assert_eq!(ann.look("/profile").await.status(), 200, "her own session stays");
    let told = subjects(&sink, 2).await;
    assert!(told.iter().any(|subject| subject.contains("secured")), "{told:?}");
    let reset = sink.mails().iter().find_map(|mail| mail.link(&usher.url("/setup/"))).expect("a link");
    let form = ann.browser.open(&reset).await.page().form_with("password_again");
    let renewed = "quite another long secret";
    ann.browser.submit(form.set("password", renewed).set("password_again", renewed)).await;
    let mut again = Person { who: (ANN.0, renewed), ..ann.elsewhere() };
    assert_eq!(again.open("/history").await.url.path(), "/account/history");
    assert!(again.open("/history").await.text("#history").contains("You said: not me"));
    assert_eq!(again.audited("user.not_me").await, 1);
}

/// Where nobody can be mailed, the password stays, and the next page is the one that changes it.
#[tokio::test]
async fn without_mail_the_owner_changes_the_password_next() {
    let (usher, shop, _) = shops().await;
    let (mut ann, mut thief) = (Person::new(&usher, ANN), Person::new(&usher, ANN));
    usher.sign_in_locally(&mut thief.browser, &shop, ANN).await;
    ann.open("").await;
    let page = report(&mut ann).await;
    assert_eq!(page.url.path(), "/account/security/password", "{page}");
    let request = shop.request(&usher);
    let landing = thief.browser.open(request.url()).await;
    assert!(is_sign_in(&landing.page()), "the session is over all the same");
}

/// Whoever has only an old session reports nothing.
#[tokio::test]
async fn not_me_needs_a_fresh_sign_in() {
    let (usher, shop, _) = shops().await;
    let mut ann = Person::new(&usher, ANN);
    usher.sign_in_locally(&mut ann.browser, &shop, ANN).await;
    let link = ann.open("/history").await.link("/account/history/");
    let page = ann.open(link.path().trim_start_matches("/account")).await;
    let form = page.forms().into_iter().find(|form| form.action == link).expect("the form");
    usher.advance(301);
    assert!(is_sign_in(&ann.look(link.path().trim_start_matches("/account")).await));
    assert!(is_sign_in(&ann.send(form).await));
    assert_eq!(ann.audited("user.not_me").await, 0);
    let page = report(&mut ann).await;
    assert_eq!(page.status(), 200, "after signing in again: {page}");
    assert_eq!(ann.audited("user.not_me").await, 1);
}
