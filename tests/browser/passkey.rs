//! Passkeys with Chromium's own authenticator: made as a second step, asked for as one, and by themselves.

use serde_json::{Value, json};

use super::chrome::{Chrome, Scripts};
use crate::support::{Application, Idp, Setup, Usher};

const ANN: (&str, &str) = ("ann", "a good long secret");

/// A flow of these steps, each with these local ways.
fn steps(steps: &[&[&str]]) -> Value {
    let option = |name: &&str| json!({ "kind": "local", "authenticator": name });
    let step = |ways: &&[&str]| json!({ "options": ways.iter().map(option).collect::<Vec<_>>() });
    json!({ "steps": steps.iter().map(step).collect::<Vec<_>>() })
}

/// `shop` asks for a passkey or an app after the password, `desk` takes a passkey instead of it, `door` takes nothing else.
struct House {
    usher: Usher,
    landing: Idp,
    shop: Application,
    desk: Application,
    door: Application,
}

impl House {
    async fn new(second: &[&str]) -> Self {
        let landing = Idp::start().await;
        let back = json!([format!("{}/landed", landing.issuer())]);
        let app = |id: &str| Application::web(id).with("redirect_uris", back.clone());
        let (shop, desk, door) = (app("shop"), app("desk"), app("door"));
        let setup = Setup::new().person(ANN.0, ANN.1).app(&shop).app(&desk).app(&door);
        let setup = setup.flow(&shop, steps(&[&["password"], second]));
        let setup = setup.flow(&desk, steps(&[&["password", "passkey"]])).flow(&door, steps(&[&["passkey"]]));
        Self { usher: setup.start().await, landing, shop, desk, door }
    }

    fn back(&self) -> String {
        format!("{}/landed", self.landing.issuer())
    }

    /// Opens a new sign-in that no session answers.
    async fn open(&self, chrome: &Chrome, app: &Application) {
        let request = app.request(&self.usher).with("redirect_uri", &self.back()).with("prompt", "login");
        chrome.open(&request.url()).await;
    }

    async fn landed(&self, chrome: &Chrome) {
        chrome.arrive_at(&format!("{}?code=", self.back())).await;
        chrome.wait_for("return document.readyState === 'complete'").await;
        chrome.forget_noise().await;
    }
}

const READY: &str = "return document.querySelector('[data-passkey-ready]')?.hidden === false";

/// Made on the way in, then asked for; then without a name from the list of the field, and by its button.
#[tokio::test]
async fn a_passkey_is_made_and_signs_in() {
    let house = House::new(&["passkey"]).await;
    let chrome = Chrome::start(Scripts::Run).await;
    house.open(&chrome, &house.desk).await;
    chrome.wait_for(READY).await;
    chrome.inspect_in_every_look("sign-in-passkey").await;
    chrome.keep_passkeys().await;

    house.open(&chrome, &house.shop).await;
    chrome.sign_in(ANN.0, ANN.1).await;
    chrome.see("form[data-passkey=create]").await;
    chrome.wait_for(READY).await;
    chrome.inspect_in_every_look("passkey-new").await;
    let name = chrome.find("#name").await.prop("value").await.expect("a value").unwrap_or_default();
    assert!(name.contains("Chrome on Linux"), "{name}");
    chrome.tab_to("#passkey").await;
    chrome.type_keys(" ").await;
    chrome.tick("#saved", true).await;
    chrome.click("#submit").await;
    house.landed(&chrome).await;

    house.open(&chrome, &house.shop).await;
    chrome.sign_in(ANN.0, ANN.1).await;
    chrome.see("form[data-passkey=get]").await;
    chrome.wait_for(READY).await;
    chrome.inspect_in_every_look("passkey").await;
    chrome.click("#passkey").await;
    house.landed(&chrome).await;

    house.open(&chrome, &house.door).await;
    chrome.wait_for(READY).await;
    chrome.inspect("sign-in-passkey-only").await;
    chrome.click("#passkey").await;
    house.landed(&chrome).await;

    // The owner of this device never hesitates: the list below the name field is answered as soon as it is there.
    house.open(&chrome, &house.desk).await;
    house.landed(&chrome).await;
    chrome.quit().await;
}

/// Cancelled, or nothing there: said beside the button, which works again; another way is open.
#[tokio::test]
async fn a_passkey_that_does_not_come_is_explained() {
    let house = House::new(&["passkey", "totp"]).await;
    let chrome = Chrome::start(Scripts::Run).await;
    chrome.keep_passkeys().await;
    house.open(&chrome, &house.door).await;
    chrome.wait_for(READY).await;
    chrome.click("#passkey").await;
    chrome.wait_for("return document.querySelector('[data-passkey-failed]').hidden === false").await;
    assert_eq!(chrome.ask("return document.querySelector('#passkey').disabled").await, json!(false));
    chrome.inspect("sign-in-passkey-failed").await;
    chrome.quit().await;
}

/// Without scripts there is a sentence, no dead button, and the password.
#[tokio::test]
async fn without_scripts_other_ways_are_open() {
    let house = House::new(&["passkey"]).await;
    let chrome = Chrome::start(Scripts::Blocked).await;
    house.open(&chrome, &house.desk).await;
    assert!(chrome.text("[data-passkey-missing]").await.contains("newer browser"));
    assert_eq!(chrome.text("#passkey").await, "", "no button that does nothing");
    chrome.screenshot("sign-in-passkey-without-scripts").await;
    chrome.sign_in(ANN.0, ANN.1).await;
    house.landed(&chrome).await;
    chrome.quit().await;
}
