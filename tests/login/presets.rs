//! Providers that are not plain OpenID Connect: OAuth 2.0 without an ID token, and an answer that comes as a form.

use serde_json::{Value, json};

use crate::support::jose::Key;
use crate::support::{Application, Endpoint, Idp, Setup, Usher};

async fn userinfo(usher: &Usher, shop: &Application) -> Value {
    let done = usher.sign_in(&mut usher.browser(), shop, "acme").await;
    shop.userinfo(usher, &done.tokens).await
}

/// Plain OAuth 2.0: state and PKCE, no nonce, and the person's number at the provider keeps the account together.
#[tokio::test]
async fn oauth2_makes_an_account_and_finds_it_again() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    acme.claims(|person| {
        *person = json!({ "id": 4711, "name": "Alice Example", "email": "alice@corp.test", "email_verified": true });
    });
    let at = |path: &str| format!("{}{path}", acme.issuer());
    let entry = acme.connection_of(
        "acme",
        "oauth2",
        json!({ "authorization_url": at("/authorize"), "token_url": at("/token"), "userinfo_url": at("/userinfo"),
            "subject_claim": "id", "scopes": "profile email" }),
    );
    let usher = Setup::new().idp_with(&acme, entry).app(&shop).start().await;
    let first = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let said = acme.hits(Endpoint::Authorize).remove(0).query;
    for needed in ["response_type=code", "code_challenge_method=S256", "state=", "scope=profile+email"] {
        assert!(said.contains(needed), "{needed} in {said}");
    }
    assert!(!said.contains("nonce") && !said.contains("openid"), "{said}");
    let claims = shop.userinfo(&usher, &first.tokens).await;
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!("alice@corp.test"), &json!(true)));
    acme.claims(|person| person["name"] = json!("Alice Married"));

    let second = usher.sign_in(&mut usher.browser(), &shop, "acme").await;

    assert_eq!(first.tokens.sub(), second.tokens.sub());
    assert_eq!(shop.userinfo(&usher, &second.tokens).await["name"], json!("Alice Married"));
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.links), (1, 1));
}

/// GitHub: the primary address counts where it is verified; the one in the profile and every other one do not.
#[tokio::test]
async fn github_tells_one_address_and_only_verified() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let entry = acme.connection_of("acme", "github", json!({ "server": acme.issuer() }));
    let usher = Setup::new().idp_with(&acme, entry).app(&shop).start().await;
    let person = |id: u64, login: &str| json!({ "id": id, "login": login, "email": "alice@corp.test", "name": login });
    acme.claims(|claims| *claims = person(1, "octo"));
    acme.emails(json!([
        { "email": "other@corp.test", "primary": false, "verified": true, "visibility": null },
        { "email": "octo@corp.test", "primary": true, "verified": true, "visibility": "private" },
    ]));
    let claims = userinfo(&usher, &shop).await;
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!("octo@corp.test"), &json!(true)));
    assert_eq!(acme.count(Endpoint::Emails), 1);

    acme.claims(|claims| *claims = person(2, "cat"));
    acme.emails(json!([
        { "email": "other@corp.test", "primary": false, "verified": true, "visibility": null },
        { "email": "alice@corp.test", "primary": true, "verified": false, "visibility": null },
    ]));
    let claims = userinfo(&usher, &shop).await;
    assert_ne!(claims["email_verified"], json!(true), "{claims}");
    assert_ne!(claims["email"], json!("other@corp.test"), "{claims}");
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.links), (2, 2));
}

/// Apple: the answer is posted from Apple's page without our cookie, the client secret is a token that we sign, and the
/// name comes once, beside the code.
#[tokio::test]
async fn apple_answers_by_a_form() {
    let (acme, shop, key) = (Idp::start().await, Application::web("shop"), Key::p256());
    let settings = json!({ "team_id": "TEAM123456", "private_key_id": "KEY1234567" });
    let mut entry = acme.connection_of("acme", "apple", settings);
    entry["issuer"] = json!(acme.issuer());
    entry["client_secret"] = json!(key.private_pem());
    acme.registers(key.named("KEY1234567"));
    acme.claims(|person| *person = json!({ "sub": "001.a", "email": "alice@corp.test", "email_verified": "true" }));
    acme.forge(|draft| {
        draft.claims["email"] = json!("alice@corp.test");
        draft.claims["email_verified"] = json!("true");
    });
    acme.beside(json!({ "name": { "firstName": "Alice", "lastName": "Example" }, "email": "boss@corp.test" }));
    let usher = Setup::new().idp_with(&acme, entry).app(&shop).start().await;
    let mut browser = usher.browser();
    let (request, landing) = usher.arrive(&mut browser, &shop, "acme").await;
    let form = landing.page().form();
    assert!(!form.value("code").is_empty() && form.action.path() == "/callback/oidc/acme", "{form:?}");

    let landing = browser.submit(form).await;
    let done = usher.finish(&shop, request, landing).await;

    let claims = shop.userinfo(&usher, &done.tokens).await;
    for (name, value) in [("email", "alice@corp.test"), ("given_name", "Alice"), ("family_name", "Example")] {
        assert_eq!(claims[name], json!(value), "{claims}");
    }
    assert_eq!(claims["email_verified"], json!(true));
    let said = acme.hits(Endpoint::Authorize).remove(0).query;
    assert!(said.contains("response_mode=form_post"), "{said}");
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.links, rows.sessions), (1, 1, 1));
}
