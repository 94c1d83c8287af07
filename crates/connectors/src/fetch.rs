//! The port through which everything here speaks HTTP to a foreign server.
//!
//! `outbound` implements it: time-outs, size caps, no redirects, private-address guard. Nothing here
//! opens a connection of its own.

use async_trait::async_trait;

/// Outgoing HTTP, guarded. Redirects are never followed: a 3xx answer comes back as it is.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// Sends one request and reads the whole answer, within the limits of the implementation.
    async fn fetch(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, FetchError>;
}

/// Why no answer came. Lower-case, without secrets: it is shown to admins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The address, scheme or port is not allowed (WEB-11).
    #[error("blocked: {0}")]
    Blocked(String),
    /// The answer took too long.
    #[error("no complete answer in time")]
    Timeout,
    /// No connection, no TLS, or the connection broke.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// The answer is larger than allowed.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The destination failed so often that it is not asked for a while.
    #[error("not asked: the destination failed repeatedly")]
    CircuitOpen,
    /// The request cannot be sent as it is.
    #[error("malformed request: {0}")]
    Malformed(String),
}

/// The answer of a service that tells leaked passwords by range, to five hex digits: its text, or none when the service
/// said anything but 200. Padding hides from whoever sees the line how long the answer was.
pub async fn leaked_range(fetch: &dyn Fetch, list: &str, digits: &str) -> Result<Option<String>, FetchError> {
    let malformed = |error: http::Error| FetchError::Malformed(error.to_string());
    let request = http::Request::get(format!("{list}/{digits}")).header("add-padding", "true");
    let answer = fetch.fetch(request.body(Vec::new()).map_err(malformed)?).await?;
    let is_ok = answer.status() == http::StatusCode::OK;
    Ok(String::from_utf8(answer.into_body()).ok().filter(|_| is_ok))
}
