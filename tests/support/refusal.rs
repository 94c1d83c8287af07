//! What REFUSE means (security cases): the same for every attack.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;
use url::Url;

use super::browser::Landing;
use super::database::Rows;
use super::usher::Usher;

/// The state before an attack.
pub struct Watch<'a> {
    usher: &'a Usher,
    rows: Rows,
    audit: i64,
}

/// How an attack was refused.
#[derive(Debug)]
pub struct Refusal {
    /// The stable code of the page, or the protocol error at the redirect URI.
    pub code: String,
    /// The correlation id of page and audit event.
    pub correlation: String,
}

impl<'a> Watch<'a> {
    /// Remembers what is there.
    pub async fn start(usher: &'a Usher) -> Self {
        Self { usher, rows: usher.database.rows().await, audit: usher.database.last_audit().await }
    }

    /// No session, user, link or token came, and the process lives.
    pub async fn nothing_happened(&self) {
        assert_eq!(self.usher.database.rows().await, self.rows, "rows changed");
        assert!(self.usher.is_alive().await, "the process is gone");
        assert!(!self.usher.nodes[0].log().contains("panicked at"), "a panic was logged");
    }

    /// A page (4xx) or a protocol error to a registered redirect URI, nothing left behind, and
    /// exactly one audit event with reason and correlation id.
    pub async fn refused(&self, landing: Landing) -> Refusal {
        self.ended(landing, 400..500).await
    }

    /// The same where what an admin wrote does not work: a page with 500, for nobody's request was wrong.
    pub async fn broken_as(&self, code: &str, landing: Landing) {
        assert_eq!(self.ended(landing, 500..501).await.code, code);
    }

    async fn ended(&self, landing: Landing, statuses: Range<u16>) -> Refusal {
        let (code, shown) = match landing {
            Landing::Page(page) => {
                assert!(statuses.contains(&page.status()), "not a refusal: {page}");
                let code = page.error_code().unwrap_or_else(|| panic!("no #error-code: {page}"));
                assert!(!page.correlation().is_empty(), "no correlation id: {page}");
                (code, Some(page.correlation().to_owned()))
            }
            Landing::Left(url) => (error_of(&url), None),
        };
        self.nothing_happened().await;
        let events = self.refusals().await;
        assert_eq!(events.len(), 1, "one audit event: {events:?}");
        let correlation = events[0][2].as_str().unwrap_or("").to_owned();
        assert!(!correlation.is_empty(), "without correlation id: {events:?}");
        if let Some(shown) = shown {
            assert_eq!(correlation, shown, "page and audit event name different ids");
        }
        assert!(!events[0][3].is_null(), "no reason: {events:?}");
        Refusal { code, correlation }
    }

    /// Refused with this code.
    pub async fn refused_as(&self, code: &str, landing: Landing) -> Refusal {
        let refusal = self.refused(landing).await;
        assert_eq!(refusal.code, code);
        refusal
    }

    /// A refusal at the door: the page, and nothing else; no sign-in existed that could be audited twice.
    pub async fn turned_away(&self, landing: Landing) -> String {
        let page = landing.page();
        assert!((400..500).contains(&page.status()), "not a refusal: {page}");
        self.nothing_happened().await;
        assert!(self.refusals().await.len() <= 1, "more than one audit event");
        page.error_code().unwrap_or_else(|| panic!("no #error-code: {page}"))
    }

    async fn refusals(&self) -> Vec<Value> {
        let events = self.usher.database.audit_after(self.audit).await;
        events.into_iter().filter(|event| event[1] == "refused").collect()
    }
}

/// The `error` that an application was sent.
fn error_of(url: &Url) -> String {
    let query: BTreeSet<(String, String)> = url.query_pairs().into_owned().collect();
    assert!(!query.iter().any(|(k, _)| k == "code"), "a code was given out: {url}");
    let error = query.into_iter().find(|(k, _)| k == "error").map(|(_, v)| v);
    error.unwrap_or_else(|| panic!("neither page nor error: {url}"))
}
