//! Who comes in: a sign-in of its own, a factor where there is one, and nothing once the session, the account or the token
//! is not right.

use serde_json::json;

use super::walk::{ANN, BEN, Person, is_sign_in};
use crate::support::{Application, Form, Idp, Landing, Setup};

const PAGES: [&str; 4] = ["/profile", "/sessions", "/applications", "/history"];

/// Somebody who is not signed in signs in and is where they wanted to be; somebody who is signed in at an application is
/// asked nothing.
#[tokio::test]
async fn people_come_to_the_page_they_asked_for() {
    let shop = Application::web("shop");
    let usher = Setup::new().person(ANN.0, ANN.1).app(&shop).start().await;
    let mut ann = Person::new(&usher, ANN);
    for page in PAGES {
        let mut elsewhere = ann.elsewhere();
        assert!(is_sign_in(&elsewhere.look(page).await), "{page}");
        assert_eq!(elsewhere.open(page).await.url.path(), format!("/account{page}"));
    }
    usher.sign_in_locally(&mut ann.browser, &shop, ANN).await;
    let page = ann.look("").await;
    assert_eq!((page.status(), page.url.path()), (200, "/account"), "{page}");
    assert!(page.text("h1").contains("ann"), "{page}");
    let form = page.forms().into_iter().find(|form| form.action.path() == "/account/sign-out").expect("a form");
    assert_eq!(ann.send(form).await.url.path(), "/signed-out");
    assert!(is_sign_in(&ann.look("").await));
    let request = shop.request(&usher);
    assert!(matches!(ann.browser.open(request.url()).await, Landing::Page(_)), "the session is over, too");
}

/// Whoever signed in through a connection that makes no accounts is told so, and gets nowhere.
#[tokio::test]
async fn somebody_without_an_account_is_told_so() {
    let acme = Idp::start().await;
    let mut connection = acme.connection("acme");
    connection["jit"] = json!(false);
    let usher = Setup::new().idp_with(&acme, connection).start().await;
    let mut browser = usher.browser();
    let page = browser.open(usher.url("/account/profile")).await.page();
    let page = if is_sign_in(&page) { browser.click(&page, "/go/acme").await.page() } else { page };
    assert_eq!((page.status(), page.has("#another")), (403, true), "{page}");
    assert!(page.text("main").contains("Acme"), "{page}");
    for path in PAGES {
        let page = browser.open(usher.url(&format!("/account{path}"))).await.page();
        assert_eq!((page.status(), page.has("#another")), (403, true), "{page}");
    }
    assert_eq!(usher.database.count("SELECT count(*) FROM own_sign_ins").await, 0, "nothing is kept of them");
}

/// An account that is switched off is out with the next click, on a page that is open as well.
#[tokio::test]
async fn sess_16_a_disabled_account_is_out_at_once() {
    let usher = Setup::new().person(ANN.0, ANN.1).start().await;
    let mut ann = Person::new(&usher, ANN);
    let page = ann.open("/sessions").await;
    let form = page.form_with("session");
    usher.database.execute("UPDATE users SET state = 'disabled'").await;
    let look = ann.look("/profile").await;
    assert_eq!(look.error_code().as_deref(), Some("account_disabled"), "{look}");
    let sent = ann.send(form).await;
    assert_eq!(sent.error_code().as_deref(), Some("account_disabled"), "{sent}");
    assert_eq!(usher.database.count("SELECT count(*) FROM sessions").await, 1, "nothing was done");
}

/// The cookie of the account page is worth something only beside the session that it was made for.
#[tokio::test]
async fn sess_04_the_ticket_alone_is_nothing() {
    let usher = Setup::new().person(ANN.0, ANN.1).person(BEN.0, BEN.1).start().await;
    let (mut ann, mut ben) = (Person::new(&usher, ANN), Person::new(&usher, BEN));
    ann.open("").await;
    ben.open("").await;
    let mut thief = ann.tab();
    assert!(!is_sign_in(&thief.look("/profile").await), "with all of her cookies");
    thief.browser.forget_all_but("account");
    assert!(is_sign_in(&thief.look("/profile").await), "her ticket without her session");
    let mut mixed = ben.tab();
    let ticket = ann.browser.cookie("account").expect("a ticket").clone();
    mixed.browser.plant(ticket);
    assert!(!mixed.look("/profile").await.text("main").contains("ann@corp.test"), "her ticket with his session");
    let mut tampered = ann.tab();
    let mut cookie = ann.browser.cookie("account").expect("a ticket").clone();
    cookie.value.replace_range(10..11, if cookie.value.as_bytes()[10] == b'A' { "B" } else { "A" });
    let broken = cookie.value.clone();
    tampered.browser.plant(cookie);
    tampered.look("/profile").await;
    let fresh = tampered.browser.cookie("account").expect("a ticket of its own session").value.clone();
    assert!(fresh != broken, "a broken ticket was taken for one");
    usher.database.execute("DELETE FROM sessions").await;
    assert!(is_sign_in(&ann.look("/profile").await), "the session was ended elsewhere");
}

/// Every form of every page: no token, another's token, another origin (WEB-01).
#[tokio::test]
async fn web_01_every_change_needs_the_token() {
    let shop = Application::web("shop");
    let nickname = json!({ "name": "nickname", "writers": "person_too" });
    let setup = Setup::new().person(ANN.0, ANN.1).person(BEN.0, BEN.1).attribute(nickname).app(&shop);
    let usher = setup.start().await;
    let (mut ann, mut ben) = (Person::new(&usher, ANN), Person::new(&usher, BEN));
    usher.sign_in_locally(&mut ann.browser, &shop, ANN).await;
    let foreign = ben.open("/profile").await.form_with("csrf").value("csrf").to_owned();
    let entry = ann.open("/history").await.link("/account/history/");
    let audit = usher.database.last_audit().await;
    for path in ["/profile", "/sessions", "/applications", entry.path().trim_start_matches("/account")] {
        let page = ann.look(path).await;
        let forms: Vec<Form> = page.forms().into_iter().filter(|form| form.method == "POST").collect();
        assert!(forms.len() > 1, "{path} has forms: {page}");
        for form in forms {
            let attempts = [form.clone().without("csrf"), form.clone().set("csrf", &foreign)];
            for attempt in attempts {
                assert_eq!(ann.send(attempt).await.status(), 403, "{path} {}", form.action);
            }
            let landing = ann.browser.submit_from("http://localhost:1/".parse().unwrap(), form.clone()).await;
            assert_eq!(landing.page().status(), 403, "{path} {}", form.action);
        }
    }
    let done = usher.database.audit_after(audit).await;
    assert!(done.iter().all(|event| event[1] == "refused"), "something was changed: {done:?}");
}

/// Whoever has a factor is asked for it, whatever the flow for all says; a request that the browser changed on the way
/// opens nothing.
#[tokio::test]
async fn mfa_10_a_password_alone_does_not_open_an_account_with_a_factor() {
    let usher = Setup::new().person(ANN.0, ANN.1).start().await;
    let mut ann = Person::new(&usher, ANN);
    ann.add_app().await;
    let mut thief = Person { key: None, ..ann.elsewhere() };
    let asked = thief.look("/profile").await;
    let form = asked.form_with("password").set("username", ANN.0).set("password", ANN.1);
    let page = thief.browser.submit(form).await.page();
    assert!(is_sign_in(&page) && page.has("[name=code]"), "{page}");
    assert!(is_sign_in(&thief.look("/profile").await), "and stays outside");
    let page = ann.elsewhere().open("/profile").await;
    assert_eq!(page.url.path(), "/account/profile", "her code opens it: {page}");
}

/// A request that the browser changed on its way brings nobody in: neither the one that leaves the flow of the page out for
/// a factor, nor a renewal without its demand.
#[tokio::test]
async fn the_request_of_a_leg_cannot_be_changed() {
    let usher = Setup::new().person(ANN.0, ANN.1).start().await;
    let mut ann = Person::new(&usher, ANN);
    ann.add_app().await;
    for (add, take) in [("", ""), ("&acr_values=urn%3Ausher%3Aaccount%3Afactors", ""), ("", "&prompt=login")] {
        let mut other = ann.elsewhere();
        other.open("/profile").await;
        usher.advance(600);
        let begun = other.browser.open_until_page_or(usher.url("/account/security/app"), "/oauth2/authorize").await;
        let changed = begun.left().to_string().replace(take, "") + add;
        let page = other.follow(&changed).await;
        let honest = add.is_empty() && take.is_empty();
        let expected = if honest { None } else { Some("bad_request") };
        assert_eq!(page.error_code().as_deref(), expected, "{add} {take}: {page}");
        assert_eq!(page.url.path() == "/account/security/app", honest, "{page}");
    }
}

/// The page has a flow of its own, in the bootstrap file and in the editor; that of others does not move.
#[tokio::test]
async fn the_page_has_a_flow_of_its_own() {
    let local = |name: &str| json!({ "kind": "local", "authenticator": name });
    let two = json!({ "steps": [{ "options": [local("password")] }, { "options": [local("totp")] }] });
    let (shop, own) = (Application::web("shop"), Application::web("usher-account"));
    let root = ("root", "a good long secret of the root");
    let setup = Setup::new().person(ANN.0, ANN.1).admin(root.0, root.1).app(&shop).flow(&own, two);
    let usher = setup.start().await;
    let mut ann = Person::new(&usher, ANN);
    usher.sign_in_locally(&mut ann.browser, &shop, ANN).await;
    let page = ann.look("/profile").await;
    assert!(is_sign_in(&page) && page.has("#totp-key"), "the second step of its flow: {page}");
    let mut admin = usher.browser();
    let page = admin.open(usher.url("/console/sign-in-flow")).await.page();
    let page = admin.submit(page.form_with("password").set("username", root.0).set("password", root.1)).await.page();
    let page = admin.click(&page, "/usher-account/sign-in").await.page();
    assert!(page.text("h1").contains("account page") && page.has("#step-2"), "{page}");
    assert!(!page.attributes("a", "href").iter().any(|href| href.ends_with("/usher-account/general")), "{page}");
    let console = admin.open(usher.url("/console/applications/usher-console/sign-in")).await.page();
    assert_eq!(console.status(), 404, "the console's own stays out of the editor");
}
