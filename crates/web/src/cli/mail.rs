//! From configuration to what is needed to mail; the task that sends it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use usher_broker::Broker;
use usher_broker::mail::{MailParts, dispatch};
use usher_outbound::{Smtp, SmtpError};

use super::serve::attend;
use crate::config::Config;
use crate::mail::Letters;

/// How long a stop waits for mails on their way: one that is cut off would be sent again after its lease.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Why mail is set up wrongly; one line.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// A server without a sender.
    #[error("configuration: smtp_url needs mail_from, the sender's address")]
    NoSender,
    /// The server or the sender.
    #[error("configuration: {0}")]
    Smtp(#[from] SmtpError),
}

/// Mail, if a server is configured.
pub fn parts(config: &Config) -> Result<Option<MailParts>, MailError> {
    let Some(url) = &config.smtp_url else { return Ok(None) };
    let from = config.mail_from.as_deref().ok_or(MailError::NoSender)?;
    let smtp = Smtp::new(url, from)?;
    let server = smtp.server();
    let renderer = Arc::new(Letters::new(&config.public_url));
    Ok(Some(MailParts { mailer: Arc::new(smtp), renderer, server }))
}

/// Sends what the outbox holds until it is stopped.
pub struct Dispatch {
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Dispatch {
    /// Starts it; without a mail server it only waits for its stop.
    pub fn start(broker: &Arc<Broker>) -> Self {
        let (stop, mut stopped) = watch::channel(());
        let broker = Arc::clone(broker);
        let task = tokio::spawn(async move {
            let mut turns = tokio::time::interval(dispatch::EVERY);
            turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    biased;
                    _ = stopped.changed() => break,
                    _ = turns.tick() => {}
                }
                let broker = Arc::clone(&broker);
                attend("mail", async move { dispatch::turn(&broker).await }).await;
            }
        });
        Self { stop, task }
    }

    /// Claims nothing new and lets what is on its way arrive.
    pub async fn stop(self) {
        let Self { stop, mut task } = self;
        drop(stop);
        if tokio::time::timeout(STOP_WITHIN, &mut task).await.is_err() {
            task.abort();
            tracing::warn!("mails on their way were cut off; they are sent again");
        }
    }
}
