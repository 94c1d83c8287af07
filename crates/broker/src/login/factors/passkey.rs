//! Passkeys in a sign-in whose person is known: one is asked for as a second factor, or set up.
//!
//! Both are ceremonies of `WebAuthn`. What the end of one needs waits in the sealed flow, so an answer fits this sign-in and
//! this person only. A challenge is answered once: before an answer is looked at, the flow holds the next challenge, by
//! compare-and-set. Attempts are counted with those of all other factors.

use serde::{Deserialize, Serialize};
use serde_json::json;
use usher_domain::{AuditActor, AuditOutcome, Authenticator, FlowId, RefusalCode, UserId};
use usher_login_flow::factors::amr;
use usher_login_flow::factors::passkey::{
    Begun, Owner, PasskeyError, ProvedPasskey, RelyingParty, UserHandle, claimed_credential,
};
use usher_login_flow::{
    Enrolment, FactorOffer, FactorProof, FlowEvent, Next, PendingFactor, ProvedFactor, advance, choose_page, next,
};
use usher_storage::passkeys::{self, Backup, PasskeyRow, PasskeyUse};

use super::answer::{remember, take, with_recovery_codes};
use super::asked::{Asked, Kind};
use super::facts::{self, Known, Unknown};
use super::page::still_asked;
use super::{brake, keep, passkey_first};
use crate::audit::{event, user_object};
use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::flow_state::{self, LoadedFlow};
use crate::login::password::braked;
use crate::login::refuse::{refuse, refuse_stranger};
use crate::visitor::Visitor;

/// Longest name that a person gives a passkey.
const MAX_NAME: usize = 64;

/// What the form around a passkey sends.
#[derive(Debug, Clone)]
pub struct PasskeyForm {
    /// The step that the page was about.
    pub step: u8,
    /// What the browser answered, as JSON; empty where no script ran.
    pub answer: String,
    /// What the person calls a new passkey.
    pub name: String,
    /// Whether this browser is to be remembered.
    pub remember: bool,
    /// Token of the form.
    pub csrf: String,
}

/// A ceremony that waits for its answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Ceremony {
    /// What the browser is asked.
    pub options: String,
    /// What the end needs.
    pub state: String,
}

impl From<Begun> for Ceremony {
    fn from(begun: Begun) -> Self {
        Self { options: begun.options, state: begun.state }
    }
}

/// Takes a form in, whatever the passkey is for; on `Ok` the web front redirects to the dispatcher.
pub async fn submit_passkey(broker: &Broker, id: &FlowId, form: PasskeyForm, visitor: &Visitor) -> Result<(), Failure> {
    let now = broker.now();
    let loaded = flow_state::load(broker, id, visitor, now).await?;
    if !broker.csrf_matches(&format!("flow:{id}"), &form.csrf) {
        return Err(refuse_stranger(broker, RefusalCode::CsrfFailed, visitor).await);
    }
    // An empty form is no answer: the step stays as it is (MFA-02).
    let Some(party) = broker.passkeys().filter(|_| !form.answer.is_empty()) else { return Ok(()) };
    match next(&loaded.state.flow, now) {
        Next::ShowSignIn(offer) | Next::AskIdentifier(offer) if offer.passkey && offer.step.get() == form.step => {
            passkey_first::answered(broker, party, loaded, (offer.step, &form.answer), visitor).await
        }
        Next::AskFactor(offer) if offer.step.get() == form.step => {
            Box::pin(answered(broker, party, loaded, (&offer, &form), visitor)).await
        }
        _ => Ok(()),
    }
}

/// Begins to ask for one of the person's keys.
pub(super) fn ask(broker: &Broker, known: &Known) -> Result<Kind, Fault> {
    let open = |row: &PasskeyRow| Ok(keep::open_passkey(&broker.store, &row.id, &row.sealed)?.expose().to_owned());
    let credentials = known.passkeys.iter().map(open).collect::<Result<Vec<_>, Fault>>()?;
    let begun = party(broker)?.begin_authentication(&credentials).map_err(|e| Fault::unreadable("passkey", e))?;
    Ok(Kind::Passkey { ceremony: begun.into() })
}

/// Begins to make a key, on a device that has none of this person's.
pub(super) fn set_up(broker: &Broker, loaded: &LoadedFlow, known: &Known) -> Result<Kind, Fault> {
    let flow = &loaded.state.flow;
    let handle = match &known.user {
        Some(user) => UserHandle::of_user(&user.id),
        None => UserHandle::of_flow(flow.id()),
    };
    let waiting = flow.enrolments().iter().filter_map(|enrolment| match enrolment {
        Enrolment::Passkey { id, .. } => Some(id.clone()),
        Enrolment::Totp { .. } | Enrolment::RecoveryCodes { .. } => None,
    });
    let there: Vec<String> = known.passkeys.iter().map(|row| row.id.clone()).chain(waiting).collect();
    let name = if known.name.is_empty() { "Usher" } else { known.name.as_str() };
    let owner = Owner { handle, name, display_name: name };
    let begun = party(broker)?.begin_registration(owner, &there).map_err(|e| Fault::unreadable("passkey", e))?;
    Ok(Kind::NewPasskey { ceremony: begun.into() })
}

fn party(broker: &Broker) -> Result<&RelyingParty, Fault> {
    broker.passkeys().ok_or(Fault::Invariant("passkeys are offered where the public address can have them"))
}

async fn answered(
    broker: &Broker,
    party: &RelyingParty,
    loaded: LoadedFlow,
    (offer, form): (&FactorOffer, &PasskeyForm),
    visitor: &Visitor,
) -> Result<(), Failure> {
    let known = match facts::load(broker, &loaded).await {
        Ok(known) => known,
        Err(Unknown::Refused(code)) => return Err(refuse(broker, loaded, code, None, visitor).await),
        Err(Unknown::Fault(fault)) => return Err(fault.into()),
    };
    // Judged by what the person has now: whoever set a factor up meanwhile is asked for that one (MFA-10).
    let Some((asked, _)) = still_asked(offer, &choose_page(offer, &known.facts)) else { return Ok(()) };
    let Some(pending) = offer.pending.clone() else { return Ok(()) };
    let (next, ceremony) = match asked.kind.clone() {
        Kind::Passkey { ceremony } => (ask(broker, &known)?, ceremony),
        Kind::NewPasskey { ceremony } => (set_up(broker, &loaded, &known)?, ceremony),
        Kind::App | Kind::Mail | Kind::Lost | Kind::NewApp { .. } => return Ok(()),
    };
    if !broker.limits.allows_password(visitor.remote) {
        return Err(braked(broker, &loaded, RefusalCode::RateLimited, visitor, 60).await);
    }
    if let Some(seconds) = brake::count(broker, &known.key).await? {
        return Err(braked(broker, &loaded, RefusalCode::Locked, visitor, seconds).await);
    }
    let state = Asked { kind: next, ..asked.clone() }.write()?;
    let Some(loaded) = spend(broker, loaded, PendingFactor { state, ..pending.clone() }).await? else { return Ok(()) };
    let proved = match asked.kind {
        Kind::NewPasskey { .. } => made(broker, party, (&loaded, &known), &ceremony, form).await?,
        _ => proved(broker, party, (&loaded, &known), (&ceremony, &form.answer), visitor).await?,
    };
    let (step, authenticator) = (offer.step, Authenticator::Passkey);
    let Some((by, enrolments)) = proved else {
        let text = format!("step {step}: passkey not accepted");
        return take(broker, loaded, FlowEvent::FactorRejected { step, authenticator }, &text).await;
    };
    brake::clear(broker, &known.key).await?;
    let amr = amr(authenticator).iter().map(|&method| method.to_owned()).collect();
    let proved = ProvedFactor { step, authenticator, by, at: broker.now(), amr, enrolments };
    let loaded = if form.remember { remember(broker, loaded, offer, &proved) } else { loaded };
    let text = format!("step {step}: passkey accepted");
    take(broker, loaded, FlowEvent::FactorProved { proved: Box::new(proved) }, &text).await
}

/// The challenge is used up, whatever comes of its answer: of two answers at once one is looked at.
pub(super) async fn spend(
    broker: &Broker,
    mut loaded: LoadedFlow,
    next: PendingFactor,
) -> Result<Option<LoadedFlow>, Fault> {
    let event = FlowEvent::FactorBegun { pending: next };
    let Ok(flow) = advance(loaded.state.flow.clone(), event, broker.now()) else { return Ok(None) };
    loaded.state.flow = flow;
    let saved = flow_state::save(broker, &loaded.state, loaded.revision).await?;
    Ok(saved.map(|revision| LoadedFlow { revision, ..loaded }))
}

type Proof = Option<(FactorProof, Vec<Enrolment>)>;

/// An answer by one of the keys that the account has now, and had when it was asked.
async fn proved(
    broker: &Broker,
    party: &RelyingParty,
    (loaded, known): (&LoadedFlow, &Known),
    (ceremony, answer): (&Ceremony, &str),
    visitor: &Visitor,
) -> Result<Proof, Fault> {
    let row = claimed_credential(answer).ok().and_then(|id| known.passkeys.iter().find(|row| row.id == id));
    let Some(row) = row else { return Ok(None) };
    let right = verified(broker, party, row, (ceremony, answer), (loaded, visitor)).await?;
    Ok(right.then(|| (FactorProof::Answer { id: Some(row.id.clone()) }, Vec::new())))
}

/// Whether an answer is right, by what is kept of the key now. A right one is kept durably, once.
pub(super) async fn verified(
    broker: &Broker,
    party: &RelyingParty,
    row: &PasskeyRow,
    (ceremony, answer): (&Ceremony, &str),
    (loaded, visitor): (&LoadedFlow, &Visitor),
) -> Result<bool, Fault> {
    let credential = keep::open_passkey(&broker.store, &row.id, &row.sealed)?;
    match party.finish_authentication(&ceremony.state, answer, credential.expose()) {
        Ok(proved) => use_up(broker, row, &proved).await,
        Err(PasskeyError::ClonedSuspected) => {
            suspect(broker, &row.user, loaded, visitor).await?;
            Ok(false)
        }
        Err(_) => Ok(false),
    }
}

/// Keeps the counter; false where the key was removed or used since it was read.
async fn use_up(broker: &Broker, row: &PasskeyRow, proved: &ProvedPasskey) -> Result<bool, Fault> {
    let after = keep::seal_passkey(&broker.store, &row.id, &proved.credential, broker.entropy())
        .map_err(|e| Fault::unreadable("factor", e))?;
    let backup = if proved.backed_up { Backup::Present } else { Backup::None };
    let (id, used) = (row.id.clone(), PasskeyUse { before: row.sealed.clone(), after, backup, at: broker.now() });
    let used = broker.store.write(move |tx| {
        let (id, used) = (id.clone(), used.clone());
        Box::pin(async move { passkeys::update_credential(tx, &id, &used).await })
    });
    Ok(used.await?)
}

/// Level 3, 6.1.1: a counter that stands still means a copy, or a broken device. Admins read about it.
async fn suspect(broker: &Broker, owner: &UserId, loaded: &LoadedFlow, visitor: &Visitor) -> Result<(), Fault> {
    let mut suspected = event(visitor, broker.now(), "factor.clone_suspected", AuditActor::Anonymous);
    suspected.object = user_object(owner);
    suspected.outcome = AuditOutcome::Refused;
    suspected.detail = json!({ "what": Authenticator::Passkey.as_str() });
    suspected.correlation = Some(loaded.state.flow.correlation().clone());
    broker
        .store
        .write(move |tx| {
            let suspected = suspected.clone();
            Box::pin(async move { usher_storage::audit::insert(tx, &suspected).await })
        })
        .await?;
    Ok(())
}

/// A new key; recovery codes come with it unless there are some.
async fn made(
    broker: &Broker,
    party: &RelyingParty,
    (loaded, known): (&LoadedFlow, &Known),
    ceremony: &Ceremony,
    form: &PasskeyForm,
) -> Result<Proof, Fault> {
    let Ok(new) = party.finish_registration(&ceremony.state, &form.answer) else { return Ok(None) };
    let id = new.credential_id.clone();
    let taken = broker.store.read(move |tx| Box::pin(async move { passkeys::get(tx, &id).await })).await?.is_some();
    let waits = |known: &Enrolment| matches!(known, Enrolment::Passkey { id, .. } if *id == new.credential_id);
    // Level 3, 7.1 (26): an id names one account.
    if taken || loaded.state.flow.enrolments().iter().any(waits) {
        return Ok(None);
    }
    let passkey = Enrolment::Passkey {
        id: new.credential_id,
        credential: new.credential,
        name: named(&form.name),
        backed_up: new.backed_up,
    };
    Ok(Some((FactorProof::Enrolled, with_recovery_codes(broker, known, passkey))))
}

/// What a passkey is called: as the person says, on one line.
pub fn named(typed: &str) -> String {
    let name: String = typed.trim().chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    if name.is_empty() { "Passkey".to_owned() } else { name }
}
