//! Answers to a factor: counted durably, looked at once, taken into the flow.

use subtle::ConstantTimeEq;
use usher_domain::{Authenticator, FlowId, MailContent, RefusalCode, TraceStage, User};
use usher_login_flow::factors::amr;
use usher_login_flow::factors::mail_code::{CODE_DIGITS, digits};
use usher_login_flow::factors::recovery::{self, SEED_BYTES};
use usher_login_flow::factors::totp::{self, TotpSecret, Verdict};
use usher_login_flow::{
    Enrolment, FactorOffer, FactorPage, FactorProof, FlowEvent, Next, PendingFactor, ProvedFactor, advance,
    choose_page, next,
};
use usher_storage::{recovery_codes, totp as apps};

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
        FactorAct::Other(way) => {
            let FactorPage::Ask { authenticator, others } = choose_page(&offer, &known.facts) else { return Ok(()) };
            let wanted = if way != Authenticator::RecoveryCode {
                Wanted::Proof(way)
            } else if known.recovery_left > 0 && offer.factors.contains(&way) {
                Wanted::Lost(way)
            } else {
                // Nothing left but the help desk: its code stands for the factor that was lost.
                Wanted::Lost(authenticator)
            };
            let offered = authenticator == way || others.contains(&way);
            if offered || (way == Authenticator::RecoveryCode && known.user.is_some()) {
                begin(broker, &mut loaded, (&offer, &known), wanted).await?;
            }
            Ok(())
        }
        FactorAct::SendAgain => {
            let asked = offer.pending.as_ref().and_then(|pending| Asked::read(&pending.state));
            let mailed = asked.filter(|asked| matches!(asked.kind, Kind::Mail));
            if mailed.is_some_and(|asked| Mailed::sends_left(asked.mail.as_ref()) > 0) {
                begin(broker, &mut loaded, (&offer, &known), Wanted::AnotherMail).await?;
            }
            Ok(())
        }
        FactorAct::Code(typed) => code(broker, loaded, (&offer, &known), &typed, visitor).await,
        FactorAct::CodesSeen => Ok(()),
    }
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
    typed: &str,
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
    match judge(broker, &loaded, (offer, known), asked, typed).await? {
        Judged::Right { by, enrolments } => {
            brake::clear(broker, &known.key).await?;
            let proved = ProvedFactor {
                step: offer.step,
                authenticator: pending.authenticator,
                amr: amr(pending.authenticator).iter().map(|&method| method.to_owned()).collect(),
                by,
                at: broker.now(),
                enrolments,
            };
            let text = format!("step {}: {} accepted", offer.step, pending.authenticator.as_str());
            take(broker, loaded, FlowEvent::FactorProved { proved: Box::new(proved) }, &text).await
        }
        Judged::Wrong(after) => wrong(broker, loaded, pending, after).await,
    }
}

async fn judge(
    broker: &Broker,
    loaded: &LoadedFlow,
    (offer, known): (&FactorOffer, &Known),
    asked: Asked,
    typed: &str,
) -> Result<Judged, Fault> {
    match &asked.kind {
        Kind::App => app(broker, known, typed).await,
        Kind::NewApp { secret } => Ok(new_app(broker, known, secret, typed)),
        Kind::Lost => lost(broker, (offer, known), typed).await,
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

/// The first code of a new app; recovery codes come with it unless there are some.
fn new_app(broker: &Broker, known: &Known, secret: &TotpSecret, typed: &str) -> Judged {
    let Verdict::Right { step } = totp::verify(secret, typed, broker.now(), None) else { return Judged::Wrong(None) };
    let secret = secret.base32().expose().to_owned();
    let mut enrolments = vec![Enrolment::Totp { secret, name: "Authenticator app".to_owned(), step }];
    if known.recovery_left == 0 {
        let mut random = [0_u8; SEED_BYTES];
        broker.entropy().fill(&mut random);
        let codes = recovery::generate(&random).iter().map(|code| code.expose().to_owned()).collect();
        enrolments.push(Enrolment::RecoveryCodes { codes });
    }
    Judged::Right { by: FactorProof::Enrolled, enrolments }
}

/// What became of a code for a lost device.
enum Redeemed {
    Recovery,
    Bypass,
    Nothing,
}

/// A recovery code, or one of the help desk: used up durably, told to the owner.
async fn lost(broker: &Broker, (offer, known): (&FactorOffer, &Known), typed: &str) -> Result<Judged, Fault> {
    let Some(user) = known.user.clone() else { return Ok(Judged::Wrong(None)) };
    let (typed, notices, now) = (typed.to_owned(), Notices::of(broker), broker.now());
    let recovery = offer.factors.contains(&Authenticator::RecoveryCode);
    let redeemed = broker.store.write(move |tx| {
        let (user, typed, notices) = (user.clone(), typed.clone(), notices.clone());
        Box::pin(async move { redeem(tx, (&user, typed.as_str(), recovery), &notices, now).await })
    });
    Ok(match redeemed.await? {
        Redeemed::Recovery => right(FactorProof::Answer { id: None }),
        Redeemed::Bypass => right(FactorProof::Bypass),
        Redeemed::Nothing => Judged::Wrong(None),
    })
}

async fn redeem(
    tx: &mut usher_storage::Tx,
    (user, typed, recovery_offered): (&User, &str, bool),
    notices: &Notices,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Redeemed, Fault> {
    if recovery_offered
        && let Some(hash) = recovery::hash(&user.id, typed)
        && recovery_codes::redeem(tx, &user.id, &hash, now).await?
    {
        let left = recovery_codes::left(tx, &user.id).await?;
        let told = MailContent::RecoveryCodeUsed { left: u32::try_from(left).unwrap_or(0) };
        notices.tell(tx, user, told, now).await?;
        return Ok(Redeemed::Recovery);
    }
    let bypass = crate::helpdesk::redeem_bypass(tx, &user.id, typed, now).await?;
    Ok(if bypass { Redeemed::Bypass } else { Redeemed::Nothing })
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

async fn take(broker: &Broker, mut loaded: LoadedFlow, event: FlowEvent, line: &str) -> Result<(), Failure> {
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
