//! Settings > Security: each number has its effect, at once and on every node, and no form switches a lock off.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use serde_json::json;

use super::{admin_of, open, with_admin};
use crate::login::factors::password_of;
use crate::login::reset::choose;
use crate::support::{Application, Browser, Page, Setup, Usher};

const BOB: (&str, &str) = ("bob", "another long secret");

/// Changes one number of the page.
async fn set(usher: &Usher, admin: &mut Browser, field: &str, value: &str) -> Page {
    let form = open(usher, admin, "/settings/security").await.form_with("min_characters");
    admin.submit(form.set(field, value)).await.page()
}

/// The same, accepted.
async fn changed(usher: &Usher, admin: &mut Browser, field: &str, value: &str) {
    let page = set(usher, admin, field, value).await;
    assert!(page.status() == 200 && page.has("[role=status]"), "{field}: {page}");
    let again = open(usher, admin, "/settings/security").await.form_with("min_characters");
    assert_eq!(again.value(field), value);
}

/// A link with which Bob chooses a password; there is no mail server, so that the owner reads it.
async fn link(usher: &Usher, admin: &mut Browser) -> String {
    let bob = usher.database.texts("SELECT id FROM users WHERE username = 'bob'").await.concat();
    let page = open(usher, admin, &format!("/users/{bob}/password")).await;
    let form = page.forms().into_iter().find(|form| form.action.path().ends_with("/password")).expect("a form");
    admin.submit(form).await.page().attributes("#reset_link", "value").concat()
}

/// Wrong numbers are refused by name with what was typed; what is out of bounds never counts.
#[tokio::test]
async fn no_form_switches_a_lock_off() {
    let usher = with_admin(Setup::new()).start().await;
    let mut admin = admin_of(&usher).await;
    changed(&usher, &mut admin, "min_characters", "12").await;
    for (field, value) in [
        ("min_characters", "9"),
        ("min_characters", "65"),
        ("door_failures", "0"),
        ("account_failures", "1001"),
        ("lock_minutes", ""),
        ("lock_minutes", "1441"),
        ("session_hours", "-1"),
        ("session_hours", "12.5"),
        ("breach_list", "http://list.test/range"),
        ("breach_list", "https://user:secret@list.test/range"),
        ("breach_list", "https://list.test/range?key=1"),
        ("breach_list", "javascript:alert(1)"),
    ] {
        let page = set(&usher, &mut admin, field, value).await;
        assert_eq!(page.status(), 422, "{field}={value}: {page}");
        assert!(page.has(&format!("#{field}[aria-invalid=true]")), "{field}={value}: {page}");
        assert_eq!(page.form_with("min_characters").value(field), value, "what was typed is there");
        assert!(page.text("title").starts_with("Error:"), "{page}");
    }
    let changes = usher.database.texts("SELECT detail FROM audit WHERE action = 'settings.security_changed'").await;
    assert_eq!(changes.len(), 1, "{changes:?}");
    let detail: serde_json::Value = serde_json::from_str(&changes[0]).expect("JSON");
    assert_eq!((&detail["before"]["min_characters"], &detail["after"]["min_characters"]), (&json!(10), &json!(12)));
}

/// The shortest password counts for every password that is set from now on, and for none that is only checked.
#[tokio::test]
async fn the_shortest_password_counts_where_one_is_set() {
    let shop = Application::web("shop");
    let usher = with_admin(Setup::new()).person(BOB.0, "ten chars.").app(&shop).start().await;
    let mut admin = admin_of(&usher).await;
    let early = link(&usher, &mut admin).await;
    let fine = choose(&mut usher.browser(), &early, "green seas").await;
    assert_eq!(fine.status(), 200, "{fine}");
    changed(&usher, &mut admin, "min_characters", "20").await;
    usher.sign_in_locally(&mut usher.browser(), &shop, (BOB.0, "green seas")).await;
    let late = link(&usher, &mut admin).await;
    let short = choose(&mut usher.browser(), &late, "nineteen characters").await;
    assert!(short.status() == 422 && short.has("#password-error") && short.text("main").contains("20"), "{short}");
    let form = open(&usher, &mut admin, "/users/new").await.form_with("username").set("username", "dora");
    let short = admin.submit(form.set("password", "nineteen characters")).await.page();
    assert!(short.status() == 422 && short.has("#password-error"), "{short}");
    let fine = choose(&mut usher.browser(), &late, "a phrase of more than twenty").await;
    assert_eq!(fine.status(), 200, "{fine}");
}

/// A range service as the well-known one speaks; it keeps what it was asked.
#[derive(Clone)]
struct Ranges {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
    leaked: Arc<Mutex<Vec<String>>>,
}

impl Ranges {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("binds");
        let port = listener.local_addr().expect("an address").port();
        let ranges = Self { port, asked: Arc::default(), leaked: Arc::default() };
        let answers =
            axum::Router::new().route("/range/{prefix}", axum::routing::get(answer)).with_state(ranges.clone());
        tokio::spawn(async move { axum::serve(listener, answers).await });
        ranges
    }

    fn leak(&self, password: &str) {
        self.leaked.lock().expect("whole").push(sha1(password));
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/range", self.port)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("whole").clone()
    }
}

async fn answer(State(ranges): State<Ranges>, Path(prefix): Path<String>) -> String {
    ranges.asked.lock().expect("whole").push(prefix.clone());
    let leaked = ranges.leaked.lock().expect("whole").clone();
    let rest = leaked.iter().filter_map(|hash| hash.strip_prefix(&prefix)).map(|rest| format!("{rest}:42\r\n"));
    let padding = "0018A45C4D1DEF81644B54AB7F969B88D65:0\r\n".to_owned();
    rest.chain([padding]).collect()
}

fn sha1(text: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02X}").expect("a text grows");
        hex
    })
}

/// A leaked password is refused; five digits leave the house; a service that does not answer stops nobody.
#[tokio::test]
async fn a_leaked_password_is_refused_and_only_five_digits_are_told() {
    let (ranges, shop) = (Ranges::start().await, Application::web("shop"));
    let usher = with_admin(Setup::new()).person(BOB.0, BOB.1).app(&shop).allow(ranges.port).start().await;
    let mut admin = admin_of(&usher).await;
    let leaked = "a phrase that leaked once";
    ranges.leak(leaked);
    let link_before = link(&usher, &mut admin).await;
    assert_eq!(choose(&mut usher.browser(), &link_before, leaked).await.status(), 200, "nobody is asked by default");
    assert!(ranges.asked().is_empty());
    changed(&usher, &mut admin, "breach_list", &ranges.url()).await;
    let link_after = link(&usher, &mut admin).await;
    let page = choose(&mut usher.browser(), &link_after, leaked).await;
    assert!(page.status() == 422 && page.text("#password-error").contains("leaked"), "{page}");
    assert_eq!(ranges.asked(), [sha1(leaked)[..5].to_owned()], "and nothing else");
    let fine = choose(&mut usher.browser(), &link_after, "a phrase that nobody knows").await;
    assert_eq!((fine.status(), ranges.asked().len()), (200, 2), "{fine}");
    let closed = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("binds");
    let port = closed.local_addr().expect("an address").port();
    drop(closed);
    changed(&usher, &mut admin, "breach_list", &format!("http://127.0.0.1:{port}/range")).await;
    let link_now = link(&usher, &mut admin).await;
    assert_eq!(choose(&mut usher.browser(), &link_now, leaked).await.status(), 200, "a dead service stops nobody");
    assert!(usher.nodes[0].log().contains("list of leaked passwords did not answer"));
}

/// Failures from one place close its door after as many as the setting says, for as long as it says.
#[tokio::test]
async fn a_door_closes_by_the_numbers_of_the_setting() {
    let shop = Application::web("shop");
    let usher = with_admin(Setup::new()).person(BOB.0, BOB.1).app(&shop).start().await;
    let mut admin = admin_of(&usher).await;
    changed(&usher, &mut admin, "door_failures", "3").await;
    changed(&usher, &mut admin, "lock_minutes", "2").await;
    usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
    let guess = async |who| password_of(&usher, &mut usher.browser(), shop.request(&usher), who).await.1;
    for _ in 0..3 {
        let page = guess((BOB.0, "wrong")).await.page();
        assert_eq!((page.status(), page.error_code()), (422, None), "{page}");
    }
    assert_eq!(guess(BOB).await.page().error_code().as_deref(), Some("locked"));
    usher.advance(119);
    assert_eq!(guess(BOB).await.page().error_code().as_deref(), Some("locked"));
    usher.advance(16 * 60);
    usher.sign_in_locally(&mut usher.browser(), &shop, BOB).await;
}

/// Failures on one account from wherever close it after as many as the setting says; nothing shows it.
#[tokio::test]
async fn an_account_closes_by_the_numbers_of_the_setting() {
    let shop = Application::web("shop");
    let usher = with_admin(Setup::new()).person(BOB.0, BOB.1).app(&shop).behind_tls("id.test").start().await;
    let mut admin = admin_of(&usher).await;
    changed(&usher, &mut admin, "account_failures", "10").await;
    let guess = async |place: u32, who| {
        let mut browser = usher.browser();
        browser.comes_from(&format!("198.51.100.{place}"));
        password_of(&usher, &mut browser, shop.request(&usher), who).await.1
    };
    for place in 0..10 {
        assert_eq!(guess(place, (BOB.0, "wrong")).await.page().status(), 422);
    }
    let closed = guess(99, BOB).await.page();
    assert_eq!((closed.status(), closed.error_code()), (422, None), "closed, and it does not show: {closed}");
    usher.advance(15 * 60 + 1);
    guess(99, BOB).await.left();
}

/// A session lives as long as the setting says, counted from its sign-in; those from before keep their time.
#[tokio::test]
async fn a_session_lives_by_the_setting() {
    let shop = Application::web("shop");
    let usher = with_admin(Setup::new()).person(BOB.0, BOB.1).app(&shop).start().await;
    let mut before = usher.browser();
    usher.sign_in_locally(&mut before, &shop, BOB).await;
    let mut admin = admin_of(&usher).await;
    changed(&usher, &mut admin, "session_hours", "1").await;
    let mut after = usher.browser();
    usher.sign_in_locally(&mut after, &shop, BOB).await;
    let silent = shop.request(&usher).with("prompt", "none");
    silent.code(after.open(silent.url()).await);
    usher.advance(3_601);
    let silent = shop.request(&usher).with("prompt", "none");
    assert_eq!(silent.error(after.open(silent.url()).await), "login_required");
    let silent = shop.request(&usher).with("prompt", "none");
    silent.code(before.open(silent.url()).await);
}
