//! The rules themselves: text of a manifest or source file in, violations out. A crate that is not in [`ARROWS`] is a
//! violation on purpose: a new crate needs a row here and in `ARCHITECTURE.md`.

use toml::{Table, Value};

/// Which of our crates (folder names) each crate may use. `web` renders plain types of all of them.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("oidc-rp", &[]),
    ("saml-sp", &[]),
    ("connectors", &["domain", "oidc-rp"]),
    ("flow-script", &["domain"]),
    ("login-flow", &["domain", "flow-script"]),
    ("provisioning", &["domain"]),
    ("oidc-provider", &["domain"]),
    ("storage", &["domain"]),
    (
        "broker",
        &["domain", "oidc-rp", "connectors", "flow-script", "login-flow", "provisioning", "oidc-provider", "storage"],
    ),
    ("outbound", &["domain", "connectors", "broker"]),
    (
        "web",
        &[
            "domain",
            "connectors",
            "flow-script",
            "login-flow",
            "provisioning",
            "oidc-provider",
            "storage",
            "broker",
            "outbound",
        ],
    ),
];

/// Third-party crates and the only crates of ours that may use them; an empty list means nobody.
const HOMES: &[(&str, &[&str])] = &[
    ("sqlx", &["storage"]),
    ("axum", &["web"]),
    ("axum-extra", &["web"]),
    ("askama", &["web"]),
    ("askama_web", &["web"]),
    ("tower-http", &["web"]),
    ("tower-sessions", &["web"]),
    ("tower-sessions-core", &["storage", "web"]),
    ("clap", &["web"]),
    ("reqwest", &["outbound"]),
    ("hyper", &["outbound", "web"]),
    ("lettre", &["outbound"]),
    ("samael", &["saml-sp", "saml-idp"]),
    ("roxmltree", &["saml-sp", "saml-idp"]),
    ("quick-xml", &["saml-sp", "saml-idp"]),
    ("x509-parser", &["saml-sp", "saml-idp"]),
    ("libxml", &["saml-sp", "saml-idp"]),
    ("rquickjs", &["flow-script"]),
    ("webauthn-rs", &["login-flow"]),
    ("totp-rs", &["login-flow"]),
    ("fast_qr", &["login-flow"]),
    ("argon2", &["broker"]),
    ("tokio", &["storage", "broker", "outbound", "web"]),
    ("async-std", &[]),
    ("native-tls", &[]),
    ("openssl", &[]),
    ("ring", &[]),
    ("rsa", &[]),
];

const LONGEST_FILE: usize = 500;

/// The one file with unsafe code: two switches of a C library that have no safe face (decision 15).
const UNSAFE: &str = "crates/saml-sp/src/quiet.rs";

/// The tables of a manifest that name dependencies, `[target.*]` included.
fn dependency_tables(manifest: &Table) -> Vec<(&'static str, &Table)> {
    const KINDS: [&str; 3] = ["dependencies", "build-dependencies", "dev-dependencies"];
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let places = std::iter::once(manifest).chain(targets.filter_map(Value::as_table));
    places
        .flat_map(|place| KINDS.iter().filter_map(|kind| Some((*kind, place.get(*kind).and_then(Value::as_table)?))))
        .collect()
}

/// The package behind a dependency, a rename undone.
fn package_name<'a>(key: &'a str, value: &'a Value) -> &'a str {
    value.get("package").and_then(Value::as_str).unwrap_or(key)
}

fn parse(folder: &str, text: &str) -> Result<Table, Vec<String>> {
    text.parse::<Table>().map_err(|fault| vec![format!("crates/{folder}: manifest does not parse: {fault}")])
}

/// Names the package `usher-<folder>` and lets it know only what lies below it. Development dependencies count.
pub fn arrows(folder: &str, text: &str) -> Vec<String> {
    let manifest = match parse(folder, text) {
        Ok(manifest) => manifest,
        Err(faults) => return faults,
    };
    let mut violations = Vec::new();
    let name = manifest.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
    if name != Some(format!("usher-{folder}").as_str()) {
        violations.push(format!("crates/{folder}: the package is called {name:?}, not usher-{folder}"));
    }
    let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == folder) else {
        violations.push(format!("crates/{folder}: no row in the table of arrows"));
        return violations;
    };
    for (kind, table) in dependency_tables(&manifest) {
        for (key, value) in table {
            let Some(other) = package_name(key, value).strip_prefix("usher-") else { continue };
            if !allowed.contains(&other) {
                violations.push(format!("crates/{folder}: {kind} may not name usher-{other}"));
            }
        }
    }
    violations
}

/// Keeps third-party crates in their homes. Development dependencies are free, except of crates that have no home.
pub fn bans(folder: &str, text: &str) -> Vec<String> {
    let manifest = match parse(folder, text) {
        Ok(manifest) => manifest,
        Err(faults) => return faults,
    };
    let mut violations = Vec::new();
    for (kind, table) in dependency_tables(&manifest) {
        for (key, value) in table {
            let package = package_name(key, value);
            let Some((_, homes)) = HOMES.iter().find(|(banned, _)| *banned == package) else { continue };
            let free = kind == "dev-dependencies" && !homes.is_empty();
            if !free && !homes.contains(&folder) {
                violations.push(format!("crates/{folder}: {package} is at home in {homes:?} only"));
            }
        }
    }
    violations
}

/// Every dependency comes from `[workspace.dependencies]`.
pub fn versions(folder: &str, text: &str) -> Vec<String> {
    let manifest = match parse(folder, text) {
        Ok(manifest) => manifest,
        Err(faults) => return faults,
    };
    dependency_tables(&manifest)
        .into_iter()
        .flat_map(|(_, table)| table)
        .filter(|(_, value)| value.get("workspace").and_then(Value::as_bool) != Some(true))
        .map(|(key, _)| format!("crates/{folder}: {key} must be taken from the workspace"))
        .collect()
}

/// `[lints] workspace = true` stands in the manifest.
pub fn lints(folder: &str, text: &str) -> Option<String> {
    let manifest: Table = text.parse().ok()?;
    let taken = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool);
    (taken != Some(true)).then(|| format!("crates/{folder}: [lints] workspace = true is missing"))
}

fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/") || path.ends_with("_tests.rs")
}

/// At most 500 lines (tests not counted), an opening `//!` paragraph, no silenced lint.
pub fn source(path: &str, text: &str) -> Vec<String> {
    let mut violations = introduced(path, text);
    let lines = text.lines().count();
    if lines > LONGEST_FILE && !is_test_file(path) {
        violations.push(format!("{path}: {lines} lines, {LONGEST_FILE} are allowed"));
    }
    let needle = ["unsafe", "_code"].concat();
    if path != UNSAFE
        && lines_with(text, "#[expect").any(|at| text.lines().nth(at - 1).is_some_and(|line| line.contains(&needle)))
    {
        violations.push(format!("{path}: unsafe code is at home in {UNSAFE} only"));
    }
    violations
}

/// What holds for the tests: introduced, no silenced lint, none switched off.
pub fn test_source(path: &str, text: &str) -> Vec<String> {
    let mut violations = introduced(path, text);
    let switched_off = ["#[", "ignore"].concat();
    violations.extend(lines_with(text, &switched_off).map(|line| format!("{path}:{line}: a test that does not run")));
    violations
}

fn introduced(path: &str, text: &str) -> Vec<String> {
    let mut violations = Vec::new();
    if !text.starts_with("//!") {
        violations.push(format!("{path}: does not open with a //! paragraph"));
    }
    for opening in ["#[", "#!["] {
        let silencer = [opening, "allow("].concat();
        violations.extend(
            lines_with(text, &silencer)
                .map(|line| format!("{path}:{line}: write #[expect(lint, reason = \"...\")] instead of allow")),
        );
    }
    violations
}

/// The numbers of the lines that start with `needle`, white space aside.
fn lines_with<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.lines().enumerate().filter(move |(_, line)| line.trim_start().starts_with(needle)).map(|(at, _)| at + 1)
}

/// Each rule refuses what breaks it and lets its positive twin pass.
mod self_check {
    use super::{arrows, bans, lints, source, test_source, versions};

    fn manifest(name: &str, rest: &str) -> String {
        format!("[package]\nname = \"{name}\"\n{rest}\n")
    }

    #[test]
    fn an_upward_arrow_is_refused_in_every_table() {
        for table in ["dependencies", "dev-dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"] {
            let text = manifest("usher-domain", &format!("[{table}]\nusher-storage.workspace = true"));
            assert_eq!(arrows("domain", &text).len(), 1, "{table}");
        }
        let text = manifest("usher-storage", "[dependencies]\nusher-domain.workspace = true");
        assert!(arrows("storage", &text).is_empty());
    }

    #[test]
    fn the_two_protocol_sides_never_meet_even_renamed() {
        let renamed = "[dependencies]\nrp = { package = \"usher-oidc-rp\", workspace = true }";
        assert_eq!(arrows("oidc-provider", &manifest("usher-oidc-provider", renamed)).len(), 1);
        let reverse = "[dev-dependencies]\nusher-oidc-provider.workspace = true";
        assert_eq!(arrows("oidc-rp", &manifest("usher-oidc-rp", reverse)).len(), 1);
    }

    #[test]
    fn a_foreign_name_and_an_unknown_crate_are_refused() {
        assert_eq!(arrows("domain", &manifest("domain", "")).len(), 1);
        assert_eq!(arrows("extra", &manifest("usher-extra", "")).len(), 1);
        assert_eq!(arrows("domain", "not a manifest").len(), 1);
    }

    #[test]
    fn a_crate_outside_its_home_is_refused() {
        for (folder, package) in [
            ("broker", "sqlx"),
            ("broker", "axum"),
            ("login-flow", "tokio"),
            ("oidc-rp", "reqwest"),
            ("connectors", "samael"),
            ("web", "openssl"),
            ("oidc-provider", "rsa"),
        ] {
            let text = manifest("x", &format!("[dependencies]\n{package}.workspace = true"));
            assert_eq!(bans(folder, &text).len(), 1, "{package} in {folder}");
        }
        assert!(bans("storage", &manifest("x", "[dependencies]\nsqlx.workspace = true")).is_empty());
        assert!(bans("login-flow", &manifest("x", "[dev-dependencies]\ntokio.workspace = true")).is_empty());
        assert_eq!(bans("web", &manifest("x", "[dev-dependencies]\nrsa.workspace = true")).len(), 1);
    }

    #[test]
    fn a_version_of_its_own_is_refused() {
        for own in ["url = \"2\"", "url = { version = \"2\" }", "url = { path = \"../url\" }"] {
            assert_eq!(versions("domain", &manifest("x", &format!("[dependencies]\n{own}"))).len(), 1, "{own}");
        }
        let shared = "[dependencies]\nurl.workspace = true\nserde = { workspace = true, features = [\"rc\"] }";
        assert!(versions("domain", &manifest("x", shared)).is_empty());
    }

    #[test]
    fn a_crate_without_the_lints_is_refused() {
        assert!(lints("domain", &manifest("x", "")).is_some());
        assert!(lints("domain", &manifest("x", "[lints]\nworkspace = true")).is_none());
    }

    #[test]
    fn a_long_file_is_refused_unless_it_holds_tests() {
        let long = format!("//! Long.\n{}", "\n".repeat(500));
        assert_eq!(source("crates/x/src/a.rs", &long).len(), 1);
        assert!(source("crates/x/src/a.rs", &long[..long.len() - 1]).is_empty());
        assert!(source("crates/x/src/a/tests.rs", &long).is_empty());
        assert!(source("crates/x/tests/a.rs", &long).is_empty());
    }

    #[test]
    fn a_missing_introduction_and_a_silenced_lint_are_refused() {
        assert_eq!(source("a.rs", "use x;\n").len(), 1);
        let silenced = ["//! A.\n    #[", "allow(dead_code)]\n#![", "allow(x)]\n"].concat();
        assert_eq!(source("a.rs", &silenced).len(), 2);
        assert!(source("a.rs", "//! A.\n#[expect(dead_code, reason = \"soon\")]\n").is_empty());
    }

    #[test]
    fn unsafe_code_is_refused_but_in_one_file() {
        let text = "//! A.\n#[expect(unsafe_code, reason = \"a C function\")]\nmod x {}\n";
        assert_eq!(source("crates/x/src/a.rs", text).len(), 1);
        assert!(source("crates/saml-sp/src/quiet.rs", text).is_empty());
    }

    #[test]
    fn a_test_that_is_switched_off_is_refused() {
        let off = ["//! T.\n#[test]\n#[", "ignore]\nfn a() {}\n"].concat();
        assert_eq!(test_source("tests/a.rs", &off).len(), 1);
        assert!(test_source("tests/a.rs", "//! T.\n#[test]\nfn a() {}\n").is_empty());
    }
}
