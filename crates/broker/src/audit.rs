//! Audit events, written in the transaction of the deed.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use usher_domain::{ApplicationId, AuditActor, AuditEvent, AuditOutcome, RefusalCode, SignInTrace, UserId};
use usher_storage::{Tx, audit};

use crate::failure::Fault;
use crate::visitor::Visitor;

/// An event of a visitor.
pub fn event(visitor: &Visitor, at: DateTime<Utc>, action: &str, actor: AuditActor) -> AuditEvent {
    AuditEvent {
        at,
        action: action.to_owned(),
        actor,
        object: String::new(),
        outcome: AuditOutcome::Success,
        detail: Value::Null,
        correlation: Some(visitor.correlation.clone()),
        remote: visitor.remote_text(),
    }
}

/// A sign-in that ended in a refusal.
pub fn refused(visitor: &Visitor, trace: &SignInTrace, at: DateTime<Utc>, code: RefusalCode) -> AuditEvent {
    let mut event = event(visitor, at, "sign_in.refused", AuditActor::Anonymous);
    event.correlation = Some(trace.correlation.clone());
    event.object = trace.application.as_ref().map(application_object).unwrap_or_default();
    event.outcome = AuditOutcome::Refused;
    event.detail = json!({ "code": code.as_str(), "connection": trace.connection });
    event
}

/// How an application is named as an object.
pub fn application_object(id: &ApplicationId) -> String {
    format!("application:{id}")
}

/// How a user is named as an object.
pub fn user_object(id: &UserId) -> String {
    format!("user:{id}")
}

/// Something Usher did by itself or by command.
pub async fn system(tx: &mut Tx, action: &str, at: DateTime<Utc>) -> Result<(), Fault> {
    let event = AuditEvent {
        at,
        action: action.to_owned(),
        actor: AuditActor::CommandLine,
        object: String::new(),
        outcome: AuditOutcome::Success,
        detail: Value::Null,
        correlation: None,
        remote: None,
    };
    Ok(audit::insert(tx, &event).await?)
}
