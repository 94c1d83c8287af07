//! The flow editor and the script editor: checks 20, 21, 25, 26, 31 and 32 of the pages' list.

use serde_json::json;
use thirtyfour::Key;

use super::chrome::{Chrome, Scripts};
use super::console::Installation;

/// What the editor holds and shows.
const TEXT: &str = "document.querySelector('script-editor').shadowRoot.querySelector('.cm-content').innerText";

async fn begin(chrome: &Chrome, installation: &Installation, choice: &str) {
    let start = format!("/console/applications/{}/sign-in/start", installation.shop.id);
    chrome.open(&installation.usher.url(&start)).await;
    chrome.click(&format!("button[name=flow][value='{choice}']")).await;
    chrome.see("#step-1").await;
}

async fn press(chrome: &Chrome, action: &str) {
    chrome.click(&format!("button[name=action][value='{action}']:not([hidden])")).await;
}

async fn enter(chrome: &Chrome, action: &str) {
    chrome.tab_to(&format!("button[value='{action}']")).await;
    chrome.press(Key::Enter).await;
}

/// 20: the whole board with the keyboard alone; what is published is what people meet.
#[tokio::test]
async fn the_board_needs_no_mouse() {
    let installation = Installation::start().await;
    for scripts in [Scripts::Run, Scripts::Blocked] {
        let chrome = installation.admin(scripts).await;
        begin(&chrome, &installation, "password").await;
        enter(&chrome, "insert:2").await;
        chrome.see("#step-2").await;
        enter(&chrome, "add:2").await;
        enter(&chrome, "connection:acme").await;
        chrome.see("#step-2 .options li").await;
        enter(&chrome, "left:2").await;
        chrome.see("#step-1.selected").await;
        enter(&chrome, "add:1").await;
        enter(&chrome, "local:password").await;
        chrome.see("#step-1 .options li + li").await;
        enter(&chrome, "up:1:1").await;
        chrome.see("#step-1 .options li:first-child [aria-label*='Username and password']").await;
        enter(&chrome, "drop:2").await;
        chrome.see("#step-1:last-child, #step-1 + .between:last-child").await;
        chrome.tab_to("#subject-1").await;
        chrome.press(Key::Space).await;
        enter(&chrome, "publish").await;
        chrome.see(".flash").await;
        assert!(chrome.text(".flash").await.contains("published"), "{}", chrome.text("main").await);
        chrome.assert_quiet().await;
        let visitor = Chrome::start(Scripts::Run).await;
        visitor.open(&installation.shop.request(&installation.usher).url()).await;
        visitor.see("#password").await;
        assert_eq!(
            visitor
                .ask_texts("return [...document.querySelectorAll('a.way .text')].map(e => e.textContent)")
                .await
                .len(),
            1
        );
        visitor.quit().await;
        chrome.quit().await;
    }
}

/// 21: a second factor in the first step is not published, and the default is not taken back without a question.
#[tokio::test]
async fn a_second_factor_first_is_refused() {
    let installation = Installation::start().await;
    let chrome = installation.admin(Scripts::Run).await;
    begin(&chrome, &installation, "totp").await;
    chrome.inspect_in_every_look("flow-editor").await;
    press(&chrome, "left:2").await;
    chrome.see("[data-code=second_factor_first]").await;
    press(&chrome, "publish").await;
    chrome.see(".error-summary").await;
    assert!(chrome.title().await.starts_with("Error:"), "{}", chrome.title().await);
    assert!(chrome.text(".error-summary").await.contains("second_factor_first"));
    chrome.assert_quiet().await;
    chrome.click("a[href$='/revert']").await;
    chrome.see("button.danger").await;
    assert!(chrome.text("h1").await.contains("Revert to default?"));
    chrome.inspect("flow-revert").await;
    chrome.click("main a.button").await;
    chrome.see("#step-2").await;
    chrome.quit().await;
}

/// 25: a step that is not there is found while typing, its fix mends it; a script that does not parse is not published.
#[tokio::test]
async fn the_script_editor_finds_and_mends() {
    let installation = Installation::start().await;
    let chrome = installation.admin(Scripts::Run).await;
    begin(&chrome, &installation, "totp").await;
    chrome.tick("#script_on", true).await;
    chrome.tab_to("script-editor").await;
    let script = "var onLoginRequest = function (context) { executeStep(1); executeStep(3); };";
    let typed = format!(
        "const view = document.querySelector('script-editor').view;
        view.dispatch({{ changes: {{ from: 0, to: view.state.doc.length, insert: {} }} }}); return true",
        json!(script)
    );
    chrome.wait_for(&typed).await;
    let marked = "return document.querySelector('script-editor').shadowRoot.querySelectorAll('.cm-lint-marker-error').length > 0";
    chrome.wait_for(marked).await;
    chrome.screenshot("script-editor-problem").await;
    let fix = "const root = document.querySelector('script-editor').shadowRoot;
        root.querySelector('.cm-lint-marker-error')?.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
        const button = root.querySelector('.cm-diagnosticAction');
        button?.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, cancelable: true })); return button !== null";
    chrome.wait_for(fix).await;
    chrome.wait_for("return document.querySelector('#script').value.includes('executeStep(2)')").await;
    chrome.wait_for(&marked.replace("> 0", "=== 0")).await;
    press(&chrome, "publish").await;
    chrome.see(".flash").await;
    chrome.wait_for(&typed.replace("executeStep(3); };", "executeStep(")).await;
    press(&chrome, "publish").await;
    chrome.see(".error-summary").await;
    assert!(chrome.title().await.starts_with("Error:"));
    chrome.quit().await;
}

/// 26: every template goes in, passes its own check and is kept, without scripts in the browser too.
#[tokio::test]
async fn every_template_passes_its_own_check() {
    let installation = Installation::start().await;
    for scripts in [Scripts::Run, Scripts::Blocked] {
        let chrome = installation.admin(scripts).await;
        begin(&chrome, &installation, "totp").await;
        let templates = "return [...document.querySelectorAll('#template option')].map(o => o.value).filter(v => v)";
        let templates = chrome.ask_texts(templates).await;
        assert!(templates.len() >= 8, "{templates:?}");
        for template in templates {
            chrome.choose("#template", &template).await;
            press(&chrome, "template").await;
            chrome.see("#script-head").await;
            assert!(!chrome.has(".problems .tag.danger").await, "{template}: {}", chrome.text(".problems").await);
            let kept = "return document.querySelector('#script').value.includes('onLoginRequest')";
            assert_eq!(chrome.ask(kept).await, json!(true), "{template}");
        }
        chrome.assert_quiet().await;
        chrome.quit().await;
    }
}

/// 31: the editor is there under the policy of production: text, gutter and colours, and no report.
#[tokio::test]
async fn the_script_editor_lives_under_the_policy() {
    let installation = Installation::start().await;
    let chrome = installation.admin(Scripts::Run).await;
    begin(&chrome, &installation, "script:sign_in_option").await;
    chrome.wait_for(&format!("return {TEXT}.includes('executeStep(1')")).await;
    let gutter = "const g = document.querySelector('script-editor').shadowRoot.querySelector('.cm-gutters');
        const look = getComputedStyle(g); return look.display === 'flex' && look.backgroundColor !== 'rgba(0, 0, 0, 0)'";
    chrome.wait_for(gutter).await;
    let inline = "return document.querySelectorAll('style, [style], script:not([src])').length";
    assert_eq!(chrome.ask(inline).await, json!(0));
    chrome.find("script-editor").await.scroll_into_view().await.expect("scrolls");
    chrome.screenshot("script-editor").await;
    chrome.go_dark().await;
    chrome.screenshot("script-editor-dark").await;
    chrome.go_light().await;
    chrome.assert_quiet().await;
    chrome.quit().await;
}

/// 32: Tab leaves the editor, in both directions of its life: it is no trap.
#[tokio::test]
async fn the_tabulator_leaves_the_script_editor() {
    let installation = Installation::start().await;
    let chrome = installation.admin(Scripts::Run).await;
    begin(&chrome, &installation, "totp").await;
    chrome.tab_to("script-editor").await;
    let inside = "return document.querySelector('script-editor').shadowRoot.activeElement?.classList.contains('cm-content') ?? false";
    let mut presses = 0;
    while chrome.ask(inside).await != json!(true) {
        presses += 1;
        assert!(presses < 10, "the text is never reached");
        chrome.press_tab().await;
    }
    chrome.type_keys("x").await;
    chrome.wait_for("return document.querySelector('#script').value.includes('x')").await;
    chrome.press_tab().await;
    chrome.tab_to("#note").await;
    assert_eq!(chrome.ask("return document.querySelector('#script').value.includes('\\t')").await, json!(false));
    chrome.quit().await;
}
