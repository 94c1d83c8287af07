//! OIDC-14 to 17, 25, 26, 28: what the claims say, and in which shapes.

use serde_json::{Value, json};

use super::Arena;
use crate::support::{Setup, Watch};

#[tokio::test]
async fn oidc_14_issuer() {
    let arena = Arena::new().await;
    let own = arena.idp.issuer().to_owned();
    let wrong = [
        json!(format!("{own}/")),
        json!(own.to_uppercase()),
        json!(own.replace("http:", "https:")),
        json!(format!("{own}.mallory.test")),
        json!("https://login.example/{tenantid}/v2.0"),
        json!([own]),
        json!(""),
        json!(null),
    ];
    for value in wrong {
        let what = value.to_string();
        arena.idp.forge(move |token| token.claims["iss"] = value.clone());
        arena.refuses(&what).await;
    }
    arena.idp.forge(|token| token.without("iss"));
    arena.refuses("no iss").await;
}

#[tokio::test]
async fn oidc_15_audience() {
    let arena = Arena::new().await;
    arena.idp.forge(|token| token.claims["aud"] = json!([token.claims["aud"]]));
    arena.accepts().await;
    arena.idp.forge(|token| token.claims["azp"] = token.claims["aud"].clone());
    arena.accepts().await;
    arena.idp.forge(|token| token.claims["aud"] = json!("another client"));
    arena.refuses("another audience").await;
    arena.idp.forge(|token| token.claims["aud"] = json!([token.claims["aud"], "another client"]));
    arena.refuses("a second audience, no azp").await;
    arena.idp.forge(|token| {
        token.claims["azp"] = json!("another client");
        token.claims["aud"] = json!([token.claims["aud"], "another client"]);
    });
    arena.refuses("a second audience that is azp").await;
    arena.idp.forge(|token| token.claims["aud"] = json!([]));
    arena.refuses("no audience in the list").await;
    arena.idp.forge(|token| token.without("aud"));
    arena.refuses("no aud").await;
    arena.idp.forge(|token| token.claims["azp"] = json!("another client"));
    arena.refuses("another azp").await;
    arena.idp.forge(|token| token.claims["aud"] = json!(token.claims["aud"].as_str().unwrap().to_uppercase()));
    arena.refuses("our id in capitals").await;
}

#[tokio::test]
async fn oidc_16_times() {
    let arena = Arena::new().await;
    let now = arena.usher.clock.now();
    let set = |name: &'static str, value: Value| {
        arena.idp.forge(move |token| token.claims[name] = value.clone());
        arena.refuses(name)
    };
    set("exp", json!(now - 3_600)).await;
    set("exp", json!("tomorrow")).await;
    set("exp", json!(-1)).await;
    set("exp", json!(null)).await;
    set("iat", json!(now + 3_600)).await;
    set("iat", json!("now")).await;
    set("nbf", json!(now + 3_600)).await;
    for name in ["exp", "iat"] {
        arena.idp.forge(move |token| token.without(name));
        arena.refuses(name).await;
    }
    arena.idp.forge(|token| {
        let claims = token.claims.to_string();
        let exp = token.claims["exp"].to_string();
        let claims = claims.replace(&format!("\"exp\":{exp}"), "\"exp\":1e400");
        let input =
            format!("{}.{}", crate::support::jose::b64(token.header.to_string()), crate::support::jose::b64(claims));
        let signed = crate::support::jose::b64(token.key.sign("RS256", input.as_bytes()));
        token.instead = Some(format!("{input}.{signed}"));
    });
    arena.refuses("exp 1e400").await;
}

/// When the application wants a fresh sign-in, the provider's `auth_time` must prove it.
#[tokio::test]
async fn oidc_16_auth_time() {
    let arena = Arena::new().await;
    let now = arena.usher.clock.now();
    let old = move |token: &mut crate::support::idp::Draft| token.claims["auth_time"] = json!(now - 7_200);
    for (name, value) in [("prompt", "login"), ("max_age", "60")] {
        for absent in [false, true] {
            let mut browser = arena.usher.browser();
            let request = arena.shop.request(&arena.usher).with(name, value);
            let page = browser.open(request.url()).await.page();
            if absent {
                arena.idp.forge(|token| token.without("auth_time"));
            } else {
                arena.idp.forge(old);
            }
            eprintln!("attack: {name}={value}, auth_time absent: {absent}");
            let watch = Watch::start(&arena.usher).await;
            watch.refused_as("idp_response_invalid", browser.click(&page, "/go/acme").await).await;
        }
        arena.idp.reform();
        let mut browser = arena.usher.browser();
        let request = arena.shop.request(&arena.usher).with(name, value);
        let page = browser.open(request.url()).await.page();
        request.code(browser.click(&page, "/go/acme").await);
    }
}

#[tokio::test]
async fn oidc_17_subject() {
    let arena = Arena::new().await;
    let wrong = [json!(""), json!(null), json!(42), json!("s".repeat(256)), json!(["alice-1"]), json!({}), json!(true)];
    for value in wrong {
        let what = value.to_string();
        arena.idp.forge(move |token| token.claims["sub"] = value.clone());
        arena.refuses(&what).await;
    }
    arena.idp.forge(|token| token.without("sub"));
    arena.refuses("no sub").await;
    // Blank-padded or in capitals it is not alice: userinfo names another subject than the ID token.
    for other in [" alice-1", "alice-1 ", "ALICE-1"] {
        arena.idp.forge(move |token| token.claims["sub"] = json!(other));
        arena.refuses(other).await;
    }
}

/// An unverified address never opens the account that owns it.
#[tokio::test]
async fn oidc_25_unverified_address() {
    let setup = Setup::new().person("carol", "a good long secret");
    let arena = Arena::with(setup).await;
    let carol = ("carol", "a good long secret");
    let local = arena.usher.sign_in_locally(&mut arena.usher.browser(), &arena.shop, carol).await;
    for (n, verified) in [None, Some(json!(0)), Some(json!("0")), Some(json!(false))].into_iter().enumerate() {
        arena.idp.claims(|claims| {
            *claims = json!({ "sub": format!("mallory-{n}"), "tid": "m", "oid": "m", "email": "carol@corp.test" });
            if let Some(value) = verified {
                claims["xms_edov"] = value;
            }
        });
        let (request, landing) = arena.usher.arrive(&mut arena.usher.browser(), &arena.shop, "acme").await;
        if matches!(landing, crate::support::Landing::Left(_)) {
            let done = arena.usher.finish(&arena.shop, request, landing).await;
            assert_ne!(done.tokens.sub(), local.tokens.sub(), "mallory is carol");
            let claims = arena.shop.userinfo(&arena.usher, &done.tokens).await;
            assert_ne!(claims["email_verified"], json!(true), "{claims}");
        }
    }
    let owner = "SELECT count(*) FROM federated_links l JOIN users u ON u.id = l.user_id WHERE u.username = 'carol'";
    assert_eq!(arena.usher.database.count(owner).await, 0);
}

/// Only JSON `true` is verified.
#[tokio::test]
async fn oidc_26_email_verified_types() {
    let arena = Arena::new().await;
    let values = [json!("true"), json!("false"), json!(1), json!(0), json!(null), json!([true]), json!(false)];
    for (n, value) in values.into_iter().enumerate() {
        arena.idp.claims(|claims| {
            *claims = json!({ "sub": format!("p-{n}"), "email": format!("p{n}@corp.test"), "email_verified": value });
        });
        let done = arena.usher.sign_in(&mut arena.usher.browser(), &arena.shop, "acme").await;
        let claims = arena.shop.userinfo(&arena.usher, &done.tokens).await;
        assert_ne!(claims["email_verified"], json!(true), "{value}");
    }
}

/// Claims of the wrong shape are refused or mapped by schema; nothing overflows.
#[tokio::test]
async fn oidc_28_claim_shapes() {
    let arena = Arena::new().await;
    let mut deep = json!("x");
    for _ in 0..100 {
        deep = json!([deep]);
    }
    let shapes = [
        ("email", json!(["a@corp.test", "b@corp.test"])),
        ("email", json!({ "address": "a@corp.test" })),
        ("groups", json!("a,b,c")),
        ("groups", json!({ "a": 1 })),
        ("groups", json!(vec!["g"; 10_000])),
        ("given_name", deep),
        ("__proto__", json!({ "admin": true })),
        ("a.b.c", json!("dots")),
        ("given_name", json!("\u{202e}Alice\u{0}")),
        ("name", json!("n".repeat(200_000))),
    ];
    for (n, (name, value)) in shapes.into_iter().enumerate() {
        arena.idp.claims(|claims| {
            *claims = json!({ "sub": format!("shape-{n}"), "preferred_username": format!("shape{n}") });
            claims[name] = value;
        });
        let mut browser = arena.usher.browser();
        let (_, landing) = arena.usher.arrive(&mut browser, &arena.shop, "acme").await;
        if let crate::support::Landing::Page(page) = landing {
            assert!((400..500).contains(&page.status()), "{name}: {page}");
        }
        assert!(arena.usher.is_alive().await, "{name}");
    }
    let separators = "SELECT count(*) FROM users WHERE attributes LIKE '%a@corp.test,%' OR attributes LIKE '%a,b,c%'";
    assert_eq!(arena.usher.database.count(separators).await, 0);
}

/// Claims nested ten thousand deep, in the ID token and at userinfo.
#[tokio::test]
async fn oidc_28_depth() {
    let arena = Arena::new().await;
    let nest = |open: &str, close: &str| format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
    for deep in [nest("[", "]"), nest("{\"a\":", "}")] {
        let claims = deep.clone();
        arena.idp.forge(move |token| {
            let text = token.claims.to_string();
            let text = format!("{},\"deep\":{claims}}}", text.trim_end_matches('}'));
            let head = crate::support::jose::b64(token.header.to_string());
            let input = format!("{head}.{}", crate::support::jose::b64(text));
            let signed = crate::support::jose::b64(token.key.sign("RS256", input.as_bytes()));
            token.instead = Some(format!("{input}.{signed}"));
        });
        arena.refuses("a deep ID token").await;
        arena.idp.reform();
        let body = format!("{{\"sub\":\"alice-1\",\"deep\":{deep}}}");
        arena.idp.answer(crate::support::Endpoint::Userinfo, move |mut answer| {
            answer.body = body.clone().into_bytes();
            answer
        });
        arena.refuses("a deep userinfo answer").await;
        arena.idp.reform();
    }
}
