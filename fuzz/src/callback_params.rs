//! The parameters with which a person comes back from a provider, and those with which an application sends one.
//!
//! The oracle reads the same bytes by the form rules of the URL standard and counts: no duplicate, no foreign state,
//! no foreign issuer and no error ever yields a code.

use usher_connectors::Callback;
use usher_oidc_provider::params::Params;
use usher_oidc_rp::{CallbackRules, Checks, IssuerParameter, read_callback};

const STATE: &str = "s1";
const ISSUER: &str = "https://i.test";

/// Fails when a reader panics or lets through what the oracle refuses. Returns whether there was a code.
pub fn check(input: &[u8]) -> bool {
    let callback = Callback::parse(input);
    if callback.is_oversized() {
        assert!(
            callback.parameters().is_empty() && callback.state().is_none(),
            "an oversized callback keeps something"
        );
    }
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(input).into_owned().collect();
    if !callback.is_oversized() {
        assert_eq!(callback.parameters(), pairs, "parameters differ from what was sent");
    }
    if let Some(state) = callback.state() {
        assert!(!state.is_empty());
        assert_eq!(values(&pairs, "state"), [state], "a state that was not sent exactly once");
    }
    let mut through = false;
    for issuer_parameter in [IssuerParameter::Promised, IssuerParameter::Optional] {
        let rules = CallbackRules { state: STATE, issuer: ISSUER, issuer_parameter };
        let mut checks = Checks::new();
        let outcome = read_callback(callback.parameters(), rules, &mut checks);
        match outcome {
            Ok(code) => {
                assert!(checks.made().iter().all(|check| check.passed), "a code in spite of a failed check");
                assert_eq!(format!("{code:?}"), "[secret]");
                yields_a_code(&pairs, issuer_parameter);
                through = true;
            }
            Err(fault) => {
                let text = fault.to_string();
                assert!(!text.chars().any(char::is_control), "{text:?} would break a log line");
            }
        }
    }
    parameters_of_an_application(input);
    through
}

fn values<'a>(pairs: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    pairs.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
}

fn yields_a_code(pairs: &[(String, String)], issuer_parameter: IssuerParameter) {
    for (name, _) in pairs {
        assert_eq!(values(pairs, name).len(), 1, "{name:?} was sent twice");
    }
    assert_eq!(values(pairs, "state"), [STATE]);
    assert!(matches!(values(pairs, "code")[..], [code] if !code.is_empty()));
    assert!(values(pairs, "error").is_empty() && values(pairs, "id_token").is_empty());
    let issuers = values(pairs, "iss");
    let absent_is_fine = issuer_parameter == IssuerParameter::Optional;
    assert!(issuers == [ISSUER] || (issuers.is_empty() && absent_is_fine), "iss is {issuers:?}");
}

/// The provider side reads strictly: what is not UTF-8 is refused, the rest reads as the standard says.
fn parameters_of_an_application(input: &[u8]) {
    let Ok(params) = Params::parse(input) else { return };
    let ours: Vec<(&str, &str)> = params.iter().collect();
    let standard: Vec<(String, String)> = url::form_urlencoded::parse(input).into_owned().collect();
    let standard: Vec<(&str, &str)> = standard.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(ours, standard, "two readings of one query");
    for (name, _) in &ours {
        let doubled = ours.iter().filter(|(n, _)| n == name).count() > 1;
        assert_eq!(params.first_duplicate(&[name]).is_some(), doubled, "{name:?}");
    }
}
