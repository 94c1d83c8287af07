//! Who takes part: addresses, people, secrets. The bootstrap files are the source of the people; the test here keeps
//! this list in step with them.
//!
//! Usher lives on `localhost` and Acme on `127.0.0.1`: cookies ignore ports, and only different hosts make the sign-in
//! cross-site as it is between real companies.

use serde::Serialize;

use crate::ports::Ports;

/// The text of the two bootstrap files, still with their placeholders.
const USHER_BOOTSTRAP: &str = include_str!("../bootstrap/usher.toml");
const ACME_BOOTSTRAP: &str = include_str!("../bootstrap/acme.toml");

/// The shop as Usher knows it.
pub const SHOP_CLIENT_ID: &str = "demo-shop";
pub const SHOP_CLIENT_SECRET: &str = "demo-secret-of-the-shop";

/// Somebody who can sign in.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Person {
    pub username: &'static str,
    pub password: &'static str,
    pub name: &'static str,
}

pub const ADMIN: Person = Person { username: "admin", password: "demo-admin-password", name: "Ada Min" };
pub const ANN: Person = Person { username: "ann", password: "demo-ann-password", name: "Ann Archer" };
pub const BOB: Person = Person { username: "bob", password: "demo-bob-password", name: "Bob Baker" };

/// Base addresses (no trailing slash) and people.
#[derive(Debug, Clone, Serialize)]
pub struct Parties {
    pub usher: String,
    pub console: String,
    pub acme: String,
    pub shop: String,
    pub admin: Person,
    pub people: [Person; 2],
}

impl Parties {
    pub fn at(ports: Ports) -> Self {
        let usher = format!("http://localhost:{}", ports.usher);
        Self {
            console: format!("{usher}/console"),
            usher,
            acme: format!("http://127.0.0.1:{}", ports.acme),
            shop: format!("http://localhost:{}", ports.shop),
            admin: ADMIN,
            people: [ANN, BOB],
        }
    }

    /// Usher's bootstrap file with the addresses of this run.
    pub fn usher_bootstrap(&self) -> String {
        self.fill(USHER_BOOTSTRAP)
    }

    /// Acme's bootstrap file with the addresses of this run.
    pub fn acme_bootstrap(&self) -> String {
        self.fill(ACME_BOOTSTRAP)
    }

    fn fill(&self, template: &str) -> String {
        template.replace("{{usher}}", &self.usher).replace("{{acme}}", &self.acme).replace("{{shop}}", &self.shop)
    }
}

#[cfg(test)]
mod tests {
    use super::{ACME_BOOTSTRAP, ADMIN, Parties, SHOP_CLIENT_ID, SHOP_CLIENT_SECRET, USHER_BOOTSTRAP};
    use crate::ports::Ports;

    #[test]
    fn placeholders_are_all_filled() {
        let parties = Parties::at(Ports { usher: 1, acme: 2, shop: 3 });
        for text in [parties.usher_bootstrap(), parties.acme_bootstrap()] {
            let settings: String = text.lines().filter(|line| !line.starts_with('#')).collect();
            assert!(!settings.contains("{{"), "{text}");
        }
        assert!(parties.usher_bootstrap().contains("http://localhost:3/callback"));
        assert!(parties.acme_bootstrap().contains("http://localhost:1/callback/oidc/acme"));
    }

    #[test]
    fn people_and_secrets_are_those_of_the_bootstrap_files() {
        let parties = Parties::at(Ports { usher: 1, acme: 2, shop: 3 });
        for person in parties.people {
            assert!(ACME_BOOTSTRAP.contains(&format!("username = \"{}\"", person.username)));
            assert!(ACME_BOOTSTRAP.contains(&format!("password = \"{}\"", person.password)));
            assert!(ACME_BOOTSTRAP.contains(&format!("name = \"{}\"", person.name)));
        }
        for text in [ADMIN.username, ADMIN.password, SHOP_CLIENT_ID, SHOP_CLIENT_SECRET] {
            assert!(USHER_BOOTSTRAP.contains(&format!("\"{text}\"")), "{text}");
        }
    }
}
