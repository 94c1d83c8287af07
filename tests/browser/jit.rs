//! The tab "Just-in-Time Provisioning": checks 18, 19, 32 and 33 of the pages' list.

use serde_json::{Value, json};

use super::chrome::{Chrome, Scripts};
use super::console::Installation;

const RULE: &str = "select[name=rule1_local]";

async fn open(chrome: &Chrome, installation: &Installation) {
    chrome.open(&installation.usher.url("/console/connections/acme/jit")).await;
    chrome.see("input[name=jit_enabled]").await;
}

async fn update(chrome: &Chrome) {
    chrome.click(".buttons button[value=update]").await;
}

async fn values(chrome: &Chrome) -> Value {
    let ask = "return Object.fromEntries(['rule1_federated', 'rule1_local', 'rule2_federated', 'rule2_local']
        .map(name => [name, document.querySelector(`[name=${name}]`)?.value ?? null]))";
    chrome.ask(ask).await
}

/// 18: the list holds what is unique only; the fallback compares something else; what is saved is shown again.
#[tokio::test]
async fn rules_compare_what_is_unique() {
    let installation = Installation::start().await;
    for scripts in [Scripts::Run, Scripts::Blocked] {
        let chrome = installation.admin(scripts).await;
        open(&chrome, &installation).await;
        let offered = format!("return [...document.querySelectorAll(\"{RULE} option\")].map(o => o.value)");
        let mut offered = chrome.ask_texts(&offered).await;
        offered.retain(|value| !value.is_empty());
        offered.sort();
        assert_eq!(offered, ["email", "employee_number", "username"]);
        let before = json!({ "rule1_federated": "employee_id", "rule1_local": "employee_number",
            "rule2_federated": "email", "rule2_local": "email" });
        assert_eq!(values(&chrome).await, before);

        chrome.fill("[name=rule1_federated]", "").await;
        update(&chrome).await;
        chrome.see(".error-summary").await;
        assert!(chrome.title().await.starts_with("Error:"), "{}", chrome.title().await);
        assert!(chrome.has("[name=rule1_federated][aria-invalid=true]").await, "half a rule is refused at its field");

        open(&chrome, &installation).await;
        chrome.choose(RULE, "username").await;
        chrome.fill("[name=rule1_federated]", "preferred_username").await;
        update(&chrome).await;
        chrome.see("[role=status]").await;
        open(&chrome, &installation).await;
        let after = values(&chrome).await;
        assert_eq!((&after["rule1_local"], &after["rule2_local"]), (&json!("username"), &json!("email")));
        chrome.choose(RULE, "employee_number").await;
        chrome.fill("[name=rule1_federated]", "employee_id").await;
        update(&chrome).await;
        chrome.see("[role=status]").await;

        let second = "return [...document.querySelectorAll('[name=rule2_local] option')].map(o => o.value)";
        assert!(
            !chrome.ask_texts(second).await.contains(&"employee_number".to_owned()),
            "the fallback offers rule 1's"
        );
        chrome.click("button[value=remove_rule]").await;
        chrome.see("button[value=add_rule]").await;
        assert!(!chrome.has("[name=rule2_local]").await);
        chrome.click("button[value=add_rule]").await;
        chrome.see("[name=rule2_local]").await;
        chrome.assert_quiet().await;
        chrome.quit().await;
    }
}

/// 32: every control that is shown is reached with the keyboard, its ring is visible and nothing covers it.
#[tokio::test]
async fn the_keyboard_reaches_every_control() {
    let installation = Installation::start().await;
    let chrome = installation.admin(Scripts::Run).await;
    open(&chrome, &installation).await;
    let shown =
        "return [...document.querySelectorAll('main input, main select, main textarea, main button, main a[href]')]
        .filter(e => e.checkVisibility() && e.tabIndex >= 0 && e.type !== 'hidden' && (e.type !== 'radio' || e.checked))
        .map(e => e.id || e.name || e.textContent.trim())";
    let shown = chrome.ask_texts(shown).await;
    assert!(shown.len() > 12, "{shown:?}");
    let focused = "const e = document.activeElement, look = getComputedStyle(e), box = e.getBoundingClientRect();
        const at = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 10));
        const ring = (look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2) || look.boxShadow !== 'none';
        return [e.id || e.name || e.textContent.trim(), e.closest('main') !== null, ring,
          at !== null && (e.contains(at) || at.contains(e))]";
    let mut reached = std::collections::BTreeSet::new();
    for _ in 0..shown.len() + 40 {
        chrome.press_tab().await;
        let found = chrome.ask(focused).await;
        if found[1] == json!(true) {
            let name = found[0].as_str().unwrap_or_default().to_owned();
            assert_eq!((&found[2], &found[3]), (&json!(true), &json!(true)), "ring and cover of {name}: {found}");
            reached.insert(name);
        }
    }
    let missed: Vec<&String> = shown.iter().filter(|name| !reached.contains(*name)).collect();
    assert!(missed.is_empty(), "never reached: {missed:?} of {shown:?}");
    chrome.quit().await;
}

/// 19 and the seed's warning: off, a stranger passes through and nothing is stored; on, the account says where it is from.
#[tokio::test]
async fn off_stores_nothing_and_on_makes_an_account() {
    let installation = Installation::start().await;
    let usher = &installation.usher;
    let chrome = installation.admin(Scripts::Run).await;
    open(&chrome, &installation).await;
    chrome.tick("[name=jit_enabled]", false).await;
    let warning = chrome.text("main").await;
    assert!(warning.contains("passed straight to the application"), "{warning}");
    assert!(warning.contains("The payroll"), "the application that needs an account is named: {warning}");
    chrome.inspect_in_every_look("jit-off").await;
    if chrome.has("[name=confirm_off]").await {
        chrome.tick("[name=confirm_off]", true).await;
    }
    update(&chrome).await;
    chrome.see("[role=status]").await;

    installation.acme.claims(|person| *person = json!({ "sub": "zoe-1", "preferred_username": "zoe", "name": "Zoe" }));
    let users = usher.database.rows().await.users;
    let done = usher.sign_in(&mut usher.browser(), &installation.shop, "acme").await;
    assert_eq!(usher.database.rows().await.users, users, "nobody is stored");
    let told = installation.shop.userinfo(usher, &done.tokens).await;
    assert_eq!(told["name"], json!("Zoe"));

    open(&chrome, &installation).await;
    chrome.tick("[name=jit_enabled]", true).await;
    update(&chrome).await;
    chrome.see("[role=status]").await;
    usher.sign_in(&mut usher.browser(), &installation.shop, "acme").await;
    let id = usher.database.texts("SELECT id FROM users WHERE username = 'zoe'").await.remove(0);
    chrome.open(&usher.url(&format!("/console/users/{id}"))).await;
    let page = chrome.text("main").await;
    assert!(page.contains("Created by JIT from Acme"), "{page}");
    chrome.assert_quiet().await;
    chrome.quit().await;
}
