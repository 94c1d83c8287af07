//! Into the outbox, in the transaction of the deed that the mail tells of.

use chrono::{DateTime, Duration, Utc};
use usher_domain::{Entropy, Mail, MailContent, MailId};
use usher_storage::outbox::{self, OutboxRow};
use usher_storage::{Purpose, Store, Tx};

use crate::failure::Fault;

/// How long a notice is tried.
const NOTICE_LIFE: Duration = Duration::days(3);

/// Puts a mail into the outbox: it is sent if this transaction commits. Only where mail is set up
/// ([`Broker::can_mail`](crate::Broker::can_mail)): else it would wait for a server that is not there.
pub async fn queue(
    tx: &mut Tx,
    store: &Store,
    entropy: &dyn Entropy,
    mail: &Mail,
    now: DateTime<Utc>,
) -> Result<MailId, Fault> {
    let id = MailId::random(entropy);
    let text = serde_json::to_vec(mail).map_err(|e| Fault::unreadable("mail", e))?;
    let sealed =
        store.sealer().seal(Purpose::MAIL, id.as_str(), &text, entropy).map_err(|e| Fault::unreadable("mail", e))?;
    let expires_at = now + life(&mail.content);
    let row = OutboxRow { id: id.clone(), sealed, created_at: now, due_at: now, attempts: 0, expires_at };
    outbox::insert(tx, &row).await?;
    Ok(id)
}

/// Until when a mail is worth sending: a code or link no longer than it works.
fn life(content: &MailContent) -> Duration {
    match content {
        MailContent::OwnershipCode { minutes, .. }
        | MailContent::SignInCode { minutes, .. }
        | MailContent::EmailChangeCode { minutes, .. }
        | MailContent::PasswordReset { minutes, .. } => Duration::minutes(i64::from(*minutes)),
        MailContent::Invitation { hours, .. } => Duration::hours(i64::from(*hours)),
        MailContent::AccountLinked { .. }
        | MailContent::AccountUnlinked { .. }
        | MailContent::FactorAdded { .. }
        | MailContent::FactorRemoved { .. }
        | MailContent::PasswordChanged
        | MailContent::RecoveryCodesMade
        | MailContent::RecoveryCodeUsed { .. }
        | MailContent::FactorsReset
        | MailContent::BypassIssued { .. }
        | MailContent::BypassUsed
        | MailContent::FactorsLocked { .. }
        | MailContent::EmailChanged { .. }
        | MailContent::AccountSecured
        | MailContent::ByScript { .. }
        | MailContent::Test => NOTICE_LIFE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_sent_after_it_stopped_working() {
        let code = MailContent::OwnershipCode { code: "123".into(), connection: "Acme".into(), minutes: 10 };
        let invitation = MailContent::Invitation { link: "x".into(), username: "bob".into(), hours: 72 };
        let reset = MailContent::PasswordReset { link: "x".into(), username: "bob".into(), minutes: 30 };
        assert_eq!(life(&code), Duration::minutes(10));
        assert_eq!(life(&reset), Duration::minutes(30));
        assert_eq!(life(&invitation), Duration::hours(72));
        assert_eq!(life(&MailContent::Test), NOTICE_LIFE);
    }
}
