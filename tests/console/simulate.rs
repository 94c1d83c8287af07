//! Trying a flow out in the console: the matrix of every way in, without scripts in the browser, and nothing written.

use serde_json::{Value, json};

use super::{ADMIN, admin_of, enter, open};
use crate::login::factors::then;
use crate::support::{Application, Browser, Idp, Page, Setup, Usher};

const BOB: (&str, &str) = ("bob", "correct horse battery");
const LOOKS: (&str, &str) = ("otto", "every number in its row");
const BOARD: &str = "/applications/shop/sign-in";

/// Two steps; Acme makes accounts, Gate does not.
async fn installation() -> (Usher, Idp, Idp) {
    let (acme, gate, shop) = (Idp::start().await, Idp::start().await, Application::web("shop"));
    let mut off = gate.connection("gate");
    off["jit"] = json!(false);
    let auditor = json!({ "username": LOOKS.0, "password": LOOKS.1, "role": "auditor" });
    let setup = Setup::new().admin(ADMIN.0, ADMIN.1).user(auditor).person(BOB.0, BOB.1);
    let setup = setup.idp("acme", &acme).idp_with(&gate, off).app(&shop).flow(&shop, then(&["totp"]));
    (setup.start().await, acme, gate)
}

async fn traces(usher: &Usher) -> Vec<i64> {
    let mut counted = Vec::new();
    for table in ["audit", "outbox", "traces", "sessions", "grants", "users", "attempts", "flow_recordings"] {
        counted.push(usher.database.count(&format!("SELECT count(*) FROM {table}")).await);
    }
    counted
}

/// The cells of a way in.
fn cells(page: &Page, way: &str) -> Vec<String> {
    let ways = page.texts(".matrix tbody th");
    let at = ways.iter().position(|name| name == way).unwrap_or_else(|| panic!("no {way} in {page}")) + 1;
    page.texts(&format!(".matrix tbody tr:nth-child({at}) td"))
}

async fn run(browser: &mut Browser, page: &Page, fields: &[(&str, &str)]) -> Page {
    let form = page.form_with("way");
    let form = fields.iter().fold(form, |form, (name, value)| form.set(name, value));
    browser.submit(form).await.page()
}

/// Typed claims go every way in: no account for Gate's people, a new one for Acme's, nothing for a password.
#[tokio::test]
async fn every_way_in_is_a_row_and_nothing_is_written() {
    let (usher, acme, _gate) = installation().await;
    let mut admin = admin_of(&usher).await;
    let board = open(&usher, &mut admin, BOARD).await;
    let page = admin.click(&board, "/simulate").await.page();
    let before = (traces(&usher).await, acme.total());
    let claims = json!({ "sub": "7", "email": "zoe@corp.test", "given_name": "Zoe" }).to_string();
    let page = run(&mut admin, &page, &[("claims", &claims)]).await;
    assert_eq!(page.status(), 200, "{page}");
    assert_eq!(page.texts(".matrix tbody th"), ["Local account", "Acme", "Gate"], "{page}");
    let acme_row = cells(&page, "Acme");
    assert!(acme_row[0].contains("Sign-in page") && acme_row[0].contains("To Acme"), "{acme_row:?}");
    assert!(acme_row[0].contains("Sets up") && acme_row[1].contains("Signed in"), "{acme_row:?}");
    assert_eq!((acme_row[2].as_str(), acme_row[3].as_str()), ("1, 2", "create"));
    let gate_row = cells(&page, "Gate");
    assert!(gate_row[1].contains("Refused") && gate_row[1].contains("mfa_needs_account"), "{gate_row:?}");
    assert!(cells(&page, "Local account")[1].contains("Asks"), "{page}");
    assert_eq!((traces(&usher).await, acme.total()), before, "nothing happened");
}

/// The draft, or what people meet now: the script of the draft runs for one only, and its calls are shown.
#[tokio::test]
async fn the_draft_is_tried_beside_what_people_meet() {
    let (usher, ..) = installation().await;
    let mut admin = admin_of(&usher).await;
    let board = open(&usher, &mut admin, BOARD).await;
    let script = "var onLoginRequest = function (context) { executeStep(1); Log.info('hello'); };";
    // The line below the script: everything on the board is kept, and the try is a page of its own.
    let form = board.form_with("subject_step").set("script_on", "on").set("script", script);
    let form = form.set("try_user", BOB.0).set("try_way", "local").set("try_ip", "203.0.113.9");
    let page = admin.submit(form.set("action", "simulate")).await.page();
    assert_eq!(page.texts(".matrix tbody th"), ["Local account"], "{page}");
    assert!(page.text("caption").contains("The draft, with bob, from 203.0.113.9"), "{page}");
    let row = cells(&page, "Local account");
    assert!(row[1].contains("Signed in") && row[1].contains("executeStep(1)") && row[1].contains("hello"), "{row:?}");
    assert_eq!(row[2], "1");
    let page = run(&mut admin, &page, &[("which", "published")]).await;
    assert_eq!(cells(&page, "Local account")[2], "1, 2", "{page}");
}

/// Part of a name proposes who is meant; nonsense is said at its field.
#[tokio::test]
async fn a_name_is_searched_and_nonsense_is_said_at_its_field() {
    let (usher, ..) = installation().await;
    let mut admin = admin_of(&usher).await;
    let page = open(&usher, &mut admin, &format!("{BOARD}/simulate")).await;
    let found = run(&mut admin, &page, &[("user", "bo"), ("ip", "203.0.113.9")]).await;
    assert_eq!((found.status(), found.texts("main li a").concat().contains("bob")), (422, true), "{found}");
    let tried = admin.click(&found, "user=bob").await.page();
    assert!(tried.text("caption").contains("with bob, from 203.0.113.9"), "{tried}");
    for (field, value) in [("ip", "everywhere"), ("at", "tomorrow"), ("claims", "[1]"), ("user", "nobody at all")] {
        let person = if matches!(field, "ip" | "at") { BOB.0 } else { "" };
        let wrong = run(&mut admin, &page, &[("user", person), (field, value)]).await;
        assert_eq!(wrong.status(), 422, "{field}: {wrong}");
        assert!(wrong.has(&format!("#{field}-error")) && wrong.text("title").starts_with("Error:"), "{field}: {wrong}");
    }
    let nobody = run(&mut admin, &page, &[]).await;
    assert!(nobody.status() == 422 && nobody.has("#user-error"), "{nobody}");
}

/// Of the default flow, for one application; an auditor tries it with a person, and types no claims.
#[tokio::test]
async fn the_default_flow_is_tried_for_an_application_by_whoever_may_look() {
    let (usher, ..) = installation().await;
    let mut auditor = usher.browser();
    enter(&usher, &mut auditor, LOOKS).await;
    let page = open(&usher, &mut auditor, "/sign-in-flow/simulate").await;
    assert!(!page.has("[name=claims]") && page.has("select[name=application]"), "{page}");
    let tried = run(&mut auditor, &page, &[("application", "shop"), ("user", BOB.0), ("way", "local")]).await;
    assert_eq!((tried.status(), cells(&tried, "Local account")[2].as_str()), (200, "1"), "{tried}");
    let told: Value = json!(tried.texts(".matrix tbody th"));
    assert_eq!(told, json!(["Local account"]));
}
