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
    let path = parts.uri.path();
    let endpoint = endpoint_of(path);
    let hit = Hit {
        endpoint,
        path: path.to_owned(),
        method: parts.method.to_string(),
        query: parts.uri.query().unwrap_or("").to_owned(),
        authorization: parts.headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or("").to_owned(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    idp.hits.lock().expect("not poisoned").push(hit.clone());
    let honest = match endpoint {
        Endpoint::Discovery => Answer::json(200, &metadata(&idp, &hit)),
        Endpoint::Jwks => jwks(&idp),
        Endpoint::Authorize => authorize(&idp, &hit),
        Endpoint::Token => token(&idp, &hit),
        Endpoint::Userinfo => userinfo(&idp, &hit),
        Endpoint::Emails => emails(&idp, &hit),
        Endpoint::Other => Answer::body(404, "text/plain", "not here"),
    };
    let answer = idp.twist(endpoint, honest);
    tokio::time::sleep(answer.delay).await;
    respond(answer)
}

const METADATA: &str = "/.well-known/openid-configuration";

/// By the last part of the path, so that the provider can stand for one with addresses of its own, such as GitHub's.
fn endpoint_of(path: &str) -> Endpoint {
    match path {
        "/userinfo" | "/api/v3/user" => Endpoint::Userinfo,
        "/api/v3/user/emails" => Endpoint::Emails,
        _ if path.ends_with(METADATA) => Endpoint::Discovery,
        _ if path.ends_with("/jwks") || path.ends_with("/keys") => Endpoint::Jwks,
        _ if path.ends_with("/authorize") => Endpoint::Authorize,
        _ if path.ends_with("/token") || path.ends_with("/access_token") => Endpoint::Token,
        _ => Endpoint::Other,
    }
}

/// Every path may be an issuer of its own; only the first one promises the issuer parameter.
fn metadata(idp: &Shared, hit: &Hit) -> Value {
    let below = hit.path.strip_suffix(METADATA).unwrap_or_default();
    let at = |path: &str| format!("{}{below}{path}", idp.issuer);
    json!({ "issuer": at(""), "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
        "userinfo_endpoint": format!("{}/userinfo", idp.issuer), "jwks_uri": at("/jwks"), "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "scopes_supported": ["openid", "email", "profile"],
        "id_token_signing_alg_values_supported": [idp.key().alg()],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"], "authorization_response_iss_parameter_supported": below.is_empty() })
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
    let code = idp.new_code(Granted {
        client_id: asked.get("client_id").cloned().unwrap_or_default(),
        redirect_uri: redirect_uri.clone(),
        nonce: asked.get("nonce").cloned(),
        challenge: asked.get("code_challenge").cloned(),
        openid: asked.get("scope").is_some_and(|scope| scope.split(' ').any(|one| one == "openid")),
        person: idp.person(asked.get("login_hint").map(String::as_str)),
    });
    let mut answer = vec![("code", code)];
    // Presets have paths of their own, and their models send no issuer.
    if hit.path == "/authorize" {
        answer.push(("iss", idp.issuer.clone()));
    }
    answer.extend(asked.get("state").map(|state| ("state", state.clone())));
    if asked.get("response_mode").is_some_and(|mode| mode == "form_post") {
        answer.extend(idp.beside.lock().expect("not poisoned").clone().map(|user| ("user", user.to_string())));
        return form(redirect_uri, &answer);
    }
    let mut back = url::Url::parse(redirect_uri).expect("an absolute redirect URI");
    back.query_pairs_mut().extend_pairs(&answer);
    Answer::redirect(back.as_str())
}

/// OAuth 2.0 Form Post Response Mode; the scripted browser runs no script, the test submits the form.
fn form(action: &str, fields: &[(&str, String)]) -> Answer {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let hidden = |(name, value): &(&str, String)| {
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value))
    };
    let inputs: Vec<String> = fields.iter().map(hidden).collect();
    let (action, inputs) = (escaped(action), inputs.concat());
    let page =
        format!("<!doctype html><form method=\"post\" action=\"{action}\">{inputs}<button>Continue</button></form>");
    Answer::body(200, "text/html", page)
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
    let mut answer = json!({ "access_token": access, "token_type": "Bearer", "expires_in": 300 });
    if granted.openid {
        answer["id_token"] = json!(idp.draft(&granted, &access));
    }
    idp.granted.lock().expect("not poisoned").insert(access, granted);
    Answer::json(200, &answer)
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
    // Apple's client secret is a token of ours, signed with the key that was registered.
    if let Some(key) = idp.registered.lock().expect("not poisoned").as_ref() {
        let (header, claims) = jose::verify(&given("client_secret"), &json!({ "keys": [key.jwk()] }));
        let fits = claims["sub"] == json!(idp.client_id) && claims["aud"] == json!(idp.issuer);
        return header["alg"] == "ES256" && fits && given("client_id") == idp.client_id;
    }
    (given("client_id"), given("client_secret")) == expected || asked.contains_key("client_assertion")
}

/// GitHub's list of addresses.
fn emails(idp: &Shared, hit: &Hit) -> Answer {
    let access = hit.authorization.strip_prefix("Bearer ").unwrap_or("");
    if idp.granted.lock().expect("not poisoned").contains_key(access) {
        Answer::json(200, &idp.emails.lock().expect("not poisoned"))
    } else {
        Answer::json(401, &json!({ "message": "Requires authentication" }))
    }
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
