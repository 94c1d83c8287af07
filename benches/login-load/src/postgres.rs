//! A PostgreSQL of the run's own, with the settings that Debian ships: durable, as in earnest. It belongs to a small shell
//! that waits on a pipe from us; when this process ends, however it ends, the shell stops it and removes its folder.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::fault::Fault;
use crate::ports;

/// Starts a cluster, says "ready", and waits for the end of its input.
const CLUSTER: &str = r#"
set -eu
bin=$1 port=$2
umask 077
dir=$(mktemp -d "${TMPDIR:-/tmp}/usher-bench.XXXXXX" 2>/dev/null || mktemp -d /tmp/usher-bench.XXXXXX)
trap '"$bin/pg_ctl" -D "$dir/data" -m immediate -s stop >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
trap '' INT TERM HUP
"$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >"$dir/initdb.log" 2>&1 \
    || { cat "$dir/initdb.log" >&2; exit 1; }
"$bin/pg_ctl" -D "$dir/data" -w -s -l "$dir/log" \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=''" start >/dev/null 2>&1 \
    || { cat "$dir/log" >&2; exit 1; }
echo ready
cat >/dev/null
"#;

/// The running cluster.
pub struct Cluster {
    port: u16,
    /// Holds the pipe whose end stops the cluster.
    keeper: Child,
}

impl Cluster {
    /// Starts one on a free port.
    pub fn start() -> Result<Self, Fault> {
        let port = ports::free()?;
        let as_root = Command::new("id").arg("-u").output()?.stdout.starts_with(b"0\n");
        let mut shell = if as_root { Command::new("runuser") } else { Command::new("sh") };
        if as_root {
            // PostgreSQL refuses to run as root; Debian's package brings this user.
            shell.args(["-u", "postgres", "--", "sh"]);
        }
        shell.arg("-c").arg(CLUSTER).arg("sh").arg(binaries()?).arg(port.to_string()).current_dir("/");
        let mut keeper = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(output) = keeper.stdout.take() {
            std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line)?;
        }
        if line.trim() == "ready" { Ok(Self { port, keeper }) } else { Err(Fault::told("PostgreSQL did not start")) }
    }

    /// Makes an empty database.
    pub async fn database(&self, name: &str) -> Result<String, Fault> {
        let url = |name: &str| format!("postgres://postgres@127.0.0.1:{}/{name}", self.port);
        let mut link = PgConnection::connect(&url("postgres")).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut link).await?;
        Ok(url(name))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The end of its input tells the keeper to clear up; nobody waits longer than that takes.
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
    }
}

/// The newest PostgreSQL installed.
fn binaries() -> Result<PathBuf, Fault> {
    let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let numbered = folders.filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())));
    let newest = numbered.map(|(number, path)| (number, path.join("bin"))).filter(|(_, bin)| has_initdb(bin)).max();
    newest.map(|(_, bin)| bin).ok_or_else(|| Fault::told("no PostgreSQL found: `make setup` installs it"))
}

fn has_initdb(bin: &Path) -> bool {
    bin.join("initdb").exists()
}
