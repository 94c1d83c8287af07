//! What an operator meets on day one: first start, bootstrap file, command line, restart, stop.

use std::time::Duration;

use serde_json::json;

use crate::support::{Application, Endpoint, Idp, Setup, Usher, Watch, http};

/// The first start prints a one-time link; it makes one admin and is gone.
#[tokio::test]
async fn the_first_start_prints_a_setup_link() {
    let usher = Setup::new().bare().start().await;
    let link = usher.setup_link().expect("a set-up link");
    let mut browser = usher.browser();
    let page = browser.open(&link).await.page();
    let form = page.form_with("password").set("username", "root").set("password", "a good long secret");
    let form = if form.fields.iter().any(|(k, _)| k == "password_again") {
        form.set("password_again", "a good long secret")
    } else {
        form
    };
    let done = browser.submit(form.clone()).await.page();
    assert!(done.status() < 400, "{done}");
    assert_eq!(usher.database.count("SELECT count(*) FROM roles WHERE role = 'owner'").await, 1);
    assert_eq!(browser.open(&link).await.page().status(), 404);
    let again = usher.browser().submit(form).await.page();
    assert!((400..500).contains(&again.status()), "{again}");
    assert_eq!(usher.database.count("SELECT count(*) FROM users").await, 1);
}

/// The link dies after an hour.
#[tokio::test]
async fn a_setup_link_expires() {
    let usher = Setup::new().bare().start().await;
    let link = usher.setup_link().expect("a set-up link");
    usher.advance(3_601);
    assert_eq!(usher.browser().open(&link).await.page().status(), 404);
}

/// The file creates what is missing at the first start and touches nothing afterwards.
#[tokio::test]
async fn the_bootstrap_file_is_read_once() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut usher = Setup::new().idp("acme", &acme).app(&shop).person("bob", "a good long secret").start().await;
    assert!(usher.setup_link().is_some(), "a file without an admin leaves the link");
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let rename = "UPDATE users SET attributes = '{}' WHERE username = 'bob'";
    usher.database.execute(rename).await;
    assert_eq!(usher.nodes[0].stop().await, Some(0));
    usher.restart().await;
    assert_eq!(usher.database.attributes("bob").await, json!({}));
    assert_eq!(usher.database.count("SELECT count(*) FROM connections").await, 1);
    usher.sign_in_locally(&mut usher.browser(), &shop, ("bob", "a good long secret")).await;
}

/// A session and a sign-in that is not finished both survive a restart.
#[tokio::test]
async fn a_restart_loses_nobody() {
    let (acme, shop, wiki) = (Idp::start().await, Application::web("shop"), Application::web("wiki"));
    let mut usher = Setup::new().idp("acme", &acme).app(&shop).app(&wiki).start().await;
    let mut browser = usher.browser();
    usher.sign_in(&mut browser, &shop, "acme").await;
    let mut other = usher.browser();
    let (request, callback) = usher.callback(&mut other, &wiki, "acme").await;
    assert_eq!(usher.nodes[0].stop().await, Some(0));
    usher.restart().await;
    let silent = shop.request(&usher).with("prompt", "none");
    silent.code(browser.open(silent.url()).await);
    let landing = other.open(&callback).await;
    usher.finish(&wiki, request, landing).await;
}

#[tokio::test]
async fn health_tells_the_truth() {
    let mut usher = Setup::new().start().await;
    assert_eq!(http::get(&usher.at(0, "/health/live")).await.status, 200);
    assert_eq!(http::get(&usher.at(0, "/health/ready")).await.status, 200);
    assert_eq!(usher.nodes[0].stop().await, Some(0));
}

/// A terminated server finishes what it is answering, even while it waits for a provider, and takes nothing new.
#[tokio::test]
async fn a_graceful_stop_finishes_what_was_begun() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    let mut browser = usher.browser();
    let (_, callback) = usher.callback(&mut browser, &shop, "acme").await;
    acme.answer(Endpoint::Token, |mut answer| {
        answer.delay = Duration::from_millis(700);
        answer
    });
    let asked = acme.clone();
    let walking = tokio::spawn(async move { browser.hop(&callback).await });
    while asked.count(Endpoint::Token) == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(usher.nodes[0].stop().await, Some(0));
    let answer = walking.await.expect("the answer came");
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.header("location").contains("/login/"), "{}", answer.header("location"));
}

/// Another key must not open this database; the refusal is one line, and the exit code says so.
#[tokio::test]
async fn a_foreign_key_is_refused_at_start() {
    let mut usher = Setup::new().start().await;
    usher.nodes[0].stop().await;
    let key = usher.folder().join("master.key");
    std::fs::remove_file(&key).unwrap();
    std::fs::write(&key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    let (code, _, stderr) = usher.run(&["serve", "--listen", "127.0.0.1:0", "--public-url", &usher.base]).await;
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.to_lowercase().contains("key"), "{stderr}");
}

async fn create(usher: &Usher, arguments: &[&str]) -> String {
    let (code, stdout, stderr) = usher.run(arguments).await;
    assert_eq!(code, 0, "{arguments:?}: {stdout}{stderr}");
    stdout
}

/// `usher user create`, `admin create`, `admin recover`, `keys rotate` work on a running installation.
#[tokio::test]
async fn the_command_line_administers() {
    let shop = Application::web("shop");
    let usher = Setup::new().app(&shop).person("bob", "a good long secret").start().await;
    let before = http::get(&usher.at(0, "/oauth2/jwks")).await.json();
    let done = usher.sign_in_locally(&mut usher.browser(), &shop, ("bob", "a good long secret")).await;
    create(&usher, &["user", "create", "--username", "carol", "--email", "carol@corp.test"]).await;
    create(&usher, &["admin", "create", "--username", "dave"]).await;
    assert_eq!(usher.database.count("SELECT count(*) FROM roles").await, 1);
    assert!(create(&usher, &["admin", "recover"]).await.contains("/setup/"));
    create(&usher, &["keys", "rotate"]).await;
    let renewed = shop.refresh(&usher, done.tokens.refresh()).await;
    let after = http::get(&usher.at(0, "/oauth2/jwks")).await.json();
    let kids =
        |set: &serde_json::Value| set["keys"].as_array().unwrap().iter().map(|k| k["kid"].clone()).collect::<Vec<_>>();
    for kid in kids(&before) {
        assert!(kids(&after).contains(&kid), "an old key left the set while its tokens live");
    }
    assert!(renewed.header["kid"] != done.tokens.header["kid"], "the new key signs");
}

/// A code that was handed out survives the death of the process.
#[tokio::test]
async fn a_killed_server_keeps_its_word() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    let mut browser = usher.browser();
    let (request, landing) = usher.arrive(&mut browser, &shop, "acme").await;
    let code = request.code(landing);
    usher.nodes[0].kill().await;
    usher.restart().await;
    let tokens = shop.redeem(&usher, &request, &code).await;
    assert_eq!(shop.try_redeem(&usher, &request, &code).await.oauth_error(), "invalid_grant");
    assert_eq!(usher.database.rows().await.users, 1);
    assert_eq!(shop.try_refresh(&usher, tokens.refresh()).await.oauth_error(), "invalid_grant", "the replay");
}

/// A refused sign-in leaves a trace under the id that the person can read out, and no secret in it.
#[tokio::test]
async fn a_refusal_leaves_a_trace() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    acme.forge(|token| token.claims["nonce"] = json!("of-another-sign-in"));
    let watch = Watch::start(&usher).await;
    let mut browser = usher.browser();
    let (_, landing) = usher.arrive(&mut browser, &shop, "acme").await;
    let refusal = watch.refused(landing).await;
    let sql = format!("SELECT body FROM traces WHERE correlation = '{}'", refusal.correlation);
    let trace = usher.database.texts(&sql).await.pop().expect("a trace");
    assert!(trace.contains("nonce"), "the failing check is not named: {trace}");
    let callback = browser.history.iter().find(|visit| visit.url.path().contains("/callback/")).unwrap();
    for (name, value) in callback.url.query_pairs().filter(|(name, _)| name == "code" || name == "state") {
        assert!(!trace.contains(value.as_ref()), "{name} stands in the trace");
        assert!(!usher.nodes[0].log().contains(value.as_ref()), "{name} stands in the log");
    }
    assert!(!trace.contains("alice@corp.test") && !trace.contains(acme.client_secret()));
}

/// Bytes that are no HTTP, or too much of it, do not harm the next caller.
#[tokio::test]
async fn broken_requests_are_answered_or_dropped() {
    let usher = Setup::new().start().await;
    let address = usher.nodes[0].address;
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(100_000));
    for bytes in [
        "\0\0\0",
        "GET / HTTP/9.9\r\n\r\n",
        "POST /oauth2/token HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        "POST /oauth2/token HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n",
        "GET /%00 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        "GET /assets/..%2f..%2fetc/passwd HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        &long,
    ] {
        let answer = http::raw(address, bytes.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{bytes:.60}: {answer:.200}");
    }
    // Refused before it is read; whoever keeps pushing may see the connection close instead of the answer.
    for path in ["/oauth2/token", "/login/f_nobody/password"] {
        let kind = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 5242880";
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\n{kind}\r\n\r\n");
        let answer = http::raw(address, &[head.as_bytes(), &vec![b'a'; 5 << 20]].concat()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer:.200}");
    }
    assert!(usher.is_alive().await);
}

/// A whole day in the log, at its most talkative: no password, code, token, secret, cookie or state (WEB-13).
#[tokio::test]
async fn the_log_keeps_secrets() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let setup = Setup::new().idp("acme", &acme).app(&shop).person("bob", "marker-of-a-password");
    let usher = setup.logging("debug").start().await;
    let mut browser = usher.browser();
    let done = usher.sign_in(&mut browser, &shop, "acme").await;
    let renewed = shop.refresh(&usher, done.tokens.refresh()).await;
    shop.userinfo(&usher, &renewed).await;
    let local = usher.sign_in_locally(&mut usher.browser(), &shop, ("bob", "marker-of-a-password")).await;
    shop.try_refresh(&usher, done.tokens.refresh()).await.oauth_error();
    acme.forge(|token| token.claims["nonce"] = json!("marker-of-a-nonce"));
    usher.arrive(&mut usher.browser(), &shop, "acme").await.1.page();
    let log = usher.nodes[0].log();
    assert!(log.contains("DEBUG"), "the filter did not take: {log}");
    let mut secrets = vec!["marker-of-a-password".to_owned(), "marker-of-a-nonce".into(), acme.client_secret().into()];
    secrets.extend(shop.secret.clone());
    for tokens in [&done.tokens, &renewed, &local.tokens] {
        secrets.extend([tokens.access_token.clone(), tokens.id_token.clone(), tokens.refresh().to_owned()]);
    }
    secrets.extend(browser.cookies().iter().map(|cookie| cookie.value.clone()).filter(|value| value.len() > 20));
    let addresses = browser.history.iter().map(|visit| visit.url.clone());
    for address in addresses {
        let told = address.query_pairs().filter(|(name, _)| ["code", "state", "nonce"].contains(&name.as_ref()));
        secrets.extend(told.map(|(_, value)| value.into_owned()));
    }
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert!(line.is_none(), "{secret} stands in the log: {line:?}");
    }
}
