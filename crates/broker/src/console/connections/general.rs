//! The tab General: name, button text, description, listing, e-mail domains.

use usher_domain::{Connection, ConnectionId, SignInPageListing};

use super::super::NotDone;
use crate::broker::Broker;

/// Mail domains that anybody gets an address on: sending their people to one provider locks the others out.
const PUBLIC_MAIL: [&str; 16] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "icloud.com",
    "me.com",
    "aol.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "mail.ru",
    "proton.me",
    "protonmail.com",
];

/// What the tab General holds.
#[derive(Debug, Clone)]
pub struct GeneralChange {
    /// Name.
    pub name: String,
    /// Button text; empty: the default.
    pub button_text: String,
    /// For admins.
    pub description: String,
    /// Whether the page lists it.
    pub listing: SignInPageListing,
    /// E-mail domains, one a line.
    pub email_domains: String,
}

pub(super) fn apply(broker: &Broker, connection: &mut Connection, typed: &GeneralChange) -> Result<(), NotDone> {
    connection.name = valid_name(broker, &typed.name, Some(&connection.id))?;
    connection.script_name = script_name(&connection.name);
    connection.button_text = valid_button(&typed.button_text)?;
    connection.description = valid_description(&typed.description)?;
    connection.listing = typed.listing;
    connection.email_domains = domains("email_domains", &typed.email_domains)?;
    free(broker, &connection.id, &connection.email_domains)
}

/// `Acme OIDC` is `acme_oidc` in scripts.
pub fn script_name(name: &str) -> String {
    let slug: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    slug.trim_matches('_').chars().take(64).collect()
}

/// Domains among these that anybody gets an address on.
pub fn public_mail_domains(domains: &[String]) -> Vec<String> {
    domains.iter().filter(|domain| PUBLIC_MAIL.contains(&domain.as_str())).cloned().collect()
}

pub(in crate::console) fn valid_name(
    broker: &Broker,
    name: &str,
    own: Option<&ConnectionId>,
) -> Result<String, NotDone> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 120 || name.chars().any(char::is_control) {
        return Err(NotDone::field("name", "Enter a name of 1 to 120 characters"));
    }
    let clash = broker
        .snapshot()
        .connections
        .values()
        .any(|c| Some(&c.connection.id) != own && c.connection.name.to_lowercase() == name.to_lowercase());
    if clash {
        return Err(NotDone::field("name", "Another connection has this name"));
    }
    Ok(name.to_owned())
}

fn valid_button(text: &str) -> Result<Option<String>, NotDone> {
    let text = text.trim();
    if text.chars().count() > 60 || text.chars().any(char::is_control) {
        return Err(NotDone::field("button_text", "Use at most 60 characters"));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn valid_description(text: &str) -> Result<String, NotDone> {
    // Browsers send line ends as CR LF.
    let text = text.trim().replace("\r\n", "\n");
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.chars().count() > 1000 || text.chars().any(odd) {
        return Err(NotDone::field("description", "Use at most 1000 characters"));
    }
    Ok(text)
}

/// Domains, one a line: sorted, each once, lower case.
pub(super) fn domains(field: &'static str, text: &str) -> Result<Vec<String>, NotDone> {
    let mut list = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let domain = line.trim_start_matches('@').to_ascii_lowercase();
        if usher_domain::EmailAddress::parse(&format!("x@{domain}")).is_err() {
            return Err(NotDone::field(field, format!("“{line}” is not a domain")));
        }
        list.push(domain);
    }
    list.sort();
    list.dedup();
    Ok(list)
}

fn free(broker: &Broker, own: &ConnectionId, domains: &[String]) -> Result<(), NotDone> {
    let snapshot = broker.snapshot();
    for other in snapshot.connections.values().map(|c| &c.connection).filter(|other| other.id != *own) {
        if let Some(domain) = domains.iter().find(|domain| other.email_domains.contains(*domain)) {
            let text = format!("“{domain}” belongs to another connection, {}", other.name);
            return Err(NotDone::field("email_domains", text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_names_are_slugs() {
        assert_eq!(script_name("Acme OIDC"), "acme_oidc");
        assert_eq!(script_name("  Corp (EU) "), "corp__eu");
    }

    #[test]
    fn domains_are_read_line_by_line() {
        assert_eq!(domains("d", "Corp.test\r\n\n@acme.test\ncorp.test").unwrap(), ["acme.test", "corp.test"]);
        assert!(domains("d", "not a domain").is_err());
        assert_eq!(public_mail_domains(&["corp.test".to_owned(), "gmail.com".to_owned()]), ["gmail.com"]);
    }
}
