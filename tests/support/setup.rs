//! What an Usher is started with: people, connections, applications, as a bootstrap file.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::application::Application;
use super::clock::Clock;
use super::database::Database;
use super::idp::Idp;
use super::jose;
use super::ports;
use super::postgres;
use super::smtp::Sink;
use super::usher::{Settings, Usher};

/// An installation about to be started.
#[derive(Default)]
pub struct Setup {
    users: Vec<Value>,
    connections: Vec<Value>,
    applications: Vec<Value>,
    attributes: Vec<Value>,
    groups: Vec<Value>,
    flows: Vec<Value>,
    providers: Vec<(String, SocketAddr, Clock)>,
    allow_private: Vec<String>,
    database: Option<String>,
    public_url: Option<String>,
    extra: Vec<String>,
    no_bootstrap: bool,
    port: Option<u16>,
    log: Option<&'static str>,
}

impl Setup {
    /// Nothing configured, no user, no admin.
    pub fn new() -> Self {
        Self::default()
    }

    /// A connection to a scripted provider, named after its id.
    #[must_use]
    pub fn idp(self, id: &str, idp: &Idp) -> Self {
        let entry = idp.connection(id);
        self.idp_with(idp, entry)
    }

    /// A connection to a scripted provider with settings of the test's choice.
    #[must_use]
    pub fn idp_with(mut self, idp: &Idp, entry: Value) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], idp.port()));
        self.providers.push((idp.issuer().to_owned(), address, idp.clock().clone()));
        self.allow_private.push(format!("127.0.0.1:{}", idp.port()));
        self.connections.push(entry);
        self
    }

    /// A connection to a server that is not one of ours.
    #[must_use]
    pub fn connection(mut self, entry: Value) -> Self {
        self.connections.push(entry);
        self
    }

    /// Lets Usher call a private address, and browsers reach it.
    #[must_use]
    pub fn allow(mut self, port: u16) -> Self {
        self.allow_private.push(format!("127.0.0.1:{port}"));
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        self.providers.push((format!("http://127.0.0.1:{port}"), address, Clock::default()));
        self
    }

    /// An application.
    #[must_use]
    pub fn app(mut self, app: &Application) -> Self {
        self.applications.push(app.entry());
        self
    }

    /// A local person with a password.
    #[must_use]
    pub fn person(self, username: &str, password: &str) -> Self {
        let email = format!("{username}@corp.test");
        self.user(json!({ "username": username, "password": password, "email": email, "email_verified": true }))
    }

    /// An admin with a password.
    #[must_use]
    pub fn admin(self, username: &str, password: &str) -> Self {
        self.user(json!({ "username": username, "password": password, "admin": true }))
    }

    /// A `[[user]]` entry.
    #[must_use]
    pub fn user(mut self, entry: Value) -> Self {
        self.users.push(entry);
        self
    }

    /// An attribute of which no two accounts hold the same value.
    #[must_use]
    pub fn unique_attribute(self, name: &str, label: &str) -> Self {
        self.attribute(json!({ "name": name, "label": label, "unique": true }))
    }

    /// An `[[attribute]]` entry.
    #[must_use]
    pub fn attribute(mut self, entry: Value) -> Self {
        self.attributes.push(entry);
        self
    }

    /// A local group with its members.
    #[must_use]
    pub fn group(mut self, name: &str, members: &[&str]) -> Self {
        self.groups.push(json!({ "name": name, "members": members }));
        self
    }

    /// A published sign-in flow: the definition as JSON (`steps`, `script`, ...).
    #[must_use]
    pub fn flow(mut self, app: &Application, mut definition: Value) -> Self {
        definition["application"] = json!(app.id);
        self.flows.push(definition);
        self
    }

    /// PostgreSQL in a new database instead of SQLite.
    #[must_use]
    pub async fn on_postgres(mut self) -> Self {
        self.database = Some(postgres::database().await);
        self
    }

    /// Behind a proxy that ends TLS, as `https://{name}`.
    #[must_use]
    pub fn behind_tls(mut self, name: &str) -> Self {
        self.public_url = Some(format!("https://{name}"));
        self.extra.extend(["--trusted-proxies".into(), "127.0.0.1/32".into()]);
        self
    }

    /// Further arguments of `usher serve`.
    #[must_use]
    pub fn argument(mut self, name: &str, value: &str) -> Self {
        self.extra.extend([name.into(), value.into()]);
        self
    }

    /// Mail through a server of our own.
    #[must_use]
    pub fn mail(self, sink: &Sink) -> Self {
        self.argument("--smtp-url", &sink.url()).argument("--mail-from", "Usher <no-reply@usher.test>")
    }

    /// Listens on a port that somebody else already knows.
    #[must_use]
    pub fn on_port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Logs more than usual.
    #[must_use]
    pub fn logging(mut self, filter: &'static str) -> Self {
        self.log = Some(filter);
        self
    }

    /// Starts without any bootstrap file.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.no_bootstrap = true;
        self
    }

    /// Writes the bootstrap file and starts the server.
    pub async fn start(self) -> Usher {
        let (settings, port, folder, providers) = self.prepared().await;
        Usher::start(settings, port, folder, providers).await
    }

    /// Writes the bootstrap file and sees the server refuse to start; what it says.
    pub async fn does_not_start(self) -> String {
        let (settings, port, _folder, _) = self.prepared().await;
        settings.does_not_start(port).await
    }

    async fn prepared(mut self) -> (Settings, u16, tempfile::TempDir, Vec<(String, SocketAddr, Clock)>) {
        if self.database.is_none() && std::env::var_os("USHER_TESTS_ON_POSTGRES").is_some() {
            self.database = Some(postgres::database().await);
        }
        let folder = tempfile::Builder::new().prefix("usher-tests-").tempdir().expect("a folder");
        let port = self.port.unwrap_or_else(ports::free);
        let bootstrap = folder.path().join("bootstrap.toml");
        if !self.no_bootstrap {
            std::fs::write(&bootstrap, self.bootstrap()).expect("writable");
        }
        if self.database.is_some() {
            // Only the embedded mode makes a key by itself.
            let key = STANDARD.encode(jose::sha256(jose::random()));
            std::fs::write(folder.path().join("master.key"), key).expect("writable");
        }
        let file = || format!("sqlite:{}", folder.path().join("usher.db").display());
        let settings = Settings {
            public_url: self.public_url.unwrap_or_else(|| format!("http://localhost:{port}")),
            allow_private: self.allow_private,
            bootstrap: (!self.no_bootstrap).then_some(bootstrap),
            database: Database { url: self.database.unwrap_or_else(file) },
            folder: folder.path().to_owned(),
            extra: self.extra,
            log: self.log.unwrap_or("info"),
        };
        (settings, port, folder, self.providers)
    }

    fn bootstrap(&self) -> String {
        let mut whole = json!({});
        for (key, entries) in [
            ("attribute", &self.attributes),
            ("group", &self.groups),
            ("user", &self.users),
            ("connection", &self.connections),
            ("application", &self.applications),
            ("flow", &self.flows),
        ] {
            if !entries.is_empty() {
                whole[key] = json!(entries);
            }
        }
        toml::to_string(&whole).expect("writable as TOML")
    }
}
