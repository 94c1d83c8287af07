//! OIDC-18, 22, 24: what the provider's endpoints answer, how much of it, how slowly.

use std::time::Duration;

use serde_json::{Value, json};

use super::Arena;
use crate::support::{Answer, Application, Endpoint, Idp, Landing, Setup, Watch};

fn body(kind: &'static str, text: impl Into<Vec<u8>>) -> impl Fn(Answer) -> Answer + Send {
    let text = text.into();
    move |_| Answer::body(200, kind, text.clone())
}

#[tokio::test]
async fn oidc_18_userinfo() {
    let arena = Arena::new().await;
    let refuse = async |what: &str, twist: Box<dyn Fn(Answer) -> Answer + Send>| {
        arena.idp.answer(Endpoint::Userinfo, twist);
        arena.refuses(what).await;
    };
    refuse("another sub", Box::new(|answer| answer.edit(|claims| claims["sub"] = json!("bob-1")))).await;
    refuse("no sub", Box::new(|answer| answer.edit(|claims| claims["sub"] = json!(null)))).await;
    refuse("sub as number", Box::new(|answer| answer.edit(|claims| claims["sub"] = json!(1)))).await;
    refuse("HTML", Box::new(body("text/html", "<html>alice-1</html>"))).await;
    refuse("a JWT with alg none", Box::new(body("application/jwt", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZS0xIn0.")))
        .await;
    refuse("an array", Box::new(body("application/json", "[]"))).await;
    refuse("a huge answer", Box::new(body("application/json", vec![b' '; 5 << 20]))).await;
    let twice = r#"{"sub":"alice-1","sub":"bob-1"}"#;
    refuse("a duplicate key", Box::new(body("application/json", twice))).await;
}

/// `email_verified` from userinfo counts only beside the very address that userinfo gives.
#[tokio::test]
async fn oidc_18_extra_email_verified() {
    let arena = Arena::new().await;
    arena.idp.claims(|claims| *claims = json!({ "sub": "dan-1", "preferred_username": "dan", "email_verified": true }));
    arena.idp.forge(|token| token.claims["email"] = json!("victim@corp.test"));
    let done = arena.usher.sign_in(&mut arena.usher.browser(), &arena.shop, "acme").await;
    let claims = arena.shop.userinfo(&arena.usher, &done.tokens).await;
    assert!(claims["email"] != json!("victim@corp.test") || claims["email_verified"] != json!(true), "{claims}");
}

/// A new server whose provider lies in its discovery document.
async fn discovery(what: &str, twist: impl Fn(Answer) -> Answer + Send + 'static) -> Idp {
    eprintln!("attack: {what}");
    let (idp, shop) = (Idp::start().await, Application::web("shop"));
    idp.answer(Endpoint::Discovery, twist);
    let usher = Setup::new().idp("acme", &idp).app(&shop).start().await;
    let watch = Watch::start(&usher).await;
    let (_, landing) = usher.arrive(&mut usher.browser(), &shop, "acme").await;
    let Landing::Page(page) = landing else { panic!("{what}: {landing:?}") };
    assert!((400..600).contains(&page.status()) && page.status() != 500, "{what}: {page}");
    let code = page.error_code().unwrap_or_default();
    assert!(["idp_unreachable", "idp_response_invalid"].contains(&code.as_str()), "{what}: {page}");
    watch.nothing_happened().await;
    idp
}

fn edited(edit: impl Fn(&mut Value) + Send + 'static) -> impl Fn(Answer) -> Answer + Send + 'static {
    move |answer| answer.edit(|document| edit(document))
}

#[tokio::test]
async fn oidc_22_discovery_documents() {
    let mallory = Idp::mallory().await;
    let trap = mallory.issuer().to_owned();
    let wrong_issuer = discovery("another issuer", edited(|d| d["issuer"] = json!("https://evil.test"))).await;
    assert_eq!(wrong_issuer.count(Endpoint::Authorize), 0, "the person was sent to a provider that lied");
    discovery("a slash more", edited(|d| d["issuer"] = json!(format!("{}/", d["issuer"].as_str().unwrap())))).await;
    discovery("no issuer", edited(|d| d["issuer"] = json!(null))).await;
    discovery("a redirect inside", |_| Answer::redirect("http://169.254.169.254/latest/meta-data")).await;
    let to = format!("{trap}/.well-known/openid-configuration");
    discovery("a redirect to mallory", move |_| Answer::redirect(&to)).await;
    discovery("HTML", body("text/html", "<html></html>")).await;
    discovery("5 MB", body("application/json", vec![b' '; 5 << 20])).await;
    discovery("authorization by javascript", edited(|d| d["authorization_endpoint"] = json!("javascript:alert(1)")))
        .await;
    discovery("authorization over http", edited(|d| d["authorization_endpoint"] = json!("http://evil.test/a"))).await;
    discovery("token endpoint over http", edited(|d| d["token_endpoint"] = json!("http://evil.test/t"))).await;
    assert_eq!(mallory.total(), 0, "a redirect was followed");
}

/// Keys or tokens at a private address that nobody allowed are not fetched.
#[tokio::test]
async fn oidc_22_private_endpoints() {
    let mallory = Idp::mallory().await;
    for name in ["jwks_uri", "token_endpoint", "userinfo_endpoint"] {
        for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"] {
            let (idp, shop) = (Idp::start().await, Application::web("shop"));
            let target = format!("http://{host}:{}/x", mallory.port());
            idp.answer(Endpoint::Discovery, edited(move |d| d[name] = json!(target)));
            let usher = Setup::new().idp("acme", &idp).app(&shop).start().await;
            let watch = Watch::start(&usher).await;
            let (_, landing) = usher.arrive(&mut usher.browser(), &shop, "acme").await;
            assert!(matches!(&landing, Landing::Page(page) if page.status() >= 400), "{name} {host}: {landing:?}");
            watch.nothing_happened().await;
        }
    }
    assert_eq!(mallory.total(), 0, "a private address was called");
}

/// A document that arrives a byte a second is given up in bounded time.
#[tokio::test]
async fn oidc_22_slow_discovery() {
    discovery("one byte a second", |mut answer| {
        answer.drip = Some(Duration::from_secs(1));
        answer
    })
    .await;
}

#[tokio::test]
async fn oidc_24_token_answers() {
    let arena = Arena::new().await;
    let mallory = Idp::mallory().await;
    let to = format!("{}/token", mallory.issuer());
    let refuse = async |what: &str, twist: Box<dyn Fn(Answer) -> Answer + Send>| {
        eprintln!("attack: {what}");
        arena.idp.answer(Endpoint::Token, twist);
        let watch = Watch::start(&arena.usher).await;
        let (_, landing) = arena.usher.arrive(&mut arena.usher.browser(), &arena.shop, "acme").await;
        let Landing::Page(page) = landing else { panic!("{what}: {landing:?}") };
        let code = page.error_code().unwrap_or_default();
        assert!(["idp_response_invalid", "idp_unreachable"].contains(&code.as_str()), "{what}: {page}");
        watch.nothing_happened().await;
    };
    refuse("302 to mallory", Box::new(move |_| Answer::redirect(&to))).await;
    refuse("HTML", Box::new(body("text/html", "<html>ok</html>"))).await;
    refuse("no id_token", Box::new(|a| a.edit(|t| t["id_token"] = json!(null)))).await;
    refuse("token_type MAC", Box::new(|a| a.edit(|t| t["token_type"] = json!("MAC")))).await;
    refuse("500", Box::new(|_| Answer::json(500, &json!({ "error": "server_error" })))).await;
    refuse("an error with 200", Box::new(|_| Answer::json(200, &json!({ "error": "invalid_grant" })))).await;
    refuse("5 MB", Box::new(body("application/json", vec![b' '; 5 << 20]))).await;
    refuse("an empty body", Box::new(body("application/json", ""))).await;
    refuse(
        "half a document",
        Box::new(|mut a| {
            a.body.truncate(a.body.len() / 2);
            a
        }),
    )
    .await;
    refuse(
        "a duplicate key",
        Box::new(|mut a| {
            let text = String::from_utf8(a.body.clone()).unwrap();
            a.body = text.replacen('{', "{\"id_token\":\"x.y.z\",", 1).into_bytes();
            a
        }),
    )
    .await;
    let bomb = gzip_bomb();
    refuse(
        "a gzip bomb",
        Box::new(move |mut a| {
            a.headers.push(("content-encoding".into(), "gzip".into()));
            a.body = bomb.clone();
            a
        }),
    )
    .await;
    assert_eq!(mallory.total(), 0, "a redirect of the token endpoint was followed");
    arena.idp.reform();
    arena.accepts().await;
}

/// Fifty megabytes of zeros in fifty kilobytes.
fn gzip_bomb() -> Vec<u8> {
    let made = std::process::Command::new("sh").args(["-c", "head -c 52428800 /dev/zero | gzip -9c"]).output();
    made.expect("gzip runs").stdout
}

/// A provider that does not answer costs its own sign-ins ten seconds, and others nothing.
#[tokio::test]
async fn oidc_24_slow_token_answer() {
    let arena = Arena::new().await;
    arena.idp.answer(Endpoint::Token, |mut answer| {
        answer.delay = Duration::from_secs(30);
        answer
    });
    let (_, landing) = arena.usher.arrive(&mut arena.usher.browser(), &arena.shop, "acme").await;
    let page = landing.page();
    assert_eq!(page.error_code().as_deref(), Some("idp_unreachable"), "{page}");
}
