//! A passkey by itself: it says who the person is, without a user name.
//!
//! Everything that is wrong with an answer ends on the same page: a key that nobody has, one of a disabled account, another
//! origin, another sign-in's challenge, an answer sent again. The authenticator verified the person, or the answer is wrong.

use usher_domain::{AccountState, Authentication, Authenticator, Claims, FactorUse, RefusalCode, Subject, User};
use usher_login_flow::factors::amr;
use usher_login_flow::factors::passkey::{RelyingParty, claimed_credential};
use usher_login_flow::{FactorPurpose, FlowEvent, PendingFactor, SignInOffer, StepNumber};
use usher_storage::passkeys::{self, PasskeyRow};
use usher_storage::users;

use super::answer::take;
use super::asked::{Asked, Kind};
use super::brake;
use super::passkey::{Ceremony, spend, verified};
use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::flow_state::LoadedFlow;
use crate::login::password::braked;
use crate::visitor::Visitor;

/// What a sign-in page needs to ask for a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyOffer {
    /// What the browser is asked, as JSON.
    pub options: String,
    /// Whether the answer before was wrong.
    pub rejected: bool,
}

/// Whether a sign-in page asks for a passkey.
pub(crate) enum Offered {
    /// It does, or it does not.
    Page(Option<PasskeyOffer>),
    /// Another tab came first: look again.
    Again,
}

/// Prepares the question of the sign-in page; one that waits is asked again.
pub(crate) async fn offer(broker: &Broker, loaded: &mut LoadedFlow, offer: &SignInOffer) -> Result<Offered, Fault> {
    let Some(party) = broker.passkeys().filter(|_| offer.passkey) else { return Ok(Offered::Page(None)) };
    if let Some((pending, ceremony)) = waiting(loaded, offer.step) {
        return Ok(Offered::Page(Some(PasskeyOffer { options: ceremony.options, rejected: pending.rejected })));
    }
    let pending = question(party, offer.step)?;
    let options = match Asked::read(&pending.state).map(|asked| asked.kind) {
        Some(Kind::Passkey { ceremony }) => ceremony.options,
        _ => return Ok(Offered::Page(None)),
    };
    match spend(broker, loaded.clone(), pending).await? {
        Some(after) => {
            *loaded = after;
            Ok(Offered::Page(Some(PasskeyOffer { options, rejected: false })))
        }
        None => Ok(Offered::Again),
    }
}

/// The question that waits for its answer.
fn waiting(loaded: &LoadedFlow, step: StepNumber) -> Option<(PendingFactor, Ceremony)> {
    let pending = loaded.state.flow.pending_factor()?;
    if pending.step != step || pending.authenticator != Authenticator::Passkey {
        return None;
    }
    match Asked::read(&pending.state)?.kind {
        Kind::Passkey { ceremony } => Some((pending.clone(), ceremony)),
        _ => None,
    }
}

fn question(party: &RelyingParty, step: StepNumber) -> Result<PendingFactor, Fault> {
    let begun = party.begin_discoverable().map_err(|e| Fault::unreadable("passkey", e))?;
    let state = Asked::new(Kind::Passkey { ceremony: begun.into() }).write()?;
    let (authenticator, purpose) = (Authenticator::Passkey, FactorPurpose::Prove);
    Ok(PendingFactor { step, authenticator, purpose, state, rejected: false })
}

/// Looks at an answer.
pub(super) async fn answered(
    broker: &Broker,
    party: &RelyingParty,
    loaded: LoadedFlow,
    (step, answer): (StepNumber, &str),
    visitor: &Visitor,
) -> Result<(), Failure> {
    let Some((_, ceremony)) = waiting(&loaded, step) else { return Ok(()) };
    if !broker.limits.allows_password(visitor.remote) {
        return Err(braked(broker, &loaded, RefusalCode::RateLimited, visitor, 60).await);
    }
    let named = named(broker, answer).await?;
    // The lock of all factors holds here too (MFA-06) and does not show, since nobody is known yet. It is not counted
    // towards: a signature is not guessed, and whoever knows the id of a key could lock its owner out.
    let locked = match &named {
        Some((_, user)) => brake::is_locked(broker, user.id.as_str()).await?,
        None => false,
    };
    let Some(mut loaded) = spend(broker, loaded, question(party, step)?).await? else { return Ok(()) };
    let named = named.filter(|(_, user)| !locked && user.state == AccountState::Active);
    let right = match &named {
        Some((row, _)) => verified(broker, party, row, (&ceremony, answer), (&loaded, visitor)).await?,
        None => false,
    };
    let Some((row, user)) = named.filter(|_| right) else {
        let event = FlowEvent::FactorRejected { step, authenticator: Authenticator::Passkey };
        return take(broker, loaded, event, "passkey not accepted").await;
    };
    brake::clear(broker, user.id.as_str()).await?;
    loaded.state.trace.user = Some(user.id.clone());
    let event = FlowEvent::PasskeyAccepted { step, authentication: authentication(broker, &user), id: row.id };
    take(broker, loaded, event, "passkey accepted: it says who the person is").await
}

/// The key that an answer says it is by, and whose it is.
async fn named(broker: &Broker, answer: &str) -> Result<Option<(PasskeyRow, User)>, Fault> {
    let Ok(id) = claimed_credential(answer) else { return Ok(None) };
    broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let Some(row) = passkeys::get(tx, &id).await? else { return Ok::<_, Fault>(None) };
                let user = users::get(tx, &row.user).await?;
                Ok(user.map(|user| (row, user)))
            })
        })
        .await
}

fn authentication(broker: &Broker, user: &User) -> Authentication {
    let (factor, at) = (Authenticator::Passkey, broker.now());
    Authentication {
        subject: Subject::Local { user: user.id.clone() },
        at,
        connection: None,
        amr: amr(factor).iter().map(|&method| method.to_owned()).collect(),
        pass_through: Claims::new(),
        groups: Vec::new(),
        factors: vec![FactorUse { factor, at }],
        acr: None,
    }
}
