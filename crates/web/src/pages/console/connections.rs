//! The list of connections.

use askama::Template;
use chrono::{DateTime, Utc};
use usher_domain::ConnectionId;

use super::Shell;
use crate::pages::paths::{self, routes};
use crate::pages::{Named, Tag};

/// One connection in the list.
#[derive(Debug, Clone)]
pub struct ConnectionRow {
    pub id: ConnectionId,
    pub name: Named,
    /// What it speaks: "OpenID Connect".
    pub kind: String,
    /// Where it leads: the issuer.
    pub provider: String,
    pub status: Tag,
    /// "On", "Off", "On, linking".
    pub jit: String,
    /// That its secret ends soon, or has ended.
    pub expiry: Option<Tag>,
    /// Applications that offer it.
    pub used_by: u64,
    /// Sign-ins of the last 7 days.
    pub sign_ins: u64,
    /// How many of them were refused.
    pub refused: u64,
    pub last_success: Option<DateTime<Utc>>,
}

impl ConnectionRow {
    fn href(&self) -> String {
        paths::connection(routes::CONNECTION_GENERAL, &self.id)
    }

    fn test_href(&self) -> String {
        paths::connection(routes::CONNECTION_TEST, &self.id)
    }
}

impl ConnectionRow {
    /// Refused ones of a hundred.
    fn failing(&self) -> u64 {
        (self.refused * 100).checked_div(self.sign_ins).unwrap_or_default()
    }
}

/// What the list is narrowed to; empty: not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectionFilters {
    pub query: String,
    /// Stable text of a kind.
    pub kind: String,
    /// `enabled` or `disabled`.
    pub status: String,
    /// `on`, `off` or `linking`.
    pub jit: String,
}

/// The list.
#[derive(Debug, Template)]
#[template(path = "console/connections/list.html")]
pub struct ConnectionsPage {
    pub shell: Shell,
    pub filters: ConnectionFilters,
    /// Stable text and name of every kind.
    pub kinds: Vec<(&'static str, String)>,
    pub rows: Vec<ConnectionRow>,
    /// How many match.
    pub matching: usize,
    /// From 1.
    pub page: usize,
    pub pages: usize,
}

impl ConnectionsPage {
    fn is_narrowed(&self) -> bool {
        self.filters != ConnectionFilters::default()
    }

    fn page_href(&self, page: usize) -> String {
        let filters = &self.filters;
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in
            [("q", &filters.query), ("kind", &filters.kind), ("status", &filters.status), ("jit", &filters.jit)]
        {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("page", &page.to_string());
        format!("{}?{}", routes::CONNECTIONS, query.finish())
    }
}
