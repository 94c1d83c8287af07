//! LINK-27: taking a link away keeps one way in, ends what rested on it, and opens nothing to anybody.

use serde_json::json;

use super::linking::{Company, linking};
use crate::support::{Browser, Form, Idp, Landing, Page, Setup, Usher, Watch};

const ADMIN: (&str, &str) = ("root", "a good long secret");
const CAROL: (&str, &str) = ("carol", "a good long secret");

async fn company() -> Company {
    Company::with(Setup::new().admin(ADMIN.0, ADMIN.1), linking).await
}

async fn admin(usher: &Usher) -> Browser {
    let mut browser = usher.browser();
    let page = browser.open(usher.url("/console")).await.page();
    let form = page.form_with("password").set("username", ADMIN.0).set("password", ADMIN.1);
    let page = browser.submit(form).await.page();
    assert_eq!(page.url.path(), "/console", "{page}");
    browser
}

/// The page with the linked accounts of a user.
async fn linked(usher: &Usher, browser: &mut Browser, name: &str) -> Page {
    let id = usher.database.texts(&format!("SELECT id FROM users WHERE username = '{name}'")).await.remove(0);
    browser.open(usher.url(&format!("/console/users/{id}/linked"))).await.page()
}

/// Unlinked: the session that came through it ends, its tokens end, another session of the person goes on, and the
/// identity is not let in again as somebody else.
#[tokio::test]
async fn link_27_what_rested_on_the_link_ends() {
    let company = company().await;
    let (usher, shop) = (&company.usher, &company.shop);
    company.claim(json!({ "sub": "carol-1", "email": "carol@corp.test", "email_verified": true }));
    let (mut through_acme, mut by_password) = (usher.browser(), usher.browser());
    let first = usher.sign_in(&mut through_acme, shop, "acme").await;
    let second = usher.sign_in_locally(&mut by_password, shop, CAROL).await;
    assert_eq!(first.tokens.sub(), second.tokens.sub());
    let kept = shop.refresh(usher, first.tokens.refresh()).await;

    let mut root = admin(usher).await;
    let page = linked(usher, &mut root, "carol").await;
    root.submit(page.form_with("link")).await.page();

    assert_eq!(usher.database.links_of("carol").await, 0);
    let silent = shop.request(usher).with("prompt", "none");
    let landing = through_acme.open(silent.url()).await;
    assert_eq!(silent.error(landing), "login_required", "the session lives");
    assert_eq!(shop.try_refresh(usher, kept.refresh()).await.oauth_error(), "invalid_grant");
    let silent = shop.request(usher).with("prompt", "none");
    let landing = by_password.open(silent.url()).await;
    assert_eq!(usher.finish(shop, silent, landing).await.tokens.sub(), second.tokens.sub());
}

/// The only way in stays, also against a form of the attacker's own making.
#[tokio::test]
async fn link_27_the_last_way_in_stays() {
    let company = company().await;
    let (usher, shop) = (&company.usher, &company.shop);
    company.claim(json!({ "sub": "zoe-1", "preferred_username": "zoe" }));
    usher.sign_in(&mut usher.browser(), shop, "acme").await;
    company.links("carol").await;
    let mut root = admin(usher).await;
    let page = linked(usher, &mut root, "zoe").await;
    assert!(page.text("main").contains("only way in"), "{page}");
    let offered = linked(usher, &mut root, "carol").await.form_with("link");
    let link = "SELECT l.id FROM federated_links l JOIN users u ON u.id = l.user_id WHERE u.username = 'zoe'";
    let link = usher.database.texts(link).await.remove(0);
    let zoe = page.url.as_str().rsplit('/').nth(1).expect("an id").to_owned();
    let carol = offered.action.as_str().rsplit('/').nth(1).expect("an id").to_owned();

    // Zoe's link at Zoe's address, and Zoe's link under Carol's name.
    let mut forged: Form = offered.clone().set("link", &link);
    forged.action = url::Url::parse(&offered.action.as_str().replace(&carol, &zoe)).expect("a URL");
    for form in [forged, offered.set("link", &link)] {
        let page = root.submit(form).await.page();
        assert!(page.status() < 500, "{page}");
        assert_eq!((usher.database.links_of("zoe").await, usher.database.links_of("carol").await), (1, 1));
    }
}

/// A person's own session opens no page of the console, and no form of it (LINK-11).
#[tokio::test]
async fn link_11_by_hand_is_for_admins() {
    let company = company().await;
    let usher = &company.usher;
    company.links("carol").await;
    let mut root = admin(usher).await;
    let offered = linked(usher, &mut root, "carol").await.form_with("link");
    let watch = Watch::start(usher).await;
    let mut dave = usher.browser();
    company.claim(json!({ "sub": "dave-1", "email": "dave@corp.test", "email_verified": true }));
    let form = offered.action.as_str().replace("/unlink", "/link");
    let by_hand = Form::forged(&form, &[("connection", "acme"), ("subject", "m-1"), ("issuer", "")]);
    for form in [offered, by_hand] {
        if let Landing::Page(page) = dave.submit(form).await {
            assert!(page.status() < 500, "{page}");
        }
    }
    watch.nothing_happened().await;
}

/// By hand an external account goes to one user only, and a user has one of each connection.
#[tokio::test]
async fn link_27_relink_to_another_user() {
    let globex = Idp::start().await;
    let setup = Setup::new().admin(ADMIN.0, ADMIN.1).idp("globex", &globex);
    let company = Company::with(setup, linking).await;
    let usher = &company.usher;
    company.links("carol").await;
    let mut root = admin(usher).await;
    let page = linked(usher, &mut root, "dave").await;
    let by_hand = root.open(page.url.as_str().replace("/linked", "/link")).await.page();
    let form = by_hand.form_with("subject").set("connection", "acme").set("subject", "carol-1");
    let refused = root.submit(form.clone()).await.page();
    assert!(refused.has(".error-summary"), "{refused}");
    assert_eq!((usher.database.links_of("carol").await, usher.database.links_of("dave").await), (1, 0));

    let page = linked(usher, &mut root, "carol").await;
    root.submit(page.form_with("link")).await.page();
    root.submit(form).await.page();
    assert_eq!((usher.database.links_of("carol").await, usher.database.links_of("dave").await), (0, 1));
    let done = usher.sign_in(&mut usher.browser(), &company.shop, "acme").await;
    assert_eq!(done.tokens.sub(), usher.database.subject("dave").await, "on an admin's word");
}
