//! Connections in the console: the wizard and the deletion (checks 13 and 15 of the pages' list).

use super::chrome::{Chrome, Scripts};
use super::console::Installation;
use crate::support::{Endpoint, Idp, Setup, Usher};

const MAIN: &str = "main";

/// 13: what the admin copies is what the provider is sent; a slash too much is named and mended; addresses are found.
#[tokio::test]
async fn the_wizard_connects_a_provider() {
    for scripts in [Scripts::Run, Scripts::Blocked] {
        let (acme, shop) = (Idp::start().await, crate::support::Application::web("shop"));
        let setup = Setup::new().admin(super::console::ADMIN.0, super::console::ADMIN.1);
        let usher = setup.allow(acme.port()).app(&shop).start().await;
        let chrome = signed_in(&usher, scripts).await;
        chrome.open(&usher.url("/console/connections/new")).await;
        look(&chrome, scripts, "wizard-1").await;
        chrome.fill("#name", "Acme").await;
        chrome.click("main form button.button").await;
        let copied = chrome.find("#redirect_uri").await.value().await.expect("a value").unwrap_or_default();
        assert!(copied.starts_with(&usher.url("/callback/oidc/")), "{copied}");
        look(&chrome, scripts, "wizard-2").await;
        chrome.click("main .buttons a.button").await;

        chrome.fill("#issuer", &format!("{}/", acme.issuer())).await;
        chrome.fill("#client_id", acme.client_id()).await;
        chrome.fill("#client_secret", acme.client_secret()).await;
        chrome.click("button[value=discover]").await;
        look(&chrome, scripts, "wizard-3-slash").await;
        chrome.click("button[name=use_issuer]").await;
        chrome.see("#found").await;
        look(&chrome, scripts, "wizard-3-found").await;
        chrome.fill("#client_secret", acme.client_secret()).await;
        chrome.click("main .buttons button[value=continue]").await;
        chrome.see("#create").await;
        look(&chrome, scripts, "wizard-4").await;
        chrome.click("#create").await;
        let id = copied.rsplit('/').next().unwrap_or_default();
        chrome.arrive_at(&usher.url(&format!("/console/connections/{id}"))).await;
        usher.sign_in(&mut usher.browser(), &shop, id).await;
        let asked = acme.hits(Endpoint::Authorize).pop().expect("a request");
        let sent = form_urlencoded::parse(asked.query.as_bytes()).find(|(name, _)| name == "redirect_uri");
        assert_eq!(sent.expect("a redirect URI").1, copied);
        chrome.quit().await;
    }
}

/// Every kind of provider leads to a page of values to copy and to one with its own fields.
#[tokio::test]
async fn the_wizard_knows_every_kind() {
    let installation = Installation::start().await;
    let chrome = installation.admin(Scripts::Run).await;
    let new = installation.usher.url("/console/connections/new");
    chrome.open(&new).await;
    let kinds = chrome.ask_texts("return [...document.querySelectorAll('[name=kind]')].map(k => k.value)").await;
    assert_eq!(kinds.len(), 10, "{kinds:?}");
    for kind in kinds {
        chrome.open(&new).await;
        chrome.click(&format!("[name=kind][value={kind}]")).await;
        chrome.fill("#name", &format!("The {kind}")).await;
        chrome.click("main form button.button").await;
        chrome.see("#redirect_uri").await;
        chrome.inspect(&format!("wizard-{kind}-2")).await;
        chrome.click("main .buttons a.button").await;
        chrome.see("#client_id").await;
        let asks = ["oidc", "okta", "gitlab"].contains(&kind.as_str());
        assert!(asks || !chrome.has("#issuer").await, "{kind} knows where it is");
        chrome.inspect_in_every_look(&format!("wizard-{kind}-3")).await;
    }
    chrome.quit().await;
}

/// 15: a connection in use is not deleted, and the page names who uses it; one that nobody uses asks what becomes of
/// its users.
#[tokio::test]
async fn a_connection_in_use_stays() {
    let (acme, globex) = (Idp::start().await, Idp::start().await);
    let shop = crate::support::Application::web("shop").with("connections", serde_json::json!(["acme"]));
    let setup = Setup::new().admin(super::console::ADMIN.0, super::console::ADMIN.1);
    let usher = setup.idp("acme", &acme).idp("globex", &globex).app(&shop).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    for scripts in [Scripts::Run, Scripts::Blocked] {
        let chrome = signed_in(&usher, scripts).await;
        chrome.open(&usher.url("/console/connections/acme/delete")).await;
        let page = chrome.text(MAIN).await;
        assert!(page.contains("The shop") && !chrome.has("main form button.danger").await, "{page}");
        look(&chrome, scripts, "connection-delete-in-use").await;
        chrome.open(&usher.url("/console/connections/globex/delete")).await;
        chrome.see("main form button.danger").await;
        look(&chrome, scripts, "connection-delete").await;
        chrome.quit().await;
    }
    assert_eq!(usher.database.count("SELECT count(*) FROM connections").await, 2);
}

async fn signed_in(usher: &Usher, scripts: Scripts) -> Chrome {
    let chrome = Chrome::start(scripts).await;
    chrome.open(&usher.url("/console")).await;
    chrome.sign_in(super::console::ADMIN.0, super::console::ADMIN.1).await;
    chrome.arrive_at(&usher.url("/console")).await;
    chrome.see("nav").await;
    chrome
}

/// With scripts everything is asked of the page, without them that it is quiet.
async fn look(chrome: &Chrome, scripts: Scripts, name: &str) {
    match scripts {
        Scripts::Run => chrome.inspect_in_every_look(name).await,
        Scripts::Blocked => chrome.assert_quiet().await,
    }
}
