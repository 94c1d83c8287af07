//! `make bench`: the load harness signs people in to the real server in every way that it measures, and checks each of
//! them. Counted, never timed.

use serde_json::Value;
use tokio::process::Command;

use super::{output_of, project_root};
use crate::support::usher::binary;

#[tokio::test]
async fn the_load_harness_signs_people_in_every_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(binary().with_file_name("login-load"));
    command.args(["run", "smoke", "--sqlite", "--out"]).arg(folder.path()).current_dir(project_root());
    let done = command.kill_on_drop(true).output().await.expect("the harness runs");
    let printed = output_of(&done);
    let record = std::fs::read_to_string(folder.path().join("login-load.json")).expect("a record");
    let record: Value = serde_json::from_str(&record).expect("JSON");
    let figures = record["figures"].as_array().expect("figures");
    for mode in
        ["returning", "JIT", "pass-through", "script", "TOTP", "sign-in page", "returning, beside hostile scripts"]
    {
        let line = figures.iter().find(|line| line["broker"] == "Usher" && line["mode"] == mode);
        let line = line.unwrap_or_else(|| panic!("no {mode} in {printed}"));
        assert!(line["sign_ins"].as_u64() > Some(2), "{line}");
    }
    let returning = figures.iter().find(|line| line["mode"] == "returning").expect("a line");
    assert_eq!(returning["requests"], 5.0, "hops of a browser: {returning}");
    // Two jobs commit: the one that finishes the sign-in, and the one that redeems the code.
    assert!(returning["store"]["commits"].as_f64() > Some(0.0), "counted by the store: {returning}");
}
