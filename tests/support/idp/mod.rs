//! An OpenID provider of our own: honest by default, and as evil as a test asks.
//!
//! Every provider listens on a port of its own on `127.0.0.1` and signs the person in at once.
//! A test changes one thing: [`Idp::forge`] edits the ID token before it is signed,
//! [`Idp::answer`] edits the finished answer of an endpoint, [`Idp::claims`] edits the person.
//! Every request is kept, so that a test can assert what was **not** asked.

mod endpoints;
mod tests;
mod token;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::clock::Clock;
use super::jose::{self, Key};
use super::ports;
pub use token::{Draft, Signing};

/// Where a request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    Discovery,
    Jwks,
    Authorize,
    Token,
    Userinfo,
    Emails,
    Other,
}

/// A request that the provider received.
#[derive(Debug, Clone)]
pub struct Hit {
    pub endpoint: Endpoint,
    pub path: String,
    pub method: String,
    pub query: String,
    pub authorization: String,
    pub body: String,
}

/// An answer about to be sent.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Waits this long before the first byte.
    pub delay: Duration,
    /// Sends one byte each so often.
    pub drip: Option<Duration>,
}

impl Answer {
    /// A JSON answer.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::body(status, "application/json", body.to_string())
    }

    /// An answer of some media type.
    pub fn body(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        Self { status, headers, body: body.into(), delay: Duration::ZERO, drip: None }
    }

    /// A redirect.
    pub fn redirect(to: &str) -> Self {
        let headers = vec![("location".to_owned(), to.to_owned())];
        Self { status: 302, headers, body: Vec::new(), delay: Duration::ZERO, drip: None }
    }

    /// The redirect's target.
    pub fn location(&self) -> &str {
        self.headers.iter().find(|(name, _)| name == "location").map_or("", |(_, value)| value)
    }

    /// Edits the JSON body.
    #[must_use]
    pub fn edit(mut self, edit: impl FnOnce(&mut Value)) -> Self {
        let mut body = serde_json::from_slice(&self.body).expect("a JSON answer");
        edit(&mut body);
        self.body = body.to_string().into_bytes();
        self
    }
}

type Forge = Box<dyn Fn(&mut Draft) + Send>;
/// Who a login hint means.
type Knows = Box<dyn Fn(&str) -> Value + Send>;
type Twist = Box<dyn Fn(Answer) -> Answer + Send>;

struct Shared {
    issuer: String,
    client_id: String,
    client_secret: String,
    clock: Clock,
    keys: Mutex<Vec<Key>>,
    person: Mutex<Value>,
    knows: Mutex<Option<Knows>>,
    forge: Mutex<Option<Forge>>,
    twists: Mutex<HashMap<Endpoint, Twist>>,
    emails: Mutex<Value>,
    beside: Mutex<Option<Value>>,
    registered: Mutex<Option<Key>>,
    granted: Mutex<HashMap<String, token::Granted>>,
    hits: Mutex<Vec<Hit>>,
}

/// The scripted provider.
#[derive(Clone)]
pub struct Idp {
    shared: Arc<Shared>,
}

impl Idp {
    /// An honest provider with the honest key.
    pub async fn start() -> Self {
        Self::with_key(Key::honest()).await
    }

    /// A provider that mallory runs, with mallory's key.
    pub async fn mallory() -> Self {
        let idp = Self::with_key(Key::mallory()).await;
        idp.claims(|claims| {
            *claims = json!({ "sub": "mallory-1", "preferred_username": "mallory", "email": "mallory@evil.test",
                "email_verified": true, "given_name": "Mallory" });
        });
        idp
    }

    /// A provider that signs with `key`.
    pub async fn with_key(key: Key) -> Self {
        let port = ports::free();
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
        let shared = Arc::new(Shared {
            issuer: format!("http://127.0.0.1:{port}"),
            client_id: format!("usher-at-{port}"),
            client_secret: "s3cret of+Usher%: and umlaut".into(),
            clock: Clock::default(),
            keys: Mutex::new(vec![key]),
            person: Mutex::new(alice()),
            knows: Mutex::default(),
            forge: Mutex::default(),
            twists: Mutex::default(),
            emails: Mutex::new(json!([])),
            beside: Mutex::default(),
            registered: Mutex::default(),
            granted: Mutex::default(),
            hits: Mutex::default(),
        });
        let app = endpoints::router(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { shared }
    }

    /// The issuer, which is also the origin.
    pub fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.issuer().rsplit(':').next().and_then(|p| p.parse().ok()).expect("a port")
    }

    /// Usher's client id here.
    pub fn client_id(&self) -> &str {
        &self.shared.client_id
    }

    /// Usher's client secret here: with characters that need form encoding inside HTTP Basic.
    pub fn client_secret(&self) -> &str {
        &self.shared.client_secret
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// A `[[connection]]` entry for this provider.
    pub fn connection(&self, id: &str) -> Value {
        json!({ "id": id, "name": capitalised(id), "kind": "oidc", "issuer": self.issuer(),
            "client_id": self.client_id(), "client_secret": self.client_secret(), "jit": true,
            "mapping": { "email": "email", "given_name": "given_name", "family_name": "family_name",
                "name": "name", "preferred_username": "preferred_username" } })
    }

    /// Edits the person that signs in from now on; starts out as [`alice`].
    pub fn claims(&self, edit: impl FnOnce(&mut Value)) {
        edit(&mut self.shared.person.lock().expect("not poisoned"));
    }

    /// Signs in whom the `login_hint` means (OIDC Core 3.1.2.1) instead of always the same person.
    pub fn knows(&self, who: impl Fn(&str) -> Value + Send + 'static) {
        *self.shared.knows.lock().expect("not poisoned") = Some(Box::new(who));
    }

    /// The addresses that GitHub tells of the person, as `GET /user/emails` lists them.
    pub fn emails(&self, addresses: Value) {
        *self.shared.emails.lock().expect("not poisoned") = addresses;
    }

    /// What Apple posts beside the code at the first sign-in.
    pub fn beside(&self, user: Value) {
        *self.shared.beside.lock().expect("not poisoned") = Some(user);
    }

    /// Takes only client secrets that are signed with this key, as Apple does.
    pub fn registers(&self, key: Key) {
        *self.shared.registered.lock().expect("not poisoned") = Some(key);
    }

    /// A `[[connection]]` entry of another kind for this provider.
    pub fn connection_of(&self, id: &str, kind: &str, settings: Value) -> Value {
        let mut entry = self.connection(id);
        entry["kind"] = json!(kind);
        entry["settings"] = settings;
        entry.as_object_mut().expect("an object").remove("issuer");
        entry
    }

    /// Edits every ID token before it is signed.
    pub fn forge(&self, edit: impl Fn(&mut Draft) + Send + 'static) {
        *self.shared.forge.lock().expect("not poisoned") = Some(Box::new(edit));
    }

    /// Edits every answer of an endpoint.
    pub fn answer(&self, endpoint: Endpoint, twist: impl Fn(Answer) -> Answer + Send + 'static) {
        self.shared.twists.lock().expect("not poisoned").insert(endpoint, Box::new(twist));
    }

    /// Honest again.
    pub fn reform(&self) {
        *self.shared.forge.lock().expect("not poisoned") = None;
        self.shared.twists.lock().expect("not poisoned").clear();
    }

    /// Replaces the signing key and the published set.
    pub fn rotate(&self, key: Key) {
        *self.shared.keys.lock().expect("not poisoned") = vec![key];
    }

    /// Publishes one more key, without signing with it.
    pub fn publish(&self, key: Key) {
        self.shared.keys.lock().expect("not poisoned").push(key);
    }

    /// The requests received at an endpoint.
    pub fn hits(&self, endpoint: Endpoint) -> Vec<Hit> {
        let hits = self.shared.hits.lock().expect("not poisoned");
        hits.iter().filter(|hit| hit.endpoint == endpoint).cloned().collect()
    }

    /// How many requests an endpoint received.
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.hits(endpoint).len()
    }

    /// How many requests of any kind arrived.
    pub fn total(&self) -> usize {
        self.shared.hits.lock().expect("not poisoned").len()
    }
}

/// The person who signs in unless a test says otherwise.
pub fn alice() -> Value {
    json!({ "sub": "alice-1", "name": "Alice Example", "given_name": "Alice", "family_name": "Example",
        "preferred_username": "alice", "email": "alice@corp.test", "email_verified": true })
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl Shared {
    fn key(&self) -> Key {
        self.keys.lock().expect("not poisoned").first().expect("a key").clone()
    }

    fn draft(&self, granted: &token::Granted, access_token: &str) -> String {
        let mut draft = Draft::honest(self, granted, access_token);
        if let Some(forge) = self.forge.lock().expect("not poisoned").as_ref() {
            forge(&mut draft);
        }
        draft.sign(&self.key())
    }

    fn twist(&self, endpoint: Endpoint, answer: Answer) -> Answer {
        match self.twists.lock().expect("not poisoned").get(&endpoint) {
            Some(twist) => twist(answer),
            None => answer,
        }
    }

    fn person(&self, login_hint: Option<&str>) -> Value {
        match (self.knows.lock().expect("not poisoned").as_ref(), login_hint) {
            (Some(who), Some(hint)) => who(hint),
            _ => self.person.lock().expect("not poisoned").clone(),
        }
    }

    fn new_code(&self, granted: token::Granted) -> String {
        let code = jose::random();
        self.granted.lock().expect("not poisoned").insert(code.clone(), granted);
        code
    }
}
