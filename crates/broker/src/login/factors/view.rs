//! What a page about a factor shows.

use usher_domain::{Authenticator, CorrelationId, FlowId};
use usher_login_flow::factors::totp::{self, QrCode};
use usher_login_flow::{CodeStanding, FactorOffer, FactorPage};

use super::asked::{Asked, Kind, Mailed};
use super::facts::Known;
use super::page::application;
use crate::broker::Broker;
use crate::flow_state::LoadedFlow;
use crate::login::resume::ListedConnection;

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
    Lost {
        /// Whether the person has recovery codes left that this step takes.
        codes_left: bool,
    },
    /// To set up an authenticator app.
    NewApp {
        /// The key, in groups of four.
        key: String,
        /// The address that opens an app.
        otpauth: String,
        /// The same as a picture.
        qr: Option<QrCode>,
    },
    /// A passkey: what the browser is asked for, as JSON.
    Passkey(String),
    /// To make a passkey: the same.
    NewPasskey(String),
    /// To choose what to set up.
    Choice {
        /// What may be set up.
        choices: Vec<Authenticator>,
    },
    /// Nothing of its own: the other ways of the step are all there is.
    Elsewhere,
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
    /// What the account is called; empty where there is none.
    pub username: String,
    /// Other ways of this step.
    pub others: Vec<Authenticator>,
    /// Connections of this step.
    pub connections: Vec<ListedConnection>,
    /// Whether the step takes user name and password too, and whether they were wrong just now.
    pub password: PasswordWay,
    /// Whether a recovery code or one of the help desk may be typed instead.
    pub may_be_lost: bool,
    /// Whether something else may be set up instead.
    pub may_choose: bool,
    /// For how many days this browser may be remembered.
    pub remember_days: Option<u16>,
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

/// User name and password beside the factors of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordWay {
    /// No way of this step.
    NotOffered,
    /// They may be typed.
    Offered,
    /// They were wrong.
    Rejected,
}

/// What of a step is on the page.
pub(super) enum Shown {
    /// This is asked for.
    Asked {
        asked: Asked,
        /// Whether the answer before was wrong.
        rejected: bool,
    },
    /// What to set up.
    Choice,
    /// The ways that are no factors of ours.
    Elsewhere,
}

pub(super) fn view(
    broker: &Broker,
    loaded: &LoadedFlow,
    (offer, known): (&FactorOffer, &Known),
    (chosen, shown): (&FactorPage, Shown),
) -> FactorView {
    let flow = &loaded.state.flow;
    let (ways, choices): (Vec<Authenticator>, Vec<Authenticator>) = match chosen {
        FactorPage::Ask { authenticator, others } => {
            (std::iter::once(authenticator).chain(others).copied().collect(), Vec::new())
        }
        FactorPage::Enrol { choices } => (Vec::new(), choices.clone()),
        FactorPage::Refuse { .. } => (Vec::new(), Vec::new()),
    };
    let may_choose = choices.len() > 1 && matches!(shown, Shown::Asked { .. });
    let (asked, current, rejected) = match shown {
        Shown::Asked { asked, rejected } => {
            let current = current(&asked.kind);
            (asked_for(broker, (offer, known), asked), Some(current), rejected)
        }
        Shown::Choice => (AskedFor::Choice { choices }, None, false),
        Shown::Elsewhere => (AskedFor::Elsewhere, None, false),
    };
    let lost = Some(Authenticator::RecoveryCode);
    FactorView {
        flow: flow.id().clone(),
        application: application(broker, loaded),
        step: offer.step.get(),
        username: known.user.as_ref().map(|user| user.username.as_str().to_owned()).unwrap_or_default(),
        // Where the account has something to lose: a code of the help desk may stand for it.
        may_be_lost: known.user.is_some() && current != lost && !ways.is_empty(),
        may_choose,
        // What somebody else's code opened is no reason to trust a browser, and a code of the list rarely is.
        remember_days: offer.remember_days.filter(|_| current.is_some() && current != lost),
        others: ways.into_iter().filter(|way| Some(*way) != current && Some(*way) != lost).collect(),
        connections: connections(broker, offer),
        password: match (offer.password, offer.wrong_password) {
            (false, _) => PasswordWay::NotOffered,
            (true, false) => PasswordWay::Offered,
            (true, true) => PasswordWay::Rejected,
        },
        asked,
        rejected,
        csrf: broker.csrf_token(&format!("flow:{}", flow.id())),
        correlation: flow.correlation().clone(),
        ui_locales: flow.request().ui_locales.clone(),
    }
}

fn current(kind: &Kind) -> Authenticator {
    match kind {
        Kind::App | Kind::NewApp { .. } => Authenticator::Totp,
        Kind::Mail => Authenticator::EmailOtp,
        Kind::Passkey { .. } | Kind::NewPasskey { .. } => Authenticator::Passkey,
        Kind::Lost => Authenticator::RecoveryCode,
    }
}

fn asked_for(broker: &Broker, (offer, known): (&FactorOffer, &Known), asked: Asked) -> AskedFor {
    match asked.kind {
        Kind::App => AskedFor::App,
        Kind::Passkey { ceremony } => AskedFor::Passkey(ceremony.options),
        Kind::NewPasskey { ceremony } => AskedFor::NewPasskey(ceremony.options),
        Kind::Lost => {
            let offered = offer.factors.contains(&Authenticator::RecoveryCode);
            AskedFor::Lost { codes_left: offered && known.recovery_left > 0 }
        }
        Kind::Mail => AskedFor::Mail {
            to: known.email.as_ref().map(|address| usher_provisioning::mask(address.as_str())).unwrap_or_default(),
            standing: CodeStanding::of(asked.mail.as_ref().map(|mail| &mail.code), broker.now()),
            sends_left: Mailed::sends_left(asked.mail.as_ref()),
        },
        Kind::NewApp { secret } => {
            let otpauth = totp::otpauth(&secret, "Usher", &known.name);
            AskedFor::NewApp {
                key: secret.grouped().expose().to_owned(),
                qr: totp::qr(&otpauth),
                otpauth: otpauth.expose().to_owned(),
            }
        }
    }
}

fn connections(broker: &Broker, offer: &FactorOffer) -> Vec<ListedConnection> {
    let snapshot = broker.snapshot();
    let on = offer.connections.iter().filter_map(|id| snapshot.sign_in_connection(id));
    on.map(|c| ListedConnection {
        id: c.connection.id.clone(),
        name: c.connection.name.clone(),
        button_text: c.connection.button_text.clone(),
        last_used: false,
    })
    .collect()
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
