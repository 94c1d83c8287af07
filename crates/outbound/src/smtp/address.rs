//! The URL of a mail server: scheme, credentials, host, port; how it is protected.

use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use url::Url;
use usher_broker::mail::MailSecurity;
use usher_domain::SecretText;

use super::SmtpError;

/// A mail server as the admin names it.
pub struct SmtpUrl {
    /// Name or address, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the way there is protected.
    pub security: MailSecurity,
    /// User name and password.
    pub credentials: Option<(String, SecretText)>,
}

impl SmtpUrl {
    /// Reads it. `?tls=off` gives up STARTTLS towards a server on a network that the admin trusts; never with a password.
    pub fn parse(text: &SecretText) -> Result<Self, SmtpError> {
        let url = Url::parse(text.expose().trim()).map_err(|_| SmtpError::Url("is not a URL"))?;
        let host = host(&url).ok_or(SmtpError::Url("names no host"))?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SmtpError::Url("is scheme, credentials, host and port only"));
        }
        let loopback = is_loopback(&host);
        let security = match (url.scheme(), url.query()) {
            ("smtps", None) => MailSecurity::Tls,
            ("smtp", Some("tls=off")) => MailSecurity::Plain,
            ("smtp", None) if loopback => MailSecurity::Plain,
            ("smtp", None | Some("tls=required")) => MailSecurity::StartTls,
            ("smtp" | "smtps", Some(_)) => {
                return Err(SmtpError::Url("takes only ?tls=required or ?tls=off after smtp://"));
            }
            _ => return Err(SmtpError::Url("must start with smtps:// or smtp://")),
        };
        let credentials = credentials(&url)?;
        if credentials.is_some() && security == MailSecurity::Plain && !loopback {
            return Err(SmtpError::Url("must not send a password without TLS"));
        }
        Ok(Self { port: url.port().unwrap_or(default_port(security)), host, security, credentials })
    }

    /// Host and port, as a person writes them.
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

fn host(url: &Url) -> Option<String> {
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    let named = host == "localhost" || host.ends_with(".localhost");
    named || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// RFC 8314: 465 for TLS, 587 for submission; 25 is what a relay next door listens on.
fn default_port(security: MailSecurity) -> u16 {
    match security {
        MailSecurity::Tls => 465,
        MailSecurity::StartTls => 587,
        MailSecurity::Plain => 25,
    }
}

fn credentials(url: &Url) -> Result<Option<(String, SecretText)>, SmtpError> {
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(std::borrow::Cow::into_owned).map_err(|_| SmtpError::Url("has credentials that are not UTF-8"))
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(SmtpError::Url("needs both a user name and a password, or neither")),
        (name, Some(password)) => Ok(Some((decoded(name)?, SecretText::new(decoded(password)?)))),
    }
}
