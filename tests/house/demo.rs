//! `make demo`: the program that it starts does what its guide says, and leaves nothing running.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use super::output_of;
use crate::support::usher::binary;

fn demo(folder: &tempfile::TempDir) -> Command {
    let program: PathBuf = binary().with_file_name("usher-demo");
    let mut command = Command::new(program);
    command.arg("--free-ports").arg("--folder").arg(folder.path()).kill_on_drop(true);
    command
}

#[tokio::test]
async fn the_demo_signs_somebody_in_without_a_browser() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = demo(&folder).arg("--check").output();
    let done = timeout(Duration::from_mins(2), run).await.expect("ends in time").expect("the demo runs");
    assert!(output_of(&done).starts_with("OK"), "{done:?}");
}

#[tokio::test]
async fn ending_the_demo_ends_all_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = demo(&folder).arg("--print-json").stdout(Stdio::piped()).spawn().expect("the demo runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let line = timeout(Duration::from_secs(90), lines.next_line()).await.expect("in time").expect("readable");
    let parties: serde_json::Value = serde_json::from_str(&line.expect("one line")).expect("JSON");
    let places: Vec<String> = ["usher", "acme", "shop"]
        .iter()
        .map(|name| parties[name].as_str().expect("an address").replace("http://", ""))
        .collect();
    for place in &places {
        assert!(tokio::net::TcpStream::connect(place).await.is_ok(), "nothing listens on {place}");
    }

    let id = child.id().expect("running").to_string();
    Command::new("kill").args(["-INT", &id]).status().await.expect("kill runs");
    let status = timeout(Duration::from_secs(20), child.wait()).await.expect("stops in time").expect("a status");

    assert!(status.success(), "{status}");
    for place in &places {
        assert!(tokio::net::TcpStream::connect(place).await.is_err(), "something still listens on {place}");
    }
}
