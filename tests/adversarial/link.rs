//! LINK cases that exist without linking rules: who an external identity is here, and what it may write.

use serde_json::{Value, json};

use super::Arena;
use crate::support::{Application, Idp, Landing, Setup, Usher, Watch};

/// A person of the attacker's choosing at the provider.
fn claim_to_be(idp: &Idp, claims: Value) {
    idp.claims(|person| *person = claims);
}

/// The same subject at two providers, and again under another issuer, is never the same person.
#[tokio::test]
async fn link_14_identity_key() {
    let (acme, globex, shop) = (Idp::start().await, Idp::start().await, Application::web("shop"));
    let usher = Setup::new().idp("acme", &acme).idp("globex", &globex).app(&shop).start().await;
    for idp in [&acme, &globex] {
        claim_to_be(idp, json!({ "sub": "42", "preferred_username": "ann" }));
    }
    let first = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    let second = usher.sign_in(&mut usher.browser(), &shop, "globex").await;
    assert_ne!(first.tokens.sub(), second.tokens.sub());
    assert_eq!(usher.database.rows().await.users, 2);

    let names = usher.database.count("SELECT count(*) FROM users WHERE username_key LIKE 'ann%'").await;
    assert_eq!(names, 2, "a name that is taken gets a sibling");
}

/// An identity that was unlinked does not come back as the account, neither with JIT nor by passing through.
#[tokio::test]
async fn link_14_unlinked_identity() {
    for jit in [true, false] {
        let mut arena = Arena::new().await;
        arena.usher.database.execute("DELETE FROM federated_links").await;
        if !jit {
            let off = "UPDATE connections SET body = replace(body, '\"provisioning\":{\"enabled\":true', \
                       '\"provisioning\":{\"enabled\":false')";
            arena.usher.reconfigure(off).await;
        }
        arena.refuses_as("an unlinked identity", "provisioning_refused").await;
    }
}

/// A user name from outside never opens or imitates an account that is here.
#[tokio::test]
async fn link_18_name_collision() {
    let setup = Setup::new().admin("admin", "a good long secret").person("carol", "a good long secret");
    let arena = Arena::with(setup).await;
    let carol = ("carol", "a good long secret");
    let own = arena.usher.sign_in_locally(&mut arena.usher.browser(), &arena.shop, carol).await;
    let names =
        ["carol", "CAROL", "carol@corp.test", "admin", "Admin", "root", "../../carol", "carol\u{0}", "ｃarol", ""];
    for (n, name) in names.into_iter().enumerate() {
        claim_to_be(&arena.idp, json!({ "sub": format!("mallory-{n}"), "preferred_username": name }));
        let done = arena.usher.sign_in(&mut arena.usher.browser(), &arena.shop, "acme").await;
        assert_ne!(done.tokens.sub(), own.tokens.sub(), "{name:?} became carol");
    }
    let database = &arena.usher.database;
    let linked = "SELECT count(*) FROM federated_links l JOIN users u ON u.id = l.user_id \
                  WHERE u.username_key IN ('carol', 'admin', 'root')";
    assert_eq!(database.count(linked).await, 0);
    let strange = "SELECT count(*) FROM users WHERE username LIKE '%/%' OR username LIKE '%@%' OR username = ''";
    assert_eq!(database.count(strange).await, 0);
    let lowered = "SELECT count(*) FROM users WHERE username_key LIKE 'admin%' OR username_key LIKE 'root%'";
    assert_eq!(database.count(lowered).await, 1, "only the real one speaks for the house");
}

/// Override all, a mapping that names our own state, and a provider that sends it.
#[tokio::test]
async fn link_19_protected_attributes() {
    let idp = Idp::start().await;
    let mut entry = idp.connection("acme");
    entry["attribute_sync"] = json!("override_all");
    let ours = ["status", "state", "is_admin", "password", "email_verified", "sub", "username", "org_id", "mfa"];
    for name in ours {
        entry["mapping"][name] = json!(name);
    }
    let arena = Arena::of(Setup::new().admin("root", "a good long secret"), idp, entry).await;
    arena.idp.claims(|person| {
        for name in ours.into_iter().filter(|name| !["sub", "email_verified"].contains(name)) {
            person[name] = json!("owner");
        }
    });
    let done = arena.usher.sign_in(&mut arena.usher.browser(), &arena.shop, "acme").await;
    let stored = arena.usher.database.attributes("alice").await;
    for name in ours {
        assert!(stored.get(name).is_none(), "{name} was written: {stored}");
    }
    let claims = arena.shop.userinfo(&arena.usher, &done.tokens).await;
    assert!(claims.get("is_admin").is_none() && claims.get("status").is_none(), "{claims}");
    let disabled = "SELECT count(*) FROM users WHERE state <> 'active'";
    assert_eq!(arena.usher.database.count(disabled).await, 0);
    let roles = "SELECT count(*) FROM roles r JOIN users u ON u.id = r.user_id WHERE u.username = 'alice'";
    assert_eq!(arena.usher.database.count(roles).await, 0);
}

/// Each method against present, absent, empty, null, oversized and mistyped, as the table of the guide says.
#[tokio::test]
async fn link_20_sync_modes() {
    let sent = [
        ("present", json!("new"), ["new", "new", "old"]),
        ("empty", json!(""), ["", "", "old"]),
        ("empty list", json!([]), ["", "", "old"]),
        ("null", json!(null), ["", "old", "old"]),
        ("oversized", json!("x".repeat(5_000)), ["old", "old", "old"]),
        ("mistyped", json!({ "nested": "x" }), ["old", "old", "old"]),
    ];
    for (column, method) in ["override_all", "preserve_local", "none"].into_iter().enumerate() {
        let (idp, shop) = (Idp::start().await, Application::web("shop"));
        let mut entry = idp.connection("acme");
        entry["attribute_sync"] = json!(method);
        let usher = Setup::new().idp_with(&idp, entry).app(&shop).start().await;
        for (row, (what, value, expected)) in sent.iter().enumerate() {
            let person = |given_name: Value| {
                json!({ "sub": format!("p-{row}"), "preferred_username": format!("p{row}-x"), "given_name": given_name,
                    "name": "Somebody" })
            };
            claim_to_be(&idp, person(json!("old")));
            usher.sign_in(&mut usher.browser(), &shop, "acme").await;
            claim_to_be(&idp, person(value.clone()));
            usher.sign_in(&mut usher.browser(), &shop, "acme").await;
            let found = usher.database.attribute(&format!("p{row}-x"), "given_name").await;
            assert_eq!(found, expected[column], "{method}: {what}");
        }
    }
}

/// No account, and none is made: the page of a refused account, and no row.
#[tokio::test]
async fn link_24_no_account() {
    let idp = Idp::start().await;
    let mut entry = idp.connection("acme");
    entry["jit"] = json!(false);
    let shop = Application::web("shop").with("local_account_required", json!(true));
    let usher = Setup::new().idp_with(&idp, entry).app(&shop).start().await;
    let watch = Watch::start(&usher).await;
    let (_, landing) = usher.arrive(&mut usher.browser(), &shop, "acme").await;
    watch.refused_as("no_account", landing).await;
}

/// A disabled account stays out by every door, and no fresh one is made beside it.
#[tokio::test]
async fn link_25_disabled_account() {
    let arena = Arena::new().await;
    let rows = arena.usher.database.rows().await;
    arena.usher.database.execute("UPDATE users SET state = 'disabled'").await;
    arena.refuses_as("the linked account is disabled", "account_disabled").await;
    let after = arena.usher.database.rows().await;
    assert_eq!((rows.users, rows.links), (after.users, after.links));
}

/// Two providers assert one verified address, one after the other and at once: one user, no second door, no 500.
#[tokio::test]
async fn link_26_one_address_two_providers() {
    let (acme, globex, shop) = (Idp::start().await, Idp::start().await, Application::web("shop"));
    for embedded in [true, false] {
        let setup = Setup::new().idp("acme", &acme).idp("globex", &globex).app(&shop);
        let usher = if embedded { setup.start().await } else { setup.on_postgres().await.start().await };
        let mut held = Vec::new();
        for n in 0..10 {
            let (idp, name) = if n % 2 == 0 { (&acme, "acme") } else { (&globex, "globex") };
            claim_to_be(idp, json!({ "sub": format!("{name}-1"), "email": "ann@corp.test", "email_verified": true }));
            let mut browser = usher.browser();
            let (request, callback) = usher.callback(&mut browser, &shop, name).await;
            held.push((browser, request, callback));
        }
        let arrivals = held.into_iter().map(|(mut browser, request, callback)| async move {
            let landing = browser.open(&callback).await;
            assert!(!browser.history.iter().any(|visit| visit.answer.status >= 500), "a server error");
            (request, landing)
        });
        let mut inside = 0;
        for (request, landing) in futures_util::future::join_all(arrivals).await {
            match landing {
                Landing::Left(_) => {
                    usher.finish(&shop, request, landing).await;
                    inside += 1;
                }
                Landing::Page(page) => assert_eq!(page.error_code().as_deref(), Some("provisioning_refused"), "{page}"),
            }
        }
        let rows = usher.database.rows().await;
        assert_eq!((rows.users, rows.links), (1, 1), "the second provider is no second door");
        assert_eq!(inside, 5, "the first provider's five came in");
    }
}

/// A new subject with the verified address of somebody who is long gone from the provider inherits nothing.
#[tokio::test]
async fn link_28_recycled_address() {
    let arena = Arena::new().await;
    arena.idp.claims(|person| person["sub"] = json!("alice-2"));
    arena.refuses_as("the address of another subject", "provisioning_refused").await;
    owns_its_address(&arena.usher).await;
}

/// Exactly one account holds the address.
async fn owns_its_address(usher: &Usher) {
    let holders = "SELECT count(*) FROM users WHERE attributes LIKE '%alice@corp.test%'";
    assert_eq!(usher.database.count(holders).await, 1);
}
