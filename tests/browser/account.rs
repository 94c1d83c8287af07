//! The account page: check 40 of the pages' list, and every page about signing in, with scripts and without.

use serde_json::json;

use super::chrome::{Chrome, Scripts};
use crate::support::{Idp, Setup, Usher, totp};

const ANN: (&str, &str) = ("ann", "a good long secret");

/// A provider through which people may link their own accounts.
fn linkable(idp: &Idp, id: &str) -> serde_json::Value {
    idp.claims(|person| *person = json!({ "sub": format!("zoe-at-{id}"), "preferred_username": "zoe" }));
    let mut entry = idp.connection(id);
    entry["linking"] = json!({});
    entry
}

async fn enter(usher: &Usher, chrome: &Chrome, path: &str) {
    chrome.open(&usher.url(path)).await;
    chrome.sign_in(ANN.0, ANN.1).await;
    chrome.arrive_at(&usher.url(path)).await;
}

/// 40: the last way in stays; a second provider is linked, and then the first may go.
#[tokio::test]
async fn check_40_link_a_second_provider_and_keep_the_last_way_in() {
    for scripts in [Scripts::Run, Scripts::Blocked] {
        let (acme, globex) = (Idp::start().await, Idp::start().await);
        let setup =
            Setup::new().idp_with(&acme, linkable(&acme, "acme")).idp_with(&globex, linkable(&globex, "globex"));
        let usher = setup.start().await;
        let chrome = Chrome::start(scripts).await;
        let looks = scripts == Scripts::Run;
        chrome.open(&usher.url("/account/linked")).await;
        chrome.click("a[href*='/go/acme']").await;
        chrome.arrive_at(&usher.url("/account/linked")).await;
        if looks {
            chrome.inspect_in_every_look("account-linked").await;
        }
        chrome.click("#linked a").await;
        chrome.see("#last-way-in").await;
        assert!(!chrome.has("#unlink").await, "the last way in has no button");
        if looks {
            chrome.inspect_in_every_look("account-unlink-last").await;
        }
        chrome.open(&usher.url("/account/linked")).await;
        chrome.click("#linkable a[href*='globex']").await;
        chrome.arrive_at(&usher.url("/account/linked/confirm")).await;
        if looks {
            chrome.inspect_in_every_look("account-link").await;
        }
        chrome.click("#link").await;
        chrome.see("[role=status]").await;
        assert_eq!(usher.database.links_of("zoe").await, 2);

        chrome.click("#linked li:nth-child(2) a").await;
        if looks {
            chrome.inspect_in_every_look("account-unlink").await;
        }
        chrome.click("#unlink").await;
        chrome.see("[role=status]").await;
        assert_eq!(usher.database.links_of("zoe").await, 1);
        chrome.assert_quiet().await;
        chrome.quit().await;
    }
}

/// 40: a new password ends the session of another browser.
#[tokio::test]
async fn check_40_a_new_password_signs_other_browsers_out() {
    let usher = Setup::new().person(ANN.0, ANN.1).start().await;
    let (here, elsewhere) = (Chrome::start(Scripts::Run).await, Chrome::start(Scripts::Blocked).await);
    enter(&usher, &elsewhere, "/account/security").await;
    enter(&usher, &here, "/account/security/password").await;
    here.inspect_in_every_look("account-password").await;
    for (field, text) in [("#current", "not it"), ("#new", "seven green bottles"), ("#again", "seven green bottles")] {
        here.fill(field, text).await;
    }
    here.click("#submit").await;
    here.see(".error-summary a[href='#current']").await;
    here.inspect_in_every_look("account-password-wrong").await;
    for (field, text) in [("#current", ANN.1), ("#new", "seven green bottles"), ("#again", "seven green bottles")] {
        here.fill(field, text).await;
    }
    here.click("#submit").await;
    here.arrive_at(&usher.url("/account/security")).await;
    here.see("[role=status]").await;
    elsewhere.open(&usher.url("/account/security")).await;
    elsewhere.see("#password").await;
    here.open(&usher.url("/account/security")).await;
    here.see("#change-password").await;
    here.quit().await;
    elsewhere.quit().await;
}

/// 40: signing out the others ends the session of another browser, and this one goes on.
#[tokio::test]
async fn check_40_signing_out_the_others() {
    let usher = Setup::new().person(ANN.0, ANN.1).start().await;
    let (here, elsewhere) = (Chrome::start(Scripts::Blocked).await, Chrome::start(Scripts::Run).await);
    enter(&usher, &elsewhere, "/account/security").await;
    enter(&usher, &here, "/account/sessions").await;
    here.click("#end-others").await;
    here.see("[role=status]").await;
    elsewhere.open(&usher.url("/account/security")).await;
    elsewhere.see("#password").await;
    here.open(&usher.url("/account/security")).await;
    here.see("#change-password").await;
    here.assert_quiet().await;
    here.quit().await;
    elsewhere.quit().await;
}

/// An app is set up by typing, also where no script runs; a passkey says plainly that it needs one.
#[tokio::test]
async fn an_app_is_set_up_with_and_without_scripts() {
    for scripts in [Scripts::Run, Scripts::Blocked] {
        let usher = Setup::new().person(ANN.0, ANN.1).start().await;
        let chrome = Chrome::start(scripts).await;
        let looks = scripts == Scripts::Run;
        enter(&usher, &chrome, "/account/security").await;
        if looks {
            chrome.inspect_in_every_look("account-security-bare").await;
        }
        chrome.click("#add-app").await;
        if looks {
            chrome.inspect_in_every_look("account-app").await;
        }
        let key = chrome.text("#totp-key").await;
        chrome.fill("#code", &totp::code(&key, usher.clock.now())).await;
        chrome.click("#submit").await;
        chrome.see("#recovery-codes").await;
        if looks {
            chrome.inspect_in_every_look("account-codes").await;
        }
        chrome.tick("#saved", true).await;
        chrome.click("#submit").await;
        chrome.see("#apps").await;
        if looks {
            chrome.inspect_in_every_look("account-security").await;
        }
        chrome.click("#apps a").await;
        chrome.see("#last-factor").await;
        if looks {
            chrome.inspect_in_every_look("account-device").await;
        }
        chrome.click("#remove").await;
        chrome.see("[role=status]").await;
        chrome.open(&usher.url("/account/security/passkey")).await;
        chrome.see("form[data-passkey]").await;
        let told = chrome.text("[data-passkey-missing]").await;
        assert_eq!(told.is_empty(), looks, "{told}");
        if !looks {
            assert!(!chrome.find("#passkey").await.is_displayed().await.expect("asked"), "no dead button");
        }
        chrome.assert_quiet().await;
        chrome.quit().await;
    }
}

/// A passkey by Chromium's own virtual authenticator.
#[tokio::test]
async fn a_passkey_is_made_in_the_account_page() {
    let usher = Setup::new().person(ANN.0, ANN.1).start().await;
    let chrome = Chrome::start(Scripts::Run).await;
    chrome.keep_passkeys().await;
    enter(&usher, &chrome, "/account/security/passkey").await;
    chrome.inspect_in_every_look("account-passkey").await;
    chrome.fill("#name", "This computer").await;
    chrome.click("#passkey").await;
    chrome.see("#recovery-codes").await;
    chrome.tick("#saved", true).await;
    chrome.click("#submit").await;
    chrome.see("#passkeys").await;
    assert!(chrome.text("#passkeys").await.contains("This computer"));
    chrome.open(&usher.url("/account/security/passkey")).await;
    chrome.click("#passkey").await;
    chrome.see("[data-passkey-known]:not([hidden])").await;
    chrome.quit().await;
}
