//! How browsers and ways to sign in read.

use usher_broker::Snapshot;
use usher_domain::ConnectionId;

use crate::i18n::without_controls;
use crate::pages::Ui;

const BROWSERS: [(&str, &str); 7] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];
/// Longest name of a browser that nobody knows.
const LONGEST: usize = 60;

/// What a browser called itself, in short. It is its own word: nothing rests on it.
pub fn browser(ui: &Ui, agent: Option<&str>) -> String {
    let Some(agent) = agent.filter(|agent| !agent.trim().is_empty()) else { return ui.t("account-browser-unknown") };
    let find =
        |known: &[(&str, &'static str)]| known.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => ui.texts.t2("account-browser-on", ("browser", browser), ("system", system)),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => without_controls(agent).chars().take(LONGEST).collect(),
    }
}

/// How somebody signed in: through a connection, or by methods after RFC 8176.
pub fn way(ui: &Ui, snapshot: &Snapshot, connection: Option<&ConnectionId>, methods: &[String]) -> String {
    let name = connection.map(|id| connection_name(ui, snapshot, id));
    let through = name.map(|name| ui.t1("account-way-connection", "connection", &name));
    let local = [("pwd", "account-way-password"), ("otp", "account-way-code"), ("pop", "account-way-passkey")];
    let used = local.iter().filter(|(method, _)| methods.iter().any(|used| used == method)).map(|(_, key)| ui.t(key));
    let all: Vec<String> = through.into_iter().chain(used).collect();
    if all.is_empty() { ui.t("account-way-unknown") } else { all.join(", ") }
}

/// The name of a connection; one that is gone has none.
pub fn connection_name(ui: &Ui, snapshot: &Snapshot, id: &ConnectionId) -> String {
    let known = snapshot.connections.get(id).map(|known| known.connection.name.clone());
    known.unwrap_or_else(|| ui.t("account-connection-gone"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[test]
    fn browsers_are_told_in_short() {
        let ui = Ui::new(Language::En);
        for (agent, short) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iOS"),
            ("curl/8.5.0", "curl/8.5.0"),
        ] {
            assert_eq!(browser(&ui, Some(agent)), short);
        }
        assert_eq!(browser(&ui, Some(&"x".repeat(500))).len(), LONGEST);
        assert_eq!(browser(&ui, None), browser(&ui, Some(" ")));
    }
}
