//! The guides about connections against the program: their example, and the names of what they say to click.

use serde_json::{Value, json};

use super::{project_root, read};
use crate::support::{Application, Idp, Setup};

const GUIDES: [&str; 4] = [
    "docs/connect-google.md",
    "docs/connect-microsoft-entra.md",
    "docs/linking-existing-users.md",
    "docs/sync-methods.md",
];

/// The one TOML example of a guide, as JSON.
fn example_of(guide: &str) -> Value {
    let text = read(guide);
    let example = text.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let parsed: toml::Value = toml::from_str(example).expect("TOML");
    serde_json::to_value(parsed).expect("as JSON")
}

/// The connection of an example, at a provider of ours.
fn at(idp: &Idp, example: &Value) -> Value {
    let mut entry = example["connection"][0].clone();
    let ours = idp.connection(entry["id"].as_str().expect("an id"));
    entry.as_object_mut().expect("an entry").remove("client_secret_env");
    for (key, value) in ours.as_object().expect("an entry") {
        if !["mapping", "name"].contains(&key.as_str()) {
            entry[key] = value.clone();
        }
    }
    entry
}

#[tokio::test]
async fn the_example_of_the_linking_guide_links_who_it_says() {
    let example = example_of("docs/linking-existing-users.md");
    let (idp, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new()
        .attribute(example["attribute"][0].clone())
        .user(example["user"][0].clone())
        .idp_with(&idp, at(&idp, &example))
        .app(&shop)
        .start()
        .await;
    let ada = usher.database.subject("ada").await;

    for (claims, linked) in [
        (json!({ "sub": "1", "employee_id": "E-000417" }), true),
        (json!({ "sub": "2", "employee_id": "E-000418", "email": "eve@example.com", "email_verified": true }), false),
        (json!({ "sub": "1" }), true),
    ] {
        idp.claims(|person| *person = claims.clone());
        let done = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
        assert_eq!(done.tokens.sub() == ada, linked, "{claims}");
    }
    assert_eq!(usher.database.links_of("ada").await, 1);
}

/// The examples are whole: an Usher starts with them.
#[tokio::test]
async fn the_examples_of_the_provider_guides_start_an_usher() {
    for (guide, id) in [("docs/connect-google.md", "google"), ("docs/connect-microsoft-entra.md", "entra")] {
        let example = example_of(guide);
        let mut entry = example["connection"][0].clone();
        let secret = entry.as_object_mut().expect("an entry").remove("client_secret_env");
        assert!(secret.is_some(), "{guide}: no secret in a file");
        entry["client_secret"] = json!("a-secret-of-a-test");
        assert_eq!(entry["id"], id);
        let mut setup = Setup::new().connection(entry);
        for attribute in example["attribute"].as_array().into_iter().flatten() {
            setup = setup.attribute(attribute.clone());
        }
        for group in example["group"].as_array().into_iter().flatten() {
            setup = setup.group(group["name"].as_str().expect("a name"), &[]);
        }
        let usher = setup.start().await;
        let configured = format!("select count(*) from connections where id = '{id}'");
        assert_eq!(usher.database.count(&configured).await, 1, "{guide}");
        let groups = example["group"].as_array().map_or(0, Vec::len);
        assert_eq!(usher.database.count("select count(*) from user_groups").await, i64::try_from(groups).expect("few"));
    }
}

/// All text that pages are made of.
fn words_of_pages() -> String {
    let shown = ["templates", "locales/en", "crates/connectors/src/kinds"];
    let mut folders = shown.map(|folder| project_root().join(folder)).to_vec();
    let mut words = String::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                words.push_str(&std::fs::read_to_string(&path).expect("text").replace('’', "'"));
                words.push('\n');
            }
        }
    }
    words
}

/// What a guide sets in bold: the words on a page of the console.
fn bold_of(guide: &str) -> Vec<String> {
    let text = read(guide).split_whitespace().collect::<Vec<_>>().join(" ").replace('’', "'");
    text.split("**").skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn guides_name_what_the_console_shows() {
    let pages = words_of_pages();
    for guide in GUIDES {
        let bold = bold_of(guide);
        assert!(bold.len() >= 4, "{guide}: {bold:?}");
        for words in bold {
            assert!(pages.contains(&words), "{guide} names “{words}”, which no page shows");
        }
    }
}

#[test]
fn readme_lists_the_guides() {
    let readme = read("README.md");
    for guide in GUIDES {
        assert!(readme.contains(&format!("({guide})")), "README.md does not list {guide}");
    }
}
