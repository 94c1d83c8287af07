//! A response from the gate to an identity: the whole profile, in one place (SAML profiles 4.1.4).

use chrono::{DateTime, TimeDelta, Utc};
use roxmltree::Node;

use crate::certificate::Certificate;
use crate::check::{Checks, Phase, SamlError, printable};
use crate::decrypt::{Cbc, DecryptionKey, decrypt, encrypted_assertion};
use crate::gate::{Gated, Root, element_children, gate};
use crate::names::{BEARER, SAML};
use crate::read::{Assertion, Shell, Status, read_assertion, read_shell};
use crate::verify::{Verified, verify};

/// How old an assertion may be when it arrives, clock skew aside (SAML-39).
pub const MAX_AGE: TimeDelta = TimeDelta::minutes(5);

/// What a response must answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected<'a> {
    /// The request that this very browser carried to this very provider.
    Answer {
        /// Its id.
        request: &'a str,
    },
    /// None: the provider began. Nothing in the message may claim to answer a request.
    Unsolicited,
}

/// Whether the response itself must be signed, besides its assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResponseSignature {
    /// It may be.
    #[default]
    Optional,
    /// It must be.
    Required,
}

/// What the message is compared with.
#[derive(Debug, Clone, Copy)]
pub struct ResponseRules<'a> {
    /// The provider's entity id.
    pub issuer: &'a str,
    /// Ours.
    pub audience: &'a str,
    /// The address that received the message.
    pub consumer: &'a str,
    /// The provider's certificates; none refuses everything.
    pub certificates: &'a [Certificate],
    /// Our keys for encrypted assertions.
    pub decryption: &'a [DecryptionKey],
    /// Whether CBC is accepted.
    pub cbc: Cbc,
    /// What it must answer.
    pub expected: Expected<'a>,
    /// Whether the response must be signed too.
    pub response_signature: ResponseSignature,
    /// Sign-ins from before this moment do not count: set when the provider was told to ask again.
    pub signed_in_since: Option<DateTime<Utc>>,
    /// The contexts of which one must have been used; empty: any.
    pub contexts: &'a [String],
    /// How far the clocks may differ.
    pub skew: TimeDelta,
    /// Now.
    pub now: DateTime<Utc>,
}

/// An identity that a provider vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedResponse {
    /// The assertion, read from the bytes that were digested.
    pub assertion: Assertion,
    /// Which certificate fitted.
    pub certificate: usize,
    /// Whether the assertion came encrypted.
    pub encrypted: bool,
    /// Until when its id must be remembered (SAML-42).
    pub remember_until: DateTime<Utc>,
}

/// Checks a response.
///
/// # Errors
///
/// [`SamlError::Denied`] when the provider says no; else the check that failed.
pub fn read_response(
    message: &[u8],
    rules: &ResponseRules<'_>,
    checks: &mut Checks,
) -> Result<VerifiedResponse, SamlError> {
    checks.enter(Phase::Gate);
    let gated = checks.record("gate", gate(message, Root::Response))?;
    let shell = checks.record("content", read_shell(gated.root()))?;
    outside(&shell, rules, checks)?;
    checks.enter(Phase::Signature);
    checks
        .require("certificates", !rules.certificates.is_empty(), || "the connection has no certificate".to_owned())?;
    if rules.response_signature == ResponseSignature::Required {
        checks
            .require("response_signed", gated.root_signature.is_some(), || "the response is not signed".to_owned())?;
    }
    let (assertion, certificate, encrypted) = if let Some(node) = encrypted_assertion(gated.root()) {
        if gated.root_signature.is_some() {
            genuine(&gated, rules, checks)?;
        }
        let (assertion, certificate) = inside(node, rules, checks)?;
        (assertion, certificate, true)
    } else {
        signed(gated.assertion_signature.is_some(), checks)?;
        let verified = genuine(&gated, rules, checks)?;
        let root = if gated.root_signature.is_some() { Root::Response } else { Root::Assertion };
        (covered(&verified, root, checks)?, verified.certificate, false)
    };
    checks.enter(Phase::Profile);
    let remember_until = profile(&assertion, rules, checks)?;
    Ok(VerifiedResponse { assertion, certificate, encrypted, remember_until })
}

/// Decrypts an assertion and judges what comes out like any other: encryption says nothing about the sender (SAML-47).
fn inside(
    encrypted: Node<'_, '_>,
    rules: &ResponseRules<'_>,
    checks: &mut Checks,
) -> Result<(Assertion, usize), SamlError> {
    checks.enter(Phase::Decryption);
    let plain = decrypt(encrypted, rules.decryption, rules.cbc);
    let plain = plain.ok_or_else(|| checks.fail("decryption", "the assertion cannot be decrypted with our keys"))?;
    checks.passed("decryption");
    let decrypted = checks.record("gate", gate(&plain, Root::Assertion))?;
    checks.enter(Phase::Signature);
    signed(decrypted.root_signature.is_some(), checks)?;
    let verified = genuine(&decrypted, rules, checks)?;
    Ok((covered(&verified, Root::Assertion, checks)?, verified.certificate))
}

/// What an unread response claims: enough to find the sign-in that it belongs to, nothing to believe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseClaims {
    /// The request that it claims to answer.
    pub in_response_to: Option<String>,
    /// The issuer that it names.
    pub issuer: Option<String>,
}

/// Judges the shape of a response and says what it claims.
///
/// # Errors
///
/// [`SamlError`] of the phase `gate`.
pub fn peek_response(message: &[u8]) -> Result<ResponseClaims, SamlError> {
    let gated = gate(message, Root::Response)?;
    let shell = read_shell(gated.root())?;
    Ok(ResponseClaims { in_response_to: shell.in_response_to, issuer: shell.issuer })
}

/// The outside, signed or not: whatever it says must fit (SAML-35, 38, 41, 45, 46, 72).
fn outside(shell: &Shell, rules: &ResponseRules<'_>, checks: &mut Checks) -> Result<(), SamlError> {
    checks.enter(Phase::Profile);
    checks.require("version", shell.version.as_deref() == Some("2.0"), || "not SAML 2.0".to_owned())?;
    checks.require("id", !shell.id.is_empty(), || "the response has no ID".to_owned())?;
    let destination = shell.destination.as_deref();
    checks.require("destination", destination == Some(rules.consumer), || said("it is addressed to", destination))?;
    let issuer = shell.issuer.as_deref();
    checks.require("issuer", issuer == Some(rules.issuer), || said("the response's issuer is", issuer))?;
    answers(shell.in_response_to.as_deref(), rules.expected, checks)?;
    let made = shell.issue_instant;
    checks.require("issue_instant", made.is_some_and(|at| fresh(at, rules)), || {
        "the response is too old, too new or undated".to_owned()
    })?;
    match &shell.status {
        Some(Status::Success) => {
            checks.passed("status");
            Ok(())
        }
        Some(Status::Failed { code, message }) => {
            checks.record("status", Err(SamlError::Denied { status: code.clone(), message: message.clone() }))
        }
        None => Err(checks.fail("status", "no status")),
    }
}

fn said(what: &str, found: Option<&str>) -> String {
    format!("{what} {}", found.map_or_else(|| "nobody".to_owned(), |text| format!("{:?}", printable(text))))
}

fn answers(found: Option<&str>, expected: Expected<'_>, checks: &mut Checks) -> Result<(), SamlError> {
    let holds = match expected {
        Expected::Answer { request } => found == Some(request),
        Expected::Unsolicited => found.is_none(),
    };
    checks.require("in_response_to", holds, || said("it answers", found))
}

/// Neither from the future nor older than [`MAX_AGE`].
fn fresh(at: DateTime<Utc>, rules: &ResponseRules<'_>) -> bool {
    at <= rules.now + rules.skew && at >= rules.now - MAX_AGE - rules.skew
}

fn signed(is_signed: bool, checks: &mut Checks) -> Result<(), SamlError> {
    checks.require("assertion_signed", is_signed, || "the assertion is not signed".to_owned())
}

fn genuine(message: &Gated<'_>, rules: &ResponseRules<'_>, checks: &mut Checks) -> Result<Verified, SamlError> {
    match verify(message, rules.certificates) {
        Some(verified) => {
            checks.passed("signature");
            Ok(verified)
        }
        None => Err(checks.fail("signature", "no certificate of the connection fits the signature")),
    }
}

/// The assertion in the bytes that the signature covers.
fn covered(verified: &Verified, root: Root, checks: &mut Checks) -> Result<Assertion, SamlError> {
    let inside = checks.record("verified_bytes", gate(verified.bytes.as_bytes(), root))?;
    let node = match root {
        Root::Response => element_children(inside.root()).find(|child| child.has_tag_name((SAML, "Assertion"))),
        _ => Some(inside.root()),
    };
    let node = node.ok_or_else(|| checks.fail("verified_bytes", "no assertion"))?;
    checks.record("assertion", read_assertion(node))
}

/// Who, for whom, when, in answer to what. Returns until when the assertion could be used again.
fn profile(assertion: &Assertion, rules: &ResponseRules<'_>, checks: &mut Checks) -> Result<DateTime<Utc>, SamlError> {
    let (now, skew) = (rules.now, rules.skew);
    checks.require("assertion_issuer", assertion.issuer == rules.issuer, || {
        said("the assertion's issuer is", Some(&assertion.issuer))
    })?;
    let named = !assertion.audiences.is_empty()
        && assertion.audiences.iter().all(|restriction| restriction.iter().any(|audience| audience == rules.audience));
    checks.require("audience", named, || {
        format!("it is meant for {}", printable(&format!("{:?}", assertion.audiences)))
    })?;
    checks.require("issue_instant", fresh(assertion.issue_instant, rules), || {
        format!("issued at {}", assertion.issue_instant)
    })?;
    let begun = assertion.not_before.is_none_or(|at| at <= now + skew);
    checks.require("not_before", begun, || "it is not valid yet".to_owned())?;
    let lasts = assertion.not_on_or_after.is_none_or(|at| now - skew < at);
    checks.require("not_on_or_after", lasts, || "it is no longer valid".to_owned())?;
    let confirmed = confirmed_until(assertion, rules);
    let until = confirmed.ok_or_else(|| {
        checks.fail("bearer", "no subject confirmation fits: bearer, this address, this request, in time")
    })?;
    checks.passed("bearer");
    authn(assertion, rules, checks)?;
    Ok(assertion.not_on_or_after.map_or(until, |end| end.max(until)) + skew)
}

/// The end of the one bearer confirmation that is valid in every respect (SAML-40, 41, 44).
fn confirmed_until(assertion: &Assertion, rules: &ResponseRules<'_>) -> Option<DateTime<Utc>> {
    let valid = assertion.confirmations.iter().filter(|confirmation| {
        let answers = match rules.expected {
            Expected::Answer { request } => confirmation.in_response_to.as_deref() == Some(request),
            Expected::Unsolicited => confirmation.in_response_to.is_none(),
        };
        confirmation.method == BEARER
            && answers
            && confirmation.recipient.as_deref() == Some(rules.consumer)
            && confirmation.not_before.is_none_or(|at| at <= rules.now + rules.skew)
    });
    let foreign =
        assertion.confirmations.iter().filter(|confirmation| confirmation.method == BEARER).any(|confirmation| {
            match rules.expected {
                Expected::Answer { request } => confirmation.in_response_to.as_deref().is_some_and(|id| id != request),
                Expected::Unsolicited => confirmation.in_response_to.is_some(),
            }
        });
    if foreign {
        return None;
    }
    valid.filter_map(|confirmation| confirmation.not_on_or_after).filter(|end| rules.now - rules.skew < *end).max()
}

/// The sign-in at the provider: when, how, and whether its session still lives.
fn authn(assertion: &Assertion, rules: &ResponseRules<'_>, checks: &mut Checks) -> Result<(), SamlError> {
    let statement = &assertion.authn;
    let (now, skew) = (rules.now, rules.skew);
    checks.require("authn_instant", statement.instant <= now + skew, || "the sign-in lies in the future".to_owned())?;
    if let Some(since) = rules.signed_in_since {
        checks.require("force_authn", statement.instant >= since - skew, || {
            format!("the person signed in at {}, before we asked", statement.instant)
        })?;
    }
    let alive = statement.session_not_on_or_after.is_none_or(|end| now - skew < end);
    checks.require("session_end", alive, || "the provider's session has ended".to_owned())?;
    let class = statement.class.as_deref();
    let fits =
        rules.contexts.is_empty() || class.is_some_and(|class| rules.contexts.iter().any(|asked| asked == class));
    checks.require("authn_context", fits, || said("the person was authenticated by", class))
}
