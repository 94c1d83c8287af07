//! The scene of the LINK cases: a company with people of its own, and a provider that links to them.

use serde_json::{Value, json};

use crate::support::refusal::Refusal;
use crate::support::{Application, Idp, Landing, Setup, Usher, Watch};

/// A connection that links by e-mail address.
pub fn linking(idp: &Idp) -> Value {
    let mut entry = idp.connection("acme");
    entry["linking"] = json!({});
    entry
}

/// An entry with some keys replaced.
pub fn with(mut entry: Value, changed: Value) -> Value {
    let Value::Object(changed) = changed else { panic!("an object") };
    for (key, value) in changed {
        entry[key] = value;
    }
    entry
}

/// Carol and Dave have accounts with addresses that an admin vouches for; Acme links to them.
pub struct Company {
    pub idp: Idp,
    pub shop: Application,
    pub usher: Usher,
}

impl Company {
    pub async fn new(entry: impl FnOnce(&Idp) -> Value) -> Self {
        Self::with(Setup::new(), entry).await
    }

    pub async fn with(setup: Setup, entry: impl FnOnce(&Idp) -> Value) -> Self {
        let (idp, shop) = (Idp::start().await, Application::web("shop"));
        let entry = entry(&idp);
        let setup = setup.person("carol", "a good long secret").person("dave", "a good long secret");
        let usher = setup.idp_with(&idp, entry).app(&shop).start().await;
        Self { idp, shop, usher }
    }

    /// The person at the provider from now on.
    pub fn claim(&self, claims: Value) {
        self.idp.claims(|person| *person = claims);
    }

    /// The honest twin: the account with this name is found by its verified address.
    pub async fn links(&self, name: &str) {
        let email = format!("{name}@corp.test");
        let claims = json!({ "sub": format!("{name}-1"), "email": email, "email_verified": true });
        assert_eq!(self.comes_in_as(claims).await, self.usher.database.subject(name).await, "{name} is not linked");
    }

    /// Signs in, and says as whom.
    pub async fn comes_in_as(&self, claims: Value) -> String {
        self.claim(claims);
        let done = self.usher.sign_in(&mut self.usher.browser(), &self.shop, "acme").await;
        done.tokens.sub().to_owned()
    }

    /// Refused in the full sense.
    pub async fn refuses(&self, claims: Value, code: &str) -> Refusal {
        eprintln!("attack: {claims}");
        self.claim(claims);
        let watch = Watch::start(&self.usher).await;
        let (_, landing) = self.usher.arrive(&mut self.usher.browser(), &self.shop, "acme").await;
        watch.refused_as(code, landing).await
    }

    /// In or out, but never as the account with this name, and no link leads there afterwards.
    pub async fn never_reaches(&self, name: &str, claims: Value) {
        eprintln!("attack on {name}: {claims}");
        let links = self.usher.database.links_of(name).await;
        self.claim(claims);
        let mut browser = self.usher.browser();
        let (request, landing) = self.usher.arrive(&mut browser, &self.shop, "acme").await;
        assert!(!browser.history.iter().any(|visit| visit.answer.status >= 500), "a server error");
        if let Landing::Left(_) = landing {
            let done = self.usher.finish(&self.shop, request, landing).await;
            assert_ne!(done.tokens.sub(), self.usher.database.subject(name).await, "reached {name}");
        }
        assert_eq!(self.usher.database.links_of(name).await, links, "a link to {name}");
    }
}
