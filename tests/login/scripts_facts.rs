//! What scripts find out: groups of this very sign-in, sessions, accounts, the browser's request.

use serde_json::{Value, json};

use super::scripts::{BOB, one_step, password};
use crate::support::{Application, Idp, Setup, Usher};

/// Asks a question when step 1 has succeeded, and makes its answer the `acr`.
fn answer(question: &str) -> Value {
    one_step(&format!(
        "var onLoginRequest = function (context) {{
            executeStep(1, {{ onSuccess: function (context) {{
                var user = context.steps[1].subject;
                context.selectedAcr = String({question});
            }} }});
        }};"
    ))
}

/// A company whose provider sends groups; one of them is known here.
async fn company(flow: Value, jit: bool) -> (Usher, Application, Idp) {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    acme.claims(|claims| claims["groups"] = json!(["ops-ext", "chess"]));
    let mut entry = acme.connection("acme");
    entry["jit"] = json!(jit);
    entry["groups"] = json!({ "mapping": { "ops-ext": "ops" } });
    let setup = Setup::new().person(BOB.0, BOB.1).group("ops", &[]).group("staff", &[BOB.0]);
    (setup.idp_with(&acme, entry).app(&shop).flow(&shop, flow).start().await, shop, acme)
}

/// Somebody who comes for the first time is in the groups that this sign-in brings, with an account or without.
#[tokio::test]
async fn groups_are_those_of_this_sign_in() {
    let asks = answer("isMemberOfAnyOfGroups(user, ['ops']) + ':' + user.groups.join()");
    for jit in [true, false] {
        let (usher, shop, acme) = company(asks.clone(), jit).await;
        let first = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
        assert_eq!(first.tokens.claims["acr"], json!("true:ops"), "first sign-in, provisioning {jit}");
        acme.claims(|claims| claims["groups"] = json!(["chess"]));
        let later = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
        assert_eq!(later.tokens.claims["acr"], json!("false:"), "no longer sent, provisioning {jit}");
        let bob = usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
        assert_eq!(bob.tokens.claims["acr"], json!("false:staff"));
    }
}

/// A script ends the person's other sessions at once; nobody else's.
#[tokio::test]
async fn a_script_ends_the_other_sessions_of_the_person() {
    let ends = answer(
        "(function () {
            var all = getUserSessions(user);
            for (var i = 0; i < all.length; i++) terminateUserSession(user, all[i].id);
            return all.length + ':' + getUserSessions(user).length;
        })()",
    );
    let (shop, plain) = (Application::web("shop"), Application::web("plain"));
    let setup = Setup::new().person(BOB.0, BOB.1).person("eve", "another long secret");
    let usher = setup.app(&shop).app(&plain).flow(&shop, ends).start().await;
    let (mut eve, mut old) = (usher.browser(), usher.browser());
    usher.sign_in_locally(&mut eve, &plain, ("eve", "another long secret")).await;
    usher.sign_in_locally(&mut old, &plain, BOB).await;
    let silent = || plain.request(&usher).with("prompt", "none");

    let done = usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    assert_eq!(done.tokens.claims["acr"], json!("1:0"));
    let request = silent();
    assert_eq!(request.error(old.open(request.url()).await), "login_required", "bob's old session is gone");
    let request = silent();
    request.code(eve.open(request.url()).await);
}

/// One account, none, several; and never one by an attribute that several may hold.
#[tokio::test]
async fn accounts_are_found_by_what_is_unique() {
    let asks = answer(
        "['bob', 'nobody'].map(function (name) {
            var found = getUniqueUserWithClaimValues({ 'http://wso2.org/claims/username': name }, context);
            return found === null ? 'none' : found.username;
        }).join() + ':' + getUsersWithClaimValues({ given_name: 'Bob' }).length",
    );
    let shop = Application::web("shop");
    let usher = Setup::new().person(BOB.0, BOB.1).app(&shop).flow(&shop, asks).start().await;
    let done = usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    assert_eq!(done.tokens.claims["acr"], json!("bob,none:0"));
}

/// Headers of the short list, parameters, the address; never a cookie of ours.
#[tokio::test]
async fn the_request_is_what_a_script_may_see_of_it() {
    let asks = answer(
        "[typeof context.request.headers['Accept-Language'], context.request.headers.cookie, context.request.headers.host,
          Object.keys(context.request.cookies).length, context.request.ip, checkSessionExistence()].join()",
    );
    let shop = Application::web("shop");
    let usher = Setup::new().person(BOB.0, BOB.1).app(&shop).flow(&shop, asks).start().await;
    let mut browser = usher.browser();
    let first = usher.sign_in_locally(&mut browser, &shop, BOB).await;
    let acr = first.tokens.claims["acr"].as_str().expect("text").to_owned();
    let parts: Vec<&str> = acr.split(',').collect();
    assert!(matches!(parts[0], "string" | "object"), "{acr}");
    assert_eq!(parts[1..4], ["", "", "0"], "{acr}");
    assert_eq!((parts[4], parts[5]), ("127.0.0.1", "false"), "{acr}");
    let request = shop.request(&usher).with("prompt", "login");
    let landing = browser.open(request.url()).await;
    let landing = password(&mut browser, landing).await;
    let again = usher.finish(&shop, request, landing).await;
    assert!(again.tokens.claims["acr"].as_str().is_some_and(|acr| acr.ends_with(",true")));
}
