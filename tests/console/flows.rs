//! The flow editor without scripts in the browser: the draft, its checks, publishing, going back, and who else sees it.

use serde_json::json;

use super::{admin_of, open, with_admin};
use crate::support::{Application, Browser, Form, Idp, Page, Setup, Usher};

const BOARD: &str = "/applications/payroll/sign-in";

/// The script of the guide, with nothing changed.
const SEED: &str = include_str!("seed_script.js");

async fn usher_with(acme: &Idp) -> Usher {
    let payroll = Application::web("payroll");
    with_admin(Setup::new()).idp("acme", acme).app(&payroll).person("bob", "a good long secret").start().await
}

/// Starts a flow of its own from one of the choices.
async fn begin(usher: &Usher, browser: &mut Browser, choice: &str) -> Page {
    let landing = open(usher, browser, &format!("{BOARD}/start")).await;
    let form = landing.form_with("flow").set("flow", choice);
    let page = browser.submit(form).await.page();
    assert_eq!(page.status(), 200, "{page}");
    page
}

fn board(page: &Page) -> Form {
    page.form_with("subject_step")
}

async fn press(browser: &mut Browser, page: &Page, action: &str) -> Page {
    browser.submit(board(page).set("action", action)).await.page()
}

async fn add(browser: &mut Browser, page: &Page, step: u8, option: &str) -> Page {
    let chooser = press(browser, page, &format!("add:{step}")).await;
    browser.submit(chooser.form_with("option").set("option", option)).await.page()
}

fn codes(page: &Page) -> Vec<String> {
    page.attributes("[data-code]", "data-code")
}

fn names(page: &Page, step: u8) -> Vec<String> {
    page.texts(&format!("#step-{step} .options .named > span:last-child"))
}

async fn turn_jit_off(usher: &Usher, browser: &mut Browser) {
    let tab = open(usher, browser, "/connections/acme/jit").await;
    let off = tab.form_with("jit_enabled").without("jit_enabled").set("confirm_off", "on");
    assert_eq!(browser.submit(off).await.page().status(), 200);
}

async fn versions(usher: &Usher) -> i64 {
    usher.database.count("SELECT count(*) FROM flow_versions").await
}

/// An application begins with the default flow; a flow of its own begins as what people meet today.
#[tokio::test]
async fn a_flow_begins_as_what_people_meet() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    let landing = open(&usher, &mut browser, BOARD).await;
    assert!(landing.text("main").contains("follows the default flow"), "{landing}");
    let page = begin(&usher, &mut browser, "present").await;
    assert_eq!(names(&page, 1), ["Username and password", "Every connection"], "{page}");
    assert_eq!(codes(&page), Vec::<String>::new());
    assert_eq!(versions(&usher).await, 0, "a draft is not published");
}

/// Every button of the board changes the draft, and what the form holds beside it is kept.
#[tokio::test]
async fn buttons_change_the_draft_and_lose_nothing() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    let page = begin(&usher, &mut browser, "totp").await;
    let page = browser.submit(board(&page).set("script", "// mine").set("action", "down:1:0")).await.page();
    assert_eq!(names(&page, 1), ["Every connection", "Username and password"], "{page}");
    assert_eq!(board(&page).value("script").trim(), "// mine");
    let page = press(&mut browser, &page, "insert:2").await;
    assert!(codes(&page).contains(&"step_empty".to_owned()), "{page}");
    let page = add(&mut browser, &page, 2, "connection:acme").await;
    assert_eq!((names(&page, 2), codes(&page)), (vec!["Acme".to_owned()], Vec::new()), "{page}");
    let page = press(&mut browser, &page, "left:2").await;
    assert_eq!(names(&page, 1), ["Acme"], "{page}");
    assert_eq!(board(&page).value("subject_step"), "2", "the subject stays with its step");
    let page = press(&mut browser, &page, "drop:1").await;
    assert!(!page.has("#step-3"), "{page}");
    let page = browser.submit(board(&page).set("recovery_2", "on").set("action", "keep")).await.page();
    assert_eq!(board(&page).value("recovery_2"), "on", "{page}");
}

/// A flow with an error is not published, by no button and no forged form; the same flow without it is.
#[tokio::test]
async fn an_error_blocks_publishing() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    let page = begin(&usher, &mut browser, "totp").await;
    let broken = press(&mut browser, &page, "left:2").await;
    assert!(codes(&broken).contains(&"second_factor_first".to_owned()), "{broken}");
    let forged = board(&broken).set("accept_second_factor_first", "on").set("action", "publish");
    let refused = browser.submit(forged).await.page();
    assert_eq!(refused.status(), 422, "{refused}");
    assert!(
        refused.text("title").starts_with("Error:") && refused.text(".error-summary").contains("second_factor_first")
    );
    assert_eq!(versions(&usher).await, 0);
    let mended = press(&mut browser, &refused, "right:1").await;
    let published = press(&mut browser, &mended, "publish").await;
    assert!(published.text("[role=status]").contains("Sign-in flow published."), "{published}");
    assert_eq!(versions(&usher).await, 1);
    let audited = usher.database.count("SELECT count(*) FROM audit WHERE action = 'flow.published'").await;
    assert_eq!(audited, 1);
}

/// A warning asks for a tick; one click turns provisioning on, is audited, and the warning is gone.
#[tokio::test]
async fn people_without_an_account_are_warned_about_and_helped() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    turn_jit_off(&usher, &mut browser).await;
    let page = begin(&usher, &mut browser, "totp").await;
    assert_eq!(codes(&page), ["jit_mfa"], "{page}");
    let words = page.text("[data-code=jit_mfa]");
    assert!(
        words.contains("Just-in-Time provisioning is off for Acme. TOTP in step 2 needs a local account"),
        "{words}"
    );
    let refused = press(&mut browser, &page, "publish").await;
    assert_eq!((refused.status(), versions(&usher).await), (422, 0), "{refused}");
    let accepted = board(&refused).set("accept_jit_mfa", "on").set("action", "publish");
    assert_eq!(browser.submit(accepted).await.page().status(), 200);
    assert_eq!(versions(&usher).await, 1);
    let page = open(&usher, &mut browser, BOARD).await;
    let fixed = press(&mut browser, &page, "jit:acme").await;
    assert_eq!(codes(&fixed), Vec::<String>::new(), "{fixed}");
    let audit = "SELECT count(*) FROM audit WHERE action = 'connection.provisioning_updated'";
    assert_eq!(usher.database.count(audit).await, 2);
}

/// The other fix: the script of the guide, letter by letter, since every connection of the step is affected.
#[tokio::test]
async fn the_script_of_the_guide_skips_the_step() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    turn_jit_off(&usher, &mut browser).await;
    let page = begin(&usher, &mut browser, "totp").await;
    let confirm = press(&mut browser, &page, "skip").await;
    let words = confirm.text("main");
    assert!(words.contains("People who sign in with Acme will not be asked for TOTP"), "{words}");
    let page = browser.submit(confirm.form_with("version")).await.page();
    assert_eq!(board(&page).value("script").trim(), SEED.trim());
    assert_eq!((board(&page).value("script_on"), codes(&page)), ("on", Vec::new()), "{page}");
    let published = press(&mut browser, &page, "publish").await;
    assert!(published.text("[role=status]").contains("Sign-in flow published."), "{published}");
}

/// A script that somebody wrote is never replaced: the proposal is shown to be added by hand.
#[tokio::test]
async fn a_hand_written_script_is_never_replaced() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    turn_jit_off(&usher, &mut browser).await;
    let page = begin(&usher, &mut browser, "totp").await;
    let mine = "var onLoginRequest = function (context) { executeStep(1); executeStep(2); };";
    let page =
        browser.submit(board(&page).set("script", mine).set("script_on", "on").set("action", "keep")).await.page();
    assert!(codes(&page).contains(&"jit_mfa".to_owned()), "the script skips nothing: {page}");
    let confirm = press(&mut browser, &page, "skip").await;
    assert!(confirm.text("main").contains("written by hand"), "{confirm}");
    let version = board(&page).value("version").to_owned();
    let csrf = board(&page).value("csrf").to_owned();
    let forced = Form::forged(&usher.url(&format!("/console{BOARD}/skip")), &[("csrf", &csrf), ("version", &version)]);
    assert_eq!(browser.submit(forced).await.page().status(), 422);
    let template =
        browser.submit(board(&page).set("template", "sign_in_option").set("action", "template")).await.page();
    assert_eq!(template.status(), 422, "{template}");
    let page = open(&usher, &mut browser, BOARD).await;
    assert_eq!(board(&page).value("script").trim(), mine);
}

/// Two admins: the second sees what the first did, and overwrites nothing.
#[tokio::test]
async fn a_draft_that_somebody_else_changed_is_not_overwritten() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let (mut ann, mut ben) = (admin_of(&usher).await, admin_of(&usher).await);
    let seen_by_ann = begin(&usher, &mut ann, "totp").await;
    let seen_by_ben = open(&usher, &mut ben, BOARD).await;
    let changed = press(&mut ann, &seen_by_ann, "down:1:0").await;
    assert_eq!(changed.status(), 200, "{changed}");
    for action in ["drop:2", "publish", "insert:1"] {
        let stale = press(&mut ben, &seen_by_ben, action).await;
        assert_eq!(stale.status(), 409, "{action}: {stale}");
        assert_eq!(names(&stale, 1), names(&changed, 1), "{action}");
    }
    assert_eq!(versions(&usher).await, 0);
}

/// History, restore and revert: an earlier version becomes the draft, the default takes over, nothing is forgotten.
#[tokio::test]
async fn earlier_versions_come_back_and_the_default_too() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    let page = begin(&usher, &mut browser, "present").await;
    press(&mut browser, &page, "publish").await;
    let page = open(&usher, &mut browser, BOARD).await;
    let page = press(&mut browser, &page, "insert:2").await;
    let page = add(&mut browser, &page, 2, "local:totp").await;
    let page = browser.submit(board(&page).set("note", "a second step").set("action", "publish")).await.page();
    assert!(page.text("main").contains("Version 2 is in use"), "{page}");
    let history = open(&usher, &mut browser, &format!("{BOARD}/history?n=2")).await;
    assert!(history.text("main").contains("a second step"), "{history}");
    assert!(history.texts(".diff .added").iter().any(|line| line.contains("TOTP")), "{history}");
    let restored = browser.submit(history.form_with("restore").set("restore", "1")).await.page();
    assert!(!restored.has("#step-2") && restored.text("main").contains("Draft"), "{restored}");
    let discarded = press(&mut browser, &restored, "discard").await;
    assert!(discarded.has("#step-2"), "{discarded}");
    let ask = open(&usher, &mut browser, &format!("{BOARD}/revert")).await;
    assert!(ask.text("h1").contains("Revert to default?"), "{ask}");
    let back = browser.submit(ask.forms().into_iter().find(|form| form.action.path().ends_with("revert")).unwrap());
    let back = back.await.page();
    assert!(back.text("main").contains("follows the default flow"), "{back}");
    assert_eq!(versions(&usher).await, 2, "versions stay");
}

/// The JIT tab and the deletion of a connection name the steps that use it.
#[tokio::test]
async fn connections_know_the_steps_that_use_them() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    let page = begin(&usher, &mut browser, "totp").await;
    let page = add(&mut browser, &page, 1, "connection:acme").await;
    let page = press(&mut browser, &page, "publish").await;
    assert!(page.text("[role=status]").contains("published"), "{page}");
    let tab = open(&usher, &mut browser, "/connections/acme/jit").await;
    assert!(tab.text("main").contains("(step 2 TOTP)"), "{tab}");
    let gone = open(&usher, &mut browser, "/connections/acme/delete").await;
    assert!(gone.text("main").contains("(step 1)"), "{gone}");
}

/// Secrets are written and never shown; libraries are kept by revision.
#[tokio::test]
async fn script_secrets_are_write_only() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    let page = open(&usher, &mut browser, "/settings/secrets").await;
    let form = page.form_with("secret").set("name", "fraud_key").set("secret", "an-api-key-of-the-fraud-desk");
    let saved = browser.submit(form.clone()).await.page();
    assert!(saved.text("main").contains("fraud_key") && saved.text("main").contains("desk"), "{saved}");
    assert!(!saved.answer.body.contains("an-api-key"), "{saved}");
    assert!(!usher.files_hold("an-api-key-of-the-fraud-desk"), "sealed at rest");
    let refused = browser.submit(form.set("name", "1 bad name")).await.page();
    assert_eq!(refused.status(), 422, "{refused}");
    let page = open(&usher, &mut browser, "/settings/libraries").await;
    let library = page.form_with("source").set("name", "ranges").set("source", "exports.office = '192.0.2.';");
    let saved = browser.submit(library.clone()).await.page();
    assert!(saved.text("main").contains("ranges"), "{saved}");
    let stale = browser.submit(library.set("source", "other")).await.page();
    assert_eq!(stale.status(), 409, "{stale}");
}

/// The live check answers with places and fixes, to admins with their token only.
#[tokio::test]
async fn the_check_reads_the_script_by_the_engine() {
    let acme = Idp::start().await;
    let usher = usher_with(&acme).await;
    let mut browser = admin_of(&usher).await;
    let page = begin(&usher, &mut browser, "totp").await;
    let csrf = board(&page).value("csrf").to_owned();
    let check = usher.url(&format!("/console{BOARD}/check"));
    let script = "var onLoginRequest = function (context) { executeStep(1); executeStep(3); };";
    let asked = Form::forged(&check, &[("csrf", &csrf), ("script", script)]);
    let answer: serde_json::Value = serde_json::from_str(&browser.submit(asked).await.page().answer.body).unwrap();
    let problems = answer["problems"].as_array().unwrap();
    assert!(problems.iter().any(|p| p["line"] == json!(1) && p["fix"]["insert"].is_string()), "{answer}");
    let fine = Form::forged(&check, &[("csrf", &csrf), ("script", SEED)]);
    let answer: serde_json::Value = serde_json::from_str(&browser.submit(fine).await.page().answer.body).unwrap();
    assert_eq!(answer, json!({ "problems": [] }));
    let forged = browser.submit(Form::forged(&check, &[("csrf", "x"), ("script", script)])).await.page();
    assert_eq!(forged.error_code().as_deref(), Some("csrf_failed"), "{forged}");
}

/// Where no browser keeps passkeys, the editor says so and publishes nothing with one.
#[tokio::test]
async fn a_passkey_needs_a_public_address_with_a_name() {
    let payroll = Application::web("payroll");
    let usher = with_admin(Setup::new()).app(&payroll).behind_tls("192.0.2.7").start().await;
    let mut browser = admin_of(&usher).await;
    let page = begin(&usher, &mut browser, "passkey").await;
    assert_eq!(codes(&page), ["passkey_no_domain"], "{page}");
    let page = press(&mut browser, &page, "publish").await;
    assert!(codes(&page).contains(&"passkey_no_domain".to_owned()), "{page}");
    assert_eq!(usher.database.count("SELECT count(*) FROM flow_heads").await, 0, "not published");
    let named = with_admin(Setup::new()).app(&payroll).start().await;
    let mut browser = admin_of(&named).await;
    let page = begin(&named, &mut browser, "passkey").await;
    assert!(codes(&page).is_empty(), "{page}");
}
