//! LINK cases of doors that are shut: connections for linking only, connections that are off, names that are taken.

use serde_json::json;

use super::linking::{Company, linking, with};
use crate::support::{Application, Idp, Landing, Setup, Watch};

/// Nobody signs in with a connection that is for linking only: it is not offered, and no address leads there.
#[tokio::test]
async fn link_13_link_only() {
    let (acme, globex, shop) = (Idp::start().await, Idp::start().await, Application::web("shop"));
    let entry = with(acme.connection("acme"), json!({ "listing": "link_only", "email_domains": ["acme.test"] }));
    let setup = Setup::new().idp_with(&acme, entry).idp("globex", &globex).person("carol", "a good long secret");
    let usher = setup.app(&shop).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "globex").await;

    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).url()).await.page();
    assert!(!page.has("a[href*='/go/acme']"), "it is offered");
    let watch = Watch::start(&usher).await;
    let go = page.link("/go/globex").as_str().replace("/go/globex", "/go/acme");
    let landing = browser.open_from(page.url.as_str(), go).await;
    watch.turned_away(landing).await;
    for (name, value) in [
        ("idp", "acme"),
        ("kc_idp_hint", "acme"),
        ("connection", "acme"),
        ("fidp", "acme"),
        ("domain_hint", "acme.test"),
        ("login_hint", "ann@acme.test"),
    ] {
        let request = shop.request(&usher).with(name, value);
        let landing = usher.browser().open(request.url()).await;
        if let Landing::Page(page) = landing {
            assert!(page.url.as_str().starts_with(&usher.base), "{name} leads to {}", page.url);
        }
    }
    assert_eq!(acme.count(crate::support::Endpoint::Authorize), 0, "somebody was sent there");
    watch.nothing_happened().await;
}

/// The setting changes while somebody is at the provider: the answer comes too late.
#[tokio::test]
async fn link_13_link_only_meanwhile() {
    let mut company = Company::new(linking).await;
    company.links("carol").await;
    let dave = json!({ "sub": "dave-1", "email": "dave@corp.test", "email_verified": true });
    company.claim(dave);
    let mut browser = company.usher.browser();
    let (_, callback) = company.usher.callback(&mut browser, &company.shop, "acme").await;
    let only = "UPDATE connections SET body = replace(body, '\"listing\":\"shown\"', '\"listing\":\"link_only\"')";
    company.usher.reconfigure(only).await;
    let watch = Watch::start(&company.usher).await;
    let landing = browser.open(&callback).await;
    watch.refused_as("connection_unavailable", landing).await;
}

/// Switched off is off at every door: the page, the address, and an answer that was under way.
#[tokio::test]
async fn link_30_switched_off() {
    let mut company = Company::new(linking).await;
    company.links("carol").await;
    company.claim(json!({ "sub": "dave-1", "email": "dave@corp.test", "email_verified": true }));
    let mut browser = company.usher.browser();
    let (_, callback) = company.usher.callback(&mut browser, &company.shop, "acme").await;
    let off =
        "UPDATE connections SET body = replace(body, '\"enabled\":true,\"listing\"', '\"enabled\":false,\"listing\"')";
    company.usher.reconfigure(off).await;
    let watch = Watch::start(&company.usher).await;
    let landing = browser.open(&callback).await;
    watch.refused_as("connection_unavailable", landing).await;
    let page = company.usher.browser().open(company.shop.request(&company.usher).url()).await.page();
    assert!(!page.has("a[href*='/go/acme']"), "it is offered");
}

/// The claim that names new accounts says `admin`, `carol`, a path or nothing: always another account with a name of its own.
#[tokio::test]
async fn link_18_named_by_a_claim() {
    let entry = |idp: &Idp| with(linking(idp), json!({ "username_from": "login" }));
    let company = Company::with(Setup::new().admin("admin", "a good long secret"), entry).await;
    company.links("carol").await;
    let names =
        ["admin", "ADMIN", "carol", "Carol", "carol@corp.test", "../carol", "carol/../admin", "dave\u{0}", "", "-"];
    for (n, name) in names.into_iter().enumerate() {
        let links = company.usher.database.links_of("admin").await + company.usher.database.links_of("carol").await;
        company.never_reaches("dave", json!({ "sub": format!("n-{n}"), "login": name })).await;
        let after = company.usher.database.links_of("admin").await + company.usher.database.links_of("carol").await;
        assert_eq!(after, links, "{name:?} adopted an account");
    }
    let strange = "SELECT count(*) FROM users WHERE username LIKE '%/%' OR username LIKE '%@%' OR username = ''";
    assert_eq!(company.usher.database.count(strange).await, 0);
    let admins = "SELECT count(*) FROM users WHERE username_key LIKE 'admin%'";
    assert_eq!(company.usher.database.count(admins).await, 1, "nobody else looks like the admin");
}

/// A rule on the user name: whoever is called like the admin is not let in as the admin.
#[tokio::test]
async fn link_18_rule_on_the_user_name() {
    let rule = json!({ "federated": "preferred_username", "local": "username" });
    let entry = |idp: &Idp| with(linking(idp), json!({ "linking": { "rules": [rule] }, "prove_ownership": "never" }));
    let company = Company::with(Setup::new().admin("admin", "a good long secret"), entry).await;
    let carol = company.comes_in_as(json!({ "sub": "carol-1", "preferred_username": "Carol" })).await;
    assert_eq!(carol, company.usher.database.subject("carol").await);
    company.refuses(json!({ "sub": "m-1", "preferred_username": "admin" }), "link_refused").await;
    company.refuses(json!({ "sub": "m-2", "preferred_username": "ADMIN" }), "link_refused").await;
    for (n, name) in ["d\u{430}ve", "ｄave", "dave ", "dave\u{200d}", "dave@corp.test"].into_iter().enumerate() {
        company.never_reaches("dave", json!({ "sub": format!("d-{n}"), "preferred_username": name })).await;
    }
}
