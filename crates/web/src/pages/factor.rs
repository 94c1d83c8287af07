//! Pages about second factors, as people meet them in a sign-in.

use askama::Template;
use usher_domain::{Authenticator, FlowId};

use super::{PasswordForm, Ui, WayToSignIn};
use crate::forms::FormErrors;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactorKind {
    /// A code of the authenticator app.
    App,
    /// The code that was mailed.
    Mail {
        /// Where to, masked.
        to: String,
        /// Whether it may still be typed.
        waits: bool,
        /// Whether another one may be sent.
        may_send: bool,
    },
    /// A recovery code, or one of the help desk.
    Lost {
        /// Whether the person has recovery codes left that may be typed.
        codes_left: bool,
    },
    /// To set up an authenticator app.
    NewApp {
        /// The key, in groups of four.
        key: String,
        /// The address that opens an app.
        otpauth: String,
        /// Side and path of the picture.
        qr: Option<(String, String)>,
    },
    /// To choose what to set up.
    Choice {
        /// What may be set up.
        choices: Vec<Authenticator>,
    },
    /// Nothing of its own: the other ways are all there is.
    Elsewhere,
}

impl FactorKind {
    fn key(&self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Mail { .. } => "mail",
            Self::Lost { codes_left: true } => "lost",
            Self::Lost { codes_left: false } => "help",
            Self::NewApp { .. } => "new-app",
            Self::Choice { .. } => "choice",
            Self::Elsewhere => "elsewhere",
        }
    }
}

/// What stands below the form: the other ways of the step, help after a loss, the way out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FactorWays {
    pub others: Vec<Authenticator>,
    pub connections: Vec<WayToSignIn>,
    /// User name and password, where the step takes them too.
    pub password: Option<PasswordForm>,
    pub may_be_lost: bool,
    /// Whether something else may be set up instead.
    pub may_choose: bool,
    /// Whether the ways are in sight without a click.
    pub open: bool,
}

impl FactorWays {
    /// Whether there is another way at all.
    pub fn any(&self) -> bool {
        !self.others.is_empty() || !self.connections.is_empty()
    }

    /// What the button of a way says.
    pub fn text(ui: &Ui, way: Authenticator) -> String {
        ui.t(format!("factor-way-{}", way.as_str().replace('_', "-")))
    }
}

/// A page that asks for a factor, or sets one up.
#[derive(Debug, Template)]
#[template(path = "login/factor.html")]
pub struct FactorPage {
    pub ui: Ui,
    pub flow: FlowId,
    pub application: String,
    pub csrf: String,
    pub step: u8,
    pub kind: FactorKind,
    pub ways: FactorWays,
    /// For how many days this browser may be remembered.
    pub remember_days: Option<u16>,
    pub errors: FormErrors,
}

impl FactorPage {
    fn t(&self, part: &str) -> String {
        self.ui.t(format!("factor-{}-{part}", self.kind.key()))
    }

    fn text(&self) -> String {
        self.ui.t1(&format!("factor-{}-text", self.kind.key()), "application", &self.application)
    }

    fn set_up(&self, which: Authenticator) -> String {
        self.ui.t(format!("factor-set-up-{}", which.as_str().replace('_', "-")))
    }

    fn is_typed(&self) -> bool {
        !matches!(self.kind, FactorKind::Choice { .. } | FactorKind::Elsewhere)
    }

    fn is_numeric(&self) -> bool {
        !matches!(self.kind, FactorKind::Lost { .. })
    }
}

/// Recovery codes, shown once.
#[derive(Debug, Template)]
#[template(path = "login/recovery_codes.html")]
pub struct RecoveryCodesPage {
    pub ui: Ui,
    pub flow: FlowId,
    pub csrf: String,
    pub codes: Vec<String>,
    pub errors: FormErrors,
}
