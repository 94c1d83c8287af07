//! The HTTP client itself: judged before it connects, timed, and cut at a size.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::redirect::Policy;
use reqwest::{Client, Request, Response};
use url::Url;
use usher_connectors::{Fetch, FetchError};
use usher_domain::Clock;

use crate::AllowList;
use crate::breaker::Breakers;
use crate::guard::{self, Trust};
use crate::resolver::{GuardedResolver, OnlyPrivate};

/// How long and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection stands.
    pub connect: Duration,
    /// Until the answer is complete.
    pub total: Duration,
    /// Largest body accepted, in bytes, after decompression.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(10), body: 1024 * 1024 }
    }
}

/// What an installation is told about outgoing HTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutboundSettings {
    /// Destinations allowed beyond the open internet.
    pub allow: AllowList,
    /// How long and how much.
    pub limits: Limits,
}

/// Why outgoing HTTP could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The client could not be made; usually the system has no certificate store.
    #[error("outgoing HTTP cannot be set up: {0}")]
    Client(#[source] reqwest::Error),
}

/// Outgoing HTTP. One per process.
pub struct Outbound {
    open_internet: Client,
    listed: Client,
    allow: Arc<AllowList>,
    limits: Limits,
    breakers: Breakers,
    clock: Arc<dyn Clock>,
}

impl Outbound {
    /// Sets up the pooled clients: one for names that must resolve publicly, one for names that an admin listed.
    pub fn new(settings: OutboundSettings, clock: Arc<dyn Clock>) -> Result<Self, OutboundError> {
        let (allow, limits) = (Arc::new(settings.allow), settings.limits);
        Ok(Self {
            open_internet: client(Trust::OpenInternet, &allow, limits)?,
            listed: client(Trust::Listed, &allow, limits)?,
            allow,
            limits,
            breakers: Breakers::default(),
            clock,
        })
    }

    async fn ask(
        &self,
        request: http::Request<Vec<u8>>,
        client: &Client,
    ) -> Result<http::Response<Vec<u8>>, FetchError> {
        let request =
            Request::try_from(request).map_err(|fault| FetchError::Malformed(fault.without_url().to_string()))?;
        let answer = client.execute(request).await.map_err(|fault| translate(&fault))?;
        self.read(answer).await
    }

    /// Reads the body chunk by chunk; what is counted has already been decompressed (OIDC-24, gzip bomb).
    async fn read(&self, mut answer: Response) -> Result<http::Response<Vec<u8>>, FetchError> {
        let limit = self.limits.body;
        let too_large = FetchError::TooLarge { limit };
        if answer.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
            return Err(too_large);
        }
        let mut head = http::Response::builder().status(answer.status());
        if let Some(headers) = head.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|fault| translate(&fault))? {
            if body.len().saturating_add(chunk.len()) > limit {
                return Err(too_large);
            }
            body.extend_from_slice(&chunk);
        }
        head.body(body).map_err(|fault| FetchError::Malformed(fault.to_string()))
    }
}

#[async_trait]
impl Fetch for Outbound {
    async fn fetch(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, FetchError> {
        let url = Url::parse(&request.uri().to_string()).map_err(|fault| FetchError::Malformed(fault.to_string()))?;
        let client = match guard::judge(&url, &self.allow)? {
            Trust::OpenInternet => &self.open_internet,
            Trust::Listed => &self.listed,
        };
        let destination = url.origin().ascii_serialization();
        if !self.breakers.admits(&destination, self.clock.now()) {
            return Err(FetchError::CircuitOpen);
        }
        let outcome = tokio::time::timeout(self.limits.total, self.ask(request, client)).await;
        let outcome = outcome.unwrap_or(Err(FetchError::Timeout));
        match &outcome {
            Err(fault @ (FetchError::Timeout | FetchError::Unreachable(_))) => {
                self.breakers.failed(&destination, self.clock.now());
                tracing::warn!(%destination, %fault, "a provider does not answer");
            }
            Err(fault) => tracing::warn!(%destination, %fault, "an outgoing request was cut off"),
            Ok(_) => self.breakers.succeeded(&destination),
        }
        outcome
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where HTTP clients are made, behind the guard")]
fn client(trust: Trust, allow: &Arc<AllowList>, limits: Limits) -> Result<Client, OutboundError> {
    Client::builder()
        .user_agent(concat!("usher/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .referer(false)
        // HTTP_PROXY and its like would send secrets, and the guard's work, to whoever set the environment.
        .no_proxy()
        .connect_timeout(limits.connect)
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(8)
        .dns_resolver(Arc::new(GuardedResolver { trust, allow: Arc::clone(allow) }))
        .build()
        .map_err(OutboundError::Client)
}

/// Our words for what went wrong; the URL stays out, for its query may hold a secret.
fn translate(fault: &reqwest::Error) -> FetchError {
    let mut cause: Option<&(dyn Error + 'static)> = fault.source();
    let mut innermost = None;
    while let Some(inner) = cause {
        if let Some(private) = inner.downcast_ref::<OnlyPrivate>() {
            return FetchError::Blocked(private.to_string());
        }
        innermost = Some(inner.to_string());
        cause = inner.source();
    }
    if fault.is_timeout() {
        return FetchError::Timeout;
    }
    FetchError::Unreachable(innermost.unwrap_or_else(|| "the connection failed".to_owned()))
}
