//! The password: changed with the present one, set by whoever has none, guessed by nobody.

use serde_json::json;

use super::walk::{ANN, Person, is_sign_in, subjects};
use crate::login::reset::{forgot, link_in};
use crate::support::{Application, Form, Idp, Landing, Page, Setup, Sink};

const NEW: &str = "seven green bottles";

fn filled(page: &Page, current: &str, new: &str) -> Form {
    page.form_with("new").set("current", current).set("new", new).set("again", new)
}

/// Everything that the old password had opened ends, the page goes on, and the owner reads about it.
#[tokio::test]
async fn a_new_password_ends_everything_else() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = Setup::new().mail(&sink).person(ANN.0, ANN.1).app(&shop).start().await;
    let mut ann = Person::new(&usher, ANN);
    let mut elsewhere = usher.browser();
    usher.sign_in_locally(&mut elsewhere, &shop, ANN).await;
    forgot(&usher, &shop, ANN.0).await;
    let link = link_in(&usher, &sink, 1).await;
    assert_eq!(usher.browser().open(&link).await.page().status(), 200, "a link for a new password is on its way");

    // Any bytes do for the hash of a remembered browser: nobody comes with it.
    let remembered = format!(
        "INSERT INTO trusted_devices (hash, user_id, owner, created_at, expires_at, last_used_at, label)
         SELECT hash, '{}', '*', 0, 99999999999999, 0, 'Ann' FROM setup_tokens WHERE purpose LIKE 'reset:%'",
        ann.id().await
    );
    usher.database.execute(&remembered).await;
    assert_eq!(usher.database.count("SELECT count(*) FROM trusted_devices").await, 1);

    let page = ann.open("/security/password").await;
    let page = ann.send(filled(&page, ANN.1, NEW)).await;
    assert_eq!((page.status(), page.url.path()), (200, "/account/security"), "{page}");
    assert_eq!(usher.database.count("SELECT count(*) FROM trusted_devices").await, 0, "no browser is remembered");
    assert!(page.has("[role=status]"), "{page}");

    let silent = shop.request(&usher).with("prompt", "none");
    let landing = elsewhere.open(silent.url()).await;
    assert_eq!(silent.error(landing), "login_required", "the other browser is out");
    assert_eq!(ann.look("/security").await.url.path(), "/account/security", "this one is not");
    assert_eq!(usher.browser().open(&link).await.page().status(), 404, "the link died");
    assert_eq!(subjects(&sink, 2).await, ["Choose a new password", "Your password was changed"]);
    assert_eq!(ann.audited("user.password_changed").await, 1);

    let mut old = Person::new(&usher, ANN);
    let page = old.look("/security").await;
    let page = old.send(page.form_with("password").set("username", ANN.0).set("password", ANN.1)).await;
    assert!(is_sign_in(&page) && page.status() == 422, "{page}");
    let page = Person::new(&usher, (ANN.0, NEW)).open("/security").await;
    assert_eq!(page.url.path(), "/account/security", "{page}");
}

/// What is wrong with a new password is said at its field, and nothing changes.
#[tokio::test]
async fn a_poor_password_is_refused_at_its_field() {
    let usher = Setup::new().person(ANN.0, ANN.1).start().await;
    let mut ann = Person::new(&usher, ANN);
    let page = ann.open("/security/password").await;
    let hash = usher.database.texts("SELECT password_hash FROM credentials").await;
    for (current, new, again, field) in [
        (ANN.1, "short", "short", "#new-error"),
        (ANN.1, "ann@corp.test", "ann@corp.test", "#new-error"),
        (ANN.1, NEW, "seven green bottle", "#again-error"),
        ("not my password", NEW, NEW, "#current-error"),
        ("", NEW, NEW, "#current-error"),
    ] {
        let form = filled(&page, current, new).set("again", again);
        let refused = ann.send(form).await;
        assert_eq!(refused.status(), 422, "{new}: {refused}");
        assert!(refused.has(field) && refused.text("title").starts_with("Error:"), "{new}: {refused}");
        assert!(refused.attributes("input[type=password]", "value").is_empty(), "nothing is sent back");
    }
    assert_eq!(usher.database.texts("SELECT password_hash FROM credentials").await, hash);
    assert_eq!(ann.audited("user.password_changed").await, 0);
}

/// Guesses at the present password count with those of the sign-in, and once they are too many the right one is not
/// looked at either (MFA-06).
#[tokio::test]
async fn mfa_06_the_present_password_is_guessed_no_further_than_at_the_sign_in() {
    let usher = Setup::new().person(ANN.0, ANN.1).start().await;
    let mut ann = Person::new(&usher, ANN);
    let page = ann.open("/security/password").await;
    let mut locked = None;
    for guess in 0..12 {
        let answer = ann.send(filled(&page, &format!("guess number {guess}"), NEW)).await;
        if answer.error_code().as_deref() == Some("locked") {
            locked = Some(guess);
            break;
        }
        assert!(answer.has("#current-error"), "{answer}");
    }
    assert_eq!(locked, Some(10));
    let right = ann.send(filled(&page, ANN.1, NEW)).await;
    assert_eq!(right.error_code().as_deref(), Some("locked"), "not even the right one: {right}");
    let mut door = Person::new(&usher, ANN);
    let page = door.look("/security").await;
    let page = door.send(page.form_with("password").set("username", ANN.0).set("password", ANN.1)).await;
    assert_eq!(page.error_code().as_deref(), Some("locked"), "one count for both doors: {page}");
}

/// Whoever came through a provider sets a first password, after a fresh sign-in, and signs in with it.
#[tokio::test]
async fn a_first_password_needs_a_fresh_sign_in() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    acme.claims(|claims| *claims = json!({ "sub": "zoe-1", "preferred_username": "zoe" }));
    let usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let mut zoe = Person::new(&usher, ("zoe", NEW));
    let page = zoe.look("/security/password").await;
    let page = zoe.browser.click(&page, "/go/acme").await.page();
    assert_eq!(page.url.path(), "/account/security/password", "{page}");
    assert!(!page.has("#current"), "there is none to ask for: {page}");

    usher.advance(6 * 60);
    let stale = zoe.send(filled(&page, "", NEW)).await;
    assert!(is_sign_in(&stale), "{stale}");
    assert_eq!(usher.database.count("SELECT count(*) FROM credentials").await, 0);
    let page = zoe.browser.click(&stale, "/go/acme").await.page();
    assert_eq!(page.url.path(), "/account/security/password", "back where it was: {page}");
    let page = zoe.send(filled(&page, "", NEW)).await;
    assert_eq!(page.url.path(), "/account/security", "{page}");
    let page = zoe.elsewhere().open("/security").await;
    assert_eq!(page.url.path(), "/account/security", "{page}");
}

/// No form without its token, and none from elsewhere (WEB-01).
#[tokio::test]
async fn web_01_a_forged_form_changes_nothing() {
    let usher = Setup::new().person(ANN.0, ANN.1).person("mallory", NEW).start().await;
    let mut ann = Person::new(&usher, ANN);
    let page = ann.open("/security/password").await;
    let foreign = Person::new(&usher, ("mallory", NEW))
        .open("/security/password")
        .await
        .form_with("new")
        .value("csrf")
        .to_owned();
    let honest = filled(&page, ANN.1, NEW);
    for forged in
        [honest.clone().without("csrf"), honest.clone().set("csrf", "x"), honest.clone().set("csrf", &foreign)]
    {
        let page = ann.send(forged).await;
        assert_eq!(page.error_code().as_deref(), Some("csrf_failed"), "{page}");
    }
    let from = url::Url::parse("http://m.test/").expect("a URL");
    if let Landing::Page(page) = ann.browser.submit_from(from, honest).await {
        assert_ne!(page.url.path(), "/account/security", "{page}");
    }
    assert_eq!(ann.audited("user.password_changed").await, 0);
}
