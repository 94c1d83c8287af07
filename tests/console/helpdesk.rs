//! People who lost a factor or a password, and what a helpdesk does for them: never more than that, never to an admin, each
//! deed one event and one mail (MFA-17, ADMIN-12, ADMIN-15, ADMIN-16).

use serde_json::{Value, json};

use super::{ADMIN, enter, open};
use crate::login::factors::{ANN, fresh_code, password, password_of, pressed, set_up, then, typed, with_app};
use crate::support::smtp::Received;
use crate::support::{Application, Browser, Form, Landing, Page, Setup, Sink, Usher};

/// Helps people.
const HELP: (&str, &str) = ("hannah", "the desk is open at nine");
/// Looks on.
const LOOKS: (&str, &str) = ("otto", "every number in its row");

/// An owner, a help desk, an auditor, and Ann whose sign-in takes a second factor.
fn installation(shop: &Application) -> Setup {
    let right = |who: (&str, &str), role: &str| json!({ "username": who.0, "password": who.1, "role": role });
    Setup::new()
        .admin(ADMIN.0, ADMIN.1)
        .user(right(HELP, "helpdesk"))
        .user(right(LOOKS, "auditor"))
        .person(ANN.0, ANN.1)
        .person("bob", "another long secret")
        .app(shop)
        .flow(shop, then(&["totp", "recovery_code"]))
}

async fn console_of(usher: &Usher, who: (&str, &str)) -> Browser {
    let mut browser = usher.browser();
    let page = enter(usher, &mut browser, who).await;
    assert_eq!(page.url.path(), "/console", "{page}");
    browser
}

async fn id_of(usher: &Usher, name: &str) -> String {
    usher.database.texts(&format!("SELECT id FROM users WHERE username = '{name}'")).await.concat()
}

/// The tab of somebody's factors.
async fn devices(usher: &Usher, desk: &mut Browser, name: &str) -> Page {
    let id = id_of(usher, name).await;
    open(usher, desk, &format!("/users/{id}/mfa")).await
}

/// What the buttons of that tab send.
fn act(page: &Page, fields: &[(&str, &str)]) -> Form {
    let action = page.url.to_string();
    let csrf = page.attributes("input[name=csrf]", "value").into_iter().next().expect("a token");
    Form { page: page.url.clone(), ..Form::forged(&action, &[&[("csrf", csrf.as_str())][..], fields].concat()) }
}

/// Hands a one-time code out and reads it off the page.
async fn bypass(usher: &Usher, desk: &mut Browser, name: &str, minutes: &str) -> String {
    let page = devices(usher, desk, name).await;
    let page = desk.submit(act(&page, &[("action", "bypass"), ("minutes", minutes)])).await.page();
    let code = page.attributes("#bypass_code", "value").concat();
    assert!(page.status() == 200 && code.len() >= 10, "{page}");
    code
}

/// Types a code for a lost device in a new sign-in; where it leads.
async fn lost(usher: &Usher, shop: &Application, who: (&str, &str), code: &str) -> Option<u16> {
    let mut browser = usher.browser();
    let (request, landing) = password_of(usher, &mut browser, shop.request(usher), who).await;
    let page = pressed(&mut browser, &landing.page(), "recovery_code").await.page();
    match typed(&mut browser, &page, code).await {
        Landing::Page(page) => Some(page.status()),
        landing @ Landing::Left(_) => {
            usher.finish(shop, request, landing).await;
            None
        }
    }
}

/// The events of one action: who, to whom, what, and whether a reference stands with them.
async fn events(usher: &Usher, action: &str) -> Vec<Value> {
    let sql = format!(
        "SELECT '[' || actor || ',\"' || object || '\",' || detail || ',\"' || coalesce(correlation, '') || '\"]' \
         FROM audit WHERE action = '{action}' ORDER BY id"
    );
    let read = |text: String| serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
    usher.database.texts(&sql).await.into_iter().map(read).collect()
}

/// One event of the action, by `by` on `on`; its details.
async fn one_event(usher: &Usher, action: &str, (by, on): (&str, &str)) -> Value {
    let found = events(usher, action).await;
    assert_eq!(found.len(), 1, "{action}: {found:?}");
    let (by, on) = (id_of(usher, by).await, id_of(usher, on).await);
    assert!(found[0][0].to_string().contains(&by), "{action} by {by}: {found:?}");
    assert_eq!(found[0][1], json!(format!("user:{on}")), "{action}");
    assert!(!found[0][3].as_str().unwrap_or("").is_empty(), "{action} has no reference: {found:?}");
    found[0][2].clone()
}

/// A reset takes every factor away, ends what was open, tells the owner; the next sign-in sets them up anew.
#[tokio::test]
async fn mfa_17_a_reset_takes_every_factor_and_ends_what_was_open() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = installation(&shop).mail(&sink).start().await;
    let (key, codes) = with_app(&usher, &shop, ANN).await;
    let mut thief = usher.browser();
    let (request, page) = password(&usher, &mut thief, &shop).await;
    let landing = typed(&mut thief, &page, &fresh_code(&usher, &key)).await;
    let open_grant = usher.finish(&shop, request, landing).await;
    let told = sink.wait_for(2).await.len();
    let mut desk = console_of(&usher, HELP).await;
    let page = devices(&usher, &mut desk, ANN.0).await;
    assert!(page.text("main").contains("Authenticator app") && !page.answer.body.contains(&key), "{page}");
    let done = desk.submit(act(&page, &[("action", "reset")])).await.page();
    assert!(done.has("[role=status]") && done.text("main").contains("Nothing set up"), "{done}");
    let detail = one_event(&usher, "user.factors_reset", (HELP.0, ANN.0)).await;
    assert_eq!(detail, json!({ "totp": 1, "passkeys": 0, "recovery_codes": codes.len() }));
    assert_eq!(shop.try_refresh(&usher, open_grant.tokens.refresh()).await.oauth_error(), "invalid_grant");
    let silent = shop.request(&usher).with("prompt", "none");
    assert_eq!(silent.error(thief.open(silent.url()).await), "login_required");
    let mails = sink.wait_for(told + 1).await;
    assert_eq!(
        (mails[told].to.as_slice(), mails[told].subject()),
        (&["ann@corp.test".to_owned()][..], "Your second factors were removed".to_owned())
    );
    let mut anew = usher.browser();
    let (request, page) = password(&usher, &mut anew, &shop).await;
    let (other, _, landing) = set_up(&usher, &mut anew, &page).await;
    usher.finish(&shop, request, landing).await;
    assert_ne!(other, key);
}

/// One factor goes, the others stay; its name is in the mail, not its secret.
#[tokio::test]
async fn mfa_17_one_factor_is_removed() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = installation(&shop).mail(&sink).start().await;
    with_app(&usher, &shop, ANN).await;
    let told = sink.wait_for(2).await.len();
    let mut desk = console_of(&usher, HELP).await;
    let page = devices(&usher, &mut desk, ANN.0).await;
    let factors = page.attributes("input[name=factor]", "value");
    assert_eq!(factors.len(), 2, "an app and the codes: {factors:?}");
    let app = factors.iter().find(|factor| factor.starts_with("totp:")).expect("an app");
    let bobs = devices(&usher, &mut desk, "bob").await;
    let foreign = desk.submit(act(&bobs, &[("action", "remove"), ("factor", app)])).await.page();
    assert_eq!(foreign.status(), 404, "through another person's page: {foreign}");
    assert_eq!(usher.database.count("SELECT count(*) FROM totp_devices").await, 1);
    let done = desk.submit(act(&page, &[("action", "remove"), ("factor", app)])).await.page();
    assert!(done.has("[role=status]"), "{done}");
    assert_eq!(usher.database.count("SELECT count(*) FROM totp_devices").await, 0);
    assert_eq!(usher.database.count("SELECT count(*) FROM recovery_codes").await, 10);
    assert_eq!(one_event(&usher, "user.factor_removed", (HELP.0, ANN.0)).await, json!({ "factor": "totp" }));
    assert_eq!(sink.wait_for(told + 1).await[told].subject(), "A way to sign in was removed");
    let again = desk.submit(act(&page, &[("action", "remove"), ("factor", app)])).await.page();
    assert_eq!(again.status(), 404, "{again}");
    assert_eq!(events(&usher, "user.factor_removed").await.len(), 1);
}

/// A one-time code stands in for the second factor of one sign-in: of this person, in its time, beside the password.
#[tokio::test]
async fn a_one_time_code_works_once_for_one_person_in_its_time() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = installation(&shop).mail(&sink).start().await;
    with_app(&usher, &shop, ANN).await;
    with_app(&usher, &shop, ("bob", "another long secret")).await;
    let told = sink.wait_for(4).await.len();
    let mut desk = console_of(&usher, HELP).await;
    let first = bypass(&usher, &mut desk, ANN.0, "15").await;
    let code = bypass(&usher, &mut desk, ANN.0, "15").await;
    assert!(!usher.files_hold(&code), "only its hash is kept");
    let again = devices(&usher, &mut desk, ANN.0).await;
    assert!(again.text("main").contains("hannah made a code") && !again.answer.body.contains(&code), "{again}");
    assert_eq!(lost(&usher, &shop, ANN, &first).await, Some(422), "a newer one replaced it");
    assert_eq!(lost(&usher, &shop, ("bob", "another long secret"), &code).await, Some(422), "another person's");
    assert_eq!(lost(&usher, &shop, ANN, &code.to_lowercase()).await, None, "the right one");
    assert_eq!(lost(&usher, &shop, ANN, &code).await, Some(422), "used");
    assert_eq!(one_event(&usher, "user.bypass_used", (ANN.0, ANN.0)).await, Value::Null);
    let issued = events(&usher, "user.bypass_issued").await;
    assert_eq!((issued.len(), &issued[1][2]), (2, &json!({ "minutes": 15 })), "{issued:?}");
    let mut subjects: Vec<String> = sink.wait_for(told + 3).await[told..].iter().map(Received::subject).collect();
    subjects.sort();
    let made = "A one-time code was made for your account";
    assert_eq!(subjects, ["A one-time code of the help desk was used", made, made]);
    assert!(sink.mails()[told..].iter().all(|mail| mail.to == ["ann@corp.test"] && !mail.raw.contains(&code)));
    let late = bypass(&usher, &mut desk, ANN.0, "15").await;
    usher.advance(15 * 60 + 1);
    assert_eq!(lost(&usher, &shop, ANN, &late).await, Some(422), "its time is over");
    let page = devices(&usher, &mut desk, ANN.0).await;
    let for_ever = desk.submit(act(&page, &[("action", "bypass"), ("minutes", "100000")])).await.page();
    assert!(for_ever.status() == 422 && !for_ever.has("#bypass_code"), "{for_ever}");
}

/// A code of the desk is looked at although somebody else typed too many wrong ones.
#[tokio::test]
async fn a_one_time_code_opens_a_lock() {
    let shop = Application::web("shop");
    let usher = installation(&shop).argument("--trusted-proxies", "127.0.0.1/32").start().await;
    with_app(&usher, &shop, ANN).await;
    for guess in 0..21 {
        let mut browser = usher.browser();
        browser.comes_from(&format!("203.0.113.{guess}"));
        let (_, page) = password(&usher, &mut browser, &shop).await;
        typed(&mut browser, &page, "000000").await.page();
    }
    let mut locked = usher.browser();
    let (_, page) = password(&usher, &mut locked, &shop).await;
    assert_eq!(typed(&mut locked, &page, "000000").await.page().error_code().as_deref(), Some("locked"));
    let mut desk = console_of(&usher, HELP).await;
    let code = bypass(&usher, &mut desk, ANN.0, "60").await;
    assert_eq!(lost(&usher, &shop, ANN, &code).await, None);
}

/// A helpdesk helps people: an account with console rights is an owner's matter, their own nobody's (ADMIN-15, ADMIN-16).
#[tokio::test]
async fn admin_15_a_helpdesk_does_nothing_to_an_admin() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let usher = installation(&shop).mail(&sink).start().await;
    let mut desk = console_of(&usher, HELP).await;
    assert_eq!(bypass(&usher, &mut desk, ANN.0, "60").await.len(), 11, "people are helped");
    let before = usher.database.last_audit().await;
    for name in [ADMIN.0, LOOKS.0, HELP.0] {
        let page = devices(&usher, &mut desk, name).await;
        for deed in ["reset", "bypass"] {
            let refused = desk.submit(act(&page, &[("action", deed), ("minutes", "60")])).await.page();
            assert!(refused.status() == 422 && refused.has(".error-summary"), "{name} {deed}: {refused}");
            assert!(!refused.has("#bypass_code"), "{name}: {refused}");
        }
        let id = id_of(&usher, name).await;
        let page = open(&usher, &mut desk, &format!("/users/{id}/sessions")).await;
        let ended = desk.submit(act(&page, &[("session", "all")])).await.page();
        assert_eq!(ended.status(), 403, "{name}: {ended}");
    }
    let id = id_of(&usher, ADMIN.0).await;
    let page = open(&usher, &mut desk, &format!("/users/{id}/password")).await;
    let refused = desk.submit(act(&page, &[])).await.page();
    assert!(refused.status() == 422 && !refused.has("#reset_link"), "{refused}");
    let events = usher.database.audit_after(before).await;
    assert!(events.iter().all(|event| event[1] == "refused" && event[2] != ""), "nothing was done: {events:?}");
    assert_eq!(events.len(), 10, "and each attempt is an event (ADMIN-12): {events:?}");
    let mut root = console_of(&usher, ADMIN).await;
    assert_eq!(bypass(&usher, &mut root, HELP.0, "60").await.len(), 11, "an owner may");
}

/// What is not help is not for the helpdesk, whatever form is sent.
#[tokio::test]
async fn admin_16_a_helpdesk_manages_nothing() {
    let shop = Application::web("shop");
    let usher = installation(&shop).start().await;
    let mut desk = console_of(&usher, HELP).await;
    let ann = id_of(&usher, ANN.0).await;
    let page = devices(&usher, &mut desk, ANN.0).await;
    assert!(page.has("#limit") && !page.text("main").contains("Disable user"), "{page}");
    let before = usher.database.last_audit().await;
    let deeds = ["state", "rename", "delete", "attribute", "unlink", "link", "invite", "groups"];
    for deed in deeds {
        let to = usher.url(&format!("/console/users/{ann}/{deed}"));
        let form = Form { action: to.parse().unwrap(), ..act(&page, &[("state", "disabled"), ("confirm", "ann")]) };
        let refused = desk.submit(form).await.page();
        assert_eq!(refused.status(), 403, "{deed}: {refused}");
    }
    for path in ["/console/settings/security", "/console/connections", "/console/applications", "/console/groups"] {
        let refused = desk.open(usher.url(path)).await.page();
        assert_eq!(refused.status(), 403, "{path}: {refused}");
    }
    let all = usher.database.audit_after(before).await;
    assert!(all.iter().all(|event| event[1] == "refused"), "{all:?}");
    let state = usher.database.texts("SELECT state FROM users WHERE username = 'ann'").await;
    assert_eq!(state, ["active"]);
}

/// A link for a new password goes by mail; where none goes, only an owner reads it.
#[tokio::test]
async fn a_reset_link_is_read_by_owners_only() {
    let shop = Application::web("shop");
    let usher = installation(&shop).start().await;
    let ann = id_of(&usher, ANN.0).await;
    let path = format!("/users/{ann}/password");
    let mut root = console_of(&usher, ADMIN).await;
    let page = open(&usher, &mut root, &path).await;
    let shown = root.submit(act(&page, &[])).await.page();
    let link = shown.attributes("#reset_link", "value").concat();
    assert!(link.starts_with(&usher.url("/setup/")), "{shown}");
    assert_eq!(one_event(&usher, "user.password_reset_sent", (ADMIN.0, ANN.0)).await, json!({ "shown": true }));
    let mut desk = console_of(&usher, HELP).await;
    let page = open(&usher, &mut desk, &path).await;
    let buttons = page.forms().into_iter().filter(|form| form.action.path().ends_with("/password")).count();
    assert!(buttons == 0 && page.text("main").contains("Ask an owner"), "no button that does nothing: {page}");
    let refused = desk.submit(act(&page, &[])).await.page();
    assert!(refused.status() == 422 && !refused.has("#reset_link"), "{refused}");
    let outcomes = "SELECT outcome FROM audit WHERE action = 'user.password_reset_sent' ORDER BY id";
    assert_eq!(usher.database.texts(outcomes).await, ["success", "refused"]);
    assert_eq!(usher.browser().open(&link).await.page().status(), 200, "and the owner's link still works");
}

/// An auditor sees the same pages, masked and without a working control.
#[tokio::test]
async fn admin_16_an_auditor_sees_masked_values_and_changes_nothing() {
    let shop = Application::web("shop");
    let usher = installation(&shop).start().await;
    with_app(&usher, &shop, ANN).await;
    let (mut root, mut looks) = (console_of(&usher, ADMIN).await, console_of(&usher, LOOKS).await);
    let ann = id_of(&usher, ANN.0).await;
    let profile = format!("/users/{ann}/profile");
    assert!(open(&usher, &mut root, &profile).await.text("main").contains("ann@corp.test"));
    for path in [
        profile.as_str(),
        "/users",
        &format!("/users/{ann}/attribute?attribute=email"),
        &format!("/users/{ann}/history"),
    ] {
        let page = open(&usher, &mut looks, path).await;
        assert!(!page.answer.body.contains("ann@corp.test") && page.has("#limit"), "{path}: {page}");
    }
    let page = devices(&usher, &mut looks, ANN.0).await;
    assert!(page.has("fieldset[disabled] button[value=reset]"), "{page}");
    assert!(page.text("main").contains("Authenticator app"), "what there is, is shown: {page}");
    let before = usher.database.last_audit().await;
    for (tab, fields) in [
        ("mfa", ("action", "reset")),
        ("password", ("x", "y")),
        ("sessions", ("session", "all")),
        ("state", ("state", "disabled")),
    ] {
        let to = usher.url(&format!("/console/users/{ann}/{tab}"));
        let form = Form { action: to.parse().unwrap(), ..act(&page, &[fields]) };
        assert_eq!(looks.submit(form).await.page().status(), 403, "{tab}");
    }
    let page = open(&usher, &mut looks, "/settings/security").await;
    let form = page.form_with("min_characters").set("min_characters", "20");
    assert_eq!(looks.submit(form).await.page().status(), 403);
    let done = usher.database.audit_after(before).await;
    assert!(done.iter().all(|event| event[1] == "refused"), "{done:?}");
    assert_eq!(usher.database.count("SELECT count(*) FROM totp_devices").await, 1);
}

/// A code of before is no way into the console for whoever becomes an admin.
#[tokio::test]
async fn a_new_admin_has_no_code_of_the_helpdesk() {
    let shop = Application::web("shop");
    let usher = installation(&shop).start().await;
    let mut desk = console_of(&usher, HELP).await;
    bypass(&usher, &mut desk, ANN.0, "60").await;
    assert_eq!(usher.database.count("SELECT count(*) FROM bypass_codes").await, 1);
    let (code, link, said) = usher.run(&["admin", "recover", "--public-url", &usher.base]).await;
    assert_eq!(code, 0, "{said}");
    let link = link.split_whitespace().next().expect("a link").to_owned();
    let mut ann = usher.browser();
    let form = ann.open(&link).await.page().form_with("password").set("username", ANN.0);
    let form = form.set("password", "a way back for ann").set("password_again", "a way back for ann");
    ann.submit(form).await.page();
    assert_eq!(usher.database.count("SELECT count(*) FROM roles WHERE role = 'owner'").await, 2);
    assert_eq!(usher.database.count("SELECT count(*) FROM bypass_codes").await, 0);
}
