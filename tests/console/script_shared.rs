//! What scripts share, made in the console and met in a sign-in: pages, mails, secrets, and what scripts may reach.

use serde_json::json;

use super::{admin_of, open, with_admin};
use crate::support::{Application, Browser, Page, Setup, Sink, Usher};

const BOARD: &str = "/applications/payroll/sign-in";
const BOB: (&str, &str) = ("bob", "correct horse battery");
const SECRET: &str = "k7-very-secret-value";

/// Asks for an age, mails the person, prints a secret.
const SCRIPT: &str = "var onLoginRequest = function (context) {
    prompt('age', { shop: 'Payroll' }, { onSuccess: function (context) {
        var age = context.request.params.age[0];
        executeStep(1, { onSuccess: function (context) {
            context.selectedAcr = 'age:' + age;
            Log.info('the key is', secrets.key);
            sendEmail(context.steps[1].subject, 'hello', { age: age, trick: '{age}' });
            assignUserRolesV2(context, ['adults']);
        } });
    } });
};";

async fn usher_with(sink: &Sink) -> (Usher, Application) {
    let payroll = Application::web("payroll");
    let setup = with_admin(Setup::new()).app(&payroll).person(BOB.0, BOB.1).group("adults", &[]).mail(sink);
    (setup.start().await, payroll)
}

/// Fills the form of a settings page and sends it.
async fn fill(usher: &Usher, browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let page = open(usher, browser, path).await;
    let form = page.form_with(fields[0].0);
    let form = fields.iter().fold(form, |form, (name, value)| form.set(name, value));
    browser.submit(form).await.page()
}

async fn publish(usher: &Usher, browser: &mut Browser, script: &str) -> Page {
    let landing = open(usher, browser, &format!("{BOARD}/start")).await;
    let page = browser.submit(landing.form_with("flow").set("flow", "present")).await.page();
    let form = page.form_with("subject_step").set("script", script).set("script_on", "on").set("action", "publish");
    browser.submit(form).await.page()
}

fn codes(page: &Page) -> Vec<String> {
    page.texts("code.small")
}

/// A script that names what nobody made is not published; once it is made, the page is shown and the mail goes.
#[tokio::test]
async fn pages_mails_and_roles_are_made_in_the_console_and_met_in_a_sign_in() {
    let sink = Sink::start().await;
    let (usher, payroll) = usher_with(&sink).await;
    let mut browser = admin_of(&usher).await;
    let refused = publish(&usher, &mut browser, SCRIPT).await;
    let found = codes(&refused);
    for code in ["script_unknown_page", "script_unknown_mail", "script_role_not_listed", "script_unknown_secret"] {
        assert!(found.iter().any(|known| known == code), "{code} is missing: {found:?}");
    }
    assert_eq!(usher.database.count("SELECT count(*) FROM flow_versions").await, 0);

    let page = [
        ("name", "age"),
        ("title", "Welcome to {shop}"),
        ("text", "One question first."),
        ("fields", "age | Your age | number | required"),
    ];
    assert_eq!(fill(&usher, &mut browser, "/settings/script-pages", &page).await.status(), 200);
    let mail = [("name", "hello"), ("subject", "You are {age}"), ("text", "Age {age}.\r\n\r\nAsked: {trick}")];
    assert_eq!(fill(&usher, &mut browser, "/settings/script-mails", &mail).await.status(), 200);
    assert_eq!(fill(&usher, &mut browser, "/settings/script-reach", &[("groups", "adults")]).await.status(), 200);
    assert_eq!(
        fill(&usher, &mut browser, "/settings/secrets", &[("name", "key"), ("secret", SECRET)]).await.status(),
        200
    );
    let again = open(&usher, &mut browser, BOARD).await;
    let accepted = again.form_with("subject_step").set("accept_script_secret_logged", "on").set("action", "publish");
    let published = browser.submit(accepted).await.page();
    assert!(published.text("[role=status]").contains("published"), "{published}");

    let mut bob = usher.browser();
    let request = payroll.request(&usher);
    let asked = bob.open(request.url()).await.page();
    assert!(asked.text("h1").contains("Welcome to Payroll"), "{asked}");
    let asked = bob.submit(asked.form_with("f_age").set("f_age", " ")).await.page();
    assert!(asked.has("[name=f_age]"), "what is required is asked for again: {asked}");
    let page = bob.submit(asked.form_with("f_age").set("f_age", "41")).await.page();
    let landing = bob.submit(page.form_with("password").set("username", BOB.0).set("password", BOB.1)).await;
    let done = usher.finish(&payroll, request, landing).await;
    assert_eq!(done.tokens.claims["acr"], json!("age:41"));
    let mails = sink.wait_for(1).await;
    assert_eq!(
        (mails[0].to.as_slice(), mails[0].subject().as_str()),
        (["bob@corp.test".to_owned()].as_slice(), "You are 41")
    );
    assert!(mails[0].text().contains("Asked: {age}"), "a value is no template: {}", mails[0].text());
    assert_eq!(usher.database.count("SELECT count(*) FROM memberships").await, 1);
    let traces = usher.database.texts("SELECT body FROM traces").await;
    assert!(traces.iter().any(|trace| trace.contains("the key is")), "{traces:?}");
    assert!(!traces.iter().any(|trace| trace.contains(SECRET)), "SCRIPT-21: the secret stands in the trace");
    assert!(!usher.files_hold(SECRET), "the secret stands in a file");
}

/// What is no page, mail, host or group is refused at its field; what somebody else changed meanwhile is not overwritten.
#[tokio::test]
async fn wrong_entries_are_refused_at_their_fields() {
    let sink = Sink::start().await;
    let (usher, _) = usher_with(&sink).await;
    let mut browser = admin_of(&usher).await;
    let long = "x".repeat(200);
    let pages = "/settings/script-pages";
    for (path, fields, wrong) in [
        (pages, vec![("name", "1 a"), ("title", "T")], "name"),
        (pages, vec![("name", "age"), ("title", "")], "title"),
        (pages, vec![("name", "age"), ("title", "T"), ("fields", "age | Age | colour")], "fields"),
        (pages, vec![("name", "age"), ("title", "T"), ("fields", "csrf | Token")], "fields"),
        (pages, vec![("name", "age"), ("title", "T"), ("fields", "a | A\na | B")], "fields"),
        ("/settings/script-mails", vec![("name", "m"), ("subject", long.as_str()), ("text", "x")], "subject"),
        ("/settings/script-mails", vec![("name", "m"), ("subject", "x"), ("text", " ")], "text"),
        ("/settings/script-reach", vec![("hosts", "https://api.test/")], "hosts"),
        ("/settings/script-reach", vec![("groups", "nobody")], "groups"),
    ] {
        let page = fill(&usher, &mut browser, path, &fields).await;
        assert_eq!(page.status(), 422, "{fields:?}: {page}");
        assert!(page.has(&format!("#{wrong}-error")), "{fields:?}: {page}");
    }
    assert_eq!(usher.database.count("SELECT count(*) FROM settings WHERE name LIKE 'script.%'").await, 0);

    let old = open(&usher, &mut browser, pages).await;
    let fields = [("name", "age"), ("title", "First")];
    assert_eq!(fill(&usher, &mut browser, pages, &fields).await.status(), 200);
    let stale = browser.submit(old.form_with("title").set("name", "age").set("title", "Second")).await.page();
    assert_eq!(stale.status(), 409, "{stale}");
    let kept = open(&usher, &mut browser, &format!("{pages}?name=age")).await;
    assert_eq!(kept.form_with("title").value("title"), "First");
    let gone = browser.submit(kept.form_with("remove").set("remove", "age")).await.page();
    assert_eq!(gone.status(), 200, "{gone}");
    assert!(!open(&usher, &mut browser, pages).await.has("[name=remove]"));
}
