//! Parameters as they came: a list in order, out of a query or a form, with duplicates visible.
//!
//! Follows RFC 6749 section 3.1 (a parameter without a value counts as absent, none may come twice) and appendix B
//! (`application/x-www-form-urlencoded` over UTF-8). What a parameter *means* is decided elsewhere.

use std::fmt;

use percent_encoding::percent_decode;

/// Most parameters in one request.
pub const MAX_PARAMETERS: usize = 100;
/// Most bytes of one decoded value, and of one name.
pub const MAX_VALUE_BYTES: usize = 8 * 1024;

/// Why a query or form could not be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// More than [`MAX_PARAMETERS`].
    #[error("the request has too many parameters")]
    TooMany,
    /// A name or value above [`MAX_VALUE_BYTES`].
    #[error("a parameter of the request is too long")]
    TooLong,
    /// A name or value that is not UTF-8. It is refused, not repaired: `state` is returned byte for byte or not at all.
    #[error("a parameter of the request is not UTF-8")]
    NotUtf8,
}

/// The parameters of one request, in the order they came.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// No parameters.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Takes a raw query string (without `?`) or a form body apart.
    ///
    /// ```
    /// use usher_oidc_provider::params::Params;
    /// let params = Params::parse(b"state=a%2Bb+c&nonce=")?;
    /// assert_eq!(params.get("state"), Some("a+b c"));
    /// assert_eq!(params.get("nonce"), None);
    /// # Ok::<(), usher_oidc_provider::params::ParamsError>(())
    /// ```
    pub fn parse(encoded: &[u8]) -> Result<Self, ParamsError> {
        let mut pairs = Vec::new();
        for piece in encoded.split(|b| *b == b'&').filter(|piece| !piece.is_empty()) {
            if pairs.len() == MAX_PARAMETERS {
                return Err(ParamsError::TooMany);
            }
            let mut halves = piece.splitn(2, |b| *b == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// Puts the parameters of a form behind those of a query: a name in both then counts as given twice (OAUTH-03).
    pub fn join(mut self, other: Self) -> Result<Self, ParamsError> {
        self.0.extend(other.0);
        if self.0.len() > MAX_PARAMETERS { Err(ParamsError::TooMany) } else { Ok(self) }
    }

    /// The first value under a name; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// The first of `names` that was given more than once, empty or not.
    pub fn first_duplicate<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names.iter().copied().find(|name| self.0.iter().filter(|(n, _)| n == name).count() > 1)
    }

    /// All pairs in order, empty values included.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }
}

/// From pairs that somebody else already decoded; the limits hold here too.
impl TryFrom<Vec<(String, String)>> for Params {
    type Error = ParamsError;
    fn try_from(pairs: Vec<(String, String)>) -> Result<Self, ParamsError> {
        if pairs.len() > MAX_PARAMETERS {
            return Err(ParamsError::TooMany);
        }
        if pairs.iter().any(|(n, v)| n.len() > MAX_VALUE_BYTES || v.len() > MAX_VALUE_BYTES) {
            return Err(ParamsError::TooLong);
        }
        Ok(Self(pairs))
    }
}

/// Names only: values may be secrets, codes or tokens.
impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Decodes one name or value: `+` is a space, `%xx` a byte, anything else itself.
pub(crate) fn decode(encoded: &[u8]) -> Result<String, ParamsError> {
    // Three encoded bytes at most make one decoded byte: bound the work before doing it.
    if encoded.len() > MAX_VALUE_BYTES * 3 {
        return Err(ParamsError::TooLong);
    }
    let spaced: Vec<u8> = encoded.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    let bytes: Vec<u8> = percent_decode(&spaced).collect();
    if bytes.len() > MAX_VALUE_BYTES {
        return Err(ParamsError::TooLong);
    }
    String::from_utf8(bytes).map_err(|_| ParamsError::NotUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_byte_for_byte() {
        for (encoded, expected) in [
            ("a=b", "b"),
            ("a=%22%3E%3C", "\"><"),
            ("a=x+y%20z", "x y z"),
            ("a=b=c", "b=c"),
            ("a=%", "%"),
            ("a=%zz", "%zz"),
        ] {
            assert_eq!(Params::parse(encoded.as_bytes()).unwrap().get("a"), Some(expected), "{encoded}");
        }
    }

    #[test]
    fn an_agreeing_decoder_reads_the_same() {
        let encoded = "state=%C3%A4+%2B%26%3D&x=1&&y";
        let ours = Params::parse(encoded.as_bytes()).unwrap();
        let theirs: Vec<(String, String)> = form_urlencoded::parse(encoded.as_bytes()).into_owned().collect();
        assert_eq!(ours, Params::try_from(theirs).unwrap());
    }

    #[test]
    fn a_parameter_without_a_value_is_absent() {
        let params = Params::parse(b"state=&nonce").unwrap();
        assert_eq!((params.get("state"), params.get("nonce"), params.get("scope")), (None, None, None));
    }

    #[test]
    fn oauth_03_duplicates_are_seen_within_and_across_query_and_form() {
        let once = Params::parse(b"client_id=a&scope=openid").unwrap();
        assert_eq!(once.first_duplicate(&["client_id", "scope"]), None);
        let twice = Params::parse(b"client_id=a&client_id=a").unwrap();
        assert_eq!(twice.first_duplicate(&["scope", "client_id"]), Some("client_id"));
        let joined = once.join(Params::parse(b"scope=").unwrap()).unwrap();
        assert_eq!(joined.first_duplicate(&["client_id", "scope"]), Some("scope"));
    }

    #[test]
    fn limits_hold() {
        assert!(Params::parse("a=1&".repeat(MAX_PARAMETERS).as_bytes()).is_ok());
        assert_eq!(Params::parse("a=1&".repeat(MAX_PARAMETERS + 1).as_bytes()), Err(ParamsError::TooMany));
        assert!(Params::parse(format!("a={}", "x".repeat(MAX_VALUE_BYTES)).as_bytes()).is_ok());
        for long in [format!("a={}", "x".repeat(MAX_VALUE_BYTES + 1)), format!("a={}", "x".repeat(1 << 20))] {
            assert_eq!(Params::parse(long.as_bytes()), Err(ParamsError::TooLong));
        }
        assert_eq!(Params::parse(b"a=%ff"), Err(ParamsError::NotUtf8));
        let half = Params::parse("a=1&".repeat(60).as_bytes()).unwrap();
        assert_eq!(half.clone().join(half), Err(ParamsError::TooMany));
    }

    #[test]
    fn values_do_not_print() {
        assert_eq!(format!("{:?}", Params::parse(b"code=hunter2").unwrap()), "[\"code\"]");
    }
}
