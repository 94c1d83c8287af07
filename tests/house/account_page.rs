//! docs/account-page.md against the program: the events it names, and the names of what it says to click.

use std::collections::BTreeSet;

use super::{project_root, read};

/// The texts between two marks.
fn between<'a>(text: &'a str, before: &str, after: &str) -> BTreeSet<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
}

#[test]
fn the_guide_names_every_event_of_a_deed() {
    let guide = read("docs/account-page.md");
    let folder = project_root().join("crates/broker/src/account");
    let files = std::fs::read_dir(folder).expect("a folder").flatten();
    let sources: Vec<String> = files.map(|file| std::fs::read_to_string(file.path()).expect("text")).collect();
    let done: BTreeSet<&str> =
        sources.iter().flat_map(|source| between(source, "Deed::new(broker, person, \"", "\"")).collect();
    assert!(done.len() >= 5, "{done:?}");
    for event in done {
        assert!(guide.contains(&format!("`{event}`")), "the guide does not name {event}");
    }
}

#[test]
fn the_guide_names_what_is_there_to_click() {
    let guide = read("docs/account-page.md");
    let texts = ["account", "account_security", "console"].map(|name| read(&format!("locales/en/{name}.ftl"))).concat();
    let pages = read("templates/parts/connection.html") + texts.as_str();
    for name in ["Linked accounts", "Just-in-Time Provisioning"] {
        assert!(guide.contains(&format!("**{name}**")), "{name}");
        assert!(pages.contains(name), "no page says {name}");
    }
    let minutes = read("crates/broker/src/account/mod.rs");
    assert!(minutes.contains("FRESH_FOR: Duration = Duration::minutes(5)") && guide.contains("five\nminutes old"));
    assert!(read("README.md").contains("docs/account-page.md"));
}
