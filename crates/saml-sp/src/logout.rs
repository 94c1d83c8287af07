//! Logout messages that arrive: signed by the provider, addressed to us, fresh, once (SAML profiles 4.4; SAML-61).

use chrono::{DateTime, TimeDelta, Utc};

use crate::certificate::Certificate;
use crate::check::{Checks, Phase, SamlError, printable};
use crate::gate::{Gated, Root, gate};
use crate::read::{NameId, Shell, Status, read_logout_request, read_shell};
use crate::redirect::QueryMessage;
use crate::response::MAX_AGE;
use crate::verify::verify;

/// What a logout message is compared with.
#[derive(Debug, Clone, Copy)]
pub struct LogoutRules<'a> {
    /// The provider's entity id.
    pub issuer: &'a str,
    /// The address that received the message.
    pub receiver: &'a str,
    /// The provider's certificates.
    pub certificates: &'a [Certificate],
    /// How far the clocks may differ.
    pub skew: TimeDelta,
    /// Now.
    pub now: DateTime<Utc>,
}

/// How a logout message came.
#[derive(Debug, Clone, Copy)]
pub enum Arrived<'a> {
    /// In a form: the signature is inside.
    Form(&'a [u8]),
    /// In a query: the signature is in the query.
    Query(&'a QueryMessage),
}

/// A provider's request to end sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutRequest {
    /// Its id: to be answered, and remembered until [`Self::remember_until`].
    pub id: String,
    /// Whose sessions.
    pub name_id: NameId,
    /// Which; none means all.
    pub session_indexes: Vec<String>,
    /// Until when its id must be remembered.
    pub remember_until: DateTime<Utc>,
}

/// A provider's answer to our request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutResponse {
    /// The request that it answers; the caller compares it with what this browser carried.
    pub in_response_to: String,
    /// `None` when it succeeded; else the status.
    pub failure: Option<String>,
}

/// Checks a logout request.
///
/// # Errors
///
/// The check that failed.
pub fn read_request(
    arrived: Arrived<'_>,
    rules: &LogoutRules<'_>,
    checks: &mut Checks,
) -> Result<LogoutRequest, SamlError> {
    checks.enter(Phase::Gate);
    let gated = checks.record("gate", gate(bytes(arrived), Root::LogoutRequest))?;
    let verified = genuine(&gated, arrived, rules, checks)?;
    checks.enter(Phase::Profile);
    let inside = checks.record("verified_bytes", gate(verified.as_bytes(), Root::LogoutRequest))?;
    let shell = checks.record("content", read_shell(inside.root()))?;
    outside(&shell, rules, checks)?;
    let body = checks.record("content", read_logout_request(inside.root()))?;
    let alive = body.not_on_or_after.is_none_or(|end| rules.now - rules.skew < end);
    checks.require("not_on_or_after", alive, || "the request is no longer valid".to_owned())?;
    let age = shell.issue_instant.unwrap_or(rules.now) + MAX_AGE;
    let until = body.not_on_or_after.map_or(age, |end| end.max(age)) + rules.skew;
    Ok(LogoutRequest {
        id: shell.id,
        name_id: body.name_id,
        session_indexes: body.session_indexes,
        remember_until: until,
    })
}

/// Checks an answer to our logout request.
///
/// # Errors
///
/// The check that failed; a provider that could not end its session is no error but [`LogoutResponse::failure`].
pub fn read_response(
    arrived: Arrived<'_>,
    rules: &LogoutRules<'_>,
    checks: &mut Checks,
) -> Result<LogoutResponse, SamlError> {
    checks.enter(Phase::Gate);
    let gated = checks.record("gate", gate(bytes(arrived), Root::LogoutResponse))?;
    let verified = genuine(&gated, arrived, rules, checks)?;
    checks.enter(Phase::Profile);
    let inside = checks.record("verified_bytes", gate(verified.as_bytes(), Root::LogoutResponse))?;
    let shell = checks.record("content", read_shell(inside.root()))?;
    outside(&shell, rules, checks)?;
    let in_response_to = shell.in_response_to.ok_or_else(|| checks.fail("in_response_to", "it answers nothing"))?;
    let failure = match shell.status {
        Some(Status::Success) => None,
        Some(Status::Failed { code, .. }) => Some(code),
        None => return Err(checks.fail("status", "no status")),
    };
    Ok(LogoutResponse { in_response_to, failure })
}

fn bytes(arrived: Arrived<'_>) -> &[u8] {
    match arrived {
        Arrived::Form(message) => message,
        Arrived::Query(query) => &query.message,
    }
}

/// The characters that a signature of the provider covers.
fn genuine(
    message: &Gated<'_>,
    arrived: Arrived<'_>,
    rules: &LogoutRules<'_>,
    checks: &mut Checks,
) -> Result<String, SamlError> {
    checks.enter(Phase::Signature);
    let verified = match arrived {
        Arrived::Query(query) => query.is_signed_by(rules.certificates).then(|| message.text.to_owned()),
        Arrived::Form(_) if message.root_signature.is_none() => None,
        Arrived::Form(_) => verify(message, rules.certificates).map(|verified| verified.bytes),
    };
    match verified {
        Some(text) => {
            checks.passed("signature");
            Ok(text)
        }
        None => Err(checks.fail("signature", "no certificate of the connection fits, or the message is not signed")),
    }
}

fn outside(shell: &Shell, rules: &LogoutRules<'_>, checks: &mut Checks) -> Result<(), SamlError> {
    let found = |text: &Option<String>| text.as_deref().map(printable).unwrap_or_default();
    checks.require("version", shell.version.as_deref() == Some("2.0"), || "not SAML 2.0".to_owned())?;
    checks.require("id", !shell.id.is_empty(), || "the message has no ID".to_owned())?;
    checks.require("issuer", shell.issuer.as_deref() == Some(rules.issuer), || {
        format!("its issuer is {:?}", found(&shell.issuer))
    })?;
    let destination = shell.destination.as_deref() == Some(rules.receiver);
    checks.require("destination", destination, || format!("it is addressed to {:?}", found(&shell.destination)))?;
    let fresh =
        shell.issue_instant.is_some_and(|at| at <= rules.now + rules.skew && at >= rules.now - MAX_AGE - rules.skew);
    checks.require("issue_instant", fresh, || "the message is too old, too new or undated".to_owned())
}
