//! The sign-in page that first asks who somebody is, and the list that is too long for a page.

use serde_json::{Value, json};

use crate::support::{Application, Endpoint, Idp, Landing, Page, Setup, Usher};

fn entry(idp: &Idp, id: &str, domains: &[&str], listing: &str) -> Value {
    let mut entry = idp.connection(id);
    entry["email_domains"] = json!(domains);
    entry["listing"] = json!(listing);
    entry
}

fn shop() -> Application {
    Application::web("shop").with("sign_in_page", json!("identifier_first"))
}

async fn type_in(usher: &Usher, shop: &Application, typed: &str) -> (crate::support::Browser, Landing) {
    let mut browser = usher.browser();
    let page = browser.open(shop.request(usher).url()).await.page();
    assert!(page.has("#identifier") && !page.has("#password"), "one field first: {page}");
    let landing = browser.submit(page.form_with("identifier").set("identifier", typed)).await;
    (browser, landing)
}

fn password_page(landing: Landing) -> Page {
    let page = landing.page();
    assert!(page.has("#password") && page.attributes("a[href*='/go/']", "href").is_empty(), "{page}");
    page
}

/// A domain that an admin gave to one connection leads there, a hidden one too; the name typed is not asked again.
#[tokio::test]
async fn a_domain_leads_to_its_connection() {
    let (acme, other, shop) = (Idp::start().await, Idp::start().await, shop());
    let setup = Setup::new().idp_with(&acme, entry(&acme, "acme", &["corp.test"], "hidden")).idp("other", &other);
    let usher = setup.app(&shop).start().await;
    let (_, landing) = type_in(&usher, &shop, "alice@CORP.test").await;
    assert!(matches!(landing, Landing::Left(url) if url.as_str().contains("code=")));
    assert_eq!(acme.count(Endpoint::Authorize), 1);
}

/// Known and unknown people, and people of no domain, get the same password page; Change leads back.
#[tokio::test]
async fn link_29_nobody_learns_who_has_an_account() {
    let (acme, shop) = (Idp::start().await, shop());
    let setup = Setup::new().person("bob", "a good long secret");
    let usher = setup.idp_with(&acme, entry(&acme, "acme", &["acme.test"], "shown")).app(&shop).start().await;
    let mut seen = Vec::new();
    for typed in
        ["bob@corp.test", "nobody@corp.test", "bob", "x@sub.acme.test", "x@acme.test.evil.test", "x@acme.test."]
    {
        let page = password_page(type_in(&usher, &shop, typed).await.1);
        assert_eq!(page.attributes("#username[readonly]", "value"), [typed]);
        seen.push(page.text("main"));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
    assert_eq!(acme.total(), 0, "nobody was sent there");

    let (mut browser, landing) = type_in(&usher, &shop, "bob").await;
    let page = password_page(landing);
    let changed = browser.submit(page.form_with("change-csrf")).await.page();
    assert!(changed.has("input#identifier"), "{changed}");
    let again = browser.submit(changed.form_with("identifier").set("identifier", "bob")).await;
    let form = password_page(again).form_with("password").set("password", "a good long secret");
    assert_eq!(form.value("username"), "bob", "the name is carried over");
    assert!(matches!(browser.submit(form).await, Landing::Left(_)));
}

/// Two connections in charge of a domain are chosen from; one for linking only is in charge of nobody (LINK-13).
#[tokio::test]
async fn several_in_charge_are_chosen_from() {
    let (acme, other, third, shop) = (Idp::start().await, Idp::start().await, Idp::start().await, shop());
    let setup = Setup::new()
        .idp_with(&acme, entry(&acme, "acme", &["corp.test"], "shown"))
        .idp_with(&other, entry(&other, "other", &["corp.test"], "shown"))
        .idp_with(&third, entry(&third, "third", &["corp.test", "third.test"], "link_only"));
    let usher = setup.app(&shop).start().await;
    let (mut browser, landing) = type_in(&usher, &shop, "alice@corp.test").await;
    let page = landing.page();
    assert_eq!(page.attributes("a[href*='/go/']", "href").len(), 2, "{page}");
    assert!(matches!(browser.click(&page, "/go/other").await, Landing::Left(_)));
    password_page(type_in(&usher, &shop, "x@third.test").await.1);
    assert_eq!(third.total(), 0);
}

/// More connections than a page holds, and than a sign-in carries, are searched without script.
#[tokio::test]
async fn a_long_list_is_searched() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut setup = Setup::new().idp("acme", &acme);
    for number in 0..230 {
        let mut entry = acme.connection(&format!("org{number}"));
        entry["name"] = json!(format!("Organisation {number}"));
        setup = setup.connection(entry);
    }
    let usher = setup.app(&shop).start().await;
    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).url()).await.page();
    assert_eq!(page.attributes("a[href*='/go/']", "href").len(), 50, "{page}");
    let found = browser.submit(page.form_with("find").set("find", "organisation 229")).await.page();
    assert_eq!(found.attributes("a[href*='/go/']", "href").len(), 1, "{found}");
    assert!(matches!(browser.click(&found, "/go/org229").await, Landing::Left(url) if url.as_str().contains("code=")));
}
