//! OAUTH-10 to OAUTH-12: PKCE, and what a code is bound to.

use futures_util::future::join_all;

use crate::support::application::AuthorizationRequest;
use crate::support::{Application, Browser, Idp, Landing, Setup, Usher, jose};

const BOB: (&str, &str) = ("bob", "a good long secret");

async fn arena() -> (Usher, Application, Application, Browser) {
    let (shop, board) = (Application::web("shop"), Application::spa("board"));
    let usher = Setup::new().app(&shop).app(&board).person(BOB.0, BOB.1).start().await;
    let mut browser = usher.browser();
    usher.sign_in_locally(&mut browser, &shop, BOB).await;
    (usher, shop, board, browser)
}

async fn code(usher: &Usher, app: &Application, browser: &mut Browser) -> (AuthorizationRequest, String) {
    let request = app.request(usher);
    let code = request.code(browser.open(request.url()).await);
    (request, code)
}

/// A public application must bring a challenge, and of the right kind.
#[tokio::test]
async fn oauth_10_challenges() {
    let (usher, shop, board, mut browser) = arena().await;
    code(&usher, &board, &mut browser).await;
    let plain = |app: &Application| app.request(&usher).with("code_challenge_method", "plain");
    for request in [
        board.request(&usher).without("code_challenge").without("code_challenge_method"),
        board.request(&usher).with("code_challenge", ""),
        plain(&board),
        plain(&shop),
        board.request(&usher).without("code_challenge_method"),
        board.request(&usher).with("code_challenge", "short"),
        board.request(&usher).with("code_challenge", &"a".repeat(44)),
        board.request(&usher).with("code_challenge", &"a".repeat(200)),
        board.request(&usher).with("code_challenge", &format!("{}!", "a".repeat(42))),
        board.request(&usher).with("code_challenge_method", "S512"),
        shop.request(&usher).without("code_challenge"),
    ] {
        let error = request.error(browser.open(request.url()).await);
        assert_eq!(error, "invalid_request", "{}", request.encoded());
    }
}

/// A verifier that does not fit, is malformed, is missing, or comes without a challenge.
#[tokio::test]
async fn oauth_10_verifiers() {
    let (usher, shop, board, mut browser) = arena().await;
    let random = jose::random();
    let short = &random[..42];
    for verifier in ["", "x", short, random.as_str(), &"a".repeat(129), &"ü".repeat(43), &" ".repeat(43)] {
        let (mut request, code) = code(&usher, &board, &mut browser).await;
        let challenge_of_short = jose::b64(jose::sha256(verifier));
        request.verifier = verifier.into();
        let refused = board.try_redeem(&usher, &request, &code).await.oauth_error();
        assert!(["invalid_grant", "invalid_request"].contains(&refused.as_str()), "{verifier}: {refused}");
        // Even when the challenge was made of it, a malformed verifier is no proof.
        if !(43..=128).contains(&verifier.len()) && !verifier.is_empty() {
            let mut fitting = board.request(&usher).with("code_challenge", &challenge_of_short);
            let code = fitting.code(browser.open(fitting.url()).await);
            fitting.verifier = verifier.into();
            let refused = board.try_redeem(&usher, &fitting, &code).await.oauth_error();
            assert!(["invalid_grant", "invalid_request"].contains(&refused.as_str()), "{verifier}: {refused}");
        }
    }
    let (request, code) = code(&usher, &board, &mut browser).await;
    let fields = request.redemption(&code);
    let without: Vec<(&str, &str)> = fields[..3].iter().map(|(k, v)| (*k, v.as_str())).collect();
    let refused = board.token_call(&usher, &without).await.oauth_error();
    assert!(["invalid_grant", "invalid_request"].contains(&refused.as_str()), "{refused}");
    let bare = shop.request(&usher).without("code_challenge").without("code_challenge_method");
    if let landing @ Landing::Left(_) = browser.open(bare.url()).await {
        if matches!(&landing, Landing::Left(url) if url.as_str().contains("error=")) {
            return;
        }
        let code = bare.code(landing);
        assert_eq!(
            shop.try_redeem(&usher, &bare, &code).await.oauth_error(),
            "invalid_grant",
            "verifier without challenge"
        );
    }
}

/// Fifty redemptions at once on two nodes: one success; a replay afterwards kills the family.
#[tokio::test]
async fn oauth_11_code_race() {
    let board = Application::spa("board");
    let mut usher = Setup::new().app(&board).person(BOB.0, BOB.1).on_postgres().await.start().await;
    usher.add_node().await;
    let mut browser = usher.browser();
    usher.sign_in_locally(&mut browser, &board, BOB).await;
    let (request, code) = code(&usher, &board, &mut browser).await;
    let calls = (0..50).map(|n| {
        let (board, url) = (board.clone(), usher.at(n % 2, "/oauth2/token"));
        let fields = request.redemption(&code);
        async move {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            board.token_call_at(&url, &fields).await
        }
    });
    let answers = join_all(calls).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1, "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
    assert_eq!(answers.iter().filter(|answer| answer.status == 400).count(), 49);
    let tokens = won[0].json();
    board.try_redeem(&usher, &request, &code).await.oauth_error();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(board.try_refresh(&usher, refresh).await.oauth_error(), "invalid_grant");
    assert_eq!(board.try_userinfo(&usher, tokens["access_token"].as_str().unwrap()).await.status, 401);
}

/// A code is bound to its application, its redirect URI, its minute, its person and its session.
#[tokio::test]
async fn oauth_12_code_binding() {
    let (usher, shop, board, mut browser) = arena().await;
    let (request, foreign) = code(&usher, &shop, &mut browser).await;
    assert_eq!(board.try_redeem(&usher, &request, &foreign).await.oauth_error(), "invalid_grant");
    let (request, elsewhere) = code(&usher, &shop, &mut browser).await;
    let mut other = request.clone();
    other.redirect_uri = "https://shop.test/other".into();
    assert_eq!(shop.try_redeem(&usher, &other, &elsewhere).await.oauth_error(), "invalid_grant");
    let (request, late) = code(&usher, &shop, &mut browser).await;
    usher.advance(61);
    assert_eq!(shop.try_redeem(&usher, &request, &late).await.oauth_error(), "invalid_grant");
    let (request, signed_out) = code(&usher, &shop, &mut browser).await;
    let page = browser.open(usher.url("/logout")).await.page();
    browser.submit(page.form_with("logout-yes")).await.page();
    assert_eq!(shop.try_redeem(&usher, &request, &signed_out).await.oauth_error(), "invalid_grant");
    usher.sign_in_locally(&mut browser, &shop, BOB).await;
    let (request, disabled) = code(&usher, &shop, &mut browser).await;
    usher.database.execute("UPDATE users SET state = 'disabled'").await;
    assert_eq!(shop.try_redeem(&usher, &request, &disabled).await.oauth_error(), "invalid_grant");
}

/// Wrong, missing and double credentials never redeem; the code survives for its owner.
#[tokio::test]
async fn oauth_12_client_authentication() {
    let (usher, shop, board, mut browser) = arena().await;
    let (request, code) = code(&usher, &shop, &mut browser).await;
    let mut thief = shop.clone();
    thief.secret = Some("guessed".into());
    assert_eq!(thief.try_redeem(&usher, &request, &code).await.oauth_error(), "invalid_client");
    thief.secret = None;
    assert_eq!(thief.try_redeem(&usher, &request, &code).await.oauth_error(), "invalid_client");
    let fields = request.redemption(&code);
    let mut double: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    double.extend([("client_id", "shop"), ("client_secret", shop.secret.as_deref().unwrap())]);
    let refused = shop.token_call(&usher, &double).await.oauth_error();
    assert!(["invalid_client", "invalid_request"].contains(&refused.as_str()), "{refused}");
    let mixed: Vec<(&str, &str)> =
        fields.iter().map(|(k, v)| (*k, v.as_str())).chain([("client_id", board.id.as_str())]).collect();
    let refused = shop.token_call(&usher, &mixed).await.oauth_error();
    assert!(["invalid_client", "invalid_request", "invalid_grant"].contains(&refused.as_str()), "{refused}");
    shop.redeem(&usher, &request, &code).await;
}

/// A refresh token belongs to one application, and cannot widen what it gives.
#[tokio::test]
async fn oauth_15_refresh_binding() {
    let (acme, shop, board) = (Idp::start().await, Application::web("shop"), Application::spa("board"));
    let usher = Setup::new().idp("acme", &acme).app(&shop).app(&board).start().await;
    let done = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let token = done.tokens.refresh().to_owned();
    assert_eq!(board.try_refresh(&usher, &token).await.oauth_error(), "invalid_grant");
    let wider =
        [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("scope", "openid address phone admin")];
    assert_eq!(shop.token_call(&usher, &wider).await.oauth_error(), "invalid_scope");
    usher.database.execute("UPDATE users SET state = 'disabled'").await;
    assert_eq!(shop.try_refresh(&usher, &token).await.oauth_error(), "invalid_grant");
    for kind in ["password", "implicit", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code", ""] {
        let refused = shop.token_call(&usher, &[("grant_type", kind)]).await.oauth_error();
        assert!(["unsupported_grant_type", "unauthorized_client", "invalid_request"].contains(&refused.as_str()));
    }
}
