//! What tests of storage, and tests above it, share: a database per test on either side, a clock that stands
//! still, and randomness that counts.
//!
//! PostgreSQL is the server named by `USHER_TEST_POSTGRES` (an administrator's URL), or else a private cluster
//! started from Debian's binaries: one per process, on a free loopback port, in a temporary folder, stopped when
//! the process ends however it ends. Nothing is skipped when neither works: the test fails.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Duration, TimeZone, Utc};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use usher_domain::{Clock, Entropy};

use crate::{MasterKey, StoreOptions};

/// Names the server to test on.
pub const POSTGRES_VARIABLE: &str = "USHER_TEST_POSTGRES";

/// Starts a cluster, says "ready", and waits for the end of its input, which comes when this process ends. The
/// files are not synced: the durability of PostgreSQL is not what is tested.
const CLUSTER: &str = r#"
set -eu
bin=$1 port=$2
umask 077
dir=$(mktemp -d "${TMPDIR:-/tmp}/usher-postgres.XXXXXX" 2>/dev/null || mktemp -d /tmp/usher-postgres.XXXXXX)
trap '"$bin/pg_ctl" -D "$dir/data" -m immediate -s stop >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
trap '' INT
"$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1 \
    || { cat "$dir/initdb.log" >&2; exit 1; }
"$bin/pg_ctl" -D "$dir/data" -w -s -l "$dir/log" \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c max_connections=300" \
    start >/dev/null 2>&1 || { cat "$dir/log" >&2; exit 1; }
echo ready
cat >/dev/null
"#;

/// A database of one test, gone with it.
pub struct TestDatabase {
    url: String,
    cleanup: Cleanup,
}

enum Cleanup {
    /// Removes its files when dropped.
    Folder {
        _held: tempfile::TempDir,
    },
    Postgres {
        admin: String,
        name: String,
    },
}

impl TestDatabase {
    /// An empty SQLite database in a folder of its own.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| fail(&format!("no temporary folder: {error}")));
        let url = format!("sqlite:{}", folder.path().join("usher.db").display());
        Self { url, cleanup: Cleanup::Folder { _held: folder } }
    }

    /// An empty PostgreSQL database.
    pub async fn postgres() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let admin = postgres_url().await;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("usher_test_{}_{number}", std::process::id());
        command(&admin, format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await;
        let url = on_database(&admin, &name);
        Self { url, cleanup: Cleanup::Postgres { admin, name } }
    }

    /// The URL to open it by.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Options to open it with: a fixed master key and few connections.
    pub fn options(&self) -> StoreOptions {
        let mut options = StoreOptions::new(&self.url, MasterKey::from_bytes([7; 32]));
        options.connections = 6;
        options.readers = 2;
        // Two cores shared by many tests at once: no test is about these limits unless it sets them.
        options.acquire_timeout = std::time::Duration::from_mins(1);
        options.statement_timeout = std::time::Duration::from_mins(1);
        options
    }

    /// The file of a SQLite database.
    pub fn path(&self) -> Option<PathBuf> {
        self.url.strip_prefix("sqlite:").map(PathBuf::from)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Cleanup::Postgres { admin, name } = &self.cleanup else { return };
        let (admin, drop) = (admin.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        // A runtime of its own, since dropping may happen inside or outside of one.
        let thread = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map(|rt| rt.block_on(command(&admin, drop)))
        });
        let _ = thread.join();
    }
}

/// The administrator's URL of the PostgreSQL to test on; starts the private cluster at first use.
pub async fn postgres_url() -> String {
    static PRIVATE: LazyLock<PrivateCluster> = LazyLock::new(PrivateCluster::start);
    if let Ok(url) = std::env::var(POSTGRES_VARIABLE) {
        return url;
    }
    let url = tokio::task::spawn_blocking(|| PRIVATE.url.clone()).await;
    url.unwrap_or_else(|_| fail("the private PostgreSQL cluster did not start"))
}

/// A cluster that lives as long as this process.
struct PrivateCluster {
    url: String,
    /// Holds the pipe whose end stops the cluster. Never dropped, so it closes with the process.
    _keeper: Child,
}

impl PrivateCluster {
    fn start() -> Self {
        let bin = binaries();
        for _ in 0..5 {
            let port = free_port();
            if let Some(keeper) = keep(&bin, port) {
                return Self { url: format!("postgres://postgres@127.0.0.1:{port}/postgres"), _keeper: keeper };
            }
        }
        fail(&format!("a private PostgreSQL cluster did not start; set {POSTGRES_VARIABLE} to use another server"))
    }
}

fn keep(bin: &std::path::Path, port: u16) -> Option<Child> {
    let mut shell = if is_root() {
        // PostgreSQL refuses to run as root; Debian's package brings this user.
        let mut shell = Command::new("runuser");
        shell.args(["-u", "postgres", "--", "sh", "-c"]);
        shell
    } else {
        let mut shell = Command::new("sh");
        shell.arg("-c");
        shell
    };
    shell.arg(CLUSTER).arg("sh").arg(bin).arg(port.to_string()).current_dir("/");
    let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take()?).read_line(&mut line).ok()?;
    if line.trim() == "ready" { Some(child) } else { None }
}

/// The newest PostgreSQL installed.
fn binaries() -> PathBuf {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    found.sort();
    let missing = || fail(&format!("no PostgreSQL found: install it, or set {POSTGRES_VARIABLE}"));
    found.pop().map_or_else(missing, |(_, bin)| bin)
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0"))
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    listener.map_or_else(|error| fail(&format!("no free port: {error}")), |address| address.port())
}

async fn command(admin: &str, sql: String) {
    let outcome = async {
        let mut link = PgConnection::connect(admin).await?;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut link).await?;
        link.close().await
    };
    let outcome: Result<(), sqlx::Error> = outcome.await;
    outcome.unwrap_or_else(|error| fail(&format!("the PostgreSQL to test on refused: {error}")));
}

fn on_database(admin: &str, name: &str) -> String {
    let (server, query) = admin.split_once('?').map_or((admin, None), |(server, query)| (server, Some(query)));
    let server = server.rsplit_once('/').map_or(server, |(server, _)| server);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{server}/{name}{query}")
}

#[expect(clippy::panic, reason = "a test without its database must fail loudly, never be skipped")]
fn fail(why: &str) -> ! {
    panic!("{why}")
}

/// A clock that moves only when told to.
#[derive(Debug, Clone)]
pub struct FixedClock(Arc<AtomicI64>);

impl Default for FixedClock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(1_800_000_000_000)))
    }
}

impl FixedClock {
    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        Utc.timestamp_millis_opt(self.0.load(Ordering::SeqCst)).single().unwrap_or_default()
    }
}

/// Bytes that never repeat within a process and never surprise.
#[derive(Debug, Clone, Default)]
pub struct CountingEntropy(Arc<AtomicU64>);

impl Entropy for CountingEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        let hash = crate::hash(&number.to_le_bytes());
        for (to, from) in bytes.iter_mut().zip(hash.iter().cycle()) {
            *to = *from;
        }
    }
}
