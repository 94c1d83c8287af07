//! Page by page: errors, the dark look, narrow screens, the console.

use super::chrome::{Chrome, Scripts};
use crate::support::{Application, Idp, Setup, Usher};

const BOB: (&str, &str) = ("bob", "a good long secret");

async fn shop() -> (Usher, Application, Idp) {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let setup = Setup::new().idp("acme", &acme).app(&shop).person(BOB.0, BOB.1).admin("root", "a good long secret");
    (setup.start().await, shop, acme)
}

/// A wrong password: the title says so, the summary has the focus and leads to the field.
#[tokio::test]
async fn a_wrong_password_is_explained() {
    let (usher, shop, _acme) = shop().await;
    let chrome = Chrome::start(Scripts::Run).await;
    chrome.open(&shop.request(&usher).url()).await;
    chrome.sign_in("bob", "wrong").await;
    chrome.see(".error-summary").await;
    assert!(chrome.title().await.starts_with("Error:"), "{}", chrome.title().await);
    assert!(chrome.has("[aria-invalid=true]").await);
    let field = chrome.find("#username").await;
    assert_eq!(field.prop("value").await.expect("a value").as_deref(), Some("bob"));
    let password = chrome.find("#password").await;
    assert_eq!(password.prop("value").await.expect("a value").as_deref(), Some(""));
    chrome.inspect("sign-in-error").await;
    chrome.quit().await;
}

/// The error page, the sign-out pages, light and dark.
#[tokio::test]
async fn quiet_pages_in_light_and_dark() {
    let (usher, shop, _acme) = shop().await;
    let chrome = Chrome::start(Scripts::Run).await;
    for look in ["light", "dark"] {
        if look == "dark" {
            chrome.go_dark().await;
        }
        chrome.open(&shop.request(&usher).url()).await;
        chrome.inspect(&format!("sign-in-{look}")).await;
        chrome.open(&usher.url("/login/f_nobody")).await;
        assert!(chrome.has("#error-code").await);
        chrome.inspect(&format!("error-{look}")).await;
        chrome.open(&usher.url("/logout")).await;
        chrome.inspect(&format!("sign-out-{look}")).await;
    }
    chrome.quit().await;
}

/// `form-action`: Chrome applies it to the redirects after a POST, so the password form must lead to the application.
#[tokio::test]
async fn the_password_form_may_lead_to_another_site() {
    let landing = Idp::start().await;
    let redirect_uri = format!("{}/landed", landing.issuer());
    let shop = Application::web("shop").with("redirect_uris", serde_json::json!([redirect_uri]));
    let usher = Setup::new().app(&shop).person(BOB.0, BOB.1).start().await;
    let chrome = Chrome::start(Scripts::Run).await;
    let request = shop.request(&usher).with("redirect_uri", &redirect_uri);
    chrome.open(&request.url()).await;
    chrome.sign_in(BOB.0, BOB.1).await;
    chrome.arrive_at(&redirect_uri).await;
    chrome.back().await;
    assert!(!chrome.has("#person").await);
    chrome.quit().await;
}

/// `form_post` submits itself with a script of ours, and with a button without.
#[tokio::test]
async fn form_post_submits_itself() {
    let landing = Idp::start().await;
    let redirect_uri = format!("{}/landed", landing.issuer());
    let shop = Application::web("shop").with("redirect_uris", serde_json::json!([redirect_uri]));
    let usher = Setup::new().app(&shop).person(BOB.0, BOB.1).start().await;
    for scripts in [Scripts::Run, Scripts::Blocked] {
        let chrome = Chrome::start(scripts).await;
        let request = shop.request(&usher).with("redirect_uri", &redirect_uri).with("response_mode", "form_post");
        chrome.open(&request.url()).await;
        chrome.sign_in(BOB.0, BOB.1).await;
        if scripts == Scripts::Blocked {
            chrome.click("button[type=submit], button:not([type])").await;
        }
        chrome.arrive_at(&redirect_uri).await;
        let posted = landing.hits(crate::support::Endpoint::Other).into_iter().rev().find(|hit| hit.method == "POST");
        assert!(posted.expect("a POST").body.contains("code="));
        chrome.quit().await;
    }
}

/// The console signs in through Usher itself; its pages are quiet, accessible, and fit a phone.
#[tokio::test]
async fn the_console_is_quiet() {
    let (usher, shop, _acme) = shop().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let chrome = Chrome::start(Scripts::Run).await;
    chrome.open(&usher.url("/console")).await;
    chrome.sign_in("root", "a good long secret").await;
    chrome.arrive_at(&usher.url("/console")).await;
    for page in ["", "/connections", "/connections/new", "/applications", "/applications/new", "/users", "/signins"] {
        chrome.open(&usher.url(&format!("/console{page}"))).await;
        assert!(chrome.has("h1").await, "{page}");
        chrome.inspect(&format!("console{}", page.replace('/', "-"))).await;
    }
    chrome.open(&usher.url("/console/users")).await;
    assert!(chrome.text("main").await.contains("alice"), "{}", chrome.text("main").await);
    chrome.quit().await;
}
