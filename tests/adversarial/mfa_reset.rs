//! Resets, one-time codes and locks under attack: another door into a closed account, guesses without end, a password that is
//! guessed first (MFA-06, 14, 17, 19; ADMIN-15, 17).

use serde_json::json;

use crate::console::admin_of;
use crate::login::factors::{ANN, fresh_code, password, password_of, pressed, set_up, then, typed, with_app};
use crate::login::reset::{forgot, link_in};
use crate::support::{Application, Browser, Idp, Landing, Page, Setup, Sink, Usher, Watch, totp};

const ROOT: (&str, &str) = ("root", "a good long secret");

fn asks_twice(shop: &Application) -> Setup {
    let setup = Setup::new().admin(ROOT.0, ROOT.1).person(ANN.0, ANN.1).app(shop);
    setup.flow(shop, then(&["totp", "recovery_code"]))
}

/// A one-time code that the owner hands out.
async fn bypass(usher: &Usher, admin: &mut Browser, name: &str) -> String {
    let id = usher.database.texts(&format!("SELECT id FROM users WHERE username = '{name}'")).await.concat();
    let page = admin.open(usher.url(&format!("/console/users/{id}/mfa"))).await.page();
    let form = page.form_with("minutes").set("action", "bypass");
    admin.submit(form).await.page().attributes("#bypass_code", "value").concat()
}

/// A switched-off account is entered by no door: password, app, recovery code, one-time code, link, tokens, provider.
#[tokio::test]
async fn mfa_14_a_closed_account_is_entered_by_no_door() {
    let (sink, acme, shop) = (Sink::start().await, Idp::start().await, Application::web("shop"));
    let usher = asks_twice(&shop).idp("acme", &acme).mail(&sink).start().await;
    let (key, codes) = with_app(&usher, &shop, ANN).await;
    let mut admin = admin_of(&usher).await;
    let mut open = usher.browser();
    let (request, page) = password(&usher, &mut open, &shop).await;
    let landing = typed(&mut open, &page, &fresh_code(&usher, &key)).await;
    let tokens = usher.finish(&shop, request, landing).await.tokens;
    let code = bypass(&usher, &mut admin, ANN.0).await;
    let mails = sink.wait_for(3).await.len();
    forgot(&usher, &shop, ANN.0).await;
    let link = link_in(&usher, &sink, mails + 1).await;
    let waiting = async || {
        let mut browser = usher.browser();
        let page = password(&usher, &mut browser, &shop).await.1;
        (browser, page)
    };
    let (by_app, by_recovery, by_bypass) = (waiting().await, waiting().await, waiting().await);
    close(&usher, &mut admin, ANN.0).await;
    let watch = Watch::start(&usher).await;
    let mut browser = usher.browser();
    let by_password = password_of(&usher, &mut browser, shop.request(&usher), ANN).await.1;
    watch.refused_as("account_disabled", by_password).await;
    for ((mut browser, page), way, code) in [
        (by_app, None, fresh_code(&usher, &key)),
        (by_recovery, Some("recovery_code"), codes[0].clone()),
        (by_bypass, Some("recovery_code"), code),
    ] {
        let page = match way {
            Some(way) => pressed(&mut browser, &page, way).await.page(),
            None => page,
        };
        if page.error_code().is_none() {
            let refused = typed(&mut browser, &page, &code).await.page();
            assert_eq!(refused.error_code().as_deref(), Some("account_disabled"), "{way:?}: {refused}");
        } else {
            assert_eq!(page.error_code().as_deref(), Some("account_disabled"), "{way:?}: {page}");
        }
    }
    assert_eq!(usher.browser().open(&link).await.page().status(), 404, "the link");
    assert_eq!(shop.try_refresh(&usher, tokens.refresh()).await.oauth_error(), "invalid_grant");
    watch.nothing_happened().await;
    let hers = "SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.username = 'ann'";
    assert_eq!(usher.database.count(hers).await, 0);
    switch(&usher, &mut admin, ANN.0, "active").await;
    assert_eq!(usher.browser().open(&link).await.page().status(), 404, "nothing comes back with the account");
    assert_eq!(usher.database.count("SELECT count(*) FROM bypass_codes").await, 0);
}

/// The same by a provider: the account of a linked identity is closed, too.
#[tokio::test]
async fn mfa_14_a_provider_opens_no_closed_account() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = Setup::new().admin(ROOT.0, ROOT.1).idp("acme", &acme).app(&shop).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let mut admin = admin_of(&usher).await;
    close(&usher, &mut admin, "alice").await;
    let watch = Watch::start(&usher).await;
    let landing = usher.arrive(&mut usher.browser(), &shop, "acme").await.1;
    watch.refused_as("account_disabled", landing).await;
}

/// Switches an account off in the console.
async fn close(usher: &Usher, admin: &mut Browser, name: &str) {
    switch(usher, admin, name, "disabled").await;
}

async fn switch(usher: &Usher, admin: &mut Browser, name: &str, state: &str) {
    let id = usher.database.texts(&format!("SELECT id FROM users WHERE username = '{name}'")).await.concat();
    let page = admin.open(usher.url(&format!("/console/users/{id}/profile"))).await.page();
    let form = page.forms().into_iter().find(|form| form.action.path().ends_with("/state")).expect("a form");
    let done = admin.submit(form.set("state", state)).await.page();
    assert!(done.has("[role=status]"), "{done}");
}

/// Types wrong codes from many places until the lock; how many were looked at, and for how many minutes it is closed.
async fn lock(usher: &Usher, shop: &Application) -> (u32, u64) {
    for guess in 0..40_u32 {
        let mut browser = usher.browser();
        browser.comes_from(&format!("203.0.113.{guess}"));
        let (_, page) = password(usher, &mut browser, shop).await;
        let page = typed(&mut browser, &page, "000000").await.page();
        if page.error_code().as_deref() == Some("locked") {
            let wait: u64 = page.answer.header("retry-after").parse().expect("seconds");
            return (guess, (wait + 30) / 60);
        }
    }
    panic!("forty guesses were looked at");
}

/// Each lock in a row is twice as long, its owner is told once, and only a right answer begins anew.
#[tokio::test]
async fn mfa_06_a_lock_grows_and_its_owner_is_told_once() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let setup = asks_twice(&shop).mail(&sink).argument("--trusted-proxies", "127.0.0.1/32");
    let usher = setup.start().await;
    let (key, _) = with_app(&usher, &shop, ANN).await;
    let before = sink.wait_for(2).await.len();
    let mut waits = Vec::new();
    for _ in 0..3 {
        let (looked_at, wait) = lock(&usher, &shop).await;
        assert_eq!(looked_at, 20);
        waits.push(wait);
        // The password is right each time, and opens nothing.
        usher.advance(i64::try_from(wait).expect("small") * 60 + 1);
    }
    assert_eq!(waits, [15, 30, 60]);
    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &shop).await;
    let landing = typed(&mut browser, &page, &fresh_code(&usher, &key)).await;
    usher.finish(&shop, request, landing).await;
    assert_eq!(lock(&usher, &shop).await, (20, 15), "a right answer began anew");
    let told = sink.wait_for(before + 2).await;
    assert!(told[before..].iter().all(|mail| mail.subject() == "Too many wrong codes"), "{told:?}");
    assert_eq!(told.len(), before + 2, "once for each row of locks");
    let events =
        usher.database.texts("SELECT detail FROM audit WHERE action = 'user.factors_locked' ORDER BY id").await;
    assert_eq!(events.len(), 4, "{events:?}");
}

/// Names that exist and names that do not: the same answer at the sign-in (MFA-19).
#[tokio::test]
async fn mfa_19_a_sign_in_does_not_tell_who_exists() {
    let shop = Application::web("shop");
    let new = json!({ "username": "new", "email": "new@corp.test", "email_verified": true });
    let usher = asks_twice(&shop).user(new).start().await;
    let (_, page) = password(&usher, &mut usher.browser(), &shop).await;
    assert!(page.has("#code") || page.has("#totp-key"), "the right password goes on: {page}");
    let guess =
        async |name| password_of(&usher, &mut usher.browser(), shop.request(&usher), (name, "wrong")).await.1.page();
    let known = guess(ANN.0).await;
    for name in ["nobody", "nobody@corp.test", "new", "ann@corp.test"] {
        let other = guess(name).await;
        assert_eq!(
            (other.status(), other.text(".error-summary")),
            (known.status(), known.text(".error-summary")),
            "{name}"
        );
    }
}

/// What an attacker tries first is no password, by whatever link it is chosen.
#[tokio::test]
async fn a_password_that_is_guessed_first_is_refused_by_every_link() {
    let shop = Application::web("shop");
    let usher = asks_twice(&shop)
        .user(json!({ "username": "dora", "attributes": { "family_name": "Winterbottom" } }))
        .start()
        .await;
    let mut admin = admin_of(&usher).await;
    let invitation = by_hand(&usher, &mut admin, "dora", "invite", "#invitation_link").await;
    let reset = by_hand(&usher, &mut admin, ANN.0, "password", "#reset_link").await;
    let recovery = recovery(&usher).await;
    for link in [&invitation, &reset, &recovery] {
        for weak in ["short", "passwordpassword", "aaaaaaaaaaaaaaaa", "qwertyuiopasdf", "Usher sign-in 1"] {
            let page = submit(&mut usher.browser(), link, ("dora2", weak)).await;
            assert!(page.status() == 422 && page.has("#password-error"), "{weak}: {page}");
        }
        let long = "x y".repeat(400);
        let page = submit(&mut usher.browser(), link, ("dora2", &long)).await;
        assert!((400..500).contains(&page.status()), "DOS-18: {page}");
    }
    let page = submit(&mut usher.browser(), &invitation, ("", "Winterbottom in June")).await;
    assert!(page.status() == 422 && page.has("#password-error"), "a name that is known: {page}");
    for link in [&invitation, &reset, &recovery] {
        let done = submit(&mut usher.browser(), link, ("dora2", "nine green bottles")).await;
        assert_eq!(done.status(), 200, "the links still work: {done}");
    }
}

async fn submit(browser: &mut Browser, link: &str, (name, password): (&str, &str)) -> Page {
    let form = browser.open(link).await.page().form_with("password");
    let form = if form.value("username").is_empty() { form.set("username", name) } else { form };
    browser.submit(form.set("password", password).set("password_again", password)).await.page()
}

async fn by_hand(usher: &Usher, admin: &mut Browser, name: &str, tab: &str, field: &str) -> String {
    let id = usher.database.texts(&format!("SELECT id FROM users WHERE username = '{name}'")).await.concat();
    let page = admin.open(usher.url(&format!("/console/users/{id}/{tab}"))).await.page();
    let form = page.forms().into_iter().find(|form| form.action.path().ends_with(tab)).expect("a form");
    admin.submit(form).await.page().attributes(field, "value").concat()
}

async fn recovery(usher: &Usher) -> String {
    let (code, link, said) = usher.run(&["admin", "recover", "--public-url", &usher.base]).await;
    assert_eq!(code, 0, "{said}");
    link.split_whitespace().next().expect("a link").to_owned()
}

/// Whoever had taken an admin's account over is out after `usher admin recover`: factors, links, sessions and one-time links.
#[tokio::test]
async fn admin_15_a_recovery_takes_every_other_way_in() {
    let (sink, acme, shop) = (Sink::start().await, Idp::start().await, Application::web("shop"));
    let usher = asks_twice(&shop).idp("acme", &acme).mail(&sink).start().await;
    let (key, codes) = with_app(&usher, &shop, ANN).await;
    let mut admin = admin_of(&usher).await;
    let mails = sink.wait_for(2).await.len();
    forgot(&usher, &shop, ANN.0).await;
    let reset = link_in(&usher, &sink, mails + 1).await;
    bypass(&usher, &mut admin, ANN.0).await;
    link_by_hand(&usher, &mut admin, ANN.0).await;
    assert_eq!(usher.database.links_of(ANN.0).await, 1);
    let mut thief = usher.browser();
    let (request, page) = password(&usher, &mut thief, &shop).await;
    let landing = typed(&mut thief, &page, &fresh_code(&usher, &key)).await;
    let stolen = usher.finish(&shop, request, landing).await;
    let link = recovery(&usher).await;
    let done = submit(&mut usher.browser(), &link, (ANN.0, "a way back for ann")).await;
    assert!(done.error_code().is_none(), "{done}");
    for table in ["totp_devices", "recovery_codes", "bypass_codes", "trusted_devices", "federated_links"] {
        assert_eq!(usher.database.count(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
    assert_eq!(usher.browser().open(&reset).await.page().status(), 404, "a link from before");
    assert_eq!(usher.browser().open(&link).await.page().status(), 404, "used");
    let silent = shop.request(&usher).with("prompt", "none");
    assert_eq!(silent.error(thief.open(silent.url()).await), "login_required");
    assert_eq!(shop.try_refresh(&usher, stolen.tokens.refresh()).await.oauth_error(), "invalid_grant");
    let mut ann = usher.browser();
    let landing = password_of(&usher, &mut ann, shop.request(&usher), (ANN.0, "a way back for ann")).await.1;
    let (other, _, _) = set_up(&usher, &mut ann, &landing.page()).await;
    assert!(other != key && codes.len() == 10);
}

async fn link_by_hand(usher: &Usher, admin: &mut Browser, name: &str) {
    let id = usher.database.texts(&format!("SELECT id FROM users WHERE username = '{name}'")).await.concat();
    let page = admin.open(usher.url(&format!("/console/users/{id}/link"))).await.page();
    let form = page.form_with("subject").set("connection", "acme").set("subject", "alice-1");
    let done = admin.submit(form).await.page();
    assert!(done.has("[role=status]"), "{done}");
}

/// An admin's password is reached by no mail and by no link of the console (ADMIN-15).
#[tokio::test]
async fn admin_15_no_mail_resets_an_admin() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let owner = json!({ "username": "olga", "password": "the owner of it all", "admin": true, "email": "olga@corp.test", "email_verified": true });
    let usher = asks_twice(&shop).user(owner).mail(&sink).start().await;
    let heard = forgot(&usher, &shop, ANN.0).await;
    link_in(&usher, &sink, 1).await;
    for name in ["olga", "olga@corp.test"] {
        assert_eq!(forgot(&usher, &shop, name).await.text("main"), heard.text("main"), "{name}");
    }
    let mut admin = admin_of(&usher).await;
    assert_eq!(by_hand(&usher, &mut admin, "olga", "password", "#reset_link").await, "", "an owner's");
    let live =
        "SELECT count(*) FROM setup_tokens t JOIN users u ON t.purpose = 'reset:' || u.id WHERE u.username = 'olga'";
    assert_eq!(usher.database.count(live).await, 0);
    forgot(&usher, &shop, ANN.0).await;
    assert_eq!(sink.wait_for(2).await.iter().filter(|mail| mail.to == ["olga@corp.test"]).count(), 0);
}

/// A code that a set-up, another sign-in or a guess gives is no answer for the lost device (MFA-02, MFA-17).
#[tokio::test]
async fn mfa_17_nothing_but_the_code_stands_in() {
    let shop = Application::web("shop");
    let usher = asks_twice(&shop).start().await;
    let (key, _) = with_app(&usher, &shop, ANN).await;
    let mut admin = admin_of(&usher).await;
    let code = bypass(&usher, &mut admin, ANN.0).await;
    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &shop).await;
    let page = pressed(&mut browser, &page, "recovery_code").await.page();
    let watch = Watch::start(&usher).await;
    for wrong in
        ["", " ", "0", &totp::code(&key, usher.clock.now() + 30), &code[..10], &format!("{code}1"), "%", "' OR 1=1 --"]
    {
        let refused = typed(&mut browser, &page, wrong).await.page();
        assert_eq!(refused.status(), 422, "{wrong:?}: {refused}");
    }
    let forged = page.form_with("code").set("act", "code").set("code", &code).without("csrf");
    let refused = browser.submit(forged).await.page();
    assert_eq!(refused.error_code().as_deref(), Some("csrf_failed"), "{refused}");
    watch.nothing_happened().await;
    let landing = typed(&mut browser, &page, &format!(" {} ", code.replace('-', " "))).await;
    assert!(matches!(landing, Landing::Left(_)), "as a person types it: {landing:?}");
    usher.finish(&shop, request, landing).await;
}
