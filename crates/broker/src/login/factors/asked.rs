//! What waits in the sealed sign-in while a factor is asked for.

use serde::{Deserialize, Serialize};
use usher_login_flow::SentCode;
use usher_login_flow::factors::mail_code::CODES_PER_FLOW;
use usher_login_flow::factors::totp::TotpSecret;

use super::passkey::Ceremony;
use crate::failure::Fault;

/// What is asked for, and the mailed code of the step, which outlives a look at other ways.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Asked {
    pub kind: Kind,
    #[serde(default)]
    pub mail: Option<Mailed>,
}

/// What is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Kind {
    /// A code of an authenticator app.
    App,
    /// The mailed code.
    Mail,
    /// A recovery code, or one of the help desk.
    Lost,
    /// The first code of a new authenticator app.
    NewApp { secret: TotpSecret },
    /// An answer by a passkey.
    Passkey { ceremony: Ceremony },
    /// The answer that makes a passkey.
    NewPasskey { ceremony: Ceremony },
}

/// A code by mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Mailed {
    pub code: SentCode,
    /// Codes that this step had sent.
    pub sent: u32,
}

impl Mailed {
    /// How many more codes may be sent.
    pub fn sends_left(mail: Option<&Self>) -> u32 {
        CODES_PER_FLOW.saturating_sub(mail.map_or(0, |mail| mail.sent))
    }
}

impl Asked {
    pub fn new(kind: Kind) -> Self {
        Self { kind, mail: None }
    }

    /// The same mailed code, another thing asked for.
    pub fn with_mail_of(self, before: Option<Self>) -> Self {
        Self { mail: self.mail.or(before.and_then(|before| before.mail)), ..self }
    }

    /// Reads what [`Self::write`] wrote; anything else is asked for anew.
    pub fn read(state: &str) -> Option<Self> {
        serde_json::from_str(state).ok()
    }

    pub fn write(&self) -> Result<String, Fault> {
        serde_json::to_string(self).map_err(|e| Fault::unreadable("factor", e))
    }
}
