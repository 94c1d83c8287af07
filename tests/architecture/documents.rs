//! What the guides, the Makefile and the Docker files claim, held against the tree: links that lead somewhere, commands
//! that exist, files that an image really gets. What a running server must confirm is tried in `house`.

use std::collections::BTreeSet;
use std::path::Path;

use super::{files_below, project_root, read, refuse};

fn guides() -> Vec<(String, String)> {
    let mut paths: Vec<String> =
        ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md"].map(str::to_owned).to_vec();
    paths.extend(files_below("docs").into_iter().filter(|path| Path::new(path).extension().is_some_and(|e| e == "md")));
    paths.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

/// The targets of Markdown links and images.
fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

fn dangling_links(path: &str, text: &str, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    links(text)
        .into_iter()
        .filter(|link| !link.contains("://") && !link.starts_with('#'))
        .filter(|link| !exists(&folder.join(link.split('#').next().unwrap_or_default())))
        .map(|link| format!("{path}: {link} leads nowhere"))
        .collect()
}

/// What follows `prefix` in code spans and indented or fenced code, up to the end of the word.
fn words_after<'a>(text: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    text.match_indices(prefix)
        .filter(|(at, _)| text[..*at].chars().next_back().is_none_or(|before| "` \n(".contains(before)))
        .map(|(at, _)| &text[at + prefix.len()..])
        .filter_map(|rest| rest.split(|c: char| !(c.is_ascii_alphanumeric() || "-_./".contains(c))).next())
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| !word.is_empty())
        .collect()
}

fn make_targets(makefile: &str) -> BTreeSet<&str> {
    makefile
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(target, _)| target)
        .filter(|target| !target.is_empty() && target.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        .collect()
}

/// Sources of `COPY` that come from the project, not from another stage.
fn copied(dockerfile: &str) -> Vec<&str> {
    let mut sources = Vec::new();
    for line in dockerfile.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        if !line.starts_with("--from=") {
            let words: Vec<&str> = line.split_whitespace().collect();
            sources.extend(&words[..words.len().saturating_sub(1)]);
        }
    }
    sources
}

/// What a `.dockerignore` that starts with `*` lets through.
fn let_through(dockerignore: &str) -> Vec<&str> {
    dockerignore.lines().filter_map(|line| line.strip_prefix('!')).collect()
}

#[test]
fn links_between_guides_lead_somewhere() {
    let exists = |path: &Path| project_root().join(path).exists();
    refuse(&guides().iter().flat_map(|(path, text)| dangling_links(path, text, exists)).collect::<Vec<_>>());
}

#[test]
fn commands_in_the_guides_exist() {
    let makefile = read("Makefile");
    let targets = make_targets(&makefile);
    let mut violations = Vec::new();
    for (path, text) in guides() {
        let spans: String = code(&text);
        violations.extend(
            words_after(&spans, "make ")
                .into_iter()
                .filter(|target| !targets.contains(target))
                .map(|target| format!("{path}: there is no `make {target}`")),
        );
        violations.extend(
            words_after(&spans, "scripts/")
                .into_iter()
                .filter(|script| !project_root().join("scripts").join(script).exists())
                .map(|script| format!("{path}: there is no scripts/{script}")),
        );
    }
    refuse(&violations);
}

/// Code spans and code blocks of a guide, one a line.
fn code(text: &str) -> String {
    let mut found = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced || line.starts_with("    ") {
            found.push_str(line);
            found.push('\n');
        } else {
            for span in line.split('`').skip(1).step_by(2) {
                found.push_str(span);
                found.push('\n');
            }
        }
    }
    found
}

#[test]
fn the_two_commands_of_the_readme_are_what_ci_runs() {
    let readme = read("README.md");
    for command in ["make demo", "make test"] {
        assert!(code(&readme).lines().any(|line| line.trim() == command), "README.md does not show `{command}`");
    }
    let commands: Vec<String> =
        read(".ci/run").lines().filter(|line| line.starts_with("make ")).map(str::to_owned).collect();
    assert_eq!(commands, ["make lint", "make test"]);
}

/// The files that a walk through the code names: code spans that end in `.rs`.
fn source_paths(text: &str) -> Vec<&str> {
    let is_source = |span: &&str| Path::new(span).extension().is_some_and(|extension| extension == "rs");
    text.split('`').skip(1).step_by(2).filter(is_source).filter(|span| span.contains('/')).collect()
}

#[test]
fn the_walk_through_the_code_names_files_that_exist() {
    let text = read("ARCHITECTURE.md");
    let without_fences: String = text.split("```").step_by(2).collect();
    let paths = source_paths(&without_fences);
    assert!(paths.len() > 10, "{paths:?}");
    let exists = |path: &str| ["", "crates"].iter().any(|folder| project_root().join(folder).join(path).is_file());
    let missing: Vec<String> =
        paths.into_iter().filter(|path| !exists(path)).map(|path| format!("there is no {path}")).collect();
    refuse(&missing);
}

#[test]
fn every_make_target_explains_itself() {
    let makefile = read("Makefile");
    let unexplained: Vec<String> = makefile
        .lines()
        .filter(|line| make_targets(line).len() == 1 && !line.starts_with('.') && !line.contains(" ## "))
        .map(str::to_owned)
        .collect();
    refuse(&unexplained);
}

#[test]
fn the_image_gets_the_files_that_it_names() {
    let (dockerfile, dockerignore) = (read("Dockerfile"), read(".dockerignore"));
    assert!(dockerignore.lines().any(|line| line == "*"), ".dockerignore lets everything through");
    let passed = let_through(&dockerignore);
    for path in &passed {
        assert!(project_root().join(path).exists(), ".dockerignore names {path}, which is not there");
    }
    for source in copied(&dockerfile).into_iter().filter(|source| *source != ".") {
        assert!(passed.contains(&source), "Dockerfile copies {source}, which .dockerignore holds back");
    }
    // What the build reads outside the crates: templates, migrations and assets are compiled in.
    for needed in ["Cargo.toml", "Cargo.lock", "crates", "migrations", "templates", "assets", "locales"] {
        assert!(passed.contains(&needed), ".dockerignore holds {needed} back");
    }
    let toolchain = read("rust-toolchain.toml");
    let version = toolchain.split('"').nth(1).expect("a channel");
    let minor = version.rsplit_once('.').map_or(version, |(minor, _)| minor);
    assert!(dockerfile.contains(&format!("FROM rust:{minor}-")), "Dockerfile builds with another Rust than {version}");
    assert!(dockerfile.contains(&format!("RUSTUP_TOOLCHAIN={version}")));
    assert!(dockerfile.lines().any(|line| line == "USER usher"), "the image runs as root");
}

/// Each reading above finds what is wrong, and passes its positive twin.
mod self_check {
    use std::path::Path;

    use super::{code, copied, dangling_links, let_through, make_targets, source_paths, words_after};

    #[test]
    fn a_dangling_link_is_found() {
        let exists = |path: &Path| path == Path::new("docs/there.md");
        assert!(dangling_links("docs/a.md", "[x](there.md#part) [y](https://x.test) [z](#here)", exists).is_empty());
        assert_eq!(dangling_links("docs/a.md", "![x](gone.png)", exists).len(), 1);
    }

    #[test]
    fn commands_are_found_in_spans_and_blocks_only() {
        let text = "Please make sure. Run `make demo`.\n\n    make test\n\n```\nmake lint FAST=1\n```\n`scripts/a.sh`.";
        let found = code(text);
        assert_eq!(words_after(&found, "make ").into_iter().collect::<Vec<_>>(), ["demo", "lint", "test"]);
        assert_eq!(words_after(&found, "scripts/").into_iter().collect::<Vec<_>>(), ["a.sh"]);
    }

    #[test]
    fn only_paths_of_sources_are_read() {
        assert_eq!(source_paths("see `web/src/main.rs`, `next`, `mod.rs` and a/b.rs"), ["web/src/main.rs"]);
    }

    #[test]
    fn targets_and_copies_are_read() {
        assert_eq!(make_targets(".PHONY: x\nhelp: ## h\n\t@a: b\n").into_iter().collect::<Vec<_>>(), ["help"]);
        assert_eq!(copied("COPY a b /there\nCOPY --from=build /x /y\n"), ["a", "b"]);
        assert_eq!(let_through("*\n!crates\n"), ["crates"]);
    }
}
