//! A provider of our own behind the port: it answers every endpoint and can be told to misbehave.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use usher_domain::{Connection, ConnectionId, ConnectionKind, Entropy, SecretText, SignInPageListing};

use crate::{
    Begun, Callback, Completed, Connector, ConnectorError, Departure, Fetch, FetchError, PendingHandshake,
    ProviderKeySet, ProviderKeys, Services, SignInDemand, connector_for, fetch_keys,
};

pub const ISSUER: &str = "https://i.test";

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

static KEYS: LazyLock<[EcdsaKeyPair; 2]> =
    LazyLock::new(|| std::array::from_fn(|_| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()));

fn jwk(number: usize) -> Value {
    let point = KEYS[number].public_key().as_ref();
    json!({ "kty": "EC", "crv": "P-256", "x": b64(&point[1..33]), "y": b64(&point[33..]), "kid": format!("k{number}") })
}

type Edit = Box<dyn Fn(&mut Value) + Send + Sync>;

/// The provider, its key cache and a source of (very) predictable chance in one.
#[derive(Default)]
pub struct Provider {
    pub asked: Mutex<Vec<(String, String)>>,
    pub refetches: AtomicUsize,
    pub refetch_refused: bool,
    pub published: Mutex<Vec<usize>>,
    pub signing: AtomicUsize,
    nonce: Mutex<String>,
    edits: Mutex<HashMap<&'static str, Edit>>,
    faults: Mutex<HashMap<&'static str, FetchError>>,
    cache: Mutex<Option<Arc<ProviderKeySet>>>,
    counter: AtomicU64,
}

impl Provider {
    pub fn honest() -> Self {
        Self { published: Mutex::new(vec![0]), ..Self::default() }
    }

    /// Edits the JSON of one part: `metadata`, `token`, `id_token`, `userinfo`.
    pub fn edit(&self, part: &'static str, edit: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.edits.lock().unwrap().insert(part, Box::new(edit));
    }

    /// Lets one part fail on the way.
    pub fn fail(&self, part: &'static str, fault: FetchError) {
        self.faults.lock().unwrap().insert(part, fault);
    }

    pub fn asked_paths(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(url, _)| url.trim_start_matches(ISSUER).to_owned()).collect()
    }

    fn edited(&self, part: &str, mut value: Value) -> Value {
        if let Some(edit) = self.edits.lock().unwrap().get(part) {
            edit(&mut value);
        }
        value
    }

    fn id_token(&self) -> String {
        let at = now().timestamp();
        let claims = json!({ "iss": ISSUER, "aud": "usher", "sub": "alice", "iat": at, "exp": at + 60, "nonce": *self.nonce.lock().unwrap() });
        let number = self.signing.load(Ordering::Relaxed);
        let header = json!({ "alg": "ES256", "kid": format!("k{number}") });
        let message = format!("{}.{}", b64(header.to_string()), b64(self.edited("id_token", claims).to_string()));
        let signature = KEYS[number].sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", b64(signature))
    }

    fn answer(&self, path: &str) -> (&'static str, Value) {
        match path {
            "/.well-known/openid-configuration" => ("metadata", metadata()),
            "/jwks" => {
                let keys: Vec<_> = self.published.lock().unwrap().iter().map(|number| jwk(*number)).collect();
                ("jwks", json!({ "keys": keys }))
            }
            "/token" => ("token", json!({ "access_token": "at", "token_type": "Bearer", "id_token": self.id_token() })),
            "/userinfo" => ("userinfo", json!({ "sub": "alice", "email": "alice@corp.test", "email_verified": true })),
            other => panic!("the provider was asked for {other}"),
        }
    }

    pub fn services(&self) -> Services<'_> {
        Services { fetch: self, keys: self, entropy: self }
    }
}

pub fn metadata() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://i.test/authorize",
        "token_endpoint": "https://i.test/token",
        "jwks_uri": "https://i.test/jwks",
        "userinfo_endpoint": "https://i.test/userinfo",
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "scopes_supported": ["openid", "email"],
        "authorization_response_iss_parameter_supported": true,
    })
}

#[async_trait]
impl Fetch for Provider {
    async fn fetch(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, FetchError> {
        let body = String::from_utf8(request.body().clone()).unwrap();
        self.asked.lock().unwrap().push((request.uri().to_string(), body));
        let (part, value) = self.answer(request.uri().path());
        if let Some(fault) = self.faults.lock().unwrap().get(part) {
            return Err(fault.clone());
        }
        let body = self.edited(part, value).to_string().into_bytes();
        Ok(http::Response::builder().header("content-type", "application/json").body(body).unwrap())
    }
}

#[async_trait]
impl ProviderKeys for Provider {
    async fn keys(&self, _: &ConnectionId, jwks_uri: &str) -> Result<Arc<ProviderKeySet>, ConnectorError> {
        if let Some(cached) = self.cache.lock().unwrap().clone() {
            return Ok(cached);
        }
        let keys = Arc::new(fetch_keys(self, jwks_uri).await?);
        *self.cache.lock().unwrap() = Some(Arc::clone(&keys));
        Ok(keys)
    }

    async fn refetch(&self, _: &ConnectionId, jwks_uri: &str) -> Result<Option<Arc<ProviderKeySet>>, ConnectorError> {
        self.refetches.fetch_add(1, Ordering::Relaxed);
        if self.refetch_refused {
            return Ok(None);
        }
        Ok(Some(Arc::new(fetch_keys(self, jwks_uri).await?)))
    }
}

impl Entropy for Provider {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        bytes.fill(u8::try_from(number).unwrap());
    }
}

/// The connection as discovery and an admin leave it.
pub fn connection(settings: Value) -> Connection {
    Connection {
        id: ConnectionId::parse("acme").unwrap(),
        kind: ConnectionKind::Oidc,
        name: "Acme".into(),
        script_name: "acme".into(),
        button_text: None,
        enabled: true,
        listing: SignInPageListing::Shown,
        email_domains: Vec::new(),
        description: String::new(),
        asserted_domains: Vec::new(),
        trusted_mfa: Vec::new(),
        groups: usher_domain::GroupSettings::default(),
        secret_expires_on: None,
        recording: usher_domain::Recording::default(),
        settings,
        mapping: Vec::new(),
        provisioning: usher_domain::ProvisioningSettings::default(),
        revision: 0,
    }
}

pub fn settings() -> Value {
    json!({ "issuer": ISSUER, "client_id": "usher", "client_auth": "post", "id_token_algs": ["ES256"] })
}

/// One hand-shake from departure to return.
pub struct Walk<'a> {
    pub provider: &'a Provider,
    pub connector: Box<dyn Connector>,
    pub begun: Begun,
}

pub fn connector_with(settings: Value) -> Box<dyn Connector> {
    connector_for(&connection(settings), Some(SecretText::new("s3")), "https://usher.test/callback/oidc/acme").unwrap()
}

impl<'a> Walk<'a> {
    pub async fn begin(provider: &'a Provider, demand: &SignInDemand) -> Self {
        Self::begin_with(provider, demand, settings()).await
    }

    pub async fn begin_with(provider: &'a Provider, demand: &SignInDemand, settings: Value) -> Self {
        let connector = connector_with(settings);
        let begun = connector.begin(demand, provider.services(), now()).await.expect("departs");
        let walk = Self { provider, connector, begun };
        *provider.nonce.lock().unwrap() = walk.query()["nonce"].clone();
        walk
    }

    /// The parameters that the browser carries to the provider.
    pub fn query(&self) -> HashMap<String, String> {
        let Departure::Redirect { url } = &self.begun.departure else { panic!("a redirect") };
        url.query_pairs().into_owned().collect()
    }

    /// What storage does: out as JSON, in again.
    pub fn pending(&self) -> PendingHandshake {
        serde_json::from_str(&serde_json::to_string(&self.begun.pending).unwrap()).unwrap()
    }

    pub async fn come_back(&self) -> Result<Completed, ConnectorError> {
        let state = &self.begun.pending.state;
        self.come_back_with(&format!("code=c1&state={state}&iss=https%3A%2F%2Fi.test")).await
    }

    pub async fn come_back_with(&self, query: &str) -> Result<Completed, ConnectorError> {
        let callback = Callback::parse(query.as_bytes());
        self.connector.complete(&self.pending(), &callback, self.provider.services(), now()).await
    }
}
