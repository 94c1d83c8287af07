//! The page of a factor: chosen from what the step offers and what the person has, and prepared. What it shows: `view`.

use usher_domain::{Authenticator, EmailAddress, FlowId, Mail, MailContent, RefusalCode, TraceStage};
use usher_login_flow::factors::mail_code::{self, CODE_MINUTES, SentCode};
use usher_login_flow::factors::totp::{SECRET_BYTES, TotpSecret};
use usher_login_flow::{
    FactorOffer, FactorPage, FactorPurpose, FlowEvent, PendingFactor, StepNumber, advance, choose_page,
};
use usher_storage::hex;

use super::asked::{Asked, Kind, Mailed};
use super::facts::{self, Known, Unknown};
use super::view::{Shown, view};
use super::{brake, passkey};
use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::flow_state::{self, LoadedFlow};
use crate::login::Resumed;
use crate::login::refuse::refuse;
use crate::mail::language;
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// Chooses, prepares and shows.
pub async fn page(
    broker: &Broker,
    mut loaded: LoadedFlow,
    offer: FactorOffer,
    visitor: &Visitor,
) -> Result<Resumed, Failure> {
    let known = match facts::load(broker, &loaded).await {
        Ok(known) => known,
        Err(Unknown::Refused(code)) => return Err(refuse(broker, loaded, code, None, visitor).await),
        Err(Unknown::Fault(fault)) => return Err(fault.into()),
    };
    let chosen = choose_page(&offer, &known.facts);
    let elsewhere = offer.password || !offer.connections.is_empty();
    let shown = match (still_asked(&offer, &chosen), first(&chosen)) {
        (Some((asked, rejected)), _) => Shown::Asked { asked, rejected },
        (None, First::Begin(wanted)) => {
            Shown::Asked { asked: begin(broker, &mut loaded, (&offer, &known), wanted).await?, rejected: false }
        }
        (None, First::Choose) => Shown::Choice,
        (None, First::Refuse(_)) if elsewhere => Shown::Elsewhere,
        (None, First::Refuse(code)) => return Err(cannot(broker, loaded, &offer, code, visitor).await),
    };
    Ok(Resumed::Factor(Box::new(view(broker, &loaded, (&offer, &known), (&chosen, shown)))))
}

async fn cannot(
    broker: &Broker,
    mut loaded: LoadedFlow,
    offer: &FactorOffer,
    code: RefusalCode,
    visitor: &Visitor,
) -> Failure {
    let connection = loaded.state.flow.last_connection().cloned();
    let factors: Vec<&str> = offer.factors.iter().map(|factor| factor.as_str()).collect();
    let why = match code {
        RefusalCode::MfaNeedsAccount => {
            "the person has no local account and gets none: turn just-in-time provisioning on for the connection, or \
             skip the step with a script"
        }
        _ => "the person has none of them, and none can be set up in a sign-in",
    };
    let text = format!("step {} asks for {}: {why}", offer.step, factors.join(", "));
    note(&mut loaded.state.trace, broker.now(), TraceStage::Page, text);
    refuse(broker, loaded, code, connection, visitor).await
}

/// What comes first where nothing is asked for yet.
enum First {
    Begin(Wanted),
    Choose,
    Refuse(RefusalCode),
}

fn first(chosen: &FactorPage) -> First {
    match chosen {
        FactorPage::Ask { authenticator: Authenticator::RecoveryCode, .. } => {
            First::Begin(Wanted::Lost(Authenticator::RecoveryCode))
        }
        FactorPage::Ask { authenticator, .. } => First::Begin(Wanted::Proof(*authenticator)),
        FactorPage::Enrol { choices } => match choices.as_slice() {
            [only] => First::Begin(Wanted::SetUp(*only)),
            _ => First::Choose,
        },
        FactorPage::Refuse { code } => First::Refuse(*code),
    }
}

/// What the flow asks for already, if it still may.
pub(super) fn still_asked(offer: &FactorOffer, chosen: &FactorPage) -> Option<(Asked, bool)> {
    let pending = offer.pending.as_ref()?;
    let fits = match chosen {
        FactorPage::Ask { authenticator, others } => {
            pending.purpose == FactorPurpose::Prove
                && (*authenticator == pending.authenticator || others.contains(&pending.authenticator))
        }
        FactorPage::Enrol { choices } => {
            pending.purpose == FactorPurpose::Enrol && choices.contains(&pending.authenticator)
        }
        FactorPage::Refuse { .. } => false,
    };
    Asked::read(&pending.state).filter(|_| fits).map(|asked| (asked, pending.rejected))
}

/// What a page is to ask for.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    /// This factor.
    Proof(Authenticator),
    /// Another code by mail.
    AnotherMail,
    /// A recovery code or one of the help desk, in place of this factor.
    Lost(Authenticator),
    /// To set this factor up.
    SetUp(Authenticator),
}

/// Begins to ask for a factor; a mailed code leaves after the flow knows it.
pub(super) async fn begin(
    broker: &Broker,
    loaded: &mut LoadedFlow,
    (offer, known): (&FactorOffer, &Known),
    wanted: Wanted,
) -> Result<Asked, Failure> {
    let before = offer.pending.as_ref().and_then(|pending| Asked::read(&pending.state));
    let mailed = before.as_ref().and_then(|asked| asked.mail.as_ref());
    let mut code = None;
    let (asked, authenticator, purpose) = match wanted {
        Wanted::SetUp(Authenticator::Passkey) => {
            let kind = passkey::set_up(broker, loaded, known)?;
            (Asked::new(kind), Authenticator::Passkey, FactorPurpose::Enrol)
        }
        Wanted::Proof(Authenticator::Passkey) => {
            (Asked::new(passkey::ask(broker, known)?), Authenticator::Passkey, FactorPurpose::Prove)
        }
        Wanted::SetUp(authenticator) => {
            let mut random = [0_u8; SECRET_BYTES];
            broker.entropy().fill(&mut random);
            (Asked::new(Kind::NewApp { secret: TotpSecret::new(random) }), authenticator, FactorPurpose::Enrol)
        }
        Wanted::Lost(authenticator) => (Asked::new(Kind::Lost), authenticator, FactorPurpose::Prove),
        Wanted::Proof(Authenticator::EmailOtp) | Wanted::AnotherMail => {
            // A look at another way and back sends nothing again; the page says how many codes are left.
            let live = mailed.is_some_and(|mail| mail.code.is_live(broker.now()));
            let again = matches!(wanted, Wanted::AnotherMail) || !live;
            let asked = if again && Mailed::sends_left(mailed) > 0 {
                let fresh = mail_code::draw(|bytes| broker.entropy().fill(bytes));
                let mac = code_mac(broker, loaded.state.flow.id(), (offer.step, &known.key), &fresh);
                let address = known.email.as_ref().map(EmailAddress::unique_key);
                code = Some(fresh);
                let sent = mailed.map_or(0, |mail| mail.sent).saturating_add(1);
                Asked { kind: Kind::Mail, mail: Some(Mailed { code: SentCode::new(mac, address, broker.now()), sent }) }
            } else {
                Asked::new(Kind::Mail)
            };
            (asked, Authenticator::EmailOtp, FactorPurpose::Prove)
        }
        Wanted::Proof(authenticator) => (Asked::new(Kind::App), authenticator, FactorPurpose::Prove),
    };
    let asked = asked.with_mail_of(before);
    let state = asked.write()?;
    let pending = PendingFactor { step: offer.step, authenticator, purpose, state, rejected: false };
    let event = FlowEvent::FactorBegun { pending };
    if let Ok(flow) = advance(loaded.state.flow.clone(), event, broker.now()) {
        loaded.state.flow = flow;
        // Of two tabs one mails.
        if let Some(revision) = flow_state::save(broker, &loaded.state, loaded.revision).await? {
            loaded.revision = revision;
            if let (Some(code), Some(address)) = (code, &known.email) {
                send(broker, loaded, (known, address), code).await?;
            }
        }
    }
    Ok(asked)
}

async fn send(
    broker: &Broker,
    loaded: &LoadedFlow,
    (known, address): (&Known, &EmailAddress),
    code: String,
) -> Result<(), Fault> {
    let application = application(broker, loaded);
    let minutes = u32::try_from(CODE_MINUTES).unwrap_or(5);
    let content = MailContent::SignInCode { code, application, minutes };
    let mail = Mail { to: address.clone(), language: known.user.as_ref().and_then(language), content };
    let (store, entropy, now, key) = (broker.store.clone(), broker.shared_entropy(), broker.now(), known.key.clone());
    broker
        .store
        .write(move |tx| {
            let (store, entropy, mail, key) = (store.clone(), entropy.clone(), mail.clone(), key.clone());
            Box::pin(async move {
                if brake::may_send(tx, &key, now).await? {
                    crate::mail::queue(tx, &store, &*entropy, &mail, now).await?;
                }
                Ok::<_, Fault>(())
            })
        })
        .await
}

/// A mailed code is worth something for one flow, step and person.
pub(super) fn code_mac(broker: &Broker, flow: &FlowId, (step, key): (StepNumber, &str), code: &str) -> String {
    let step = step.to_string();
    let framed = mail_code::frame(&["factor", flow.as_str(), &step, key, code]);
    hex(&broker.store.sealer().mac(crate::login::proof::CODE, &framed))
}

pub(super) fn application(broker: &Broker, loaded: &LoadedFlow) -> String {
    let snapshot = broker.snapshot();
    snapshot.application(&loaded.state.flow.request().application).map(|a| a.name.clone()).unwrap_or_default()
}
