//! Checks an ID token (OIDC Core 3.1.3.7) and hands out its claims.
//!
//! The token is read by our own strict parser; only the signature itself is left to the library, with a key that came
//! from the provider's key set and an algorithm that the connection pins. Nothing in the header can widen that:
//! `jku`, `x5u`, `jwk` and `x5c` are not even read (OIDC-12).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use serde_json::{Map, Value};

use crate::check::printable;
use crate::keys::{Signed, Verdict};
use crate::{Checks, Code, IdTokenAlgorithm, OidcError, Phase, ProviderKeySet, Tokens, json};

/// How far two clocks may differ.
pub const SKEW: Duration = Duration::seconds(60);
/// Longest key id accepted, in bytes (OIDC-11).
const LONGEST_KID: usize = 512;

/// What an ID token must say.
#[derive(Debug, Clone, Copy)]
pub struct IdTokenRules<'a> {
    /// The provider's issuer identifier, byte for byte.
    pub issuer: &'a str,
    /// Our client id there.
    pub client_id: &'a str,
    /// The algorithms that the connection pins.
    pub algorithms: &'a [IdTokenAlgorithm],
    /// The `nonce` that was sent.
    pub nonce: &'a str,
    /// The `state` that was sent, for `s_hash`.
    pub state: &'a str,
    /// The code that was exchanged, for `c_hash`.
    pub code: &'a Code,
    /// How old the authentication may be.
    pub auth_time: AuthTimeRule,
}

/// What `auth_time` must say (OIDC Core 3.1.3.7 (13)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthTimeRule {
    /// Nothing was asked.
    Any,
    /// `prompt=login` was sent: where the provider tells the time, it is not before this.
    NotBefore(DateTime<Utc>),
    /// `max_age` was sent: the claim is there and not before this.
    PresentAndNotBefore(DateTime<Utc>),
}

/// An ID token that passed every check.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedIdToken {
    /// `sub`, byte for byte.
    pub subject: String,
    /// When the provider authenticated the person, if it said so.
    pub auth_time: Option<DateTime<Utc>>,
    /// Every claim.
    pub claims: Map<String, Value>,
}

/// Checks the ID token among `tokens`.
///
/// [`OidcError::UnknownKey`] asks for fresh keys and a second call; every other error is final.
pub fn verify_id_token(
    tokens: &Tokens,
    keys: &ProviderKeySet,
    rules: &IdTokenRules<'_>,
    now: DateTime<Utc>,
    checks: &mut Checks,
) -> Result<VerifiedIdToken, OidcError> {
    checks.enter(Phase::IdToken);
    let parts = checks.attempt("structure", split(&tokens.id_token))?;
    let algorithm = check_header(&parts.header, rules.algorithms, checks)?;
    check_signature(&parts, algorithm, keys, checks)?;
    let claims = checks.attempt("claims", json::object(&parts.payload).map_err(|fault| fault.to_string()))?;
    let reader = Reader { claims: &claims };
    reader.check_parties(rules, checks)?;
    reader.check_times(now, checks)?;
    let nonce_fits = reader.text("nonce").is_some_and(|nonce| same(nonce, rules.nonce)) && !rules.nonce.is_empty();
    checks.require("nonce", nonce_fits, || "nonce is absent or not the one that was sent".to_owned())?;
    let auth_time = reader.check_auth_time(rules.auth_time, now, checks)?;
    let subject = reader.check_subject(checks)?;
    for (check, covered) in
        [("at_hash", tokens.access_token.as_str()), ("c_hash", rules.code.as_str()), ("s_hash", rules.state)]
    {
        reader.check_hash(check, covered, algorithm, checks)?;
    }
    Ok(VerifiedIdToken { subject, auth_time, claims })
}

struct Parts<'a> {
    message: &'a [u8],
    header: Map<String, Value>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// Compact serialisation (RFC 7515 section 7.1): exactly three parts, none empty.
fn split(token: &str) -> Result<Parts<'_>, String> {
    let (message, signature) = token.rsplit_once('.').ok_or("not a compact JWS")?;
    let (header, payload) = message.split_once('.').ok_or("not a compact JWS")?;
    if payload.contains('.') || header.is_empty() || payload.is_empty() || signature.is_empty() {
        return Err("a compact JWS has three parts, none of them empty".to_owned());
    }
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "not base64url without padding".to_owned());
    let header = json::object(&decode(header)?).map_err(|fault| format!("header: {fault}"))?;
    Ok(Parts { message: message.as_bytes(), header, payload: decode(payload)?, signature: decode(signature)? })
}

fn check_header(
    header: &Map<String, Value>,
    pinned: &[IdTokenAlgorithm],
    checks: &mut Checks,
) -> Result<IdTokenAlgorithm, OidcError> {
    let named = header.get("alg").and_then(Value::as_str).unwrap_or_default();
    let algorithm = IdTokenAlgorithm::parse(named).filter(|algorithm| pinned.contains(algorithm)).ok_or_else(|| {
        let allowed: Vec<_> = pinned.iter().map(|algorithm| algorithm.as_str()).collect();
        format!("the token is signed with '{}', the connection accepts {}", printable(named), allowed.join(", "))
    });
    let algorithm = checks.attempt("algorithm", algorithm)?;
    // RFC 7515 section 4.1.9; another type of token is not an ID token (RFC 8725 section 3.11, OIDC-13).
    let typ = header.get("typ");
    let typ_ok = typ.is_none_or(|typ| {
        typ.as_str().is_some_and(|t| t.eq_ignore_ascii_case("jwt") || t.eq_ignore_ascii_case("application/jwt"))
    });
    checks.require("type", typ_ok, || format!("typ is {}", printable(&typ.unwrap_or(&Value::Null).to_string())))?;
    // `crit` names extensions that must be understood (RFC 7515 section 4.1.11); we understand none. `b64` changes
    // what is signed (RFC 7797), `cty` announces a nested token, `enc` and `zip` an encrypted one.
    let extension = ["crit", "b64", "cty", "enc", "zip"].into_iter().find(|name| header.contains_key(*name));
    checks.require("extensions", extension.is_none(), || {
        format!("the header field '{}' is not accepted", extension.unwrap_or_default())
    })?;
    Ok(algorithm)
}

fn check_signature(
    parts: &Parts<'_>,
    algorithm: IdTokenAlgorithm,
    keys: &ProviderKeySet,
    checks: &mut Checks,
) -> Result<(), OidcError> {
    let kid = match parts.header.get("kid") {
        None => None,
        Some(Value::String(kid)) if kid.len() <= LONGEST_KID => Some(kid.as_str()),
        Some(_) => return Err(checks.fail("key", "kid is not a text of at most 512 bytes")),
    };
    let verdict = keys.verify(kid, Signed { algorithm, message: parts.message, signature: &parts.signature });
    // A token that names no key may be signed with one that is newer than our set.
    if verdict == Verdict::NoKey || (verdict == Verdict::Bad && kid.is_none()) {
        let _recorded = checks.fail("key", "");
        return Err(OidcError::UnknownKey { kid: kid.map(printable) });
    }
    checks.passed("key");
    checks.require("signature", verdict == Verdict::Good, || "the signature is not the provider's".to_owned())
}

struct Reader<'a> {
    claims: &'a Map<String, Value>,
}

impl Reader<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// A time claim: absent, or a number of seconds that is a date (RFC 7519 section 2, `NumericDate`).
    fn time(&self, name: &str) -> Result<Option<DateTime<Utc>>, String> {
        let Some(value) = self.claims.get(name) else { return Ok(None) };
        let elapsed = value.as_f64().and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok());
        let whole = elapsed.and_then(|elapsed| i64::try_from(elapsed.as_secs()).ok());
        let time = whole.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        time.map(Some).ok_or_else(|| format!("{name} is not a time"))
    }

    fn show(&self, name: &str) -> String {
        self.claims.get(name).map_or_else(|| "nothing".to_owned(), |value| printable(&value.to_string()))
    }

    /// OIDC Core 3.1.3.7 (2) to (5).
    fn check_parties(&self, rules: &IdTokenRules<'_>, checks: &mut Checks) -> Result<(), OidcError> {
        checks.require("issuer", self.text("iss") == Some(rules.issuer), || {
            format!("expected \"{}\", found {}", rules.issuer, self.show("iss"))
        })?;
        // A further audience could pass its copy of the token off as ours: nobody but us.
        let audience_ok = match self.claims.get("aud") {
            Some(Value::String(one)) => one == rules.client_id,
            Some(Value::Array(all)) => matches!(all.as_slice(), [Value::String(one)] if one == rules.client_id),
            _ => false,
        };
        checks.require("audience", audience_ok, || {
            format!("expected \"{}\" and nobody else, found {}", rules.client_id, self.show("aud"))
        })?;
        let party_ok = self.claims.get("azp").is_none_or(|azp| azp.as_str() == Some(rules.client_id));
        checks.require("authorized_party", party_ok, || {
            format!("expected \"{}\", found {}", rules.client_id, self.show("azp"))
        })
    }

    /// OIDC Core 3.1.3.7 (9) and (10), RFC 7519 section 4.1.5.
    fn check_times(&self, now: DateTime<Utc>, checks: &mut Checks) -> Result<(), OidcError> {
        let expiry = self.time("exp").and_then(|time| match time {
            Some(time) if now - SKEW < time => Ok(()),
            Some(time) => Err(format!("expired at {time}")),
            None => Err("exp is absent".to_owned()),
        });
        checks.attempt("expiry", expiry)?;
        let issued = self.time("iat").and_then(|time| match time {
            Some(time) if time <= now + SKEW => Ok(()),
            Some(time) => Err(format!("issued in the future, at {time}; do the clocks agree?")),
            None => Err("iat is absent".to_owned()),
        });
        checks.attempt("issued_at", issued)?;
        let begun = self.time("nbf").and_then(|time| match time {
            Some(time) if time > now + SKEW => Err(format!("not valid before {time}")),
            _ => Ok(()),
        });
        checks.attempt("not_before", begun)
    }

    /// OIDC Core 3.1.3.7 (13).
    fn check_auth_time(
        &self,
        rule: AuthTimeRule,
        now: DateTime<Utc>,
        checks: &mut Checks,
    ) -> Result<Option<DateTime<Utc>>, OidcError> {
        let oldest = match rule {
            AuthTimeRule::Any => None,
            AuthTimeRule::NotBefore(oldest) | AuthTimeRule::PresentAndNotBefore(oldest) => Some(oldest - SKEW),
        };
        let outcome = self.time("auth_time").and_then(|time| match time {
            None if matches!(rule, AuthTimeRule::PresentAndNotBefore(_)) => {
                Err("max_age was sent, and the provider does not tell when the person signed in".to_owned())
            }
            Some(time) if time > now + SKEW => Err(format!("auth_time is in the future, at {time}")),
            Some(time) if oldest.is_some_and(|oldest| time < oldest) => {
                Err(format!("the person was to sign in anew, and did so last at {time}"))
            }
            time => Ok(time),
        });
        checks.attempt("auth_time", outcome)
    }

    /// OIDC Core section 2: at most 255 ASCII characters. Kept byte for byte.
    fn check_subject(&self, checks: &mut Checks) -> Result<String, OidcError> {
        let subject = self.text("sub").filter(|sub| {
            (1..=255).contains(&sub.len())
                && sub.bytes().all(|byte| (0x20..0x7f).contains(&byte))
                && !sub.starts_with(' ')
                && !sub.ends_with(' ')
        });
        let subject = subject.map(str::to_owned);
        checks.attempt(
            "subject",
            subject.ok_or_else(|| {
                "sub is not a text of 1 to 255 printable ASCII characters without blanks around".to_owned()
            }),
        )
    }

    /// OIDC Core 3.1.3.6 and 3.3.2.11: the left half of the hash. Absent is fine; present must fit (OIDC-19).
    fn check_hash(
        &self,
        check: &'static str,
        covered: &str,
        algorithm: IdTokenAlgorithm,
        checks: &mut Checks,
    ) -> Result<(), OidcError> {
        let Some(found) = self.claims.get(check) else { return Ok(()) };
        let whole = digest::digest(algorithm.digest(), covered.as_bytes());
        let half = whole.as_ref().get(..whole.as_ref().len() / 2).map(|half| URL_SAFE_NO_PAD.encode(half));
        let fits = found.as_str().zip(half).is_some_and(|(found, half)| same(found, &half));
        checks.require(check, fits, || format!("{check} belongs to another answer"))
    }
}

fn same(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}
