//! What a sign-in under a flow leaves to be run again: everything that a script may know of it, and nothing that opens a
//! door.

use serde_json::{Value, json};

use super::factors::{self, ANN, set_up, then, typed};
use super::scripts::{BOB, password, two_steps, with};
use crate::support::sealed::recordings;
use crate::support::{Application, Idp, Setup};

/// Letters and digits of a text: a code is found however it is grouped.
fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Two sign-ins of Ann: what she is, did and was asked stands there in full; what she typed, was given and carries does not.
#[tokio::test]
async fn a_recording_holds_what_happened_and_no_secret() {
    let shop = Application::web("shop");
    let flow = then(&["totp", "recovery_code"]);
    let usher = Setup::new().person(ANN.0, ANN.1).app(&shop).flow(&shop, flow).start().await;
    let mut browser = usher.browser();
    let (request, page) = factors::password(&usher, &mut browser, &shop).await;
    let (key, codes, landing) = set_up(&usher, &mut browser, &page).await;
    let first = usher.finish(&shop, request, landing).await;
    let mut again = usher.browser();
    let code = factors::fresh_code(&usher, &key);
    let (request, page) = factors::password(&usher, &mut again, &shop).await;
    let sent: Vec<String> = request.fields().iter().map(|(_, value)| value.clone()).collect();
    let landing = typed(&mut again, &page, &code).await;
    let second = usher.finish(&shop, request, landing).await;

    let kept = recordings(&usher).await;
    assert_eq!(kept.len(), 2, "{kept:?}");
    for (outcome, recording) in &kept {
        assert_eq!(outcome, "signed_in");
        let text = recording.to_string();
        assert!(text.contains("ann@corp.test") && text.contains("\"totp\""), "claims in full: {text}");
        assert_eq!(recording["came_to"]["path"], json!([{ "step": 1, "by": "password" }, { "step": 2, "by": "totp" }]));
        let mut secrets = vec![ANN.1.to_owned(), key.clone(), bare(&key), code.clone()];
        secrets.extend(codes.iter().flat_map(|code| [code.clone(), bare(code)]));
        secrets.extend([&first, &second].map(|done| done.tokens.id_token.clone()));
        secrets.extend([&first, &second].map(|done| done.tokens.access_token.clone()));
        secrets.extend(browser.cookies().iter().chain(again.cookies()).map(|cookie| cookie.value.clone()));
        // What the application sent to bind its answer: state, nonce, PKCE challenge.
        secrets.extend(sent.iter().filter(|value| value.len() >= 20 && !value.contains("://")).cloned());
        let found: Vec<&String> = secrets.iter().filter(|secret| secret.len() >= 6 && text.contains(*secret)).collect();
        assert!(found.is_empty(), "{found:?} in {text}");
    }
    assert!(!usher.files_hold("\"came_to\""), "sealed at rest");
}

/// People of a connection that stores nothing leave no recording; the same people do where accounts are made.
#[tokio::test]
async fn nothing_is_recorded_of_people_without_an_account() {
    for (jit, expected) in [(true, 1), (false, 0)] {
        let (acme, shop) = (Idp::start().await, Application::web("shop"));
        let mut entry = acme.connection("acme");
        entry["jit"] = json!(jit);
        let mut flow = then(&["totp"]);
        flow["steps"].as_array_mut().expect("steps").truncate(1);
        let usher = Setup::new().idp_with(&acme, entry).app(&shop).flow(&shop, flow).start().await;
        usher.sign_in(&mut usher.browser(), &shop, "acme").await;
        let kept = recordings(&usher).await;
        assert_eq!(kept.len(), expected, "JIT {jit}: {kept:?}");
        for (_, recording) in kept {
            assert!(recording.to_string().contains("alice@corp.test"), "{recording}");
        }
    }
}

/// A refusal says something of the flow once somebody is known: the end of the script is kept, a wrong password is not, nor
/// is the refusal of somebody without an account.
#[tokio::test]
async fn refusals_are_recorded_once_somebody_is_known() {
    let script = "var onLoginRequest = function (context) { executeStep(1, { onSuccess: function (context) {
        if (context.steps[1].idp == 'LOCAL') { sendError(null, { message: 'Not today' }); } else { executeStep(2); }
    } }); };";
    let (usher, shop, _acme) = with(two_steps(script)).await;
    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).url()).await.page();
    let wrong = page.form_with("password").set("username", BOB.0).set("password", "not his password");
    assert_eq!(browser.submit(wrong).await.page().status(), 422);
    let alice = usher.browser().open(shop.request(&usher).with("idp", "acme").url()).await.page();
    assert!(alice.error_code().is_some(), "{alice}");
    assert!(recordings(&usher).await.is_empty(), "nobody with an account was known");

    let landing = browser.open(shop.request(&usher).url()).await;
    assert_eq!(password(&mut browser, landing).await.page().error_code().as_deref(), Some("script_denied"));
    let kept = recordings(&usher).await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    let (outcome, recording) = &kept[0];
    assert_eq!((outcome.as_str(), &recording["came_to"]["end"]["is"]), ("ended", &json!("ended")));
    assert!(recording.to_string().contains("bob@corp.test") && !recording.to_string().contains(BOB.1));
}

/// What a script was told by another server is kept, unless it holds a token: then nothing of that answer is.
#[tokio::test]
async fn an_answer_from_outside_with_a_token_is_not_kept() {
    let (_, facts) = told(json!({ "risk": 3 })).await;
    assert!(facts.to_string().contains("\"risk\":3"), "{facts}");
    let (whole, facts) = told(json!({ "risk": 3, "access_token": "very-secret-value" })).await;
    assert!(!whole.to_string().contains("very-secret-value") && !facts.to_string().contains("risk"), "{whole}");
}

/// A sign-in whose script asks a server that answers so: the recording, and its facts.
async fn told(body: Value) -> (Value, Value) {
    let (api, shop) = (Idp::start().await, Application::web("shop"));
    api.answer(crate::support::Endpoint::Other, move |_| crate::support::Answer::json(200, &body));
    let url = format!("http://127.0.0.1:{}/risk", api.port());
    let script = format!(
        "var onLoginRequest = function (context) {{ executeStep(1, {{ onSuccess: function (context) {{
            httpGet('{url}', {{ onSuccess: function (context, data) {{ Log.info('risk ' + data.risk); }} }});
        }} }}); }};"
    );
    let mut flow = two_steps(&script);
    flow["steps"].as_array_mut().expect("steps").truncate(1);
    let setup = Setup::new().allow(api.port()).person(BOB.0, BOB.1).app(&shop).flow(&shop, flow);
    let mut usher = setup.start().await;
    let hosts = format!("[\"127.0.0.1:{}\"]", api.port());
    usher.reconfigure(&format!("INSERT INTO settings (name, value) VALUES ('script.hosts', '{hosts}')")).await;
    usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    let kept = recordings(&usher).await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    (kept[0].1.clone(), kept[0].1["facts"]["facts"].clone())
}
