//! The parameters with which a person comes back from a provider, in order and with duplicates.
//!
//! Duplicates are kept on purpose: a parser that silently takes the first or the last of two equal parameters is how
//! two layers come to disagree. Whether a parameter may appear is for the connection kind to say.

use url::form_urlencoded;

/// More parameters than any provider sends (DOS-08).
const MOST_PARAMETERS: usize = 64;
/// More bytes than any provider sends in a query or a form.
const MOST_BYTES: usize = 64 * 1024;

/// The parameters of a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    parameters: Vec<(String, String)>,
    oversized: bool,
}

impl Callback {
    /// Reads a query string or an `application/x-www-form-urlencoded` body.
    pub fn parse(raw: &[u8]) -> Self {
        if raw.len() > MOST_BYTES {
            return Self { parameters: Vec::new(), oversized: true };
        }
        Self::new(form_urlencoded::parse(raw).into_owned())
    }

    /// Takes parameters that were decoded already.
    pub fn new(parameters: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut parameters: Vec<_> = parameters.into_iter().take(MOST_PARAMETERS + 1).collect();
        let oversized = parameters.len() > MOST_PARAMETERS;
        if oversized {
            parameters.clear();
        }
        Self { parameters, oversized }
    }

    /// The `state`, if it was sent exactly once and is not empty. Anything else finds no hand-shake (OIDC-04).
    pub fn state(&self) -> Option<&str> {
        self.only("state")
    }

    /// All parameters, in order.
    pub fn parameters(&self) -> &[(String, String)] {
        &self.parameters
    }

    /// Whether there were too many parameters or bytes, so that none was kept.
    pub fn is_oversized(&self) -> bool {
        self.oversized
    }

    fn only(&self, name: &str) -> Option<&str> {
        let mut found = self.parameters.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
        match (found.next(), found.next()) {
            (Some(value), None) if !value.is_empty() => Some(value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Callback, MOST_BYTES};

    #[test]
    fn state_is_read_when_it_is_sent_once() {
        assert_eq!(Callback::parse(b"code=a&state=b%20c").state(), Some("b c"));
    }

    #[test]
    fn oidc_04_absent_empty_and_doubled_state_find_nothing() {
        for raw in ["code=x", "code=x&state=", "state=a&state=a", "State=a", ""] {
            assert_eq!(Callback::parse(raw.as_bytes()).state(), None, "{raw}");
        }
    }

    #[test]
    fn dos_08_a_flood_of_parameters_keeps_none() {
        let flood = "a=1&".repeat(10_000) + "state=s";
        let callback = Callback::parse(flood.as_bytes());
        assert!(callback.is_oversized() && callback.parameters().is_empty() && callback.state().is_none());
        let long = format!("state={}", "s".repeat(MOST_BYTES));
        assert!(Callback::parse(long.as_bytes()).is_oversized());
    }

    #[test]
    fn bytes_that_are_no_text_do_not_panic() {
        assert!(Callback::parse(b"state=%ff%fe&%00=\xff").state().is_some());
    }
}
