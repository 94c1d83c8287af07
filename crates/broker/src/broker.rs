//! The broker itself: what every use case shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use arc_swap::ArcSwap;
use chrono::{DateTime, Duration, Utc};
use moka::sync::Cache;
use usher_connectors::Fetch;
use usher_domain::{Clock, ConnectionId, Entropy, IssuerUrl, SecretText};
use usher_login_flow::factors::passkey::RelyingParty;
use usher_login_flow::lint::Passkeys;
use usher_storage::Store;

use crate::failure::Fault;
use crate::jwks_cache::JwksCache;
use crate::keys;
use crate::limits::Limits;
use crate::login::script::Scripts;
use crate::mail::MailParts;
use crate::passwords::Passwords;
use crate::snapshot::{self, Snapshot};

/// Life of a browser session at Usher, whatever happens.
pub const SESSION_LIFE: Duration = Duration::hours(12);
/// How long a discovered document serves before the next departure asks again.
const DISCOVERED_FOR: std::time::Duration = std::time::Duration::from_hours(1);
/// Longest time without a successful look at the configuration before this node refuses.
const STALE_AFTER: std::time::Duration = std::time::Duration::from_secs(5);

/// What an installation is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Base of every URL, without a trailing slash; also the issuer.
    pub public_url: String,
}

/// What the broker is made of; the binary puts them together.
pub struct BrokerParts {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Outgoing HTTP.
    pub fetch: Arc<dyn Fetch>,
    /// What the installation is told.
    pub settings: Settings,
    /// Mail, where a server is configured.
    pub mail: Option<MailParts>,
}

/// Holds the snapshot, the ports and the bounded pools. One per process.
pub struct Broker {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) fetch: Arc<dyn Fetch>,
    pub(crate) settings: Settings,
    pub(crate) mail: Option<MailParts>,
    pub(crate) issuer: IssuerUrl,
    pub(crate) passwords: Passwords,
    pub(crate) limits: Limits,
    pub(crate) scripts: Scripts,
    passkeys: Option<RelyingParty>,
    pub(crate) provider_keys: JwksCache,
    /// Settings with endpoints, of connections that are discovered at first use; by id and revision.
    pub(crate) discovered: Cache<(ConnectionId, i64), serde_json::Value>,
    snapshot: ArcSwap<Snapshot>,
    /// On the monotonic clock: setting the time of day back must not make old configuration young.
    started: Instant,
    looked_at: AtomicU64,
}

impl Broker {
    /// Makes signing keys where there are none and reads the first snapshot.
    pub async fn start(parts: BrokerParts) -> Result<Self, Fault> {
        let BrokerParts { store, clock, entropy, fetch, settings, mail } = parts;
        let now = clock.now();
        keys::ensure(&store, &*entropy, now).await?;
        let first = snapshot::load(&store, &settings, now).await?;
        let issuer =
            IssuerUrl::parse(&settings.public_url).map_err(|_| Fault::Invariant("the public URL is an issuer"))?;
        let passwords =
            Passwords::start(&*entropy).map_err(|_| Fault::Invariant("the password pool can hash its decoy"))?;
        Ok(Self {
            provider_keys: JwksCache::new(Arc::clone(&fetch), Arc::clone(&clock)),
            discovered: Cache::builder().max_capacity(20_000).time_to_live(DISCOVERED_FOR).build(),
            limits: Limits::new(),
            scripts: Scripts::new(),
            passkeys: RelyingParty::new(&settings.public_url, "Usher").ok(),
            passwords,
            issuer,
            snapshot: ArcSwap::from_pointee(first),
            started: Instant::now(),
            looked_at: AtomicU64::new(0),
            store,
            clock,
            entropy,
            fetch,
            settings,
            mail,
        })
    }

    /// The present time.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The source of chance.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.entropy
    }

    /// The clock, for what must hold one of its own.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The source of chance, for what must hold one of its own.
    pub fn shared_entropy(&self) -> Arc<dyn Entropy> {
        Arc::clone(&self.entropy)
    }

    /// The database, for the session layer.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Our issuer identifier.
    pub fn issuer(&self) -> &IssuerUrl {
        &self.issuer
    }

    /// Base of every URL, without a trailing slash.
    pub fn public_url(&self) -> &str {
        &self.settings.public_url
    }

    /// The relying party of passkeys; none where the public address can have none (an IP address, or plain http beyond
    /// this machine): they are offered nowhere then.
    pub fn passkeys(&self) -> Option<&RelyingParty> {
        self.passkeys.as_ref()
    }

    /// The same, as flows are judged by it.
    pub fn passkeys_here(&self) -> Passkeys {
        if self.passkeys.is_some() { Passkeys::Possible } else { Passkeys::NoDomain }
    }

    /// Whether a mail server is configured: without one no mail is queued, and pages offer another way.
    pub fn can_mail(&self) -> bool {
        self.mail.is_some()
    }

    /// The present configuration.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Reads the configuration anew; every use case that changed it calls this after its commit.
    pub async fn reload(&self) -> Result<Arc<Snapshot>, Fault> {
        let fresh = Arc::new(snapshot::load(&self.store, &self.settings, self.now()).await?);
        self.snapshot.store(Arc::clone(&fresh));
        self.mark_looked();
        Ok(fresh)
    }

    /// One look at the configuration's version; reloads when it moved. Called every second.
    pub async fn follow_configuration(&self) -> Result<(), Fault> {
        let version =
            self.store.read(move |tx| Box::pin(async move { usher_storage::config::version(tx).await })).await?;
        if version == self.snapshot().version {
            self.mark_looked();
        } else {
            self.reload().await?;
        }
        Ok(())
    }

    /// Whether this node may answer sign-ins: its database answers and its configuration is fresh.
    pub async fn readiness(&self) -> Result<(), Fault> {
        self.store.ping().await?;
        self.assert_fresh()
    }

    /// Refuses while the configuration could not be looked at for too long: what an admin switched off elsewhere must not
    /// go on here (REL-18).
    pub(crate) fn assert_fresh(&self) -> Result<(), Fault> {
        let looked = std::time::Duration::from_millis(self.looked_at.load(Ordering::Relaxed));
        if self.started.elapsed().saturating_sub(looked) > STALE_AFTER {
            return Err(Fault::NotReady("the configuration cannot be followed"));
        }
        Ok(())
    }

    fn mark_looked(&self) {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.looked_at.store(elapsed, Ordering::Relaxed);
    }

    /// A new value with 256 random bits, base64url.
    pub(crate) fn random_token(&self) -> SecretText {
        usher_oidc_provider::opaque::generate(&*self.entropy)
    }

    /// The stable opaque `sub` of an external identity.
    pub(crate) fn pass_through_subject(&self, key: &usher_domain::ExternalKey) -> String {
        use base64::Engine as _;
        let parts = [key.connection.as_str(), key.issuer.as_str(), key.subject.as_str()];
        let mut framed = Vec::new();
        for part in parts {
            // Length before content: no two triples share a frame.
            framed.extend_from_slice(&(part.len() as u64).to_be_bytes());
            framed.extend_from_slice(part.as_bytes());
        }
        let mac = self.store.sealer().mac(usher_storage::Purpose::SUBJECT, &framed);
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac)
    }

    /// A new value for a browser's binding cookie.
    pub fn fresh_browser_value(&self) -> SecretText {
        self.random_token()
    }

    /// A token that a form of `owner` must send back (a MAC, so nothing is stored).
    pub fn csrf_token(&self, owner: &str) -> String {
        use base64::Engine as _;
        let mac = self.store.sealer().mac(usher_storage::Purpose::CSRF, owner.as_bytes());
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac)
    }

    /// Whether a form of `owner` sent back its token.
    pub fn csrf_matches(&self, owner: &str, sent: &str) -> bool {
        SecretText::new(sent) == SecretText::new(self.csrf_token(owner))
    }
}
