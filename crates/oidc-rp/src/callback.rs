//! Reads the authorization response (OIDC Core 3.1.2.5 and 3.1.2.6, RFC 9207): pure, over parameters in order.
//!
//! It does not find the hand-shake: the caller has done that by `state` and by the browser.

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::check::printable;
use crate::{Checks, OidcError, Phase};

/// What the response to one authorization request must carry.
#[derive(Debug, Clone, Copy)]
pub struct CallbackRules<'a> {
    /// The `state` that was sent.
    pub state: &'a str,
    /// The issuer that the person was sent to.
    pub issuer: &'a str,
    /// Whether the provider promised `iss` in every response.
    pub issuer_parameter: IssuerParameter,
}

/// `authorization_response_iss_parameter_supported` (RFC 9207 section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerParameter {
    /// Promised: a response without it is refused.
    Promised,
    /// Not promised: checked when present.
    Optional,
}

/// An authorization code; does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// Longest code accepted, in bytes.
const LONGEST_CODE: usize = 4096;

/// Checks the parameters and returns the code. `state` and `iss` are checked before `error` is believed, so that
/// nobody but the provider in question can end the sign-in (OIDC-01).
pub fn read_callback(
    parameters: &[(String, String)],
    rules: CallbackRules<'_>,
    checks: &mut Checks,
) -> Result<Code, OidcError> {
    checks.enter(Phase::Callback);
    let doubled = parameters
        .iter()
        .enumerate()
        .find(|(at, (name, _))| parameters.iter().take(*at).any(|(earlier, _)| earlier == name));
    // RFC 6749 section 3.1: response parameters must not be included more than once.
    checks.require("no_duplicates", doubled.is_none(), || {
        format!("'{}' was sent twice", printable(doubled.map_or("", |(_, (name, _))| name)))
    })?;
    let find = |name: &str| parameters.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());

    let state_fits = !rules.state.is_empty()
        && find("state").is_some_and(|s| verify_slices_are_equal(s.as_bytes(), rules.state.as_bytes()).is_ok());
    checks.require("state", state_fits, || "state is absent or not the one that was sent".to_owned())?;
    check_issuer(find("iss"), rules, checks)?;

    // OIDC Core 3.1.2.5: a code was asked for; tokens from the front channel are somebody else's (OIDC-20).
    let foreign = ["id_token", "access_token", "token_type", "response"].into_iter().find(|name| find(name).is_some());
    checks.require("response_type", foreign.is_none(), || {
        format!("'{}' has no place in an answer to a code request", foreign.unwrap_or_default())
    })?;
    if let Some(error) = find("error") {
        let denied = OidcError::Denied {
            error: printable(error).chars().take(64).collect(),
            description: find("error_description").filter(|text| !text.is_empty()).map(printable),
        };
        // Error and code together are a failure too (OIDC-21).
        let _recorded = checks.fail("no_error", "");
        return Err(denied);
    }
    let code = find("code").unwrap_or_default();
    let code_ok = (1..=LONGEST_CODE).contains(&code.len()) && code.bytes().all(|b| (0x20..0x7f).contains(&b));
    checks.require("code", code_ok, || "no code, or one that no provider would send".to_owned())?;
    Ok(Code(code.to_owned()))
}

fn check_issuer(found: Option<&str>, rules: CallbackRules<'_>, checks: &mut Checks) -> Result<(), OidcError> {
    match (found, rules.issuer_parameter) {
        (None, IssuerParameter::Optional) => Ok(()),
        (None, IssuerParameter::Promised) => {
            Err(checks.fail("issuer_parameter", "the provider promises iss in every response, and this one has none"))
        }
        // RFC 9207 section 2.4: simple string comparison.
        (Some(found), _) => checks.require("issuer_parameter", found == rules.issuer, || {
            format!("expected '{}', found '{}'", rules.issuer, printable(found))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{CallbackRules, IssuerParameter, read_callback};
    use crate::{Checks, OidcError};

    const RULES: CallbackRules<'_> =
        CallbackRules { state: "s1", issuer: "https://i.test", issuer_parameter: IssuerParameter::Promised };

    /// The code, or the failing check.
    fn read(raw: &str, rules: CallbackRules<'_>) -> Result<String, &'static str> {
        let parameters: Vec<_> = url::form_urlencoded::parse(raw.as_bytes()).into_owned().collect();
        let mut checks = Checks::new();
        let outcome = read_callback(&parameters, rules, &mut checks);
        let last = checks.made().last().copied();
        match outcome {
            Ok(code) => {
                assert!(checks.made().iter().all(|check| check.passed));
                Ok(code.0)
            }
            Err(fault) => {
                assert_eq!(last.map(|check| (check.name, check.passed)), fault.check().map(|name| (name, false)));
                Err(fault.check().unwrap_or("none"))
            }
        }
    }

    #[test]
    fn the_honest_response_yields_its_code() {
        assert_eq!(read("code=c1&state=s1&iss=https://i.test", RULES), Ok("c1".into()));
        assert_eq!(read("session_state=x&code=c1&state=s1&iss=https://i.test&scope=openid", RULES), Ok("c1".into()));
        let optional = CallbackRules { issuer_parameter: IssuerParameter::Optional, ..RULES };
        assert_eq!(read("code=c1&state=s1", optional), Ok("c1".into()));
    }

    #[test]
    fn oidc_02_iss_parameter() {
        let optional = CallbackRules { issuer_parameter: IssuerParameter::Optional, ..RULES };
        for rules in [RULES, optional] {
            for bad in ["https://e.test", "https://i.test/", "https://I.test", "", "https://i.test.e.test"] {
                let raw = format!("code=c&state=s1&iss={bad}");
                assert_eq!(read(&raw, rules), Err("issuer_parameter"), "{raw}");
            }
            assert_eq!(read("code=c&state=s1&iss=https://i.test&iss=https://i.test", rules), Err("no_duplicates"));
        }
        assert_eq!(read("code=c&state=s1", RULES), Err("issuer_parameter"));
    }

    #[test]
    fn oidc_03_and_04_state() {
        for raw in [
            "code=c&iss=https://i.test",
            "code=c&state=&iss=https://i.test",
            "code=c&state=undefined&iss=https://i.test",
            "code=c&state=S1&iss=https://i.test",
            "code=c&state=s1%00&iss=https://i.test",
        ] {
            assert_eq!(read(raw, RULES), Err("state"), "{raw}");
        }
        let empty = CallbackRules { state: "", ..RULES };
        assert_eq!(read("code=c&state=&iss=https://i.test", empty), Err("state"));
    }

    #[test]
    fn oidc_20_tokens_in_the_front_channel() {
        for foreign in ["id_token=x", "access_token=x", "token_type=Bearer", "response=jarm", "id_token="] {
            for code in ["", "&code=c"] {
                let raw = format!("{foreign}&state=s1&iss=https://i.test{code}");
                assert_eq!(read(&raw, RULES), Err("response_type"), "{raw}");
            }
        }
    }

    #[test]
    fn oidc_21_error_channel() {
        for raw in [
            "error=access_denied&state=s1&iss=https://i.test",
            "error=x&code=c&state=s1&iss=https://i.test",
            "error=&code=c&state=s1&iss=https://i.test",
        ] {
            assert_eq!(read(raw, RULES), Err("no_error"), "{raw}");
        }
        assert_eq!(read("error=access_denied&state=s2&iss=https://i.test", RULES), Err("state"));
        assert_eq!(read("error=access_denied&state=s1&iss=https://e.test", RULES), Err("issuer_parameter"));
        let raw =
            [("error", "a\nb"), ("error_description", "<script>\r\n"), ("error_uri", "javascript:x"), ("state", "s1")];
        let parameters: Vec<_> = raw.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let optional = CallbackRules { issuer_parameter: IssuerParameter::Optional, ..RULES };
        let fault = read_callback(&parameters, optional, &mut Checks::new()).expect_err("refused");
        let OidcError::Denied { error, description } = &fault else { panic!("{fault:?}") };
        assert_eq!((error.as_str(), description.as_deref()), ("a\u{fffd}b", Some("<script>\u{fffd}\u{fffd}")));
        assert!(!fault.to_string().contains("javascript"));
    }

    #[test]
    fn codes_are_short_printable_and_there() {
        for code in ["", "%00", "%0d%0aX", &"c".repeat(4097)] {
            assert_eq!(read(&format!("code={code}&state=s1&iss=https://i.test"), RULES), Err("code"));
        }
        assert_eq!(read("state=s1&iss=https://i.test", RULES), Err("code"));
        assert_eq!(read("code=a&code=b&state=s1&iss=https://i.test", RULES), Err("no_duplicates"));
    }
}
