//! Tokens: their shape, their renewal, their end.

use serde_json::json;

use crate::support::{Application, Setup, Usher, http, jose};

const BOB: (&str, &str) = ("bob", "a good long secret");

async fn with(app: &Application) -> Usher {
    Setup::new().app(app).person(BOB.0, BOB.1).start().await
}

/// The access token is a JWT of its own type (RFC 9068); claims about the person stay at userinfo.
#[tokio::test]
async fn tokens_have_their_shape() {
    let shop = Application::web("shop");
    let usher = with(&shop).await;
    let done = usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    let jwks = http::get(&usher.at(0, "/oauth2/jwks")).await.json();
    let (header, claims) = jose::verify(&done.tokens.access_token, &jwks);
    assert_eq!(header["typ"], json!("at+jwt"));
    assert_eq!((&claims["client_id"], &claims["sub"]), (&json!("shop"), &done.tokens.claims["sub"]));
    assert_eq!(done.tokens.header["alg"], json!("RS256"));
    for claim in ["auth_time", "sid", "at_hash", "iat"] {
        assert!(done.tokens.claims.get(claim).is_some(), "{claim}");
    }
    assert!(done.tokens.claims.get("email").is_none(), "email belongs to userinfo");
    assert!(done.tokens.answer["expires_in"].as_u64().is_some_and(|n| n > 0));
}

/// An application may ask for ES256, and for its secret in the body.
#[tokio::test]
async fn an_application_chooses_algorithm_and_method() {
    let shop = Application::web("shop").with("id_token_alg", json!("ES256"));
    let shop = shop.with("auth_method", json!("client_secret_post"));
    let usher = with(&shop).await;
    let request = shop.request(&usher);
    let mut browser = usher.browser();
    let page = browser.open(request.url()).await.page();
    let form = page.form_with("password").set("username", BOB.0).set("password", BOB.1);
    let code = request.code(browser.submit(form).await);
    let mut fields = request.redemption(&code).to_vec();
    let basic = http::client().post(usher.at(0, "/oauth2/token")).form(&fields);
    let secret = shop.secret.clone().unwrap();
    let basic = basic.header("authorization", crate::support::application::basic(&shop.id, &secret));
    assert_eq!(http::send(basic).await.oauth_error(), "invalid_client", "only the registered method");
    fields.extend([("client_id", shop.id.clone()), ("client_secret", secret)]);
    let answer = http::send(http::client().post(usher.at(0, "/oauth2/token")).form(&fields)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let jwks = http::get(&usher.at(0, "/oauth2/jwks")).await.json();
    let (header, _) = jose::verify(answer.json()["id_token"].as_str().unwrap(), &jwks);
    assert_eq!(header["alg"], json!("ES256"));
}

/// Rotation: every refresh gives a new token, the subject and `auth_time` stay.
#[tokio::test]
async fn refresh_tokens_rotate() {
    let board = Application::spa("board");
    let usher = with(&board).await;
    let done = usher.sign_in_locally(&mut usher.browser(), &board, BOB).await;
    usher.advance(600);
    let second = board.refresh(&usher, done.tokens.refresh()).await;
    assert_ne!(second.refresh(), done.tokens.refresh());
    for claim in ["sub", "auth_time", "sid", "aud", "iss"] {
        assert_eq!(second.claims[claim], done.tokens.claims[claim], "{claim}");
    }
    board.refresh(&usher, second.refresh()).await;
}

/// Reuse of a rotated token ends the whole family, access tokens included.
#[tokio::test]
async fn reuse_kills_the_family() {
    let board = Application::spa("board");
    let usher = with(&board).await;
    let done = usher.sign_in_locally(&mut usher.browser(), &board, BOB).await;
    let second = board.refresh(&usher, done.tokens.refresh()).await;
    assert_eq!(board.try_refresh(&usher, done.tokens.refresh()).await.oauth_error(), "invalid_grant");
    assert_eq!(board.try_refresh(&usher, second.refresh()).await.oauth_error(), "invalid_grant");
    assert_eq!(board.try_userinfo(&usher, &second.access_token).await.status, 401);
}

/// Without `offline_access` there is no refresh token.
#[tokio::test]
async fn no_refresh_token_unless_asked() {
    let shop = Application::web("shop");
    let usher = with(&shop).await;
    let mut browser = usher.browser();
    usher.sign_in_locally(&mut browser, &shop, BOB).await;
    let request = shop.request(&usher).with("scope", "openid");
    let code = request.code(browser.open(request.url()).await);
    let tokens = shop.redeem(&usher, &request, &code).await;
    assert!(tokens.refresh_token.is_none());
    let claims = shop.userinfo(&usher, &tokens).await;
    assert!(claims.get("email").is_none(), "{claims}");
}

/// Userinfo by GET, by POST with a header, by POST with a body; refused in the query.
#[tokio::test]
async fn userinfo_takes_the_token_in_three_ways() {
    let shop = Application::web("shop");
    let usher = with(&shop).await;
    let done = usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    let url = usher.at(0, "/oauth2/userinfo");
    let token = &done.tokens.access_token;
    let header = http::send(http::client().post(&url).bearer_auth(token)).await;
    let body = http::send(http::client().post(&url).form(&[("access_token", token)])).await;
    assert_eq!((header.status, body.status), (200, 200), "{}{}", header.body, body.body);
    let query = http::get(&format!("{url}?access_token={token}")).await;
    assert!((400..500).contains(&query.status));
    for bad in ["", "nonsense", done.tokens.refresh(), &done.tokens.id_token] {
        let answer = shop.try_userinfo(&usher, bad).await;
        assert!(matches!(answer.status, 400 | 401), "{bad}: {}", answer.status);
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{bad}");
    }
    usher.advance(100_000);
    assert_eq!(shop.try_userinfo(&usher, token).await.status, 401, "expired");
}
