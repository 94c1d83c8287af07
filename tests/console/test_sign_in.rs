//! Test sign-in: an admin sees what came back and what it would do; nobody is signed in, nothing is written.

use serde_json::json;

use super::{admin_of, open, with_admin};
use crate::support::{Browser, Endpoint, Idp, Page, Setup, Usher};

async fn usher_with(acme: &Idp) -> Usher {
    let mut entry = acme.connection("acme");
    entry["linking"] = json!({ "rules": [
        { "federated": "employee_id", "local": "employee_number" },
        { "federated": "upn", "local": "username" },
    ] });
    with_admin(Setup::new()).unique_attribute("employee_number", "Employee number").idp_with(acme, entry).start().await
}

async fn tried(usher: &Usher, browser: &mut Browser) -> Page {
    let page = open(usher, browser, "/connections/acme/test").await;
    let start = page.forms().into_iter().find(|form| form.action.path().ends_with("/test")).expect("a button to start");
    browser.submit(start).await.page()
}

#[tokio::test]
async fn it_shows_claims_mapping_and_what_linking_compares_and_writes_nothing() {
    let acme = Idp::start().await;
    acme.claims(|person| person["employee_id"] = json!("E-417"));
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    let before = usher.database.count("SELECT COUNT(*) FROM users").await;
    let page = tried(&usher, &mut browser).await;
    assert!(page.text("[role=status]").starts_with("It works."), "{page}");
    let claims = page.text("table");
    assert!(claims.contains("employee_id") && claims.contains("E-417") && claims.contains("email"), "{page}");
    let compared = page.texts("#linking li");
    assert_eq!(compared.len(), 2, "{page}");
    assert!(compared[0].contains("E-417") && compared[0].contains("must equal Employee number"), "{compared:?}");
    assert!(compared[1].contains("not sent") && compared[1].contains("User name"), "{compared:?}");
    assert_eq!(usher.database.count("SELECT COUNT(*) FROM users").await, before);
    assert_eq!(usher.database.count("SELECT COUNT(*) FROM federated_links").await, 0);
    assert_eq!(usher.database.count("SELECT COUNT(*) FROM decisions").await, 0);
}

#[tokio::test]
async fn it_names_the_phase_that_failed_and_what_to_do() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    acme.answer(Endpoint::Token, |answer| answer.edit(|body| body["id_token"] = json!("no token")));
    let page = tried(&usher, &mut browser).await;
    assert!(page.text("[role=alert]").contains("id_token"), "{page}");
    assert!(page.text("#fix").contains("The ID token does not hold"), "{page}");
    acme.answer(Endpoint::Token, |_| crate::support::Answer::json(401, &json!({ "error": "invalid_client" })));
    let page = tried(&usher, &mut browser).await;
    assert!(page.text("#fix").contains("check client ID, secret"), "{page}");
    assert_eq!(usher.database.count("SELECT COUNT(*) FROM federated_links").await, 0);
}
