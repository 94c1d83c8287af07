//! Who is asking, as the web front knows it: cookies already parsed, addresses already judged.

use std::net::IpAddr;

use usher_domain::{BrowserSession, ConnectionId, CorrelationId, SecretText};
use usher_storage::Hash;

/// A live browser session with the id of its cookie.
#[derive(Debug, Clone)]
pub struct LiveSession {
    /// Hash of the cookie's id, as it is at rest.
    pub cookie: Hash,
    /// Who is signed in, how and since when.
    pub session: BrowserSession,
}

/// One browser making one request.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Value of the binding cookie, if the browser sent exactly one.
    pub browser: Option<SecretText>,
    /// The session of this browser, if it has a live one.
    pub session: Option<LiveSession>,
    /// Hash of the console's cookie of this browser, if it sent one: a sign-out ends that session too.
    pub console: Option<Hash>,
    /// The connection this browser used last, if it says so; only orders the page.
    pub last_used: Option<ConnectionId>,
    /// Value of the cookie of a remembered browser, if it has one.
    pub device: Option<SecretText>,
    /// What the browser calls itself (`User-Agent`).
    pub agent: Option<String>,
    /// The languages that the browser wants (`Accept-Language`).
    pub languages: Option<String>,
    /// Cookies that scripts set, sealed, by the part of their names that says whose they are.
    pub script_cookies: Vec<(String, SecretText)>,
    /// Address of the caller.
    pub remote: Option<IpAddr>,
    /// Ties page, log, audit and trace of this request together.
    pub correlation: CorrelationId,
}

impl Visitor {
    /// The caller's address as text, for the audit.
    pub fn remote_text(&self) -> Option<String> {
        self.remote.map(|ip| ip.to_string())
    }
}
