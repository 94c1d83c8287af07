//! The endpoints of the scripted provider (OIDC Discovery 1.0, OIDC Core 1.0 code flow, RFC 7636).

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;
use serde_json::{Value, json};

use super::token::Granted;
use super::{Answer, Endpoint, Hit, Shared};
use crate::support::jose;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(serve).with_state(shared)
}

async fn serve(State(idp): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let endpoint = match parts.uri.path() {
        "/.well-known/openid-configuration" => Endpoint::Discovery,
        "/jwks" => Endpoint::Jwks,
        "/authorize" => Endpoint::Authorize,
        "/token" => Endpoint::Token,
        "/userinfo" => Endpoint::Userinfo,
        _ => Endpoint::Other,
    };
    let hit = Hit {
        endpoint,
        method: parts.method.to_string(),
        query: parts.uri.query().unwrap_or("").to_owned(),
        authorization: parts.headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or("").to_owned(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    idp.hits.lock().expect("not poisoned").push(hit.clone());
    let honest = match endpoint {
        Endpoint::Discovery => Answer::json(200, &metadata(&idp)),
        Endpoint::Jwks => jwks(&idp),
        Endpoint::Authorize => authorize(&idp, &hit),
        Endpoint::Token => token(&idp, &hit),
        Endpoint::Userinfo => userinfo(&idp, &hit),
        Endpoint::Other => Answer::body(404, "text/plain", "not here"),
    };
    let answer = idp.twist(endpoint, honest);
    tokio::time::sleep(answer.delay).await;
    respond(answer)
}

fn metadata(idp: &Shared) -> Value {
    let at = |path: &str| format!("{}{path}", idp.issuer);
    json!({ "issuer": idp.issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"), "jwks_uri": at("/jwks"), "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "scopes_supported": ["openid", "email", "profile"],
        "id_token_signing_alg_values_supported": [idp.key().alg()],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"], "authorization_response_iss_parameter_supported": true })
}

fn jwks(idp: &Shared) -> Answer {
    let keys: Vec<Value> = idp.keys.lock().expect("not poisoned").iter().map(jose::Key::jwk).collect();
    Answer::json(200, &json!({ "keys": keys }))
}

fn authorize(idp: &Shared, hit: &Hit) -> Answer {
    let asked = pairs(if hit.method == "POST" { &hit.body } else { &hit.query });
    let Some(redirect_uri) = asked.get("redirect_uri") else {
        return Answer::body(400, "text/plain", "no redirect_uri");
    };
    let mut back = url::Url::parse(redirect_uri).expect("an absolute redirect URI");
    let code = idp.new_code(Granted {
        client_id: asked.get("client_id").cloned().unwrap_or_default(),
        redirect_uri: redirect_uri.clone(),
        nonce: asked.get("nonce").cloned(),
        challenge: asked.get("code_challenge").cloned(),
        person: idp.person(asked.get("login_hint").map(String::as_str)),
    });
    back.query_pairs_mut().append_pair("code", &code).append_pair("iss", &idp.issuer);
    if let Some(state) = asked.get("state") {
        back.query_pairs_mut().append_pair("state", state);
    }
    Answer::redirect(back.as_str())
}

fn token(idp: &Shared, hit: &Hit) -> Answer {
    let asked = pairs(&hit.body);
    let refused = |why: &str| Answer::json(400, &json!({ "error": why }));
    if !is_authenticated(idp, hit, &asked) {
        return Answer::json(401, &json!({ "error": "invalid_client" }));
    }
    let code = asked.get("code").cloned().unwrap_or_default();
    let granted = idp.granted.lock().expect("not poisoned").remove(&code);
    let Some(granted) = granted else { return refused("invalid_grant") };
    let proof = asked.get("code_verifier").map(|v| jose::b64(jose::sha256(v)));
    if proof != granted.challenge || asked.get("redirect_uri") != Some(&granted.redirect_uri) {
        return refused("invalid_grant");
    }
    let access = jose::random();
    let id_token = idp.draft(&granted, &access);
    idp.granted.lock().expect("not poisoned").insert(access.clone(), granted);
    Answer::json(
        200,
        &json!({ "access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": id_token }),
    )
}

/// HTTP Basic with form-encoded halves (RFC 6749 section 2.3.1) or the body; a private key JWT is taken as it is.
fn is_authenticated(idp: &Shared, hit: &Hit, asked: &HashMap<String, String>) -> bool {
    let expected = (idp.client_id.clone(), idp.client_secret.clone());
    if let Some(basic) = hit.authorization.strip_prefix("Basic ") {
        let text = String::from_utf8(STANDARD.decode(basic).unwrap_or_default()).unwrap_or_default();
        let (id, secret) = text.split_once(':').unwrap_or_default();
        return (form_decoded(id), form_decoded(secret)) == expected;
    }
    let given = |name: &str| asked.get(name).cloned().unwrap_or_default();
    (given("client_id"), given("client_secret")) == expected || asked.contains_key("client_assertion")
}

fn userinfo(idp: &Shared, hit: &Hit) -> Answer {
    let access = hit.authorization.strip_prefix("Bearer ").unwrap_or("");
    match idp.granted.lock().expect("not poisoned").get(access) {
        Some(granted) => Answer::json(200, &granted.person),
        None => Answer::json(401, &json!({ "error": "invalid_token" })),
    }
}

fn pairs(text: &str) -> HashMap<String, String> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

fn form_decoded(text: &str) -> String {
    form_urlencoded::parse(format!("x={text}").as_bytes()).next().map(|(_, v)| v.into_owned()).unwrap_or_default()
}

fn respond(answer: Answer) -> Response {
    let mut builder = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        builder = builder.header(name, value);
    }
    let body = match answer.drip {
        None => Body::from(answer.body),
        Some(pause) => Body::from_stream(stream::unfold(answer.body.into_iter(), move |mut bytes| async move {
            let byte = bytes.next()?;
            tokio::time::sleep(pause).await;
            Some((Ok::<_, Infallible>(Bytes::from(vec![byte])), bytes))
        })),
    };
    builder.body(body).expect("an answer")
}
