//! Where the person is signed in, what holds something of the account, what happened to it.

use askama::Template;
use chrono::{DateTime, Utc};
use usher_domain::{ApplicationId, SessionId};

use super::Shell;

/// A live session.
#[derive(Debug, Clone)]
pub struct SessionEntry {
    pub id: SessionId,
    pub browser: String,
    pub way: String,
    /// The address that it began from; empty: unknown.
    pub remote: String,
    /// Whether it is the one of this browser.
    pub here: bool,
    /// Whether it is one of the console's.
    pub console: bool,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// Names of the applications that it signed in to.
    pub applications: String,
}

/// All of them.
#[derive(Template)]
#[template(path = "account/sessions.html")]
pub struct SessionsPage {
    pub shell: Shell,
    pub rows: Vec<SessionEntry>,
}

impl SessionsPage {
    /// Whether there are others than the one of this browser.
    pub fn has_others(&self) -> bool {
        self.rows.iter().any(|row| !row.here)
    }
}

/// An application that holds something.
#[derive(Debug, Clone)]
pub struct ApplicationEntry {
    pub id: ApplicationId,
    pub name: String,
    pub home_url: Option<String>,
    pub since: DateTime<Utc>,
    pub last_used: DateTime<Utc>,
}

/// All of them.
#[derive(Template)]
#[template(path = "account/applications.html")]
pub struct ApplicationsPage {
    pub shell: Shell,
    pub rows: Vec<ApplicationEntry>,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// Where the person says that it was somebody else.
    pub href: String,
    pub at: DateTime<Utc>,
    pub what: String,
    /// How, with what and from where.
    pub details: Vec<String>,
    /// Whether the person said so already.
    pub reported: bool,
}

/// A page of it.
#[derive(Template)]
#[template(path = "account/history.html")]
pub struct HistoryPage {
    pub shell: Shell,
    pub rows: Vec<HistoryEntry>,
    /// The next page.
    pub older: Option<String>,
}

/// What happens when the person says that it was somebody else.
#[derive(Template)]
#[template(path = "account/not_me.html")]
pub struct NotMePage {
    pub shell: Shell,
    pub entry: HistoryEntry,
}
