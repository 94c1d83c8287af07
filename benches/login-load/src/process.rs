//! A broker as a process: started, watched until ready, weighed from outside (`/proc`), and stopped. What its children use
//! counts as its own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use url::Url;

use crate::fault::Fault;

/// Longest a broker may take to become ready.
const READY_WITHIN: Duration = Duration::from_mins(2);
/// Longest it may take to stop when asked.
const STOPPED_WITHIN: Duration = Duration::from_secs(20);

/// A running broker.
pub struct Process {
    child: Child,
    id: u32,
    log: PathBuf,
    /// From the start to the first answer of its readiness.
    pub ready_after: Duration,
}

/// How much a process used so far, or holds now.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weight {
    /// CPU time, in milliseconds.
    pub cpu_ms: f64,
    /// Resident memory, in MiB.
    pub resident_mb: f64,
}

impl Process {
    /// Starts a program, its output in `log`, and waits until `ready` answers 200.
    pub async fn start(mut command: Command, log: &Path, ready: &str) -> Result<Self, Fault> {
        let output = std::fs::File::create(log).map_err(|source| Fault::File { path: log.to_owned(), source })?;
        let errors = output.try_clone()?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors).kill_on_drop(true);
        let began = Instant::now();
        let mut child = command.spawn()?;
        let id = child.id().ok_or_else(|| Fault::told("the broker ended at once"))?;
        let ready = Url::parse(ready)?;
        while !is_ready(&ready).await {
            let ended = child.try_wait()?.is_some();
            if ended || began.elapsed() > READY_WITHIN {
                return Err(Fault::told(format!("the broker did not become ready:\n{}", tail(log))));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(Self { child, id, log: log.to_owned(), ready_after: began.elapsed() })
    }

    /// What it and its children used and hold.
    pub fn weight(&self) -> Weight {
        let mut weight = Weight::default();
        for id in family(self.id) {
            weight.cpu_ms += cpu_ms(id);
            weight.resident_mb += resident_mb(id);
        }
        weight
    }

    /// The end of what it wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Asks it to stop, waits, and gives what it wrote.
    pub async fn stop(mut self) -> Result<String, Fault> {
        let told = Command::new("kill").args(["-TERM", &self.id.to_string()]).status().await?;
        if !told.success() {
            return Err(Fault::told("the broker could not be asked to stop"));
        }
        if tokio::time::timeout(STOPPED_WITHIN, self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(self.log())
    }
}

/// A bare exchange: a client library would wait longer between two tries than some brokers take to start.
async fn is_ready(url: &Url) -> bool {
    let port = url.port_or_known_default().unwrap_or(80);
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else { return false };
    let path = url.path();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n");
    if stream.write_all(request.as_bytes()).await.is_err() {
        return false;
    }
    let mut answer = [0_u8; 12];
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_exact(&mut answer)).await;
    read.is_ok_and(|read| read.is_ok()) && answer.ends_with(b" 200")
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
}

/// A process and everything below it.
fn family(id: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(own) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(parent) = stat(own).and_then(|stat| stat.get(1)?.parse().ok()) {
            children.entry(parent).or_default().push(own);
        }
    }
    let mut all = vec![id];
    let mut at = 0;
    while let Some(parent) = all.get(at).copied() {
        all.extend(children.remove(&parent).unwrap_or_default());
        at += 1;
    }
    all
}

/// The fields of `/proc/ID/stat` after the name, which may hold anything.
fn stat(id: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

/// User and system time; Linux counts them in hundredths of a second for every program.
fn cpu_ms(id: u32) -> f64 {
    let Some(stat) = stat(id) else { return 0.0 };
    let ticks = |at: usize| stat.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) * 10.0
}

fn resident_mb(id: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}
