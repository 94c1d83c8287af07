//! Second factors as people see them: set up, typed wrong, saved, given up; 6, 8, 12, 33, 34 and 36 of the list of browser tests.

use serde_json::json;

use super::chrome::{Chrome, Scripts};
use crate::login::factors::{ANN, password_of, set_up, then};
use crate::support::{Application, Idp, Setup, Sink, Usher, totp};

/// An application that lands where a browser can see it; it asks for one of `second` after the password.
async fn shop(second: &[&str], setup: Setup) -> (Usher, Application, Idp) {
    let landing = Idp::start().await;
    let landed = format!("{}/landed", landing.issuer());
    let shop = Application::web("shop").with("redirect_uris", json!([landed]));
    let mut flow = then(second);
    flow["remember_days"] = json!(30);
    (setup.person(ANN.0, ANN.1).app(&shop).flow(&shop, flow).start().await, shop, landing)
}

async fn begin(chrome: &Chrome, usher: &Usher, shop: &Application, landing: &Idp) {
    let landed = format!("{}/landed", landing.issuer());
    chrome.open(&shop.request(usher).with("redirect_uri", &landed).url()).await;
    chrome.sign_in(ANN.0, ANN.1).await;
}

async fn type_code(chrome: &Chrome, code: &str) {
    chrome.fill("#code", code).await;
    chrome.click("#submit").await;
}

/// 6 and 36: the picture says the key that stands beside it, in the dark too; its code completes; the codes are shown once.
#[tokio::test]
async fn an_authenticator_app_is_set_up_from_the_picture() {
    let (usher, shop, landing) = shop(&["totp", "recovery_code"], Setup::new()).await;
    let chrome = Chrome::start(Scripts::Run).await;
    begin(&chrome, &usher, &shop, &landing).await;
    let said = chrome.read_qr("svg.qr").await;
    let key = chrome.text("#totp-key").await;
    assert!(
        said.starts_with("otpauth://totp/") && said.contains(&format!("secret={}", key.replace(' ', ""))),
        "{said}"
    );
    let link = chrome.find("#open-app").await.attr("href").await.expect("a link");
    assert_eq!(link.as_deref(), Some(said.as_str()), "the same for whoever reads this on a telephone");
    chrome.inspect_in_every_look("factor-new-app").await;
    chrome.assert_thumbs().await;
    chrome.go_dark().await;
    assert_eq!(chrome.read_qr("svg.qr").await, said, "black on white, whatever is around it");
    chrome.go_light().await;
    assert!(chrome.has("[data-copy] button").await, "the key can be copied");

    type_code(&chrome, &totp::code(&key, usher.clock.now())).await;
    chrome.see("#recovery-codes").await;
    let codes =
        chrome.ask_texts("return [...document.querySelectorAll('#recovery-codes li')].map(e => e.innerText)").await;
    assert_eq!(codes.len(), 10, "{codes:?}");
    chrome.inspect_in_every_look("recovery-codes").await;
    chrome.assert_thumbs().await;
    chrome.click("#submit").await;
    chrome.see("#saved-error").await;
    assert!(chrome.title().await.starts_with("Error:"), "{}", chrome.title().await);
    chrome.inspect("recovery-codes-unsaved").await;
    chrome.tick("#saved", true).await;
    chrome.click("#submit").await;
    chrome.arrive_at(&format!("{}/landed", landing.issuer())).await;
    chrome.back().await;
    assert!(!chrome.has("#recovery-codes").await, "shown once: {}", chrome.text("body").await);
    chrome.quit().await;
}

/// 8: a wrong code is explained in title, summary and field, and the summary leads to the field.
#[tokio::test]
async fn a_wrong_code_is_explained() {
    let sink = Sink::start().await;
    let (usher, shop, landing) = shop(&["totp", "email_otp", "recovery_code"], Setup::new().mail(&sink)).await;
    let mut browser = usher.browser();
    let landed = format!("{}/landed", landing.issuer());
    let request = shop.request(&usher).with("redirect_uri", &landed);
    let (_, page) = password_of(&usher, &mut browser, request, ANN).await;
    assert!(page.page().text("main").contains("on its way"), "a code by mail comes first where nothing else is there");

    let chrome = Chrome::start(Scripts::Run).await;
    begin(&chrome, &usher, &shop, &landing).await;
    chrome.inspect_in_every_look("factor-mail").await;
    type_code(&chrome, "000000").await;
    chrome.see(".error-summary").await;
    assert!(chrome.title().await.starts_with("Error:"), "{}", chrome.title().await);
    chrome.wait_for("return document.activeElement.matches('.error-summary')").await;
    chrome.click(".error-summary a").await;
    chrome.wait_for("return document.activeElement.id === 'code'").await;
    let described = chrome.find("#code").await.attr("aria-describedby").await.expect("read").unwrap_or_default();
    assert!(described.contains("code-error") && described.contains("code-hint"), "{described}");
    assert!(chrome.has("#code[aria-invalid=true]").await);
    chrome.inspect_in_every_look("factor-mail-wrong").await;
    chrome.assert_thumbs().await;
    usher.advance(301);
    let page = chrome.url().await;
    chrome.open(page.split('#').next().unwrap_or_default()).await;
    assert!(
        chrome.text("#code-error").await.contains("does not work any more"),
        "an old code is not called a wrong one"
    );
    chrome.inspect("factor-mail-void").await;
    chrome.quit().await;
}

/// W9: the code of an app, other ways folded away, help for a lost device, and the way out; by keyboard alone.
#[tokio::test]
async fn a_code_is_typed_without_a_mouse() {
    let sink = Sink::start().await;
    let (usher, shop, landing) = shop(&["totp", "recovery_code"], Setup::new()).await;
    let mut browser = usher.browser();
    let request = shop.request(&usher).with("redirect_uri", &format!("{}/landed", landing.issuer()));
    let (_, page) = password_of(&usher, &mut browser, request, ANN).await;
    let (key, ..) = set_up(&usher, &mut browser, &page.page()).await;
    let chrome = Chrome::start(Scripts::Run).await;
    begin(&chrome, &usher, &shop, &landing).await;
    chrome.inspect_in_every_look("factor-app").await;
    chrome.assert_thumbs().await;
    chrome.tab_to("#lost-device").await;
    chrome.press(thirtyfour::Key::Enter).await;
    chrome.see("#code:not([inputmode])").await;
    chrome.inspect_in_every_look("factor-lost").await;
    chrome.tab_to("#other-ways > summary").await;
    chrome.press(thirtyfour::Key::Enter).await;
    chrome.tab_to("#other-ways button").await;
    chrome.press(thirtyfour::Key::Enter).await;
    chrome.see("#code[inputmode=numeric]").await;
    usher.advance(totp::STEP);
    chrome.tab_to("#code").await;
    chrome.type_keys(&totp::code(&key, usher.clock.now())).await;
    chrome.press(thirtyfour::Key::Enter).await;
    chrome.arrive_at(&format!("{}/landed", landing.issuer())).await;
    assert!(sink.mails().is_empty());
    chrome.quit().await;
}

/// 12: the same without scripts, and what several options to set up look like.
#[tokio::test]
async fn second_factors_need_no_script() {
    let (usher, shop, landing) = shop(&["totp", "passkey", "recovery_code"], Setup::new()).await;
    let chrome = Chrome::start(Scripts::Blocked).await;
    begin(&chrome, &usher, &shop, &landing).await;
    chrome.see("#choices").await;
    chrome.screenshot("factor-choice-no-script").await;
    chrome.click("#choices button[value=set_up_totp]").await;
    chrome.see("#totp-key").await;
    chrome.screenshot("factor-new-app-no-script").await;
    assert!(!chrome.has("[data-copy] button").await, "no button that does nothing");
    let key = chrome.text("#totp-key").await;
    type_code(&chrome, &totp::code(&key, usher.clock.now())).await;
    chrome.see("#recovery-codes").await;
    chrome.tick("#saved", true).await;
    chrome.click("#submit").await;
    chrome.arrive_at(&format!("{}/landed", landing.issuer())).await;
    chrome.quit().await;

    let chrome = Chrome::start(Scripts::Run).await;
    begin(&chrome, &usher, &shop, &landing).await;
    chrome.click("#give-up").await;
    chrome.see("#error-code").await;
    assert_eq!(chrome.text("#error-code").await, "idp_denied");
    chrome.inspect_in_every_look("factor-given-up").await;
    chrome.quit().await;
}
