//! Simulate and Replay as a browser shows them: by keyboard, without scripts, on a phone, in the dark, and for axe.

use super::chrome::{Chrome, Scripts};
use super::console::Installation;

const BOB: (&str, &str) = ("bob", "a good long secret");
/// Keeps Bob out.
const DRAFT: &str = "var onLoginRequest = function (context) { executeStep(1, { onSuccess: function (context) {
    if (context.currentKnownSubject.username == 'bob') { sendError(null, { message: 'no' }); } } }); };";

async fn press(chrome: &Chrome, action: &str) {
    chrome.click(&format!("button[name=action][value='{action}']:not([hidden])")).await;
}

/// A published flow, under which Bob and Carol signed in.
async fn published(chrome: &Chrome, installation: &Installation) -> String {
    let board = format!("/console/applications/{}/sign-in", installation.shop.id);
    chrome.open(&installation.usher.url(&format!("{board}/start"))).await;
    chrome.click("button[name=flow][value='password']").await;
    chrome.see("#step-1").await;
    press(chrome, "publish").await;
    chrome.see(".flash").await;
    for who in [BOB, ("carol", BOB.1)] {
        installation.usher.sign_in_locally(&mut installation.usher.browser(), &installation.shop, who).await;
    }
    board
}

/// The last sign-ins against a draft that changes one of them.
#[tokio::test]
async fn a_replay_shows_whose_outcome_would_change() {
    let installation = Installation::start().await;
    let chrome = installation.admin(Scripts::Blocked).await;
    let board = published(&chrome, &installation).await;
    chrome.tick("#script_on", true).await;
    chrome.fill("#script", DRAFT).await;
    press(&chrome, "keep").await;
    chrome.see(".tag.warn").await;
    chrome.click("a[href$='/replay']").await;
    chrome.see("#last").await;
    chrome.click("main form button.button").await;
    chrome.see("#result-head").await;
    assert_eq!(chrome.text("#result-head").await, "1 would change, 0 unknown, 1 the same");
    chrome.quit().await;
    // The checks of the page are scripts themselves.
    let chrome = installation.admin(Scripts::Run).await;
    chrome.open(&installation.usher.url(&format!("{board}/replay?last=50"))).await;
    chrome.see("#result-head").await;
    chrome.inspect_in_every_look("flow-replay").await;
    chrome.quit().await;
}

/// The line below the script, then the form: both by keyboard.
#[tokio::test]
async fn a_simulation_shows_every_way_in() {
    let installation = Installation::start().await;
    let chrome = installation.admin(Scripts::Run).await;
    published(&chrome, &installation).await;
    chrome.fill("#try_user", "bob").await;
    chrome.tab_to("button[value=simulate]").await;
    chrome.press(thirtyfour::Key::Enter).await;
    chrome.see("table.matrix").await;
    assert!(chrome.text("table.matrix").await.contains("Signed in"), "{}", chrome.text("main").await);
    chrome.inspect_in_every_look("flow-simulate").await;
    chrome.assert_quiet().await;
    chrome.quit().await;
}
