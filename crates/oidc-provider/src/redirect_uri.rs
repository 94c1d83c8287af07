//! Whether a redirect URI that a request names is one that the application registered.
//!
//! Byte-exact comparison (RFC 9700 section 4.1.3, OIDC Core section 3.1.2.1), with the one exception of RFC 8252
//! section 7.3: a native client on a loopback *IP literal* may choose its port. No parsing of what was asked comes before
//! the comparison, so no parser can be fooled. Which URIs may be registered is decided by [`RedirectUri::parse`].

use usher_domain::{Application, ApplicationKind, RedirectUri};

/// Whether `asked` is the registered URI, or differs from it only in what RFC 8252 allows.
///
/// ```
/// use usher_domain::{ApplicationKind, RedirectUri};
/// use usher_oidc_provider::redirect_uri::redirect_uri_matches;
/// let registered = RedirectUri::parse("http://127.0.0.1/cb")?;
/// assert!(redirect_uri_matches(&registered, "http://127.0.0.1:53123/cb", ApplicationKind::Native));
/// assert!(!redirect_uri_matches(&registered, "http://127.0.0.1:53123/cb", ApplicationKind::Web));
/// # Ok::<(), usher_domain::InvalidText>(())
/// ```
pub fn redirect_uri_matches(registered: &RedirectUri, asked: &str, kind: ApplicationKind) -> bool {
    if registered.as_str() == asked {
        return true;
    }
    if kind != ApplicationKind::Native || !registered.is_loopback_ip() {
        return false;
    }
    match (Loopback::split(registered.as_str()), Loopback::split(asked)) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => false,
    }
}

/// The registered URI that a request names, as it was asked for (with the port asked for).
pub(crate) fn find(application: &Application, asked: &str) -> Option<RedirectUri> {
    application
        .redirect_uris
        .iter()
        .any(|registered| redirect_uri_matches(registered, asked, application.kind))
        .then(|| RedirectUri::parse(asked).ok())
        .flatten()
}

/// `http://` host [`:port`] rest, with the port left out: what must be equal.
#[derive(PartialEq, Eq)]
struct Loopback<'a> {
    host: &'a str,
    rest: &'a str,
}

impl<'a> Loopback<'a> {
    /// Splits by hand and strictly: only the text that [`redirect_uri_matches`] compares counts.
    fn split(uri: &'a str) -> Option<Self> {
        let after_scheme = uri.strip_prefix("http://")?;
        let host_end = if after_scheme.starts_with('[') {
            after_scheme.find(']')? + 1
        } else {
            after_scheme.find([':', '/', '?']).unwrap_or(after_scheme.len())
        };
        let (host, behind) = after_scheme.split_at_checked(host_end)?;
        let rest = match behind.strip_prefix(':') {
            Some(port_and_rest) => {
                let port_end = port_and_rest.find(['/', '?']).unwrap_or(port_and_rest.len());
                let (port, rest) = port_and_rest.split_at_checked(port_end)?;
                is_port(port).then_some(rest)?
            }
            None => behind,
        };
        (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(Self { host, rest })
    }
}

/// 1 to 65535 in plain decimal digits.
fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0') && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ApplicationKind::{Native, Spa, Web};

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::parse(text).unwrap()
    }

    #[test]
    fn oauth_01_only_the_registered_uri_matches() {
        assert!(redirect_uri_matches(&uri("https://a.test/cb"), "https://a.test/cb", Web));
        assert!(!redirect_uri_matches(&uri("https://a.test/cb"), "https://mallory.test/cb", Web));
    }

    #[test]
    fn oauth_02_near_misses_do_not_match() {
        for kind in [Web, Spa, Native] {
            for asked in [
                "https://a.test/cb/",
                "https://a.test/cb/../x",
                "https://a.test/cb%2fx",
                "https://a.test/cb?x=1",
                "https://a.test/cb?",
                "https://a.test/cb#f",
                "https://a.test/cb#",
                "https://a.test@mallory.test/cb",
                "https://A.test/cb",
                "HTTPS://a.test/cb",
                "https://a.test:443/cb",
                "https://a.test\\cb",
                "https://a.test/cb\\",
                "https://a.test/cb\t",
                "\thttps://a.test/cb",
                " https://a.test/cb",
                "https://a.test./cb",
                "https://a.test/%63b",
                "https://a.test/%2563b",
                "https://a.test/cb\r\nLocation: x",
                "https://a.test/CB",
                "https://a.test/cb;x",
                "http://a.test/cb",
                "//a.test/cb",
                "/cb",
                "",
            ] {
                assert!(!redirect_uri_matches(&uri("https://a.test/cb"), asked, kind), "{asked:?}");
            }
        }
    }

    #[test]
    fn oauth_05_a_native_client_picks_its_loopback_port() {
        for (registered, asked) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:53123/cb"),
            ("http://127.0.0.1:8000/cb", "http://127.0.0.1:53123/cb"),
            ("http://127.0.0.1:8000/cb", "http://127.0.0.1/cb"),
            ("http://127.0.0.1/cb?x=1", "http://127.0.0.1:1/cb?x=1"),
            ("http://[::1]/cb", "http://[::1]:65535/cb"),
            ("http://127.0.0.1", "http://127.0.0.1:8080"),
        ] {
            assert!(redirect_uri_matches(&uri(registered), asked, Native), "{asked}");
            assert!(!redirect_uri_matches(&uri(registered), asked, Web), "{asked}");
            assert!(!redirect_uri_matches(&uri(registered), asked, Spa), "{asked}");
        }
    }

    #[test]
    fn oauth_05_loopback_look_alikes_do_not_match() {
        for asked in [
            "http://localhost.mallory.test/cb",
            "http://127.0.0.1.mallory.test/cb",
            "http://[::ffff:7f00:1]/cb",
            "http://localhost:53123/cb",
            "http://127.0.0.2:53123/cb",
            "http://127.1:53123/cb",
            "http://2130706433:53123/cb",
            "http://0x7f.0.0.1:53123/cb",
            "http://127.0.0.1:53123/cb/",
            "http://127.0.0.1:53123/cb?x",
            "http://127.0.0.1:53123/other",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:080/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:+80/cb",
            "http://127.0.0.1:80@mallory.test/cb",
            "http://127.0.0.1@mallory.test/cb",
            "http://127.0.0.1:80#@mallory.test/cb",
            "http://127.0.0.1:80\\@mallory.test/cb",
            "https://127.0.0.1:53123/cb",
            "HTTP://127.0.0.1:53123/cb",
            "http://user@127.0.0.1:53123/cb",
        ] {
            assert!(!redirect_uri_matches(&uri("http://127.0.0.1/cb"), asked, Native), "{asked}");
        }
        assert!(!redirect_uri_matches(&uri("http://[::1]/cb"), "http://[::1].mallory.test/cb", Native));
        // `localhost` is a name that may resolve to anything: it is compared like any other (RFC 8252 section 8.3).
        assert!(!redirect_uri_matches(&uri("http://localhost/cb"), "http://localhost:53123/cb", Native));
    }
}
