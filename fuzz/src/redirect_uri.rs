//! Redirect URIs (RFC 6749 section 3.1.2, RFC 8252 section 7): the first line is registered, the rest is asked for.
//!
//! The oracle is another reading of the same rules: a browser's URL parser. What we let through must lead a browser
//! to the very place that was registered.

use url::{Host, Url};
use usher_domain::{ApplicationKind, RedirectUri};
use usher_oidc_provider::redirect_uri::redirect_uri_matches;

/// Fails when a registration or a comparison breaks its rules. Returns whether a native client gets through.
pub fn check(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let (registered, asked) = text.split_once('\n').unwrap_or((&text, ""));
    let Ok(registered) = RedirectUri::parse(registered) else { return false };
    registration_is_safe(&registered);

    let mut through = false;
    for kind in [ApplicationKind::Web, ApplicationKind::Spa, ApplicationKind::Native] {
        let matches = redirect_uri_matches(&registered, asked, kind);
        if registered.as_str() == asked {
            assert!(matches, "{kind:?}: the registered URI itself is refused");
        } else if matches {
            assert_eq!(kind, ApplicationKind::Native, "{asked:?} differs from {registered}");
            differs_in_the_port_only(&registered, asked);
        }
        through |= matches;
    }
    through
}

fn registration_is_safe(registered: &RedirectUri) {
    let text = registered.as_str();
    assert!(text.bytes().all(|b| b.is_ascii_graphic()), "{text:?} holds a byte that two parsers read differently");
    let url = Url::parse(text).expect("an accepted redirect URI is a URL");
    assert!(!text.contains('#') && !text.contains('\\'), "{text:?}");
    assert!(url.username().is_empty() && url.password().is_none(), "{text:?} carries a user");
    match url.scheme() {
        "https" => assert!(url.host().is_some_and(|host| !host.to_string().is_empty()), "{text:?} has no host"),
        "http" => assert!(is_this_machine(&url), "{text:?} is plain http"),
        scheme => assert!(scheme.contains('.'), "{text:?}: a browser may run this scheme"),
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn differs_in_the_port_only(registered: &RedirectUri, asked: &str) {
    assert!(registered.is_loopback_ip(), "{registered} has a fixed port");
    let asked = RedirectUri::parse(asked).expect("what matches could have been registered");
    let ours = Url::parse(registered.as_str()).expect("a URL");
    let theirs = Url::parse(asked.as_str()).expect("a URL");
    let place = |url: &Url| {
        (
            url.scheme().to_owned(),
            url.host_str().map(str::to_owned),
            url.path().to_owned(),
            url.query().map(str::to_owned),
        )
    };
    assert_eq!(place(&ours), place(&theirs), "{registered} lets {asked} through");
}
