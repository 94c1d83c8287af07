//! Attacks, one test a case; the id of the case stands in the test's name. README.md lists what waits.
//!
//! Every test signs in honestly first: without that twin a refusal proves nothing.

mod devices;
mod link;
mod link_code;
mod link_doors;
mod link_proof;
mod link_rules;
mod link_unlink;
mod linking;
mod mfa;
mod mfa_reset;
mod oauth;
mod oauth_codes;
mod oidc_answers;
mod oidc_callback;
mod oidc_claims;
mod oidc_form_post;
mod oidc_tokens;
mod presets;
mod script;
mod script_reach;
mod sess;
mod sess_cookies;
mod sess_step_up;
mod steps_model;

use serde_json::Value;

use crate::support::refusal::Refusal;
use crate::support::{Application, Idp, Setup, Usher, Watch};

/// One provider, one application, one server, one honest sign-in behind it.
struct Arena {
    idp: Idp,
    shop: Application,
    usher: Usher,
}

impl Arena {
    async fn new() -> Self {
        Self::with(Setup::new()).await
    }

    async fn with(setup: Setup) -> Self {
        let idp = Idp::start().await;
        let entry = idp.connection("acme");
        Self::of(setup, idp, entry).await
    }

    async fn of(setup: Setup, idp: Idp, entry: Value) -> Self {
        let shop = Application::web("shop");
        let usher = setup.idp_with(&idp, entry).app(&shop).start().await;
        let arena = Self { idp, shop, usher };
        arena.accepts().await;
        arena
    }

    /// The honest twin.
    async fn accepts(&self) {
        self.usher.sign_in(&mut self.usher.browser(), &self.shop, "acme").await;
    }

    /// A sign-in in a new browser must be refused in the full sense, with the one code that a person
    /// sees for every answer that cannot be verified.
    async fn refuses(&self, what: &str) -> Refusal {
        self.refuses_as(what, "idp_response_invalid").await
    }

    async fn refuses_as(&self, what: &str, code: &str) -> Refusal {
        eprintln!("attack: {what}");
        let watch = Watch::start(&self.usher).await;
        let (_, landing) = self.usher.arrive(&mut self.usher.browser(), &self.shop, "acme").await;
        watch.refused_as(code, landing).await
    }
}
