//! A peer as a child process that speaks in lines and ends with the test.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// The folder of this module: scripts and npm packages.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("interop")
}

/// A running Node script.
pub struct Peer {
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Peer {
    /// Starts a script of this folder.
    pub fn node(script: &str, arguments: &[&str]) -> Self {
        let packages = folder().join("node_modules");
        assert!(packages.exists(), "the npm packages are missing: run scripts/install-peers.sh");
        let mut command = Command::new("node");
        command.arg(folder().join(script)).args(arguments).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("node runs");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { input: child.stdin.take().expect("piped"), lines, _child: child }
    }

    /// The next line it prints.
    pub async fn line(&mut self) -> String {
        let line = timeout(Duration::from_mins(1), self.lines.next_line()).await;
        line.expect("in time").expect("readable").expect("the peer ended without an answer")
    }

    /// Sends it a line.
    pub async fn tell(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.expect("writable");
    }
}
