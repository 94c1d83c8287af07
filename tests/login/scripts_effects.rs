//! What scripts change, as people and applications meet it: cookies, headers, claims, groups, parameters of a provider.

use serde_json::{Value, json};

use super::scripts::{BOB, one_step, password, with};
use crate::support::browser::Cookie;
use crate::support::{Application, Browser, Endpoint, Idp, Setup, Usher};

/// A script that does something once step 1 has succeeded.
fn then(body: &str) -> Value {
    one_step(&format!(
        "var onLoginRequest = function (context) {{\n    executeStep(1, {{ onSuccess: function (context) {{\n{body}\n    }} }});\n}};"
    ))
}

/// Greets a browser by what its cookie says, and says it.
const GREETS: &str = "var seen = getCookieValue(context.request, 'seen');
    context.selectedAcr = seen === null ? 'new' : 'seen:' + seen;
    setCookie(context.response, 'seen', 'by-bob', { 'max-age': 60 });";

async fn acr(usher: &Usher, browser: &mut Browser, app: &Application) -> Value {
    let request = app.request(usher).with("prompt", "login");
    let landing = browser.open(request.url()).await;
    let landing = password(browser, landing).await;
    usher.finish(app, request, landing).await.tokens.claims["acr"].clone()
}

fn cookie(browser: &Browser) -> Cookie {
    browser.cookie("-script-").expect("a cookie of the script").clone()
}

/// Sealed, for scripts alone, and gone when its time is over, whatever the browser still sends.
#[tokio::test]
async fn a_cookie_of_a_script_comes_back_sealed_until_its_end() {
    let (usher, shop, _acme) = with(then(GREETS)).await;
    let mut browser = usher.browser();
    assert_eq!(acr(&usher, &mut browser, &shop).await, json!("new"));
    let set = cookie(&browser);
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=60"] {
        assert!(set.line.contains(part), "{part}: {}", set.line);
    }
    assert!(!set.line.contains("seen") && !set.line.contains("bob"), "not sealed: {}", set.line);
    assert_eq!(acr(&usher, &mut browser, &shop).await, json!("seen:by-bob"));

    let old = cookie(&browser);
    usher.advance(61);
    assert_eq!(acr(&usher, &mut browser, &shop).await, json!("new"), "its end is sealed with it");
    let mut thief = usher.browser();
    let mut moved = old.clone();
    moved.name = moved.name.replacen("-script-", "-script-a", 1);
    thief.plant(moved);
    assert_eq!(acr(&usher, &mut thief, &shop).await, json!("new"), "under another name it is nothing");
    let mut thief = usher.browser();
    let mut cut = cookie(&browser);
    cut.value.pop();
    thief.plant(cut);
    assert_eq!(acr(&usher, &mut thief, &shop).await, json!("new"), "it was changed");
}

/// Two applications with flows of their own do not read each other's cookies.
#[tokio::test]
async fn a_cookie_belongs_to_the_flow_that_set_it() {
    let (shop, desk) = (Application::web("shop"), Application::web("desk"));
    let setup = Setup::new().person(BOB.0, BOB.1).app(&shop).app(&desk);
    let usher = setup.flow(&shop, then(GREETS)).flow(&desk, then(GREETS)).start().await;
    let mut browser = usher.browser();
    assert_eq!(acr(&usher, &mut browser, &shop).await, json!("new"));
    assert_eq!(acr(&usher, &mut browser, &desk).await, json!("new"));
    assert_eq!(acr(&usher, &mut browser, &shop).await, json!("seen:by-bob"), "each has its own");
    assert_eq!(browser.cookies().iter().filter(|cookie| cookie.name.contains("-script-")).count(), 2);
}

/// A sign-in that is refused at its end sets nothing.
#[tokio::test]
async fn a_refused_sign_in_leaves_no_cookie() {
    let (usher, shop, _acme) =
        with(then("setCookie(context.response, 'seen', 'x'); if (true) { fail({ errorCode: 'access_denied' }); }"))
            .await;
    let mut browser = usher.browser();
    let request = shop.request(&usher);
    let landing = browser.open(request.url()).await;
    let landing = password(&mut browser, landing).await;
    assert_eq!(request.error(landing), "access_denied");
    assert!(browser.cookie("-script-").is_none());
}

/// A header of the short list goes out with the answer; another one is an error of the script.
#[tokio::test]
async fn a_header_of_the_list_goes_out_with_the_answer() {
    let (usher, shop, _acme) = with(then("context.response.headers['X-Sign-In-Context'] = 'office';")).await;
    let mut browser = usher.browser();
    acr(&usher, &mut browser, &shop).await;
    let last = browser.history.iter().rev().find(|visit| visit.url.path().starts_with("/login/")).expect("a last hop");
    let header = last.answer.headers.get("x-sign-in-context").expect("the header");
    assert_eq!(header.to_str().ok(), Some("office"));
}

/// `claims` live for one sign-in and reach the application only; `localClaims` land in the account, with their source.
#[tokio::test]
async fn claims_are_told_and_local_claims_are_kept() {
    let body = "var user = context.steps[1].subject;
        user.claims['http://wso2.org/claims/nickname'] = 'Bobby';
        user.claims.email = 'ceo@corp.test';
        user.localClaims['http://wso2.org/claims/givenname'] = 'Robert';
        user.localClaims.email = 'ceo@corp.test';";
    let (usher, shop, _acme) = with(then(body)).await;
    let before = usher.database.attributes(BOB.0).await["email"].clone();
    let mut browser = usher.browser();
    let done = usher.sign_in_locally(&mut browser, &shop, BOB).await;
    let told = shop.userinfo(&usher, &done.tokens).await;
    assert_eq!((&told["nickname"], &told["given_name"]), (&json!("Bobby"), &json!("Robert")), "{told}");
    assert_ne!(told["email"], json!("ceo@corp.test"), "an address is not a script's to tell");
    let kept = usher.database.attributes(BOB.0).await;
    assert_eq!(kept["given_name"]["values"], json!(["Robert"]));
    assert!(kept["given_name"]["source"].to_string().contains("script"), "{kept}");
    assert!(kept["nickname"].is_null(), "told, not kept: {kept}");
    assert_eq!(kept["email"], before);
    let audited = usher.database.count("SELECT count(*) FROM audit WHERE action = 'user.updated'").await;
    assert_eq!(audited, 1);
}

/// The session does not take over what one script told: the next sign-in begins without it.
#[tokio::test]
async fn what_a_script_told_once_is_not_in_the_session() {
    let once = "if (getCookieValue(context.request, 'told') === null) {
            context.steps[1].subject.claims.nickname = 'Bobby';
            setCookie(context.response, 'told', 'yes');
        }";
    let (usher, shop, _acme) = with(then(once)).await;
    let mut browser = usher.browser();
    let first = usher.sign_in_locally(&mut browser, &shop, BOB).await;
    assert_eq!(shop.userinfo(&usher, &first.tokens).await["nickname"], json!("Bobby"));
    let request = shop.request(&usher);
    let landing = browser.open(request.url()).await;
    let second = usher.finish(&shop, request, landing).await;
    assert!(shop.userinfo(&usher, &second.tokens).await["nickname"].is_null(), "it lived for one sign-in");
    assert_eq!(shop.userinfo(&usher, &first.tokens).await["nickname"], json!("Bobby"), "and lives on in that one");
}

/// A role is a local group that an admin listed; what is not listed is not given, and what others gave is not taken.
#[tokio::test]
async fn listed_groups_are_given_and_taken_and_no_others() {
    let shop = Application::web("shop").with("claims", json!({ "groups": "teams" }));
    let give = "assignUserRolesV2(context, ['editors']); removeUserRolesV2(context, ['staff']);
        context.selectedAcr = hasAnyOfTheRolesV2(context, ['editors']) ? 'editor' : 'none';";
    let setup = Setup::new().person(BOB.0, BOB.1).app(&shop).group("editors", &[]).group("staff", &[BOB.0]);
    let usher = setup.flow(&shop, then(give)).start().await;
    let mut browser = usher.browser();
    let landing = browser.open(shop.request(&usher).url()).await;
    let page = password(&mut browser, landing).await.page();
    assert_eq!(page.error_code().as_deref(), Some("script_error"), "no group is listed: {page}");
    assert_eq!(usher.database.count("SELECT count(*) FROM memberships").await, 1);

    usher
        .database
        .execute("INSERT INTO settings (name, value) VALUES ('script.roles', '[\"editors\",\"staff\"]')")
        .await;
    let done = usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    assert_eq!(done.tokens.claims["acr"], json!("editor"), "a pending write is seen");
    assert_eq!(shop.userinfo(&usher, &done.tokens).await["teams"], json!(["editors", "staff"]));
    let sources = usher.database.texts("SELECT source FROM memberships ORDER BY source").await;
    assert!(sources.len() == 2 && sources.iter().any(|source| source.contains("script")), "{sources:?}");
}

/// `$authparam{name}` takes what the script gives; where it gives nothing, nobody departs.
#[tokio::test]
async fn a_parameter_of_a_provider_comes_from_the_script() {
    let asks = |level: &str| {
        one_step(&format!(
            "var onLoginRequest = function (context) {{
                executeStep(1, {{ authenticatorParams: {{ common: {{ {level} }} }} }}, {{}});
            }};"
        ))
    };
    let acme = Idp::start().await;
    let mut entry = acme.connection("acme");
    entry["settings"]["extra_params"] = json!("lvl=$authparam{level}");
    let (shop, desk) = (Application::web("shop"), Application::web("desk"));
    let setup = Setup::new().idp_with(&acme, entry).app(&shop).app(&desk);
    let usher = setup.flow(&shop, asks("level: 'gold&prompt=none'")).flow(&desk, asks("other: 'x'")).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let asked = acme.hits(Endpoint::Authorize).remove(0).query;
    let sent: Vec<(String, String)> = url::form_urlencoded::parse(asked.as_bytes()).into_owned().collect();
    assert!(sent.contains(&("lvl".to_owned(), "gold&prompt=none".to_owned())), "{asked}");
    assert!(!sent.iter().any(|(name, _)| name == "prompt"), "one value, not two: {asked}");

    let (_, landing) = usher.arrive(&mut usher.browser(), &desk, "acme").await;
    let page = landing.page();
    assert_eq!(page.error_code().as_deref(), Some("connection_unavailable"), "{page}");
    assert_eq!(acme.count(Endpoint::Authorize), 1, "nobody departed without it");
}
