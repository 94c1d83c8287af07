//! Linked accounts: another one after a fresh sign-in on both sides, never somebody else's, never the last way out.

use serde_json::{Value, json};

use super::walk::{ANN, Person, is_sign_in, subjects};
use crate::support::{Application, Idp, Landing, Page, Setup, Sink, Usher, Watch};

/// A connection through which people may link their own accounts.
pub fn linkable(idp: &Idp, id: &str) -> Value {
    let mut entry = idp.connection(id);
    entry["linking"] = json!({});
    entry
}

fn is(idp: &Idp, sub: &str) {
    idp.claims(|claims| *claims = json!({ "sub": sub, "preferred_username": sub }));
}

/// Two providers, and Ann with a password.
async fn stage(setup: Setup) -> (Idp, Idp, Usher) {
    let (acme, globex) = (Idp::start().await, Idp::start().await);
    let setup = setup.person(ANN.0, ANN.1);
    let setup = setup.idp_with(&acme, linkable(&acme, "acme")).idp_with(&globex, linkable(&globex, "globex"));
    (acme, globex, setup.start().await)
}

/// Goes to the provider and comes back to the question.
async fn question(person: &mut Person<'_>, connection: &str) -> Page {
    let page = person.open(&format!("/linked/go/{connection}")).await;
    assert_eq!(page.url.path(), "/account/linked/confirm", "{page}");
    page
}

async fn link(person: &mut Person<'_>, connection: &str) -> Page {
    let page = question(person, connection).await;
    person.send(page.form_with("link").set("act", "link")).await
}

/// The page that asks whether to unlink the first account of the list.
async fn unlinking(person: &mut Person<'_>, at: usize) -> Page {
    let page = person.open("/linked").await;
    let href = page.attributes("#linked a", "href")[at].clone();
    person.look(href.trim_start_matches("/account")).await
}

/// Linked after a question, told to the owner, listed with what it rests on; from then on it signs in.
#[tokio::test]
async fn another_account_is_linked_and_signs_in() {
    let (sink, shop) = (Sink::start().await, Application::web("shop"));
    let (acme, _globex, usher) = stage(Setup::new().mail(&sink).app(&shop)).await;
    is(&acme, "ann-at-acme");
    let mut ann = Person::new(&usher, ANN);
    let page = ann.open("/linked").await;
    assert_eq!(page.attributes("#linkable a", "href"), ["/account/linked/go/acme", "/account/linked/go/globex"]);

    let page = question(&mut ann, "acme").await;
    assert!(page.text("main").contains("Acme") && !page.text("main").contains("ann-at-acme"), "masked: {page}");
    assert_eq!(usher.database.links_of("ann").await, 0, "not before it is confirmed");
    let cancelled = ann.send(page.form_with("link").set("act", "cancel")).await;
    assert_eq!((cancelled.url.path(), usher.database.links_of("ann").await), ("/account/linked", 0));
    let late = ann.send(page.form_with("link").set("act", "link")).await;
    assert_eq!((late.status(), usher.database.links_of("ann").await), (409, 0), "{late}");

    let page = link(&mut ann, "acme").await;
    assert!(page.text("#linked").contains("Linked by you"), "{page}");
    assert_eq!(page.attributes("#linkable a", "href"), ["/account/linked/go/globex"], "one of each");
    assert_eq!(subjects(&sink, 1).await, ["You can now sign in with Acme"]);
    assert_eq!(ann.audited("user.linked").await, 1);
    let local = usher.sign_in_locally(&mut usher.browser(), &shop, ANN).await;
    let linked = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert_eq!(linked.tokens.sub(), local.tokens.sub(), "one person");
    assert_eq!(usher.database.rows().await.users, 1);

    let page = unlinking(&mut ann, 0).await;
    let page = ann.send(page.form_with("unlink")).await;
    assert_eq!((page.url.path(), usher.database.links_of("ann").await), ("/account/linked", 0), "{page}");
    assert_eq!(subjects(&sink, 2).await[0], "Acme is no longer linked to your account");
    assert_eq!(ann.audited("user.unlinked").await, 1);
}

/// The provider is told to ask anew, and an answer that rests on an older sign-in there links nothing.
#[tokio::test]
async fn link_11_the_sign_in_is_fresh_on_both_sides() {
    let (acme, _globex, usher) = stage(Setup::new()).await;
    is(&acme, "ann-at-acme");
    let mut ann = Person::new(&usher, ANN);
    let page = ann.open("/linked").await;
    usher.advance(6 * 60);
    let stale = ann.browser.click(&page, "/go/acme").await.page();
    assert!(is_sign_in(&stale), "an hour-old session goes to the sign-in first: {stale}");
    let stranger = usher.browser().open(usher.url("/account/linked/go/acme")).await.page();
    assert!(is_sign_in(&stranger), "{stranger}");

    let callback = ann.browser.clone();
    let mut twin = Person { browser: callback, ..ann.tab() };
    question(&mut twin, "acme").await;
    let sent = twin.browser.history.iter().rfind(|visit| visit.url.as_str().starts_with(acme.issuer()));
    let asked = sent.expect("a visit").url.query().expect("a query").to_owned();
    assert!(asked.contains("prompt=login") && asked.contains("max_age=0"), "{asked}");

    acme.forge(|draft| draft.claims["auth_time"] = json!(1));
    let refused = twin.open("/linked/go/acme").await;
    assert_eq!(refused.error_code().as_deref(), Some("idp_response_invalid"), "{refused}");
    assert_eq!(usher.database.links_of("ann").await, 0);
}

/// An answer that another browser began, or that is brought twice, leads nowhere (LINK-12).
#[tokio::test]
async fn link_12_an_answer_counts_in_the_browser_that_asked() {
    let (acme, _globex, usher) = stage(Setup::new().person("mallory", "a good long secret")).await;
    is(&acme, "mallory-at-acme");
    let (mut ann, mut mallory) = (Person::new(&usher, ANN), Person::new(&usher, ("mallory", "a good long secret")));
    ann.open("/linked").await;
    let page = mallory.open("/linked").await;
    let callback = mallory.browser.click_until(&page, "/linked/go/acme", "/callback/oidc/").await;
    let watch = Watch::start(&usher).await;
    watch.refused_as("tx_other_browser", ann.browser.open_from(acme.issuer(), callback.as_str()).await).await;
    let nothing = ann.look("/linked/confirm").await;
    assert_eq!(nothing.url.path(), "/account/linked", "nothing is asked: {nothing}");

    let page = mallory.browser.open_from(acme.issuer(), callback.as_str()).await.page();
    assert_eq!(page.url.path(), "/account/linked/confirm", "the honest twin: {page}");
    let again = mallory.browser.open_from(acme.issuer(), callback.as_str()).await.page();
    assert_eq!(again.error_code().as_deref(), Some("tx_already_used"), "{again}");
    // Ann posts what only Mallory was asked.
    let csrf = ann.look("/security/password").await.form_with("new").value("csrf").to_owned();
    let posted = ann.send(page.form_with("link").set("act", "link").set("csrf", &csrf)).await;
    assert_eq!((posted.status(), usher.database.links_of("ann").await), (409, 0), "{posted}");
    let page = mallory.send(page.form_with("link").set("act", "link")).await;
    assert_eq!(usher.database.links_of("mallory").await, 1, "{page}");
}

/// An account of a provider that leads to somebody stays theirs; so does one that an account was made by.
#[tokio::test]
async fn link_27_a_link_is_never_moved() {
    let shop = Application::web("shop");
    let (acme, globex, usher) = stage(Setup::new().app(&shop)).await;
    is(&acme, "zoe-1");
    let zoe = usher.sign_in(&mut usher.browser(), &shop, "acme").await.tokens.sub().to_owned();
    let mut ann = Person::new(&usher, ANN);
    let refused = link(&mut ann, "acme").await;
    assert!(refused.status() == 422 && refused.has(".error-summary"), "{refused}");
    usher.database.execute("DELETE FROM federated_links").await;
    let refused = link(&mut ann, "acme").await;
    assert!(refused.status() == 422, "an account was made by it: {refused}");
    assert_eq!(usher.database.links_of("ann").await, 0);
    let sql = "SELECT count(*) FROM audit WHERE action = 'user.linked' AND outcome = 'refused'";
    assert_eq!(usher.database.count(sql).await, 2);
    assert_eq!(usher.database.subject("zoe-1").await, zoe);

    is(&globex, "ann-at-globex");
    link(&mut ann, "globex").await;
    is(&globex, "ann-at-globex-again");
    let page = ann.look("/linked/go/globex").await;
    let second = ann.send(page.form_with("link").set("act", "link")).await;
    assert!(second.status() == 422, "one of each: {second}");
    assert_eq!(usher.database.links_of("ann").await, 1, "the honest twin stays");
}

/// Only connections that are for it: linking is on, or it is all that they are for.
#[tokio::test]
async fn link_13_only_through_connections_that_allow_it() {
    let (plain, only, shop) = (Idp::start().await, Idp::start().await, Application::web("shop"));
    let mut entry = only.connection("badge");
    entry["listing"] = json!("link_only");
    let setup = Setup::new().person(ANN.0, ANN.1).app(&shop).idp("plain", &plain).idp_with(&only, entry);
    let usher = setup.start().await;
    is(&only, "badge-1");
    let mut ann = Person::new(&usher, ANN);
    let page = ann.open("/linked").await;
    assert_eq!(page.attributes("#linkable a", "href"), ["/account/linked/go/badge"], "{page}");
    for id in ["plain", "nowhere"] {
        let page = ann.look(&format!("/linked/go/{id}")).await;
        assert_eq!(page.error_code().as_deref(), Some("not_found"), "{page}");
    }
    link(&mut ann, "badge").await;
    assert_eq!(usher.database.links_of("ann").await, 1, "the honest twin");
}

/// The only way in stays, whoever asks and however often at once; another person's link is not there.
#[tokio::test]
async fn link_27_the_last_way_in_stays() {
    let shop = Application::web("shop");
    let (acme, globex, usher) = stage(Setup::new().app(&shop)).await;
    is(&acme, "zoe");
    is(&globex, "zoe-at-globex");
    let mut zoe = Person::new(&usher, ("zoe", ""));
    let page = zoe.look("/linked").await;
    let page = zoe.browser.click(&page, "/go/acme").await.page();
    assert!(page.text("#linked").contains("Made this account"), "{page}");
    let page = unlinking(&mut zoe, 0).await;
    assert!(page.has("#last-way-in") && !page.has("#unlink"), "{page}");

    // With two, either may go; both at once may not.
    link(&mut zoe, "globex").await;
    let (first, second) = (unlinking(&mut zoe, 0).await, unlinking(&mut zoe, 1).await);
    let (mut one, mut two) = (zoe.tab(), zoe.tab());
    let (first, second) = (first.form_with("unlink"), second.form_with("unlink"));
    let (answer, other) = tokio::join!(one.browser.submit(first), two.browser.submit(second));
    for landing in [answer, other] {
        if let Landing::Page(page) = landing {
            assert!(page.status() < 500, "{page}");
        }
    }
    assert_eq!(usher.database.links_of("zoe").await, 1, "one is left");

    let mut ann = Person::new(&usher, ANN);
    is(&acme, "ann-at-acme");
    link(&mut ann, "acme").await;
    let page = unlinking(&mut ann, 0).await;
    let of_zoe = "SELECT l.id FROM federated_links l JOIN users u ON u.id = l.user_id WHERE u.username = 'zoe'";
    let of_zoe = usher.database.texts(of_zoe).await.remove(0);
    let mut forged = page.form_with("unlink");
    let own = forged.action.path().rsplit('/').next().expect("an id").to_owned();
    forged.action = url::Url::parse(&forged.action.as_str().replace(&own, &of_zoe)).expect("a URL");
    let gone = ann.send(forged).await;
    assert_eq!((gone.status(), usher.database.links_of("zoe").await), (404, 1), "{gone}");
}

/// A session of six minutes ago unlinks nothing.
#[tokio::test]
async fn link_11_unlinking_needs_a_fresh_sign_in() {
    let (acme, _globex, usher) = stage(Setup::new()).await;
    is(&acme, "ann-at-acme");
    let mut ann = Person::new(&usher, ANN);
    link(&mut ann, "acme").await;
    let page = unlinking(&mut ann, 0).await;
    usher.advance(6 * 60);
    let stale = ann.send(page.form_with("unlink")).await;
    assert!(is_sign_in(&stale), "{stale}");
    assert_eq!(usher.database.links_of("ann").await, 1);
}
