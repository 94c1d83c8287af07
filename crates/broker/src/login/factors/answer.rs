//! Answers to a factor: counted durably, looked at once, taken into the flow.

use subtle::ConstantTimeEq;
use usher_domain::{AuditActor, AuditEvent, Authenticator, FlowId, MailContent, RefusalCode, TraceStage, User};
use usher_login_flow::factors::amr;
use usher_login_flow::factors::mail_code::{CODE_DIGITS, digits};
use usher_login_flow::factors::recovery::{self, SEED_BYTES};
use usher_login_flow::factors::totp::{self, TotpSecret, Verdict};
use usher_login_flow::{
    Enrolment, FactorOffer, FactorPage, FactorProof, FlowEvent, Next, PendingFactor, ProvedFactor, advance,
    choose_page, next,
};
use usher_storage::{Tx, audit, recovery_codes, totp as apps};

use super::asked::{Asked, Kind, Mailed};
use super::facts::{self, Known, Unknown};
use super::page::{Wanted, begin, code_mac, still_asked};
use super::{brake, keep};
use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::flow_state::{self, LoadedFlow};
use crate::login::password::braked;
use crate::login::refuse::{refuse, refuse_stranger};
use crate::mail::Notices;
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// What a form about a factor wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactorAct {
    /// This is the code.
    Code(String),
    /// Another way.
    Other(Authenticator),
    /// To set this up.
    SetUp(Authenticator),
    /// To choose anew what to set up.
    Choose,
    /// To give the step up.
    GiveUp,
    /// Another code by mail.
    SendAgain,
    /// The recovery codes were seen.
    CodesSeen,
}

/// What the form sends.
#[derive(Debug, Clone)]
pub struct FactorForm {
    /// The step that the page was about.
    pub step: u8,
    /// What is wanted.
    pub act: FactorAct,
    /// Whether this browser is to be remembered.
    pub remember: bool,
    /// Token of the form.
    pub csrf: String,
}

/// Takes a form in; on `Ok` the web front redirects to the dispatcher.
pub async fn submit_factor(broker: &Broker, id: &FlowId, form: FactorForm, visitor: &Visitor) -> Result<(), Failure> {
    let now = broker.now();
    let mut loaded = flow_state::load(broker, id, visitor, now).await?;
    if !broker.csrf_matches(&format!("flow:{id}"), &form.csrf) {
        return Err(refuse_stranger(broker, RefusalCode::CsrfFailed, visitor).await);
    }
    let offer = match next(&loaded.state.flow, now) {
        Next::ShowRecoveryCodes(_) if form.act == FactorAct::CodesSeen => {
            return take(broker, loaded, FlowEvent::CodesSeen, "recovery codes seen").await;
        }
        Next::AskFactor(offer) if offer.step.get() == form.step => *offer,
        _ => return Ok(()),
    };
    let known = match facts::load(broker, &loaded).await {
        Ok(known) => known,
        Err(Unknown::Refused(code)) => return Err(refuse(broker, loaded, code, None, visitor).await),
        Err(Unknown::Fault(fault)) => return Err(fault.into()),
    };
    match form.act {
        FactorAct::Code(typed) => {
            let typed = Typed { code: &typed, remember: form.remember };
            code(broker, loaded, (&offer, &known), typed, visitor).await
        }
        FactorAct::GiveUp => {
            let line = format!("step {}: given up", offer.step);
            take(broker, loaded, FlowEvent::Aborted { step: offer.step }, &line).await
        }
        FactorAct::Choose => {
            let line = format!("step {}: something else is to be set up", offer.step);
            take(broker, loaded, FlowEvent::FactorDropped { step: offer.step }, &line).await
        }
        FactorAct::CodesSeen => Ok(()),
        act => match wanted(&act, &offer, &known) {
            Some(wanted) => begin(broker, &mut loaded, (&offer, &known), wanted).await.map(drop),
            None => Ok(()),
        },
    }
}

/// What a button asks for, where the step and the person have it: nothing outside the policy by its name (MFA-11).
fn wanted(act: &FactorAct, offer: &FactorOffer, known: &Known) -> Option<Wanted> {
    let chosen = choose_page(offer, &known.facts);
    match (act, chosen) {
        (FactorAct::Other(Authenticator::RecoveryCode), FactorPage::Ask { authenticator, .. }) => {
            let listed = known.recovery_left > 0 && offer.factors.contains(&Authenticator::RecoveryCode);
            // Nothing left but the help desk: its code stands for the factor that was lost.
            let stands_for = if listed { Authenticator::RecoveryCode } else { authenticator };
            known.user.is_some().then_some(Wanted::Lost(stands_for))
        }
        (FactorAct::Other(way), FactorPage::Ask { authenticator, others }) => {
            (authenticator == *way || others.contains(way)).then_some(Wanted::Proof(*way))
        }
        (FactorAct::SetUp(which), FactorPage::Enrol { choices }) => {
            choices.contains(which).then_some(Wanted::SetUp(*which))
        }
        (FactorAct::SendAgain, FactorPage::Ask { .. }) => {
            let asked = offer.pending.as_ref().and_then(|pending| Asked::read(&pending.state));
            let mailed = asked.filter(|asked| matches!(asked.kind, Kind::Mail))?;
            (Mailed::sends_left(mailed.mail.as_ref()) > 0).then_some(Wanted::AnotherMail)
        }
        _ => None,
    }
}

/// A code as it was typed, and whether the browser is to be remembered for it.
struct Typed<'a> {
    code: &'a str,
    remember: bool,
}

/// What an answer turned out to be.
enum Judged {
    Right {
        by: FactorProof,
        enrolments: Vec<Enrolment>,
    },
    /// Wrong; with what is asked for from now on.
    Wrong(Option<Asked>),
}

async fn code(
    broker: &Broker,
    loaded: LoadedFlow,
    (offer, known): (&FactorOffer, &Known),
    typed: Typed<'_>,
    visitor: &Visitor,
) -> Result<(), Failure> {
    let Some(pending) = offer.pending.clone() else { return Ok(()) };
    // Judged by what the person has now: whoever set a factor up meanwhile is asked for that one (MFA-10).
    let Some((asked, _)) = still_asked(offer, &choose_page(offer, &known.facts)) else { return Ok(()) };
    if !broker.limits.allows_password(visitor.remote) {
        return Err(braked(broker, &loaded, RefusalCode::RateLimited, visitor, 60).await);
    }
    if let Some(seconds) = brake::count(broker, &known.key).await? {
        return Err(braked(broker, &loaded, RefusalCode::Locked, visitor, seconds).await);
    }
    match judge(broker, &loaded, (offer, known), asked, (typed.code, visitor)).await? {
        Judged::Right { by, enrolments } => {
            brake::clear(broker, &known.key).await?;
            let proved = ProvedFactor {
                step: offer.step,
                authenticator: pending.authenticator,
                amr: methods(pending.authenticator, &by),
                by,
                at: broker.now(),
                enrolments,
            };
            let text = format!("step {}: {} accepted", offer.step, pending.authenticator.as_str());
            let loaded = if typed.remember { remember(broker, loaded, offer, &proved) } else { loaded };
            take(broker, loaded, FlowEvent::FactorProved { proved: Box::new(proved) }, &text).await
        }
        Judged::Wrong(after) => wrong(broker, loaded, pending, after).await,
    }
}

/// What applications are told: a code of the help desk is a code, whatever it stands for.
fn methods(authenticator: Authenticator, by: &FactorProof) -> Vec<String> {
    let shown = if *by == FactorProof::Bypass { Authenticator::RecoveryCode } else { authenticator };
    amr(shown).iter().map(|&method| method.to_owned()).collect()
}

/// The wish to be remembered, where the flow allows it and the person answered with a factor of their own.
pub(super) fn remember(
    broker: &Broker,
    mut loaded: LoadedFlow,
    offer: &FactorOffer,
    proved: &ProvedFactor,
) -> LoadedFlow {
    let own = proved.by.is_answer() && proved.authenticator != Authenticator::RecoveryCode;
    if offer.remember_days.is_some()
        && own
        && let Ok(flow) = advance(loaded.state.flow.clone(), FlowEvent::DeviceRemembered, broker.now())
    {
        loaded.state.flow = flow;
        note(&mut loaded.state.trace, broker.now(), TraceStage::Page, "this browser is to be remembered");
    }
    loaded
}

async fn judge(
    broker: &Broker,
    loaded: &LoadedFlow,
    (offer, known): (&FactorOffer, &Known),
    asked: Asked,
    (typed, visitor): (&str, &Visitor),
) -> Result<Judged, Fault> {
    match &asked.kind {
        Kind::App => app(broker, known, typed).await,
        Kind::NewApp { secret } => Ok(new_app(broker, known, secret, typed)),
        Kind::Lost => lost(broker, (offer, known), typed, visitor).await,
        // Their answers come by a form of their own.
        Kind::Passkey { .. } | Kind::NewPasskey { .. } => Ok(Judged::Wrong(None)),
        Kind::Mail => {
            let Some(mut mailed) = asked.mail.clone() else { return Ok(Judged::Wrong(None)) };
            let typed = digits(typed, CODE_DIGITS).unwrap_or_default();
            let mac = code_mac(broker, loaded.state.flow.id(), (offer.step, &known.key), &typed);
            let live = mailed.code.is_live(broker.now());
            // The address must be the one that the account has now.
            let own = known.email.as_ref().map(usher_domain::EmailAddress::unique_key) == mailed.code.address;
            if live && own && bool::from(mailed.code.mac.as_bytes().ct_eq(mac.as_bytes())) {
                return Ok(right(FactorProof::Answer { id: None }));
            }
            mailed.code.count_wrong();
            Ok(Judged::Wrong(Some(Asked { mail: Some(mailed), ..asked })))
        }
    }
}

fn right(by: FactorProof) -> Judged {
    Judged::Right { by, enrolments: Vec::new() }
}

/// A code of one of the account's apps; each time step counts once, on whatever node (MFA-04).
async fn app(broker: &Broker, known: &Known, typed: &str) -> Result<Judged, Fault> {
    for row in &known.apps {
        let secret = keep::open_totp(&broker.store, &row.id, &row.sealed)?;
        let Verdict::Right { step } = totp::verify(&secret, typed, broker.now(), row.last_step) else { continue };
        let (id, now) = (row.id.clone(), broker.now());
        let used = broker.store.write(move |tx| {
            let id = id.clone();
            Box::pin(async move { apps::use_step(tx, &id, step, now).await })
        });
        if used.await? {
            return Ok(right(FactorProof::Answer { id: Some(row.id.as_str().to_owned()) }));
        }
    }
    Ok(Judged::Wrong(None))
}

/// The first code of a new app.
fn new_app(broker: &Broker, known: &Known, secret: &TotpSecret, typed: &str) -> Judged {
    let Verdict::Right { step } = totp::verify(secret, typed, broker.now(), None) else { return Judged::Wrong(None) };
    let secret = secret.base32().expose().to_owned();
    let app = Enrolment::Totp { secret, name: "Authenticator app".to_owned(), step };
    Judged::Right { by: FactorProof::Enrolled, enrolments: with_recovery_codes(broker, known, app) }
}

/// What was set up, with recovery codes unless there are some.
pub(super) fn with_recovery_codes(broker: &Broker, known: &Known, set_up: Enrolment) -> Vec<Enrolment> {
    let mut enrolments = vec![set_up];
    if known.recovery_left == 0 {
        let mut random = [0_u8; SEED_BYTES];
        broker.entropy().fill(&mut random);
        let codes = recovery::generate(&random).iter().map(|code| code.expose().to_owned()).collect();
        enrolments.push(Enrolment::RecoveryCodes { codes });
    }
    enrolments
}

/// What became of a code for a lost device.
enum Redeemed {
    Recovery,
    Bypass,
    Nothing,
}

/// A recovery code, or one of the help desk: used up durably, told to the owner and to the audit.
async fn lost(
    broker: &Broker,
    (offer, known): (&FactorOffer, &Known),
    typed: &str,
    visitor: &Visitor,
) -> Result<Judged, Fault> {
    let Some(user) = known.user.clone() else { return Ok(Judged::Wrong(None)) };
    let (typed, notices) = (typed.to_owned(), Notices::of(broker));
    let recovery = offer.factors.contains(&Authenticator::RecoveryCode);
    let mut event = crate::audit::event(visitor, broker.now(), "", AuditActor::User(user.id.clone()));
    event.object = crate::audit::user_object(&user.id);
    let redeemed = broker.store.write(move |tx| {
        let (user, typed, notices, event) = (user.clone(), typed.clone(), notices.clone(), event.clone());
        Box::pin(async move {
            let Some((redeemed, told, event)) = redeem(tx, (&user, typed.as_str(), recovery), event).await? else {
                return Ok::<_, Fault>(Redeemed::Nothing);
            };
            notices.tell(tx, &user, told, event.at).await?;
            audit::insert(tx, &event).await?;
            Ok(redeemed)
        })
    });
    Ok(match redeemed.await? {
        Redeemed::Recovery => right(FactorProof::Answer { id: None }),
        Redeemed::Bypass => right(FactorProof::Bypass),
        Redeemed::Nothing => Judged::Wrong(None),
    })
}

/// Uses the code up; with what is told of it.
async fn redeem(
    tx: &mut Tx,
    (user, typed, recovery_offered): (&User, &str, bool),
    mut event: AuditEvent,
) -> Result<Option<(Redeemed, MailContent, AuditEvent)>, Fault> {
    if recovery_offered
        && let Some(hash) = recovery::hash(&user.id, typed)
        && recovery_codes::redeem(tx, &user.id, &hash, event.at).await?
    {
        let left = u32::try_from(recovery_codes::left(tx, &user.id).await?).unwrap_or(0);
        "user.recovery_code_used".clone_into(&mut event.action);
        event.detail = serde_json::json!({ "left": left });
        return Ok(Some((Redeemed::Recovery, MailContent::RecoveryCodeUsed { left }, event)));
    }
    if !crate::helpdesk::redeem_bypass(tx, &user.id, typed, event.at).await? {
        return Ok(None);
    }
    "user.bypass_used".clone_into(&mut event.action);
    Ok(Some((Redeemed::Bypass, MailContent::BypassUsed, event)))
}

async fn wrong(
    broker: &Broker,
    mut loaded: LoadedFlow,
    pending: PendingFactor,
    after: Option<Asked>,
) -> Result<(), Failure> {
    let now = broker.now();
    let (step, authenticator) = (pending.step, pending.authenticator);
    if let Some(asked) = after {
        let event = FlowEvent::FactorBegun { pending: PendingFactor { state: asked.write()?, ..pending } };
        if let Ok(flow) = advance(loaded.state.flow.clone(), event, now) {
            loaded.state.flow = flow;
        }
    }
    let text = format!("step {step}: {} not accepted", authenticator.as_str());
    take(broker, loaded, FlowEvent::FactorRejected { step, authenticator }, &text).await
}

pub(super) async fn take(broker: &Broker, mut loaded: LoadedFlow, event: FlowEvent, line: &str) -> Result<(), Failure> {
    let now = broker.now();
    match advance(loaded.state.flow.clone(), event, now) {
        Ok(flow) => loaded.state.flow = flow,
        // The dispatcher shows what the flow says now.
        Err(_) => return Ok(()),
    }
    note(&mut loaded.state.trace, now, TraceStage::Page, line);
    flow_state::save(broker, &loaded.state, loaded.revision).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_the_help_desk_proves_no_key() {
        let answer = FactorProof::Answer { id: None };
        assert_eq!(methods(Authenticator::Passkey, &FactorProof::Bypass), ["otp"]);
        assert_eq!(methods(Authenticator::Passkey, &answer), ["pop", "user", "mfa"]);
        assert_eq!(methods(Authenticator::Totp, &FactorProof::Bypass), methods(Authenticator::Totp, &answer));
    }
}
