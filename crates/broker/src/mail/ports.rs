//! What sends and what renders: `outbound` implements the one, `web` the other.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use usher_domain::{EmailAddress, Mail, MailId};

/// How one mail travels.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The same at every attempt, so that a mail that arrives twice is seen to be one.
    pub id: MailId,
    /// To whom.
    pub to: EmailAddress,
    /// Its date.
    pub at: DateTime<Utc>,
}

/// A mail as it is read.
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedMail {
    /// Subject line.
    pub subject: String,
    /// The plain text, which is always there.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

impl std::fmt::Debug for RenderedMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RenderedMail([secret])")
    }
}

/// Why a mail was not taken. The text is for admins and the log; addresses in it are masked before it gets there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailFault {
    /// It never will be: this address or this mail is refused.
    #[error("refused: {0}")]
    Refused(String),
    /// It may be later: the server is down, slow, busy, or set up wrongly.
    #[error("not taken: {0}")]
    Later(String),
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a mail to the server; it is sent when this returns.
    async fn send(&self, envelope: &Envelope, mail: RenderedMail) -> Result<(), MailFault>;
}

/// Says in the person's language what a mail means.
pub trait MailRenderer: Send + Sync {
    /// Subject, text and HTML.
    fn render(&self, mail: &Mail) -> RenderedMail;
}

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailSecurity {
    /// TLS from the first byte.
    Tls,
    /// TLS by STARTTLS, demanded.
    StartTls,
    /// None.
    Plain,
}

/// What the console shows of the mail server; no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Host and port.
    pub address: String,
    /// How the way there is protected.
    pub security: MailSecurity,
    /// With which user name Usher signs in there, if it does.
    pub username: Option<String>,
    /// What stands in `From`.
    pub from: String,
}

/// What is needed to mail.
#[derive(Clone)]
pub struct MailParts {
    /// Sends.
    pub mailer: Arc<dyn Mailer>,
    /// Renders.
    pub renderer: Arc<dyn MailRenderer>,
    /// What the console shows.
    pub server: MailServer,
}
