//! The plan of the house, checked: which crate may know which, where a third-party crate may appear, and what every
//! source file looks like (`ARCHITECTURE.md`, "Crates and arrows"). The rules are pure functions over text in
//! [`rules`], tried there against fixtures that break each of them; this file feeds them the real tree.
//! [`documents`] does the same for what the guides claim. Neither builds nor starts anything.

mod documents;
mod rules;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The top folder of the project.
fn project_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the project")
}

fn read(relative: &str) -> String {
    let path = project_root().join(relative);
    fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

/// Every file of the project below `folder`, relative to the top and sorted: what git tracks or would track; in a copy
/// without git, whatever lies there.
fn files_below(folder: &str) -> Vec<String> {
    let listed = Command::new("git")
        .current_dir(project_root())
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "--", folder])
        .output()
        .ok()
        .filter(|output| output.status.success() && !output.stdout.is_empty());
    let mut found: Vec<String> = match listed {
        Some(output) => String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect(),
        None => walk(&project_root().join(folder)),
    };
    found.retain(|relative| project_root().join(relative).is_file());
    found.sort();
    found.dedup();
    found
}

fn walk(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() && name != "target" && name != "node_modules" {
                open.push(path);
            } else if let Ok(relative) = path.strip_prefix(project_root()) {
                found.push(relative.to_string_lossy().into_owned());
            }
        }
    }
    found
}

/// (folder below `crates/`, text of its manifest)
fn manifests() -> Vec<(String, String)> {
    files_below("crates")
        .into_iter()
        .filter_map(|relative| {
            let folder = relative.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
            (!folder.contains('/')).then(|| (folder.to_owned(), read(&relative)))
        })
        .collect()
}

fn sources(folders: &[&str]) -> Vec<(String, String)> {
    folders
        .iter()
        .flat_map(|folder| files_below(folder))
        .filter(|relative| Path::new(relative).extension().is_some_and(|extension| extension == "rs"))
        .map(|relative| {
            let text = read(&relative);
            (relative, text)
        })
        .collect()
}

fn refuse(violations: &[String]) {
    assert!(violations.is_empty(), "{} violations:\n  {}", violations.len(), violations.join("\n  "));
}

#[test]
fn arrows_between_crates_only_point_down() {
    let manifests = manifests();
    assert!(manifests.len() >= 10, "only {} crates found: the test looks in the wrong place", manifests.len());
    refuse(&manifests.iter().flat_map(|(folder, text)| rules::arrows(folder, text)).collect::<Vec<_>>());
}

#[test]
fn third_party_crates_stay_where_they_belong() {
    refuse(&manifests().iter().flat_map(|(folder, text)| rules::bans(folder, text)).collect::<Vec<_>>());
}

#[test]
fn versions_stand_only_in_the_workspace_manifest() {
    refuse(&manifests().iter().flat_map(|(folder, text)| rules::versions(folder, text)).collect::<Vec<_>>());
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    refuse(&manifests().iter().filter_map(|(folder, text)| rules::lints(folder, text)).collect::<Vec<_>>());
}

#[test]
fn source_files_are_short_introduced_and_silence_no_lint() {
    let sources = sources(&["benches", "crates", "demo"]);
    assert!(sources.len() >= 30, "only {} source files found", sources.len());
    refuse(&sources.iter().flat_map(|(path, text)| rules::source(path, text)).collect::<Vec<_>>());
}

#[test]
fn tests_are_introduced_and_none_is_switched_off() {
    refuse(&sources(&["tests"]).iter().flat_map(|(path, text)| rules::test_source(path, text)).collect::<Vec<_>>());
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| -> Vec<String> {
        files_below(folder)
            .iter()
            .filter_map(|path| Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned()))
            .collect()
    };
    let sqlite = names("migrations/sqlite");
    assert!(!sqlite.is_empty(), "no migrations found");
    assert_eq!(sqlite, names("migrations/postgres"), "migrations/sqlite and migrations/postgres differ");
}
