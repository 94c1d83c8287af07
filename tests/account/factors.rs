//! Authenticator apps in the account page: added, named, removed; by their owner only, and only after a fresh sign-in.

use serde_json::{Value, json};

use super::walk::{ANN, BEN, Person, is_sign_in, subjects};
use crate::support::{Application, Page, Setup, Sink, Usher, totp};

/// Password, then a code of the app.
fn with_code() -> Value {
    let local = |name: &str| json!({ "kind": "local", "authenticator": name });
    json!({ "steps": [{ "options": [local("password")] }, { "options": [local("totp"), local("recovery_code")] }] })
}

/// Where the list leads to a device.
fn device(page: &Page) -> String {
    page.attributes("#apps a", "href")[0].clone()
}

async fn apps(usher: &Usher) -> i64 {
    usher.database.count("SELECT count(*) FROM totp_devices").await
}

/// The first one brings recovery codes, which count once they were saved; the next sign-in asks for it.
#[tokio::test]
async fn mfa_16_an_app_is_added_with_recovery_codes() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let setup = Setup::new().mail(&sink).person(ANN.0, ANN.1).app(&shop).flow(&shop, with_code());
    let usher = setup.start().await;
    let mut ann = Person::new(&usher, ANN);
    let page = ann.open("/security/app").await;
    let key = page.text("#totp-key");
    let opened = page.attributes("#open-app", "href").remove(0);
    assert!(page.has("svg[role=img]") && opened.contains(&key.replace(' ', "")), "{opened}");
    let wrong = ann.send(page.form_with("code").set("code", "000000")).await;
    assert_eq!((wrong.status(), wrong.text("#totp-key")), (422, key.clone()), "{wrong}");
    assert_eq!(apps(&usher).await, 0);

    let form = page.form_with("code").set("code", &totp::code(&key, usher.clock.now())).set("name", "  My phone ");
    let page = ann.send(form.clone()).await;
    assert_eq!(page.texts("#recovery-codes code").len(), 10, "{page}");
    assert_eq!(usher.database.count("SELECT count(*) FROM recovery_codes").await, 0, "not before they are saved");
    let unsaved = ann.send(page.form_with("saved")).await;
    assert!(unsaved.status() == 422 && unsaved.has("#saved-error"), "{unsaved}");
    let page = ann.send(page.form_with("saved").set("saved", "on")).await;
    assert!(page.text("#apps").contains("My phone"), "{page}");
    assert_eq!((apps(&usher).await, usher.database.count("SELECT count(*) FROM recovery_codes").await), (1, 10));
    let replayed = ann.send(form).await;
    assert_eq!((replayed.status(), apps(&usher).await), (409, 1), "once for ever: {replayed}");
    assert!(ann.look("/security/codes").await.texts("#recovery-codes code").is_empty(), "shown once");
    assert!(ann.look("/security/app").await.text("#totp-key") != key, "shown once");
    assert!(!usher.files_hold(&key.replace(' ', "")), "sealed at rest");
    assert_eq!(subjects(&sink, 2).await, ["You have a new way to sign in", "You have new recovery codes"]);
    assert_eq!(ann.audited("factor.enrolled").await, 2);

    usher.advance(totp::STEP);
    let (request, mut browser) = (shop.request(&usher), usher.browser());
    let page = browser.open(request.url()).await.page();
    let page = browser.submit(page.form_with("password").set("username", ANN.0).set("password", ANN.1)).await.page();
    let code = totp::code(&key, usher.clock.now());
    let landing = browser.submit(page.form_with("code").set("code", &code).set("act", "code")).await;
    assert_eq!(usher.finish(&shop, request, landing).await.tokens.claims["amr"], json!(["pwd", "otp", "mfa"]));
}

/// A code of another key, and a key that another session was shown, confirm nothing.
#[tokio::test]
async fn mfa_10_a_key_belongs_to_the_session_that_was_shown_it() {
    let usher = Setup::new().person(ANN.0, ANN.1).start().await;
    let (mut one, mut other) = (Person::new(&usher, ANN), Person::new(&usher, ANN));
    let (page, shown) = (one.open("/security/app").await, other.open("/security/app").await);
    let now = usher.clock.now();
    assert_ne!(page.text("#totp-key"), shown.text("#totp-key"));
    let foreign = totp::code(&shown.text("#totp-key"), now);
    let refused = one.send(page.form_with("code").set("code", &foreign)).await;
    assert!(refused.status() == 422 && refused.has("#code-error"), "{refused}");
    assert_eq!(apps(&usher).await, 0);
    let own = totp::code(&page.text("#totp-key"), now);
    let page = one.send(page.form_with("code").set("code", &own)).await;
    assert!(page.has("#recovery-codes"), "the honest twin: {page}");
    // By now the account has a factor: the other session proves it before it adds one.
    let code = totp::code(&shown.text("#totp-key"), now);
    let asked = other.send(shown.form_with("code").set("code", &code)).await;
    assert!(is_sign_in(&asked), "{asked}");
    assert_eq!(apps(&usher).await, 1);
}

/// A password alone does not even enter where the account has a factor, and adds none beside it.
#[tokio::test]
async fn mfa_10_a_password_alone_adds_nothing() {
    let usher = Setup::new().person(ANN.0, ANN.1).start().await;
    let mut ann = Person::new(&usher, ANN);
    ann.add_app().await;
    let mut thief = Person::new(&usher, ANN);
    let page = thief.open_with_password("/security/app").await;
    assert!(is_sign_in(&page) && page.has("#code"), "a code is asked for: {page}");
    assert!(is_sign_in(&thief.look("/security/app").await), "and there is no way around");
    let mut owner = ann.elsewhere();
    let page = owner.open("/security/app").await;
    assert!(page.has("#totp-key"), "the honest twin: {page}");
}

impl Person<'_> {
    /// Opens a page and answers with the password only.
    async fn open_with_password(&mut self, path: &str) -> Page {
        let page = self.look(path).await;
        self.send(page.form_with("password").set("username", self.who.0).set("password", self.who.1)).await
    }
}

/// A sign-in of six minutes ago adds and removes nothing; afterwards the person is where they were.
#[tokio::test]
async fn mfa_17_an_old_sign_in_changes_nothing() {
    let shop = Application::web("shop");
    let (sink, usher) = (Sink::start().await, Setup::new().person(ANN.0, ANN.1).app(&shop));
    let usher = usher.mail(&sink).start().await;
    let mut ann = Person::new(&usher, ANN);
    ann.add_app().await;
    let device = device(&ann.open("/security").await);
    let path = device.trim_start_matches("/account");
    let page = ann.look(path).await;
    assert!(page.has("#last-factor"), "said plainly: {page}");
    let mut elsewhere = ann.elsewhere();
    elsewhere.open("/security").await;

    usher.advance(6 * 60);
    let stale = ann.send(page.form_with("remove")).await;
    assert!(is_sign_in(&stale), "{stale}");
    assert!(is_sign_in(&ann.look("/security/app").await));
    assert_eq!(apps(&usher).await, 1);
    let page = ann.open(path).await;
    assert_eq!(page.url.path(), device, "looking is allowed: {page}");
    ann.open("/security/app").await;
    let page = ann.open(path).await;
    let page = ann.send(page.form_with("remove")).await;
    assert_eq!((page.url.path(), apps(&usher).await), ("/account/security", 0), "{page}");
    assert_eq!(usher.database.count("SELECT count(*) FROM recovery_codes").await, 0, "they stood in for it");
    assert!(is_sign_in(&elsewhere.look("/security").await), "the other browser is out");
    assert_eq!(subjects(&sink, 3).await[0], "A way to sign in was removed");
    assert_eq!(ann.audited("user.factor_removed").await, 1);
}

/// What belongs to somebody else is not there, whatever is done to it.
#[tokio::test]
async fn another_persons_device_is_not_there() {
    let usher = Setup::new().person(ANN.0, ANN.1).person(BEN.0, BEN.1).start().await;
    let (mut ann, mut ben) = (Person::new(&usher, ANN), Person::new(&usher, BEN));
    ann.add_app().await;
    ben.add_app().await;
    let (of_ann, of_ben) = (device(&ann.open("/security").await), device(&ben.open("/security").await));
    let page = ben.open(of_ben.trim_start_matches("/account")).await;
    let renamed = ben.send(page.form_with("name").set("name", "Telephone")).await;
    assert!(renamed.text("#apps").contains("Telephone"), "the honest twin: {renamed}");
    let empty = ben.send(page.form_with("name").set("name", " ")).await;
    assert!(empty.has("#name-error"), "{empty}");

    let names = usher.database.texts("SELECT name FROM totp_devices ORDER BY id").await;
    let gone = ben.look(of_ann.trim_start_matches("/account")).await;
    assert_eq!(gone.error_code().as_deref(), Some("not_found"), "{gone}");
    for control in ["name", "remove"] {
        let mut form = page.form_with(control).set("name", "stolen");
        form.action = url::Url::parse(&form.action.as_str().replace(&of_ben, &of_ann)).expect("a URL");
        let page = ben.send(form).await;
        assert_eq!((page.status(), page.error_code().as_deref()), (404, Some("not_found")), "{page}");
    }
    assert_eq!(usher.database.texts("SELECT name FROM totp_devices ORDER BY id").await, names);
}
