//! The stub provider (OpenID Connect Core 1.0, code flow): discovery and keys are computed once, a code carries all that it
//! stands for, nothing is stored. Who signs in is said by a cookie of the person's browser, as if they had a session
//! there. One issuer per signature algorithm, so that one process serves both.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock;
use crate::fault::Fault;
use crate::jose::{self, Algorithm, Key};

/// The broker's registration here.
pub const CLIENT_ID: &str = "broker";
/// Its secret.
pub const CLIENT_SECRET: &str = "the-secret-of-the-broker";
/// The cookie that says who the person is.
pub const WHO: &str = "who";

/// The path of the face on `localhost`.
const NAMED: &str = "named";

/// The same origin by its name.
pub fn by_name(origin: &str) -> String {
    origin.replace("127.0.0.1", "localhost")
}

/// The running stub.
pub struct Upstream {
    origin: String,
    port: u16,
}

struct Face {
    issuer: String,
    key: Key,
    metadata: String,
    jwks: String,
}

/// What a code stands for.
#[derive(Serialize, Deserialize)]
struct Granted {
    who: String,
    client: String,
    redirect_uri: String,
    nonce: Option<String>,
    challenge: Option<String>,
}

impl Upstream {
    /// Listens on a loopback port, a free one for 0.
    pub async fn start(port: u16) -> Result<Self, Fault> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        let port = listener.local_addr()?.port();
        let origin = format!("http://127.0.0.1:{port}");
        let mut app = Router::new();
        let faces = [
            (origin.clone(), Algorithm::Es256.short(), Algorithm::Es256),
            (origin.clone(), Algorithm::Rs256.short(), Algorithm::Rs256),
            (by_name(&origin), NAMED, Algorithm::Rs256),
        ];
        for (origin, path, algorithm) in faces {
            let face = Face::new(format!("{origin}/{path}"), algorithm)?;
            app = app.nest(&format!("/{path}"), routes(Arc::new(face)));
        }
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { origin, port })
    }

    /// The issuer whose tokens are signed so.
    pub fn issuer(&self, algorithm: Algorithm) -> String {
        format!("{}/{}", self.origin, algorithm.short())
    }

    /// An issuer on `localhost` (RS256), for brokers that allow plain HTTP under that name only.
    pub fn named_issuer(&self) -> String {
        format!("{}/{NAMED}", by_name(&self.origin))
    }

    /// Where people's cookies for it belong.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Face {
    fn new(issuer: String, algorithm: Algorithm) -> Result<Self, Fault> {
        let key = Key::generate(algorithm)?;
        let metadata = json!({ "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"), "userinfo_endpoint": format!("{issuer}/userinfo"),
            "jwks_uri": format!("{issuer}/jwks"), "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "scopes_supported": ["openid", "email", "profile"],
            "id_token_signing_alg_values_supported": [algorithm.name()],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"] });
        let jwks = json!({ "keys": [key.jwk()] });
        Ok(Self { issuer, key, metadata: metadata.to_string(), jwks: jwks.to_string() })
    }
}

fn routes(face: Arc<Face>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(metadata))
        .route("/jwks", get(jwks))
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .route("/userinfo", get(userinfo))
        .with_state(face)
}

async fn metadata(State(face): State<Arc<Face>>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], face.metadata.clone()).into_response()
}

async fn jwks(State(face): State<Arc<Face>>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], face.jwks.clone()).into_response()
}

async fn authorize(
    State(face): State<Arc<Face>>,
    Query(asked): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let (Some(who), Some(redirect_uri)) = (who(&headers), asked.get("redirect_uri")) else {
        return (StatusCode::BAD_REQUEST, "who, and where to?").into_response();
    };
    let granted = Granted {
        who,
        client: asked.get("client_id").cloned().unwrap_or_default(),
        redirect_uri: redirect_uri.clone(),
        nonce: asked.get("nonce").cloned(),
        challenge: asked.get("code_challenge").cloned(),
    };
    let code = jose::b64(json!(granted).to_string());
    let mut answer = form_urlencoded::Serializer::new(String::new());
    answer.append_pair("code", &code).append_pair("iss", &face.issuer);
    if let Some(state) = asked.get("state") {
        answer.append_pair("state", state);
    }
    let mark = if redirect_uri.contains('?') { '&' } else { '?' };
    (StatusCode::SEE_OTHER, [(header::LOCATION, format!("{redirect_uri}{mark}{}", answer.finish()))]).into_response()
}

fn who(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|pair| pair.strip_prefix(WHO)?.strip_prefix('=')).map(str::to_owned)
}

async fn token(State(face): State<Arc<Face>>, Form(asked): Form<HashMap<String, String>>) -> Response {
    match redeemed(&face, &asked) {
        Some(answer) => axum::Json(answer).into_response(),
        None => (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": "invalid_grant" }))).into_response(),
    }
}

fn redeemed(face: &Face, asked: &HashMap<String, String>) -> Option<Value> {
    let code = asked.get("code")?;
    let granted = granted(code)?;
    let proof = asked.get("code_verifier").map(|verifier| jose::challenge(verifier));
    if proof != granted.challenge || asked.get("redirect_uri") != Some(&granted.redirect_uri) {
        return None;
    }
    let now = clock::now();
    let mut claims = person(&granted.who);
    let own = json!({ "iss": face.issuer, "aud": granted.client, "iat": now, "auth_time": now, "exp": now + 300 });
    let both = claims.as_object_mut().zip(own.as_object());
    if let Some((claims, own)) = both {
        claims.extend(own.clone());
        claims.extend(granted.nonce.map(|nonce| ("nonce".to_owned(), json!(nonce))));
    }
    let id_token = face.key.sign(&claims).ok()?;
    Some(json!({ "access_token": code, "token_type": "Bearer", "expires_in": 300, "id_token": id_token }))
}

fn granted(code: &str) -> Option<Granted> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(code).ok()?).ok()
}

async fn userinfo(headers: HeaderMap) -> Response {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match bearer.and_then(|text| granted(text.strip_prefix("Bearer ")?)) {
        Some(granted) => axum::Json(person(&granted.who)).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// What the provider says of a subject. The loader writes accounts to match.
fn person(who: &str) -> Value {
    json!({ "sub": who, "email": format!("{who}@load.test"), "email_verified": true, "given_name": "Load",
        "family_name": who, "name": format!("Load {who}"), "preferred_username": who })
}
