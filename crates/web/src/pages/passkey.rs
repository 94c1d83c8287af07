//! The page that asks for a passkey as a second step, or makes one; and what the sign-in page shows of one.

use askama::Template;
use usher_domain::FlowId;

use super::{FactorWays, Ui};
use crate::forms::FormErrors;

/// What a passkey is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasskeyTask {
    /// To prove who one is.
    Prove,
    /// To make one.
    SetUp {
        /// What it is called, unless the person says otherwise.
        name: String,
    },
}

/// A page about a passkey.
#[derive(Debug, Template)]
#[template(path = "login/passkey.html")]
pub struct PasskeyPage {
    pub ui: Ui,
    pub flow: FlowId,
    /// The name of the application.
    pub application: String,
    pub csrf: String,
    pub step: u8,
    /// What the browser is asked, as JSON.
    pub options: String,
    pub task: PasskeyTask,
    pub ways: FactorWays,
    /// For how many days this browser may be remembered.
    pub remember_days: Option<u16>,
    pub errors: FormErrors,
}

impl PasskeyPage {
    fn key(&self, part: &str) -> String {
        let task = match self.task {
            PasskeyTask::Prove => "ask",
            PasskeyTask::SetUp { .. } => "new",
        };
        format!("passkey-{task}-{part}")
    }

    fn t(&self, part: &str) -> String {
        self.ui.t(self.key(part))
    }

    fn text(&self) -> String {
        self.ui.t1(&self.key("text"), "application", &self.application)
    }

    fn ceremony(&self) -> &'static str {
        match self.task {
            PasskeyTask::Prove => "get",
            PasskeyTask::SetUp { .. } => "create",
        }
    }
}

/// What a new passkey is called unless its owner says otherwise: by browser and system, as the browser names them.
pub fn device_name(ui: &Ui, agent: Option<&str>) -> String {
    /// More telling marks first: most browsers claim to be the others too.
    const BROWSERS: [(&str, &str); 5] =
        [("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("CrOS", "ChromeOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let agent = agent.unwrap_or_default();
    let find =
        |marks: &[(&str, &'static str)]| marks.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => ui.texts.t2("passkey-name-on", ("browser", browser), ("system", system)),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => ui.t("passkey-name"),
    }
}

#[cfg(test)]
mod tests {
    use super::device_name;
    use crate::i18n::Language;
    use crate::pages::Ui;

    #[test]
    fn a_device_is_called_by_browser_and_system() {
        let ui = Ui::new(Language::En);
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome on Linux"),
            ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140", "Edge on Windows"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
            ("curl/8.0", "Passkey"),
        ] {
            assert_eq!(device_name(&ui, Some(agent)).replace(['\u{2068}', '\u{2069}'], ""), name, "{agent}");
        }
        assert_eq!(device_name(&ui, None), "Passkey");
    }
}
