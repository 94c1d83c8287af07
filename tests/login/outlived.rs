//! What must not outlive its ground: sessions and grants from before an account existed, addresses of a domain that
//! belongs to another provider, connections that an admin deleted.

use serde_json::json;

use crate::support::{Application, Idp, Landing, Setup, Watch};

const JIT_ON: &str = "UPDATE connections SET body = replace(body, '\"provisioning\":{\"enabled\":false', \
                      '\"provisioning\":{\"enabled\":true')";

/// Somebody who was passed through gets an account later, under the same `sub`; a lock on it reaches the old browser, the
/// old refresh token and the old access token.
#[tokio::test]
async fn sess_16_an_account_made_later_locks_what_came_before() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut entry = acme.connection("acme");
    entry["jit"] = json!(false);
    let mut usher = Setup::new().idp_with(&acme, entry).app(&shop).start().await;
    let mut old = usher.browser();
    let before = usher.sign_in(&mut old, &shop, "acme").await;
    assert_eq!(usher.database.rows().await.users, 0);

    usher.reconfigure(JIT_ON).await;
    let after = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    assert_eq!(after.tokens.sub(), before.tokens.sub());
    assert_eq!(usher.database.rows().await.users, 1);
    let silent = shop.request(&usher).with("prompt", "none");
    assert_eq!(silent.error(old.open(silent.url()).await), "login_required", "the old session stands for no account");
    let before = shop.refresh(&usher, before.tokens.refresh()).await;

    usher.database.execute("UPDATE users SET state = 'disabled', revision = revision + 1").await;
    assert_eq!(shop.try_refresh(&usher, before.refresh()).await.oauth_error(), "invalid_grant");
    assert_eq!(shop.try_userinfo(&usher, &before.access_token).await.status, 401);
    let watch = Watch::start(&usher).await;
    let (_, landing) = usher.arrive(&mut old, &shop, "acme").await;
    watch.refused_as("account_disabled", landing).await;
}

/// A provider vouches for no address on a domain that another connection is in charge of, whatever shape the claim has:
/// its person comes in, the address counts as nobody's, and its owner still gets it.
#[tokio::test]
async fn link_06_an_address_of_another_connections_domain_is_not_verified() {
    for claim in [json!("alice@corp.test"), json!(["alice@corp.test"]), json!("alice@CORP.test")] {
        let (corp, mallory, shop) = (Idp::start().await, Idp::mallory().await, Application::web("shop"));
        let mut entry = corp.connection("corp");
        entry["email_domains"] = json!(["corp.test"]);
        let usher = Setup::new().idp_with(&corp, entry).idp("evil", &mallory).app(&shop).start().await;
        mallory.claims(|claims| {
            claims["email"] = claim.clone();
            claims["email_verified"] = json!(true);
        });
        let stranger = usher.sign_in(&mut usher.browser(), &shop, "evil").await;
        let told = shop.userinfo(&usher, &stranger.tokens).await;
        assert_ne!(told["email_verified"], json!(true), "{claim}: {told}");
        assert_eq!(usher.database.count("SELECT count(*) FROM user_unique_values").await, 0, "{claim}");

        let alice = usher.sign_in(&mut usher.browser(), &shop, "corp").await;
        let told = shop.userinfo(&usher, &alice.tokens).await;
        assert_eq!((&told["email"], &told["email_verified"]), (&json!("alice@corp.test"), &json!(true)));
        assert_ne!(alice.tokens.sub(), stranger.tokens.sub());
    }
}

/// A code is worth nothing once its connection was switched off (OIDC-30).
#[tokio::test]
async fn oidc_30_a_code_of_a_connection_that_was_switched_off() {
    let (acme, shop) = (Idp::start().await, Application::web("shop"));
    let mut usher = Setup::new().idp("acme", &acme).app(&shop).start().await;
    let honest = usher.sign_in(&mut usher.browser(), &shop, "acme").await;
    shop.userinfo(&usher, &honest.tokens).await;
    let (request, landing) = usher.arrive(&mut usher.browser(), &shop, "acme").await;
    let code = request.code(landing);
    usher.reconfigure("UPDATE connections SET body = replace(body, '\"enabled\":true,\"listing\"', '\"enabled\":false,\"listing\"')").await;
    assert_eq!(shop.try_redeem(&usher, &request, &code).await.oauth_error(), "invalid_grant");
    assert_eq!(shop.try_userinfo(&usher, &honest.tokens.access_token).await.status, 401);
}

/// A password that was changed after it was typed finishes nothing: the other browser has to sign in again.
#[tokio::test]
async fn a_password_proof_dies_with_the_password() {
    let shop = Application::web("shop");
    let usher = Setup::new().person("bob", "correct horse battery").app(&shop).start().await;
    usher.sign_in_locally(&mut usher.browser(), &shop, ("bob", "correct horse battery")).await;
    usher.database.execute("UPDATE credentials SET changed_at = changed_at + 3600000").await;
    let mut browser = usher.browser();
    let page = browser.open(shop.request(&usher).url()).await.page();
    let form = page.form_with("password").set("username", "bob").set("password", "correct horse battery");
    let Landing::Page(page) = browser.submit(form).await else { panic!("signed in with a proof that is too old") };
    assert_eq!(page.error_code().as_deref(), Some("tx_expired"));
}
