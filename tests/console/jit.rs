//! The tab Just-in-Time Provisioning, without scripts: what it keeps, what it refuses, what it says and tries.

use serde_json::json;

use super::{admin_of, open, with_admin};
use crate::support::{Application, Browser, Form, Idp, Page, Setup, Usher};

const TAB: &str = "/connections/acme/jit";

async fn usher_with(acme: &Idp) -> Usher {
    with_admin(Setup::new()).idp("acme", acme).unique_attribute("employee_number", "Employee number").start().await
}

async fn form(usher: &Usher, browser: &mut Browser) -> Form {
    open(usher, browser, TAB).await.form_with("jit_enabled")
}

async fn refused(browser: &mut Browser, form: Form, field: &str) -> Page {
    let page = browser.submit(form).await.page();
    assert_eq!(page.status(), 422, "{field}: {page}");
    assert!(page.text("title").starts_with("Error:"), "{page}");
    assert!(page.has(&format!(".error-summary a[href='#{field}']")), "{field}: {page}");
    assert!(page.has(&format!("#{field}[aria-invalid='true']")), "{field}: {page}");
    page
}

/// Controls, their order and their first values are the seed's.
#[tokio::test]
async fn the_controls_are_those_of_the_guide() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, TAB).await;
    let text = page.text("main");
    let mut from = 0;
    for words in [
        "Just-in-Time (JIT) User Provisioning",
        "Attribute synchronization methods",
        "Override All",
        "None",
        "Preserve local",
        "Local account linking",
        "Enable local account linking",
        "Skip user provisioning when no local account is found",
        "Link account if",
        "Update",
    ] {
        let at = text[from..].find(words).unwrap_or_else(|| panic!("“{words}” is missing or too early: {text}"));
        from += at + words.len();
    }
    let form = page.form_with("jit_enabled");
    assert_eq!((form.value("jit_enabled"), form.value("attribute_sync")), ("on", "preserve_local"));
    assert_eq!((form.value("link_enabled"), form.value("rule1_federated")), ("", ""));
}

/// What is set comes back; the list holds the user name and unique attributes only, the fallback lacks the first choice.
#[tokio::test]
async fn rules_are_kept_and_offered_once() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, TAB).await;
    let offered = page.attributes("select[name='rule1_local'] option", "value");
    assert_eq!(offered, ["", "username", "email", "employee_number"]);
    assert!(!page.has("[name='rule2_federated']"));
    let first = page.form_with("jit_enabled").set("link_enabled", "on").set("skip_if_no_match", "on");
    let first = first.set("rule1_federated", "employee_id").set("rule1_local", "employee_number");
    let wider = browser.submit(first.set("action", "add_rule")).await.page();
    assert_eq!(wider.status(), 200, "{wider}");
    let offered = wider.attributes("select[name='rule2_local'] option", "value");
    assert_eq!(offered, ["", "username", "email"]);
    let second = wider.form_with("jit_enabled").set("rule2_federated", "email").set("rule2_local", "email");
    let saved = browser.submit(second).await.page();
    assert!(saved.text("[role=status]").contains("Just-in-Time provisioning updated."), "{saved}");
    let form = saved.form_with("jit_enabled");
    for (field, value) in [
        ("link_enabled", "on"),
        ("skip_if_no_match", "on"),
        ("rule1_federated", "employee_id"),
        ("rule1_local", "employee_number"),
        ("rule2_federated", "email"),
        ("rule2_local", "email"),
    ] {
        assert_eq!(form.value(field), value, "{field}");
    }
    let words = saved.text(".sentence");
    for part in ["Employee number", "employee_id", "else whose", "Email", "sign them in without an account"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let less = browser.submit(form.set("action", "remove_rule")).await.page();
    assert!(!less.has("[name='rule2_federated']"), "{less}");
}

/// A half-filled rule is refused at its field, and what was typed stays.
#[tokio::test]
async fn half_filled_rules_are_refused_at_the_field() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    let whole = form(&usher, &mut browser).await.set("link_enabled", "on");
    let whole = whole.set("rule1_federated", "employee_id").set("rule1_local", "employee_number");
    let saved = browser.submit(whole.clone()).await.page();
    assert_eq!(saved.status(), 200, "{saved}");
    let version = saved.form_with("jit_enabled").value("version").to_owned();
    let whole = whole.set("version", &version);
    let page = refused(&mut browser, whole.clone().set("rule1_local", ""), "rule1_local").await;
    assert!(page.text("#rule1_local-error").contains("Choose the local attribute that ‘employee_id’ must equal"));
    assert_eq!(page.form_with("jit_enabled").value("rule1_federated"), "employee_id");
    refused(&mut browser, whole.clone().set("rule1_federated", " "), "rule1_federated").await;
    let second =
        |federated: &str, local: &str| whole.clone().set("rule2_federated", federated).set("rule2_local", local);
    refused(&mut browser, second("email", ""), "rule2_local").await;
    refused(&mut browser, second("", "email"), "rule2_federated").await;
    refused(&mut browser, second("upn", "employee_number"), "rule2_local").await;
    let alone = second("email", "email").set("rule1_federated", "").set("rule1_local", "");
    refused(&mut browser, alone, "rule1_federated").await;
    refused(&mut browser, whole.clone().set("rule1_local", "given_name"), "rule1_local").await;
    let form = form(&usher, &mut browser).await;
    assert_eq!((form.value("rule1_local"), form.value("rule2_federated")), ("employee_number", ""));
}

/// Switching linking off and on again restores its rules.
#[tokio::test]
async fn hidden_values_come_back() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    let on = form(&usher, &mut browser).await.set("link_enabled", "on");
    browser.submit(on.set("rule1_federated", "upn").set("rule1_local", "username")).await.page();
    let off = form(&usher, &mut browser).await.without("link_enabled");
    browser.submit(off).await.page();
    let body = usher.database.texts("SELECT body FROM connections").await.remove(0);
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert!(body["provisioning"]["linking"].is_null(), "{body}");
    let again = form(&usher, &mut browser).await;
    assert_eq!((again.value("link_enabled"), again.value("rule1_federated")), ("", "upn"));
    let page = browser.submit(again.set("link_enabled", "on")).await.page();
    assert_eq!(page.form_with("jit_enabled").value("rule1_local"), "username");
}

/// The warning names the applications that refuse people without an account, and the accounts that stay.
#[tokio::test]
async fn switching_off_warns_and_asks() {
    let acme = Idp::start().await;
    let strict = Application::web("payroll").with("local_account_required", json!(true));
    let shop = Application::web("shop");
    let usher = with_admin(Setup::new()).idp("acme", &acme).app(&shop).app(&strict).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, TAB).await;
    let warning = page.text(".unless-jit");
    assert!(warning.contains("passed straight to the application"), "{warning}");
    assert!(warning.contains("1 application needs a local account") && !warning.contains("Shop"), "{warning}");
    assert!(warning.contains("1 existing account made by this connection stays"), "{warning}");
    let off = page.form_with("jit_enabled").without("jit_enabled");
    let asked = refused(&mut browser, off, "confirm_off").await;
    assert_eq!(usher.database.count("SELECT count(*) FROM connections WHERE body LIKE '%\"enabled\":false%'").await, 0);
    let done = browser.submit(asked.form_with("confirm_off").set("confirm_off", "on")).await.page();
    assert!(done.has("[role=status]"), "{done}");
    assert_eq!(done.form_with("jit_enabled").value("jit_enabled"), "");
    assert!(done.text(".sentence").contains("straight to the application"), "{done}");
}

/// "Try it" says what a sign-in would come to, and writes nothing.
#[tokio::test]
async fn claims_can_be_tried() {
    let acme = Idp::start().await;
    let usher = with_admin(Setup::new()).idp("acme", &acme).person("bob", "a good long secret").start().await;
    let mut browser = admin_of(&usher).await;
    let on = form(&usher, &mut browser).await.set("link_enabled", "on");
    let page = browser.submit(on).await.page();
    let before = usher.database.rows().await;
    let claims = |email: &str| json!({ "sub": "b-1", "email": email, "email_verified": true }).to_string();
    let tried = browser.submit(page.form_with("claims").set("claims", &claims("bob@corp.test"))).await.page();
    assert!(tried.text("#tried").contains("Link") && tried.text("#tried").contains("bob"), "{tried}");
    assert!(tried.text(".reasons").contains("matches one account"), "{tried}");
    let tried = browser.submit(page.form_with("claims").set("claims", &claims("carol@corp.test"))).await.page();
    assert!(tried.text("#tried").contains("Create an account"), "{tried}");
    for wrong in ["", "{", "[1]", "{}"] {
        refused(&mut browser, page.form_with("claims").set("claims", wrong), "claims").await;
    }
    assert_eq!(usher.database.rows().await, before);
}

/// Two admins change the tab: the second is told and sees what is there.
#[tokio::test]
async fn the_slower_admin_sees_the_other_version() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    let (fast, slow) = (form(&usher, &mut browser).await, form(&usher, &mut browser).await);
    browser.submit(fast.set("attribute_sync", "override_all")).await.page();
    let told = browser.submit(slow.set("attribute_sync", "none")).await.page();
    assert_eq!(told.status(), 409, "{told}");
    assert_eq!(told.form_with("jit_enabled").value("attribute_sync"), "override_all");
}
