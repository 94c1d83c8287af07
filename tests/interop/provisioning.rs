//! Just-in-time provisioning, linking and passing through between two peers that nobody here wrote: npm
//! `oidc-provider` signs the person in, npm `openid-client` is the application.

use serde_json::{Value, json};

use super::external_provider::{provider_and, through_its_pages, with_secret};
use super::peer::Peer;
use crate::support::{Application, Setup, Usher};

/// An installation whose connection has these settings, and the provider behind it.
async fn scene(shop: &Application, setup: Setup, settings: Value) -> (Peer, Usher) {
    provider_and(shop, with_secret("basic", "client_secret_basic"), setup, settings).await
}

/// What the application was told about the person with this login at the provider.
async fn signs_in(usher: &Usher, shop: &Application, login: &str) -> Value {
    let secret = shop.secret.clone().unwrap_or_default();
    let mut client = Peer::node("client.mjs", &[&usher.base, &shop.id, &secret, &shop.redirect_uri]);
    let mut browser = usher.browser();
    let page = browser.open(client.line().await).await.page();
    let page = browser.click(&page, "/go/acme").await.page();
    let back = through_its_pages(&mut browser, page, login).await.left();
    client.tell(back.as_str()).await;
    let told: Value = serde_json::from_str(&client.line().await).expect("JSON");
    assert_eq!(told["later"], told["userinfo"], "a refresh changes nothing");
    assert_eq!(told["refreshed"]["sub"], told["claims"]["sub"]);
    told
}

#[tokio::test]
async fn strangers_get_an_account() {
    let shop = Application::web("shop");
    let (_provider, usher) = scene(&shop, Setup::new(), json!({})).await;
    let first = signs_in(&usher, &shop, "carol").await;
    let again = signs_in(&usher, &shop, "carol").await;
    assert_eq!(first["userinfo"]["email"], json!("carol@acme.test"));
    assert_eq!(first["claims"]["sub"], again["claims"]["sub"]);
    assert_eq!(usher.database.attribute("carol", "given_name").await, "carol");
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.links), (1, 1));
}

/// The first rule compares a number, the fallback an address; the application meets the accounts that were there.
#[tokio::test]
async fn people_are_linked_by_rules() {
    let shop = Application::web("shop").with("claims", json!({ "attributes": { "employee_number": "employee" } }));
    let person = |name: &str, more: Value| {
        let mut entry = json!({ "username": name, "password": "a good long secret" });
        entry.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        entry
    };
    let setup = Setup::new()
        .unique_attribute("employee_number", "Employee number")
        .user(person("c.smith", json!({ "attributes": { "employee_number": "E-carol" } })))
        .user(person("d.jones", json!({ "email": "dave@acme.test", "email_verified": true })));
    let number = json!({ "federated": "employee_id", "local": "employee_number" });
    let address = json!({ "federated": "email", "local": "email" });
    let (_provider, usher) = scene(&shop, setup, json!({ "linking": { "rules": [number, address] } })).await;
    let carol = signs_in(&usher, &shop, "carol").await;
    assert_eq!(carol["claims"]["sub"], json!(usher.database.subject("c.smith").await));
    assert_eq!(carol["userinfo"]["employee"], json!("E-carol"));
    let dave = signs_in(&usher, &shop, "dave").await;
    assert_eq!(dave["claims"]["sub"], json!(usher.database.subject("d.jones").await));
    let erin = signs_in(&usher, &shop, "erin").await;
    assert_eq!(erin["claims"]["sub"], json!(usher.database.subject("erin").await), "nobody found: an account is made");
    assert_eq!(usher.database.rows().await.links, 3);
}

/// Off, or skipped because nobody is found: the application is told everything, and nothing is kept.
#[tokio::test]
async fn people_pass_through() {
    let skipping = json!({ "linking": { "skip_when_no_match": true } });
    for settings in [json!({ "jit": false }), skipping] {
        let shop = Application::web("shop");
        let (_provider, usher) = scene(&shop, Setup::new(), settings).await;
        let first = signs_in(&usher, &shop, "carol").await;
        let again = signs_in(&usher, &shop, "carol").await;
        assert_eq!(first["userinfo"]["email"], json!("carol@acme.test"));
        assert_eq!(first["userinfo"]["given_name"], json!("carol"));
        assert_eq!(first["claims"]["sub"], again["claims"]["sub"], "opaque, and always the same");
        let rows = usher.database.rows().await;
        assert_eq!((rows.users, rows.links), (0, 0));
        assert!(!usher.files_hold("carol@acme.test"), "the address was written down");
    }
}
