//! What is kept of a mail that did not go: the last one for the console, the given-up ones in the audit log; no address.

use chrono::{DateTime, Utc};
use serde_json::json;
use usher_domain::{AuditActor, AuditEvent, AuditOutcome, MailId};
use usher_storage::{Tx, audit, settings};

use super::settings::{LAST_FAILURE, LastFailure};
use crate::failure::Fault;

/// Longest text that is kept, in characters.
const LONGEST: usize = 300;

/// Why a mail is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenUp {
    /// The server will not have it.
    Refused,
    /// It could not be sent in time.
    Expired,
    /// It cannot be read back: sealed under another key, or damaged.
    Unreadable,
}

impl GivenUp {
    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What a server said, without any address and without control characters.
pub fn masked(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = text.split(' ').filter(|word| !word.is_empty());
    let words = words.map(|word| if word.contains('@') { "[address]" } else { word });
    words.collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect()
}

/// Keeps the last failure for the console.
pub async fn note(tx: &mut Tx, text: &str, at: DateTime<Utc>) -> Result<(), Fault> {
    let failure = LastFailure { at, text: text.to_owned() };
    let value = serde_json::to_string(&failure).map_err(|e| Fault::unreadable("mail failure", e))?;
    Ok(settings::put(tx, LAST_FAILURE, &value).await?)
}

/// The audit event of a mail that will never be sent.
pub fn given_up(id: &MailId, why: GivenUp, attempts: i64, at: DateTime<Utc>) -> AuditEvent {
    AuditEvent {
        at,
        action: "mail.given_up".to_owned(),
        actor: AuditActor::System,
        object: format!("mail:{id}"),
        outcome: AuditOutcome::Refused,
        detail: json!({ "reason": why.as_str(), "attempts": attempts }),
        correlation: None,
        remote: None,
    }
}

/// Writes the event.
pub async fn record(tx: &mut Tx, event: &AuditEvent) -> Result<(), Fault> {
    Ok(audit::insert(tx, event).await?)
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_servers_answer_is_kept_without_addresses() {
        let said = "permanent error (550): 5.1.1 <bob@corp.test>:\r\nuser bob@corp.test unknown";
        assert_eq!(masked(said), "permanent error (550): 5.1.1 [address] user [address] unknown");
        assert_eq!(masked(&"x".repeat(1_000)).len(), 300);
    }
}
