//! What every handler shares.

use std::sync::Arc;

use axum::extract::FromRef;
use ipnet::IpNet;
use usher_broker::Broker;

use crate::cookies::CookieNames;
use crate::security_headers::Transport;

/// Shared by every handler; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The use cases.
    pub broker: Arc<Broker>,
    /// Names of our cookies.
    pub cookies: Arc<CookieNames>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Arc<Vec<IpNet>>,
}

impl App {
    /// Puts the state together.
    pub fn new(broker: Arc<Broker>, trusted_proxies: Vec<IpNet>) -> Self {
        let cookies = Arc::new(CookieNames::of(broker.public_url()));
        Self { broker, cookies, trusted_proxies: Arc::new(trusted_proxies) }
    }

    /// How browsers reach us.
    pub fn transport(&self) -> Transport {
        if self.cookies.secure() { Transport::Https } else { Transport::LoopbackHttp }
    }
}

impl FromRef<App> for Arc<Broker> {
    fn from_ref(app: &App) -> Self {
        Arc::clone(&app.broker)
    }
}
