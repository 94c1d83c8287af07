//! docs/configuration.md and docs/bootstrap-file.md against the program.

use std::collections::BTreeSet;
use std::process::Command;

use super::{output_of, read};
use crate::support::usher::binary;
use crate::support::{Setup, http};

fn help_of(arguments: &[&str]) -> String {
    output_of(&Command::new(binary()).args(arguments).arg("--help").output().expect("usher runs"))
}

/// Every `--word` of a text.
fn options(text: &str) -> BTreeSet<String> {
    text.split_whitespace()
        .map(|word| word.trim_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '-')))
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .map(|word| word.split(['=', '[', '<']).next().unwrap_or(word).to_owned())
        .collect()
}

/// The cells of the first column of the Markdown tables of a guide, without their quotes.
fn first_cells(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("| "))
        .filter_map(|line| line.split(" |").next())
        .map(|cell| cell.trim().trim_matches('`'))
        .collect()
}

#[test]
fn the_guide_lists_the_options_of_serve() {
    let offered = options(&help_of(&["serve"]));
    let guide = read("docs/configuration.md");
    let listed: BTreeSet<String> =
        first_cells(&guide).into_iter().filter(|cell| cell.starts_with("--")).map(str::to_owned).collect();
    let beside = ["--help", "--version", "--migrate"].map(str::to_owned).into();
    assert_eq!(offered.difference(&beside).cloned().collect::<BTreeSet<_>>(), listed);
    assert!(guide.contains("usher serve --migrate") && offered.contains("--migrate"));
    for line in read("README.md").lines().filter(|line| line.starts_with("| `--")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let same = |row: &&str| row.contains(cells[1]) && row.contains(cells[2]);
        assert!(guide.lines().any(|row| same(&row)), "README.md says something else: {line}");
    }
}

#[test]
fn the_guide_lists_the_commands() {
    let guide = read("docs/configuration.md");
    let commands = first_cells(&guide).into_iter().filter_map(|cell| cell.strip_prefix("usher ")).collect::<Vec<_>>();
    assert!(commands.len() >= 6, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().take_while(|word| !word.starts_with("--")).collect();
        let help = help_of(&words);
        for option in options(command) {
            assert!(help.contains(&option), "`usher {}` has no {option}", words.join(" "));
        }
    }
}

#[tokio::test]
async fn the_example_of_a_bootstrap_file_starts_an_usher() {
    let guide = read("docs/bootstrap-file.md");
    let example = guide.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let example = example.replace("client_secret_env = \"ACME_SECRET\"", "client_secret = \"a-secret-of-a-test\"");
    let example = example.replace("secret_env = \"SHOP_SECRET\"", "secret = \"another-secret-of-a-test\"");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("example.toml");
    std::fs::write(&file, example).expect("writable");

    let usher = Setup::new().bare().argument("--bootstrap", &file.display().to_string()).start().await;

    assert_eq!(http::get(&usher.at(0, "/health/ready")).await.status, 200);
    assert_eq!(usher.database.count("select count(*) from connections").await, 1);
    assert_eq!(usher.database.count("select count(*) from applications where id = 'shop'").await, 1);
    assert_eq!(usher.database.count("select count(*) from users").await, 1);
    assert_eq!(usher.setup_link(), None, "there is an administrator");
}

#[test]
fn every_key_of_the_bootstrap_guide_is_known() {
    let guide = read("docs/bootstrap-file.md");
    let known = read("crates/broker/src/bootstrap/file.rs");
    let keys: Vec<&str> = first_cells(&guide).into_iter().flat_map(|cell| cell.split("`, `")).collect();
    let keys: BTreeSet<&str> = keys.into_iter().filter(|key| !["Key", "---"].contains(key)).collect();
    assert!(keys.len() > 25, "{keys:?}");
    for key in &keys {
        assert!(known.contains(&format!("pub {key}: ")), "no entry of a bootstrap file has {key}");
    }
    let fields =
        known.lines().filter_map(|line| line.strip_prefix("    pub ")).filter_map(|line| line.split(':').next());
    let entries = ["users", "connections", "applications", "flows"];
    for field in fields.filter(|field| !field.contains(' ')) {
        assert!(keys.contains(field) || entries.contains(&field), "the guide does not explain {field}");
    }
}
