//! Every page of the console, found by its links: quiet, accessible, fit for a phone, for large text and for the dark,
//! and there without scripts too.

use std::collections::{BTreeSet, VecDeque};

use super::chrome::{Chrome, Scripts};
use super::console::Installation;
use crate::support::Usher;

/// The shape of an address: its path with ids left out, so that one user stands for all.
fn shape(path: &str) -> String {
    let mut before = "";
    let parts = path.split('/').map(|part| {
        let list = std::mem::replace(&mut before, part);
        let lists = ["connections", "applications", "users", "groups", "attributes", "signins"];
        let is_id = lists.contains(&list) && part != "new" && !part.is_empty();
        if is_id { "x" } else { part }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Opens every page that links lead to, one of each shape.
async fn every_page(chrome: &Chrome, usher: &Usher, mut visit: impl AsyncFnMut(&str)) -> BTreeSet<String> {
    let links = "return [...document.querySelectorAll('a[href]')].map(a => a.origin + a.pathname)";
    let console = usher.url("/console");
    let (mut open, mut seen) = (VecDeque::from([console.clone()]), BTreeSet::from([shape("/console")]));
    while let Some(address) = open.pop_front() {
        chrome.open(&address).await;
        assert!(chrome.has("h1").await, "{address}: {}", chrome.text("body").await);
        assert!(!chrome.has("#error-code").await, "{address}: {}", chrome.text("body").await);
        let path = address.strip_prefix(&usher.base).expect("ours");
        visit(&shape(path).trim_matches('/').replace('/', "-")).await;
        for link in chrome.ask_texts(links).await {
            let ours = link.starts_with(&console) && !link.ends_with("/export");
            if ours && seen.insert(shape(link.strip_prefix(&usher.base).expect("ours"))) {
                open.push_back(link);
            }
        }
    }
    seen
}

/// Check 33 and 36, with axe-core on every page in both looks.
#[tokio::test]
async fn every_page_of_the_console_is_in_order() {
    let installation = Installation::start().await;
    let chrome = installation.admin(Scripts::Run).await;
    let seen =
        every_page(&chrome, &installation.usher, async |name: &str| chrome.inspect_in_every_look(name).await).await;
    for page in
        ["connections/x/jit", "connections/x/groups", "connections/x/advanced", "users/x", "groups/x", "attributes"]
    {
        assert!(seen.iter().any(|shape| shape.contains(page)), "no link leads to {page}: {seen:#?}");
    }
    chrome.quit().await;
}

/// Without scripts the same pages are there, with a button for everything.
#[tokio::test]
async fn every_page_of_the_console_needs_no_script() {
    let installation = Installation::start().await;
    let chrome = installation.admin(Scripts::Blocked).await;
    let seen = every_page(&chrome, &installation.usher, async |_: &str| chrome.assert_quiet().await).await;
    assert!(seen.len() > 20, "{seen:#?}");
    chrome.quit().await;
}
