//! Pages about second factors, as people meet them in a sign-in.

use askama::Template;
use usher_domain::{Authenticator, FlowId};

use super::Ui;
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
        /// Whether another one may be sent.
        may_send: bool,
    },
    /// A recovery code, or one of the help desk.
    Lost,
    /// To set up an authenticator app.
    NewApp {
        /// The key, in groups of four.
        key: String,
        /// The address that opens an app.
        otpauth: String,
        /// Side and path of the picture.
        qr: Option<(String, String)>,
    },
}

impl FactorKind {
    fn key(&self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Mail { .. } => "mail",
            Self::Lost => "lost",
            Self::NewApp { .. } => "new-app",
        }
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
    pub others: Vec<Authenticator>,
    pub may_be_lost: bool,
    pub errors: FormErrors,
}

impl FactorPage {
    fn t(&self, part: &str) -> String {
        self.ui.t(format!("factor-{}-{part}", self.kind.key()))
    }

    fn way(&self, way: Authenticator) -> String {
        self.ui.t(format!("factor-way-{}", way.as_str().replace('_', "-")))
    }

    fn is_numeric(&self) -> bool {
        self.kind != FactorKind::Lost
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
}
