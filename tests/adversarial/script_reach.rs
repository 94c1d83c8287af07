//! SCRIPT cases about what a script reaches: the network, claims and rights, the log, secrets, other people's flows.

use serde_json::{Value, json};

use super::script::{BOB, Stage, at_once, flow, then};
use crate::support::{Answer, Application, Endpoint, Idp, Setup, Usher, Watch};

/// Asks addresses one after the other and says by `acr` how each ended.
fn asks(urls: &[String]) -> String {
    let calls: Vec<String> = urls
        .iter()
        .map(|url| {
            format!(
                "httpGet('{url}', {{ onSuccess: function () {{ said.push('ok'); told(context); }},
                    onFail: function () {{ said.push('failed'); told(context); }}, onTimeout: function () {{ said.push('late'); told(context); }} }});"
            )
        })
        .collect();
    let told = "var said = []; var told = function (context) { context.selectedAcr = said.join(); };";
    format!("{told}\n{}", then(&calls.join("\n")))
}

async fn list(usher: &Usher, hosts: &[String]) {
    let hosts = serde_json::to_string(hosts).expect("JSON");
    usher.database.execute("DELETE FROM settings WHERE name = 'script.hosts'").await;
    usher.database.execute(&format!("INSERT INTO settings (name, value) VALUES ('script.hosts', '{hosts}')")).await;
}

#[tokio::test]
async fn script_12_calls_reach_listed_public_hosts_and_nothing_else() {
    let (listed, other) = (Idp::start().await, Idp::start().await);
    let port = crate::support::ports::free();
    let at = |port: u16, path: &str| format!("http://127.0.0.1:{port}{path}");
    let discovery = "/.well-known/openid-configuration";
    let first = [
        at(listed.port(), discovery),
        at(other.port(), discovery),
        at(port, "/console"),
        format!("http://user:pass@127.0.0.1:{}{discovery}", listed.port()),
        format!("HTTP://127.0.0.1:{}\\\\@127.0.0.1:{}{discovery}", other.port(), listed.port()),
    ];
    let second = [
        "file:///etc/passwd".to_owned(),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        format!("http://2130706433:{}{discovery}", other.port()),
        format!("http://localhost:{}{discovery}", listed.port()),
        format!("gopher://127.0.0.1:{}/", listed.port()),
    ];
    let setup = Setup::new().on_port(port).idp("acme", &listed).idp("gate", &other);
    let stage = Stage::with(setup, &[asks(&first), asks(&second)]).await;
    let host = |port: u16| format!("127.0.0.1:{port}");
    list(&stage.usher, &[host(listed.port()), host(port), "169.254.169.254".to_owned()]).await;
    let before = (listed.total(), other.total());
    assert_eq!(stage.says(&stage.apps[0]).await, json!("ok,failed,failed,failed,failed"));
    let hits = listed.hits(Endpoint::Discovery);
    assert!(hits.iter().all(|hit| hit.authorization.is_empty()), "no credentials go along");
    assert_eq!(stage.says(&stage.apps[1]).await, json!("failed,failed,failed,failed,failed"));
    assert_eq!((listed.total(), other.total()), (before.0 + 1, before.1), "one request was sent, by the honest twin");
    stage.stands().await;
}

/// Too much, packed, elsewhere, dripping: a failure each, the sign-in goes on.
#[tokio::test]
async fn script_13_answers_are_capped() {
    let acme = Idp::start().await;
    let url = format!("http://127.0.0.1:{}/.well-known/openid-configuration", acme.port());
    let stage = Stage::with(Setup::new().idp("acme", &acme), &[asks(std::slice::from_ref(&url))]).await;
    list(&stage.usher, &[format!("127.0.0.1:{}", acme.port())]).await;
    assert_eq!(stage.says(&stage.apps[0]).await, json!("ok"));
    let bomb = |_: Answer| {
        let mut answer = Answer::body(200, "application/json", vec![0x1f, 0x8b, 0x08, 0x00]);
        answer.headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
        answer
    };
    acme.answer(Endpoint::Discovery, bomb);
    assert_eq!(stage.says(&stage.apps[0]).await, json!("failed"), "packed");
    acme.answer(Endpoint::Discovery, |_| Answer::body(200, "text/plain", "x".repeat(300 << 10)));
    assert_eq!(stage.says(&stage.apps[0]).await, json!("failed"), "too much");
    let to = url.clone();
    acme.answer(Endpoint::Discovery, move |_| Answer::redirect(&to));
    let before = acme.count(Endpoint::Discovery);
    assert_eq!(stage.says(&stage.apps[0]).await, json!("failed"), "redirects are not followed");
    assert_eq!(acme.count(Endpoint::Discovery), before + 1);
    acme.answer(Endpoint::Discovery, |mut answer| {
        answer.drip = Some(std::time::Duration::from_secs(1));
        answer
    });
    assert_eq!(stage.says(&stage.apps[0]).await, json!("late"), "one byte a second");
    stage.stands().await;
}

#[tokio::test]
async fn script_13_calls_are_counted() {
    let acme = Idp::start().await;
    let url = format!("http://127.0.0.1:{}/.well-known/openid-configuration", acme.port());
    let five: Vec<String> = (0..5).map(|_| url.clone()).collect();
    let many = then(&format!("for (var i = 0; i < 1000; i++) httpGet('{url}', {{}});"));
    let stage = Stage::with(Setup::new().idp("acme", &acme), &[asks(&five), many]).await;
    list(&stage.usher, &[format!("127.0.0.1:{}", acme.port())]).await;
    assert_eq!(stage.says(&stage.apps[0]).await, json!("ok,ok,ok,ok,ok"));
    let before = acme.count(Endpoint::Discovery);
    let watch = Watch::start(&stage.usher).await;
    watch.broken_as("script_error", stage.lands(&stage.apps[1]).await).await;
    assert!(acme.count(Endpoint::Discovery) <= before + 5, "no more than five");
    stage.stands().await;
}

/// What belongs to the protocol, to the account's identity or to the console is not a script's to set.
#[tokio::test]
async fn script_19_claims_and_roles_outside_the_list_are_refused() {
    let names = ["iss", "sub", "aud", "exp", "acr", "amr", "roles", "groups", "email_verified", "__proto__"];
    let mut bodies: Vec<String> =
        names.iter().map(|name| format!("context.steps[1].subject.claims['{name}'] = 'x';")).collect();
    bodies.push("context.steps[1].subject.localClaims['http://wso2.org/claims/role'] = 'owner';".to_owned());
    bodies.push("var r = ['owner']; assignUserRolesV2(context, r);".to_owned());
    bodies.push("var r = ['staff']; assignUserRolesV2(context, r);".to_owned());
    bodies
        .push("var f = globalThis['doAssociation' + 'WithLocalUser']; f(context.steps[1].subject, 'root');".to_owned());
    let scripts: Vec<String> = bodies.iter().map(|body| then(body)).collect();
    let setup = Setup::new().admin("root", "a good long secret").group("staff", &[]).group("owner", &[]);
    let stage = Stage::with(setup, &scripts).await;
    let what: Vec<&str> = bodies.iter().map(String::as_str).collect();
    stage.refuses_all(&what, "script_error").await;
    assert_eq!(stage.usher.database.count("SELECT count(*) FROM memberships").await, 0);
}

/// Even a group that is called like a right in the console, and listed, opens no console.
#[tokio::test]
async fn script_19_a_listed_group_is_no_right_in_the_console() {
    let give = "assignUserRolesV2(context, ['owner']); context.steps[1].subject = { uniqueId: 'root' };
        context.steps[1].subject.uniqueId = 'root'; context.currentKnownSubject = null;";
    let setup = Setup::new().admin("root", "a good long secret").group("owner", &[]);
    let stage = Stage::with(setup, &[then(give)]).await;
    stage.usher.database.execute("INSERT INTO settings (name, value) VALUES ('script.roles', '[\"owner\"]')").await;
    let mut browser = stage.usher.browser();
    let done = stage.usher.sign_in_locally(&mut browser, &stage.apps[0], BOB).await;
    assert_eq!(done.tokens.sub(), stage.usher.database.subject(BOB.0).await, "the subject is still bob");
    assert_eq!(stage.usher.database.count("SELECT count(*) FROM memberships").await, 1, "the honest half works");
    let page = browser.open(stage.usher.url("/console")).await.page();
    assert!(page.url.path() != "/console" || page.status() == 403, "bob is in the console: {page}");
}

/// A flood is cut, and no line of the script looks like one of ours.
#[tokio::test]
async fn script_20_the_log_is_capped_and_cannot_be_forged() {
    let floods = then(
        "for (var i = 0; i < 2000; i++) Log.info('line ' + i + '\\r\\n2026-01-01T00:00:00Z ERROR forged \\u001b[31m' + 'x'.repeat(2000));",
    );
    let stage = Stage::of(&[floods]).await;
    let done = stage.usher.sign_in_locally(&mut stage.usher.browser(), &stage.apps[0], BOB).await;
    assert!(!done.tokens.sub().is_empty());
    let traces = stage.usher.database.texts("SELECT body FROM traces").await;
    let trace = traces.iter().find(|trace| trace.contains("script log:")).expect("the trace of the script");
    assert!(trace.matches("script log:").count() <= 24 && trace.len() < 40_000, "{} bytes", trace.len());
    let told: Value = serde_json::from_str(trace).expect("JSON");
    assert!(is_printable(&told), "{trace:.600}");
    let log = stage.usher.nodes[0].log();
    assert!(!log.lines().any(|line| line.starts_with("2026-01-01T00:00:00Z ERROR forged")), "a forged line");
    stage.stands().await;
}

/// Whether no text in it holds a control character.
fn is_printable(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.chars().any(char::is_control),
        Value::Array(items) => items.iter().all(is_printable),
        Value::Object(members) => members.values().all(is_printable),
        _ => true,
    }
}

/// A secret that the script was not published with is not there, under whatever name it is asked for.
#[tokio::test]
async fn script_21_there_are_no_secrets_but_those_granted() {
    let bodies = [
        "var n = 'key'; getSecretByName(n);",
        "var n = 'key'; secrets[n];",
        "var n = 'constructor'; getSecretByName(n);",
        "var n = '__proto__'; getSecretByName(n);",
    ];
    let scripts: Vec<String> = bodies.iter().map(|body| then(body)).collect();
    let stage = Stage::of(&scripts).await;
    stage.refuses_all(&bodies, "script_error").await;
}

/// Whoever may only look changes no script: not on the page, and not by a form that is sent all the same.
#[tokio::test]
async fn script_23_only_owners_change_scripts() {
    let shop = Application::web("shop");
    let auditor = json!({ "username": "ada", "password": "another long secret", "role": "auditor" });
    let setup = Setup::new().admin("root", "a good long secret").user(auditor).person(BOB.0, BOB.1);
    let usher = setup.app(&shop).flow(&shop, flow(&at_once("executeStep(1);"))).start().await;
    let honest = change(&usher, ("root", "a good long secret")).await;
    assert_eq!(honest.0, 200, "the owner may");
    let rows = usher.database.count("SELECT count(*) FROM script_libraries").await;
    assert_eq!(rows, 1);
    let (status, code) = change(&usher, ("ada", "another long secret")).await;
    assert_eq!(status, 403, "{code:?}");
    assert_eq!(usher.database.count("SELECT count(*) FROM script_libraries").await, 1);
    let by = usher.database.texts("SELECT actor FROM audit WHERE action = 'script_library.saved'").await;
    assert_eq!(by.len(), 1, "one deed, one line: {by:?}");
    let told = usher.database.texts("SELECT detail FROM audit WHERE action = 'script_library.saved'").await;
    assert!(told[0].contains("exports.a = 1;"), "what changed is written down: {told:?}");
}

/// Signs in to the console and sends the form of a library, whether the page shows one or not.
async fn change(usher: &Usher, who: (&str, &str)) -> (u16, Option<String>) {
    let mut browser = usher.browser();
    let page = browser.open(usher.url("/console")).await.page();
    let page = browser.submit(page.form_with("password").set("username", who.0).set("password", who.1)).await.page();
    assert_eq!(page.url.path(), "/console", "{page}");
    let page = browser.open(usher.url("/console/settings/libraries")).await.page();
    let tokens = page.attributes("input[name=csrf]", "value");
    let token = tokens.first().cloned().unwrap_or_default();
    let name = format!("lib_{}", who.0);
    let fields = [("csrf", token.as_str()), ("version", "0"), ("name", &name), ("source", "exports.a = 1;")];
    let form = crate::support::Form::forged(&usher.url("/console/settings/libraries"), &fields);
    let page = browser.submit_from(page.url.clone(), form).await.page();
    (page.status(), page.error_code())
}
