//! A flow tried out on the command line: every way of signing in, and nothing written.

use serde_json::{Value, json};

use crate::support::{Application, Idp, Setup};

const BOB: (&str, &str) = ("bob", "correct horse battery");

fn flow() -> Value {
    json!({
        "steps": [
            { "options": [{ "kind": "local", "authenticator": "password" }, { "kind": "every_connection" }] },
            { "options": [{ "kind": "local", "authenticator": "totp" }] },
        ],
    })
}

/// The person has an account, two connections make one or do not: three ways, three ends.
#[tokio::test]
async fn every_way_in_is_tried_and_nothing_is_written() {
    let (acme, gate, shop) = (Idp::start().await, Idp::start().await, Application::web("shop"));
    let mut off = gate.connection("gate");
    off["jit"] = json!(false);
    let setup = Setup::new().person(BOB.0, BOB.1).idp("acme", &acme).idp_with(&gate, off);
    let usher = setup.app(&shop).flow(&shop, flow()).start().await;
    let (rows, audit) = (usher.database.rows().await, usher.database.last_audit().await);

    let claims = usher.folder().join("claims.json");
    std::fs::write(&claims, json!({ "sub": "7", "email": "zoe@corp.test", "given_name": "Zoe" }).to_string())
        .expect("writable");
    let claims = claims.display().to_string();
    let run = ["flow", "simulate", "--application", "shop", "--claims", &claims, "--json"];
    let (code, out, err) = usher.run(&run).await;
    assert_eq!(code, 0, "{err}");
    let told: Value = serde_json::from_str(&out).expect("JSON");
    let way = |name: &str| {
        let all = told.as_array().expect("a list");
        all.iter().find(|one| one["way"] == json!(name)).unwrap_or_else(|| panic!("no {name} in {told}")).clone()
    };
    assert_eq!(way("LOCAL")["result"], json!("asks"));
    let acme_way = way("acme");
    assert_eq!((&acme_way["result"], &acme_way["decision"]), (&json!("signed_in"), &json!("create")), "{acme_way}");
    assert_eq!(acme_way["pages"], json!(["sign_in", "go:acme", "enrol:totp"]));
    let gate_way = way("gate");
    assert_eq!((&gate_way["result"], &gate_way["reason"]), (&json!("refused"), &json!("mfa_needs_account")));

    let bob = ["flow", "simulate", "--application", "shop", "--user", "bob", "--connection", "LOCAL", "--json"];
    let (code, out, err) = usher.run(&bob).await;
    assert_eq!(code, 0, "{err}");
    let told: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(told[0]["pages"], json!(["sign_in", "enrol:totp"]), "{told}");
    assert_eq!((usher.database.rows().await, usher.database.last_audit().await), (rows, audit));
}

/// Whoever is not there cannot be tried with.
#[tokio::test]
async fn a_stranger_is_an_error() {
    let shop = Application::web("shop");
    let usher = Setup::new().person(BOB.0, BOB.1).app(&shop).start().await;
    let try_with = async |user: &str| {
        usher.run(&["flow", "simulate", "--application", "shop", "--user", user, "--connection", "LOCAL"]).await
    };
    let (code, out, err) = try_with("bob").await;
    assert_eq!((code, out.trim()), (0, "LOCAL: sign_in > signed_in"), "{err}");
    let (code, _, err) = try_with("nobody").await;
    assert_eq!(code, 1);
    assert!(err.contains("there is no user nobody"), "{err}");
}
