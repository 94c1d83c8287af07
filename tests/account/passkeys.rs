//! Passkeys in the account page, by a software authenticator: made for one session and one challenge, named, removed.

use serde_json::json;

use super::walk::{ANN, BEN, Person, is_sign_in, subjects};
use crate::support::{Application, Form, Idp, Page, Setup, Sink, SoftPasskey, Usher};

/// The page's form with the answer of a device.
fn made(usher: &Usher, page: &Page, device: &mut SoftPasskey) -> Form {
    let options = page.attributes("form[data-passkey=create]", "data-options").remove(0);
    page.form_with("answer").set("answer", &device.create(&usher.base, &options))
}

async fn passkeys(usher: &Usher) -> i64 {
    usher.database.count("SELECT count(*) FROM passkeys").await
}

/// Made, shown as what it is, renamed, removed; each told to the owner.
#[tokio::test]
async fn a_passkey_is_made_named_and_removed() {
    let sink = Sink::start().await;
    let usher = Setup::new().mail(&sink).person(ANN.0, ANN.1).start().await;
    let mut ann = Person::new(&usher, ANN);
    let page = ann.open("/security/passkey").await;
    let mut device = SoftPasskey::new();
    device.synced = true;
    let page = ann.send(made(&usher, &page, &mut device).set("name", "Laptop")).await;
    assert_eq!(page.texts("#recovery-codes code").len(), 10, "the first factor brings codes: {page}");
    let page = ann.send(page.form_with("saved").set("saved", "on")).await;
    let listed = page.text("#passkeys");
    assert!(listed.contains("Laptop") && listed.contains("Kept in the cloud"), "{listed}");
    let page = ann.look("/security/passkey").await;
    let options = page.attributes("form[data-passkey=create]", "data-options").remove(0);
    assert!(options.contains(&device.id()), "one per device: it is excluded");

    let own = format!("/security/device/passkey/{}", device.id());
    let page = ann.look(&own).await;
    let page = ann.send(page.form_with("name").set("name", "Old laptop")).await;
    assert!(page.text("#passkeys").contains("Old laptop"), "{page}");
    let page = ann.look(&own).await;
    let page = ann.send(page.form_with("remove")).await;
    assert!(!page.has("#passkeys") && passkeys(&usher).await == 0, "{page}");
    let added = "You have a new way to sign in";
    let told = subjects(&sink, 3).await;
    assert_eq!(told, ["A way to sign in was removed", added, "You have new recovery codes"]);
}

/// An answer fits one challenge, once, in the session that was given it (`WebAuthn` 7.1).
#[tokio::test]
async fn mfa_10_an_answer_fits_one_session_and_once() {
    let usher = Setup::new().person(ANN.0, ANN.1).person(BEN.0, BEN.1).start().await;
    let (mut ann, mut ben) = (Person::new(&usher, ANN), Person::new(&usher, BEN));
    let (of_ann, of_ben) = (ann.open("/security/passkey").await, ben.open("/security/passkey").await);
    let answer = made(&usher, &of_ann, &mut SoftPasskey::new());
    let foreign = of_ben.form_with("answer").set("answer", answer.value("answer"));
    let refused = ben.send(foreign.clone()).await;
    assert!(refused.status() == 422 && refused.has("#passkey-error"), "{refused}");
    let again = made(&usher, &of_ben, &mut SoftPasskey::new());
    assert_eq!(ben.send(again).await.status(), 422, "a challenge is answered once, right or wrong");
    assert_eq!(ben.send(of_ben.form_with("answer")).await.status(), 422, "an empty form is no answer");
    assert_eq!(passkeys(&usher).await, 0);

    let page = ann.send(answer.clone()).await;
    assert!(page.has("#recovery-codes"), "the honest twin: {page}");
    let replayed = ann.send(answer).await;
    assert_ne!(replayed.status(), 200, "{replayed}");
    assert_eq!(passkeys(&usher).await, 1);

    let device = usher.database.texts("SELECT id FROM passkeys").await.remove(0);
    let gone = ben.look(&format!("/security/device/passkey/{device}")).await;
    assert_eq!(gone.error_code().as_deref(), Some("not_found"), "{gone}");
}

/// A device that does not look who is there, and one that is used elsewhere already, are refused.
#[tokio::test]
async fn a_careless_device_and_a_second_owner_are_refused() {
    let usher = Setup::new().person(ANN.0, ANN.1).person(BEN.0, BEN.1).start().await;
    let (mut ann, mut ben) = (Person::new(&usher, ANN), Person::new(&usher, BEN));
    let page = ann.open("/security/passkey").await;
    let mut careless = SoftPasskey::new();
    careless.verifies_user = false;
    assert_eq!(ann.send(made(&usher, &page, &mut careless)).await.status(), 422);
    let page = ann.look("/security/passkey").await;
    let mut device = SoftPasskey::new();
    assert!(ann.send(made(&usher, &page, &mut device)).await.has("#recovery-codes"), "the honest twin");
    let page = ben.open("/security/passkey").await;
    let refused = ben.send(made(&usher, &page, &mut device)).await;
    assert!(refused.status() == 422 && refused.has("#passkey-error"), "an id names one account: {refused}");
    assert_eq!(passkeys(&usher).await, 1);
    usher.advance(6 * 60);
    assert!(is_sign_in(&ben.look("/security/passkey").await), "a fresh sign-in is needed");
}

/// Where passkeys are taken by themselves one may be the last way in, and then it stays (LINK-27).
#[tokio::test]
async fn link_27_a_passkey_may_be_the_last_way_in() {
    let (acme, everybody) = (Idp::start().await, Application::web("*"));
    acme.claims(|claims| *claims = json!({ "sub": "zoe-1", "preferred_username": "zoe" }));
    let first = json!([{ "kind": "local", "authenticator": "passkey" }, { "kind": "every_connection" }]);
    let setup = Setup::new().idp("acme", &acme).flow(&everybody, json!({ "steps": [{ "options": first }] }));
    let usher = setup.start().await;
    let mut zoe = Person::new(&usher, ("zoe", ""));
    let page = zoe.look("/security/passkey").await;
    let page = zoe.browser.click(&page, "/go/acme").await.page();
    let mut device = SoftPasskey::new();
    let page = zoe.send(made(&usher, &page, &mut device)).await;
    zoe.send(page.form_with("saved").set("saved", "on")).await;
    let page = zoe.look("/linked").await;
    let unlink = page.attributes("#linked a", "href").remove(0);
    let page = zoe.look(unlink.trim_start_matches("/account")).await;
    let unlink = page.form_with("unlink");
    let own = format!("/security/device/passkey/{}", device.id());
    let page = zoe.look(&own).await;
    let remove = page.form_with("remove");

    zoe.send(unlink).await;
    assert_eq!(usher.database.links_of("zoe").await, 0, "the passkey leads in");
    assert_eq!(passkeys(&usher).await, 1);
    let page = zoe.look("/security").await;
    assert!(is_sign_in(&page), "what the link had opened ended: {page}");
    let options = page.attributes("form[data-passkey=get]", "data-options").remove(0);
    let answer = device.get(&usher.base, &options);
    let form = page.forms().into_iter().find(|form| form.action.path().ends_with("/passkey")).expect("a form");
    let page = zoe.send(form.set("answer", &answer)).await;
    assert_eq!(page.url.path(), "/account/security", "{page}");
    let page = zoe.look(&own).await;
    assert!(page.text("main").contains("last way in") && !page.has("#remove"), "{page}");
    let csrf = page.form_with("name").value("csrf").to_owned();
    let refused = zoe.send(remove.set("csrf", &csrf)).await;
    assert_eq!((refused.status(), passkeys(&usher).await), (422, 1), "{refused}");
}
