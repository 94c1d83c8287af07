//! Groups and attributes in the console: who is in, what is unique, and what applications are told.

use serde_json::json;

use super::{admin_of, open, with_admin};
use crate::support::{Application, Idp, Setup};

const BOB: (&str, &str) = ("bob", "another long secret");

/// A group with a person in it reaches the application under the claim that an admin chose; out of it, it does not.
#[tokio::test]
async fn a_group_reaches_the_application() {
    let shop = Application::web("shop");
    let usher = with_admin(Setup::new()).person(BOB.0, BOB.1).app(&shop).start().await;
    let mut browser = admin_of(&usher).await;
    let form = open(&usher, &mut browser, "/groups/new").await.form_with("name");
    let group = browser.submit(form.set("name", "Staff")).await.page();
    assert_eq!(group.text("h1"), "Staff", "{group}");
    let nobody = browser.submit(group.form_with("username").set("username", "nobody")).await.page();
    assert!(nobody.status() == 422 && nobody.has(".error-summary a[href='#username']"), "{nobody}");
    let group = browser.submit(nobody.form_with("username").set("username", "bob")).await.page();
    assert!(group.text("table").contains("bob") && group.text("table").contains("Admin"), "{group}");
    let form = open(&usher, &mut browser, "/applications/shop/attributes").await.form_with("groups");
    browser.submit(form.set("groups", "teams")).await.page();
    let told = usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    assert_eq!(shop.userinfo(&usher, &told.tokens).await["teams"], json!(["Staff"]));
    let group = browser.submit(group.form_with("user").set("action", "remove")).await.page();
    assert!(!group.has("table"), "{group}");
    let told = usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    assert_ne!(shop.userinfo(&usher, &told.tokens).await["teams"], json!(["Staff"]));
}

/// A membership that a connection feeds cannot be removed by hand, nor the group while it is fed.
#[tokio::test]
async fn a_fed_membership_follows_its_connection() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut entry = acme.connection("acme");
    entry["groups"] = json!({ "mapping": { "staff": "Staff" } });
    acme.claims(|person| person["groups"] = json!(["staff"]));
    let usher = with_admin(Setup::new()).group("Staff", &[]).idp_with(&acme, entry).app(&shop).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let mut browser = admin_of(&usher).await;
    let id = usher.database.texts("SELECT id FROM user_groups").await.remove(0);
    let page = open(&usher, &mut browser, &format!("/groups/{id}")).await;
    assert!(page.text("table").contains("alice") && page.text("table").contains("Acme"), "{page}");
    assert!(!page.has("input[name=user]"), "no button to remove: {page}");
    let alice = usher.database.texts("SELECT id FROM users WHERE username = 'alice'").await.remove(0);
    let forged = page.form_with("username").set("action", "remove").set("user", &alice);
    let refused = browser.submit(forged).await.page();
    assert_eq!(refused.status(), 422, "{refused}");
    let history = open(&usher, &mut browser, &format!("/users/{alice}/history")).await;
    assert!(history.text("main").contains("Joined: Staff") && !history.text("main").contains("Left:"), "{history}");
    let form = open(&usher, &mut browser, &format!("/groups/{id}/delete")).await.form_with("confirm");
    let refused = browser.submit(form.set("confirm", "Staff")).await.page();
    assert!(refused.status() == 422 && refused.text("main").contains("Acme"), "{refused}");
    assert_eq!(usher.database.count("SELECT count(*) FROM memberships").await, 1);
}

/// Unique is refused while two accounts share a value, which are named; then it holds, for new values too.
#[tokio::test]
async fn an_attribute_becomes_unique() {
    let person = |name: &str, badge: &str| json!({ "username": name, "attributes": { "badge": badge } });
    let setup = with_admin(Setup::new()).attribute(json!({ "name": "badge", "label": "Badge" }));
    let usher = setup.user(person("ann", "77")).user(person("ben", "77")).user(person("cid", "78")).start().await;
    let mut browser = admin_of(&usher).await;
    let form = open(&usher, &mut browser, "/attributes/badge").await.form_with("label").set("is_unique", "on");
    let refused = browser.submit(form.clone()).await.page();
    assert_eq!(refused.status(), 422, "{refused}");
    let named = refused.text(".note");
    assert!(named.contains("ann") && named.contains("ben") && !named.contains("cid"), "{named}");
    let ben = usher.database.texts("SELECT id FROM users WHERE username = 'ben'").await.remove(0);
    let edit = open(&usher, &mut browser, &format!("/users/{ben}/attribute?attribute=badge")).await;
    browser.submit(edit.form_with("values").set("values", "79")).await.page();
    let accepted = browser.submit(form).await.page();
    assert!(accepted.status() == 200 && accepted.has("[role=status]"), "{accepted}");
    let held = "SELECT count(*) FROM user_unique_values WHERE attribute = 'badge'";
    assert_eq!(usher.database.count(held).await, 3);
    let edit = open(&usher, &mut browser, &format!("/users/{ben}/attribute?attribute=badge")).await;
    let taken = browser.submit(edit.form_with("values").set("values", "78")).await.page();
    assert!(taken.status() == 422 && taken.has(".error-summary a[href='#values']"), "{taken}");
}

/// An attribute reaches an application as the claim that an admin chose; the protocol's own names are refused.
#[tokio::test]
async fn an_attribute_becomes_a_claim() {
    let shop = Application::web("shop");
    let bob = json!({ "username": BOB.0, "password": BOB.1, "attributes": { "badge": "77" } });
    let setup = with_admin(Setup::new()).attribute(json!({ "name": "badge", "label": "Badge" })).user(bob);
    let usher = setup.app(&shop).start().await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, "/applications/shop/attributes").await;
    let form = page.form_with("claim_0").set("attribute_0", "badge").set("claim_0", "employee_badge");
    let saved = browser.submit(form.clone()).await.page();
    assert!(saved.has("[role=status]"), "{saved}");
    let told = usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    assert_eq!(shop.userinfo(&usher, &told.tokens).await["employee_badge"], json!("77"));
    for reserved in ["sub", "iss", "aud", "exp", "nonce", "sid", "__proto__"] {
        let page = open(&usher, &mut browser, "/applications/shop/attributes").await;
        let form = page.form_with("claim_0").set("attribute_1", "badge").set("claim_1", reserved);
        let refused = browser.submit(form).await.page();
        assert_eq!(refused.status(), 422, "{reserved}: {refused}");
    }
    let late = browser.submit(form).await.page();
    assert_eq!(late.status(), 409, "{late}");
}

/// An attribute that a linking rule compares stays unique and stays; its page names the connection.
#[tokio::test]
async fn a_compared_attribute_stays() {
    let acme = Idp::start().await;
    let mut entry = acme.connection("acme");
    entry["linking"] = json!({ "rules": [{ "federated": "badge", "local": "badge" }] });
    let setup = with_admin(Setup::new()).unique_attribute("badge", "Badge").unique_attribute("spare", "Spare");
    let usher = setup.idp_with(&acme, entry).start().await;
    let mut browser = admin_of(&usher).await;
    let form = open(&usher, &mut browser, "/attributes/badge").await.form_with("label").without("is_unique");
    let refused = browser.submit(form).await.page();
    assert!(refused.status() == 422 && refused.text(".error-summary").contains("Acme"), "{refused}");
    for (name, there) in [("badge", 1), ("spare", 0)] {
        let form = open(&usher, &mut browser, &format!("/attributes/{name}/delete")).await.form_with("confirm");
        browser.submit(form.set("confirm", name)).await.page();
        let sql = format!("SELECT count(*) FROM attribute_definitions WHERE name = '{name}'");
        assert_eq!(usher.database.count(&sql).await, there, "{name}");
    }
}
