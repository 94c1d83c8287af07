//! The account page signs people in through Usher's own OpenID provider, as an application of itself.
//!
//! One or two legs: the sign-in that the flow of the account page (or the one for all) asks for; then, where the account
//! has second factors and that sign-in asked for none of them, a second leg that asks for one. A password alone never
//! reaches what protects an account. A renewal demands a sign-in that is newer than itself. What waits between two legs
//! is sealed in a cookie, and so is what a completed one leaves: the ticket, which counts only beside its session.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use usher_domain::{Authentication, Authenticator, ConnectionId, RefusalCode, SecretText, SessionId, Subject, UserId};
use usher_oidc_provider::params::Params;
use usher_oidc_provider::responses::append_query;
use usher_oidc_provider::token::CodeExchange;
use usher_storage::{Purpose, Sealed, factors, hash};

use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::grant::GrantPayload;
use crate::login::refuse_request;
use crate::snapshot::{ACCOUNT, ACCOUNT_FACTORS};
use crate::token::{TokenFailure, redeem_in_process};
use crate::visitor::Visitor;

const WAITING: Purpose = Purpose::new("cookie.account_sign_in");
const TICKET: Purpose = Purpose::new("cookie.account");
/// How long a person may take.
const LIFE: Duration = Duration::minutes(30);
/// How far the clocks of two nodes may differ.
const SKEW: Duration = Duration::seconds(5);

/// What a leg is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "leg", rename_all = "snake_case")]
enum Aim {
    /// Into the account page; a session of this browser is enough.
    Entry,
    /// A sign-in that is newer than this.
    Renewal { since: DateTime<Utc> },
    /// A factor of the person who signed in just now.
    Factors { user: UserId, since: Option<DateTime<Utc>> },
}

/// What was typed into a form before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Form {
    None,
    Lost,
}

#[derive(Serialize, Deserialize)]
struct Waiting {
    state: String,
    verifier: String,
    nonce: String,
    return_to: String,
    form: Form,
    aim: Aim,
    expires_at: DateTime<Utc>,
}

/// What a completed sign-in leaves in a cookie of the account page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Ticket {
    pub user: UserId,
    pub session: SessionId,
    pub proved_at: DateTime<Utc>,
}

impl Ticket {
    pub fn open(broker: &Broker, text: &str) -> Option<Self> {
        open(broker, TICKET, text)
    }
}

/// Where to send the browser, and the cookie that waits.
pub struct Leg {
    /// Our own authorization endpoint with its query.
    pub location: String,
    /// Value of the waiting cookie.
    pub cookie: SecretText,
}

/// How much a sign-in must prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Who the person is.
    Entry,
    /// The same, now.
    Fresh,
    /// The same, and what was typed into a form is lost by it.
    FreshAfterForm,
}

/// Begins. `return_to` must be a path of the account page; anything else becomes its home (WEB-07).
pub fn begin(broker: &Broker, return_to: &str, demand: Demand) -> Result<Leg, Fault> {
    let aim = match demand {
        Demand::Entry => Aim::Entry,
        Demand::Fresh | Demand::FreshAfterForm => Aim::Renewal { since: broker.now() },
    };
    let form = if demand == Demand::FreshAfterForm { Form::Lost } else { Form::None };
    leg(broker, (return_to, form), aim)
}

fn leg(broker: &Broker, (return_to, form): (&str, Form), aim: Aim) -> Result<Leg, Fault> {
    let verifier = broker.random_token();
    let challenge = URL_SAFE_NO_PAD.encode(hash(verifier.expose().as_bytes()));
    let waiting = Waiting {
        state: broker.random_token().expose().to_owned(),
        nonce: broker.random_token().expose().to_owned(),
        verifier: verifier.expose().to_owned(),
        return_to: safe_path(return_to).to_owned(),
        form,
        aim,
        expires_at: broker.now() + LIFE,
    };
    let redirect = redirect_uri(broker);
    let mut query = vec![
        ("response_type", "code"),
        ("client_id", ACCOUNT),
        ("redirect_uri", &redirect),
        ("scope", "openid"),
        ("state", &waiting.state),
        ("nonce", &waiting.nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    match &waiting.aim {
        Aim::Entry => {}
        Aim::Renewal { .. } => query.push(("prompt", "login")),
        Aim::Factors { .. } => query.push(("acr_values", ACCOUNT_FACTORS)),
    }
    let location = append_query(&format!("{}/oauth2/authorize", broker.public_url()), &query);
    Ok(Leg { location, cookie: seal(broker, WAITING, &waiting)? })
}

/// How a leg ends.
pub enum Completed {
    /// The person is in.
    In {
        /// Value of the account page's cookie.
        ticket: SecretText,
        /// Where they wanted to go: a path of the account page.
        return_to: String,
        /// Whether what was typed into a form is gone.
        form_lost: bool,
    },
    /// The account has factors, and one is asked for.
    Next(Leg),
    /// The person has no account here.
    WithoutAccount(Option<ConnectionId>),
}

/// Completes a leg: the answer must belong to the waiting cookie and to the session of this browser.
pub async fn complete(
    broker: &Broker,
    cookie: Option<&str>,
    params: &Params,
    visitor: &Visitor,
) -> Result<Completed, Failure> {
    let waiting: Option<Waiting> = cookie.and_then(|text| open(broker, WAITING, text));
    let Some(waiting) = waiting.filter(|waiting| waiting.expires_at > broker.now()) else {
        return Err(refuse_request(broker, RefusalCode::TxOtherBrowser, visitor).await);
    };
    let payload = redeem(broker, &waiting, params, visitor).await?;
    // Whoever signed in has the session that came with it: a code that was slipped in has not.
    let here = visitor.session.as_ref().is_some_and(|live| live.session.id == payload.session);
    if !here {
        return Err(refuse_request(broker, RefusalCode::TxOtherBrowser, visitor).await);
    }
    let user = match &payload.authentication.subject {
        Subject::Local { user } => user.clone(),
        Subject::Federated { .. } => {
            return Ok(Completed::WithoutAccount(payload.authentication.connection.clone()));
        }
    };
    judge(broker, waiting, (user, payload), visitor).await
}

async fn redeem(
    broker: &Broker,
    waiting: &Waiting,
    params: &Params,
    visitor: &Visitor,
) -> Result<GrantPayload, Failure> {
    let fits = params.first_duplicate(&["state", "code", "iss", "error"]).is_none()
        && params.get("state").is_some_and(|state| SecretText::new(state) == SecretText::new(waiting.state.as_str()))
        && params.get("iss") == Some(broker.issuer().as_str());
    let (true, Some(code)) = (fits, params.get("code")) else {
        return Err(refuse_request(broker, RefusalCode::BadRequest, visitor).await);
    };
    let exchange = CodeExchange {
        code: SecretText::new(code),
        redirect_uri: Some(redirect_uri(broker)),
        verifier: Some(SecretText::new(waiting.verifier.as_str())),
    };
    match redeem_in_process(broker, ACCOUNT, exchange, visitor).await {
        Ok(payload) if payload.request.nonce.as_deref() == Some(&waiting.nonce) => Ok(payload),
        Ok(_) | Err(TokenFailure::OAuth(_)) => Err(refuse_request(broker, RefusalCode::TxAlreadyUsed, visitor).await),
        Err(TokenFailure::Fault(fault)) => Err(fault.into()),
    }
}

/// The request travelled through the browser: what it asked for is looked at in what came of it.
async fn judge(
    broker: &Broker,
    waiting: Waiting,
    (user, payload): (UserId, GrantPayload),
    visitor: &Visitor,
) -> Result<Completed, Failure> {
    let asked_for_factors = payload.request.acr_values.iter().any(|acr| acr == ACCOUNT_FACTORS);
    let authentication = &payload.authentication;
    let (since, factors_leg) = match &waiting.aim {
        Aim::Entry => (None, false),
        Aim::Renewal { since } => (Some(*since), false),
        Aim::Factors { since, .. } => (*since, true),
    };
    let same_person = !matches!(&waiting.aim, Aim::Factors { user: first, .. } if *first != user);
    let new_enough = since.is_none_or(|since| authentication.at >= since - SKEW);
    // Only the second leg replaces the flow of the account page: the first one must have run it.
    if !same_person || !new_enough || asked_for_factors != factors_leg {
        return Err(refuse_request(broker, RefusalCode::BadRequest, visitor).await);
    }
    if !factors_leg && !proved_factor(authentication, since) && has_factors(broker, &user).await? {
        return Ok(Completed::Next(leg(broker, (&waiting.return_to, waiting.form), Aim::Factors { user, since })?));
    }
    let ticket = Ticket { user, session: payload.session, proved_at: authentication.at };
    let ticket = seal(broker, TICKET, &ticket)?;
    Ok(Completed::In { ticket, return_to: waiting.return_to, form_lost: waiting.form == Form::Lost })
}

/// Whether a factor of the account's own was proved: a mailed code is none that anybody set up.
fn proved_factor(authentication: &Authentication, since: Option<DateTime<Utc>>) -> bool {
    let own = |factor| matches!(factor, Authenticator::Totp | Authenticator::Passkey | Authenticator::RecoveryCode);
    authentication.factors.iter().any(|used| own(used.factor) && since.is_none_or(|since| used.at >= since - SKEW))
}

/// Whether the account has a factor that can be asked for here.
pub(super) async fn has_factors(broker: &Broker, user: &UserId) -> Result<bool, Fault> {
    let (user, now, passkeys) = (user.clone(), broker.now(), broker.passkeys().is_some());
    let summary = broker.store.read(move |tx| Box::pin(async move { factors::summary(tx, &user, now).await })).await?;
    Ok(summary.totp > 0 || summary.recovery_left > 0 || (passkeys && summary.passkeys > 0))
}

fn seal(broker: &Broker, purpose: Purpose, value: &impl Serialize) -> Result<SecretText, Fault> {
    let text = serde_json::to_vec(value).map_err(|e| Fault::unreadable("account cookie", e))?;
    let sealed = broker.store.sealer().seal(purpose, ACCOUNT, &text, broker.entropy());
    let sealed = sealed.map_err(|e| Fault::unreadable("account cookie", e))?;
    Ok(SecretText::new(URL_SAFE_NO_PAD.encode(sealed.as_bytes())))
}

fn open<T: DeserializeOwned>(broker: &Broker, purpose: Purpose, text: &str) -> Option<T> {
    let sealed = Sealed::from_bytes(URL_SAFE_NO_PAD.decode(text).ok()?);
    let bytes = broker.store.sealer().open(purpose, ACCOUNT, &sealed).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn redirect_uri(broker: &Broker) -> String {
    format!("{}/account/callback", broker.public_url())
}

/// Only paths of the account page, byte for byte: no scheme, no host, no backslash, no dots.
fn safe_path(path: &str) -> &str {
    let inside = path == "/account" || path.starts_with("/account/");
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_-?=&".contains(&b));
    if inside && plain && !path.contains("//") { path } else { "/account" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_07_open_redirect_account() {
        assert_eq!(safe_path("/account/security"), "/account/security");
        for bad in ["//m.test", "/\\m.test", "/account//m.test", "/accountx", "/console", "javascript:x", ""] {
            assert_eq!(safe_path(bad), "/account", "{bad}");
        }
    }
}
