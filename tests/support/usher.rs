//! The real server: `usher serve` as a child process with a database, a key and a clock of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use super::application::{Application, AuthorizationRequest, Tokens};
use super::browser::{Browser, Landing};
use super::clock::Clock;
use super::database::Database;
use super::http as wire;

/// How an Usher is started.
#[derive(Debug, Clone)]
pub struct Settings {
    pub public_url: String,
    pub allow_private: Vec<String>,
    pub bootstrap: Option<PathBuf>,
    pub database: Database,
    pub folder: PathBuf,
    pub extra: Vec<String>,
    /// The filter of its log.
    pub log: &'static str,
}

/// One server process.
pub struct Node {
    pub address: SocketAddr,
    child: Option<Child>,
    log: PathBuf,
    printed: watch::Receiver<String>,
}

/// A running Usher of one or more nodes.
pub struct Usher {
    /// The public URL, which is the issuer.
    pub base: String,
    pub clock: Clock,
    pub database: Database,
    pub nodes: Vec<Node>,
    settings: Settings,
    providers: Vec<(String, SocketAddr, Clock)>,
    _folder: tempfile::TempDir,
}

/// A finished sign-in.
pub struct SignedIn {
    pub tokens: Tokens,
}

/// The binary under test: beside the folder that this test binary runs from.
pub fn binary() -> PathBuf {
    let me = std::env::current_exe().expect("a path");
    let target = me.parent().and_then(Path::parent).expect("target/<profile>/deps");
    let found = target.join("usher");
    assert!(found.exists(), "{} is not built; `make test` builds it first", found.display());
    found
}

impl Node {
    /// Starts a process on `port` and waits until it listens.
    async fn start(settings: &Settings, port: u16, name: &str) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let log = settings.folder.join(format!("{name}.log"));
        let stderr = std::fs::File::create(&log).expect("a log file");
        let mut command = settings.command(address);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).spawn().expect("spawns");
        let printed = keep_output(child.stdout.take().expect("piped"));
        let mut node = Self { address, child: Some(child), log, printed };
        let listening = node.printed.wait_for(|text| text.contains("listening on "));
        let ready = tokio::time::timeout(Duration::from_mins(1), listening).await.is_ok_and(|r| r.is_ok());
        assert!(ready, "usher did not start:\n{}{}", node.stdout(), node.log());
        node
    }

    /// What it printed so far.
    pub fn stdout(&self) -> String {
        self.printed.borrow().clone()
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Asks it to stop, as an init system does, and waits for the exit code.
    pub async fn stop(&mut self) -> Option<i32> {
        let mut child = self.child.take().expect("running");
        self.signal("TERM", &child).await;
        let ended = tokio::time::timeout(Duration::from_secs(20), child.wait()).await;
        ended.expect("stops in time").expect("a status").code()
    }

    /// Ends it without warning.
    pub async fn kill(&mut self) {
        let mut child = self.child.take().expect("running");
        child.kill().await.expect("is killed");
    }

    async fn signal(&self, name: &str, child: &Child) {
        let id = child.id().expect("running").to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status().await.expect("kill runs");
        assert!(sent.success(), "could not send SIG{name}");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let log = self.log();
        let failing = std::thread::panicking();
        if failing {
            let tail: Vec<&str> = log.lines().rev().take(40).collect();
            let tail: Vec<&str> = tail.into_iter().rev().collect();
            eprintln!("--- last lines of {} ---\n{}", self.log.display(), tail.join("\n"));
        }
        assert!(failing || !log.contains("panicked at"), "the server panicked:\n{log}");
    }
}

/// Collects a child's output without ever letting the pipe fill.
fn keep_output(output: tokio::process::ChildStdout) -> watch::Receiver<String> {
    let (sender, receiver) = watch::channel(String::new());
    tokio::spawn(async move {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            sender.send_modify(|text| {
                text.push_str(&line);
                text.push('\n');
            });
        }
    });
    receiver
}

impl Settings {
    /// The arguments of any subcommand that opens the database.
    pub fn storage_arguments(&self) -> Vec<String> {
        let key = self.folder.join("master.key").display().to_string();
        vec!["--database".into(), self.database.url.clone(), "--key-file".into(), key]
    }

    /// Starts a process that ends by itself, and gives what it said.
    pub(super) async fn does_not_start(&self, port: u16) -> String {
        let mut command = self.command(SocketAddr::from(([127, 0, 0, 1], port)));
        let ended = tokio::time::timeout(Duration::from_mins(1), command.stdin(Stdio::null()).output()).await;
        let ended = ended.expect("ends by itself").expect("runs");
        assert!(!ended.status.success(), "it started, and stopped as if nothing were wrong");
        String::from_utf8_lossy(&ended.stderr).into_owned()
    }

    /// `usher serve` with these settings, and with nothing out of the tests' own environment.
    fn command(&self, address: SocketAddr) -> Command {
        let mut command = Command::new(binary());
        for variable in std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("USHER_")) {
            command.env_remove(variable);
        }
        command.arg("serve").args(self.arguments()).args(["--listen", &address.to_string()]);
        command.env("USHER_TEST_CLOCK_FILE", self.folder.join("clock")).env("NO_COLOR", "1").env("USHER_LOG", self.log);
        command.current_dir(&self.folder).kill_on_drop(true);
        command
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = self.storage_arguments();
        arguments.extend(["--public-url".into(), self.public_url.clone()]);
        if let Some(file) = &self.bootstrap {
            arguments.extend(["--bootstrap".into(), file.display().to_string()]);
        }
        if !self.allow_private.is_empty() {
            arguments.extend(["--allow-private".into(), self.allow_private.join(",")]);
        }
        if self.database.url.starts_with("postgres") {
            arguments.push("--migrate".into());
        }
        arguments.extend(self.extra.iter().cloned());
        arguments
    }
}

impl Usher {
    pub(super) async fn start(
        settings: Settings,
        port: u16,
        folder: tempfile::TempDir,
        providers: Vec<(String, SocketAddr, Clock)>,
    ) -> Self {
        let clock = Clock::shared_through(settings.folder.join("clock"));
        let node = Node::start(&settings, port, "usher-0").await;
        let (base, database) = (settings.public_url.clone(), settings.database.clone());
        Self { base, clock, database, nodes: vec![node], settings, providers, _folder: folder }
    }

    /// Starts one more process on the same database, behind the same public URL.
    pub async fn add_node(&mut self) {
        let name = format!("usher-{}", self.nodes.len());
        self.nodes.push(Node::start(&self.settings, super::ports::free(), &name).await);
    }

    /// Starts the first node again, on its old port.
    pub async fn restart(&mut self) {
        let port = self.nodes[0].address.port();
        self.nodes[0] = Node::start(&self.settings, port, &format!("usher-again-{port}")).await;
    }

    /// Changes a configuration row, raises its version, and starts the first node again.
    pub async fn reconfigure(&mut self, sql: &str) {
        self.nodes[0].stop().await;
        self.database.execute(sql).await;
        self.database.execute("UPDATE config_version SET version = version + 1").await;
        self.restart().await;
    }

    /// Runs another subcommand of the binary on the same database; returns exit code, stdout, stderr.
    pub async fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        self.run_on(&self.database.url, arguments).await
    }

    /// The same on another database, with the same key.
    pub async fn run_on(&self, database: &str, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(binary());
        let mut settings = self.settings.clone();
        database.clone_into(&mut settings.database.url);
        command.args(arguments).args(settings.storage_arguments()).current_dir(&settings.folder);
        command.env("USHER_TEST_CLOCK_FILE", self.settings.folder.join("clock"));
        command.stdin(Stdio::null()).kill_on_drop(true);
        let done = tokio::time::timeout(Duration::from_mins(1), command.output()).await;
        let done = done.expect("ends by itself").expect("runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (done.status.code().unwrap_or(-1), text(&done.stdout), text(&done.stderr))
    }

    /// Its folder: database, key file, log.
    pub fn folder(&self) -> &Path {
        &self.settings.folder
    }

    /// Whether a text stands in any file of its folder but the bootstrap file: database, log, key.
    pub fn files_hold(&self, text: &str) -> bool {
        let files = std::fs::read_dir(self.folder()).expect("a folder").flatten().map(|file| file.path());
        let mut written = files.filter(|file| file.is_file() && file.extension().is_none_or(|kind| kind != "toml"));
        written.any(|file| {
            let bytes = std::fs::read(file).expect("readable");
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }

    /// The address of a path at the public URL.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The address of a path at one node, past any proxy.
    pub fn at(&self, node: usize, path: &str) -> String {
        format!("http://{}{path}", self.nodes[node].address)
    }

    /// Moves time forward for Usher and for every scripted provider.
    pub fn advance(&self, seconds: i64) {
        self.clock.advance(seconds);
        for (_, _, clock) in &self.providers {
            clock.advance(seconds);
        }
    }

    /// A new browser that reaches Usher (node 0) and its providers.
    pub fn browser(&self) -> Browser {
        self.browser_at(0)
    }

    /// A new browser that reaches a node of the test's choice.
    pub fn browser_at(&self, node: usize) -> Browser {
        let mut browser = Browser::new();
        browser.reaches(&self.base, self.nodes[node].address);
        for (origin, address, _) in &self.providers {
            browser.reaches(origin, *address);
        }
        browser
    }

    /// Sends a person to Usher for an application and through a connection, up to the application or a page.
    pub async fn arrive(
        &self,
        browser: &mut Browser,
        app: &Application,
        connection: &str,
    ) -> (AuthorizationRequest, Landing) {
        let request = app.request(self);
        let landing = match browser.open(request.url()).await {
            Landing::Page(page) if page.error_code().is_none() => {
                browser.click(&page, &format!("/go/{connection}")).await
            }
            landing => landing,
        };
        (request, landing)
    }

    /// A complete sign-in through a connection, tokens checked.
    pub async fn sign_in(&self, browser: &mut Browser, app: &Application, connection: &str) -> SignedIn {
        let (request, landing) = self.arrive(browser, app, connection).await;
        self.finish(app, request, landing).await
    }

    /// A complete sign-in with user name and password, tokens checked.
    pub async fn sign_in_locally(&self, browser: &mut Browser, app: &Application, who: (&str, &str)) -> SignedIn {
        let request = app.request(self);
        let page = browser.open(request.url()).await.page();
        let form = page.form_with("password").set("username", who.0).set("password", who.1);
        let landing = browser.submit(form).await;
        self.finish(app, request, landing).await
    }

    /// Redeems what a walk brought back.
    pub async fn finish(&self, app: &Application, request: AuthorizationRequest, landing: Landing) -> SignedIn {
        let code = request.code(landing);
        let tokens = app.redeem(self, &request, &code).await;
        SignedIn { tokens }
    }

    /// Walks to the provider and stops just before its answer reaches Usher: the callback's address.
    pub async fn callback(
        &self,
        browser: &mut Browser,
        app: &Application,
        connection: &str,
    ) -> (AuthorizationRequest, url::Url) {
        let request = app.request(self);
        let stop = "/callback/oidc/";
        let url = match browser.open_until_page_or(request.url(), stop).await {
            Landing::Page(page) => browser.click_until(&page, &format!("/go/{connection}"), stop).await,
            Landing::Left(url) => url,
        };
        assert!(url.as_str().contains(stop), "stopped at {url}");
        (request, url)
    }

    /// Whether the process answers.
    pub async fn is_alive(&self) -> bool {
        wire::get(&self.at(0, "/health/live")).await.status == 200
    }

    /// The one-time link that the first start printed.
    pub fn setup_link(&self) -> Option<String> {
        let text = self.nodes[0].stdout();
        let start = text.find(&self.url("/setup/"))?;
        Some(text[start..].split_whitespace().next().unwrap_or_default().to_owned())
    }
}
