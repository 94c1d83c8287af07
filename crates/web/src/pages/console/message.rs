//! A console page that only says something: not found, not allowed, out of date.

use askama::Template;
use chrono::{DateTime, Utc};
use usher_domain::{CorrelationId, RefusalCode};

use super::Shell;
use crate::pages::Link;

/// The page; answered with `status_of(code)`.
#[derive(Debug, Template)]
#[template(path = "console/message.html")]
pub struct MessagePage {
    pub shell: Shell,
    pub code: RefusalCode,
    /// Where to go from here.
    pub back: Link,
    pub correlation: CorrelationId,
    pub at: DateTime<Utc>,
}

impl MessagePage {
    fn key(&self, part: &str) -> String {
        let code = match self.code {
            RefusalCode::NotFound => "not-found",
            RefusalCode::CsrfFailed => "csrf-failed",
            RefusalCode::AppAccessDenied => "not-allowed",
            _ => "failed",
        };
        format!("message-{code}-{part}")
    }
}
