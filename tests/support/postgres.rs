//! A private PostgreSQL cluster for this run, with a database per test.
//!
//! The cluster belongs to a small shell that waits on a pipe from us: when this process ends,
//! however it ends, the pipe closes, the shell stops the cluster and removes its folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::OnceCell;

use super::ports;

static CLUSTER: OnceCell<u16> = OnceCell::const_new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// Makes a new database and returns its URL.
pub async fn database() -> String {
    let port = *CLUSTER.get_or_init(|| async { tokio::task::spawn_blocking(start).await.expect("starts") }).await;
    let name = format!("usher_{}", DATABASES.fetch_add(1, Ordering::SeqCst));
    let made = tokio::process::Command::new(tool("createdb"))
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "usher", &name])
        .output()
        .await
        .expect("createdb runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    format!("postgres://usher@127.0.0.1:{port}/{name}")
}

/// Initialises and starts the cluster; `fsync` is off because nobody will miss it.
fn start() -> u16 {
    let port = ports::free();
    let folder = tempfile::Builder::new().prefix("usher-tests-pg-").tempdir().expect("a folder").keep();
    let as_root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.starts_with(b"0\n"));
    let become_postgres = if as_root { "runuser -u postgres -- " } else { "" };
    if as_root {
        run(Command::new("chown").arg("postgres").arg(&folder));
    }
    let (initdb, pg_ctl, data) = (tool("initdb"), tool("pg_ctl"), folder.join("data"));
    let (initdb, pg_ctl, data) = (initdb.display(), pg_ctl.display(), data.display());
    let log = folder.join("log");
    let script = format!(
        "set -e; cd /; {become_postgres}{initdb} -D {data} -U usher -A trust -E UTF8 --locale=C --no-sync >/dev/null
         {become_postgres}{pg_ctl} -D {data} -l {} -w -o '-p {port} -c listen_addresses=127.0.0.1 -k {} -c fsync=off \
           -c full_page_writes=off -c max_connections=200' start >/dev/null
         echo ready; exec >&- 2>&-; cat >/dev/null || true
         {become_postgres}{pg_ctl} -D {data} -m immediate stop; rm -rf {}",
        log.display(),
        folder.display(),
        folder.display(),
    );
    let mut shell = Command::new("setsid")
        .args(["sh", "-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh runs");
    let mut line = String::new();
    let output = shell.stdout.take().expect("piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).expect("readable");
    assert_eq!(line, "ready\n", "PostgreSQL did not start: {}", std::fs::read_to_string(&log).unwrap_or_default());
    // The pipe must stay open for the life of this process.
    std::mem::forget(shell);
    port
}

fn run(command: &mut Command) {
    assert!(command.status().expect("runs").success(), "{command:?} failed");
}

/// The newest installed tool of that name: Debian keeps them off the path.
fn tool(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|v| v.path().join("bin").join(name)).filter(|p| p.exists()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| Path::new(name).to_owned())
}
