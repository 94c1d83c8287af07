//! Second factors that a connection vouches for, and levels that an application asks for.

use serde_json::{Value, json};

use crate::support::{Application, Idp, Landing, Setup, Usher};

fn local(authenticator: &str) -> Value {
    json!({ "kind": "local", "authenticator": authenticator })
}

/// Any connection, then an authenticator app.
fn two_steps() -> Value {
    json!({ "steps": [{ "options": [{ "kind": "every_connection" }] }, { "options": [local("totp")] }] })
}

/// Whether somebody with this ID token got past the second step without being asked.
async fn passes(usher: &Usher, shop: &Application, acme: &Idp, said: Value) -> bool {
    acme.forge(move |draft| {
        for (name, value) in said.as_object().expect("claims") {
            draft.claims[name] = value.clone();
        }
    });
    let request = shop.request(usher).with("connection", "acme");
    match usher.browser().open(request.url()).await {
        Landing::Left(url) => url.query().unwrap_or_default().contains("code="),
        Landing::Page(_) => false,
    }
}

/// The word of the provider counts where an admin named it, in the ID token, and for nothing that must be new (MFA-13).
#[tokio::test]
async fn mfa_13_only_the_named_word_of_a_trusted_provider_counts() {
    let (acme, shop, wiki) = (Idp::start().await, Application::web("shop"), Application::web("wiki"));
    let mut entry = acme.connection("acme");
    entry["trusted_mfa"] = json!(["mfa", "urn:gold"]);
    let setup = Setup::new().idp_with(&acme, entry).app(&shop).app(&wiki);
    let usher = setup.flow(&shop, two_steps()).start().await;
    assert!(passes(&usher, &shop, &acme, json!({ "amr": ["pwd", "mfa"] })).await, "named in amr");
    assert!(passes(&usher, &shop, &acme, json!({ "amr": [], "acr": "urn:gold" })).await, "named in acr");
    let before = usher.database.rows().await.grants;
    for said in [json!({ "amr": ["pwd"] }), json!({ "amr": "mfa" }), json!({ "acr": "mfa " }), json!({ "mfa": true })] {
        assert!(!passes(&usher, &shop, &acme, said.clone()).await, "{said}");
    }
    acme.forge(|draft| draft.claims["amr"] = json!(["mfa"]));
    let forced = shop.request(&usher).with("connection", "acme").with("prompt", "login");
    let page = usher.browser().open(forced.url()).await.page();
    assert_eq!(page.error_code(), None, "asked, for the application wants it new: {page}");
    assert_eq!(usher.database.rows().await.grants, before);
}

/// The same words from a provider that nobody named them for.
#[tokio::test]
async fn mfa_13_an_untrusted_provider_vouches_for_nothing() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).flow(&shop, two_steps()).start().await;
    assert!(!passes(&usher, &shop, &acme, json!({ "amr": ["mfa"], "acr": "urn:gold" })).await);
    assert_eq!(usher.database.rows().await.grants, 0);
}

/// An application that asks for the weaker level is asked one step; what it reached stands in its ID token.
#[tokio::test]
async fn acr_values_choose_how_far_a_sign_in_goes() {
    let shop = Application::web("shop");
    let levels = json!([{ "acr": "urn:one", "steps": 1 }, { "acr": "urn:two", "steps": 2 }]);
    let mut flow = json!({ "steps": [{ "options": [local("password")] }, { "options": [local("totp")] }] });
    flow["levels"] = levels;
    flow["least_steps"] = json!(1);
    let usher = Setup::new().person("ann", "a good long secret").app(&shop).flow(&shop, flow).start().await;
    let mut browser = usher.browser();
    let request = shop.request(&usher).with("acr_values", "urn:unknown urn:one");
    let page = browser.open(request.url()).await.page();
    let form = page.form_with("password").set("username", "ann").set("password", "a good long secret");
    let landing = browser.submit(form).await;
    let done = usher.finish(&shop, request, landing).await;
    assert_eq!(done.tokens.claims["acr"], json!("urn:one"));
    // The session is good for the first step only.
    for wanted in ["urn:two", "urn:unknown"] {
        let request = shop.request(&usher).with("acr_values", wanted);
        let page = browser.open(request.url()).await.page();
        assert_eq!((page.status(), page.error_code()), (200, None), "{wanted}: {page}");
        let silent = shop.request(&usher).with("acr_values", wanted).with("prompt", "none");
        let left = browser.open(silent.url()).await;
        assert_eq!(silent.error(left), "login_required", "{wanted}");
    }
}

/// The level comes through the person's own browser: it never asks for less than the admin wants asked.
#[tokio::test]
async fn mfa_11_a_weaker_level_skips_nothing_that_is_always_asked() {
    let shop = Application::web("shop");
    let mut flow = json!({ "steps": [{ "options": [local("password")] }, { "options": [local("totp")] }] });
    flow["levels"] = json!([{ "acr": "urn:one", "steps": 1 }, { "acr": "urn:two", "steps": 2 }]);
    let usher = Setup::new().person("ann", "a good long secret").app(&shop).flow(&shop, flow).start().await;
    for wanted in ["urn:two", "urn:one"] {
        let mut browser = usher.browser();
        let request = shop.request(&usher).with("acr_values", wanted);
        let page = browser.open(request.url()).await.page();
        let form = page.form_with("password").set("username", "ann").set("password", "a good long secret");
        let page = browser.submit(form).await.page();
        assert_eq!(page.error_code(), None, "{wanted}: the second step is asked: {page}");
    }
    assert_eq!(usher.database.rows().await.grants, 0);
}
