//! Recorded sign-ins against the draft: whose outcome would change, and nothing else happens.

use serde_json::{Value, json};

use super::{ADMIN, admin_of, enter, open};
use crate::login::factors::then;
use crate::support::{Application, Browser, Endpoint, Idp, Page, Setup, Sink, Usher};

const BOB: (&str, &str) = ("bob", "correct horse battery");
const CAROL: (&str, &str) = ("carol", "another long secret");
const LOOKS: (&str, &str) = ("otto", "every number in its row");
const BOARD: &str = "/applications/shop/sign-in";

/// One step, by password or a connection.
fn one_step() -> Value {
    let mut flow = then(&["totp"]);
    flow["steps"].as_array_mut().expect("steps").truncate(1);
    flow
}

/// Bob and Carol signed in with their passwords, Alice with Acme: three recordings.
async fn used(setup: Setup, acme: &Idp) -> (Usher, Application) {
    let shop = Application::web("shop");
    let auditor = json!({ "username": LOOKS.0, "password": LOOKS.1, "role": "auditor" });
    let setup = setup.admin(ADMIN.0, ADMIN.1).user(auditor).person(BOB.0, BOB.1).person(CAROL.0, CAROL.1);
    let usher = setup.idp("acme", acme).app(&shop).flow(&shop, one_step()).start().await;
    for who in [BOB, CAROL] {
        usher.sign_in_locally(&mut usher.browser(), &shop, who).await;
    }
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert_eq!(recorded(&usher).await, 3);
    (usher, shop)
}

async fn recorded(usher: &Usher) -> i64 {
    usher.database.count("SELECT count(*) FROM flow_recordings").await
}

/// Everything that something that happens would leave.
async fn traces(usher: &Usher) -> Vec<i64> {
    let mut counted = Vec::new();
    for table in
        ["audit", "outbox", "traces", "sessions", "grants", "users", "attempts", "flow_recordings", "flow_versions"]
    {
        counted.push(usher.database.count(&format!("SELECT count(*) FROM {table}")).await);
    }
    counted
}

async fn draft(usher: &Usher, admin: &mut Browser, script: &str) {
    let page = open(usher, admin, BOARD).await;
    let form = page.form_with("subject_step").set("script_on", "on").set("script", script).set("action", "keep");
    let page = admin.submit(form).await.page();
    assert!(page.status() == 200 && page.has(".tag.warn"), "{page}");
}

async fn replay(usher: &Usher, admin: &mut Browser) -> Page {
    open(usher, admin, &format!("{BOARD}/replay?last=50")).await
}

fn summary(page: &Page) -> String {
    page.text("#result-head")
}

/// The flow that was recorded changes nobody; a script that keeps Bob out changes Bob alone. Nothing is written on the way.
#[tokio::test]
async fn the_draft_is_judged_by_what_people_did() {
    let (acme, sink) = (Idp::start().await, Sink::start().await);
    let (mut usher, _) = used(Setup::new().mail(&sink), &acme).await;
    let mail = json!({ "hello": { "subject": "Hello", "text": "Hello" } });
    usher.reconfigure(&format!("INSERT INTO settings (name, value) VALUES ('script.mails', '{mail}')")).await;
    let mut admin = admin_of(&usher).await;
    let page = replay(&usher, &mut admin).await;
    assert_eq!(summary(&page), "0 would change, 0 unknown, 3 the same", "{page}");

    draft(
        &usher,
        &mut admin,
        "var onLoginRequest = function (context) { executeStep(1, { onSuccess: function (context) {
            if (context.currentKnownSubject.username == 'bob') {
                sendEmail(context.currentKnownSubject, 'hello', {});
                sendError(null, { message: 'no' });
            }
        } }); };",
    )
    .await;
    let (before, asked) = (traces(&usher).await, acme.count(Endpoint::Token));
    let page = replay(&usher, &mut admin).await;
    assert_eq!(summary(&page), "1 would change, 0 unknown, 2 the same", "{page}");
    let first = page.text("tbody tr:first-child");
    assert!(first.contains("Step 1: Username and password → Signed in"), "{first}");
    assert!(first.contains("Ended by the script") && first.contains("Would change"), "{first}");
    assert!(!page.text("main").contains("bob") && !page.text("main").contains("carol"), "people are masked: {page}");
    assert_eq!((traces(&usher).await, acme.count(Endpoint::Token)), (before, asked), "nothing happened");
    assert!(sink.mails().is_empty(), "no mail");
}

/// A fact that no recording holds is not guessed, and the server that could tell is not asked.
#[tokio::test]
async fn a_fact_that_was_not_recorded_is_unknown_and_nobody_is_asked() {
    let (acme, api) = (Idp::start().await, Idp::start().await);
    let (mut usher, _) = used(Setup::new().allow(api.port()), &acme).await;
    let hosts = format!("[\"127.0.0.1:{}\"]", api.port());
    usher.reconfigure(&format!("INSERT INTO settings (name, value) VALUES ('script.hosts', '{hosts}')")).await;
    let mut admin = admin_of(&usher).await;
    let script = format!(
        "var onLoginRequest = function (context) {{ executeStep(1, {{ onSuccess: function (context) {{
            if (context.steps[1].idp == 'LOCAL') {{
                httpGet('http://127.0.0.1:{}/risk', {{ onSuccess: function () {{}}, onFail: function () {{}} }});
            }}
        }} }}); }};",
        api.port()
    );
    draft(&usher, &mut admin, &script).await;
    let page = replay(&usher, &mut admin).await;
    assert_eq!(summary(&page), "0 would change, 2 unknown, 1 the same", "{page}");
    assert!(page.text("tbody tr:first-child").contains("Not recorded: an HTTP call"), "{page}");
    assert_eq!(api.count(Endpoint::Other), 0, "nobody was asked");
}

/// The command line says the same in JSON, and its exit code tells a build server.
#[tokio::test]
async fn the_command_line_replays_for_a_build_server() {
    let acme = Idp::start().await;
    let (usher, _) = used(Setup::new(), &acme).await;
    let command = ["flow", "replay", "--application", "shop", "--json"];
    let (code, out, err) = usher.run(&command).await;
    let told: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &told["same"], &told["changed"]), (0, &json!(3), &json!(0)), "{err}{told}");
    assert!(!out.contains("bob") && !out.contains("@corp.test"), "people are masked: {out}");

    let (before, file) = (traces(&usher).await, usher.folder().join("flow.json"));
    std::fs::write(&file, then(&["totp"]).to_string()).expect("writable");
    let file = file.display().to_string();
    let with_file = [&command[..], &["--definition", &file]].concat();
    let (code, out, err) = usher.run(&with_file).await;
    let told: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &told["changed"]), (1, &json!(3)), "{told}");
    assert!(err.contains("would end in another way"), "{err}");
    assert_eq!(told["sign_ins"][0]["to"]["end"], json!({ "is": "asks", "step": 2, "what": "factor:totp" }), "{told}");
    let (code, ..) = usher.run(&[&with_file[..], &["--fail-on", "never"]].concat()).await;
    assert_eq!((code, traces(&usher).await), (0, before));
    let (code, _, err) = usher.run(&["flow", "replay", "--application", "nobody"]).await;
    assert_eq!(code, 1, "{err}");
}

/// Recording is on until somebody switches it off, which takes away what was kept; an auditor looks, and switches nothing.
#[tokio::test]
async fn recording_is_switched_off_and_on_by_those_who_may() {
    let acme = Idp::start().await;
    let (usher, shop) = used(Setup::new(), &acme).await;
    let mut auditor = usher.browser();
    enter(&usher, &mut auditor, LOOKS).await;
    let page = replay(&usher, &mut auditor).await;
    assert_eq!(summary(&page), "0 would change, 0 unknown, 3 the same");
    assert!(!page.has("button[name=recording]"), "{page}");

    let mut admin = admin_of(&usher).await;
    let page = replay(&usher, &mut admin).await;
    let audit = usher.database.last_audit().await;
    let page = admin.submit(switching(&page, "off")).await.page();
    assert!(page.text("main").contains("Recording is off"), "{page}");
    assert_eq!(recorded(&usher).await, 0, "what was kept is gone");
    assert_eq!(usher.database.audit_after(audit).await[0][0], json!("flow.recording_off"));
    usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    assert_eq!(recorded(&usher).await, 0);
    let page = admin.submit(switching(&page, "on")).await.page();
    assert!(page.text("main").contains("Recording is on"), "{page}");
    usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    assert_eq!(recorded(&usher).await, 1);
}

/// An account that exists does not change what a connection without provisioning stores: nothing, however the sign-in ends.
#[tokio::test]
async fn people_of_a_connection_that_stores_nothing_leave_no_recording() {
    let acme = Idp::start().await;
    let (usher, shop) = used(Setup::new(), &acme).await;
    let mut admin = admin_of(&usher).await;
    let tab = open(&usher, &mut admin, "/connections/acme/jit").await;
    let off = tab.form_with("jit_enabled").without("jit_enabled").set("confirm_off", "on");
    assert_eq!(admin.submit(off).await.page().status(), 200);
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert_eq!(recorded(&usher).await, 3, "signed in, not recorded");

    let script = "var onLoginRequest = function (context) { executeStep(1, { onSuccess: function (context) {
        sendError(null, { message: 'closed' });
    } }); };";
    let page = open(&usher, &mut admin, BOARD).await;
    let form = page.form_with("subject_step").set("script_on", "on").set("script", script);
    let page = admin.submit(form.set("action", "publish")).await.page();
    assert!(page.text("main").contains("Version 2"), "{page}");
    let alice = usher.browser().open(shop.request(&usher).with("idp", "acme").url()).await.page();
    assert_eq!((alice.error_code().as_deref(), recorded(&usher).await), (Some("script_denied"), 3), "{alice}");
    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).url()).await.page();
    let bob = browser.submit(page.form_with("password").set("username", BOB.0).set("password", BOB.1)).await.page();
    assert_eq!((bob.error_code().as_deref(), recorded(&usher).await), (Some("script_denied"), 4), "{bob}");
}

fn switching(page: &Page, to: &str) -> crate::support::Form {
    let action = page.url.to_string();
    let csrf = page.attributes("input[name=csrf]", "value").into_iter().next().expect("a token");
    let form = crate::support::Form::forged(&action, &[("csrf", csrf.as_str()), ("recording", to)]);
    crate::support::Form { page: page.url.clone(), ..form }
}
