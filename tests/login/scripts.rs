//! Scripts in a sign-in, as people meet them.

use serde_json::{Value, json};

use crate::support::{Answer, Application, Browser, Endpoint, Idp, Landing, Setup, Usher};

pub(super) const BOB: (&str, &str) = ("bob", "correct horse battery");

/// The script of the seed, to the letter.
const SEED: &str = r"var localAuthenticator = 'LOCAL';
var onLoginRequest = function (context) {
    executeStep(1, {
        onSuccess: function (context) {
            var step = context.steps[1];
            if (step.idp == localAuthenticator) {
                executeStep(2); // MFA Step
            }
        }
    });
};
";

/// Password or any connection first, an authenticator app second.
pub(super) fn two_steps(script: &str) -> Value {
    json!({
        "steps": [
            { "options": [{ "kind": "local", "authenticator": "password" }, { "kind": "every_connection" }] },
            { "options": [{ "kind": "local", "authenticator": "totp" }] },
        ],
        "script": script,
    })
}

/// One step with everything.
pub(super) fn one_step(script: &str) -> Value {
    let mut flow = two_steps(script);
    flow["steps"].as_array_mut().expect("steps").truncate(1);
    flow
}

/// Bob, a provider whose people get no account, and an application with a flow.
pub(super) async fn with(flow: Value) -> (Usher, Application, Idp) {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut off = acme.connection("acme");
    off["jit"] = json!(false);
    let setup = Setup::new().person(BOB.0, BOB.1).idp_with(&acme, off).app(&shop).flow(&shop, flow);
    (setup.start().await, shop, acme)
}

pub(super) async fn password(browser: &mut Browser, landing: Landing) -> Landing {
    let page = landing.page();
    browser.submit(page.form_with("password").set("username", BOB.0).set("password", BOB.1)).await
}

/// The provider's person says no.
fn declines(idp: &Idp) {
    idp.answer(Endpoint::Authorize, |answer| {
        let mut url: url::Url = answer.location().parse().expect("an address");
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| name != "code")
            .map(|(a, b)| (a.into_owned(), b.into_owned()))
            .collect();
        url.query_pairs_mut().clear().extend_pairs(kept).append_pair("error", "access_denied");
        Answer::redirect(url.as_str())
    });
}

/// LOCAL people are asked for a second factor; people of a connection without provisioning are not, and leave no row.
#[tokio::test]
async fn the_script_of_the_seed_skips_the_second_step_for_people_without_an_account() {
    let (usher, shop, _acme) = with(two_steps(SEED)).await;
    let before = usher.database.rows().await;

    let mut browser = usher.browser();
    let landing = browser.open(shop.request(&usher).url()).await;
    let page = password(&mut browser, landing).await.page();
    assert_eq!((page.status(), page.error_code()), (200, None), "{page}");
    assert_eq!(usher.database.rows().await, before, "bob has one factor only: nothing is issued");

    let done = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert_eq!(shop.userinfo(&usher, &done.tokens).await["email"], json!("alice@corp.test"));
    let after = usher.database.rows().await;
    assert_eq!((after.users, after.links), (before.users, before.links), "no row about alice");
}

/// Counters and closures of a script survive the end of the process between two steps: only data was kept.
#[tokio::test]
async fn a_restart_between_two_steps_changes_nothing() {
    let script = r"
var tries = 0;
var onLoginRequest = function (context) {
    var first = 'first:' + context.requestedAcr.length;
    executeStep(1, { authenticationOptions: [{ idp: 'acme' }] }, {
        onSuccess: function (context) { tries++; },
        onFail: function (context) {
            tries++;
            executeStep(1, { authenticationOptions: [{ idp: 'LOCAL' }] }, {
                onSuccess: function (context) {
                    tries++;
                    context.selectedAcr = first + ':' + tries;
                }
            });
        }
    });
};";
    let (mut usher, shop, acme) = with(one_step(script)).await;
    let honest = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert!(honest.tokens.claims["acr"].is_null(), "{}", honest.tokens.claims);

    declines(&acme);
    let mut browser = usher.browser();
    let request = shop.request(&usher);
    let page = browser.open(request.url()).await.page();
    assert!(page.has("[name=password]") && !page.has("a.way"), "only the password is left: {page}");
    usher.nodes[0].kill().await;
    usher.restart().await;
    let landing = browser.submit(page.form_with("password").set("username", BOB.0).set("password", BOB.1)).await;
    let done = usher.finish(&shop, request, landing).await;
    assert_eq!(done.tokens.claims["acr"], json!("first:0:2"));
}

/// What the script filters out is not offered; a step of which nothing is left fails, and its own `onFail` answers.
#[tokio::test]
async fn a_step_without_an_option_left_fails_at_once() {
    let script = r"
var onLoginRequest = function (context) {
    executeStep(1, { authenticationOptions: [{ idp: 'nobody' }] }, {
        onFail: function (context) { executeStep(1, { authenticationOptions: [{ idp: 'LOCAL' }] }, {}); }
    });
};";
    let (usher, shop, _acme) = with(one_step(script)).await;
    let mut browser = usher.browser();
    let request = shop.request(&usher);
    let landing = browser.open(request.url()).await;
    let landing = password(&mut browser, landing).await;
    usher.finish(&shop, request, landing).await;
}

/// A sign-in keeps the script that it began with.
#[tokio::test]
async fn a_change_of_the_script_does_not_reach_a_sign_in_in_progress() {
    let (mut usher, shop, _acme) = with(two_steps(SEED)).await;
    let mut browser = usher.browser();
    let old = browser.open(shop.request(&usher).url()).await;
    usher
        .reconfigure(
            "INSERT INTO flow_versions (owner, number, body, published_at, published_by, note)
             SELECT owner, 2, replace(body, 'executeStep(2)', 'Log.info(1)'), published_at, published_by, note
             FROM flow_versions",
        )
        .await;
    usher.reconfigure("UPDATE flow_heads SET number = 2").await;

    let page = password(&mut browser, old).await.page();
    assert_eq!((page.status(), page.error_code()), (200, None), "still asked for the second step: {page}");
    usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
}

/// `fail` reaches the application in the words of its protocol, `sendError` the person; neither leaves a session.
#[tokio::test]
async fn a_script_says_no() {
    let script = r"
var onLoginRequest = function (context) {
    executeStep(1, { onSuccess: function (context) {
        if (context.steps[1].idp === 'LOCAL') {
            fail({ errorCode: 'access_denied', errorMessage: 'not today' });
        } else {
            sendError(null, { message: 'Closed <b>today</b>' });
        }
    } });
};";
    let (usher, shop, _acme) = with(one_step(script)).await;
    let mut browser = usher.browser();
    let request = shop.request(&usher);
    let landing = browser.open(request.url()).await;
    let landing = password(&mut browser, landing).await;
    assert_eq!(request.error(landing), "access_denied");

    let (_, landing) = usher.arrive(&mut usher.browser(), &shop, "acme").await;
    let page = landing.page();
    assert_eq!((page.status(), page.error_code().as_deref()), (403, Some("script_denied")), "{page}");
    assert!(page.text("main").contains("Closed <b>today</b>"), "the script's words, escaped: {page}");
    let rows = usher.database.rows().await;
    assert_eq!((rows.sessions, rows.grants), (0, 0));
}

/// A host that an admin listed is asked once and its answer is used; another one is not asked at all.
#[tokio::test]
async fn a_listed_host_is_asked() {
    let acme = Idp::start().await;
    let port = acme.port();
    let script = format!(
        r"
var onLoginRequest = function (context) {{
    executeStep(1, {{ onSuccess: function (context) {{
        httpGet('http://127.0.0.1:{port}/.well-known/openid-configuration', {{}}, {{}}, {{
            onSuccess: function (context, data) {{ context.selectedAcr = 'asked:' + (data.issuer ? 1 : 0); }},
            onFail: function (context) {{ context.selectedAcr = 'failed'; }}
        }});
    }} }});
}};"
    );
    let shop = Application::web("shop");
    let setup = Setup::new().person(BOB.0, BOB.1).idp("acme", &acme).app(&shop).flow(&shop, one_step(&script));
    let usher = setup.start().await;

    let before = acme.count(Endpoint::Discovery);
    let refused = usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    assert_eq!(refused.tokens.claims["acr"], json!("failed"), "no host is listed");
    assert_eq!(acme.count(Endpoint::Discovery), before, "nothing was sent");

    let list = format!("INSERT INTO settings (name, value) VALUES ('script.hosts', '[\"127.0.0.1:{port}\"]')");
    usher.database.execute(&list).await;
    let done = usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    assert_eq!(done.tokens.claims["acr"], json!("asked:1"));
    assert_eq!(acme.count(Endpoint::Discovery), before + 1, "asked once, whatever ran again");
}
