//! Mail over SMTP (RFC 5321) to the one server that the admin names.
//!
//! Protected by default: `smtps://` is TLS from the first byte (RFC 8314), `smtp://` demands STARTTLS (RFC 3207) except on
//! loopback. The private-address guard does not apply: the server comes from the installation's own configuration, never
//! from a page or a provider, and mail servers live on private networks more often than not. Headers are built from typed
//! values, so no name or address can add one (WEB-09).

mod address;

#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use usher_broker::mail::{Envelope, MailFault, MailSecurity, MailServer, Mailer, RenderedMail};
use usher_domain::SecretText;

use address::SmtpUrl;

/// Longest wait for a connection, and for an answer to one command.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Connections kept open at most, and for how long an idle one is.
const CONNECTIONS: u32 = 10;
const IDLE_FOR: Duration = Duration::from_secs(30);
/// Answers that speak of how Usher signs in, not of a mail (RFC 4954 section 6): the admin mends it, the mail waits.
const AUTHENTICATION: [u16; 4] = [530, 534, 535, 538];

/// Why mail cannot be set up; one line, without the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SmtpError {
    /// The URL.
    #[error("smtp_url {0}")]
    Url(&'static str),
    /// The sender.
    #[error("mail_from is not an address such as no-reply@example.com or Usher <no-reply@example.com>")]
    From,
    /// TLS cannot be set up for this host.
    #[error("smtp_url: TLS cannot be set up: {0}")]
    Tls(String),
}

/// The mail server of the installation.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    server: MailServer,
}

impl Smtp {
    /// Reads `smtps://user:password@host:port` and the sender; connects when there is something to send.
    pub fn new(url: &SecretText, from: &str) -> Result<Self, SmtpError> {
        let url = SmtpUrl::parse(url)?;
        let from: Mailbox = from.trim().parse().map_err(|_| SmtpError::From)?;
        let server = MailServer {
            address: url.address(),
            security: url.security,
            username: url.credentials.as_ref().map(|(name, _)| name.clone()),
            from: from.to_string(),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&url.host)
            .port(url.port)
            .tls(tls(&url)?)
            .timeout(Some(ANSWER_WITHIN))
            .hello_name(ClientId::Domain(from.email.domain().to_owned()))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE_FOR));
        if let Some((name, password)) = url.credentials {
            builder = builder.credentials(Credentials::new(name, password.expose().to_owned()));
        }
        Ok(Self { transport: builder.build(), from, server })
    }

    /// What the console shows.
    pub fn server(&self) -> MailServer {
        self.server.clone()
    }

    fn message(&self, envelope: &Envelope, mail: RenderedMail) -> Result<Message, MailFault> {
        let to: Address = envelope
            .to
            .as_str()
            .parse()
            .map_err(|_| MailFault::Refused("not an address that mail is sent to".into()))?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(one_line(&mail.subject))
            .date(date(envelope.at))
            .message_id(Some(format!("<{}@{}>", envelope.id, self.from.email.domain())))
            .multipart(MultiPart::alternative_plain_html(mail.text, mail.html))
            .map_err(|fault| MailFault::Refused(fault.to_string()))
    }
}

fn tls(url: &SmtpUrl) -> Result<Tls, SmtpError> {
    let parameters = || TlsParameters::new(url.host.clone()).map_err(|fault| SmtpError::Tls(fault.to_string()));
    Ok(match url.security {
        MailSecurity::Tls => Tls::Wrapper(parameters()?),
        MailSecurity::StartTls => Tls::Required(parameters()?),
        MailSecurity::Plain => Tls::None,
    })
}

/// A header is one line, whatever was put into it.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn date(at: DateTime<Utc>) -> std::time::SystemTime {
    at.into()
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, envelope: &Envelope, mail: RenderedMail) -> Result<(), MailFault> {
        let message = self.message(envelope, mail)?;
        self.transport.send(message).await.map(drop).map_err(|fault| judged(&fault))
    }
}

/// A refusal of this mail is for good; everything else may be better later.
fn judged(fault: &lettre::transport::smtp::Error) -> MailFault {
    let code = fault.status().map(u16::from);
    if fault.is_permanent() && !code.is_some_and(|code| AUTHENTICATION.contains(&code)) {
        return MailFault::Refused(fault.to_string());
    }
    MailFault::Later(fault.to_string())
}
