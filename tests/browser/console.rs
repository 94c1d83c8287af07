//! The console with something in every list, for the tests beside it.

use serde_json::json;

use super::chrome::{Chrome, Scripts};
use crate::support::{Application, Idp, Setup, Usher};

pub const ADMIN: (&str, &str) = ("root", "a good long secret");

/// An installation in which every list of the console holds something.
pub struct Installation {
    pub acme: Idp,
    pub shop: Application,
    pub usher: Usher,
}

impl Installation {
    pub async fn start() -> Self {
        let (acme, globex) = (Idp::start().await, Idp::start().await);
        let shop = Application::web("shop").with("claims", json!({ "groups": "groups" }));
        let payroll = Application::web("payroll").with("local_account_required", json!(true));
        let mut entry = acme.connection("acme");
        let rule = json!({ "federated": "employee_id", "local": "employee_number" });
        entry["linking"] = json!({ "rules": [rule, { "federated": "email", "local": "email" }] });
        entry["groups"] = json!({ "mapping": { "staff": "Staff" } });
        entry["recording"] = json!("on");
        entry["email_domains"] = json!(["acme.test"]);
        let setup = Setup::new().unique_attribute("employee_number", "Employee number").group("Staff", &["bob"]);
        let setup = setup.group("Board of the company with a rather long name", &[]).admin(ADMIN.0, ADMIN.1);
        let setup = setup.person("bob", "a good long secret").person("carol", "a good long secret");
        let usher = setup.idp_with(&acme, entry).idp("globex", &globex).app(&shop).app(&payroll).start().await;
        acme.claims(|person| person["groups"] = json!(["staff", "strangers"]));
        usher.sign_in(&mut usher.browser(), &shop, "acme").await;
        Self { acme, shop, usher }
    }

    /// A browser in which the admin is signed in to the console.
    pub async fn admin(&self, scripts: Scripts) -> Chrome {
        let chrome = Chrome::start(scripts).await;
        chrome.open(&self.usher.url("/console")).await;
        chrome.sign_in(ADMIN.0, ADMIN.1).await;
        chrome.arrive_at(&self.usher.url("/console")).await;
        chrome.see("nav").await;
        chrome
    }
}
