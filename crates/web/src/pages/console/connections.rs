//! The list of connections.

use askama::Template;
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
    /// Applications that offer it.
    pub used_by: u64,
}

impl ConnectionRow {
    fn href(&self) -> String {
        paths::connection(routes::CONNECTION_GENERAL, &self.id)
    }

    fn test_href(&self) -> String {
        paths::connection(routes::CONNECTION_TEST, &self.id)
    }
}

/// The list.
#[derive(Debug, Template)]
#[template(path = "console/connections/list.html")]
pub struct ConnectionsPage {
    pub shell: Shell,
    /// What was searched for; empty: everything.
    pub query: String,
    pub rows: Vec<ConnectionRow>,
}
