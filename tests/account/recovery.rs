//! Recovery codes in the account page: made anew, shown once, good once they were saved.

use super::walk::{ANN, Person, is_sign_in};
use crate::support::{Application, Page, Setup, Usher};

async fn left(usher: &Usher) -> i64 {
    usher.database.count("SELECT count(*) FROM recovery_codes WHERE used_at IS NULL").await
}

/// Signs in to the account page with a recovery code.
async fn enters_with(person: &Person<'_>, code: &str) -> Page {
    let mut other = person.elsewhere();
    let page = other.look("/security").await;
    let page = other.send(page.form_with("password").set("username", ANN.0).set("password", ANN.1)).await;
    let lost = page.forms().into_iter().rfind(|form| form.action.path().ends_with("/factor")).expect("a form");
    let page = other.send(lost.set("act", "recovery_code")).await;
    other.send(page.form_with("code").set("code", code).set("act", "code")).await
}

/// The old ones work until the new ones were saved, and then no more (MFA-09).
#[tokio::test]
async fn mfa_09_new_codes_replace_old_ones_when_they_are_saved() {
    let usher = Setup::new().person(ANN.0, ANN.1).start().await;
    let mut ann = Person::new(&usher, ANN);
    let old = ann.add_app().await;
    let entered = enters_with(&ann, &old[0]).await;
    assert_eq!(entered.url.path(), "/account/security", "{entered}");
    assert!(entered.text("#codes-left").contains('9'), "{entered}");

    let page = ann.open("/security/codes").await;
    let page = ann.send(page.form_with("submit")).await;
    let new = page.texts("#recovery-codes code");
    assert_eq!((new.len(), left(&usher).await), (10, 9), "{page}");
    assert_eq!(ann.look("/security/codes").await.texts("#recovery-codes code"), new, "a look again is no loss");
    let file = ann.browser.hop(usher.url("/account/security/codes/recovery-codes.txt")).await;
    assert_eq!(file.body.lines().collect::<Vec<_>>(), new);
    let page = ann.send(page.form_with("saved").set("saved", "on")).await;
    assert!(page.text("#codes-left").contains("10"), "{page}");
    let file = ann.browser.hop(usher.url("/account/security/codes/recovery-codes.txt")).await;
    assert_eq!(file.status, 404, "shown no more");

    let refused = enters_with(&ann, &old[1]).await;
    assert!(is_sign_in(&refused) && refused.status() == 422, "{refused}");
    assert_eq!(enters_with(&ann, &new[3]).await.url.path(), "/account/security");
    assert_eq!(left(&usher).await, 9);
}

/// Nobody makes codes without a fresh sign-in, beside nothing, or for another session.
#[tokio::test]
async fn mfa_09_codes_are_made_by_their_owner_now() {
    let shop = Application::web("shop");
    let usher = Setup::new().person(ANN.0, ANN.1).app(&shop).start().await;
    let mut ann = Person::new(&usher, ANN);
    let page = ann.open("/security/codes").await;
    let alone = ann.send(page.form_with("submit")).await;
    assert_eq!(
        (alone.status(), alone.texts("#recovery-codes code").len()),
        (422, 0),
        "nothing to stand in for: {alone}"
    );
    ann.add_app().await;
    let page = ann.open("/security/codes").await;
    usher.advance(6 * 60);
    let stale = ann.send(page.form_with("submit")).await;
    assert!(is_sign_in(&stale), "{stale}");

    let page = ann.open("/security/app").await;
    assert!(page.has("#totp-key"), "fresh again: {page}");
    let page = ann.open("/security/codes").await;
    let page = ann.send(page.form_with("submit")).await;
    let mut other = ann.elsewhere();
    let csrf = other.open("/security/password").await.form_with("new").value("csrf").to_owned();
    let saved = other.send(page.form_with("saved").set("saved", "on").set("csrf", &csrf)).await;
    assert_eq!(saved.status(), 409, "another session was shown none: {saved}");
    assert!(other.look("/security/codes").await.texts("#recovery-codes code").is_empty());
    let page = ann.send(page.form_with("saved").set("saved", "on")).await;
    assert_eq!(page.url.path(), "/account/security", "the honest twin: {page}");
}
