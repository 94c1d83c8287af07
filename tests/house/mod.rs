//! What the guides promise and only a running program can confirm: options and commands as the configuration guide
//! lists them, the example of the bootstrap guide, the scripts of the image, and the demo from start to end.

mod account_page;
mod bench;
mod connecting;
mod demo;
mod guides;
mod newcomer;
mod scripts;

use std::path::{Path, PathBuf};
use std::process::Output;

/// The top folder of the project.
fn project_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the project").to_owned()
}

fn read(relative: &str) -> String {
    std::fs::read_to_string(project_root().join(relative)).expect(relative)
}

/// Standard output of a run that must have succeeded.
fn output_of(done: &Output) -> String {
    assert!(done.status.success(), "{}\n{}", done.status, String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}
