//! Whether a session that the browser already has satisfies a step (OIDC Core 3.1.2.1 `prompt`, `max_age`).
//!
//! A session counts only for what the application would accept now: one that began at a connection which
//! the application no longer offers does not open it.

use chrono::{DateTime, Duration, Utc};
use usher_domain::{AccountNeed, BrowserSession, Subject};

use crate::flow::LoginFlow;
use crate::script::Renewal;

/// Tolerated difference between the clocks of two nodes.
const SKEW_SECONDS: i64 = 5;

/// Why a session does not satisfy the open step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitSession {
    /// No step is open.
    #[error("no step is open")]
    NothingOpen,
    /// The session is over.
    #[error("it is over")]
    Over,
    /// The application asked for a new sign-in.
    #[error("the application asked for a new sign-in")]
    Forced,
    /// The person asked for another way.
    #[error("the person asked for another way")]
    AnotherWayWanted,
    /// The authentication is older than the application takes.
    #[error("the authentication is too old")]
    TooOld,
    /// The application does not offer the way in which the session began.
    #[error("the application does not offer the way it began")]
    WayNotOffered,
    /// The application needs a local account.
    #[error("the application needs a local account")]
    LocalAccountNeeded,
}

/// Whether `session` satisfies the open step of `flow`.
pub fn session_fits(flow: &LoginFlow, session: &BrowserSession, now: DateTime<Utc>) -> Result<(), UnfitSession> {
    let now = flow.no_earlier(now);
    let step = flow.open_step().ok_or(UnfitSession::NothingOpen)?;
    if session.expires_at <= now {
        return Err(UnfitSession::Over);
    }
    if flow.renewal() == Renewal::Forced {
        return Err(UnfitSession::Forced);
    }
    if flow.restarts > 0 {
        return Err(UnfitSession::AnotherWayWanted);
    }
    if flow.request.max_age.is_some_and(|limit| !is_recent(session.authentication.at, limit, now)) {
        return Err(UnfitSession::TooOld);
    }
    let offered = match &session.authentication.connection {
        Some(connection) => flow.plans_connection(step, connection),
        None => flow.offers_password(step) || flow.begins_with_passkey(step, &session.authentication),
    };
    if !offered {
        return Err(UnfitSession::WayNotOffered);
    }
    let federated = matches!(session.authentication.subject, Subject::Federated { .. });
    if federated && flow.plan.account == AccountNeed::Local {
        return Err(UnfitSession::LocalAccountNeeded);
    }
    Ok(())
}

/// Whether an authentication is at most `limit` seconds old. `max_age=0` accepts none, as `prompt=login`
/// would (OIDC Core 3.1.2.1), and an authentication in the future counts as none (SESS-06).
pub(crate) fn is_recent(at: DateTime<Utc>, limit: u64, now: DateTime<Utc>) -> bool {
    let age = now - at;
    let limit = i64::try_from(limit).ok().and_then(Duration::try_seconds).unwrap_or(Duration::MAX);
    limit > Duration::zero() && age >= Duration::seconds(-SKEW_SECONDS) && age <= limit
}

/// Whether the provider's own authentication is as fresh as the application demands; a provider that
/// says nothing is judged by the connector.
pub(crate) fn upstream_is_fresh(flow: &LoginFlow, auth_time: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    /// Providers' clocks differ by more than ours.
    const PROVIDER_SKEW_SECONDS: i64 = 120;
    let Some(at) = auth_time else { return true };
    let skew = Duration::seconds(PROVIDER_SKEW_SECONDS);
    if flow.renewal() == Renewal::Forced && at < flow.created_at - skew {
        return false;
    }
    flow.request.max_age.is_none_or(|limit| {
        let limit = i64::try_from(limit).ok().and_then(Duration::try_seconds).unwrap_or(Duration::days(36_500));
        now - at <= limit.min(Duration::days(36_500)) + skew
    })
}
