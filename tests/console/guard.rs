//! Who may be here, and from where: sessions, rights, tokens (WEB-01, ADMIN-07, ADMIN-12).

use super::{ADMIN, admin_of, enter, open, with_admin};
use crate::support::{Application, Browser, Form, Idp, Landing, Setup, Usher};

const PAGES: [&str; 12] = [
    "/connections/acme/general",
    "/connections/acme/settings",
    "/connections/acme/attributes",
    "/connections/acme/jit",
    "/connections/new",
    "/applications/shop/general",
    "/applications/new",
    "/users/new",
    "/groups/new",
    "/attributes/new",
    "/attributes/email",
    "/applications/shop/attributes",
];

async fn installation() -> (Usher, Application, Idp) {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let setup = with_admin(Setup::new()).idp("acme", &acme).app(&shop).person("bob", "another long secret");
    (setup.start().await, shop, acme)
}

/// Nobody sees anything without the right; a session at an application is none here.
#[tokio::test]
async fn strangers_and_ordinary_people_stay_outside() {
    let (usher, shop, _acme) = installation().await;
    let stranger = usher.browser().open(usher.url("/console/users")).await.page();
    assert!(stranger.has("#password") && !stranger.text("main").contains("bob"), "{stranger}");
    let mut bob = usher.browser();
    let refused = enter(&usher, &mut bob, ("bob", "another long secret")).await;
    assert_eq!(refused.error_code().as_deref(), Some("app_access_denied"), "{refused}");
    let mut root = usher.browser();
    usher.sign_in_locally(&mut root, &shop, ADMIN).await;
    let page = root.open(usher.url("/console/users")).await.page();
    assert_eq!(page.url.path(), "/console/users", "a live session of the admin's is enough to sign in");
    assert!(page.text("main").contains("bob"), "{page}");
}

/// A right that is taken away is gone at the next click.
#[tokio::test]
async fn rights_are_read_anew() {
    let (usher, _, _acme) = installation().await;
    let mut browser = admin_of(&usher).await;
    usher.database.execute("DELETE FROM roles").await;
    let page = browser.open(usher.url("/console/users")).await.page();
    assert!((400..500).contains(&page.status()), "{page}");
    assert!(!page.text("body").contains("bob"), "{page}");
}

/// Every form of every page: no token, another's token, another origin of the same site (WEB-01).
#[tokio::test]
async fn every_change_needs_the_token() {
    let (usher, _, _acme) = installation().await;
    let (mut browser, mut other) = (admin_of(&usher).await, admin_of(&usher).await);
    let foreign = open(&usher, &mut other, "/users/new").await.form_with("csrf").value("csrf").to_owned();
    let audit = usher.database.last_audit().await;
    for path in PAGES {
        let page = open(&usher, &mut browser, path).await;
        let forms: Vec<Form> = page.forms().into_iter().filter(|form| form.method == "POST").collect();
        assert!(!forms.is_empty(), "{path} has no form");
        for form in forms {
            refused(&mut browser, form.clone().without("csrf"), &page.url).await;
            refused(&mut browser, form.clone().set("csrf", &foreign), &page.url).await;
            refused(&mut browser, form, &"http://localhost:1/".parse().unwrap()).await;
        }
    }
    let done = usher.database.audit_after(audit).await;
    assert!(done.iter().all(|event| event[1] == "refused"), "something was changed: {done:?}");
    open(&usher, &mut browser, "").await;
}

async fn refused(browser: &mut Browser, form: Form, from: &url::Url) {
    let action = form.action.clone();
    let page = browser.submit_from(from.clone(), form).await.page();
    assert_eq!(page.status(), 403, "{action}: {page}");
}

/// Signing out ends the console's session; an old cookie is nobody.
#[tokio::test]
async fn signing_out_ends_it() {
    let (usher, _, _acme) = installation().await;
    let mut browser = admin_of(&usher).await;
    let thief = browser.clone();
    let page = open(&usher, &mut browser, "").await;
    let form = page.forms().into_iter().find(|form| form.action.path() == "/console/sign-out").expect("a form");
    browser.submit(form).await;
    assert_eq!(usher.database.count("SELECT count(*) FROM sessions WHERE kind = 'console'").await, 0);
    let mut thief = thief;
    thief.forget_all_but("console");
    let page = thief.open(usher.url("/console/users")).await.page();
    assert!(page.has("#password"), "{page}");
}

/// A secret is shown once; no page gives one back (ADMIN-07).
#[tokio::test]
async fn secrets_are_not_given_back() {
    let (usher, shop, acme) = installation().await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, "/applications/new").await;
    let form = page.form_with("redirect_uris").set("name", "Wiki").set("kind", "web");
    let created = browser.submit(form.set("redirect_uris", "https://wiki.test/cb")).await.page();
    let secret = created.attributes("#client_secret", "value").concat();
    assert!(secret.len() >= 40, "{created}");
    let id = created.attributes("#client_id", "value").concat();
    let mut paths: Vec<String> = PAGES.iter().map(|path| (*path).to_owned()).collect();
    paths.extend([format!("/applications/{id}/general"), "/connections/acme/activity".into(), "/signins".into()]);
    for path in paths {
        let page = open(&usher, &mut browser, &path).await;
        for known in [secret.as_str(), shop.secret.as_deref().unwrap(), acme.client_secret()] {
            assert!(!page.answer.body.contains(known), "{path} shows a secret");
        }
    }
    let again = browser.open(&created.url).await;
    assert!(!matches!(again, Landing::Page(page) if page.answer.body.contains(&secret)), "shown twice");
    let everything = usher.database.texts("SELECT detail FROM audit").await.concat();
    assert!(!everything.contains(&secret) && !usher.nodes[0].log().contains(&secret));
}

/// Signing out of Usher in a browser ends the console there too.
#[tokio::test]
async fn sess_05_a_sign_out_reaches_the_console() {
    let (usher, _, _) = installation().await;
    let mut browser = admin_of(&usher).await;
    let page = browser.open(usher.url("/logout")).await.page();
    browser.submit(page.form_with("csrf")).await.page();
    let page = browser.open(usher.url("/console/users")).await.page();
    assert!(page.has("#password"), "the console asks for a sign-in: {page}");
    assert_eq!(usher.database.count("SELECT count(*) FROM sessions").await, 0);
}
