//! The console signs its admins in through Usher's own OpenID provider, as an application of itself.
//!
//! The browser walks the ordinary authorization code flow with PKCE; only the code is redeemed in this
//! process instead of over HTTP to ourselves. What waits between the two legs is sealed in a cookie.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use usher_domain::{CorrelationId, RefusalCode, SecretText, Subject};
use usher_oidc_provider::params::Params;
use usher_oidc_provider::responses::append_query;
use usher_oidc_provider::token::CodeExchange;
use usher_storage::{Purpose, Sealed, hash};

use super::{Admin, admin};
use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::login::refuse_request;
use crate::snapshot::CONSOLE;
use crate::token::{TokenFailure, redeem_in_process};
use crate::visitor::Visitor;

const WAITING: Purpose = Purpose::new("cookie.console_sign_in");
/// How long an admin may take.
const LIFE: chrono::Duration = chrono::Duration::minutes(30);

#[derive(Serialize, Deserialize)]
struct Waiting {
    state: String,
    verifier: String,
    nonce: String,
    return_to: String,
    expires_at: chrono::DateTime<chrono::Utc>,
}

/// Where to send the browser, and the cookie that waits.
pub struct Leg {
    /// Our own authorization endpoint with its query.
    pub location: String,
    /// Value of the waiting cookie.
    pub cookie: SecretText,
}

/// Begins. `return_to` must be a path of the console; anything else becomes its home (WEB-07).
pub fn begin(broker: &Broker, return_to: &str) -> Result<Leg, Fault> {
    let verifier = broker.random_token();
    let challenge = URL_SAFE_NO_PAD.encode(hash(verifier.expose().as_bytes()));
    let waiting = Waiting {
        state: broker.random_token().expose().to_owned(),
        nonce: broker.random_token().expose().to_owned(),
        verifier: verifier.expose().to_owned(),
        return_to: safe_path(return_to).to_owned(),
        expires_at: broker.now() + LIFE,
    };
    let redirect = redirect_uri(broker);
    let location = append_query(
        &format!("{}/oauth2/authorize", broker.public_url()),
        &[
            ("response_type", "code"),
            ("client_id", CONSOLE),
            ("redirect_uri", &redirect),
            ("scope", "openid profile"),
            ("state", &waiting.state),
            ("nonce", &waiting.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ],
    );
    let text = serde_json::to_vec(&waiting).map_err(|e| Fault::unreadable("console sign-in", e))?;
    let sealed = broker
        .store
        .sealer()
        .seal(WAITING, CONSOLE, &text, broker.entropy())
        .map_err(|e| Fault::unreadable("console sign-in", e))?;
    Ok(Leg { location, cookie: SecretText::new(URL_SAFE_NO_PAD.encode(sealed.as_bytes())) })
}

/// An admin who came back.
pub struct SignedIn {
    /// Who.
    pub admin: Admin,
    /// Where they wanted to go: a path of the console.
    pub return_to: String,
}

/// Completes: the answer must belong to the waiting cookie of this browser, and the person must be an admin.
pub async fn complete(
    broker: &Broker,
    cookie: Option<&str>,
    params: &Params,
    visitor: &Visitor,
) -> Result<SignedIn, Failure> {
    let waiting = cookie.and_then(|text| open(broker, text)).filter(|waiting| waiting.expires_at > broker.now());
    let Some(waiting) = waiting else {
        return Err(refuse_request(broker, RefusalCode::TxOtherBrowser, visitor).await);
    };
    let fits = params.first_duplicate(&["state", "code", "iss", "error"]).is_none()
        && params.get("state").is_some_and(|state| SecretText::new(state) == SecretText::new(waiting.state.as_str()))
        && params.get("iss") == Some(broker.issuer().as_str());
    let (true, Some(code)) = (fits, params.get("code")) else {
        return Err(refuse_request(broker, RefusalCode::BadRequest, visitor).await);
    };
    let exchange = CodeExchange {
        code: SecretText::new(code),
        redirect_uri: Some(redirect_uri(broker)),
        verifier: Some(SecretText::new(waiting.verifier)),
    };
    let payload = match redeem_in_process(broker, CONSOLE, exchange, visitor).await {
        Ok(payload) if payload.request.nonce.as_deref() == Some(&waiting.nonce) => payload,
        Ok(_) | Err(TokenFailure::OAuth(_)) => {
            return Err(refuse_request(broker, RefusalCode::TxAlreadyUsed, visitor).await);
        }
        Err(TokenFailure::Fault(fault)) => return Err(fault.into()),
    };
    let found = match &payload.authentication.subject {
        Subject::Local { user } => admin(broker, user).await?,
        Subject::Federated { .. } => None,
    };
    match found {
        Some(admin) => Ok(SignedIn { admin, return_to: waiting.return_to }),
        None => Err(refuse_request(broker, RefusalCode::AppAccessDenied, visitor).await),
    }
}

fn open(broker: &Broker, text: &str) -> Option<Waiting> {
    let sealed = Sealed::from_bytes(URL_SAFE_NO_PAD.decode(text).ok()?);
    let bytes = broker.store.sealer().open(WAITING, CONSOLE, &sealed).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn redirect_uri(broker: &Broker) -> String {
    format!("{}/console/callback", broker.public_url())
}

/// Only paths of the console, byte for byte: no scheme, no host, no backslash, no dots.
fn safe_path(path: &str) -> &str {
    let inside = path == "/console" || path.starts_with("/console/");
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_-?=&".contains(&b));
    if inside && plain && !path.contains("//") { path } else { "/console" }
}

/// A correlation id as an admin typed it.
pub fn correlation(text: &str) -> Option<CorrelationId> {
    CorrelationId::parse(text).ok()
}

#[cfg(test)]
mod tests {
    use super::safe_path;

    #[test]
    fn web_07_open_redirect() {
        assert_eq!(safe_path("/console/users?q=a"), "/console/users?q=a");
        for bad in [
            "//m.test",
            "/\\m.test",
            "https:m.test",
            "/console//m.test",
            "/%09/m.test",
            "javascript:x",
            "/consolex",
            "",
        ] {
            assert_eq!(safe_path(bad), "/console", "{bad}");
        }
    }
}
