//! What can stop a run. A sign-in that fails is one of these and ends the bench: a fast broker that signs in the wrong
//! person is not fast.

use std::path::PathBuf;

/// Why the harness gives up.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("no answer: {0:?}")]
    Http(#[from] reqwest::Error),
    #[error("not an address: {0}")]
    Url(#[from] url::ParseError),
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the database: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("{path}: {source}")]
    Profile { path: PathBuf, source: Box<toml::de::Error> },
    #[error("the crypto library refused: {0}")]
    Crypto(&'static str),
    /// A page, a redirect or an answer that no profile expects.
    #[error("the sign-in stopped at {at} ({status}): {text}")]
    Stopped { at: String, status: u16, text: String },
    /// An ID token that must not be taken.
    #[error("the ID token is not right: {0}")]
    Token(String),
    #[error("{0}")]
    Told(String),
}

impl Fault {
    /// Anything else, in words.
    pub fn told(text: impl Into<String>) -> Self {
        Self::Told(text.into())
    }
}
