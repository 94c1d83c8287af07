//! From a decision to the facts of the flow: who signed in, or who must prove what first.

use chrono::{DateTime, Utc};
use usher_domain::{Authentication, Claims, ExternalIdentity, Subject};
use usher_provisioning::{Decision, Outcome};

/// Who signed in, how and when. The provider's own time counts where it is older: that is when the person was asked.
pub fn authentication(identity: &ExternalIdentity, decision: &Decision, now: DateTime<Utc>) -> Authentication {
    Authentication {
        subject: subject(identity, decision),
        at: identity.auth_time.map_or(now, |at| at.min(now)),
        connection: Some(identity.key.connection.clone()),
        amr: Vec::new(),
        pass_through: pass_through(decision),
        groups: Vec::new(),
        factors: Vec::new(),
        acr: None,
    }
}

/// Whom a decision signs in.
pub fn subject(identity: &ExternalIdentity, decision: &Decision) -> Subject {
    match decision.outcome.user() {
        Some(user) => Subject::Local { user: user.clone() },
        None => Subject::Federated { key: identity.key.clone() },
    }
}

/// What a decision lets through to the application.
pub fn pass_through(decision: &Decision) -> Claims {
    match &decision.outcome {
        Outcome::PassThrough { claims, .. } => claims.clone(),
        _ => Claims::new(),
    }
}
