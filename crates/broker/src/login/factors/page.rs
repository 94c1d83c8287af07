//! The page of a factor: chosen from what the step offers and what the person has, prepared, shown.

use usher_domain::{Authenticator, CorrelationId, EmailAddress, FlowId, Mail, MailContent, RefusalCode, TraceStage};
use usher_login_flow::factors::mail_code::{self, CODE_MINUTES, SentCode};
use usher_login_flow::factors::totp::{self, QrCode, SECRET_BYTES, TotpSecret};
use usher_login_flow::{
    CodeStanding, FactorOffer, FactorPage, FactorPurpose, FlowEvent, PendingFactor, StepNumber, advance, choose_page,
};
use usher_storage::hex;

use super::asked::{Asked, Kind, Mailed};
use super::brake;
use super::facts::{self, Known, Unknown};
use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::flow_state::{self, LoadedFlow};
use crate::login::Resumed;
use crate::login::refuse::refuse;
use crate::mail::language;
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// What the person is asked for.
#[derive(Debug, Clone)]
pub enum AskedFor {
    /// A code of the authenticator app.
    App,
    /// The code that was mailed.
    Mail {
        /// Where to, masked.
        to: String,
        /// Whether it may still be typed.
        standing: CodeStanding,
        /// How many more may be sent.
        sends_left: u32,
    },
    /// A recovery code, or one of the help desk.
    Lost,
    /// To set up an authenticator app.
    NewApp {
        /// The key, in groups of four.
        key: String,
        /// The address that opens an app.
        otpauth: String,
        /// The same as a picture.
        qr: Option<QrCode>,
    },
}

/// Everything a page about a factor shows.
#[derive(Debug)]
pub struct FactorView {
    /// The flow.
    pub flow: FlowId,
    /// Name of the application.
    pub application: String,
    /// The open step.
    pub step: u8,
    /// What is asked for.
    pub asked: AskedFor,
    /// Other ways of this step.
    pub others: Vec<Authenticator>,
    /// Whether a recovery code or one of the help desk may be typed instead.
    pub may_be_lost: bool,
    /// Whether the answer before was wrong.
    pub rejected: bool,
    /// Token of the form.
    pub csrf: String,
    /// What the person can read out.
    pub correlation: CorrelationId,
    /// Languages that the application asked for.
    pub ui_locales: Vec<String>,
}

/// Recovery codes, shown once.
#[derive(Debug)]
pub struct RecoveryCodesPage {
    /// The flow.
    pub flow: FlowId,
    /// The codes.
    pub codes: Vec<String>,
    /// Token of the form.
    pub csrf: String,
    /// Languages that the application asked for.
    pub ui_locales: Vec<String>,
}

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
    if let FactorPage::Refuse { code } = chosen {
        return Err(cannot(broker, loaded, &offer, code, visitor).await);
    }
    let (asked, rejected) = if let Some(found) = still_asked(&offer, &chosen) {
        found
    } else {
        let (authenticator, purpose) = first(&chosen);
        let wanted = match (purpose, authenticator) {
            (FactorPurpose::Enrol, _) => Wanted::SetUp(authenticator),
            (FactorPurpose::Prove, Authenticator::RecoveryCode) => Wanted::Lost(authenticator),
            (FactorPurpose::Prove, _) => Wanted::Proof(authenticator),
        };
        (begin(broker, &mut loaded, (&offer, &known), wanted).await?, false)
    };
    Ok(Resumed::Factor(Box::new(view(broker, &loaded, (&offer, &known), (&chosen, asked, rejected)))))
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

fn first(chosen: &FactorPage) -> (Authenticator, FactorPurpose) {
    match chosen {
        FactorPage::Ask { authenticator, .. } => (*authenticator, FactorPurpose::Prove),
        FactorPage::Enrol { choices } => {
            (choices.first().copied().unwrap_or(Authenticator::Totp), FactorPurpose::Enrol)
        }
        FactorPage::Refuse { .. } => (Authenticator::Totp, FactorPurpose::Prove),
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

fn application(broker: &Broker, loaded: &LoadedFlow) -> String {
    let snapshot = broker.snapshot();
    snapshot.application(&loaded.state.flow.request().application).map(|a| a.name.clone()).unwrap_or_default()
}

fn view(
    broker: &Broker,
    loaded: &LoadedFlow,
    (offer, known): (&FactorOffer, &Known),
    (chosen, asked, rejected): (&FactorPage, Asked, bool),
) -> FactorView {
    let flow = &loaded.state.flow;
    let now = (&asked.kind, &asked.mail);
    let current = match &asked.kind {
        Kind::App | Kind::NewApp { .. } => Authenticator::Totp,
        Kind::Mail => Authenticator::EmailOtp,
        Kind::Lost => Authenticator::RecoveryCode,
    };
    let ways = match chosen {
        FactorPage::Ask { authenticator, others } => std::iter::once(authenticator).chain(others).copied().collect(),
        FactorPage::Enrol { .. } | FactorPage::Refuse { .. } => Vec::new(),
    };
    let ways: Vec<Authenticator> = ways;
    let asked = match now {
        (Kind::App, _) => AskedFor::App,
        (Kind::Lost, _) => AskedFor::Lost,
        (Kind::Mail, mail) => AskedFor::Mail {
            to: known.email.as_ref().map(|address| usher_provisioning::mask(address.as_str())).unwrap_or_default(),
            standing: CodeStanding::of(mail.as_ref().map(|mail| &mail.code), broker.now()),
            sends_left: Mailed::sends_left(mail.as_ref()),
        },
        (Kind::NewApp { secret }, _) => {
            let otpauth = totp::otpauth(secret, "Usher", &known.name);
            AskedFor::NewApp {
                key: secret.grouped().expose().to_owned(),
                qr: totp::qr(&otpauth),
                otpauth: otpauth.expose().to_owned(),
            }
        }
    };
    FactorView {
        flow: flow.id().clone(),
        application: application(broker, loaded),
        step: offer.step.get(),
        // Where the account has something to lose: a code of the help desk may stand for it.
        may_be_lost: known.user.is_some() && current != Authenticator::RecoveryCode && !ways.is_empty(),
        others: ways.into_iter().filter(|way| *way != current && *way != Authenticator::RecoveryCode).collect(),
        asked,
        rejected,
        csrf: broker.csrf_token(&format!("flow:{}", flow.id())),
        correlation: flow.correlation().clone(),
        ui_locales: flow.request().ui_locales.clone(),
    }
}

/// The page with codes that were just made.
pub fn recovery_codes(broker: &Broker, loaded: &LoadedFlow, codes: Vec<String>) -> RecoveryCodesPage {
    let flow = &loaded.state.flow;
    RecoveryCodesPage {
        flow: flow.id().clone(),
        codes,
        csrf: broker.csrf_token(&format!("flow:{}", flow.id())),
        ui_locales: flow.request().ui_locales.clone(),
    }
}
