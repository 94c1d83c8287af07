//! External texts with rules: parsed once at the edge, trusted afterwards.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// Why an external text was refused; lower-case, fit for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidText(pub &'static str);

macro_rules! text {
    ($name:ident) => {
        impl $name {
            /// The text, byte for byte as it is compared.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidText;
            fn try_from(text: String) -> Result<Self, InvalidText> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }
    };
}

/// An e-mail address with its domain in ASCII lower case; the local part stays as written.
///
/// No Unicode folding happens: look-alikes stay different (LINK-16).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Accepts `local@domain`, ASCII, at most 254 characters, with a dot-atom local part.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        const REFUSED: InvalidText = InvalidText("this is not an e-mail address");
        let (local, domain) = text.rsplit_once('@').ok_or(REFUSED)?;
        let local_ok = (1..=64).contains(&local.len())
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b));
        if text.len() > 254 || !local_ok || !is_domain(domain) {
            return Err(REFUSED);
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }

    /// The domain, in lower case.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, d)| d)
    }

    /// The key under which a verified address is unique: the whole address in ASCII lower case.
    pub fn unique_key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}
text!(EmailAddress);

fn is_domain(domain: &str) -> bool {
    (1..=253).contains(&domain.len())
        && domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

/// Whether plain `http` is acceptable for this host: only the machine itself.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The issuer identifier of an OpenID provider (OIDC Discovery 1.0 section 3), compared byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IssuerUrl(String);

impl IssuerUrl {
    /// Accepts an absolute `https` URL (or `http` on loopback) without query, fragment and user.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let url = Url::parse(text).map_err(|_| InvalidText("an issuer is an absolute https URL"))?;
        let scheme_ok = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        if !scheme_ok || url.host().is_none() {
            return Err(InvalidText("an issuer is an https URL (http only on this machine)"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidText("an issuer has no query and no fragment"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidText("an issuer carries no user name and no password"));
        }
        if text.len() > 2000 || text.bytes().any(|b| !(0x21..0x7f).contains(&b)) {
            return Err(InvalidText("an issuer is printable ASCII of at most 2000 characters"));
        }
        Ok(Self(text.to_owned()))
    }
}
text!(IssuerUrl);

/// A registered redirect URI (RFC 6749 section 3.1.2), kept and compared byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri(String);

/// Schemes that a browser would run or read locally instead of visiting.
const DANGEROUS_SCHEMES: [&str; 8] =
    ["javascript", "data", "vbscript", "blob", "file", "about", "filesystem", "view-source"];

impl RedirectUri {
    /// Accepts `https` URLs, `http` on loopback, and private-use schemes with a dot (RFC 8252 section 7.1).
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        if text.len() > 2000 || text.bytes().any(|b| !(0x21..0x7f).contains(&b) || b == b'\\' || b == b'*') {
            return Err(InvalidText("a redirect URI is printable ASCII without '\\' and '*', at most 2000 characters"));
        }
        let url = Url::parse(text).map_err(|_| InvalidText("a redirect URI is an absolute URI"))?;
        if text.contains('#') {
            return Err(InvalidText("a redirect URI has no fragment"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidText("a redirect URI carries no user name and no password"));
        }
        match url.scheme() {
            "https" if url.host().is_some() => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(InvalidText("use https (http only on this machine)")),
            scheme if DANGEROUS_SCHEMES.contains(&scheme) => {
                return Err(InvalidText("this scheme must not be redirected to"));
            }
            scheme if scheme.contains('.') => {}
            _ => return Err(InvalidText("a private-use scheme is a reversed domain name, such as com.example.app")),
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether this is `http` on a loopback IP literal, where a native client may pick any port (RFC 8252 section 7.3).
    pub fn is_loopback_ip(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| {
            url.scheme() == "http"
                && match url.host() {
                    Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
                    Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
                    _ => false,
                }
        })
    }
}
text!(RedirectUri);

/// A web origin (`https://app.example`), for CORS; compared byte for byte with the `Origin` header.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HttpsOrigin(String);

impl HttpsOrigin {
    /// Accepts the serialised origin of an `https` URL, or of an `http` one on loopback.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let url = Url::parse(text).map_err(|_| InvalidText("an origin looks like https://app.example"))?;
        let scheme_ok = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        let origin = url.origin().ascii_serialization();
        if !scheme_ok || origin != text {
            return Err(InvalidText("an origin is scheme, host and port only, such as https://app.example"));
        }
        Ok(Self(origin))
    }
}
text!(HttpsOrigin);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_addresses_lower_their_domain_only() {
        assert_eq!(EmailAddress::parse("Ann.B+x@CORP.test").map(String::from), Ok("Ann.B+x@corp.test".into()));
        assert_eq!(EmailAddress::parse("Ann@Corp.test").map(|e| e.unique_key()), Ok("ann@corp.test".into()));
    }

    #[test]
    fn email_look_alikes_and_malformed_addresses_are_refused() {
        for bad in [
            "",
            "ann",
            "@x.test",
            "ann@",
            "a@b@",
            "al\u{131}ce@corp.test",
            "ann@corp.test.",
            "ann@corp..test",
            "ann\r\nBcc: x@corp.test",
            ".a@x.test",
            "a..b@x.test",
            "a@-x.test",
            "ann @x.test",
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn issuers_are_https_or_loopback() {
        for good in ["https://id.acme.test", "https://id.acme.test/", "http://localhost:8080", "http://127.0.0.1:1/x"] {
            assert_eq!(IssuerUrl::parse(good).map(String::from), Ok(good.into()));
        }
        for bad in ["http://acme.test", "https://a.test?x=1", "https://a.test#f", "https://u:p@a.test", "a.test", ""] {
            assert!(IssuerUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn oauth_06_schemes_at_registration() {
        for good in [
            "https://a.test/cb",
            "https://a.test/cb?x=1",
            "http://127.0.0.1/cb",
            "http://[::1]:9/cb",
            "http://localhost:3000/cb",
            "com.example.app:/cb",
        ] {
            assert!(RedirectUri::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "blob:https://a.test/x",
            "file:///etc/passwd",
            "https://a.test/cb#f",
            "https://a.test/#",
            "https://*.a.test/cb",
            "https://u@a.test/cb",
            "http://a.test/cb",
            "myapp:/cb",
            "/cb",
            "https://a.test/c b",
            "https://a.test\\cb",
            "JAVASCRIPT:alert(1)",
        ] {
            assert!(RedirectUri::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn loopback_ip_is_told_from_look_alikes() {
        for (uri, expected) in [
            ("http://127.0.0.1/cb", true),
            ("http://[::1]/cb", true),
            ("http://localhost/cb", false),
            ("https://127.0.0.1/cb", false),
        ] {
            assert_eq!(RedirectUri::parse(uri).map(|u| u.is_loopback_ip()), Ok(expected), "{uri}");
        }
    }

    #[test]
    fn origins_have_no_path() {
        assert!(HttpsOrigin::parse("https://app.test").is_ok());
        assert!(HttpsOrigin::parse("http://localhost:5173").is_ok());
        for bad in ["https://app.test/", "https://app.test/x", "http://app.test", "null", "https://APP.test"] {
            assert!(HttpsOrigin::parse(bad).is_err(), "{bad}");
        }
    }
}
