//! Invitations: a link by mail or by hand, one password, once (ADMIN-15).

use serde_json::json;

use super::{ADMIN, admin_of, open, with_admin};
use crate::support::{Application, Browser, Form, Page, Setup, Sink, Usher};

const PASSWORD: &str = "a password of her own";

/// Presses the button on the page that invites a person.
pub async fn invite(usher: &Usher, browser: &mut Browser, username: &str) -> Page {
    let sql = format!("SELECT id FROM users WHERE username = '{username}'");
    let id = usher.database.texts(&sql).await.concat();
    let page = open(usher, browser, &format!("/users/{id}/invite")).await;
    browser.submit(button(&page)).await.page()
}

fn button(page: &Page) -> Form {
    let forms = page.forms();
    forms.into_iter().find(|form| form.action.path().ends_with("/invite")).unwrap_or_else(|| panic!("{page}"))
}

fn installation(shop: &Application) -> Setup {
    with_admin(Setup::new())
        .app(shop)
        .person("bob", "another long secret")
        .user(json!({ "username": "ann", "email": "ann@corp.test", "email_verified": true }))
        .user(json!({ "username": "eve", "email": "eve@corp.test", "email_verified": false }))
}

async fn choose(browser: &mut Browser, link: &str, passwords: (&str, &str)) -> Page {
    let page = browser.open(link).await.page();
    let form = page.form_with("password").set("password", passwords.0).set("password_again", passwords.1);
    browser.submit(form).await.page()
}

/// The mail's link sets the password once; with it the person signs in.
#[tokio::test]
async fn an_invited_person_sets_a_password_once() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = installation(&shop).mail(&sink).start().await;
    let mut admin = admin_of(&usher).await;
    invite(&usher, &mut admin, "ann").await;
    let first = sink.wait_for(1).await[0].link(&usher.url("/setup/")).expect("a link");
    invite(&usher, &mut admin, "ann").await;
    let link = sink.wait_for(2).await[1].link(&usher.url("/setup/")).expect("a link");
    let mut ann = usher.browser();
    let page = ann.open(&link).await.page();
    assert_eq!(page.attributes("#username", "value"), ["ann"], "{page}");
    let dead = usher.browser().open(&first).await.page();
    assert_eq!(dead.status(), 404, "a new invitation kills the older one: {dead}");
    let differ = choose(&mut ann, &link, (PASSWORD, "another password")).await;
    assert!(differ.has("#password_again-error"), "{differ}");
    let short = choose(&mut ann, &link, ("short", "short")).await;
    assert!(short.has("#password-error"), "{short}");
    let done = choose(&mut ann, &link, (PASSWORD, PASSWORD)).await;
    assert!(done.status() == 200 && done.text("main").contains("ann"), "{done}");
    usher.sign_in_locally(&mut usher.browser(), &shop, ("ann", PASSWORD)).await;
    let again = usher.browser().open(&link).await.page();
    assert_eq!(again.status(), 404, "{again}");
    let accepted = "SELECT count(*) FROM audit WHERE action = 'user.invitation_accepted'";
    assert_eq!(usher.database.count(accepted).await, 1);
}

/// Without a mail server the admin gets the link, once; it dies after 72 hours, and with the account.
#[tokio::test]
async fn without_mail_the_link_is_handed_over() {
    let shop = Application::web("shop");
    let usher = installation(&shop).start().await;
    let mut admin = admin_of(&usher).await;
    let shown = invite(&usher, &mut admin, "ann").await;
    let link = shown.attributes("#invitation_link", "value").concat();
    assert!(link.starts_with(&usher.url("/setup/")), "{shown}");
    assert_eq!(usher.browser().open(&link).await.page().status(), 200);
    let token = link.rsplit('/').next().expect("a token").to_owned();
    assert!(!usher.files_hold(&token), "the link stands in a file");
    usher.advance(72 * 3_600 + 1);
    assert_eq!(usher.browser().open(&link).await.page().status(), 404);
    let mut admin = admin_of(&usher).await;
    let link = invite(&usher, &mut admin, "ann").await.attributes("#invitation_link", "value").concat();
    assert_eq!(usher.browser().open(&link).await.page().status(), 200);
    usher.database.execute("UPDATE users SET state = 'disabled' WHERE username = 'ann'").await;
    assert_eq!(usher.browser().open(&link).await.page().status(), 404);
}

/// An address that nobody vouches for gets no key to an account.
#[tokio::test]
async fn an_unverified_address_gets_no_mail() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = installation(&shop).mail(&sink).start().await;
    let mut admin = admin_of(&usher).await;
    let shown = invite(&usher, &mut admin, "eve").await;
    assert!(shown.has("#invitation_link"), "{shown}");
    assert_eq!(usher.database.count("SELECT count(*) FROM outbox").await, 0);
    invite(&usher, &mut admin, "ann").await;
    assert_eq!(sink.wait_for(1).await[0].to, ["ann@corp.test"]);
}

/// An invitation is a first password: no way into an account that has one, nor into the console.
#[tokio::test]
async fn admin_15_no_password_is_replaced_by_an_invitation() {
    let shop = Application::web("shop");
    let usher = installation(&shop).start().await;
    let mut admin = admin_of(&usher).await;
    let ann = usher.database.texts("SELECT id FROM users WHERE username = 'ann'").await.concat();
    let page = open(&usher, &mut admin, &format!("/users/{ann}/invite")).await;
    let forged = admin.submit(button(&page).without("csrf")).await.page();
    assert!(forged.status() == 403 && !forged.has("#invitation_link"), "{forged}");
    for name in ["bob", ADMIN.0] {
        let page = invite(&usher, &mut admin, name).await;
        assert_eq!(page.status(), 422, "{page}");
        assert!(!page.has("#invitation_link"), "{page}");
    }
    let link = invite(&usher, &mut admin, "ann").await.attributes("#invitation_link", "value").concat();
    usher
        .database
        .execute(
            "INSERT INTO roles (user_id, role, granted_at) SELECT id, 'owner', 0 FROM users WHERE username = 'ann'",
        )
        .await;
    assert_eq!(usher.browser().open(&link).await.page().status(), 404, "a link from before the role");
}

/// A link for one person makes no admin where there is none.
#[tokio::test]
async fn admin_01_an_invitation_is_no_setup_link() {
    let shop = Application::web("shop");
    let usher = installation(&shop).start().await;
    let mut admin = admin_of(&usher).await;
    let link = invite(&usher, &mut admin, "ann").await.attributes("#invitation_link", "value").concat();
    usher.database.execute("DELETE FROM roles").await;
    let mut ann = usher.browser();
    let page = ann.open(&link).await.page();
    let form = page.form_with("password").set("username", "mallory");
    let form = form.set("password", PASSWORD).set("password_again", PASSWORD);
    ann.submit(form).await.page();
    assert_eq!(usher.database.count("SELECT count(*) FROM roles").await, 0);
    assert_eq!(usher.database.count("SELECT count(*) FROM users WHERE username = 'mallory'").await, 0);
    usher.sign_in_locally(&mut usher.browser(), &shop, ("ann", PASSWORD)).await;
}
