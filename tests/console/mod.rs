//! The console as an admin uses it, without scripts; what it must not allow, and to whom.

mod configuration;
mod connections;
mod email;
mod flows;
mod groups;
mod guard;
mod helpdesk;
pub mod invitations;
mod jit;
mod people;
mod replay;
mod script_shared;
mod security;
mod simulate;
mod test_sign_in;

use crate::support::{Browser, Page, Setup, Usher};

const ADMIN: (&str, &str) = ("root", "a good long secret");

/// Adds the admin of these stories.
fn with_admin(setup: Setup) -> Setup {
    setup.admin(ADMIN.0, ADMIN.1)
}

/// A browser in which the admin is signed in to the console.
pub async fn admin_of(usher: &Usher) -> Browser {
    let mut browser = usher.browser();
    let page = enter(usher, &mut browser, ADMIN).await;
    assert_eq!(page.url.path(), "/console", "{page}");
    browser
}

/// Goes to the console and signs in on the way.
async fn enter(usher: &Usher, browser: &mut Browser, who: (&str, &str)) -> Page {
    let page = browser.open(usher.url("/console")).await.page();
    let form = page.form_with("password").set("username", who.0).set("password", who.1);
    browser.submit(form).await.page()
}

/// Opens a page of the console.
async fn open(usher: &Usher, browser: &mut Browser, path: &str) -> Page {
    let page = browser.open(usher.url(&format!("/console{path}"))).await.page();
    assert_eq!(page.status(), 200, "{page}");
    page
}
