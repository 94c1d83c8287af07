//! One `usher serve` as a child process: its folder, its start, its readiness, its end. Only processes started here
//! are ever stopped here. The server belongs to a small shell that waits on a pipe from us: however the demo ends, the
//! pipe closes and the shell stops the server.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;
use url::Url;

use crate::parties::Parties;

/// How long a server may take to finish what it is doing when asked to stop.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// Runs its arguments until its input ends. It closes its own output, so that ours ends with the server's.
const UNTIL_INPUT_ENDS: &str =
    r#""$@" & server=$!; exec >&-; cat >/dev/null; kill -TERM "$server" 2>/dev/null; wait "$server""#;

/// Why an instance is not there.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
    #[error("there is no program {}: run `make demo`, or name it with --usher", .0.display())]
    NoProgram(PathBuf),
    #[error("{name} was not ready within {seconds} seconds; its log is {}", .log.display())]
    NotReady { name: &'static str, seconds: u64, log: PathBuf },
    #[error("{name} ended; its log is {}:\n{tail}", .log.display())]
    Ended { name: &'static str, log: PathBuf, tail: String },
}

/// What an instance needs to start.
pub struct Setup<'a> {
    name: &'static str,
    program: &'a Path,
    folder: PathBuf,
    public_url: &'a str,
    bootstrap: String,
    allow_private: Option<String>,
}

impl<'a> Setup<'a> {
    /// The broker. The external provider is on this machine, which outgoing requests refuse unless told.
    pub fn usher(program: &'a Path, folder: &Path, parties: &'a Parties) -> Self {
        Self {
            name: "usher",
            program,
            folder: folder.join("usher"),
            public_url: &parties.usher,
            bootstrap: parties.usher_bootstrap(),
            allow_private: Url::parse(&parties.acme).ok().map(|url| format!("127.0.0.1:{}", port_of(&url))),
        }
    }

    /// The external provider.
    pub fn acme(program: &'a Path, folder: &Path, parties: &'a Parties) -> Self {
        Self {
            name: "acme",
            program,
            folder: folder.join("acme"),
            public_url: &parties.acme,
            bootstrap: parties.acme_bootstrap(),
            allow_private: None,
        }
    }
}

/// A running `usher serve`.
pub struct Instance {
    name: &'static str,
    child: Child,
    /// Open as long as the server shall run.
    lifeline: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    log: PathBuf,
}

impl Instance {
    /// Writes the bootstrap file and starts the server; it is not ready yet.
    pub fn start(setup: &Setup<'_>) -> Result<Self, InstanceError> {
        let io = |what: &Path| {
            let what = what.display().to_string();
            move |source| InstanceError::Io { what, source }
        };
        let bootstrap = setup.folder.join("bootstrap.toml");
        std::fs::write(&bootstrap, &setup.bootstrap).map_err(io(&bootstrap))?;
        let log = setup.folder.join("log.txt");
        let log_file = std::fs::File::create(&log).map_err(io(&log))?;

        let mut command = Command::new("sh");
        // What the person's shell says about another Usher must not reach this one.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("USHER_") && name != "USHER_LOG" {
                command.env_remove(name);
            }
        }
        command
            .args(["-c", UNTIL_INPUT_ENDS, "sh"])
            .arg(setup.program)
            .arg("serve")
            .args(["--public-url", setup.public_url])
            .args(["--listen", &listen_address(setup.public_url)])
            .arg("--database")
            .arg(format!("sqlite:{}", setup.folder.join("usher.db").display()))
            .arg("--key-file")
            .arg(setup.folder.join("master.key"))
            .arg("--bootstrap")
            .arg(&bootstrap);
        if let Some(allowed) = &setup.allow_private {
            command.args(["--allow-private", allowed]);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log_file)
            // A group of its own: Ctrl-C reaches the demo alone, which then stops its servers in order.
            .process_group(0)
            .spawn()
            .map_err(io(setup.program))?;
        let stdout = child.stdout.take().ok_or_else(|| InstanceError::NoProgram(setup.program.to_owned()))?;
        let lifeline = child.stdin.take();
        Ok(Self { name: setup.name, child, lifeline, output: BufReader::new(stdout).lines(), log })
    }

    /// Waits for the line that says it listens.
    pub async fn ready_within(&mut self, limit: Duration) -> Result<(), InstanceError> {
        let listening = async {
            while let Ok(Some(line)) = self.output.next_line().await {
                if line.starts_with("listening on ") {
                    return true;
                }
            }
            false
        };
        match timeout(limit, listening).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.ended().await),
            Err(_) => Err(InstanceError::NotReady { name: self.name, seconds: limit.as_secs(), log: self.log.clone() }),
        }
    }

    /// Waits until the server ends by itself and says why, as far as its log knows. Keeps reading its output, so that
    /// the pipe never fills.
    pub async fn ended(&mut self) -> InstanceError {
        while let Ok(Some(_)) = self.output.next_line().await {}
        self.stop().await;
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines.iter().rev().take(8).rev().copied().collect::<Vec<_>>().join("\n");
        InstanceError::Ended { name: self.name, log: self.log.clone(), tail }
    }

    /// Asks the server to stop, waits for it, and insists if it does not.
    pub async fn stop(&mut self) {
        drop(self.lifeline.take());
        if timeout(STOP_WITHIN, self.child.wait()).await.is_err()
            && let Some(group) = self.child.id()
        {
            // The shell's own `kill`, on the group that shell and server form: no further package, no unsafe code.
            let _ = Command::new("sh").args(["-c", &format!("kill -KILL -- -{group}")]).status().await;
        }
    }
}

/// The `usher` that was built together with this program.
pub fn program_beside_this_one() -> Result<PathBuf, InstanceError> {
    let this = std::env::current_exe()
        .map_err(|source| InstanceError::Io { what: "this program's own path".to_owned(), source })?;
    let program = this.with_file_name("usher");
    if program.is_file() { Ok(program) } else { Err(InstanceError::NoProgram(program)) }
}

fn listen_address(public_url: &str) -> String {
    let port = Url::parse(public_url).ok().map_or(0, |url| port_of(&url));
    format!("127.0.0.1:{port}")
}

fn port_of(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use std::time::Duration;

    use super::{Instance, InstanceError, Setup};

    /// A server that says what `lines` print, and an instance of it.
    fn pretend(folder: &tempfile::TempDir, lines: &str) -> Instance {
        let program: PathBuf = folder.path().join("server");
        std::fs::write(&program, format!("#!/bin/sh\n{lines}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Instance::start(&Setup {
            name: "usher",
            program: &program,
            folder: folder.path().to_owned(),
            public_url: "http://localhost:1",
            bootstrap: String::new(),
            allow_private: None,
        })
        .unwrap()
    }

    #[tokio::test]
    async fn a_server_that_listens_is_ready_and_stops_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let stopped = folder.path().join("stopped");
        let lines =
            format!("trap 'touch {}; exit' TERM\necho listening on x\nwhile :; do sleep 0.05; done", stopped.display());
        let mut server = pretend(&folder, &lines);
        server.ready_within(Duration::from_secs(10)).await.unwrap();
        server.stop().await;
        assert!(stopped.exists(), "the server was not asked");
    }

    #[tokio::test]
    async fn a_server_that_ends_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let mut server = pretend(&folder, "echo the port is taken >&2; exit 1");
        let fault = server.ready_within(Duration::from_secs(10)).await.unwrap_err();
        assert!(matches!(&fault, InstanceError::Ended { tail, .. } if tail == "the port is taken"), "{fault}");
    }
}
