//! An Usher to measure: the release binary with a database, a key and a bootstrap file of its own. Connections lead to the
//! stub provider, applications differ in how people sign in to them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::fault::Fault;
use crate::jose::Algorithm;
use crate::ports;
use crate::process::Process;
use crate::profile::Profile;
use crate::upstream::{self, Upstream};

/// The profile that is built in.
const PROFILE: &str = include_str!("../../profiles/usher.toml");
/// The secret of every application.
const SECRET: &str = "the-secret-of-the-application-under-load";
/// What the server says when it stops.
const CLOSED: &str = "store closed";

/// How people sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Existing accounts.
    Returning,
    /// A new account each.
    Jit,
    /// Nothing about the person is stored.
    PassThrough,
    /// The seed's conditional script decides that no second step is needed; nothing is stored.
    Script,
    /// Existing accounts with an authenticator app as second factor.
    Totp,
}

impl Mode {
    /// As the report calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Returning => "returning",
            Self::Jit => "JIT",
            Self::PassThrough => "pass-through",
            Self::Script => "script",
            Self::Totp => "TOTP",
        }
    }

    fn application(self, algorithm: Algorithm) -> String {
        let kind = match self {
            Self::Returning | Self::Jit | Self::PassThrough => "plain",
            Self::Script => "script",
            Self::Totp => "totp",
        };
        format!("{kind}-{}", algorithm.short())
    }

    fn connection(self, algorithm: Algorithm) -> String {
        let kind = match self {
            Self::Returning | Self::Jit | Self::Totp => "jit",
            Self::PassThrough | Self::Script => "pass",
        };
        format!("{kind}-{}", algorithm.short())
    }
}

/// The connection that the loader's people come through.
pub fn crowd_connection(algorithm: Algorithm) -> String {
    Mode::Returning.connection(algorithm)
}

/// The application whose script burns whatever it is given.
pub const HOSTILE: &str = "hostile-es";

/// What the storage layer counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Statements on durable tables.
    pub statements: u64,
    /// Durable commits.
    pub commits: u64,
    /// Statements on the tables of sign-ins in progress.
    pub in_progress_statements: u64,
}

/// An Usher that can be started again and again.
pub struct Installation {
    folder: tempfile::TempDir,
    binary: PathBuf,
    /// As the command line takes it.
    pub database: String,
    port: u16,
    provider: u16,
}

impl Installation {
    /// Writes key and bootstrap file, and lets the binary make the tables. With none, a SQLite file is used.
    pub async fn new(
        binary: &Path,
        upstream: &Upstream,
        connections: u32,
        database: Option<String>,
    ) -> Result<Self, Fault> {
        let folder = tempfile::Builder::new().prefix("usher-bench-").tempdir()?;
        let file = format!("sqlite:{}", folder.path().join("usher.db").display());
        let own = Self {
            binary: binary.to_owned(),
            database: database.unwrap_or(file),
            port: ports::free()?,
            provider: upstream.port(),
            folder,
        };
        std::fs::write(own.path("master.key"), base64_of_32_bytes()?)?;
        std::fs::write(own.path("bootstrap.toml"), bootstrap(upstream, connections)?)?;
        let made = own.command(&["serve", "--migrate", "--bootstrap", "bootstrap.toml"]);
        own.run(made).await?.stop().await?;
        Ok(own)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The address that people see.
    pub fn base(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        for variable in std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("USHER_")) {
            command.env_remove(variable);
        }
        let allowed = format!("127.0.0.1:{}", self.provider);
        command.args(arguments).args(["--database", &self.database, "--key-file", "master.key"]);
        command.args(["--public-url", &self.base(), "--listen", &format!("127.0.0.1:{}", self.port)]);
        // People come from many addresses, as behind a proxy: brakes are per address, and stay on.
        command.args(["--trusted-proxies", "127.0.0.1/32"]);
        command.args(["--allow-private", &allowed]).env("NO_COLOR", "1").current_dir(self.folder.path());
        command
    }

    async fn run(&self, command: Command) -> Result<Process, Fault> {
        Process::start(command, &self.path("log"), &format!("{}/health/ready", self.base())).await
    }

    /// Starts the server on what is there, with its default settings.
    pub async fn start(&self) -> Result<Process, Fault> {
        self.run(self.command(&["serve"])).await
    }

    /// How people reach one of its applications.
    pub fn profile(&self, mode: Mode, algorithm: Algorithm) -> Result<Profile, Fault> {
        self.profile_of(&mode.application(algorithm), &mode.connection(algorithm))
    }

    /// The same by the names.
    pub fn profile_of(&self, application: &str, connection: &str) -> Result<Profile, Fault> {
        let base = self.base();
        let words =
            [("base", base.as_str()), ("application", application), ("connection", connection), ("secret", SECRET)];
        let path = PathBuf::from("benches/profiles/usher.toml");
        let profile = Profile::parse(PROFILE).map_err(|fault| Fault::Profile { path, source: Box::new(fault) })?;
        Ok(profile.with(&words))
    }
}

/// What a stopped server said that its store did.
pub fn counts(log: &str) -> Result<Counts, Fault> {
    let line = log.lines().rev().find(|line| line.contains(CLOSED));
    let line = line.ok_or_else(|| Fault::told(format!("the server stopped without a word about its store:\n{log}")))?;
    let number = |name: &str| {
        let mut words = line.split_whitespace();
        let found = words.find_map(|word| word.strip_prefix(name)?.strip_prefix('=')?.parse::<u64>().ok());
        found.ok_or_else(|| Fault::told(format!("no {name} in: {line}")))
    };
    Ok(Counts {
        statements: number("statements")?,
        commits: number("commits")?,
        in_progress_statements: number("in_progress_statements")?,
    })
}

fn base64_of_32_bytes() -> Result<String, Fault> {
    use base64::Engine;
    let mut bytes = [0_u8; 32];
    let random = aws_lc_rs::rand::SystemRandom::new();
    aws_lc_rs::rand::SecureRandom::fill(&random, &mut bytes).map_err(|_| Fault::Crypto("no random bytes"))?;
    Ok(base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// The script of the vendor's guide for people without a local account, to the letter.
const SEED: &str = r"var localAuthenticator = 'LOCAL';
var onLoginRequest = function (context) {
    executeStep(1, {
        onSuccess: function (context) {
            var step = context.steps[1];
            if (step.idp == localAuthenticator) {
                executeStep(2); // MFA Step
            }
        }
    });
};
";

/// Burns whatever it is given as soon as the provider has answered; the check of a script sees only its beginning.
const BURNER: &str = r"var onLoginRequest = function (context) {
    executeStep(1, {
        onSuccess: function (context) {
            var all = [];
            while (true) { all.push(all.length * 31 % 7); if (all.length > 10000) { all = []; } }
        }
    });
};
";

fn bootstrap(upstream: &Upstream, connections: u32) -> Result<String, Fault> {
    let mut whole = json!({ "connection": [], "application": [], "flow": [] });
    let algorithms = [Algorithm::Es256, Algorithm::Rs256];
    let mut entries = Vec::new();
    for algorithm in algorithms {
        for (kind, jit) in [("jit", true), ("pass", false)] {
            entries.push(connection(&format!("{kind}-{}", algorithm.short()), upstream, algorithm, jit));
        }
    }
    for number in entries.len()..usize::try_from(connections).unwrap_or_default() {
        entries.push(connection(&format!("other-{number:05}"), upstream, Algorithm::Es256, true));
    }
    set(&mut whole, "connection", entries);
    let mut applications = Vec::new();
    let mut flows = Vec::new();
    for algorithm in algorithms {
        for kind in ["plain", "script", "totp", "hostile"] {
            let id = format!("{kind}-{}", algorithm.short());
            flows.extend(flow(kind, &id));
            applications.push(json!({ "id": id, "name": format!("Load {id}"), "kind": "web", "secret": SECRET,
                "redirect_uris": ["https://load.test/cb"], "id_token_alg": algorithm.name() }));
        }
    }
    set(&mut whole, "application", applications);
    set(&mut whole, "flow", flows);
    toml::to_string(&whole).map_err(|fault| Fault::told(format!("the bootstrap file: {fault}")))
}

fn set(whole: &mut Value, key: &str, entries: Vec<Value>) {
    if let Some(whole) = whole.as_object_mut() {
        whole.insert(key.to_owned(), Value::Array(entries));
    }
}

fn connection(id: &str, upstream: &Upstream, algorithm: Algorithm, jit: bool) -> Value {
    json!({ "id": id, "name": format!("Provider {id}"), "kind": "oidc", "issuer": upstream.issuer(algorithm),
        "client_id": upstream::CLIENT_ID, "client_secret": upstream::CLIENT_SECRET, "jit": jit,
        "id_token_algs": [algorithm.name()],
        "mapping": { "email": "email", "given_name": "given_name", "family_name": "family_name", "name": "name" } })
}

fn flow(kind: &str, application: &str) -> Option<Value> {
    let local = |authenticator: &str| json!({ "kind": "local", "authenticator": authenticator });
    let first = json!({ "options": [local("password"), { "kind": "every_connection" }] });
    let second = json!({ "options": [local("totp")] });
    match kind {
        "script" => Some(json!({ "application": application, "steps": [first, second], "script": SEED })),
        "totp" => Some(json!({ "application": application, "steps": [first, second] })),
        "hostile" => Some(json!({ "application": application, "steps": [first], "script": BURNER })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_the_last_word_of_the_store() {
        let log = "x INFO usher: request status=200\n\
            x INFO usher: store closed statements=120 commits=7 in_progress_statements=33 in_progress_commits=9\n";
        let counts = counts(log).unwrap();
        assert_eq!(counts, Counts { statements: 120, commits: 7, in_progress_statements: 33 });
        assert!(super::counts("nothing").is_err());
    }
}
