//! SCRIPT cases against the engine as it runs in the server: a hostile script costs its own application its sign-ins, and
//! nobody else anything.

use serde_json::{Value, json};

use crate::support::{Application, Landing, Setup, Usher, Watch};

pub const BOB: (&str, &str) = ("bob", "correct horse battery");

/// One step with user name and password under a script.
pub fn flow(script: &str) -> Value {
    let password = json!({ "kind": "local", "authenticator": "password" });
    json!({ "steps": [{ "options": [password] }], "script": script })
}

/// A script that does something as soon as a sign-in begins.
pub fn at_once(body: &str) -> String {
    format!("var onLoginRequest = function (context) {{\n{body}\n}};")
}

/// A script that does something when the password was right.
pub fn then(body: &str) -> String {
    at_once(&format!("executeStep(1, {{ onSuccess: function (context) {{\n{body}\n}} }});"))
}

/// An application for each script, one that is honest, and one that has no script.
pub struct Stage {
    pub usher: Usher,
    pub plain: Application,
    pub apps: Vec<Application>,
}

impl Stage {
    pub async fn of(scripts: &[String]) -> Self {
        Self::with(Setup::new(), scripts).await
    }

    pub async fn with(setup: Setup, scripts: &[String]) -> Self {
        let (plain, honest) = (Application::web("plain"), Application::web("honest"));
        let mut setup = setup.person(BOB.0, BOB.1).app(&plain).app(&honest);
        setup = setup.flow(&honest, flow(&then("Log.info('fine');")));
        let named = |number: usize| Application::web(&format!("app{number}"));
        let apps: Vec<Application> = (0..scripts.len()).map(named).collect();
        for (app, script) in apps.iter().zip(scripts) {
            setup = setup.app(app).flow(app, flow(script));
        }
        let usher = setup.start().await;
        usher.sign_in_locally(&mut usher.browser(), &honest, BOB).await;
        Self { usher, plain, apps }
    }

    /// Where bob's password leads in an application.
    pub async fn lands(&self, app: &Application) -> Landing {
        let mut browser = self.usher.browser();
        match browser.open(app.request(&self.usher).url()).await {
            Landing::Page(page) if page.error_code().is_none() => {
                browser.submit(page.form_with("password").set("username", BOB.0).set("password", BOB.1)).await
            }
            landing => landing,
        }
    }

    /// Every application refuses in the full sense, and the one without a script does not notice.
    pub async fn refuses_all(&self, what: &[&str], code: &str) {
        for (app, what) in self.apps.iter().zip(what) {
            eprintln!("attack: {what}");
            let watch = Watch::start(&self.usher).await;
            let landing = self.lands(app).await;
            match code {
                "script_error" => watch.broken_as(code, landing).await,
                _ => drop(watch.refused_as(code, landing).await),
            }
        }
        self.stands().await;
    }

    /// Others sign in, the process is the same.
    pub async fn stands(&self) {
        self.usher.sign_in_locally(&mut self.usher.browser(), &self.plain, BOB).await;
        assert!(self.usher.is_alive().await && !self.usher.nodes[0].log().contains("panicked at"));
    }

    /// What a script that answers by `acr` says.
    pub async fn says(&self, app: &Application) -> Value {
        let done = self.usher.sign_in_locally(&mut self.usher.browser(), app, BOB).await;
        done.tokens.claims["acr"].clone()
    }
}

/// Refused by each of these, and by none of them anywhere else.
async fn refused(bodies: &[&str], shape: fn(&str) -> String) {
    let scripts: Vec<String> = bodies.iter().map(|body| shape(body)).collect();
    Stage::of(&scripts).await.refuses_all(bodies, "script_error").await;
}

#[tokio::test]
async fn script_01_endless_loops_end() {
    refused(
        &[
            "for (;;) {}",
            "while (true) { try { for (;;) {} } catch (e) {} }",
            "var f = function () { try { f(); } finally { f(); } }; f();",
            "[3, 1, 2].sort(function () { for (;;) {} });",
        ],
        then,
    )
    .await;
}

/// While hostile scripts run as fast as they can, others sign in.
#[tokio::test]
async fn script_01_a_hostile_script_costs_only_its_own_application() {
    let stage = Stage::of(&[then("for (;;) {}")]).await;
    let hostile = async {
        let all = (0..6).map(|_| stage.lands(&stage.apps[0]));
        futures_util::future::join_all(all).await
    };
    let others = async {
        for _ in 0..4 {
            stage.usher.sign_in_locally(&mut stage.usher.browser(), &stage.plain, BOB).await;
        }
    };
    let (landings, ()) = tokio::join!(hostile, others);
    for landing in landings {
        assert_eq!(landing.page().error_code().as_deref(), Some("script_error"));
    }
    stage.stands().await;
}

#[tokio::test]
async fn script_02_memory_bombs_hit_the_limit() {
    refused(
        &[
            "var text = 'x'; for (;;) { text += text; }",
            "var all = []; for (;;) { all.push(new Array(1000).fill('x')); }",
            "new Array(1e9).fill(0);",
            "new Uint8Array(1 << 30);",
            "'x'.repeat(1 << 29);",
        ],
        then,
    )
    .await;
}

#[tokio::test]
async fn script_03_recursion_and_depth_stay_on_their_stack() {
    refused(
        &[
            "var f = function (n) { return f(n + 1) + 1; }; f(0);",
            "var deep = '['.repeat(200000) + ']'.repeat(200000); JSON.parse(deep);",
            "var a = []; for (var i = 0; i < 100000; i++) a = [a]; JSON.stringify(a); throw 1;",
            "new RegExp('('.repeat(50000));",
        ],
        then,
    )
    .await;
}

#[tokio::test]
async fn script_04_regular_expressions_of_death_end() {
    refused(
        &[
            "/^(a+)+$/.test('a'.repeat(40) + '!');",
            "/(x+x+)+y/.exec('x'.repeat(60));",
            "/^(\\w|\\w\\w)+$/.test('b'.repeat(90) + '!');",
        ],
        then,
    )
    .await;
}

/// What a script does to the language dies with its run: no other application, and no later sign-in, sees it.
#[tokio::test]
async fn script_05_06_nothing_outlives_a_run() {
    let pollutes = then(
        "Object.prototype.isAdmin = true; Array.prototype.push = function () { throw 1; };
         globalThis.count = (globalThis.count || 0) + 1; JSON.parse = null; executeStep.mark = 1;
         context.selectedAcr = 'count:' + globalThis.count;",
    );
    let looks = then(
        "context.selectedAcr = [({}).isAdmin, typeof globalThis.count, typeof executeStep.mark, [].push(1)].join();",
    );
    let stage = Stage::of(&[pollutes, looks]).await;
    for _ in 0..3 {
        assert_eq!(stage.says(&stage.apps[0]).await, json!("count:1"));
        assert_eq!(stage.says(&stage.apps[1]).await, json!(",undefined,undefined,1"));
    }
    stage.stands().await;
}

#[tokio::test]
async fn script_07_08_there_are_no_powers_beside_the_reference() {
    let asks = then(
        "var names = ['process', 'std', 'os', 'fetch', 'XMLHttpRequest', 'Worker', 'WebAssembly', 'SharedArrayBuffer',
            'Atomics', 'setTimeout', 'setInterval', 'WebSocket', 'Deno', 'Bun', 'module', 'exports', 'scriptArgs', 'print'];
         var found = names.filter(function (name) { return typeof globalThis[name] !== 'undefined'; });
         var made = 'none';
         try { made = (function () {}).constructor('return 1')(); } catch (e) { made = 'refused'; }
         try { found.push('eval' + eval('1')); } catch (e) { }
         context.selectedAcr = found.join() + ':' + made;",
    );
    let stage = Stage::of(&[asks]).await;
    assert_eq!(stage.says(&stage.apps[0]).await, json!(":refused"));
    let bodies =
        ["require('fs');", "require('std');", "loadLocalLibrary('../etc/passwd');", "import('os').then();  throw 1;"];
    refused(&bodies, then).await;
}

#[tokio::test]
async fn script_10_hostile_arguments_are_errors_of_the_script() {
    refused(
        &[
            "executeStep({ valueOf: function () { return 1; } });",
            "executeStep(new Proxy(function () {}, {}));",
            "executeStep(1, { get authenticationOptions() { throw new Error('no'); } }, {});",
            "httpGet({ toString: function () { return executeStep; } });",
            "getUserSessions(new Proxy({}, { get: function () { throw 1; } }));",
            "isMemberOfAnyOfGroups(context, { get length() { throw 1; } , get 0() { throw 1; }}); throw 1;",
            "var circle = {}; circle.me = circle; sendError(null, circle);",
            "sendEmail(Symbol('a'));",
            "setCookie(context.response, Symbol.iterator, 'x');",
            "context.steps[1].subject.claims[''] = 'x';",
            "assignUserRolesV2(null, [NaN, 1e308]);",
        ],
        then,
    )
    .await;
}

/// Neither floods nor promises that never settle keep a sign-in, or a thread, for ever.
#[tokio::test]
async fn script_11_promises_are_bounded() {
    refused(
        &[
            "var f = function () { Promise.resolve().then(f); Promise.resolve().then(f); }; f(); for (;;) {}",
            "(async function () { for (;;) { await null; } })(); for (;;) {}",
        ],
        then,
    )
    .await;
    let never = then(
        "new Promise(function () {}); (async function () { for (;;) { await null; } })(); context.selectedAcr = 'done';",
    );
    let stage = Stage::of(&[never]).await;
    let _ = stage.lands(&stage.apps[0]).await;
    stage.stands().await;
}

#[tokio::test]
async fn script_15_steps_are_counted() {
    refused(&["for (var i = 0; i < 10000; i++) executeStep(1);", "while (true) { executeStep(1); }"], at_once).await;
}

#[tokio::test]
async fn script_16_steps_that_are_none_fail_closed() {
    let numbers = ["99", "0", "-1", "1.5", "NaN", "'1'", "null", "undefined", "[1]", "true"];
    let bodies: Vec<String> = numbers.iter().map(|number| format!("var n = {number}; executeStep(n);")).collect();
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    refused(&bodies, at_once).await;
}

#[tokio::test]
async fn script_17_a_script_that_does_not_work_lets_nobody_in() {
    refused(&["throw new Error('no');", "undefined.none();", "executeStep(1, 'x');"], at_once).await;
    refused(&["throw { toString: function () { throw 1; } };", "null.none;"], then).await;
    let idle = ["return;", "if (false) { executeStep(1); }", "Log.info('nothing');"];
    let scripts: Vec<String> = idle.iter().map(|body| at_once(body)).collect();
    Stage::of(&scripts).await.refuses_all(&idle, "script_denied").await;
    for broken in ["var onLoginRequest = function (context) { executeStep(1; };", "var other = 1;", "for (;;) {}"] {
        let app = Application::web("shop");
        let why = Setup::new().person(BOB.0, BOB.1).app(&app).flow(&app, flow(broken)).does_not_start().await;
        assert!(why.contains("script, line"), "refused where it is written: {why}");
    }
}

#[tokio::test]
async fn script_24_time_and_chance_are_harmless() {
    let asks = then(
        "var began = Date.now(); for (var i = 0; i < 100000; i++) {}
         var chance = Math.random();
         context.selectedAcr = [Date.now() - began, typeof Intl, typeof performance, chance >= 0 && chance < 1,
             new Date(0).getTimezoneOffset(), (1234.5).toLocaleString().length > 0].join();",
    );
    let stage = Stage::of(&[asks]).await;
    assert_eq!(stage.says(&stage.apps[0]).await, json!("0,undefined,undefined,true,0,true"), "the clock stands still");
}

#[tokio::test]
async fn script_25_tricks_with_the_source_are_refused_where_it_is_written() {
    let honest = at_once("executeStep(1);");
    let long = format!("{honest}//{}", "x".repeat(5 << 20));
    let many = format!("{honest}{}", "function f() {}".repeat(100_000));
    for (what, source) in [
        ("bidi", format!("{honest} // \u{202e} evil")),
        ("long", long),
        ("many functions", many),
        ("module", format!("import x from 'fs'; {honest}")),
        ("export", format!("{honest} export default 1;")),
    ] {
        let app = Application::web("shop");
        let why = Setup::new().person(BOB.0, BOB.1).app(&app).flow(&app, flow(&source)).does_not_start().await;
        assert!(why.contains("script, line"), "{what}: {why:.300}");
    }
    Stage::of(&[honest]).await.stands().await;
}

/// Shapes that brought engines down: each ends as an error or as a sign-in, and the process stays.
#[tokio::test]
async fn script_26_the_engine_is_contained() {
    let bodies = [
        "var a = [1, 2, 3]; a.sort(function () { a.length = 0; return 1; });",
        "var b = new ArrayBuffer(8), v = new Uint8Array(b); try { b.transfer(); } catch (e) {} v[0] = 1; v.fill(7);",
        "var g = (function* () { g.return(); yield 1; })(); try { g.next(); } catch (e) {}",
        "class A extends null { constructor() { super(); } } try { new A(); } catch (e) {}",
        "var p = new Proxy([], { ownKeys: function () { return ['length', 'length']; } }); try { Object.keys(p); } catch (e) {}",
        "try { 'a'.replace(/a/, function () { throw new RangeError(); }); } catch (e) {}",
        "var s = new Set([1]); s.forEach(function (x) { if (s.size < 5000) { s.add(s.size + 1); } });",
        "try { Reflect.construct(Object, [], function () {}.bind()); } catch (e) {}",
        "label: { for (var i in { a: 1 }) { break label; } } Object.defineProperty([], 'length', { value: 0 });",
        "try { Number('9'.repeat(20000)).toFixed(100); } catch (e) {}",
    ];
    let scripts: Vec<String> = bodies.iter().map(|body| then(body)).collect();
    let stage = Stage::of(&scripts).await;
    for app in &stage.apps {
        if let Landing::Page(page) = stage.lands(app).await {
            assert_eq!(page.error_code().as_deref(), Some("script_error"), "{page}");
        }
    }
    stage.stands().await;
}
