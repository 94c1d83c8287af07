//! How people sign in to an application, as an admin designs it: steps with options, and perhaps a script.
//!
//! A definition is published as a numbered version; a sign-in in progress stays on the version it began with.

use serde::{Deserialize, Serialize};

use crate::{ApplicationId, ConnectionId, InvalidId, SignInPageStyle};

/// Most steps of a flow.
pub const MAX_STEPS: u8 = 10;

/// A local method of proving who one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authenticator {
    /// User name and password.
    Password,
    /// A passkey (WebAuthn): by itself in the first step, as a second factor later.
    Passkey,
    /// Codes of an authenticator app (RFC 6238).
    Totp,
    /// A code sent by e-mail.
    EmailOtp,
    /// One of the person's recovery codes.
    RecoveryCode,
}

impl Authenticator {
    /// All of them, first factors first.
    pub const ALL: [Self; 5] = [Self::Password, Self::Passkey, Self::Totp, Self::EmailOtp, Self::RecoveryCode];

    /// The stable text, in forms and stored flows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Passkey => "passkey",
            Self::Totp => "totp",
            Self::EmailOtp => "email_otp",
            Self::RecoveryCode => "recovery_code",
        }
    }

    /// Reads the stable text.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }

    /// The name that scripts know it by.
    pub fn script_name(self) -> &'static str {
        match self {
            Self::Password => "BasicAuthenticator",
            Self::Passkey => "FIDOAuthenticator",
            Self::Totp => "totp",
            Self::EmailOtp => "email-otp-authenticator",
            Self::RecoveryCode => "backup-code-authenticator",
        }
    }

    /// Whether it can say who the person is, and so may stand in the first step.
    pub fn identifies(self) -> bool {
        matches!(self, Self::Password | Self::Passkey)
    }

    /// Whether it is only ever a second factor.
    pub fn is_second_factor(self) -> bool {
        !self.identifies()
    }

    /// Whether it rests on something kept with a local account.
    pub fn needs_account(self) -> bool {
        self != Self::EmailOtp
    }
}

/// One way through a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FlowOption {
    /// A local method.
    Local {
        /// Which.
        authenticator: Authenticator,
    },
    /// One connection.
    Connection {
        /// Which.
        connection: ConnectionId,
    },
    /// Every enabled connection that the application may use.
    EveryConnection,
}

/// One step: the options of which a person takes one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FlowStep {
    /// In the order in which the page shows them.
    pub options: Vec<FlowOption>,
}

/// What an `acr` value means here: the steps up to this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcrLevel {
    /// The value that applications ask for and are told.
    pub acr: String,
    /// The last step that it needs, from 1.
    pub steps: u8,
}

/// A flow as it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowDefinition {
    /// Steps 1 to n.
    pub steps: Vec<FlowStep>,
    /// The step that says who the person is, from 1.
    #[serde(default = "first")]
    pub subject_step: u8,
    /// The step whose connection gives the attributes, from 1.
    #[serde(default = "first")]
    pub attribute_step: u8,
    /// How the first page begins.
    #[serde(default)]
    pub style: SignInPageStyle,
    /// The script; absent: the steps run in order.
    #[serde(default)]
    pub script: Option<String>,
    /// The text of a script that is switched off.
    #[serde(default)]
    pub shelved_script: Option<String>,
    /// For how many days a browser may be remembered in place of second factors; absent: never.
    #[serde(default)]
    pub remember_days: Option<u16>,
    /// `acr` values, weakest first; empty: every step is always asked.
    #[serde(default)]
    pub levels: Vec<AcrLevel>,
    /// Steps that are asked whatever level is asked for, since the request travels through the person's own browser;
    /// absent: all of them.
    #[serde(default)]
    pub least_steps: Option<u8>,
}

impl FlowDefinition {
    /// One step with user name and password and every connection: what an installation begins with.
    pub fn simple() -> Self {
        let password = FlowOption::Local { authenticator: Authenticator::Password };
        Self {
            steps: vec![FlowStep { options: vec![password, FlowOption::EveryConnection] }],
            subject_step: 1,
            attribute_step: 1,
            style: SignInPageStyle::List,
            script: None,
            shelved_script: None,
            remember_days: None,
            levels: Vec::new(),
            least_steps: None,
        }
    }

    /// The local methods of a step; none for a step that does not exist.
    pub fn authenticators(&self, step: u8) -> impl Iterator<Item = Authenticator> {
        let options = step.checked_sub(1).and_then(|position| self.steps.get(usize::from(position)));
        options.into_iter().flat_map(|step| &step.options).filter_map(|option| match option {
            FlowOption::Local { authenticator } => Some(*authenticator),
            FlowOption::Connection { .. } | FlowOption::EveryConnection => None,
        })
    }
}

fn first() -> u8 {
    1
}

/// Whose flow it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowOwner {
    /// Every application that has none of its own.
    Default,
    /// One application.
    Application(ApplicationId),
}

impl FlowOwner {
    /// The key at rest: the id of the application, or a text that no id can be.
    pub fn key(&self) -> &str {
        match self {
            Self::Default => "*",
            Self::Application(id) => id.as_str(),
        }
    }

    /// Reads the key at rest.
    pub fn from_key(key: &str) -> Result<Self, InvalidId> {
        if key == "*" { Ok(Self::Default) } else { ApplicationId::parse(key).map(Self::Application) }
    }
}

/// Version of a published flow: whose, and the how-manieth.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FlowVersion {
    /// Key of the owner ([`FlowOwner::key`]).
    pub owner: String,
    /// From 1.
    pub number: i64,
}

/// What a second factor proved, and when: a session remembers it, so that a step-up asks only for what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorUse {
    /// Which.
    pub factor: Authenticator,
    /// When it was proved.
    pub at: chrono::DateTime<chrono::Utc>,
}
