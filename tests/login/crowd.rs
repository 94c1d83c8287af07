//! Ten thousand first sign-ins over two nodes, a fifth of them against somebody: one account each, whole, and no error
//! of the server (reliability, "racing first logins").

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use crate::support::application::AuthorizationRequest;
use crate::support::{Application, Browser, Idp, Landing, Setup, Usher};

/// Ten people arrive at once in each round; of a round, one sign-in meets another of the same person, and one meets
/// another person of the same address or of the same name.
const ROUNDS: usize = 1000;
const PEOPLE: usize = 10;
/// Rounds under way at the same moment: thirty people who each wait for an answer before they go on.
const AT_ONCE: usize = 3;
/// Sign-ins whose outcome is their own.
const ALONE: usize = 6;

/// Two providers, an application, two nodes.
struct Stage {
    usher: Usher,
    shop: Application,
    /// One browser per node, without cookies.
    fresh: [Browser; 2],
}

/// Who signs in as the `n`th of a round, and through which connection. The hint is all that the provider is told.
fn hint(round: usize, n: usize) -> (&'static str, String) {
    match n {
        0..ALONE => ("acme", format!("own-{round}-{n}")),
        6 | 7 => ("acme", format!("twice-{round}")),
        8 => ("acme", clash(round)),
        _ => ("globex", clash(round)),
    }
}

/// The two of a clash hold one address in even rounds, one user name in odd ones.
fn clash(round: usize) -> String {
    format!("{}-{round}", if round.is_multiple_of(2) { "address" } else { "name" })
}

fn person(hint: &str, at: &str) -> Value {
    let (name, address) = if hint.starts_with("address") { (at, "one") } else { ("same", at) };
    json!({ "sub": format!("{hint} at {at}"), "preferred_username": format!("{hint}-{name}"),
        "email": format!("{hint}.{address}@corp.test"), "email_verified": true, "given_name": hint })
}

impl Stage {
    async fn start() -> Self {
        let (acme, globex, shop) = (Idp::start().await, Idp::start().await, Application::web("shop"));
        acme.knows(|hint| person(hint, "acme"));
        globex.knows(|hint| person(hint, "globex"));
        let setup = Setup::new().idp("acme", &acme).idp("globex", &globex).app(&shop).logging("warn");
        let mut usher = setup.on_postgres().await.start().await;
        usher.add_node().await;
        let fresh = [usher.browser_at(0), usher.browser_at(1)];
        Self { usher, shop, fresh }
    }

    /// Ten people hold an answer of their provider each, then all bring it at once. Gives who was turned away.
    async fn round(&self, round: usize) -> Vec<String> {
        let held = join_all((0..PEOPLE).map(|n| async move {
            let ((connection, hint), mut browser) = (hint(round, n), self.fresh[n % 2].clone());
            let request = self.shop.request(&self.usher).with("connection", connection).with("login_hint", &hint);
            let callback = browser.open_until_page_or(request.url(), "/callback/oidc/").await.left();
            (browser, request, callback)
        }))
        .await;
        let arrived = held.into_iter().map(|(mut browser, request, callback)| async move {
            let landing = browser.open(&callback).await;
            let answers = browser.history.iter().map(|visit| visit.answer.status);
            assert!(answers.max() < Some(500), "round {round}: {:#?}", browser.history.last());
            turned_away(&request, landing)
        });
        join_all(arrived).await.into_iter().enumerate().filter_map(|(n, code)| Some(format!("{n} {}", code?))).collect()
    }
}

/// The code of the page that somebody was left with; none for a code of ours on its way to the application.
fn turned_away(request: &AuthorizationRequest, landing: Landing) -> Option<String> {
    match landing {
        Landing::Page(page) => Some(page.error_code().unwrap_or_else(|| panic!("no refusal: {page}"))),
        landing @ Landing::Left(_) => {
            assert!(!request.code(landing).is_empty());
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_first_sign_ins_make_one_whole_account_each() {
    let stage = Stage::start().await;
    let stage = &stage;
    let rounds = stream::iter(0..ROUNDS).map(|round| async move { (round, stage.round(round).await) });
    let outcomes: Vec<_> = rounds.buffer_unordered(AT_ONCE).collect().await;
    for (round, turned_away) in outcomes {
        // Nobody is left out but whoever came second with an address that is unique.
        let expected: &[&str] =
            if round.is_multiple_of(2) { &["8 provisioning_refused", "9 provisioning_refused"] } else { &[] };
        assert_eq!(turned_away.len(), expected.len() / 2, "round {round}: {turned_away:?}");
        assert!(turned_away.iter().all(|who| expected.contains(&who.as_str())), "round {round}: {turned_away:?}");
    }
    let database = &stage.usher.database;
    let people = i64::try_from(ROUNDS * (ALONE + 2) + ROUNDS / 2).unwrap();
    for (what, sql) in [
        ("accounts", "SELECT count(*) FROM users"),
        ("links", "SELECT count(*) FROM federated_links"),
        ("accounts with a link", "SELECT count(DISTINCT user_id) FROM federated_links"),
        ("accounts that hold their address", "SELECT count(DISTINCT user_id) FROM user_unique_values"),
        ("addresses held", "SELECT count(*) FROM user_unique_values WHERE attribute = 'email'"),
        ("addresses found", "SELECT count(*) FROM user_emails"),
        ("accounts with a name of their own", "SELECT count(DISTINCT username_key) FROM users"),
        ("events of their making", "SELECT count(*) FROM audit WHERE action = 'user.provisioned'"),
        ("decisions to make them", "SELECT count(*) FROM decisions WHERE outcome = 'create' AND user_id IS NOT NULL"),
    ] {
        assert_eq!(database.count(sql).await, people, "{what}");
    }
    let sessions = i64::try_from(ROUNDS * PEOPLE - ROUNDS / 2).unwrap();
    assert_eq!(database.rows().await.sessions, sessions);
}
