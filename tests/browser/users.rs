//! Users, groups, attributes, and the page on which a person links an account.

use serde_json::json;

use super::chrome::{Chrome, Scripts};
use super::console::Installation;
use crate::support::{Application, Idp, Setup};

/// The page that asks for the proof: quiet, accessible, its targets large enough for a thumb, and usable without scripts.
#[tokio::test]
async fn link_your_account() {
    let (acme, landing) = (Idp::start().await, Idp::start().await);
    let redirect_uri = format!("{}/landed", landing.issuer());
    let shop = Application::web("shop").with("redirect_uris", json!([redirect_uri]));
    let mut entry = acme.connection("acme");
    entry["linking"] = json!({ "several": "allowed" });
    let usher = Setup::new().person("dave", "a good long secret").idp_with(&acme, entry).app(&shop).start().await;
    for (n, scripts) in [Scripts::Run, Scripts::Blocked].into_iter().enumerate() {
        acme.claims(|person| {
            *person = json!({ "sub": format!("d-{n}"), "email": "dave@corp.test", "email_verified": false });
        });
        let chrome = Chrome::start(scripts).await;
        chrome.open(&shop.request(&usher).with("redirect_uri", &redirect_uri).url()).await;
        chrome.click("a[href*='/go/acme']").await;
        chrome.see("#password").await;
        if scripts == Scripts::Run {
            chrome.inspect_in_every_look("link-your-account").await;
            assert_thumbs(&chrome).await;
        }
        chrome.fill("#username", "dave").await;
        chrome.fill("#password", "not the password").await;
        chrome.click("form:has(#password) button:not([type=button])").await;
        chrome.see(".error-summary").await;
        if scripts == Scripts::Run {
            chrome.inspect_in_every_look("link-your-account-wrong").await;
        }
        chrome.fill("#username", "dave").await;
        chrome.fill("#password", "a good long secret").await;
        chrome.click("form:has(#password) button:not([type=button])").await;
        chrome.arrive_at(&redirect_uri).await;
        chrome.quit().await;
    }
    assert_eq!(usher.database.links_of("dave").await, 2);
}

/// 34: on a telephone, what is touched is 44 px high, and what is typed into has letters of 16 px.
async fn assert_thumbs(chrome: &Chrome) {
    chrome.telephone().await;
    let small = "return [...document.querySelectorAll('main input, main button, main a.button')]
        .filter(e => e.checkVisibility() && e.type !== 'hidden')
        .filter(e => e.getBoundingClientRect().height < 43.5 ||
          (e.matches('input') && parseFloat(getComputedStyle(e).fontSize) < 16))
        .map(e => `${e.outerHTML.slice(0, 90)} is ${e.getBoundingClientRect().height} px high`)";
    let small = chrome.ask_texts(small).await;
    chrome.desk().await;
    assert!(small.is_empty(), "{small:#?}");
}

/// The sign-in page that begins with one field.
#[tokio::test]
async fn identifier_first() {
    let acme = Idp::start().await;
    let mut entry = acme.connection("acme");
    entry["email_domains"] = json!(["acme.test"]);
    let shop = Application::web("shop").with("sign_in_page", json!("identifier_first"));
    let usher = Setup::new().person("bob", "a good long secret").idp_with(&acme, entry).app(&shop).start().await;
    for scripts in [Scripts::Run, Scripts::Blocked] {
        let chrome = Chrome::start(scripts).await;
        chrome.open(&shop.request(&usher).url()).await;
        chrome.see("#identifier").await;
        if scripts == Scripts::Run {
            chrome.inspect_in_every_look("identifier-first").await;
            assert_thumbs(&chrome).await;
        }
        chrome.fill("#identifier", "bob").await;
        chrome.click("form:has(#identifier) button:not([type=button])").await;
        chrome.see("#password").await;
        let shown = chrome.text("main").await;
        let field = chrome.ask("return document.querySelector('#username')?.value ?? ''").await;
        assert!(shown.contains("bob") || field == json!("bob"), "the name is carried over: {shown}");
        if scripts == Scripts::Run {
            chrome.inspect_in_every_look("identifier-first-password").await;
            assert_thumbs(&chrome).await;
        }
        chrome.click("#change").await;
        chrome.see("#identifier").await;
        chrome.quit().await;
    }
}

/// A user's tabs tell where each value and each group comes from.
#[tokio::test]
async fn a_user_shows_where_everything_comes_from() {
    let installation = Installation::start().await;
    let chrome = installation.admin(Scripts::Run).await;
    let id = installation.usher.database.texts("SELECT id FROM users WHERE username = 'alice'").await.remove(0);
    for (tab, told) in [
        ("", "Created by JIT from Acme"),
        ("", "alice@corp.test"),
        ("/linked", "alice-1"),
        ("/groups", "Staff"),
        ("/history", "Acme"),
    ] {
        chrome.open(&installation.usher.url(&format!("/console/users/{id}{tab}"))).await;
        let page = chrome.text("main").await;
        assert!(page.contains(told), "{tab}: {page}");
        chrome.assert_quiet().await;
    }
    chrome.quit().await;
}
