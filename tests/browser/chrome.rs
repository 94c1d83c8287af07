//! One Chromium with a profile of its own, driven through chromedriver.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use thirtyfour::common::log::LoggingPrefsLogLevel;
use thirtyfour::prelude::*;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::ports;

/// Whether pages may run scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    Run,
    Blocked,
}

/// How long a page may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser window.
pub struct Chrome {
    process: DriverProcess,
    // Never dropped by itself: it would wait for an answer that this thread has to read. Killing the process is enough.
    driver: ManuallyDrop<WebDriver>,
    _profile: tempfile::TempDir,
}

/// chromedriver and everything it starts, ended together.
struct DriverProcess(Child);

impl Drop for DriverProcess {
    fn drop(&mut self) {
        if let Some(id) = self.0.id() {
            let group = format!("-{id}");
            let _ = std::process::Command::new("kill").args(["-KILL", "--", &group]).status();
        }
    }
}

async fn chromedriver(home: &Path) -> (DriverProcess, u16) {
    let port = ports::free();
    let mut command = Command::new("chromedriver");
    command.arg(format!("--port={port}")).process_group(0).stdin(Stdio::null()).stderr(Stdio::null());
    // Sockets, crash reports and settings go where the profile goes, and leave with it.
    command.env("TMPDIR", home).env("HOME", home).env_remove("XDG_CONFIG_HOME").env_remove("XDG_CACHE_HOME");
    let mut child = command.stdout(Stdio::piped()).spawn().expect("chromedriver is installed");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    while let Some(line) = lines.next_line().await.expect("readable") {
        if line.contains("started successfully") {
            break;
        }
    }
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (DriverProcess(child), port)
}

/// Where pictures are kept.
fn screenshots() -> PathBuf {
    let binary = crate::support::usher::binary();
    let folder = binary.parent().and_then(Path::parent).expect("target/<profile>").join("screenshots");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

impl Chrome {
    /// Starts a browser.
    pub async fn start(scripts: Scripts) -> Self {
        let profile = tempfile::Builder::new().prefix("usher-tests-chrome-").tempdir().expect("a folder");
        let (process, port) = chromedriver(profile.path()).await;
        let mut wanted = DesiredCapabilities::chrome();
        for flag in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,900",
            "--lang=en",
        ] {
            wanted.add_arg(flag).expect("a flag");
        }
        wanted.add_arg(&format!("--user-data-dir={}", profile.path().join("profile").display())).expect("a flag");
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All).expect("a level");
        if scripts == Scripts::Blocked {
            let prefs = json!({ "profile.managed_default_content_settings.javascript": 2 });
            wanted.add_experimental_option("prefs", prefs).expect("an option");
        }
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await.expect("a session");
        Self { process, driver: ManuallyDrop::new(driver), _profile: profile }
    }

    /// Opens an address.
    pub async fn open(&self, url: &str) {
        self.driver.goto(url).await.unwrap_or_else(|e| panic!("{url}: {e}"));
    }

    /// The address shown.
    pub async fn url(&self) -> String {
        self.driver.current_url().await.expect("an address").to_string()
    }

    /// The window's title.
    pub async fn title(&self) -> String {
        self.driver.title().await.expect("a title")
    }

    /// An element, which must be there or come.
    pub async fn find(&self, css: &str) -> WebElement {
        self.see(css).await;
        let Ok(element) = self.driver.find(By::Css(css)).await else {
            panic!("no {css} at {}:\n{}", self.url().await, self.text("body").await);
        };
        element
    }

    /// Whether an element is there.
    pub async fn has(&self, css: &str) -> bool {
        !self.driver.find_all(By::Css(css)).await.expect("a list").is_empty()
    }

    /// The visible text of an element, empty when there is none.
    pub async fn text(&self, css: &str) -> String {
        match self.driver.find(By::Css(css)).await {
            Ok(element) => element.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Clicks and waits for the page that follows.
    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap_or_else(|e| panic!("{css}: {e}"));
    }

    /// Types into a field.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.expect("clears");
        field.send_keys(text).await.expect("types");
    }

    /// Signs in on a page of Usher's.
    pub async fn sign_in(&self, username: &str, password: &str) {
        self.fill("#username", username).await;
        self.fill("#password", password).await;
        self.click("#submit").await;
    }

    /// Ticks or unticks a box.
    pub async fn tick(&self, css: &str, wanted: bool) {
        let field = self.find(css).await;
        if field.is_selected().await.expect("a box") != wanted {
            field.click().await.unwrap_or_else(|e| panic!("{css}: {e}"));
        }
    }

    /// Chooses in a list by value.
    pub async fn choose(&self, css: &str, value: &str) {
        self.click(&format!("{css} option[value='{value}']")).await;
    }

    /// What a script finds on the page; for reading only.
    pub async fn ask(&self, script: &str) -> Value {
        let ran = self.driver.execute(script, vec![]).await;
        ran.unwrap_or_else(|e| panic!("{script}: {e}")).json().clone()
    }

    /// The same as a list of texts.
    pub async fn ask_texts(&self, script: &str) -> Vec<String> {
        let found = self.ask(script).await;
        let texts = found.as_array().into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    /// Presses the tabulator.
    pub async fn press_tab(&self) {
        let keys = self.driver.action_chain().send_keys(Key::Tab);
        keys.perform().await.expect("presses");
    }

    /// Types to whatever has the focus.
    pub async fn type_keys(&self, text: &str) {
        self.driver.action_chain().send_keys(text).perform().await.expect("types");
    }

    /// Presses one key.
    pub async fn press(&self, key: Key) {
        self.driver.action_chain().send_keys(key).perform().await.expect("presses");
    }

    /// Tabs until an element has the focus, as somebody without a mouse does.
    pub async fn tab_to(&self, css: &str) {
        self.see(css).await;
        let there = format!("return document.activeElement?.matches({})", json!(css));
        for _ in 0..300 {
            if self.ask(&there).await == json!(true) {
                return;
            }
            self.press_tab().await;
        }
        panic!("the tabulator never reaches {css} at {}", self.url().await);
    }

    /// Waits until a script finds what it looks for.
    pub async fn wait_for(&self, script: &str) {
        let sight = async { while self.ask(script).await != json!(true) {} };
        let seen = tokio::time::timeout(PATIENCE, sight).await.is_ok();
        assert!(seen, "never true at {}: {script}\n{}", self.url().await, self.text("body").await);
    }

    /// Waits until the walk that a click or a script began has led to an address.
    pub async fn arrive_at(&self, url: &str) {
        let arrival = async { while !self.url().await.starts_with(url) {} };
        let arrived = tokio::time::timeout(PATIENCE, arrival).await.is_ok();
        assert!(arrived, "not at {url} but at {}:\n{}", self.url().await, self.text("body").await);
    }

    /// Waits until an element is there.
    pub async fn see(&self, css: &str) {
        let sight = async { while !self.has(css).await {} };
        let seen = tokio::time::timeout(PATIENCE, sight).await.is_ok();
        assert!(seen, "no {css} at {}:\n{}", self.url().await, self.text("body").await);
    }

    /// Goes one page back.
    pub async fn back(&self) {
        self.driver.back().await.expect("goes back");
    }

    /// No CSP violation, no console error; an error page may complain about its own status only.
    pub async fn assert_quiet(&self) {
        let whole = self.url().await;
        let here = whole.split('#').next().unwrap_or_default();
        let entries = self.driver.browser_log().await.expect("a log");
        let own_status = |text: &str| text.starts_with(here) && text.contains("responded with a status of 4");
        let loud: Vec<String> = entries
            .into_iter()
            .filter(|entry| entry.level == "SEVERE" || entry.message.contains("Content Security Policy"))
            .map(|entry| entry.message)
            .filter(|text| !own_status(text))
            .collect();
        assert!(loud.is_empty(), "the console of {here} says: {loud:#?}");
    }

    /// Forgets what a page of another site said: an application's own address answers nothing here.
    pub async fn forget_noise(&self) {
        self.driver.browser_log().await.expect("a log");
    }

    /// The page has no accessibility violation that axe-core finds (WCAG 2.2 A and AA).
    pub async fn assert_accessible(&self) {
        let axe = crate::interop::peer::folder().join("node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(&axe).expect("axe-core: run scripts/install-peers.sh");
        self.driver.execute(axe, vec![]).await.expect("axe loads");
        let run = "const done = arguments[arguments.length - 1];
            axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
              .then(r => done(r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.map(n => n.html + ' ' +
                (n.any[0] ? n.any[0].message : '')).join(' | '))))
              .catch(e => done([String(e)]));";
        let found = self.driver.execute_async(run, vec![]).await.expect("axe runs").json().clone();
        assert_eq!(found, json!([]), "{}", self.url().await);
    }

    /// At 320 px nothing makes the page scroll sideways.
    pub async fn assert_narrow(&self) {
        self.telephone().await;
        let ask = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth,
            [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 321)
              .slice(0, 5).map(e => e.outerHTML.slice(0, 120))]";
        let sizes = self.driver.execute(ask, vec![]).await.expect("measures").json().clone();
        self.desk().await;
        assert!(sizes[0].as_i64() <= sizes[1].as_i64(), "{} scrolls sideways: {sizes}", self.url().await);
    }

    /// Shows pages as a light system would.
    pub async fn go_light(&self) {
        self.command("Emulation.setEmulatedMedia", json!({ "features": [] })).await;
    }

    /// A window of a telephone until [`Self::desk`].
    pub async fn telephone(&self) {
        let phone = json!({ "width": 320, "height": 700, "deviceScaleFactor": 1, "mobile": true });
        self.command("Emulation.setDeviceMetricsOverride", phone).await;
    }

    /// The usual window again.
    pub async fn desk(&self) {
        self.command("Emulation.clearDeviceMetricsOverride", json!({})).await;
        self.wait_for("return window.innerWidth > 400").await;
    }

    /// With the text at twice its size, nothing makes the page scroll sideways.
    pub async fn assert_enlarged(&self) {
        let ask = "document.documentElement.style.fontSize = '200%';
            const sizes = [document.documentElement.scrollWidth, document.documentElement.clientWidth];
            document.documentElement.style.fontSize = ''; return sizes";
        let sizes = self.ask(ask).await;
        assert!(sizes[0].as_i64() <= sizes[1].as_i64(), "{} scrolls sideways: {sizes}", self.url().await);
    }

    /// Everything of [`Self::inspect`], and the dark look, large text, and a picture of each look.
    pub async fn inspect_in_every_look(&self, name: &str) {
        self.inspect(name).await;
        self.assert_enlarged().await;
        self.telephone().await;
        self.whole_picture(&format!("{name}-320")).await;
        self.desk().await;
        self.go_dark().await;
        self.whole_picture(&format!("{name}-dark")).await;
        self.assert_accessible().await;
        self.go_light().await;
        self.whole_picture(name).await;
        self.assert_quiet().await;
    }

    /// A picture of the page down to its end, under `target/screenshots/`.
    async fn whole_picture(&self, name: &str) {
        self.ask("document.getAnimations().forEach(change => change.finish())").await;
        let wanted = json!({ "captureBeyondViewport": true });
        let taken = self.driver.cdp().send_raw("Page.captureScreenshot", wanted).await.expect("a picture");
        let bytes = STANDARD.decode(taken["data"].as_str().expect("base64")).expect("base64");
        std::fs::write(screenshots().join(format!("{name}.png")), bytes).expect("a file");
    }

    /// Shows pages as a dark system would.
    pub async fn go_dark(&self) {
        let dark = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
        self.command("Emulation.setEmulatedMedia", dark).await;
    }

    /// Gives the browser a device that keeps passkeys and lets its owner in by finger, who never hesitates.
    pub async fn keep_passkeys(&self) {
        self.command("WebAuthn.enable", json!({})).await;
        let device = json!({ "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true });
        self.command("WebAuthn.addVirtualAuthenticator", json!({ "options": device })).await;
    }

    /// What a QR code says, painted by the browser as it stands there and read by a library that nobody here wrote.
    pub async fn read_qr(&self, svg: &str) -> String {
        self.see(svg).await;
        let reader = crate::interop::peer::folder().join("node_modules/jsqr/dist/jsQR.js");
        let reader = std::fs::read_to_string(&reader).expect("jsqr: run scripts/install-peers.sh");
        let read = "const svg = document.querySelector(arguments[0]), side = svg.viewBox.baseVal.width * 8;
            const canvas = Object.assign(document.createElement('canvas'), { width: side, height: side });
            const paint = canvas.getContext('2d');
            paint.scale(8, 8);
            for (const path of svg.querySelectorAll('path')) {
              paint.fillStyle = getComputedStyle(path).fill;
              paint.fill(new Path2D(path.getAttribute('d')));
            }
            return self.jsQR(paint.getImageData(0, 0, side, side).data, side, side)?.data ?? ''";
        let read = self.driver.execute(format!("{reader}\n{read}"), vec![json!(svg)]).await.expect("reads");
        read.json().as_str().unwrap_or_default().to_owned()
    }

    /// On a telephone, what is touched is 44 px high, and what is typed into has letters of 16 px.
    pub async fn assert_thumbs(&self) {
        self.telephone().await;
        let small = "return [...document.querySelectorAll('main input, main button, main a, main summary')]
            .filter(e => e.checkVisibility() && e.type !== 'hidden')
            .filter(e => (e.type === 'checkbox' ? e.labels[0] : e).getBoundingClientRect().height < 43.5 ||
              (e.matches('input:not([type=checkbox])') && parseFloat(getComputedStyle(e).fontSize) < 16))
            .map(e => `${e.outerHTML.slice(0, 90)} is ${e.getBoundingClientRect().height} px high`)";
        let small = self.ask_texts(small).await;
        self.desk().await;
        assert!(small.is_empty(), "{}: {small:#?}", self.url().await);
    }

    /// Everything that can be asked of one page.
    pub async fn inspect(&self, name: &str) {
        self.assert_quiet().await;
        self.screenshot(name).await;
        self.assert_accessible().await;
        self.assert_narrow().await;
        self.assert_quiet().await;
    }

    /// Keeps a picture under `target/screenshots/`.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        let file = screenshots().join(format!("{name}.png"));
        self.driver.screenshot(&file).await.expect("a picture");
        file
    }

    async fn command(&self, name: &str, parameters: Value) {
        self.driver.cdp().send_raw(name, parameters).await.unwrap_or_else(|e| panic!("{name}: {e}"));
    }

    /// Ends the browser.
    pub async fn quit(self) {
        let driver = ManuallyDrop::into_inner(self.driver);
        let _ = tokio::time::timeout(PATIENCE, driver.quit()).await;
        drop(self.process);
    }
}
