//! What the pages of second factors let people do: choose, go another way, give up, save their codes.

use serde_json::{Value, json};

use super::factors::{ANN, fresh_code, key, password, pressed, set_up, then, typed, with_app};
use crate::support::smtp::Sink;
use crate::support::{Application, Browser, Form, Idp, Page, Setup, Usher, totp};

fn local(authenticator: &str) -> Value {
    json!({ "kind": "local", "authenticator": authenticator })
}

async fn started(flow: Value) -> (Usher, Application) {
    let shop = Application::web("shop");
    let usher = Setup::new().person(ANN.0, ANN.1).app(&shop).flow(&shop, flow).start().await;
    (usher, shop)
}

fn factor_form(page: &Page) -> Form {
    page.forms().into_iter().find(|form| form.action.path().ends_with("/factor")).expect("a form")
}

/// Of several factors people choose which to set up, and choose again while nothing is set up; only what was chosen lands.
#[tokio::test]
async fn people_choose_what_to_set_up() {
    let (usher, shop) = started(then(&["totp", "passkey", "recovery_code"])).await;
    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &shop).await;
    let choices = page.attributes("#choices button", "value");
    assert_eq!(choices, ["set_up_totp", "set_up_passkey"], "{page}");
    assert!(!page.has("#lost-device"), "nothing is set up that could be lost: {page}");
    let passkey = pressed(&mut browser, &page, "set_up_passkey").await.page();
    assert!(passkey.has("[data-passkey]") && passkey.has("#choose"), "{passkey}");
    let again = pressed(&mut browser, &passkey, "choose").await.page();
    assert_eq!(again.attributes("#choices button", "value"), choices);
    let app = pressed(&mut browser, &again, "set_up_totp").await.page();
    let (_, _, landing) = set_up(&usher, &mut browser, &app).await;
    usher.finish(&shop, request, landing).await;
    assert_eq!(usher.database.count("SELECT count(*) FROM totp_devices").await, 1);
    assert_eq!(usher.database.count("SELECT count(*) FROM passkeys").await, 0);
    let (_, page) = password(&usher, &mut usher.browser(), &shop).await;
    assert!(page.has("#code") && !page.has("#choices"), "{page}");
}

/// Whoever gives a step up is told so and may begin anew; nothing that was proved before is left.
#[tokio::test]
async fn a_step_is_given_up() {
    let (usher, shop) = started(then(&["totp"])).await;
    let (key, _) = with_app(&usher, &shop, ANN).await;
    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &shop).await;
    let told = pressed(&mut browser, &page, "give_up").await.page();
    assert_eq!(
        (told.error_code().as_deref(), told.text("h1")),
        (Some("idp_denied"), "You cancelled the sign-in".into())
    );
    let code = fresh_code(&usher, &key);
    let late = typed(&mut browser, &page, &code).await.page();
    assert_eq!(late.error_code().as_deref(), Some("idp_denied"), "the page of before is worth nothing: {late}");
    let first = browser.submit(told.form_with("csrf")).await.page();
    let page = browser.submit(first.form_with("password").set("username", ANN.0).set("password", ANN.1)).await.page();
    let landing = typed(&mut browser, &page, &code).await;
    usher.finish(&shop, request, landing).await;
}

/// A script that has an answer to giving up is asked for it.
#[tokio::test]
async fn a_script_answers_when_a_step_is_given_up() {
    let mut flow = then(&["totp"]);
    flow["script"] = json!(
        "var onLoginRequest = function (context) {
            executeStep(1, { onSuccess: function (context) {
                executeStep(2, { onUserAbort: function (context) { fail({ errorCode: 'access_denied' }); } });
            } });
        };"
    );
    let (usher, shop) = started(flow).await;
    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &shop).await;
    let landing = pressed(&mut browser, &page, "give_up").await;
    assert_eq!(request.error(landing), "access_denied");
    assert_eq!(usher.database.count("SELECT count(*) FROM grants").await, 0);
}

/// Recovery codes stand there, and in a file, until the person says to have saved them; then never again.
#[tokio::test]
async fn mfa_16_recovery_codes_are_confirmed_and_shown_once() {
    let (usher, shop) = started(then(&["totp", "recovery_code"])).await;
    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &shop).await;
    let codes = typed(&mut browser, &page, &totp::code(&key(&page), usher.clock.now())).await.page();
    let shown = codes.texts("#recovery-codes code");
    let file = codes.link("/recovery-codes.txt");
    let answer = browser.hop(&file).await;
    assert_eq!(answer.body.lines().map(str::to_owned).collect::<Vec<_>>(), shown);
    assert!(answer.header("content-disposition").starts_with("attachment"), "{:?}", answer.headers);
    assert_eq!(answer.header("cache-control"), "no-store");
    let stranger = usher.browser().hop(&file).await;
    assert!(stranger.status >= 400 && !stranger.body.contains(&shown[0]), "{}", stranger.status);
    let unsaved = browser.submit(factor_form(&codes).set("act", "seen")).await.page();
    assert_eq!((unsaved.status(), unsaved.texts("#recovery-codes code")), (422, shown.clone()));
    assert!(unsaved.has("#saved[aria-invalid=true]"), "{unsaved}");
    assert_eq!(usher.database.count("SELECT count(*) FROM totp_devices").await, 0, "nothing before the end");
    let landing = browser.submit(factor_form(&unsaved).set("act", "seen").set("saved", "on")).await;
    usher.finish(&shop, request, landing).await;
    let later = browser.hop(&file).await;
    assert!(!later.body.contains(&shown[0]), "shown once");
}

/// A mailed code that works no more is called that, also after it was typed; another one is sent, as often as the page says.
#[tokio::test]
async fn an_expired_code_is_not_called_a_wrong_one() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let setup = Setup::new().mail(&sink).person(ANN.0, ANN.1).app(&shop).flow(&shop, then(&["email_otp"]));
    let usher = setup.start().await;
    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &shop).await;
    let first = mailed(&sink, 1).await;
    usher.advance(301);
    let page = typed(&mut browser, &page, &first).await.page();
    assert!(page.status() == 422 && page.text("#code-error").contains("Send another"), "{page}");
    let mut page = page;
    for count in [2, 3] {
        page = pressed_send(&mut browser, &page).await;
        mailed(&sink, count).await;
        assert_eq!(page.text("#code-error"), "", "{page}");
    }
    assert!(!page.has("#send") && page.has("#no-more"), "{page}");
    let landing = typed(&mut browser, &page, &mailed(&sink, 3).await).await;
    usher.finish(&shop, request, landing).await;
}

async fn pressed_send(browser: &mut Browser, page: &Page) -> Page {
    browser.submit(factor_form(page).set("act", "send")).await.page()
}

async fn mailed(sink: &Sink, count: usize) -> String {
    let text = sink.wait_for(count).await[count - 1].text();
    let digits = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
    text.split_whitespace().find(digits).expect("six digits").to_owned()
}

/// A step that takes the password or a provider beside its factors shows them; a wrong password is explained there, another
/// person's is refused, and neither brings a second set of mails or keys.
#[tokio::test]
async fn a_later_step_takes_the_password_too() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let flow = json!({ "steps": [
        { "options": [{ "kind": "every_connection" }] },
        { "options": [local("totp"), local("password"), { "kind": "connection", "connection": "acme" }] },
    ] });
    let mut entry = acme.connection("acme");
    entry["linking"] = json!({});
    let email = format!("{}@corp.test", ANN.0);
    acme.claims(|person| *person = json!({ "sub": "ann-1", "email": email, "email_verified": true }));
    let setup = Setup::new().person(ANN.0, ANN.1).person("bob", ANN.1).idp_with(&acme, entry).app(&shop);
    let usher = setup.flow(&shop, flow).start().await;
    let mut browser = usher.browser();
    let request = shop.request(&usher);
    let page = browser.open(request.url()).await.page();
    assert!(
        page.has("#totp-key") && page.has("#password-way") && page.has("#other-ways a[href*='/go/acme']"),
        "{page}"
    );
    assert_eq!(page.form_with("password").value("username"), ANN.0, "nothing is asked twice");
    let wrong = browser.submit(page.form_with("password").set("password", "not it")).await.page();
    assert_eq!((wrong.status(), key(&wrong)), (422, key(&page)), "{wrong}");
    assert!(wrong.has("#username[aria-invalid=true]") && wrong.has("#password-way[open]"), "{wrong}");
    let landing = browser.submit(wrong.form_with("password").set("password", ANN.1)).await;
    usher.finish(&shop, request, landing).await;

    let mut other = usher.browser();
    let page = other.open(shop.request(&usher).url()).await.page();
    let form = page.form_with("password").set("username", "bob").set("password", ANN.1);
    let refused = other.submit(form).await.page();
    assert_eq!(refused.error_code().as_deref(), Some("link_mismatch"), "SESS-11: {refused}");
}

/// Somebody without an account, whom the factors of a step are not for, is still offered the step's other ways.
#[tokio::test]
async fn a_step_offers_its_other_ways_to_people_without_an_account() {
    let (acme, globex, shop) = (Idp::start().await, Idp::start().await, Application::web("shop"));
    let connection = |id: &str| json!({ "kind": "connection", "connection": id });
    let flow = json!({ "steps": [
        { "options": [connection("acme")] },
        { "options": [local("totp"), connection("globex")] },
    ] });
    let mut off = acme.connection("acme");
    off["jit"] = json!(false);
    let setup = Setup::new().idp_with(&acme, off).idp("globex", &globex).app(&shop).flow(&shop, flow);
    let usher = setup.start().await;
    let request = shop.request(&usher);
    let page = usher.browser().open(request.url()).await.page();
    assert!(page.error_code().is_none() && page.has("#other-ways[open] a[href*='/go/globex']"), "{page}");
    assert!(!page.has("#code") && page.has("#give-up"), "{page}");
}
