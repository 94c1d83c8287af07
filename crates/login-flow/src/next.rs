//! What happens now: derived from the facts at every request of the dispatcher, never stored.

use chrono::{DateTime, Utc};
use usher_domain::{Authenticator, ConnectionId, Interaction, RefusalCode, SignInPageStyle};

use crate::factor::{self, FactorOffer};
use crate::flow::{Finality, FlowRefusal, LoginFlow, Standing};
use crate::plan::StepNumber;
use crate::proof::{self, ProofOffer};
use crate::script::{PromptAsk, ScriptEnding};

/// A word above the sign-in form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInNotice {
    /// User name or password was wrong; the page never says which.
    WrongPassword,
}

/// What the sign-in page offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInOffer {
    /// The open step; forms send it back.
    pub step: StepNumber,
    /// Whether user name and password are offered.
    pub password: bool,
    /// Whether a passkey is offered, by itself.
    pub passkey: bool,
    /// The connections offered, in order.
    pub connections: Vec<ConnectionId>,
    /// Whom the application expects; only fills the form in.
    pub login_hint: Option<String>,
    /// A word about the attempt before.
    pub notice: Option<SignInNotice>,
    /// What was typed as user name in the attempt before.
    pub typed_name: Option<String>,
    /// What was typed on the page that asks for it first; shown with a way to change it.
    pub identifier: Option<String>,
}

/// What happens now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The person is asked.
    ShowSignIn(SignInOffer),
    /// The person is asked who they are, and nothing else yet.
    AskIdentifier(SignInOffer),
    /// The person, who is known by now, is asked for a factor.
    AskFactor(Box<FactorOffer>),
    /// The person is shown the recovery codes made in this sign-in.
    ShowRecoveryCodes(Vec<String>),
    /// The script of the flow must run; tell the flow what it said.
    RunScript,
    /// The person is shown a page that the script asks for.
    ShowPrompt(PromptAsk),
    /// The script ended the sign-in.
    Ended(ScriptEnding),
    /// The person is asked to prove that an existing account is theirs.
    ProveOwnership(ProofOffer),
    /// There is one way, or the application named one: go at once. Record the departure first.
    Depart {
        /// The open step.
        step: StepNumber,
        /// Where to.
        connection: ConnectionId,
    },
    /// Everything is proved: answer the application.
    Finish,
    /// The person is told why not.
    Refused(FlowRefusal),
    /// The person would have to be asked, which the application forbade (`prompt=none`).
    CannotInteract,
    /// The sign-in ran out of time.
    Expired,
    /// The application already got its answer.
    AlreadyFinished,
}

/// Derives what happens now.
pub fn next(flow: &LoginFlow, now: DateTime<Utc>) -> Next {
    let expired = flow.no_earlier(now) >= flow.expires_at();
    match &flow.standing {
        Standing::Finished { .. } => Next::AlreadyFinished,
        Standing::Ended { ending } => Next::Ended(ending.clone()),
        Standing::Refused { refusal } if refusal.finality == Finality::Final => Next::Refused(refusal.clone()),
        _ if expired => Next::Expired,
        Standing::Refused { refusal } => Next::Refused(refusal.clone()),
        Standing::Open => go_on(flow, now),
    }
}

fn go_on(flow: &LoginFlow, now: DateTime<Utc>) -> Next {
    if let Some(codes) = flow.codes_to_show() {
        return Next::ShowRecoveryCodes(codes.to_vec());
    }
    if flow.is_complete() {
        return Next::Finish;
    }
    if flow.events >= LoginFlow::MAX_EVENTS {
        return end(RefusalCode::RateLimited);
    }
    if flow.script_is_due() {
        return Next::RunScript;
    }
    if flow.request.interaction == Interaction::Forbidden {
        return Next::CannotInteract;
    }
    if let Some(prompt) = flow.prompt() {
        return Next::ShowPrompt(prompt.clone());
    }
    let Some(step) = flow.open_step() else { return end(RefusalCode::Internal) };
    if let Some(offer) = proof::offer(flow, now) {
        return Next::ProveOwnership(offer);
    }
    if let Some(offer) = factor::offer(flow, step) {
        return Next::AskFactor(Box::new(offer));
    }
    let offer = SignInOffer {
        step,
        password: flow.offers_password(step),
        passkey: flow.offered_factors(step).contains(&Authenticator::Passkey),
        connections: flow.offered_connections(step).cloned().collect(),
        login_hint: flow.request.login_hint.clone(),
        notice: flow.rejection.as_ref().map(|_| SignInNotice::WrongPassword),
        typed_name: flow.rejection.as_ref().and_then(|r| r.typed_name.clone()),
        identifier: flow.identified.as_ref().map(|who| who.typed.clone()),
    };
    if !offer.password && !offer.passkey && offer.connections.is_empty() {
        return end(RefusalCode::ConnectionUnavailable);
    }
    match automatic(flow, &offer) {
        Some(connection) => Next::Depart { step, connection: connection.clone() },
        None => page(flow, offer),
    }
}

/// The page that asks: everything at once, or first who the person is (home-realm discovery).
fn page(flow: &LoginFlow, offer: SignInOffer) -> Next {
    if flow.plan.style == SignInPageStyle::List {
        return Next::ShowSignIn(offer);
    }
    match &flow.identified {
        None => Next::AskIdentifier(offer),
        Some(who) if !who.connections.is_empty() => match who.connections.as_slice() {
            [only] if !who.departed => Next::Depart { step: offer.step, connection: only.clone() },
            several => Next::ShowSignIn(SignInOffer { password: false, connections: several.to_vec(), ..offer }),
        },
        // The same for people who are known and for those who are not.
        Some(_) if offer.password => Next::ShowSignIn(SignInOffer { connections: Vec::new(), ..offer }),
        Some(_) => Next::ShowSignIn(offer),
    }
}

fn end(code: RefusalCode) -> Next {
    Next::Refused(FlowRefusal { code, connection: None, finality: Finality::Final })
}

/// The connection to depart to without asking: once per step and not after the person asked for another
/// way, so Back shows the page and no provider can make a loop (OIDC-34).
fn automatic<'a>(flow: &'a LoginFlow, offer: &'a SignInOffer) -> Option<&'a ConnectionId> {
    if flow.restarts > 0 || flow.chosen.iter().any(|c| c.step == offer.step) {
        return None;
    }
    let hinted = flow.request.connection_hint.as_ref().filter(|hint| offer.connections.contains(hint));
    hinted.or(match offer.connections.as_slice() {
        [only] if !offer.password && !offer.passkey => Some(only),
        _ => None,
    })
}
