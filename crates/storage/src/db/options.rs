//! How a store is opened.

use std::path::PathBuf;
use std::time::Duration;

use crate::{MasterKey, StorageError};

/// Where the data is and under which key it is sealed.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// `sqlite:<path>` or `postgres://user:password@host/database`.
    pub url: String,
    /// Seals secrets at rest.
    pub master: MasterKey,
    /// Connections to PostgreSQL.
    pub connections: u32,
    /// Connections that read a SQLite file.
    pub readers: u32,
    /// Longest wait for a connection or a place in the writer's queue.
    pub acquire_timeout: Duration,
    /// Longest run of one statement on PostgreSQL.
    pub statement_timeout: Duration,
    /// The machine's boot, when it is not to be asked of the kernel.
    pub boot_id: Option<String>,
}

/// What a URL names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Sqlite(PathBuf),
    Postgres(String),
}

impl StoreOptions {
    /// The defaults: 16 connections, 4 readers, 3 s to get one, 5 s for a statement.
    pub fn new(url: impl Into<String>, master: MasterKey) -> Self {
        Self {
            url: url.into(),
            master,
            connections: 16,
            readers: 4,
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(5),
            boot_id: None,
        }
    }

    /// Whether the URL names an embedded database.
    pub fn is_embedded(&self) -> bool {
        matches!(self.place(), Ok(Place::Sqlite(_)))
    }

    pub(super) fn place(&self) -> Result<Place, StorageError> {
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            // In memory, every connection would have a database of its own.
            if path.is_empty() || path.starts_with(':') {
                return Err(StorageError::UnsupportedUrl);
            }
            return Ok(Place::Sqlite(PathBuf::from(path)));
        }
        if self.url.starts_with("postgres://") || self.url.starts_with("postgresql://") {
            return Ok(Place::Postgres(self.url.clone()));
        }
        Err(StorageError::UnsupportedUrl)
    }

    /// The URL as it may be shown: without user name and password.
    pub fn shown_url(&self) -> String {
        match (self.url.split_once("://"), self.url.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
            _ => self.url.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(url: &str) -> StoreOptions {
        StoreOptions::new(url, MasterKey::from_bytes([7; 32]))
    }

    #[test]
    fn urls_name_one_of_two_databases() {
        assert_eq!(options("sqlite:data/usher.db").place().unwrap(), Place::Sqlite("data/usher.db".into()));
        assert_eq!(options("sqlite:///var/usher.db").place().unwrap(), Place::Sqlite("/var/usher.db".into()));
        assert!(!options("postgres://u:p@h/d").is_embedded());
        for bad in ["", "mysql://h/d", "sqlite:", "sqlite::memory:", "data/usher.db"] {
            assert!(matches!(options(bad).place(), Err(StorageError::UnsupportedUrl)), "{bad}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(options("postgres://u:p@w@h:1/d").shown_url(), "postgres://h:1/d");
        assert_eq!(options("sqlite:a.db").shown_url(), "sqlite:a.db");
    }
}
