//! npm `openid-client` as the application: discovery, PKCE, signature and claim checks, userinfo, refresh.

use serde_json::{Value, json};

use super::peer::Peer;
use crate::support::{Application, Idp, Setup, Usher};

async fn walk(usher: &Usher, app: &Application, connection: &str) -> Value {
    let secret = app.secret.clone().unwrap_or_default();
    let mut peer = Peer::node("client.mjs", &[&usher.base, &app.id, &secret, &app.redirect_uri]);
    let mut browser = usher.browser();
    let page = browser.open(peer.line().await).await.page();
    let back = browser.click(&page, &format!("/go/{connection}")).await.left();
    peer.tell(back.as_str()).await;
    serde_json::from_str(&peer.line().await).expect("JSON")
}

fn check(usher: &Usher, app: &Application, said: &Value) {
    assert_eq!(said["claims"]["iss"], json!(usher.base));
    assert_eq!(said["claims"]["aud"], json!(app.id));
    assert_eq!(said["userinfo"]["email"], json!("alice@corp.test"));
    assert_eq!(said["later"], said["userinfo"]);
    assert_eq!(said["refreshed"]["sub"], said["claims"]["sub"]);
    assert!(said["logout"].as_str().is_some_and(|url| url.starts_with(&usher.url("/oauth2/logout"))));
}

#[tokio::test]
async fn openid_client_confidential() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    let said = walk(&usher, &shop, "acme").await;
    check(&usher, &shop, &said);
    assert_eq!(usher.database.rows().await.users, 1);
}

/// A public application with ES256, and a person without a local account.
#[tokio::test]
async fn openid_client_public_and_pass_through() {
    let (acme, board) = (Idp::start().await, Application::spa("board").with("id_token_alg", json!("ES256")));
    let mut entry = acme.connection("acme");
    entry["jit"] = json!(false);
    let usher = Setup::new().idp_with(&acme, entry).app(&board).start().await;
    let said = walk(&usher, &board, "acme").await;
    check(&usher, &board, &said);
    assert_eq!(usher.database.rows().await.users, 0);
}
