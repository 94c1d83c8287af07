//! The pages of a help desk: what it may do, what an auditor sees of it, and the page behind "Forgot password?".

use serde_json::json;

use super::chrome::{Chrome, Scripts};
use crate::login::factors::{ANN, then, with_app};
use crate::support::{Application, Setup, Sink, Usher};

const WORD: &str = "the desk is open at nine";

/// A browser in which somebody is signed in to the console.
async fn console_of(usher: &Usher, name: &str, scripts: Scripts) -> Chrome {
    let chrome = Chrome::start(scripts).await;
    chrome.open(&usher.url("/console")).await;
    chrome.sign_in(name, WORD).await;
    chrome.arrive_at(&usher.url("/console")).await;
    chrome
}

/// Looked at in every look, with axe: the tab, the code that is shown once, the auditor's view, the settings.
#[tokio::test]
async fn the_pages_of_a_help_desk_are_in_order() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let right = |name: &str, role: &str| json!({ "username": name, "password": WORD, "role": role });
    let setup =
        Setup::new().user(right("olga", "owner")).user(right("hannah", "helpdesk")).user(right("otto", "auditor"));
    let setup = setup.person(ANN.0, ANN.1).mail(&sink).app(&shop).flow(&shop, then(&["totp", "recovery_code"]));
    let usher = setup.start().await;
    with_app(&usher, &shop, ANN).await;
    let ann = usher.database.texts("SELECT id FROM users WHERE username = 'ann'").await.concat();
    let (tab, reset) = (usher.url(&format!("/console/users/{ann}/mfa")), format!("/console/users/{ann}/password"));

    let chrome = console_of(&usher, "hannah", Scripts::Run).await;
    chrome.inspect_in_every_look("helpdesk-home").await;
    chrome.open(&tab).await;
    chrome.inspect_in_every_look("helpdesk-devices").await;
    chrome.click("button[value=bypass]").await;
    chrome.see("#bypass_code").await;
    chrome.inspect_in_every_look("helpdesk-code").await;
    chrome.open(&usher.url(&reset)).await;
    chrome.inspect_in_every_look("helpdesk-password").await;
    chrome.quit().await;

    let chrome = console_of(&usher, "otto", Scripts::Run).await;
    for (name, path) in
        [("devices", format!("/console/users/{ann}/mfa")), ("settings", "/console/settings/security".into())]
    {
        chrome.open(&usher.url(&path)).await;
        assert!(chrome.has("fieldset[disabled]").await);
        chrome.inspect_in_every_look(&format!("auditor-{name}")).await;
    }
    chrome.quit().await;

    let chrome = console_of(&usher, "olga", Scripts::Run).await;
    chrome.open(&usher.url("/console/settings/security")).await;
    chrome.inspect_in_every_look("settings-security").await;
    chrome.fill("#min_characters", "3").await;
    chrome.click("main form .button").await;
    chrome.see(".error-summary").await;
    chrome.inspect_in_every_look("settings-security-wrong").await;
    chrome.quit().await;
}

/// From the sign-in page to "look at your mail", by keyboard as well, and without scripts.
#[tokio::test]
async fn a_forgotten_password_is_asked_for() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = Setup::new().person(ANN.0, ANN.1).mail(&sink).app(&shop).start().await;
    for (count, scripts) in [Scripts::Run, Scripts::Blocked].into_iter().enumerate() {
        let chrome = Chrome::start(scripts).await;
        chrome.open(&shop.request(&usher).url()).await;
        chrome.click("#forgot").await;
        chrome.see("#username").await;
        if scripts == Scripts::Run {
            chrome.inspect_in_every_look("forgot").await;
        }
        chrome.fill("#username", ANN.0).await;
        chrome.click("#submit").await;
        chrome.see("[role=status]").await;
        if scripts == Scripts::Run {
            chrome.inspect_in_every_look("forgot-sent").await;
        }
        chrome.assert_quiet().await;
        sink.wait_for(count + 1).await;
        chrome.quit().await;
    }
}
