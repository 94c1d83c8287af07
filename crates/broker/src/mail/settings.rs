//! What the console shows of mail, and its test: sent at once, so that the admin reads what the server said.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use usher_domain::{AuditOutcome, EmailAddress, Mail, MailContent, MailId};
use usher_storage::{audit, outbox, settings};

use super::{Envelope, MailServer, dispatch, failure};
use crate::broker::Broker;
use crate::console::{Admin, NotDone, deed};
use crate::failure::Fault;
use crate::visitor::Visitor;

/// Name of the setting that holds the last failure.
pub(super) const LAST_FAILURE: &str = "mail.last_failure";

/// The last mail that did not go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastFailure {
    /// When.
    pub at: DateTime<Utc>,
    /// What the server said, addresses masked.
    pub text: String,
}

/// What the console shows of mail.
#[derive(Debug, Clone)]
pub struct MailStatus {
    /// The server, if one is set up.
    pub server: Option<MailServer>,
    /// Mails in the outbox.
    pub waiting: i64,
    /// The last failure, of any node.
    pub last_failure: Option<LastFailure>,
}

/// Reads it.
pub async fn status(broker: &Broker) -> Result<MailStatus, Fault> {
    let now = broker.now();
    let (waiting, failure) = broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let counts = outbox::counts(tx, now).await?;
                Ok::<_, Fault>((counts.waiting, settings::get(tx, LAST_FAILURE).await?))
            })
        })
        .await?;
    Ok(MailStatus {
        server: broker.mail.as_ref().map(|parts| parts.server.clone()),
        waiting,
        last_failure: failure.and_then(|text| serde_json::from_str(&text).ok()),
    })
}

/// Sends a test mail now, past the outbox.
pub async fn send_test(broker: &Broker, admin: &Admin, to: &str, visitor: &Visitor) -> Result<(), NotDone> {
    let to = EmailAddress::parse(to.trim()).map_err(|e| NotDone::field("to", e))?;
    let Some(parts) = &broker.mail else {
        return Err(NotDone::Forbidden("no mail server is configured".to_owned()));
    };
    let mail = Mail { to, language: None, content: MailContent::Test };
    let envelope = Envelope { id: MailId::random(broker.entropy()), to: mail.to.clone(), at: broker.now() };
    let sent = dispatch::send(parts, &envelope, &mail).await.map_err(|fault| failure::masked(&fault.to_string()));
    let mut event = deed(broker, admin, visitor, "mail.tested", format!("mail:{}", envelope.id));
    if sent.is_err() {
        event.outcome = AuditOutcome::Refused;
    }
    let (now, failed) = (broker.now(), sent.clone().err());
    broker
        .store
        .write(move |tx| {
            let (event, failed) = (event.clone(), failed.clone());
            Box::pin(async move {
                audit::insert(tx, &event).await?;
                match failed {
                    Some(text) => failure::note(tx, &text, now).await,
                    None => Ok(()),
                }
            })
        })
        .await?;
    sent.map_err(|text| NotDone::field("to", format!("the mail server did not take it: {text}")))
}
