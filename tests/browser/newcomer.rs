//! The newcomer's path: sign in to the demo shop through Acme, renew, sign out, come back.

use super::chrome::{Chrome, Scripts};
use super::demo::Demo;

async fn to_the_sign_in_page(chrome: &Chrome, demo: &Demo) {
    chrome.open(demo.url("shop")).await;
    chrome.click("#sign-in").await;
    chrome.arrive_at(demo.url("usher")).await;
}

async fn through_acme(chrome: &Chrome, demo: &Demo, person: usize) {
    chrome.click("a[href*='/go/acme']").await;
    chrome.arrive_at(demo.url("acme")).await;
    let (username, password) = demo.person(person);
    chrome.sign_in(&username, &password).await;
    chrome.arrive_at(demo.url("shop")).await;
    chrome.see("#person").await;
}

#[tokio::test]
async fn signs_in_to_the_shop_through_acme() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(Scripts::Run).await);
    to_the_sign_in_page(&chrome, &demo).await;
    chrome.inspect("sign-in").await;
    keep_for_the_readme(&chrome).await;
    through_acme(&chrome, &demo, 0).await;
    chrome.assert_quiet().await;
    let subject = chrome.text("td[data-claim=sub]").await;
    assert!(!subject.is_empty());
    chrome.screenshot("shop-signed-in").await;
    chrome.click("#refresh").await;
    chrome.see("#refreshed").await;
    chrome.click("#sign-out").await;
    chrome.see("#sign-in").await;
    assert!(!chrome.has("#person").await, "{}", chrome.text("body").await);
    to_the_sign_in_page(&chrome, &demo).await;
    assert!(chrome.text("main").await.contains("Last used"), "{}", chrome.text("main").await);
    chrome.click("a[href*='/go/acme']").await;
    chrome.arrive_at(demo.url("shop")).await;
    chrome.see("#person").await;
    assert_eq!(chrome.text("td[data-claim=sub]").await, subject, "Acme's own session signs the same person in");
    chrome.assert_quiet().await;
    chrome.quit().await;
    demo.stop().await;
}

/// The admin finds the person who was made just in time.
#[tokio::test]
async fn the_admin_sees_who_came() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(Scripts::Run).await);
    to_the_sign_in_page(&chrome, &demo).await;
    through_acme(&chrome, &demo, 0).await;
    chrome.click("#sign-out").await;
    chrome.see("#sign-in").await;
    chrome.open(demo.url("console")).await;
    let (username, password) = demo.admin();
    chrome.sign_in(&username, &password).await;
    chrome.arrive_at(demo.url("console")).await;
    chrome.open(&format!("{}/users", demo.url("console"))).await;
    let (person, _) = demo.person(0);
    assert!(chrome.text("main").await.contains(&person), "{}", chrome.text("main").await);
    chrome.screenshot("console-users").await;
    chrome.assert_quiet().await;
    chrome.quit().await;
    demo.stop().await;
}

#[tokio::test]
async fn needs_no_script_at_all() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(Scripts::Blocked).await);
    to_the_sign_in_page(&chrome, &demo).await;
    through_acme(&chrome, &demo, 1).await;
    chrome.click("#refresh").await;
    chrome.see("#refreshed").await;
    chrome.click("#sign-out").await;
    chrome.see("#sign-in").await;
    assert!(!chrome.has("#person").await);
    chrome.quit().await;
    demo.stop().await;
}

/// The picture in the README is the page that people see.
async fn keep_for_the_readme(chrome: &Chrome) {
    let taken = chrome.screenshot("sign-in").await;
    if std::env::var_os("USHER_UPDATE_SCREENSHOTS").is_some() {
        let images = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/images");
        std::fs::create_dir_all(&images).expect("a folder");
        std::fs::copy(taken, images.join("sign-in.png")).expect("a copy");
    }
}
