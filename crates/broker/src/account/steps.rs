//! What somebody began in the account page: sealed, for ten minutes, for one session, ended once.
//!
//! No flow carries it, so it hangs on the session: a page that another session posts finds nothing. Of a kind there is
//! one at a time, the latest.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use usher_domain::SessionId;
use usher_storage::account_steps::{self, AccountStep};
use usher_storage::{Purpose, Sealed};

use crate::broker::Broker;
use crate::failure::Fault;

/// How long something may stay begun.
const LIFE: Duration = Duration::minutes(10);

/// What can be begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An authenticator app is being set up.
    App,
    /// A passkey is being made.
    NewPasskey,
    /// A second factor was proved a moment ago.
    Proved,
    /// Recovery codes are being shown.
    Codes,
    /// Another e-mail address waits for its code.
    Email,
    /// Somebody came back from a provider, and is asked whether to link that account.
    Link,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::NewPasskey => "new_passkey",
            Self::Proved => "proved",
            Self::Codes => "codes",
            Self::Email => "email",
            Self::Link => "link",
        }
    }
}

/// Something that was begun, as it was read.
pub(super) struct Begun<T> {
    step: AccountStep,
    /// What was kept.
    pub kept: T,
}

fn row(session: &SessionId, kind: Kind) -> String {
    format!("{session}:{}", kind.as_str())
}

/// Begins, in place of an earlier one of the same kind.
pub(super) async fn begin<T: Serialize>(
    broker: &Broker,
    session: &SessionId,
    kind: Kind,
    kept: &T,
) -> Result<(), Fault> {
    begin_until(broker, (session, kind), kept, broker.now() + LIFE).await
}

/// The same with an end of its own.
pub(super) async fn begin_until<T: Serialize>(
    broker: &Broker,
    (session, kind): (&SessionId, Kind),
    kept: &T,
    expires_at: DateTime<Utc>,
) -> Result<(), Fault> {
    let text = serde_json::to_vec(kept).map_err(|e| Fault::unreadable("step of the account page", e))?;
    let sealed = broker
        .store
        .sealer()
        .seal(Purpose::ACCOUNT_STEP, &row(session, kind), &text, broker.entropy())
        .map_err(|e| Fault::unreadable("step of the account page", e))?;
    let step = AccountStep { session: session.clone(), kind: kind.as_str().to_owned(), sealed, expires_at };
    broker
        .store
        .write_ephemeral(move |tx| {
            let step = step.clone();
            Box::pin(async move { Ok::<_, Fault>(account_steps::put(tx, &step).await?) })
        })
        .await
}

/// What was begun, if it still may be ended.
pub(super) async fn find<T: DeserializeOwned>(
    broker: &Broker,
    session: &SessionId,
    kind: Kind,
) -> Result<Option<Begun<T>>, Fault> {
    let (asked, now) = (session.clone(), broker.now());
    let found = broker
        .store
        .read_ephemeral(move |tx| Box::pin(async move { account_steps::get(tx, &asked, kind.as_str(), now).await }))
        .await?;
    let Some(step) = found else { return Ok(None) };
    let kept = open(broker, &row(session, kind), &step.sealed)?;
    Ok(Some(Begun { step, kept }))
}

fn open<T: DeserializeOwned>(broker: &Broker, row: &str, sealed: &Sealed) -> Result<T, Fault> {
    let bytes = broker
        .store
        .sealer()
        .open(Purpose::ACCOUNT_STEP, row, sealed)
        .map_err(|e| Fault::unreadable("step of the account page", e))?;
    serde_json::from_slice(&bytes).map_err(|e| Fault::unreadable("step of the account page", e))
}

/// Ends it, once; false when it was ended or begun anew meanwhile.
pub(super) async fn end<T>(broker: &Broker, begun: &Begun<T>) -> Result<bool, Fault> {
    let (step, now) = (begun.step.clone(), broker.now());
    broker
        .store
        .write_ephemeral(move |tx| {
            let step = step.clone();
            Box::pin(async move { Ok::<_, Fault>(account_steps::take(tx, &step, now).await?) })
        })
        .await
}

/// Drops whatever of a kind was begun.
pub(super) async fn drop_kind(broker: &Broker, session: &SessionId, kind: Kind) -> Result<(), Fault> {
    let session = session.clone();
    broker
        .store
        .write_ephemeral(move |tx| {
            let session = session.clone();
            Box::pin(async move {
                account_steps::delete(tx, &session, kind.as_str()).await?;
                Ok::<_, Fault>(())
            })
        })
        .await
}
