//! `$authparam{name}` in the further parameters of a connection: filled with what the script of the sign-in gives for it.
//!
//! A value is text of the authorization request and nothing else: it is encoded with the rest, and cannot name a parameter.
//! Where a script gives nothing, nobody departs: a parameter that a provider's policy rests on must not fall away.

use std::collections::BTreeMap;

use usher_domain::RefusalCode;
use usher_oidc_rp::Phase;

use crate::ConnectorError;

const OPEN: &str = "$authparam{";
/// Longest value.
const LONGEST: usize = 500;

/// The further parameters of a connection, complete.
pub(crate) fn filled(
    extra: &BTreeMap<String, String>,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ConnectorError> {
    let one = |(name, text): (&String, &String)| Ok((name.clone(), fill(text, given)?));
    extra
        .iter()
        .map(one)
        .collect::<Result<_, String>>()
        .map_err(|fault| ConnectorError::new(Phase::Departure, RefusalCode::ConnectionUnavailable, fault))
}

fn fill(text: &str, given: &BTreeMap<String, String>) -> Result<String, String> {
    let (mut filled, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (name, later) = after.split_once('}').ok_or("a further parameter has an open $authparam{")?;
        let value = given.get(name).filter(|value| fits(value));
        let value = value.ok_or_else(|| format!("the script gives no usable value for $authparam{{{name}}}"))?;
        filled.push_str(before);
        filled.push_str(value);
        rest = later;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn fits(value: &str) -> bool {
    !value.is_empty() && value.len() <= LONGEST && !value.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(rows: &[(&str, &str)]) -> BTreeMap<String, String> {
        rows.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn placeholders_are_filled_once_and_fail_closed() {
        let given = map(&[("level", "gold"), ("odd", "$authparam{level}&prompt=none")]);
        let filled = |text: &str, given: &BTreeMap<String, String>| filled(&map(&[("x", text)]), given);
        assert_eq!(filled("plain", &map(&[])).unwrap()["x"], "plain");
        assert_eq!(filled("a-$authparam{level}.$authparam{level}", &given).unwrap()["x"], "a-gold.gold");
        assert_eq!(filled("$authparam{odd}", &given).unwrap()["x"], "$authparam{level}&prompt=none");
        for bad in ["$authparam{none}", "$authparam{level", "$authparam{}"] {
            let fault = filled(bad, &given).unwrap_err();
            assert_eq!(fault.refusal, RefusalCode::ConnectionUnavailable, "{bad}");
        }
        for value in ["", "a\nb", &"x".repeat(501)] {
            assert!(filled("$authparam{level}", &map(&[("level", value)])).is_err(), "{value:.10}");
        }
    }
}
