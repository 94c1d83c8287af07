//! "Forgot password?": a link by mail that works once, in time, for the person alone; the page never says who has an account.

use serde_json::{Value, json};

use super::factors::{ANN, fresh_code, password_of, set_up, then, typed, with_app};
use crate::console::admin_of;
use crate::console::invitations::invite;
use crate::support::{Application, Browser, Idp, Page, Setup, Sink, Usher};

const NEW: &str = "a quite different phrase";
const RESETS: &str = "SELECT count(*) FROM setup_tokens WHERE purpose LIKE 'reset:%' AND used_at IS NULL";

/// Ann has a password and an address that somebody vouches for.
fn installation(sink: &Sink, shop: &Application) -> Setup {
    Setup::new().admin("root", "a good long secret").person(ANN.0, ANN.1).app(shop).mail(sink)
}

/// Asks for a link by this name; the page that says that it was heard.
pub async fn forgot(usher: &Usher, shop: &Application, typed: &str) -> Page {
    let mut browser = usher.browser();
    let page = browser.open(shop.request(usher).url()).await.page();
    forgot_in(&mut browser, &page, typed).await
}

async fn forgot_in(browser: &mut Browser, page: &Page, typed: &str) -> Page {
    let page = browser.click(page, "/forgot").await.page();
    browser.submit(page.form_with("username").set("username", typed)).await.page()
}

/// The link in the newest of so many mails.
pub async fn link_in(usher: &Usher, sink: &Sink, mails: usize) -> String {
    sink.wait_for(mails).await[mails - 1].link(&usher.url("/setup/")).expect("a link")
}

/// Chooses a password behind a link.
pub async fn choose(browser: &mut Browser, link: &str, password: &str) -> Page {
    let page = browser.open(link).await.page();
    let form = page.form_with("password").set("password", password).set("password_again", password);
    browser.submit(form).await.page()
}

async fn is_dead(usher: &Usher, link: &str) -> bool {
    usher.browser().open(link).await.page().status() == 404
}

/// From the sign-in page to the new password: the link works once, the old password no more, the owner is told.
#[tokio::test]
async fn a_forgotten_password_is_replaced_once() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = installation(&sink, &shop).start().await;
    let heard = forgot(&usher, &shop, "Ann").await;
    assert!(heard.has("[role=status]") && !heard.text("main").contains("ann@"), "{heard}");
    let link = link_in(&usher, &sink, 1).await;
    assert_eq!(sink.mails()[0].to, ["ann@corp.test"]);
    let token = link.rsplit('/').next().expect("a token").to_owned();
    assert!(!usher.files_hold(&token), "only its hash is kept");
    let mut ann = usher.browser();
    let page = ann.open(&link).await.page();
    assert_eq!(page.attributes("#username", "value"), ["ann"], "{page}");
    assert_eq!(page.answer.header("referrer-policy"), "same-origin", "the address carries the token");
    let done = choose(&mut ann, &link, NEW).await;
    assert!(done.status() == 200 && done.text("main").contains("ann"), "{done}");
    assert!(is_dead(&usher, &link).await, "used");
    usher.sign_in_locally(&mut usher.browser(), &shop, (ANN.0, NEW)).await;
    let old = password_of(&usher, &mut usher.browser(), shop.request(&usher), ANN).await.1.page();
    assert_eq!(old.status(), 422, "{old}");
    assert_eq!(sink.wait_for(2).await[1].subject(), "Your password was changed");
    let done = usher.database.texts("SELECT action FROM audit WHERE action LIKE 'user.password%' ORDER BY id").await;
    assert_eq!(done, ["user.password_reset_asked", "user.password_reset"]);
}

/// A link lives half an hour, and dies by a newer one.
#[tokio::test]
async fn a_link_works_in_its_time_and_the_newest_only() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = installation(&sink, &shop).start().await;
    forgot(&usher, &shop, "ann@corp.test").await;
    let first = link_in(&usher, &sink, 1).await;
    assert!(!is_dead(&usher, &first).await);
    forgot(&usher, &shop, ANN.0).await;
    let second = link_in(&usher, &sink, 2).await;
    assert!(is_dead(&usher, &first).await, "a newer one replaced it");
    assert!(!is_dead(&usher, &second).await);
    let page = usher.browser().open(&second).await.page();
    usher.advance(30 * 60 + 1);
    assert!(is_dead(&usher, &second).await, "half an hour is over");
    let form = page.form_with("password").set("password", NEW).set("password_again", NEW);
    assert_eq!(usher.browser().submit(form).await.page().status(), 404, "a page from before, too");
    usher.sign_in_locally(&mut usher.browser(), &shop, ANN).await;
}

/// Two at once use one link: one password is set.
#[tokio::test]
async fn a_link_is_used_once_by_two_at_once() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = installation(&sink, &shop).start().await;
    forgot(&usher, &shop, ANN.0).await;
    let link = link_in(&usher, &sink, 1).await;
    let (mut one, mut two) = (usher.browser(), usher.browser());
    let form = |page: &Page, password: &str| {
        page.form_with("password").set("password", password).set("password_again", password)
    };
    let (first, second) = (one.open(&link).await.page(), two.open(&link).await.page());
    let (first, second) =
        tokio::join!(one.submit(form(&first, NEW)), two.submit(form(&second, "yet another long phrase")));
    let mut statuses = [first.page().status(), second.page().status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
    assert_eq!(usher.database.count("SELECT count(*) FROM audit WHERE action = 'user.password_reset'").await, 1);
}

/// Whoever knew the old password is out: sessions, tokens and links end. The second factor stays and is asked for.
#[tokio::test]
async fn mfa_10_a_reset_ends_what_was_open_and_leaves_the_factors() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let setup = installation(&sink, &shop).flow(&shop, then(&["totp", "recovery_code"]));
    let usher = setup.start().await;
    let mut thief = usher.browser();
    let (request, landing) = password_of(&usher, &mut thief, shop.request(&usher), ANN).await;
    let (key, _, landing) = set_up(&usher, &mut thief, &landing.page()).await;
    let stolen = usher.finish(&shop, request, landing).await;
    let before = sink.wait_for(2).await.len();
    forgot(&usher, &shop, ANN.0).await;
    let link = link_in(&usher, &sink, before + 1).await;
    choose(&mut usher.browser(), &link, NEW).await;
    let silent = shop.request(&usher).with("prompt", "none");
    assert_eq!(silent.error(thief.open(silent.url()).await), "login_required");
    assert_eq!(shop.try_refresh(&usher, stolen.tokens.refresh()).await.oauth_error(), "invalid_grant");
    let mut ann = usher.browser();
    let (request, landing) = password_of(&usher, &mut ann, shop.request(&usher), (ANN.0, NEW)).await;
    let page = landing.page();
    assert!(page.has("#code") && page.texts("#totp-key").is_empty(), "asked, not offered another one: {page}");
    let landing = typed(&mut ann, &page, &fresh_code(&usher, &key)).await;
    usher.finish(&shop, request, landing).await;
}

/// A remembered browser is forgotten with the old password.
#[tokio::test]
async fn sess_15_a_reset_makes_browsers_forget() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let mut flow = then(&["totp", "recovery_code"]);
    flow["remember_days"] = json!(30);
    let usher = installation(&sink, &shop).flow(&shop, flow).start().await;
    let (key, _) = with_app(&usher, &shop, ANN).await;
    let mut browser = usher.browser();
    let (request, landing) = password_of(&usher, &mut browser, shop.request(&usher), ANN).await;
    let form = landing.page().form_with("code").set("code", &fresh_code(&usher, &key)).set("act", "code");
    let landing = browser.submit(form.set("remember", "on")).await;
    usher.finish(&shop, request, landing).await;
    browser.forget_all_but("device");
    let (request, landing) = password_of(&usher, &mut browser, shop.request(&usher), ANN).await;
    usher.finish(&shop, request, landing).await;
    let before = sink.wait_for(2).await.len();
    forgot(&usher, &shop, ANN.0).await;
    let link = link_in(&usher, &sink, before + 1).await;
    choose(&mut usher.browser(), &link, NEW).await;
    browser.forget_all_but("device");
    let asked = password_of(&usher, &mut browser, shop.request(&usher), (ANN.0, NEW)).await.1.page();
    assert!(asked.has("#code"), "{asked}");
}

/// The password changes by another way: the link of before is worthless.
#[tokio::test]
async fn a_link_dies_with_the_password_that_it_would_replace() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = installation(&sink, &shop).start().await;
    forgot(&usher, &shop, ANN.0).await;
    let link = link_in(&usher, &sink, 1).await;
    assert!(!is_dead(&usher, &link).await);
    usher.database.execute("UPDATE users SET state = 'disabled' WHERE username = 'ann'").await;
    assert!(is_dead(&usher, &link).await, "of an account that is switched off");
    usher.database.execute("UPDATE users SET state = 'active' WHERE username = 'ann'").await;
    assert!(!is_dead(&usher, &link).await);
    let rights =
        "INSERT INTO roles (user_id, role, granted_at) SELECT id, 'helpdesk', 0 FROM users WHERE username = 'ann'";
    usher.database.execute(rights).await;
    assert!(is_dead(&usher, &link).await, "of an account that came by console rights (ADMIN-15)");
    usher.database.execute("DELETE FROM roles WHERE role = 'helpdesk'").await;
    usher
        .database
        .execute("DELETE FROM credentials WHERE user_id = (SELECT id FROM users WHERE username = 'ann')")
        .await;
    assert!(is_dead(&usher, &link).await, "it replaces a password, and gives none");
}

/// Who is invited chooses a first password by the invitation alone; who signs in elsewhere gets none by asking.
#[tokio::test]
async fn a_reset_gives_nobody_a_first_password() {
    let (sink, acme, shop) = (Sink::start().await, Idp::start().await, Application::web("shop"));
    let setup = installation(&sink, &shop).idp("acme", &acme);
    let new = json!({ "username": "new", "email": "new@corp.test", "email_verified": true });
    let usher = setup.user(new).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let heard = forgot(&usher, &shop, ANN.0).await;
    link_in(&usher, &sink, 1).await;
    for name in ["new", "new@corp.test", "alice", "alice@acme.test", "root"] {
        let same = forgot(&usher, &shop, name).await;
        assert_eq!(same.text("main"), heard.text("main"), "{name}");
    }
    let mut admin = admin_of(&usher).await;
    invite(&usher, &mut admin, "new").await;
    let invitation = link_in(&usher, &sink, 2).await;
    assert_eq!(sink.mails()[1].subject(), "Set your password", "nobody else got a mail");
    let personal = choose(&mut usher.browser(), &invitation, "my name is new@corp.test").await;
    assert!(
        personal.status() == 422 && personal.has("#password-error"),
        "an invited person's is judged, too: {personal}"
    );
    let done = choose(&mut usher.browser(), &invitation, NEW).await;
    assert_eq!(done.status(), 200, "{done}");
    usher.sign_in_locally(&mut usher.browser(), &shop, ("new", NEW)).await;
}

/// The same page, the same rows for a name that nobody has; nothing of it is kept but what was counted.
#[tokio::test]
async fn mfa_19_strangers_are_answered_as_people_are() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = installation(&sink, &shop).start().await;
    let mut seen: Vec<(String, u16, Vec<i64>)> = Vec::new();
    for name in [ANN.0, "nobody", "nobody@corp.test", "not a name at all!"] {
        let before = written(&usher).await;
        let page = forgot(&usher, &shop, name).await;
        let after = written(&usher).await;
        let rows = before.iter().zip(&after).map(|(before, after)| after - before).collect();
        seen.push((page.text("main"), page.status(), rows));
    }
    sink.wait_for(1).await;
    assert_eq!(seen[0].2, [1, 2, 1], "a link, two counts, one event");
    for other in &seen[1..] {
        assert_eq!(other.0, seen[0].0);
        assert_eq!(other.1, seen[0].1);
    }
    assert_eq!([&seen[1].2[0], &seen[1].2[2]], [&seen[0].2[0], &seen[0].2[2]]);
    for other in &seen[2..] {
        assert_eq!(other.2, seen[1].2, "{seen:?}");
    }
    let sent =
        usher.database.texts("SELECT detail FROM audit WHERE action = 'user.password_reset_asked' ORDER BY id").await;
    let sent: Vec<Value> = sent.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
    assert_eq!(
        sent,
        [json!({ "sent": true }), json!({ "sent": false }), json!({ "sent": false }), json!({ "sent": false })]
    );
    let names = usher.database.texts("SELECT detail || object FROM audit").await.concat();
    assert!(!names.contains("nobody"), "what a stranger typed is not kept: {names}");
}

async fn written(usher: &Usher) -> Vec<i64> {
    let mut rows = Vec::new();
    for table in ["setup_tokens", "attempts", "audit"] {
        rows.push(usher.database.count(&format!("SELECT count(*) FROM {table}")).await);
    }
    rows
}

/// A hundred questions: three mails an hour to one person, twenty questions an hour from one place (MFA-08, DOS-17).
#[tokio::test]
async fn mfa_08_a_mailbox_is_not_filled() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = installation(&sink, &shop).argument("--trusted-proxies", "127.0.0.1/32").start().await;
    let asks = async |place: &str| {
        let mut browser = usher.browser();
        browser.comes_from(place);
        let page = browser.open(shop.request(&usher).url()).await.page();
        forgot_in(&mut browser, &page, ANN.0).await
    };
    let heard = asks("203.0.113.1").await;
    for place in 2..12 {
        let page = asks(&format!("203.0.113.{place}")).await;
        assert_eq!(page.text("main"), heard.text("main"), "what is not sent is answered the same");
    }
    let sent = "SELECT count(*) FROM audit WHERE action = 'user.password_reset_asked' AND detail LIKE '%true%'";
    assert_eq!(usher.database.count(sent).await, 3);
    sink.wait_for(3).await;
    let mut refused = 0;
    for _ in 0..25 {
        refused += u32::from(asks("198.51.100.9").await.error_code().as_deref() == Some("rate_limited"));
    }
    assert_eq!(refused, 5, "after twenty from one place");
    assert_eq!(usher.database.count(sent).await, 3);
    usher.advance(3_601);
    asks("198.51.100.9").await;
    assert_eq!(usher.database.count(sent).await, 4, "not for ever");
}

/// Without a mail server the page says that it cannot help; a form that is sent anyway leaves no key to an account.
#[tokio::test]
async fn without_mail_nothing_is_promised() {
    let shop = Application::web("shop");
    let usher = Setup::new().person(ANN.0, ANN.1).app(&shop).start().await;
    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).url()).await.page();
    assert!(!page.has("#forgot") && page.has("#password"), "{page}");
    let page = browser.open(format!("{}/forgot", page.url.as_str().split('?').next().unwrap_or_default())).await.page();
    assert!(page.status() == 200 && !page.has("#username"), "{page}");
    assert_eq!(usher.database.count(RESETS).await, 0);
}

/// Another browser's page, or no token: nothing is asked.
#[tokio::test]
async fn the_form_belongs_to_its_sign_in() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = installation(&sink, &shop).start().await;
    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).url()).await.page();
    let page = browser.click(&page, "/forgot").await.page();
    let form = page.form_with("username").set("username", ANN.0);
    let heard = browser.submit(form.clone()).await.page();
    assert!(heard.has("[role=status]"), "{heard}");
    let foreign = usher.browser().submit(form.clone()).await.page();
    assert!((400..500).contains(&foreign.status()), "{foreign}");
    let forged = browser.submit(form.without("csrf")).await.page();
    assert_eq!(forged.error_code().as_deref(), Some("csrf_failed"), "{forged}");
    sink.wait_for(1).await;
    assert_eq!(usher.database.count(RESETS).await, 1);
}
