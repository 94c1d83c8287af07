//! "Link your account": the person proves to own the existing account that an external identity means.
//!
//! Either by its user name and password, under the same brakes and lockouts as the password form, or by a code that is mailed
//! to the address of the *account* and typed in this browser (never a link). The page is the same whether the account has a
//! password, an address, or neither, and says nothing about it. Nothing is linked here: the proof waits in the flow,
//! and the end of the sign-in decides again with it.

use chrono::Duration;
use subtle::ConstantTimeEq;
use usher_domain::{
    AccountState, AttributeName, ConnectionId, CorrelationId, EmailAddress, FlowId, Mail, MailContent, RefusalCode,
    TraceStage, User, UserId,
};
use usher_login_flow::factors::mail_code;
use usher_login_flow::{
    CODE_MINUTES, CodeStanding, FlowEvent, Next, OwnershipBy, PendingProof, ProofOffer, SentCode, WrongProof, advance,
    next,
};
use usher_provisioning::{Outcome, map};
use usher_storage::attempts::{self, AttemptPolicy};
use usher_storage::{Purpose, hex, roles, users};

use super::commit::shown;
use super::decided::authentication;
use super::evidence::decide_now;
use super::finish::{account_need, decision_context};
use super::password::{Checked, PasswordForm, braked, check_password, forgive};
use super::refuse::{refuse, refuse_stranger};
use crate::broker::Broker;
use crate::failure::{Failure, Fault, Refusal};
use crate::flow_state::{self, LoadedFlow};
use crate::mail::language;
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// MAC over a mailed code with everything that it is bound to.
pub(super) const CODE: Purpose = Purpose::new("mac.ownership_code");
/// Codes mailed to one account in an hour, from whatever sign-ins.
const SENDS: AttemptPolicy = AttemptPolicy { limit: 10, window: Duration::hours(1), lock: Duration::hours(1) };
/// Codes typed for one account in an hour, from whatever sign-ins.
const GUESSES: AttemptPolicy = AttemptPolicy { limit: 20, window: Duration::hours(1), lock: Duration::hours(1) };

/// Everything the page shows.
#[derive(Debug, Clone)]
pub struct ProofPage {
    /// The flow.
    pub flow: FlowId,
    /// Name of the application.
    pub application: String,
    /// Name of the connection.
    pub connection: String,
    /// Who the person is there, masked.
    pub external: String,
    /// Whether a code can be asked for at all.
    pub mail: bool,
    /// The code.
    pub code: CodeStanding,
    /// How many more codes may be sent.
    pub sends_left: u32,
    /// What was wrong last.
    pub wrong: Option<WrongProof>,
    /// Token of the forms.
    pub csrf: String,
    /// What the person can read out.
    pub correlation: CorrelationId,
    /// Languages that the application asked for.
    pub ui_locales: Vec<String>,
}

/// The page for an offer.
pub fn page(broker: &Broker, loaded: &LoadedFlow, offer: ProofOffer) -> Result<ProofPage, Fault> {
    let snapshot = broker.snapshot();
    let flow = &loaded.state.flow;
    let proof = flow.pending_proof().ok_or(Fault::Invariant("an offered proof is pending"))?;
    Ok(ProofPage {
        flow: flow.id().clone(),
        application: snapshot.application(&flow.request().application).map(|a| a.name.clone()).unwrap_or_default(),
        connection: snapshot.connections.get(&offer.connection).map(|c| c.connection.name.clone()).unwrap_or_default(),
        external: shown(&proof.proved().identity),
        mail: broker.can_mail(),
        code: offer.code,
        sends_left: offer.sends_left,
        wrong: offer.wrong,
        csrf: broker.csrf_token(&format!("flow:{}", flow.id())),
        correlation: flow.correlation().clone(),
        ui_locales: flow.request().ui_locales.clone(),
    })
}

/// A flow that asks for a proof, with its form checked; nothing where it asks for something else by now.
async fn asked(
    broker: &Broker,
    id: &FlowId,
    csrf: &str,
    visitor: &Visitor,
) -> Result<Option<(LoadedFlow, PendingProof)>, Failure> {
    broker.assert_fresh()?;
    let now = broker.now();
    let loaded = flow_state::load(broker, id, visitor, now).await?;
    if !broker.csrf_matches(&format!("flow:{id}"), csrf) {
        return Err(refuse_stranger(broker, RefusalCode::CsrfFailed, visitor).await);
    }
    let pending = match next(&loaded.state.flow, now) {
        Next::ProveOwnership(_) => loaded.state.flow.pending_proof().cloned(),
        _ => None,
    };
    Ok(pending.map(|pending| (loaded, pending)))
}

/// User name and password of the existing account.
pub async fn submit_password(
    broker: &Broker,
    id: &FlowId,
    form: PasswordForm,
    visitor: &Visitor,
) -> Result<(), Failure> {
    let Some((loaded, pending)) = asked(broker, id, &form.csrf, visitor).await? else { return Ok(()) };
    if !broker.limits.allows_password(visitor.remote) {
        return Err(braked(broker, &loaded, RefusalCode::RateLimited, visitor, 60).await);
    }
    let typed_name = Some(form.username.clone());
    match check_password(broker, &loaded, form, visitor).await? {
        // Another account with its right password is as wrong as a wrong password: nothing tells which was meant.
        Checked::Right(user, keys) if user.id == *pending.user() && user.state == AccountState::Active => {
            forgive(broker, keys).await?;
            Box::pin(prove(broker, loaded, &pending, OwnershipBy::Password, visitor)).await
        }
        Checked::Right(..) | Checked::Wrong => {
            let line = "proof: user name or password not accepted";
            wrong(broker, loaded, WrongProof::Password { typed_name }, line).await
        }
    }
}

/// Mails a code to the account's address, where it has one that may prove anything.
pub async fn send_code(broker: &Broker, id: &FlowId, csrf: &str, visitor: &Visitor) -> Result<(), Failure> {
    let Some((mut loaded, pending)) = asked(broker, id, csrf, visitor).await? else { return Ok(()) };
    if !broker.can_mail() {
        return Err(Refusal::bare(RefusalCode::BadRequest, visitor.correlation.clone(), broker.now()).into());
    }
    if !broker.limits.allows_password(visitor.remote) {
        return Err(braked(broker, &loaded, RefusalCode::RateLimited, visitor, 60).await);
    }
    let now = broker.now();
    let recipient = recipient(broker, &pending).await?;
    let code = mail_code::draw(|bytes| broker.entropy().fill(bytes));
    let mac = code_mac(broker, loaded.state.flow.id(), &pending, &code);
    let address = recipient.as_ref().map(|(_, address)| address.unique_key());
    let event = FlowEvent::CodeSent { code: SentCode::new(mac, address, now) };
    let Ok(flow) = advance(loaded.state.flow.clone(), event, now) else { return Ok(()) };
    loaded.state.flow = flow;
    note(&mut loaded.state.trace, now, TraceStage::Page, "proof: a code was asked for");
    // The flow first: a code that is not in it is never mailed, and of two tabs one mails.
    if flow_state::save(broker, &loaded.state, loaded.revision).await?.is_none() {
        return Ok(());
    }
    let Some((user, address)) = recipient else { return Ok(()) };
    let connection = connection_name(broker, &pending.proved().identity.key.connection);
    let minutes = u32::try_from(CODE_MINUTES).unwrap_or(5);
    let content = MailContent::OwnershipCode { code, connection, minutes };
    let mail = Mail { to: address, language: language(&user), content };
    Ok(deliver(broker, &user.id, mail).await?)
}

async fn deliver(broker: &Broker, user: &UserId, mail: Mail) -> Result<(), Fault> {
    let (store, entropy, now) = (broker.store.clone(), broker.shared_entropy(), broker.now());
    let sends = format!("code-sends:{user}");
    broker
        .store
        .write(move |tx| {
            let (store, entropy, mail, sends) = (store.clone(), entropy.clone(), mail.clone(), sends.clone());
            Box::pin(async move {
                if attempts::state(tx, &sends, now).await?.locked_until.is_some_and(|until| until > now) {
                    return Ok::<_, Fault>(());
                }
                attempts::record_failure(tx, &sends, &SENDS, now).await?;
                crate::mail::queue(tx, &store, &*entropy, &mail, now).await?;
                Ok(())
            })
        })
        .await
}

/// Where a code may go: an address of the account that somebody vouches for, or the very one that the provider named. Whoever
/// reads the mailbox of an administrator's unproved address gets nothing.
async fn recipient(broker: &Broker, pending: &PendingProof) -> Result<Option<(User, EmailAddress)>, Fault> {
    let id = pending.user().clone();
    let (user, is_admin) = broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let is_admin = !roles::list(tx, &id).await?.is_empty();
                Ok::<_, Fault>((users::get(tx, &id).await?, is_admin))
            })
        })
        .await?;
    let Some(user) = user.filter(|user| user.state == AccountState::Active) else { return Ok(None) };
    let Some(email) = user.attributes.get(&AttributeName::email()) else { return Ok(None) };
    let Some(address) = email.values.first().and_then(|text| EmailAddress::parse(text).ok()) else { return Ok(None) };
    let named = || {
        let identity = &pending.proved().identity;
        let snapshot = broker.snapshot();
        let configured = snapshot.live_connection(&identity.key.connection)?;
        let mapped = map(identity, &configured.connection.mapping);
        EmailAddress::parse(mapped.received("email").first()?).ok()
    };
    let may = email.verified.is_verified() || (!is_admin && named().is_some_and(|named| named == address));
    Ok(may.then_some((user, address)))
}

/// The code, as typed.
pub async fn submit_code(
    broker: &Broker,
    id: &FlowId,
    (typed, csrf): (&str, &str),
    visitor: &Visitor,
) -> Result<(), Failure> {
    let Some((loaded, pending)) = asked(broker, id, csrf, visitor).await? else { return Ok(()) };
    if !broker.limits.allows_password(visitor.remote) {
        return Err(braked(broker, &loaded, RefusalCode::RateLimited, visitor, 60).await);
    }
    let typed: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(16).collect();
    let counted = may_guess(broker, pending.user()).await?;
    let mac = code_mac(broker, loaded.state.flow.id(), &pending, &typed);
    let right = pending
        .live_code(broker.now())
        .filter(|code| counted && bool::from(code.mac.as_bytes().ct_eq(mac.as_bytes())))
        .and_then(|code| code.address.clone());
    match right {
        Some(address) => Box::pin(prove(broker, loaded, &pending, OwnershipBy::MailCode { address }, visitor)).await,
        None => wrong(broker, loaded, WrongProof::Code, "proof: code not accepted").await,
    }
}

/// Counts a guess at an account's code durably, before the code is looked at (MFA-06).
async fn may_guess(broker: &Broker, user: &UserId) -> Result<bool, Fault> {
    let now = broker.now();
    let guesses = format!("code-guesses:{user}");
    broker
        .store
        .write(move |tx| {
            let guesses = guesses.clone();
            Box::pin(async move {
                if attempts::state(tx, &guesses, now).await?.locked_until.is_some_and(|until| until > now) {
                    return Ok::<_, Fault>(false);
                }
                let counted = attempts::record_failure(tx, &guesses, &GUESSES, now).await?;
                Ok(counted.failures <= i64::from(GUESSES.limit))
            })
        })
        .await
}

/// The person does not want to, or cannot.
pub async fn cancel(broker: &Broker, id: &FlowId, csrf: &str, visitor: &Visitor) -> Result<(), Failure> {
    let Some((loaded, pending)) = asked(broker, id, csrf, visitor).await? else { return Ok(()) };
    let connection = pending.proved().identity.key.connection.clone();
    Err(refuse(broker, loaded, RefusalCode::LinkRefused, Some(connection), visitor).await)
}

/// Decides with the proof. It counts only if the decision is now to link this very account.
async fn prove(
    broker: &Broker,
    mut loaded: LoadedFlow,
    pending: &PendingProof,
    by: OwnershipBy,
    visitor: &Visitor,
) -> Result<(), Failure> {
    let now = broker.now();
    let identity = pending.proved().identity.clone();
    let connection = identity.key.connection.clone();
    let need = account_need(broker, &loaded.state.flow);
    let Some(mut context) = decision_context(broker, &identity, need) else {
        let code = RefusalCode::ConnectionUnavailable;
        return Err(refuse(broker, loaded, code, Some(connection), visitor).await);
    };
    context.ownership = Some(usher_login_flow::Ownership { user: pending.user().clone(), by: by.clone(), at: now });
    let decided = broker.store.read(move |tx| Box::pin(async move { decide_now(tx, &context).await })).await?;
    let decision = decided.decision;
    let links = matches!(&decision.outcome, Outcome::Link { user, .. } | Outcome::SignIn { user, .. } if user == pending.user());
    for line in decision.explanation.lines() {
        note(&mut loaded.state.trace, now, TraceStage::Decision, line);
    }
    if !links {
        return Err(refuse(broker, loaded, RefusalCode::LinkRefused, Some(connection), visitor).await);
    }
    let authentication = Box::new(authentication(&identity, &decision, now));
    let text = serde_json::to_string(&decision).map_err(|e| Fault::unreadable("decision", e))?;
    let event = FlowEvent::OwnershipProved { by, authentication, decision: text };
    match advance(loaded.state.flow.clone(), event, now) {
        Ok(flow) => loaded.state.flow = flow,
        Err(_) => return Ok(()),
    }
    note(&mut loaded.state.trace, now, TraceStage::Page, "proof: accepted");
    flow_state::save(broker, &loaded.state, loaded.revision).await?;
    Ok(())
}

async fn wrong(broker: &Broker, mut loaded: LoadedFlow, wrong: WrongProof, line: &str) -> Result<(), Failure> {
    let now = broker.now();
    note(&mut loaded.state.trace, now, TraceStage::Page, line);
    if let Ok(flow) = advance(loaded.state.flow.clone(), FlowEvent::ProofRejected { wrong }, now) {
        loaded.state.flow = flow;
        flow_state::save(broker, &loaded.state, loaded.revision).await?;
    }
    Ok(())
}

fn connection_name(broker: &Broker, id: &ConnectionId) -> String {
    broker.snapshot().connections.get(id).map(|c| c.connection.name.clone()).unwrap_or_default()
}

/// A code is worth something for one flow, connection, issuer, external subject and local account (LINK-08).
fn code_mac(broker: &Broker, flow: &FlowId, pending: &PendingProof, code: &str) -> String {
    let key = &pending.proved().identity.key;
    let parts = [flow.as_str(), key.connection.as_str(), &key.issuer, &key.subject, pending.user().as_str(), code];
    hex(&broker.store.sealer().mac(CODE, &mail_code::frame(&parts)))
}
