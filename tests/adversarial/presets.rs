//! What presets must refuse: identities that are none (LINK-15), and directories that nobody allowed (OIDC-14).

use serde_json::{Value, json};

use super::Arena;
use crate::support::{Idp, Setup};

const CORP: &str = "7d4a4c11-0d8c-4f36-9b62-2a6f1c0f5a01";
const PARTNER: &str = "7d4a4c11-0d8c-4f36-9b62-2a6f1c0f5a02";
const STRANGER: &str = "7d4a4c11-0d8c-4f36-9b62-2a6f1c0f5a03";

/// Null, empty, zero or missing: from a provider without ID token, nobody is not somebody.
#[tokio::test]
async fn link_15_null_identity() {
    let idp = Idp::start().await;
    idp.claims(|person| *person = json!({ "id": 7, "name": "Alice Example" }));
    let at = |path: &str| format!("{}{path}", idp.issuer());
    let entry = idp.connection_of(
        "acme",
        "oauth2",
        json!({ "authorization_url": at("/authorize"), "token_url": at("/token"), "userinfo_url": at("/userinfo"),
            "subject_claim": "id" }),
    );
    let arena = Arena::of(Setup::new(), idp, entry).await;
    for nobody in [
        json!(null),
        json!(""),
        json!(" "),
        json!("null"),
        json!("undefined"),
        json!(0),
        json!("0"),
        json!(-1),
        json!(7.5),
        json!(false),
        json!(true),
        json!([]),
        json!([7]),
        json!({}),
    ] {
        arena.idp.claims(|person| person["id"] = nobody.clone());
        arena.refuses(&format!("id is {nobody}")).await;
    }
    arena.idp.claims(|person| *person = json!({ "sub": "7", "name": "Alice Example" }));
    arena.refuses("id is missing").await;
    arena.idp.claims(|person| *person = json!([{ "id": 7 }]));
    arena.refuses("a list of people").await;
}

/// The same at GitHub, whose number is `id` and never `login`.
#[tokio::test]
async fn link_15_null_identity_at_github() {
    let idp = Idp::start().await;
    idp.claims(|person| *person = json!({ "id": 7, "login": "octo" }));
    let entry = idp.connection_of("acme", "github", json!({ "server": idp.issuer() }));
    let arena = Arena::of(Setup::new(), idp, entry).await;
    for nobody in [json!(null), json!(0), json!("")] {
        arena.idp.claims(|person| *person = json!({ "id": nobody, "login": "octo" }));
        arena.refuses(&format!("id is {nobody}")).await;
    }
    arena.idp.claims(|person| *person = json!({ "login": "octo" }));
    arena.refuses("id is missing").await;
}

/// An Entra application for organisations, with two of them allowed.
async fn organizations() -> Arena {
    let idp = Idp::start().await;
    let settings =
        json!({ "tenant": "organizations", "tenants": format!("{CORP} {PARTNER}"), "authority": idp.issuer() });
    let entry = idp.connection_of("acme", "microsoft", settings);
    comes_from(&idp, json!(CORP), CORP);
    Arena::of(Setup::new(), idp, entry).await
}

/// The person's directory as the token names it, and the directory in the issuer.
fn comes_from(idp: &Idp, tid: Value, of_issuer: &str) {
    let issuer = format!("{}/{of_issuer}/v2.0", idp.issuer());
    idp.forge(move |draft| {
        draft.claims["iss"] = json!(issuer);
        draft.claims["tid"] = tid.clone();
        draft.claims["oid"] = json!("5b1c9a52-8a0e-4d0c-8f3a-000000000001");
    });
}

#[tokio::test]
async fn oidc_14_directories() {
    let arena = organizations().await;
    comes_from(&arena.idp, json!(PARTNER), PARTNER);
    arena.accepts().await;
    let upper = CORP.to_uppercase();
    let attacks = [
        ("a directory that is not on the list", json!(STRANGER), STRANGER),
        ("tid is allowed, the issuer is another's", json!(CORP), STRANGER),
        ("the issuer is allowed, tid is another's", json!(STRANGER), CORP),
        ("one allowed directory in the name of the other", json!(CORP), PARTNER),
        ("the template itself", json!(CORP), "{tenantid}"),
        ("the template as both", json!("{tenantid}"), "{tenantid}"),
        ("no tid", json!(null), CORP),
        ("an empty tid", json!(""), ""),
        ("a list of tids", json!([CORP]), CORP),
        ("a path in tid", json!(format!("{CORP}/../{STRANGER}")), STRANGER),
        ("organizations itself", json!("organizations"), "organizations"),
        ("another letter case in the issuer", json!(CORP), upper.as_str()),
    ];
    for (what, tid, of_issuer) in attacks {
        comes_from(&arena.idp, tid, of_issuer);
        arena.refuses(what).await;
    }
    for (what, issuer) in [
        ("a slash at the end", format!("{}/{CORP}/v2.0/", arena.idp.issuer())),
        ("another host", format!("https://login.mallory.test/{CORP}/v2.0")),
        ("the first version", format!("{}/{CORP}/", arena.idp.issuer())),
    ] {
        arena.idp.forge(move |draft| {
            draft.claims["iss"] = json!(issuer);
            draft.claims["tid"] = json!(CORP);
        });
        arena.refuses(what).await;
    }
}

/// An address is what an administrator of the directory typed, unless Microsoft says that its domain is theirs.
#[tokio::test]
async fn oidc_14_an_address_counts_with_xms_edov_only() {
    let arena = organizations().await;
    for (who, owned, verified) in
        [("p1", json!(true), true), ("p2", json!(false), false), ("p3", json!(null), false), ("p4", json!([1]), false)]
    {
        let issuer = format!("{}/{CORP}/v2.0", arena.idp.issuer());
        let address = format!("{who}@corp.test");
        arena.idp.forge(move |draft| {
            draft.claims["iss"] = json!(issuer);
            draft.claims["tid"] = json!(CORP);
            draft.claims["sub"] = json!(who);
            draft.claims["oid"] = json!(who);
            draft.claims["email"] = json!(address);
            draft.claims["email_verified"] = json!(true);
            draft.claims["xms_edov"] = owned.clone();
        });
        let done = arena.usher.sign_in(&mut arena.usher.browser(), &arena.shop, "acme").await;
        let claims = arena.shop.userinfo(&arena.usher, &done.tokens).await;
        assert_eq!(claims["email_verified"] == json!(true), verified, "{who}: {claims}");
    }
}
