//! "Five minutes to a connection of your own" from README.md, step by step as an administrator clicks it: an empty
//! installation, the printed link, a connection, a test of it, an application, and somebody who signs in.

use crate::support::{Application, Browser, Idp, Setup, Usher};

const PASSWORD: &str = "a long password of an admin";

#[tokio::test]
async fn five_minutes_from_nothing_to_a_connection() {
    let acme = Idp::start().await;
    let usher = Setup::new().bare().allow(acme.port()).start().await;
    let mut admin = usher.browser();

    set_up_the_first_admin(&usher, &mut admin).await;
    let id = connect(&usher, &mut admin, &acme).await;
    test_the_connection(&usher, &mut admin, &id).await;
    let shop = register_an_application(&usher, &mut admin).await;

    let done = usher.sign_in(&mut usher.browser(), &shop, &id).await;
    assert_eq!(usher.database.count("select count(*) from federated_links").await, 1);
    assert_ne!(done.tokens.sub(), "alice", "the provider's subject is not the account's");
    assert_eq!(admin.open(usher.setup_link().expect("printed once")).await.page().status(), 404, "the link is used up");
}

async fn set_up_the_first_admin(usher: &Usher, admin: &mut Browser) {
    let link = usher.setup_link().expect("the first start prints a link");
    let form = admin.open(link).await.page().form_with("password_again");
    let form = form.set("username", "ada").set("password", PASSWORD).set("password_again", PASSWORD);
    let mut page = admin.submit(form).await.page();
    if !page.url.path().starts_with("/console") {
        let form = page.form_with("password").set("username", "ada").set("password", PASSWORD);
        page = admin.submit(form).await.page();
    }
    assert_eq!(page.url.path(), "/console", "the new admin is not in the console");
}

/// The four pages of the wizard; returns the id, which is part of the redirect URI shown before anything is saved.
async fn connect(usher: &Usher, admin: &mut Browser, acme: &Idp) -> String {
    let page = admin.open(usher.url("/console/connections/new")).await.page();
    let values = admin.submit(page.form_with("name").set("name", "Acme")).await.page();
    let shown = values.attributes("#redirect_uri", "value").concat();
    let id = shown.strip_prefix(&usher.url("/callback/oidc/")).expect("a redirect URI").to_owned();

    let details = admin.click(&values, "/details").await.page();
    let entry = acme.connection("acme");
    let typed = |name: &str| entry[name].as_str().expect(name).to_owned();
    let form = details.form_with("issuer").set("issuer", &typed("issuer")).set("client_id", &typed("client_id"));
    let review = admin.submit(form.set("client_secret", &typed("client_secret"))).await.page();
    assert_eq!(review.status(), 200, "{}", review.text("main"));
    let created = admin.submit(review.form_with("jit_enabled")).await.page();
    assert_eq!(created.status(), 200, "{}", created.text("main"));
    assert_eq!(usher.database.count("select count(*) from connections").await, 1);
    id
}

async fn test_the_connection(usher: &Usher, admin: &mut Browser, id: &str) {
    let page = admin.open(usher.url(&format!("/console/connections/{id}/test"))).await.page();
    let mut form = page.form_with("csrf");
    form.action = page.url.clone();
    let result = admin.submit(form).await.page();
    assert!(result.text("main").contains("alice"), "the received claims are not shown: {}", result.text("main"));
    assert_eq!(usher.database.count("select count(*) from federated_links").await, 0, "a test links nobody");
}

async fn register_an_application(usher: &Usher, admin: &mut Browser) -> Application {
    let mut shop = Application::web("shop");
    let page = admin.open(usher.url("/console/applications/new")).await.page();
    let form = page.form_with("redirect_uris").set("name", "Shop").set("kind", "web");
    let created = admin.submit(form.set("redirect_uris", &shop.redirect_uri)).await.page();
    let shown = |css: &str| created.attributes(css, "value").concat();
    shop.id = shown("#client_id");
    shop.secret = Some(shown("#client_secret"));
    assert_eq!(shown("#issuer"), usher.base);
    shop
}
