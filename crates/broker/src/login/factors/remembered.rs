//! Remembered browsers: a cookie with one token for each person and flow that the browser is remembered for.
//!
//! At rest is only a hash of each token, with person, flow and end. A token changes at every use, so that a copied cookie and
//! the browser it was copied from do not both go on unseen (SESS-15). Where one may count at all is `login_flow`'s to say.

use chrono::{DateTime, Utc};
use usher_domain::{FlowOwner, SecretText, Subject, TraceStage, UserId};
use usher_login_flow::{
    FactorOffer, FactorPage, FactorProof, FlowEvent, LoginFlow, ProvedFactor, advance, answerable_by_browser,
    choose_page,
};
use usher_storage::trusted_devices::{self, TrustedDevice};
use usher_storage::{Hash, StorageError, Tx, hash};

use super::brake;
use super::facts::{self, Unknown};
use crate::answer::RememberedDevice;
use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::flow_state::{self, LoadedFlow};
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// For so many people and flows a browser is remembered; the oldest gives way.
const TOKENS: usize = 5;
/// Stands in no token.
const BETWEEN: char = '.';

/// Completes the open step where this browser is remembered for the person and the flow; the cookie it gets then.
pub(crate) async fn recognise(
    broker: &Broker,
    loaded: &mut LoadedFlow,
    visitor: &Visitor,
) -> Result<Option<RememberedDevice>, Failure> {
    let now = broker.now();
    let tokens = tokens(visitor);
    let flow = &loaded.state.flow;
    if tokens.is_empty() || answerable_by_browser(flow, now, now).is_none() {
        return Ok(None);
    }
    let Some(whose) = whose(flow) else { return Ok(None) };
    let Some(found) = look_up(broker, &tokens, whose.clone()).await? else { return Ok(None) };
    let since = found.device.created_at;
    let Some(offer) = answerable_by_browser(flow, since, now) else { return Ok(None) };
    let Some(proved) = proved(broker, loaded, &offer, since).await? else { return Ok(None) };
    let fresh = broker.random_token();
    let (old, new) = (found.device.hash, hash(fresh.expose().as_bytes()));
    let rotated = broker.store.write(move |tx| {
        let (user, owner) = whose.clone();
        Box::pin(async move { trusted_devices::rotate(tx, (&old, &new), (&user, &owner), now).await })
    });
    if rotated.await.map_err(Fault::from)?.is_none() {
        return Ok(None);
    }
    if let Ok(after) = advance(flow.clone(), FlowEvent::FactorProved { proved: Box::new(proved) }, now) {
        loaded.state.flow = after;
        let text = format!("step {}: this browser is remembered since {}", offer.step, since.format("%F %R UTC"));
        note(&mut loaded.state.trace, now, TraceStage::Page, text);
        if let Some(revision) = flow_state::save(broker, &loaded.state, loaded.revision).await? {
            loaded.revision = revision;
        }
    }
    Ok(Some(cookie(fresh.expose(), &found.others, found.until, now)))
}

/// The account and the flow that a browser would be remembered for.
fn whose(flow: &LoginFlow) -> Option<(UserId, FlowOwner)> {
    let Some(Subject::Local { user }) = flow.subject() else { return None };
    let owner = FlowOwner::from_key(&flow.plan().version.as_ref()?.owner).ok()?;
    Some((user.clone(), owner))
}

/// The step answered by the browser, where the person has something that it may stand for: what must be set up first, or
/// belongs to nobody, is not skipped.
async fn proved(
    broker: &Broker,
    loaded: &LoadedFlow,
    offer: &FactorOffer,
    since: DateTime<Utc>,
) -> Result<Option<ProvedFactor>, Fault> {
    let known = match facts::load(broker, loaded).await {
        Ok(known) => known,
        Err(Unknown::Refused(_)) => return Ok(None),
        Err(Unknown::Fault(fault)) => return Err(fault),
    };
    let FactorPage::Ask { authenticator, .. } = choose_page(offer, &known.facts) else { return Ok(None) };
    // Whoever is locked has no other door (MFA-14).
    if brake::is_locked(broker, &known.key).await? {
        return Ok(None);
    }
    // Nobody answered anything: no method is claimed for it.
    let amr = Vec::new();
    let by = FactorProof::Remembered;
    Ok(Some(ProvedFactor { step: offer.step, authenticator, by, at: since, amr, enrolments: Vec::new() }))
}

/// A browser as its cookie shows it.
struct Found {
    device: TrustedDevice,
    /// The other tokens that are worth something, in order.
    others: Vec<String>,
    /// When the last of all ends.
    until: DateTime<Utc>,
}

async fn look_up(broker: &Broker, tokens: &[String], whose: (UserId, FlowOwner)) -> Result<Option<Found>, Fault> {
    let (tokens, now) = (tokens.to_vec(), broker.now());
    let live = broker.store.read(move |tx| {
        let tokens = tokens.clone();
        Box::pin(async move { live(tx, &tokens, now).await })
    });
    let mut live = live.await?;
    let own = |(_, device): &(String, TrustedDevice)| (&device.user, &device.owner) == (&whose.0, &whose.1);
    let Some(position) = live.iter().position(own) else { return Ok(None) };
    let until = live.iter().map(|(_, device)| device.expires_at).max().unwrap_or(now);
    let (_, device) = live.remove(position);
    Ok(Some(Found { device, others: live.into_iter().map(|(token, _)| token).collect(), until }))
}

async fn live(
    tx: &mut Tx,
    tokens: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<(String, TrustedDevice)>, StorageError> {
    let mut live = Vec::new();
    for token in tokens {
        if let Some(device) = trusted_devices::get(tx, &hash(token.as_bytes()), now).await? {
            live.push((token.clone(), device));
        }
    }
    Ok(live)
}

/// Remembers a browser within the transaction that ends the sign-in; a token for the same person and flow gives way.
pub(crate) async fn keep(
    tx: &mut Tx,
    visitor: &Visitor,
    token: &SecretText,
    device: &TrustedDevice,
) -> Result<RememberedDevice, StorageError> {
    let now = device.created_at;
    let (mut others, mut until) = (Vec::new(), device.expires_at);
    for (text, other) in live(tx, &tokens(visitor), now).await? {
        if (&other.user, &other.owner) == (&device.user, &device.owner) {
            trusted_devices::delete(tx, &other.hash, &other.user).await?;
        } else {
            until = until.max(other.expires_at);
            others.push(text);
        }
    }
    trusted_devices::insert(tx, device).await?;
    Ok(cookie(token.expose(), &others, until, now))
}

/// Whether a browser of the account is still remembered for the flow: whoever was reset meanwhile has none.
pub(crate) async fn still_remembered(
    tx: &mut Tx,
    user: &UserId,
    owner: Option<&FlowOwner>,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    Ok(trusted_devices::list(tx, user, now).await?.iter().any(|device| Some(&device.owner) == owner))
}

/// The hash of a token that stands for a browser to remember.
pub(crate) fn hash_of(token: &SecretText) -> Hash {
    hash(token.expose().as_bytes())
}

/// What the browser sent, cut to what we would ever set.
fn tokens(visitor: &Visitor) -> Vec<String> {
    let sent = visitor.device.as_ref().map(SecretText::expose).unwrap_or_default();
    sent.split(BETWEEN).filter(|token| !token.is_empty()).take(TOKENS).map(str::to_owned).collect()
}

/// The newest token first, the cookie as long as the last of them lives.
fn cookie(first: &str, others: &[String], until: DateTime<Utc>, now: DateTime<Utc>) -> RememberedDevice {
    let mut text = first.to_owned();
    for other in others.iter().take(TOKENS - 1) {
        text.push(BETWEEN);
        text.push_str(other);
    }
    let hours = (until - now).num_hours().max(0);
    let days = u16::try_from(hours / 24 + 1).unwrap_or(u16::MAX);
    RememberedDevice { cookie: SecretText::new(text), days }
}
