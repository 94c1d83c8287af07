//! Decides, before anything is resolved or sent, whether a URL may be asked at all (WEB-11).
//!
//! Literal addresses are judged here; names are judged again when they are resolved, on each connect.

use url::{Host, Url};
use usher_connectors::FetchError;

use crate::AllowList;
use crate::address::is_public;

/// How far a destination is trusted, which decides whose resolver is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Every resolved address must be public or in an allowed block.
    OpenInternet,
    /// The admin listed this host by name: it may resolve to anything.
    Listed,
}

/// Lowest port that needs no listing besides 443: below live mail, shells and the like.
const LOWEST_FREE_PORT: u16 = 1024;

/// Judges a URL.
pub fn judge(url: &Url, allow: &AllowList) -> Result<Trust, FetchError> {
    let blocked = |why: &str| Err(FetchError::Blocked(why.to_owned()));
    if !matches!(url.scheme(), "https" | "http") {
        return blocked("only https addresses are asked");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return blocked("the address carries a user name or a password");
    }
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return blocked("the address has no host");
    };
    let (listed, in_block, literal) = match host {
        Host::Domain(name) => (allow.permits_host(name, port), false, None),
        Host::Ipv4(ip) => literal_listing(ip.into(), port, allow),
        Host::Ipv6(ip) => literal_listing(ip.into(), port, allow),
    };
    if literal.is_some_and(|ip| !is_public(ip)) && !listed && !in_block {
        return blocked("the address is private and not on the allow-list");
    }
    if url.scheme() == "http" && !listed && !in_block {
        return blocked("plain http is only for hosts on the allow-list");
    }
    let port_ok = listed || port == 443 || port >= LOWEST_FREE_PORT || (in_block && port == 80);
    if !port_ok {
        return blocked("the port is reserved for another protocol");
    }
    Ok(if listed { Trust::Listed } else { Trust::OpenInternet })
}

fn literal_listing(ip: std::net::IpAddr, port: u16, allow: &AllowList) -> (bool, bool, Option<std::net::IpAddr>) {
    (allow.permits_host(&ip.to_canonical().to_string(), port), allow.permits_address(ip), Some(ip))
}
