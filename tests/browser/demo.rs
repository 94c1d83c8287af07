//! The demo as `make demo` starts it: Usher, the provider Acme, a shop, two people.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::usher;

/// A running demo.
pub struct Demo {
    child: Child,
    told: Value,
    _folder: tempfile::TempDir,
}

impl Demo {
    /// Starts it on free ports.
    pub async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("usher-tests-demo-").tempdir().expect("a folder");
        let mut command = Command::new(usher::binary().with_file_name("usher-demo"));
        command
            .args(["--print-json", "--free-ports", "--folder"])
            .arg(folder.path())
            .arg("--usher")
            .arg(usher::binary());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
        let mut child = command.spawn().expect("usher-demo is built");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let line = tokio::time::timeout(Duration::from_mins(1), lines.next_line()).await.expect("in time");
        let line = line.expect("readable").expect("the demo says where it is");
        let told = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, told, _folder: folder }
    }

    /// One of its addresses: `usher`, `console`, `acme`, `shop`.
    pub fn url(&self, name: &str) -> &str {
        self.told[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.told))
    }

    /// User name and password of one of the two people at Acme.
    pub fn person(&self, n: usize) -> (String, String) {
        credentials(&self.told["people"][n])
    }

    /// User name and password of Usher's admin.
    pub fn admin(&self) -> (String, String) {
        credentials(&self.told["admin"])
    }

    /// Asks it to stop, so that it stops its servers.
    pub async fn stop(mut self) {
        let id = self.child.id().expect("running").to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status().await;
        let _ = tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await;
    }
}

fn credentials(person: &Value) -> (String, String) {
    let text = |name: &str| person[name].as_str().unwrap_or_else(|| panic!("no {name} in {person}")).to_owned();
    (text("username"), text("password"))
}
