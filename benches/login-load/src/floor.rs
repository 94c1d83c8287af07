//! The floor: a program that makes the same hops and the same signatures as a brokered sign-in, and nothing else: no
//! database, no templates, no policy, no log. What a broker uses above this is its own. Everything that it must remember
//! travels in addresses, unprotected: it is a ruler, not a broker.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::jose::{self, Algorithm, Key, KeySet};
use crate::{browser, clock, upstream};

/// Arguments of the floor.
#[derive(Debug, Args)]
pub struct FloorArgs {
    /// Loopback port to listen on
    #[arg(long)]
    port: u16,
    /// Issuer of the provider
    #[arg(long)]
    upstream: String,
    /// How its own tokens are signed
    #[arg(long)]
    algorithm: Algorithm,
}

struct Floor {
    base: String,
    upstream: String,
    key: Key,
    provider: KeySet,
    client: reqwest::Client,
}

/// What travels from hop to hop.
#[derive(Serialize, Deserialize)]
struct Asked {
    client: String,
    redirect_uri: String,
    state: String,
    nonce: String,
    challenge: String,
    #[serde(default)]
    who: Option<String>,
}

/// The verifier towards the provider: the same every time, since nothing is kept.
const VERIFIER: &str = "the-floor-keeps-nothing-and-protects-nobody-at-all";

/// Serves until it is stopped.
pub async fn serve(args: FloorArgs) -> Result<(), Fault> {
    let client = browser::client()?;
    let jwks: Value = client.get(format!("{}/jwks", args.upstream)).send().await?.json().await?;
    let floor = Floor {
        base: format!("http://localhost:{}", args.port),
        upstream: args.upstream,
        key: Key::generate(args.algorithm)?,
        provider: KeySet::parse(&jwks),
        client,
    };
    let app = Router::new()
        .route("/health/ready", get(|| async { "ready" }))
        .route("/jwks", get(jwks_of))
        .route("/authorize", get(authorize))
        .route("/login/{asked}", get(login))
        .route("/callback", get(callback))
        .route("/done/{asked}", get(done))
        .route("/token", post(token))
        .with_state(Arc::new(floor));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", args.port)).await?;
    Ok(axum::serve(listener, app).await?)
}

async fn jwks_of(State(floor): State<Arc<Floor>>) -> Response {
    axum::Json(json!({ "keys": [floor.key.jwk()] })).into_response()
}

fn see_other(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, to), (header::SET_COOKIE, "floor=1; Path=/")]).into_response()
}

fn refused() -> Response {
    StatusCode::BAD_REQUEST.into_response()
}

async fn authorize(Query(asked): Query<HashMap<String, String>>) -> Response {
    let text = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let asked = Asked {
        client: text("client_id"),
        redirect_uri: text("redirect_uri"),
        state: text("state"),
        nonce: text("nonce"),
        challenge: text("code_challenge"),
        who: None,
    };
    see_other(&format!("/login/{}", packed(&asked)))
}

async fn login(State(floor): State<Arc<Floor>>, Path(packed): Path<String>) -> Response {
    let Some(asked) = unpacked(&packed) else { return refused() };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", upstream::CLIENT_ID)
        .append_pair("redirect_uri", &format!("{}/callback", floor.base))
        .append_pair("scope", "openid email profile")
        .append_pair("state", &packed)
        .append_pair("nonce", &asked.nonce)
        .append_pair("code_challenge", &jose::challenge(VERIFIER))
        .append_pair("code_challenge_method", "S256");
    see_other(&format!("{}/authorize?{}", floor.upstream, query.finish()))
}

async fn callback(State(floor): State<Arc<Floor>>, Query(answer): Query<HashMap<String, String>>) -> Response {
    let (Some(code), Some(state)) = (answer.get("code"), answer.get("state")) else { return refused() };
    let Some(mut asked) = unpacked(state) else { return refused() };
    let Ok(claims) = floor.redeem(code).await else { return refused() };
    if claims.get("nonce").and_then(Value::as_str) != Some(&asked.nonce) {
        return refused();
    }
    asked.who = claims.get("sub").and_then(Value::as_str).map(str::to_owned);
    see_other(&format!("/done/{}", packed(&asked)))
}

impl Floor {
    async fn redeem(&self, code: &str) -> Result<Value, Fault> {
        let callback = format!("{}/callback", self.base);
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &callback),
            ("client_id", upstream::CLIENT_ID),
            ("client_secret", upstream::CLIENT_SECRET),
            ("code_verifier", VERIFIER),
        ];
        let answer = self.client.post(format!("{}/token", self.upstream)).form(&form).send().await?;
        let answer: Value = answer.json().await?;
        self.provider.verify(answer.get("id_token").and_then(Value::as_str).unwrap_or_default())
    }
}

async fn done(Path(packed): Path<String>) -> Response {
    let Some(asked) = unpacked(&packed) else { return refused() };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("code", &packed)
        .append_pair("state", &asked.state)
        .finish();
    see_other(&format!("{}?{query}", asked.redirect_uri))
}

async fn token(State(floor): State<Arc<Floor>>, Form(given): Form<HashMap<String, String>>) -> Response {
    let text = |name: &str| given.get(name).map(String::as_str).unwrap_or_default();
    let Some(asked) = unpacked(text("code")) else { return refused() };
    if jose::challenge(text("code_verifier")) != asked.challenge {
        return refused();
    }
    let now = clock::now();
    let claims = json!({ "iss": floor.base, "sub": asked.who, "aud": asked.client, "nonce": asked.nonce, "iat": now,
        "exp": now + 300 });
    match floor.key.sign(&claims) {
        Ok(id_token) => {
            axum::Json(json!({ "access_token": "none", "token_type": "Bearer", "id_token": id_token })).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn packed(asked: &Asked) -> String {
    jose::b64(json!(asked).to_string())
}

fn unpacked(text: &str) -> Option<Asked> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
