//! Connections in the console, without scripts: the list, the other tabs, deletion.

use serde_json::{Value, json};

use super::{admin_of, open, with_admin};
use crate::support::{Application, Idp, Setup, Usher};

async fn body(usher: &Usher) -> Value {
    let body = usher.database.texts("SELECT body FROM connections").await.remove(0);
    serde_json::from_str(&body).expect("JSON")
}

/// The list counts, filters and pages.
#[tokio::test]
async fn the_list_counts_filters_and_pages() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut setup = with_admin(Setup::new()).idp("acme", &acme).app(&shop);
    for n in 0..60 {
        let entry = acme.connection(&format!("other{n:02}"));
        setup = setup.connection(entry);
    }
    let usher = setup.start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let mut browser = admin_of(&usher).await;
    let list = open(&usher, &mut browser, "/connections").await;
    let rows = list.texts("tbody tr");
    assert_eq!(rows.len(), 25, "{list}");
    assert!(rows[0].contains("Acme") && rows[0].contains("1 app"), "{}", rows[0]);
    assert!(list.has("tbody tr:first-child time"), "the last success has its time");
    assert!(list.text("nav.pages").contains("Page 1 of 3"), "{list}");
    let next = browser.open(list.link("page=2")).await.page();
    assert_eq!(next.texts("tbody tr").len(), 25);
    let third = open(&usher, &mut browser, "/connections?page=3").await;
    assert_eq!(third.texts("tbody tr").len(), 11);
    let found = open(&usher, &mut browser, "/connections?q=OTHER1&jit=on&status=enabled&kind=oidc").await;
    assert_eq!(found.texts("tbody tr").len(), 10);
    let none = open(&usher, &mut browser, "/connections?jit=off").await;
    assert!(none.text("main").contains("No connections match"), "{none}");
}

/// Trusting every address needs the admin's word for it.
#[tokio::test]
async fn trusting_every_address_needs_a_tick() {
    let acme = Idp::start().await;
    let usher = with_admin(Setup::new()).idp("acme", &acme).start().await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, "/connections/acme/settings").await;
    let form =
        page.form_with("trust_email").set("asserted_domains", "corp.test").set("secret_expires_on", "2026-01-31");
    let saved = browser.submit(form).await.page();
    assert_eq!(saved.status(), 200, "{saved}");
    assert_eq!(body(&usher).await["asserted_domains"], json!(["corp.test"]));
    let all = saved.form_with("trust_email").set("trust_email", "all");
    let told = browser.submit(all.clone()).await.page();
    assert_eq!(told.status(), 422, "{told}");
    assert!(told.has(".error-summary a[href='#controls_addresses']"), "{told}");
    assert_eq!(body(&usher).await["provisioning"]["trust_email"], json!("verified_only"));
    let done = browser.submit(all.set("controls_addresses", "on")).await.page();
    assert_eq!(done.status(), 200, "{done}");
    assert_eq!(body(&usher).await["provisioning"]["trust_email"], json!("all"));
    let list = open(&usher, &mut browser, "/connections").await;
    assert!(list.text("tbody").contains("Secret"), "{list}");
}

/// An endpoint typed by hand never gets the stored secret (ADMIN-20).
#[tokio::test]
async fn admin_20_endpoints_by_hand_ask_for_the_secret() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = with_admin(Setup::new()).idp("acme", &acme).app(&shop).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, "/connections/acme/settings").await;
    let found = page.form_with("trust_email").set("action", "discover");
    let page = browser.submit(found).await.page();
    let form = page.form_with("trust_email").set("endpoints_by_hand", "on");
    let moved = form.set("endpoint_token", "https://mallory.test/token");
    let moved =
        moved.set("endpoint_authorization", "https://mallory.test/a").set("endpoint_jwks", "https://mallory.test/k");
    let told = browser.submit(moved.clone()).await.page();
    assert_eq!(told.status(), 422, "{told}");
    assert!(told.has(".error-summary a[href='#client_secret']"), "{told}");
    let done = browser.submit(moved.set("client_secret", "a new one")).await.page();
    assert_eq!(done.status(), 200, "{done}");
    assert_eq!(body(&usher).await["settings"]["endpoints"]["token"], json!("https://mallory.test/token"));
}

/// Defaults and groups are kept as they were typed; a group that is gone is refused.
#[tokio::test]
async fn attributes_and_groups_are_kept() {
    let acme = Idp::start().await;
    let usher = with_admin(Setup::new()).idp("acme", &acme).group("Staff", &[]).start().await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, "/connections/acme/attributes").await;
    let form = page.form_with("claim_0").set("claim_0", "lang").set("attribute_0", "locale").set("default_0", "de");
    let saved = browser.submit(form).await.page();
    assert_eq!(saved.form_with("claim_0").value("default_0"), "de", "{saved}");
    let page = open(&usher, &mut browser, "/connections/acme/groups").await;
    let staff = page.attributes("select[name='group_0'] option", "value").remove(1);
    let form = page.form_with("group_claim").set("group_claim", "roles").set("external_0", "cn=staff");
    let form = form.set("group_0", &staff).set("create_missing", "on").set("group_sync", "override");
    let saved = browser.submit(form).await.page();
    assert_eq!(saved.status(), 200, "{saved}");
    let groups = &body(&usher).await["groups"];
    assert_eq!((&groups["claim"], &groups["unmapped"]), (&json!("roles"), &json!("created_by_name")));
    assert_eq!(groups["mapping"], json!([{ "external": "cn=staff", "group": staff }]));
    for (external, group) in [("cn=staff", ""), ("", staff.as_str()), ("x", "g_0000000000000000000000000")] {
        let wrong = saved.form_with("group_claim").set("external_1", external).set("group_1", group);
        let told = browser.submit(wrong).await.page();
        assert_eq!(told.status(), 422, "{external}: {told}");
        assert!(told.has(".error-summary a[href='#group_mapping']"), "{told}");
    }
}

/// The tab Advanced keeps its switches, and the export holds everything but secrets.
#[tokio::test]
async fn advanced_settings_are_kept_and_exported() {
    let acme = Idp::start().await;
    let usher = with_admin(Setup::new()).idp("acme", &acme).start().await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, "/connections/acme/advanced").await;
    let form =
        page.form_with("prove_ownership").set("prove_ownership", "always").set("on_failure", "continue_unlinked");
    let form = form.set("username_from", "upn").set("ignore_case", "on").set("several", "on").set("recording", "on");
    let saved = browser.submit(form).await.page();
    assert_eq!(saved.status(), 200, "{saved}");
    let export = browser.open(usher.url("/console/connections/acme/export")).await.page();
    let export = export.answer.body;
    let text: Value = serde_json::from_str(&export).expect("JSON");
    assert_eq!(text["provisioning"]["prove_ownership"], json!("always"));
    assert_eq!(text["provisioning"]["shelved_linking"]["local_part"], json!("ignore_case"));
    assert_eq!((&text["recording"], &text["provisioning"]["username_from"]), (&json!("on"), &json!("upn")));
    assert!(!export.contains(acme.client_secret()), "no secret leaves");
}

/// A domain leads to one connection; public ones are warned about.
#[tokio::test]
async fn email_domains_lead_to_one_connection() {
    let (acme, corp) = (Idp::start().await, Idp::start().await);
    let usher = with_admin(Setup::new()).idp("acme", &acme).idp("corp", &corp).start().await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, "/connections/acme/general").await;
    let form = page.form_with("email_domains").set("email_domains", "corp.test\ngmail.com").set("description", "Ours");
    let saved = browser.submit(form).await.page();
    assert!(saved.text("main").contains("anybody can get an address on gmail.com"), "{saved}");
    assert_eq!(saved.form_with("description").value("description"), "Ours");
    let renamed = browser.submit(saved.form_with("name").set("name", "Acme Two")).await.page();
    assert!(renamed.text("[role=status]").contains("name in scripts"), "{renamed}");
    let page = open(&usher, &mut browser, "/connections/corp/general").await;
    let told = browser.submit(page.form_with("email_domains").set("email_domains", "CORP.test")).await.page();
    assert_eq!(told.status(), 422, "{told}");
    assert!(told.text(".error-summary").contains("another connection"), "{told}");
}

/// What could be taken over is named; with a proof always asked it says so; administrators are never in it silently.
#[tokio::test]
async fn the_report_names_accounts_at_risk() {
    let acme = Idp::start().await;
    let usher = with_admin(Setup::new()).idp("acme", &acme).person("bob", "a good long secret").start().await;
    let mut browser = admin_of(&usher).await;
    let report = open(&usher, &mut browser, "/connections/acme/at-risk").await;
    assert!(report.text("main").contains("No account is at risk"), "{report}");
    let page = open(&usher, &mut browser, "/connections/acme/jit").await;
    browser.submit(page.form_with("jit_enabled").set("link_enabled", "on")).await.page();
    let report = open(&usher, &mut browser, "/connections/acme/at-risk").await;
    let rows = report.texts("tbody tr");
    assert!(rows.iter().any(|row| row.contains("bob") && row.contains("Not asked")), "{report}");
    let page = open(&usher, &mut browser, "/connections/acme/advanced").await;
    browser.submit(page.form_with("prove_ownership").set("prove_ownership", "always")).await.page();
    let report = open(&usher, &mut browser, "/connections/acme/at-risk").await;
    assert!(!report.text("tbody").contains("Not asked"), "{report}");
}

/// Deleting asks what becomes of the accounts it made: kept as a rule, disabled where the admin says so.
#[tokio::test]
async fn link_14_deleting_asks_about_its_users() {
    for (choice, disabled) in [("keep", 0), ("disable", 1)] {
        let (acme, shop) = (Idp::start().await, Application::web("shop"));
        let usher = with_admin(Setup::new()).idp("acme", &acme).app(&shop).start().await;
        usher.sign_in(&mut usher.browser(), &shop, "acme").await;
        let mut browser = admin_of(&usher).await;
        let page = open(&usher, &mut browser, "/connections/acme/delete").await;
        let form = page.form_with("confirm");
        assert_eq!(form.value("users"), "keep", "{page}");
        browser.submit(form.set("confirm", "Acme").set("users", choice)).await.page();
        let database = &usher.database;
        assert_eq!(database.count("SELECT count(*) FROM connections").await, 0, "{choice}");
        assert_eq!(database.count("SELECT count(*) FROM federated_links").await, 0, "{choice}");
        assert_eq!(database.count("SELECT count(*) FROM users WHERE username = 'alice'").await, 1, "{choice}");
        assert_eq!(database.count("SELECT count(*) FROM users WHERE state = 'disabled'").await, disabled, "{choice}");
    }
}

/// The tab Activity counts what came of sign-ins.
#[tokio::test]
async fn activity_counts_outcomes() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = with_admin(Setup::new()).idp("acme", &acme).app(&shop).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, "/connections/acme/activity").await;
    let text = page.text("main");
    assert!(text.contains("Create an account") && text.contains("1 account is linked"), "{text}");
}

/// The wizard knows every kind: its word for the redirect URI, its fields, and what it needs not ask.
#[tokio::test]
async fn the_wizard_speaks_every_kind() {
    let usher = with_admin(Setup::new()).start().await;
    let mut browser = admin_of(&usher).await;
    let new = open(&usher, &mut browser, "/connections/new").await;
    let kinds = new.attributes("input[name='kind']", "value");
    for kind in &kinds {
        let form = new.form_with("name").set("kind", kind).set("name", &format!("My {kind}"));
        let values = browser.submit(form).await.page();
        assert!(values.attributes("#redirect_uri", "value").concat().contains("/callback/oidc/c_"), "{kind}: {values}");
        let details = browser.open(values.link("/details")).await.page();
        assert!(details.has("[name='client_id']"), "{kind}: {details}");
        let refused = browser.submit(details.form_with("client_id").set("client_id", "")).await.page();
        assert_eq!(refused.status(), 422, "{kind}: {refused}");
        assert!(refused.has(".error-summary a[href='#client_id']"), "{kind}: {refused}");
    }
    assert_eq!(kinds.len(), 10, "{kinds:?}");
    let form = new.form_with("name").set("kind", "github").set("name", "GitHub");
    let values = browser.submit(form).await.page();
    assert!(values.text("main").contains("Authorization callback URL"), "{values}");
    let details = browser.open(values.link("/details")).await.page();
    let form = details.form_with("client_id").set("client_id", "usher").set("client_secret", "s3cret");
    let review = browser.submit(form).await.page();
    assert!(review.url.path().ends_with("/review"), "{review}");
    let made = browser.submit(review.form_with("jit_enabled")).await.page();
    assert_eq!(made.status(), 200, "{made}");
    assert_eq!(body(&usher).await["kind"], json!("github"));
}

/// Another subject claim breaks the links that exist: they are counted, and a tick is asked for.
#[tokio::test]
async fn another_subject_is_warned_about() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = with_admin(Setup::new()).idp("acme", &acme).app(&shop).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, "/connections/acme/attributes").await;
    assert!(page.text("main").contains("break the link of 1 account"), "{page}");
    let form = page.form_with("subject_claim").set("subject_claim", "employee_id");
    let told = browser.submit(form).await.page();
    assert_eq!(told.status(), 422, "{told}");
    assert!(told.has(".error-summary a[href='#subject_confirm']"), "{told}");
    assert!(body(&usher).await["settings"]["subject_claim"].is_null());
    let done = browser.submit(told.form_with("subject_claim").set("subject_confirm", "on")).await.page();
    assert_eq!(done.status(), 200, "{done}");
    assert_eq!(body(&usher).await["settings"]["subject_claim"], json!("employee_id"));
}
