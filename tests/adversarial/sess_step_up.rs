//! A session that is raised to more factors (SESS-01, SESS-06, SESS-13): only what is missing is asked, under a new id, and for
//! no longer.

use serde_json::json;

use crate::login::factors::{ANN, fresh_code, password_of, then, typed, with_app};
use crate::support::{Application, Landing, Setup};

#[tokio::test]
async fn sess_13_a_step_up_asks_what_is_missing_and_renews_the_session() {
    let (wiki, vault) = (Application::web("wiki"), Application::web("vault"));
    let mut flow = then(&["totp"]);
    flow["levels"] = json!([{ "acr": "urn:two", "steps": 2 }]);
    let setup = Setup::new().person(ANN.0, ANN.1).app(&wiki).app(&vault).flow(&vault, flow);
    let usher = setup.start().await;
    let (key, _) = with_app(&usher, &vault, ANN).await;
    let mut browser = usher.browser();
    let (request, landing) = password_of(&usher, &mut browser, wiki.request(&usher), ANN).await;
    let low = usher.finish(&wiki, request, landing).await;
    assert_eq!((&low.tokens.claims["amr"], &low.tokens.claims["acr"]), (&json!(["pwd"]), &json!(null)));
    let (before, ends) = (browser.clone(), "SELECT max(expires_at) FROM sessions WHERE user_id IS NOT NULL");
    let session = browser.cookie("session").expect("a session").value.clone();
    let (expires, started) = (usher.database.count(ends).await, low.tokens.claims["auth_time"].clone());
    usher.advance(600);

    let silent = vault.request(&usher).with("prompt", "none");
    assert_eq!(silent.error(browser.open(silent.url()).await), "login_required");
    let request = vault.request(&usher);
    let page = browser.open(request.url()).await.page();
    assert!(page.has("#code") && !page.has("#password"), "only the code is missing: {page}");
    let landing = typed(&mut browser, &page, &fresh_code(&usher, &key)).await;
    let high = usher.finish(&vault, request, landing).await;
    assert_eq!(
        (&high.tokens.claims["amr"], &high.tokens.claims["acr"]),
        (&json!(["pwd", "otp", "mfa"]), &json!("urn:two"))
    );
    assert_eq!(high.tokens.claims["auth_time"], started, "the password is as old as it was");

    assert_ne!(browser.cookie("session").expect("a session").value, session, "a new id (SESS-01)");
    assert!(usher.database.count(ends).await <= expires, "and no more time (SESS-06)");
    for app in [&wiki, &vault] {
        let request = app.request(&usher).with("prompt", "none");
        assert!(
            matches!(before.clone().open(request.url()).await, Landing::Left(url) if url.query_pairs().any(|(k, _)| k == "error"))
        );
        usher.finish(app, request.clone(), browser.open(request.url()).await).await;
    }
}
