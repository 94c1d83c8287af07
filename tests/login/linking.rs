//! Linking to accounts that exist: by rule, by proof, or not at all; groups, claims and what is kept about it.

use serde_json::{Value, json};

use crate::support::{Application, Idp, Page, Setup, Usher, Watch};

const BOB: (&str, &str) = ("bob", "a good long secret");

/// A connection with linking switched on, and what a test changes about it.
pub fn linking(idp: &Idp, changed: &Value) -> Value {
    let mut entry = idp.connection("acme");
    entry["linking"] = json!({});
    for (key, value) in changed.as_object().expect("an object") {
        entry[key] = value.clone();
    }
    entry
}

/// Bob exists, with an address that an admin vouches for.
async fn stage(idp: &Idp, shop: &Application, changed: Value) -> Usher {
    Setup::new().person(BOB.0, BOB.1).idp_with(idp, linking(idp, &changed)).app(shop).start().await
}

/// Who signs in at the provider.
pub fn is_bob(idp: &Idp, verified: bool) {
    idp.claims(|claims| {
        *claims = json!({ "sub": "bob-1", "email": "bob@corp.test", "email_verified": verified, "given_name": "Bob" });
    });
}

/// The page "Link your account".
pub async fn proof_page(
    usher: &Usher,
    browser: &mut crate::support::Browser,
    shop: &Application,
) -> (crate::support::application::AuthorizationRequest, Page) {
    let (request, landing) = usher.arrive(browser, shop, "acme").await;
    let page = landing.page();
    assert!(page.has("form[action$='/proof/password']"), "no proof is asked: {page}");
    (request, page)
}

/// No rules defined: the e-mail address is compared (seed); the account is updated and the next sign-in finds the link.
#[tokio::test]
async fn a_verified_address_links_to_the_account_that_has_it() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = stage(&acme, &shop, json!({})).await;
    is_bob(&acme, true);
    let local = usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;

    let linked = usher.sign_in(&mut usher.browser(), &shop, "acme").await;

    assert_eq!(linked.tokens.sub(), local.tokens.sub(), "one person, one subject");
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.links), (1, 1));
    assert_eq!(usher.database.attribute("bob", "given_name").await, "Bob");
    let again = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert_eq!(again.tokens.sub(), local.tokens.sub());
    assert_eq!(usher.database.texts("SELECT outcome FROM decisions ORDER BY id").await, ["link", "sign_in"]);
    assert_eq!(usher.database.count("SELECT count(*) FROM audit WHERE action = 'user.linked'").await, 1);
    let kept = usher.database.texts("SELECT explanation FROM decisions").await.join("\n");
    assert!(!kept.contains("bob@corp.test") && kept.contains("email"), "masked: {kept}");
}

/// The fallback rule counts only where the first one finds nobody; nobody at all is created, or skipped.
#[tokio::test]
async fn the_second_rule_is_the_fallback_and_nobody_creates_or_skips() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let rules = json!([{ "federated": "employee", "local": "employee" }, { "federated": "email", "local": "email" }]);
    let entry = linking(&acme, &json!({ "linking": { "rules": rules, "skip_when_no_match": true } }));
    let setup = Setup::new().unique_attribute("employee", "Employee number").person(BOB.0, BOB.1);
    let ann = json!({ "username": "ann", "attributes": { "employee": "E7" }, "password": BOB.1 });
    let usher = setup.user(ann).idp_with(&acme, entry).app(&shop).start().await;
    for (claims, name) in [
        (json!({ "sub": "1", "employee": "E7", "email": "ann@corp.test", "email_verified": true }), "ann"),
        (json!({ "sub": "2", "employee": "E8", "email": "bob@corp.test", "email_verified": true }), "bob"),
    ] {
        acme.claims(|person| *person = claims);
        let done = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
        assert_eq!(done.tokens.sub(), usher.database.subject(name).await);
    }
    acme.claims(|person| *person = json!({ "sub": "3", "employee": "E9", "email": "eve@corp.test" }));
    let passed = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert_eq!(usher.database.rows().await.users, 2, "skipped: no account");
    assert_eq!(shop.userinfo(&usher, &passed.tokens).await["email"], json!("eve@corp.test"));
    assert!(!usher.files_hold("eve@corp.test"));
}

/// An account that needs no local one passes; one that does gets the page of a refused account (LINK-24).
#[tokio::test]
async fn link_24_skipped_people_are_refused_where_an_account_is_needed() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let strict = Application::web("strict").with("local_account_required", json!(true));
    let entry = linking(&acme, &json!({ "linking": { "skip_when_no_match": true } }));
    let usher = Setup::new().idp_with(&acme, entry).app(&shop).app(&strict).start().await;
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let watch = Watch::start(&usher).await;
    let (_, landing) = usher.arrive(&mut usher.browser(), &strict, "acme").await;
    watch.refused_as("no_account", landing).await;
}

/// An unverified address links nobody by itself: the person signs in to the existing account once (LINK-06).
#[tokio::test]
async fn link_06_an_unverified_address_asks_for_a_proof_and_the_password_gives_it() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = stage(&acme, &shop, json!({})).await;
    is_bob(&acme, false);
    let mut browser = usher.browser();
    let (request, page) = proof_page(&usher, &mut browser, &shop).await;
    let text = page.text("main");
    assert!(!text.contains("bob@corp.test") && !text.contains("Bob"), "nothing about the account: {text}");
    assert!(!page.has("#send-code"), "no mail server, no code");
    assert_eq!(usher.database.rows().await.links, 0);

    let landing = browser.submit(page.form_with("password").set("username", BOB.0).set("password", BOB.1)).await;
    let done = usher.finish(&shop, request, landing).await;

    assert_eq!(done.tokens.sub(), usher.database.subject("bob").await);
    assert_eq!((usher.database.rows().await.users, usher.database.rows().await.links), (1, 1));
    usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert_eq!(usher.database.rows().await.links, 1, "asked once");
}

/// Wrong password, unknown account and another account's right password look alike; Cancel ends it (LINK-11).
#[tokio::test]
async fn link_11_every_wrong_proof_looks_alike_and_links_nobody() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let entry = linking(&acme, &json!({}));
    let setup = Setup::new().person(BOB.0, BOB.1).person("mallory", "mallory's own secret");
    let usher = setup.idp_with(&acme, entry).app(&shop).start().await;
    is_bob(&acme, false);
    let mut browser = usher.browser();
    let (_, mut page) = proof_page(&usher, &mut browser, &shop).await;
    let watch = Watch::start(&usher).await;
    let mut seen = Vec::new();
    for (name, password) in
        [("bob", "wrong wrong wrong"), ("mallory", "mallory's own secret"), ("nobody", "whatever it is")]
    {
        let form = page.form_with("password").set("username", name).set("password", password);
        page = browser.submit(form).await.page();
        seen.push((page.status(), page.text(".error-summary"), page.text("h1")));
    }
    assert!(seen[0].0 == 422 && seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
    watch.nothing_happened().await;
    let landing = browser.submit(page.form_with("cancel")).await;
    watch.refused_as("link_refused", landing).await;
}

/// The proof belongs to one identity: a second answer in the same sign-in has to be proved itself (LINK-08).
#[tokio::test]
async fn link_08_a_second_identity_needs_its_own_proof() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let usher = stage(&acme, &shop, json!({})).await;
    is_bob(&acme, false);
    let mut browser = usher.browser();
    let (request, first) = proof_page(&usher, &mut browser, &shop).await;
    acme.claims(|claims| claims["sub"] = json!("mallory-1"));
    let flow = first.url.path().to_owned();
    let second = browser.open(usher.url(&format!("{flow}/go/acme"))).await.page();
    assert!(second.has("#password"), "{second}");
    let landing = browser.submit(second.form_with("password").set("username", BOB.0).set("password", BOB.1)).await;
    usher.finish(&shop, request, landing).await;
    let linked = usher.database.texts("SELECT subject FROM federated_links").await;
    assert_eq!(linked, ["mallory-1"], "what was proved last is what is linked");
}

/// Administrators are never linked by a rule alone, whatever the address says.
#[tokio::test]
async fn an_administrator_is_linked_by_proof_only() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let admin = json!({ "username": "root", "password": BOB.1, "email": "bob@corp.test", "email_verified": true,
        "admin": true });
    let usher = Setup::new().user(admin).idp_with(&acme, linking(&acme, &json!({}))).app(&shop).start().await;
    is_bob(&acme, true);
    let mut browser = usher.browser();
    let (request, page) = proof_page(&usher, &mut browser, &shop).await;
    assert_eq!(usher.database.rows().await.links, 0);
    let landing = browser.submit(page.form_with("password").set("username", "root").set("password", BOB.1)).await;
    usher.finish(&shop, request, landing).await;
    assert_eq!(usher.database.rows().await.links, 1);
}

/// A connection may vouch only for the domains it was given; another address counts as unverified.
#[tokio::test]
async fn a_connection_vouches_for_its_own_domains_only() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    for (domains, asked) in [(json!(["corp.test"]), false), (json!(["other.test"]), true)] {
        let usher = stage(&acme, &shop, json!({ "asserted_domains": domains })).await;
        is_bob(&acme, true);
        let (_, landing) = usher.arrive(&mut usher.browser(), &shop, "acme").await;
        match landing {
            crate::support::Landing::Page(page) => assert!(asked && page.has("#password"), "{page}"),
            crate::support::Landing::Left(_) => assert!(!asked, "linked by an address that is not its to vouch for"),
        }
    }
}

/// Groups follow the provider, and the application hears of them by the claim that its admin chose.
#[tokio::test]
async fn groups_follow_the_provider_and_reach_the_application() {
    let acme = Idp::start().await;
    let told = json!({ "attributes": { "given_name": "first" }, "groups": "teams" });
    let shop = Application::web("shop").with("claims", told);
    let groups = json!({ "mapping": { "ops-ext": "ops" }, "unmapped": "created_by_name" });
    let entry = linking(&acme, &json!({ "groups": groups }));
    let setup = Setup::new().group("ops", &[]).person(BOB.0, BOB.1).idp_with(&acme, entry).app(&shop);
    let usher = setup.start().await;
    is_bob(&acme, true);
    acme.claims(|claims| claims["groups"] = json!(["ops-ext", "chess"]));
    let done = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let claims = shop.userinfo(&usher, &done.tokens).await;
    assert_eq!((&claims["teams"], &claims["first"]), (&json!(["chess", "ops"]), &json!("Bob")));
    assert_eq!(done.tokens.claims["teams"], json!(["chess", "ops"]));

    acme.claims(|claims| claims["groups"] = json!(["chess"]));
    let later = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert_eq!(shop.userinfo(&usher, &later.tokens).await["teams"], json!(["chess"]));
    assert_eq!(usher.database.count("SELECT count(*) FROM user_groups").await, 2);
}

/// People without an account have their mapped groups and attributes told, refreshes included; nothing is stored.
#[tokio::test]
async fn pass_through_people_have_claims_and_groups_too() {
    let acme = Idp::start().await;
    let told = json!({ "attributes": { "given_name": "first" }, "groups": "teams" });
    let shop = Application::web("shop").with("claims", told);
    let mut entry = acme.connection("acme");
    entry["jit"] = json!(false);
    entry["recording"] = json!("on");
    entry["groups"] = json!({ "mapping": { "ops-ext": "ops" } });
    let usher = Setup::new().group("ops", &[]).idp_with(&acme, entry).app(&shop).start().await;
    acme.claims(|claims| claims["groups"] = json!(["ops-ext", "chess"]));
    let done = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let renewed = shop.refresh(&usher, done.tokens.refresh()).await;
    for tokens in [&done.tokens, &renewed] {
        let claims = shop.userinfo(&usher, tokens).await;
        assert_eq!((&claims["teams"], &claims["first"]), (&json!(["ops"]), &json!("Alice")));
    }
    assert_eq!(usher.database.rows().await.users, 0);
    for table in ["memberships", "recordings"] {
        assert_eq!(usher.database.count(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
}

/// The last verified answers are kept, sealed, where the switch is on.
#[tokio::test]
async fn answers_are_recorded_sealed_where_the_switch_is_on() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    for (switch, kept) in [("on", 1), ("off", 0)] {
        let usher = stage(&acme, &shop, json!({ "recording": switch })).await;
        acme.claims(|claims| *claims = json!({ "sub": "z-1", "nickname": "secret-nickname" }));
        usher.sign_in(&mut usher.browser(), &shop, "acme").await;
        assert_eq!(usher.database.count("SELECT count(*) FROM recordings").await, kept);
        assert!(!usher.files_hold("secret-nickname"));
    }
}

/// A connection for linking only is neither listed nor reachable (LINK-13).
#[tokio::test]
async fn link_13_a_connection_for_linking_only_signs_nobody_in() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    for (listing, open) in [("shown", true), ("link_only", false)] {
        let entry = linking(&acme, &json!({ "listing": listing }));
        let usher = Setup::new().idp_with(&acme, entry).app(&shop).start().await;
        let mut browser = usher.browser();
        let page = browser.open(shop.request(&usher).url()).await.page();
        let links = page.attributes("a[href*='/go/']", "href");
        assert_eq!(links.len(), usize::from(open), "{links:?}");
        let typed = browser.open(usher.url(&format!("{}/go/acme", page.url.path()))).await;
        match typed {
            crate::support::Landing::Left(_) => assert!(open),
            crate::support::Landing::Page(page) => {
                assert!(!open && page.error_code().is_some(), "{page}");
                assert_eq!(usher.database.rows().await.users, 0);
            }
        }
    }
}
