//! Entries of the bootstrap file to domain types; every fault names its entry.

use chrono::{DateTime, Utc};
use usher_domain::{
    Application, ApplicationClaims, ApplicationId, AttributeDefinition, AttributeName, AttributeSource, ClaimMapping,
    ClientAuthMethod, ConnectionId, EmailAddress, Group, HttpsOrigin, RedirectUri, Role, SecretText, Uniqueness,
    UserName, Verification,
};

use super::connection::connection;
use super::file::{
    ApplicationClaimsEntry, ApplicationEntry, AttributeEntry, BootstrapError, BootstrapFile, GroupEntry, UserEntry,
};
use super::{Person, Plan, PlannedGroup, flows};
use crate::accounts::NewAccount;
use crate::console::applications::{claim_name, secret_at_rest};
use crate::passwords::is_acceptable_hash;

/// Validates a whole file.
pub fn plan(file: BootstrapFile, now: DateTime<Utc>) -> Result<Plan, BootstrapError> {
    let mut plan = Plan::default();
    for entry in file.attributes {
        let what = format!("attribute {}", entry.name);
        plan.attributes.push(attribute(entry).map_err(|fault| BootstrapError::at(&what, fault))?);
    }
    for entry in file.groups {
        let what = format!("group {}", entry.name);
        plan.groups.push(group(entry).map_err(|fault| BootstrapError::at(&what, fault))?);
    }
    for entry in file.users {
        let what = format!("user {}", entry.username);
        plan.people.push(person(entry).map_err(|fault| BootstrapError::at(&what, fault))?);
    }
    for entry in file.connections {
        let what = format!("connection {}", entry.id);
        plan.connections.push(connection(entry).map_err(|fault| BootstrapError::at(&what, fault))?);
    }
    for entry in file.applications {
        let what = format!("application {}", entry.id);
        plan.applications.push(application(entry, now).map_err(|fault| BootstrapError::at(&what, fault))?);
    }
    for entry in file.flows {
        let what = format!("flow of {}", entry.application);
        plan.flows.push(flows::flow(entry).map_err(|fault| BootstrapError::at(&what, fault))?);
    }
    Ok(plan)
}

/// A fault in words.
pub fn text(fault: impl std::fmt::Display) -> String {
    fault.to_string()
}

fn attribute(entry: AttributeEntry) -> Result<AttributeDefinition, String> {
    let name = AttributeName::parse(&entry.name).map_err(text)?;
    if name.as_str().eq_ignore_ascii_case("username") || usher_oidc_provider::claims::is_reserved(name.as_str()) {
        return Err("this name means something else".to_owned());
    }
    let label = entry.label.unwrap_or(entry.name);
    let uniqueness = if entry.unique { Uniqueness::Unique } else { Uniqueness::Free };
    Ok(AttributeDefinition { name, label, uniqueness, writers: entry.writers })
}

fn group(entry: GroupEntry) -> Result<PlannedGroup, String> {
    let members = entry.members.iter().map(|name| UserName::parse(name)).collect::<Result<_, _>>().map_err(text)?;
    Ok(PlannedGroup { name: Group::name(&entry.name).map_err(text)?, description: entry.description, members })
}

fn person(entry: UserEntry) -> Result<Person, String> {
    let mut attributes = std::collections::BTreeMap::new();
    let mut email = entry.email;
    for (name, values) in entry.attributes {
        let values = values.into_values();
        if name == "email" {
            email = email.or_else(|| values.into_iter().next());
            continue;
        }
        attributes.insert(AttributeName::parse(&name).map_err(text)?, values);
    }
    if entry.password.is_some() && entry.password_hash.is_some() {
        return Err("give password or password_hash, not both".to_owned());
    }
    if entry.password_hash.as_deref().is_some_and(|phc| !is_acceptable_hash(phc)) {
        return Err("password_hash is not an Argon2id PHC string".to_owned());
    }
    let role = match (entry.admin, entry.role) {
        (true, Some(_)) => return Err("give admin or role, not both".to_owned()),
        (true, None) => Some(Role::Owner),
        (false, role) => role,
    };
    Ok(Person {
        account: NewAccount {
            username: UserName::parse(&entry.username).map_err(text)?,
            password_hash: entry.password_hash,
            email: email.as_deref().map(EmailAddress::parse).transpose().map_err(text)?,
            email_verified: if entry.email_verified { Verification::ByAdmin } else { Verification::Unverified },
            attributes,
            source: AttributeSource::Import,
            role,
        },
        password: entry.password.map(SecretText::new),
    })
}

/// A secret out of the file or out of the environment.
pub fn secret(plain: Option<String>, variable: Option<String>) -> Result<Option<SecretText>, String> {
    match (plain, variable) {
        (Some(_), Some(_)) => Err("give the secret or the name of its variable, not both".to_owned()),
        (Some(plain), None) => Ok(Some(SecretText::new(plain))),
        (None, Some(name)) => match std::env::var(&name) {
            Ok(value) if !value.is_empty() => Ok(Some(SecretText::new(value))),
            _ => Err(format!("the environment has no variable {name}")),
        },
        (None, None) => Ok(None),
    }
}

fn application(entry: ApplicationEntry, now: DateTime<Utc>) -> Result<Application, String> {
    let secret = secret(entry.secret, entry.secret_env)?;
    if entry.kind.is_confidential() != secret.is_some() {
        return Err("a web application needs a secret, and only a web application has one".to_owned());
    }
    let default_method = if secret.is_some() { ClientAuthMethod::ClientSecretBasic } else { ClientAuthMethod::None };
    let auth_method = entry.auth_method.unwrap_or(default_method);
    if (auth_method == ClientAuthMethod::None) == secret.is_some() {
        return Err("auth_method does not fit the kind".to_owned());
    }
    let uris = |list: Vec<String>| -> Result<Vec<RedirectUri>, String> {
        list.iter().map(|uri| RedirectUri::parse(uri).map_err(|fault| format!("{uri}: {fault}"))).collect()
    };
    let redirect_uris = uris(entry.redirect_uris)?;
    if redirect_uris.is_empty() {
        return Err("redirect_uris is empty".to_owned());
    }
    let connections = match entry.connections {
        None => None,
        Some(ids) => Some(ids.into_iter().map(ConnectionId::parse).collect::<Result<Vec<_>, _>>().map_err(text)?),
    };
    Ok(Application {
        id: ApplicationId::parse(entry.id).map_err(text)?,
        name: entry.name,
        kind: entry.kind,
        enabled: true,
        auth_method,
        secrets: secret.iter().map(|s| secret_at_rest(s, now)).collect(),
        redirect_uris,
        post_logout_redirect_uris: uris(entry.post_logout_redirect_uris)?,
        origins: entry
            .origins
            .iter()
            .map(|o| HttpsOrigin::parse(o).map_err(|fault| format!("{o}: {fault}")))
            .collect::<Result<_, _>>()?,
        id_token_alg: entry.id_token_alg,
        connections,
        local_sign_in: entry.local_sign_in,
        local_account_required: entry.local_account_required,
        sign_in_page: entry.sign_in_page,
        claims: claims(entry.claims)?,
        home_url: entry
            .home_url
            .map(|url| RedirectUri::parse(&url).map(String::from).map_err(|fault| format!("home_url: {fault}")))
            .transpose()?,
        revision: 1,
    })
}

fn claims(entry: ApplicationClaimsEntry) -> Result<ApplicationClaims, String> {
    let mut attributes = Vec::new();
    for (attribute, claim) in entry.attributes {
        let attribute = AttributeName::parse(&attribute).map_err(text)?;
        attributes.push(ClaimMapping { attribute, claim: claim_name(&claim)? });
    }
    Ok(ApplicationClaims { attributes, groups: entry.groups.as_deref().map(claim_name).transpose()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bootstrap::file::parse;

    fn role(line: &str) -> Result<Option<Role>, String> {
        let file = parse(&format!("[[user]]\nusername = \"ann\"\n{line}\n")).map_err(text)?;
        let plan = plan(file, DateTime::UNIX_EPOCH).map_err(text)?;
        Ok(plan.people[0].account.role)
    }

    #[test]
    fn a_role_is_one_of_three_and_said_once() {
        assert_eq!(role(""), Ok(None));
        assert_eq!(role("admin = true"), Ok(Some(Role::Owner)));
        for (word, meant) in [("owner", Role::Owner), ("helpdesk", Role::Helpdesk), ("auditor", Role::Auditor)] {
            assert_eq!(role(&format!("role = \"{word}\"")), Ok(Some(meant)));
        }
        let unknown = role("role = \"Admin\"").unwrap_err();
        assert!(unknown.contains("line 3"), "{unknown}");
        let twice = role("admin = true\nrole = \"auditor\"").unwrap_err();
        assert!(twice.contains("user ann") && twice.contains("not both"), "{twice}");
    }
}
