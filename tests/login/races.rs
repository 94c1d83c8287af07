//! Many first sign-ins of one person at once: one user, whatever the node and the database.

use serde_json::json;

use crate::support::{Application, Idp, Landing, Setup, Usher};

/// Twenty browsers hold a callback each, then all arrive at once.
async fn twenty_at_once(usher: &Usher, app: &Application) {
    let mut held = Vec::new();
    for n in 0..20 {
        let mut browser = usher.browser_at(n % usher.nodes.len());
        let (request, callback) = usher.callback(&mut browser, app, "acme").await;
        held.push((browser, request, callback));
    }
    let arrivals = held.into_iter().map(|(mut browser, request, callback)| async move {
        let landing = browser.open(&callback).await;
        let failed = browser.history.iter().any(|visit| visit.answer.status >= 500);
        assert!(!failed, "a server error");
        (request, landing)
    });
    let (mut subjects, mut turned_away) = (Vec::new(), Vec::new());
    for (request, landing) in futures_util::future::join_all(arrivals).await {
        match landing {
            Landing::Left(_) => subjects.push(usher.finish(app, request, landing).await.tokens.sub().to_owned()),
            Landing::Page(page) => turned_away.push(page.to_string()),
        }
    }
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.links), (1, 1));
    assert!(turned_away.is_empty(), "{turned_away:#?}\n{}", usher.nodes[0].log());
    subjects.dedup();
    assert_eq!(subjects.len(), 1, "{subjects:?}");
    let made = "SELECT count(*) FROM audit WHERE action = 'user.provisioned'";
    assert_eq!(usher.database.count(made).await, 1);
}

#[tokio::test]
async fn one_node_on_sqlite_makes_one_user() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    twenty_at_once(&usher, &shop).await;
}

#[tokio::test]
async fn two_nodes_on_postgresql_make_one_user() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut usher = Setup::new().idp("acme", &acme).app(&shop).on_postgres().await.start().await;
    usher.add_node().await;
    twenty_at_once(&usher, &shop).await;
}

/// Identities of one connection that all carry Bob's verified address reach for his account: one gets it, and nobody
/// makes another account beside it (LINK-26).
#[tokio::test]
async fn link_26_twenty_identities_reach_for_one_account_and_one_gets_it() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    acme.knows(|hint| json!({ "sub": hint, "email": "bob@corp.test", "email_verified": true }));
    let mut entry = acme.connection("acme");
    entry["linking"] = json!({});
    let setup = Setup::new().person("bob", "a good long secret").idp_with(&acme, entry).app(&shop);
    let mut usher = setup.on_postgres().await.start().await;
    usher.add_node().await;
    let mut held = Vec::new();
    for n in 0..20 {
        let mut browser = usher.browser_at(n % usher.nodes.len());
        let request = shop.request(&usher).with("connection", "acme").with("login_hint", &format!("bob-{n}"));
        let callback = browser.open_until_page_or(request.url(), "/callback/oidc/").await.left();
        held.push((browser, callback));
    }
    let arrivals = held.into_iter().map(|(mut browser, callback)| async move { browser.open(&callback).await });
    let (mut linked, mut refused) = (0, Vec::new());
    for landing in futures_util::future::join_all(arrivals).await {
        match landing {
            Landing::Left(_) => linked += 1,
            Landing::Page(page) => refused.push((page.status(), page.error_code().unwrap_or_default())),
        }
    }
    assert_eq!(linked, 1, "{refused:?}");
    assert!(refused.iter().all(|refusal| *refusal == (403, "link_refused".to_owned())), "{refused:?}");
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.links), (1, 1));
    assert_eq!(usher.database.count("SELECT count(*) FROM audit WHERE action = 'user.linked'").await, 1);
}

/// A sign-in may begin on one node and end on the other; the session holds on both.
#[tokio::test]
async fn a_sign_in_may_change_nodes() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut usher = Setup::new().idp("acme", &acme).app(&shop).on_postgres().await.start().await;
    usher.add_node().await;
    let mut browser = usher.browser_at(0);
    let (request, callback) = usher.callback(&mut browser, &shop, "acme").await;
    browser.reaches(&usher.base, usher.nodes[1].address);
    let landing = browser.open(&callback).await;
    usher.finish(&shop, request, landing).await;
    browser.reaches(&usher.base, usher.nodes[0].address);
    let silent = shop.request(&usher).with("prompt", "none");
    silent.code(browser.open(silent.url()).await);
}
