//! Many first sign-ins of one person at once: one user, whatever the node and the database.

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
