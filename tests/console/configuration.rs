//! What an admin changes takes effect, at once, and says who did it.

use serde_json::json;

use super::{admin_of, open, with_admin};
use crate::support::{Application, Idp, Setup, Watch};

/// The switch of the JIT tab decides the next sign-in.
#[tokio::test]
async fn turning_jit_off_takes_effect() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = with_admin(Setup::new()).idp("acme", &acme).app(&shop).start().await;
    let mut browser = admin_of(&usher).await;
    let audit = usher.database.last_audit().await;
    let page = open(&usher, &mut browser, "/connections/acme/jit").await;
    let mut page = browser.submit(page.form_with("jit_enabled").without("jit_enabled")).await.page();
    // The seed wants a warning before it is done; a tick confirms it.
    if page.has("input[type=checkbox][name*=confirm]") {
        let tick = page.attributes("input[type=checkbox][name*=confirm]", "name").remove(0);
        let form = page.form_with(&tick).set(&tick, "on");
        page = browser.submit(form).await.page();
    }
    assert_eq!(page.status(), 200, "{page}");
    let done = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert_eq!(usher.database.rows().await.links, 0);
    assert_eq!(shop.userinfo(&usher, &done.tokens).await["email"], json!("alice@corp.test"));
    let events = usher.database.audit_after(audit).await;
    assert!(events.iter().any(|event| event[0].as_str().is_some_and(|a| a.starts_with("connection."))), "{events:?}");
}

/// Disabling a connection stops people who are already on their way.
#[tokio::test]
async fn disabling_a_connection_stops_everybody() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = with_admin(Setup::new()).idp("acme", &acme).app(&shop).start().await;
    let mut browser = admin_of(&usher).await;
    let mut person = usher.browser();
    let (_, callback) = usher.callback(&mut person, &shop, "acme").await;
    let page = open(&usher, &mut browser, "/connections/acme/general").await;
    let form = page.forms().into_iter().find(|form| form.action.path().ends_with("/state")).expect("a form");
    browser.submit(form.set("state", "disabled")).await.page();
    let watch = Watch::start(&usher).await;
    watch.refused_as("connection_unavailable", person.open(&callback).await).await;
}

/// A disabled user is out everywhere; the last admin cannot be (ADMIN-17).
#[tokio::test]
async fn disabling_a_user_ends_it_all() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = with_admin(Setup::new()).idp("acme", &acme).app(&shop).start().await;
    let mut person = usher.browser();
    let done = usher.sign_in(&mut person, &shop, "acme").await;
    let mut browser = admin_of(&usher).await;
    for (name, refused) in [("alice", false), ("root", true)] {
        let list = open(&usher, &mut browser, &format!("/users?q={name}")).await;
        let link = list.attributes("main a[href*='/console/users/u_']", "href").remove(0);
        let page = browser.open(usher.url(&link)).await.page();
        let form = page.forms().into_iter().find(|form| form.action.path().ends_with("/state")).expect("a form");
        browser.submit(form.set("state", "disabled")).await.page();
        let sql = format!("SELECT count(*) FROM users WHERE username = '{name}' AND state = 'disabled'");
        assert_eq!(usher.database.count(&sql).await == 0, refused, "{name}");
    }
    assert_eq!(shop.try_refresh(&usher, done.tokens.refresh()).await.oauth_error(), "invalid_grant");
    let silent = shop.request(&usher).with("prompt", "none");
    assert_eq!(silent.error(person.open(silent.url()).await), "login_required");
}

/// What is typed wrongly comes back with what is wrong, and nothing is saved.
#[tokio::test]
async fn a_wrong_field_is_explained() {
    let usher = with_admin(Setup::new()).start().await;
    let mut browser = admin_of(&usher).await;
    for uri in ["http://shop.example/cb", "javascript:alert(1)", "https://shop.test/cb#f", ""] {
        let page = open(&usher, &mut browser, "/applications/new").await;
        let form = page.form_with("redirect_uris").set("name", "Shop").set("kind", "web").set("redirect_uris", uri);
        let page = browser.submit(form).await.page();
        assert_eq!(page.status(), 422, "{uri}: {page}");
        assert!(
            page.text("title").starts_with("Error:") && page.has(".error-summary a[href='#redirect_uris']"),
            "{page}"
        );
        assert_eq!(page.form_with("redirect_uris").value("name"), "Shop", "what was typed is kept");
    }
    assert_eq!(usher.database.count("SELECT count(*) FROM applications WHERE body LIKE '%Shop%'").await, 0);
}

/// Two admins change one thing: the second is told, nothing is lost silently.
#[tokio::test]
async fn the_slower_admin_is_told() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = with_admin(Setup::new()).idp("acme", &acme).app(&shop).start().await;
    let (mut fast, mut slow) = (admin_of(&usher).await, admin_of(&usher).await);
    let first = open(&usher, &mut fast, "/connections/acme/general").await.form_with("name");
    let second = open(&usher, &mut slow, "/connections/acme/general").await.form_with("name");
    let done = fast.submit(first.set("name", "Acme One")).await.page();
    assert_eq!(done.status(), 200, "{done}");
    let told = slow.submit(second.set("name", "Acme Two")).await.page();
    assert_eq!(told.status(), 409, "{told}");
    assert_eq!(usher.database.count("SELECT count(*) FROM connections WHERE body LIKE '%Acme One%'").await, 1);
}

/// The reference that a person reads out leads to the trace with the check that failed.
#[tokio::test]
async fn a_reference_leads_to_its_trace() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = with_admin(Setup::new()).idp("acme", &acme).app(&shop).start().await;
    acme.forge(|token| token.claims["aud"] = json!("somebody else"));
    let (_, landing) = usher.arrive(&mut usher.browser(), &shop, "acme").await;
    let shown = landing.page();
    let reference = shown.correlation().to_owned();
    let mut browser = admin_of(&usher).await;
    let trace = open(&usher, &mut browser, &format!("/signins/{reference}")).await;
    let text = trace.text("main");
    assert!(text.contains("idp_response_invalid") && text.contains("audience"), "{text}");
    let typed = reference.to_lowercase().replace('-', "");
    let found = open(&usher, &mut browser, &format!("/signins?q={typed}")).await;
    assert!(found.text("main").contains(&reference), "{found}");
}

/// A bootstrap file that stays in place does not bring back what an admin deleted (LINK-14).
#[tokio::test]
async fn link_14_a_deleted_connection_stays_deleted() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut usher = with_admin(Setup::new()).idp("acme", &acme).app(&shop).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, "/connections/acme/delete").await;
    let form = page.form_with("confirm").set("confirm", "Acme");
    browser.submit(form).await.page();
    assert_eq!(usher.database.count("SELECT count(*) FROM connections").await, 0);
    assert_eq!(usher.nodes[0].stop().await, Some(0));
    usher.restart().await;
    assert_eq!(usher.database.count("SELECT count(*) FROM connections").await, 0);
}
