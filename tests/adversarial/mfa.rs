//! Second factors under attack: replayed, guessed at the edges, asked for in bulk, replaced, taken from a page of before.

use serde_json::{Value, json};

use crate::login::factors::{ANN, fresh_code, key, password, password_of, pressed, set_up, then, typed, with_app};
use crate::support::application::AuthorizationRequest;
use crate::support::{Application, Browser, Form, Landing, Page, Setup, Sink, Usher, totp};

/// A step with these options after the password.
async fn house(options: &[&str], setup: Setup) -> (Usher, Application) {
    let shop = Application::web("shop");
    let usher = setup.person(ANN.0, ANN.1).app(&shop).flow(&shop, then(options)).start().await;
    (usher, shop)
}

/// A code that the page does not take; it asks again.
async fn is_refused(browser: &mut Browser, page: &Page, code: &str) -> Page {
    let page = typed(browser, page, code).await.page();
    assert_eq!((page.status(), page.error_code()), (422, None), "{code}: {page}");
    page
}

fn factor_form(page: &Page) -> Form {
    page.forms().into_iter().find(|form| form.action.path().ends_with("/factor")).expect("a form")
}

/// No empty form gets anybody further, whatever the page asks for (CVE-2026-49448).
#[tokio::test]
async fn mfa_02_no_factor_is_passed_by_an_empty_form() {
    let sink = Sink::start().await;
    let (usher, shop) = house(&["totp", "email_otp", "recovery_code"], Setup::new().mail(&sink)).await;
    let mut browser = usher.browser();
    let (_, page) = password(&usher, &mut browser, &shop).await;
    let app = pressed(&mut browser, &page, "recovery_code").await.page();
    let shown = [page, app];
    for page in shown {
        let form = factor_form(&page);
        for fields in [vec!["csrf"], vec!["csrf", "step"], vec![]] {
            let mut empty = form.clone();
            empty.fields.retain(|(name, _)| fields.contains(&name.as_str()));
            for empty in
                [empty.clone(), empty.clone().set("act", "code"), empty.clone().set("act", "code").set("code", "")]
            {
                let landing = browser.clone().submit(empty).await;
                assert!(matches!(landing, Landing::Page(_)), "{landing:?}");
            }
        }
    }
    let mut ended = usher.browser();
    let (request, page) = password(&usher, &mut ended, &shop).await;
    let seen = ended.submit(factor_form(&page).set("act", "seen").set("saved", "on")).await;
    assert!(matches!(seen, Landing::Page(_)), "no codes were shown: {seen:?}");
    assert_eq!(usher.database.count("SELECT count(*) FROM grants").await, 0, "{}", request.state);
}

/// One code, two nodes: whoever comes second is refused, at whichever (twenty at once: the storage suite).
#[tokio::test]
async fn mfa_04_a_code_counts_on_one_node() {
    let shop = Application::web("shop");
    let setup = Setup::new().person(ANN.0, ANN.1).app(&shop).flow(&shop, then(&["totp"]));
    let mut usher = setup.on_postgres().await.start().await;
    usher.add_node().await;
    let (key, _) = with_app(&usher, &shop, ANN).await;
    let (mut here, mut there) = (usher.browser_at(0), usher.browser_at(1));
    let (request, first) = password(&usher, &mut here, &shop).await;
    let (_, second) = password(&usher, &mut there, &shop).await;
    let code = fresh_code(&usher, &key);
    let landing = typed(&mut there, &second, &code).await;
    assert!(matches!(landing, Landing::Left(_)), "{landing:?}");
    let page = is_refused(&mut here, &first, &code).await;
    let landing = typed(&mut here, &page, &fresh_code(&usher, &key)).await;
    usher.finish(&shop, request, landing).await;
}

/// One step of thirty seconds on either side counts, no other.
#[tokio::test]
async fn mfa_05_only_the_neighbouring_steps_count() {
    let (usher, shop) = house(&["totp"], Setup::new()).await;
    let (key, _) = with_app(&usher, &shop, ANN).await;
    for (steps, counts) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        usher.advance(10 * totp::STEP);
        let mut browser = usher.browser();
        let (request, page) = password(&usher, &mut browser, &shop).await;
        let code = totp::code(&key, usher.clock.now() + steps * totp::STEP);
        if counts {
            let landing = typed(&mut browser, &page, &code).await;
            usher.finish(&shop, request, landing).await;
        } else {
            is_refused(&mut browser, &page, &code).await;
        }
    }
}

/// A hundred mails asked for, over many sign-ins: ten arrive in an hour, three of them from one sign-in.
#[tokio::test]
async fn mfa_08_a_person_is_not_bombed_with_codes() {
    let sink = Sink::start().await;
    let proxied = Setup::new().mail(&sink).argument("--trusted-proxies", "127.0.0.1/32");
    let (usher, shop) = house(&["email_otp"], proxied).await;
    let mut browser = usher.browser();
    let (_, mut page) = password(&usher, &mut browser, &shop).await;
    for _ in 0..4 {
        page = browser.submit(factor_form(&page).set("act", "send")).await.page();
    }
    assert!(page.has("#no-more") && !page.has("#send"), "{page}");
    assert_eq!(sink.wait_for(3).await.len(), 3, "three from one sign-in");
    for place in 0..24 {
        let mut browser = usher.browser();
        browser.comes_from(&format!("198.51.100.{place}"));
        let (_, page) = password(&usher, &mut browser, &shop).await;
        for _ in 0..3 {
            browser.submit(factor_form(&page).set("act", "send")).await.page();
        }
    }
    assert_eq!(sink.wait_for(10).await.len(), 10);
    usher.advance(2 * 3600);
    let (_, page) = password(&usher, &mut usher.browser(), &shop).await;
    assert!(page.text("main").contains("on its way"), "{page}");
    sink.wait_for(11).await;
}

/// Two sign-ins with one recovery code at once: one is let in.
#[tokio::test]
async fn mfa_09_one_recovery_code_lets_in_once() {
    let (usher, shop) = house(&["totp", "recovery_code"], Setup::new()).await;
    let (_, codes) = with_app(&usher, &shop, ANN).await;
    let mut pages = Vec::new();
    for _ in 0..2 {
        let mut browser = usher.browser();
        let (_, page) = password(&usher, &mut browser, &shop).await;
        let page = pressed(&mut browser, &page, "recovery_code").await.page();
        pages.push((browser, page));
    }
    let attempts = pages.iter_mut().map(|(browser, page)| typed(browser, page, &codes[0]));
    let landings = futures_util::future::join_all(attempts).await;
    let inside = landings.iter().filter(|landing| matches!(landing, Landing::Left(_))).count();
    assert_eq!(inside, 1, "{landings:?}");
}

/// A set-up page that was opened with a password alone is worth nothing once the owner has set a factor up: neither is its
/// code taken, nor does a set-up land that waited for the end. The owner's own codes stay.
#[tokio::test]
async fn mfa_10_a_password_does_not_add_a_factor_beside_the_owners() {
    let (usher, shop) = house(&["totp", "recovery_code"], Setup::new()).await;
    let (mut asked, mut waits) = (usher.browser(), usher.browser());
    let (_, page) = password(&usher, &mut asked, &shop).await;
    let (_, other) = password(&usher, &mut waits, &shop).await;
    let own = totp::code(&key(&other), usher.clock.now());
    let codes_page = typed(&mut waits, &other, &own).await.page();
    assert!(codes_page.has("#recovery-codes"), "{codes_page}");
    let (_, codes) = with_app(&usher, &shop, ANN).await;
    let code = totp::code(&key(&page), usher.clock.now());
    let answer = typed(&mut asked, &page, &code).await.page();
    assert!(answer.has("#code") && !answer.has("#totp-key"), "the owner's is asked for: {answer}");
    let end = waits.submit(factor_form(&codes_page).set("act", "seen").set("saved", "on")).await.page();
    assert_eq!(end.error_code().as_deref(), Some("tx_expired"), "{end}");
    assert_eq!(usher.database.count("SELECT count(*) FROM totp_devices").await, 1);
    let mut owner = usher.browser();
    let (request, page) = password(&usher, &mut owner, &shop).await;
    let page = pressed(&mut owner, &page, "recovery_code").await.page();
    let landing = typed(&mut owner, &page, &codes[9]).await;
    usher.finish(&shop, request, landing).await;
}

/// What the step does not offer is not had by its name: no code by mail, no other set-up, no recovery code, no password.
#[tokio::test]
async fn mfa_11_a_way_outside_the_policy_is_not_had_by_its_name() {
    let sink = Sink::start().await;
    let (usher, shop) = house(&["totp"], Setup::new().mail(&sink)).await;
    let (key, codes) = with_app(&usher, &shop, ANN).await;
    let mails = sink.wait_for(2).await.len();
    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &shop).await;
    for act in ["email_otp", "send", "set_up_totp", "set_up_passkey", "passkey", "set_up_password", "choose"] {
        let shown = pressed(&mut browser, &page, act).await.page();
        let heading = (shown.text("h1"), shown.has("#totp-key"), shown.has("[data-passkey]"));
        assert_eq!(heading, (page.text("h1"), false, false), "{act}: {shown}");
    }
    let refused = pressed(&mut browser, &page, "password").await.page();
    assert_eq!(refused.error_code().as_deref(), Some("bad_request"), "{refused}");
    let form = Form::forged(
        page.url.join(&format!("{}/password", page.url.path())).expect("a URL").as_str(),
        &[("username", ANN.0), ("password", ANN.1), ("csrf", factor_form(&page).value("csrf"))],
    );
    let refused = browser.submit_from(page.url.clone(), form).await;
    assert!(matches!(refused, Landing::Page(_)), "the password stands for no second step: {refused:?}");
    let lost = pressed(&mut browser, &page, "recovery_code").await.page();
    assert!(lost.text("main").contains("help desk"), "{lost}");
    let lost = is_refused(&mut browser, &lost, &codes[0]).await;
    assert_eq!(sink.mails().len(), mails, "nothing was mailed");
    let back = pressed(&mut browser, &lost, "totp").await.page();
    let landing = typed(&mut browser, &back, &fresh_code(&usher, &key)).await;
    usher.finish(&shop, request, landing).await;
}

/// An app that is taken away while its sign-in goes on proves nothing at the end.
#[tokio::test]
async fn mfa_17_an_app_removed_meanwhile_proves_nothing() {
    let sink = Sink::start().await;
    let shop = Application::web("shop");
    let mut flow = then(&["totp"]);
    flow["steps"].as_array_mut().expect("steps").push(json!({ "options": [local("email_otp")] }));
    let usher = Setup::new().mail(&sink).person(ANN.0, ANN.1).app(&shop).flow(&shop, flow).start().await;
    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &shop).await;
    let (key, _, landing) = set_up(&usher, &mut browser, &page).await;
    let landing = mailed(&sink, &mut browser, landing.page()).await;
    usher.finish(&shop, request, landing).await;
    for removed in [false, true] {
        let mut browser = usher.browser();
        let (request, page) = password(&usher, &mut browser, &shop).await;
        let page = typed(&mut browser, &page, &fresh_code(&usher, &key)).await.page();
        if removed {
            usher.database.execute("DELETE FROM totp_devices").await;
        }
        match mailed(&sink, &mut browser, page).await {
            Landing::Left(url) if !removed => drop(usher.finish(&shop, request, Landing::Left(url)).await),
            Landing::Page(page) if removed => assert_eq!(page.error_code().as_deref(), Some("tx_expired"), "{page}"),
            other => panic!("removed: {removed}: {other:?}"),
        }
    }
}

fn local(authenticator: &str) -> Value {
    json!({ "kind": "local", "authenticator": authenticator })
}

/// Types the code that was mailed last.
async fn mailed(sink: &Sink, browser: &mut Browser, page: Page) -> Landing {
    assert!(page.text("main").contains("on its way"), "{page}");
    let digits = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
    for count in 1.. {
        let mails = sink.wait_for(count).await;
        let text = mails[count - 1].text();
        let Some(code) = text.split_whitespace().find(digits) else { continue };
        let landing = typed(&mut *browser, &page, code).await;
        if !matches!(&landing, Landing::Page(page) if page.status() == 422) {
            return landing;
        }
    }
    unreachable!("mails are counted upwards")
}

/// A clock that goes back frees no code that was used, nor one from before it.
#[tokio::test]
async fn mfa_22_a_used_code_stays_used_when_the_clock_goes_back() {
    let (usher, shop) = house(&["totp"], Setup::new()).await;
    let (key, _) = with_app(&usher, &shop, ANN).await;
    usher.advance(20 * totp::STEP);
    let mut browser = usher.browser();
    let (request, page) = password(&usher, &mut browser, &shop).await;
    let used = totp::code(&key, usher.clock.now());
    let landing = typed(&mut browser, &page, &used).await;
    usher.finish(&shop, request, landing).await;
    usher.advance(-5 * 60);
    let mut late = usher.browser();
    let (request, landing): (AuthorizationRequest, Landing) =
        password_of(&usher, &mut late, shop.request(&usher), ANN).await;
    let page = is_refused(&mut late, &landing.page(), &totp::code(&key, usher.clock.now())).await;
    let page = is_refused(&mut late, &page, &used).await;
    usher.advance(5 * 60);
    let landing = typed(&mut late, &page, &fresh_code(&usher, &key)).await;
    usher.finish(&shop, request, landing).await;
}
