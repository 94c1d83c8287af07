//! `[[connection]]` entries to connections.

use serde_json::{Value, json};
use usher_connectors::settings_from_form;
use usher_domain::{
    AttributeMapping, AttributeName, Connection, ConnectionId, ConnectionKind, Group, GroupSettings, IssuerUrl,
    LinkRule, LinkingSettings, LocalAttribute, NoMatch, ProvisioningSettings, SignInPageListing,
};

use super::PlannedConnection;
use super::entries::{secret, text};
use super::file::{ClientAuthEntry, ConnectionEntry, GroupSettingsEntry, LinkingEntry};
use crate::console::connections::script_name;

/// Validates a connection; whether its rules compare unique attributes is for the transaction, which knows them all.
pub fn connection(entry: ConnectionEntry) -> Result<PlannedConnection, String> {
    let kind = ConnectionKind::from_text(&entry.kind).ok_or_else(|| {
        let known: Vec<_> = ConnectionKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("unknown kind '{}': use one of {}", entry.kind, known.join(", "))
    })?;
    let secret = secret(entry.client_secret.clone(), entry.client_secret_env.clone())?;
    let settings = settings(kind, &entry, secret.is_some())?;
    let provisioning = provisioning(&entry)?;
    let (groups, group_names) = groups(entry.groups)?;
    let hidden = if entry.hidden { SignInPageListing::Hidden } else { SignInPageListing::Shown };
    let listing = entry.listing.unwrap_or(hidden);
    let mut mapping = Vec::new();
    for (claim, attribute) in entry.mapping {
        mapping.push(AttributeMapping {
            claim,
            attribute: AttributeName::parse(&attribute).map_err(text)?,
            default: None,
        });
    }
    let connection = Connection {
        id: ConnectionId::parse(entry.id).map_err(text)?,
        kind,
        script_name: script_name(&entry.name),
        name: entry.name,
        button_text: entry.button_text,
        enabled: entry.enabled,
        listing,
        description: entry.description,
        asserted_domains: lowered(&entry.asserted_domains),
        groups,
        secret_expires_on: None,
        recording: entry.recording,
        trusted_mfa: entry.trusted_mfa,
        email_domains: lowered(&entry.email_domains),
        settings,
        mapping,
        provisioning,
        revision: 1,
    };
    usher_connectors::connector_for(&connection, secret.clone(), "https://localhost/callback")
        .map_err(|fault| fault.to_string())?;
    Ok(PlannedConnection { connection, secret, group_names })
}

fn lowered(domains: &[String]) -> Vec<String> {
    domains.iter().map(|domain| domain.to_ascii_lowercase()).collect()
}

fn provisioning(entry: &ConnectionEntry) -> Result<ProvisioningSettings, String> {
    let (linking, shelved_linking) = match &entry.linking {
        None => (None, None),
        Some(found) if found.enabled => (Some(linking(found)?), None),
        Some(found) => (None, Some(linking(found)?)),
    };
    Ok(ProvisioningSettings {
        enabled: entry.jit,
        attribute_sync: entry.attribute_sync,
        group_sync: entry.group_sync,
        linking,
        shelved_linking,
        trust_email: entry.trust_email,
        prove_ownership: entry.prove_ownership,
        on_failure: entry.on_failure,
        username_from: entry.username_from.clone(),
    })
}

fn linking(entry: &LinkingEntry) -> Result<LinkingSettings, String> {
    let mut rules = Vec::new();
    for rule in &entry.rules {
        if rule.federated.trim().is_empty() {
            return Err("a linking rule has no federated attribute".to_owned());
        }
        let local = match rule.local.as_str() {
            "username" => LocalAttribute::Username,
            name => LocalAttribute::Attribute(AttributeName::parse(name).map_err(text)?),
        };
        rules.push(LinkRule { federated: rule.federated.clone(), local });
    }
    let no_match = if entry.skip_when_no_match { NoMatch::Skip } else { NoMatch::Create };
    let settings = LinkingSettings { rules, no_match, local_part: entry.local_part, several: entry.several };
    settings.validate().map_err(text)?;
    Ok(settings)
}

/// The settings without their mapping, and the mapping as it is written: external name to local names.
fn groups(entry: GroupSettingsEntry) -> Result<(GroupSettings, Vec<(String, String)>), String> {
    let mut names = Vec::new();
    for (external, locals) in entry.mapping {
        for local in locals.into_values() {
            names.push((external.clone(), Group::name(&local).map_err(text)?));
        }
    }
    let settings = GroupSettings {
        claim: entry.claim.unwrap_or_else(|| GroupSettings::default().claim),
        separator: entry.separator.filter(|separator| !separator.is_empty()),
        mapping: Vec::new(),
        unmapped: entry.unmapped,
        no_longer_sent: entry.no_longer_sent,
    };
    Ok((settings, names))
}

/// What the form of the kind would give for these fields.
fn settings(kind: ConnectionKind, entry: &ConnectionEntry, has_secret: bool) -> Result<Value, String> {
    let previous = match (kind, &entry.issuer) {
        (ConnectionKind::Oidc, _) => Some(oidc_settings(entry, has_secret)?),
        (_, Some(issuer)) => Some(json!({ "issuer": IssuerUrl::parse(issuer).map_err(text)? })),
        (_, None) => None,
    };
    let known = usher_connectors::fields(kind);
    let is_known = |name: &str| known.iter().any(|field| !field.secret && field.name == name);
    if let Some(name) = entry.settings.keys().find(|name| !is_known(name)) {
        return Err(format!("a connection of kind {} has no setting '{name}'", entry.kind));
    }
    let mut form = entry.settings.clone();
    form.insert("client_id".to_owned(), entry.client_id.clone());
    if let Some(scopes) = entry.scopes.as_ref().filter(|_| is_known("scopes")) {
        form.insert("scopes".to_owned(), scopes.join(" "));
    }
    settings_from_form(kind, previous.as_ref(), &form)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

fn oidc_settings(entry: &ConnectionEntry, has_secret: bool) -> Result<Value, String> {
    let issuer = entry.issuer.as_deref().ok_or("a connection of kind oidc needs its issuer")?;
    let issuer = IssuerUrl::parse(issuer).map_err(text)?;
    let client_auth = match entry.client_auth {
        Some(ClientAuthEntry::Basic) => "basic",
        Some(ClientAuthEntry::Post) => "post",
        Some(ClientAuthEntry::PrivateKeyJwt) => "private_key_jwt",
        None if has_secret => "basic",
        Some(ClientAuthEntry::None) | None => "none",
    };
    if client_auth != "none" && !has_secret {
        return Err("this client_auth needs client_secret or client_secret_env".to_owned());
    }
    let mut settings = json!({ "issuer": issuer, "client_id": entry.client_id, "client_auth": client_auth });
    if let Some(members) = settings.as_object_mut() {
        if let Some(scopes) = &entry.scopes {
            members.insert("scopes".to_owned(), json!(scopes));
        }
        if let Some(algs) = &entry.id_token_algs {
            members.insert("id_token_algs".to_owned(), json!(algs));
        }
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use usher_domain::{ConnectionKind, LinkRule, LocalAttribute};

    use super::super::file::parse;
    use super::*;

    fn planned(more: &str) -> Result<PlannedConnection, String> {
        let head = "[[connection]]\nid = \"acme\"\nname = \"Acme\"\nissuer = \"https://id.acme.test\"\nclient_id = \"usher\"\n";
        let mut file = parse(&format!("{head}{more}\n")).unwrap();
        connection(file.connections.remove(0))
    }

    #[test]
    fn rules_are_read_in_their_order() {
        let linking = "linking = { rules = [{ federated = \"login\", local = \"username\" }, \
                       { federated = \"mail\", local = \"email\" }], skip_when_no_match = true }";
        let found = planned(linking).unwrap().connection;
        assert_eq!(found.kind, ConnectionKind::Oidc);
        let linking = found.provisioning.linking.unwrap();
        assert_eq!(linking.no_match, NoMatch::Skip);
        let first = LinkRule { federated: "login".to_owned(), local: LocalAttribute::Username };
        assert_eq!(linking.rules[0], first);
        assert_eq!(linking.rules.len(), 2);
    }

    #[test]
    fn kinds_have_fields_of_their_own() {
        let found = planned("settings = { extra_params = \"hd=corp.test\" }").unwrap().connection;
        assert_eq!(found.settings["extra_params"], json!({ "hd": "corp.test" }));
        for wrong in ["settings = { client_secret = \"s\" }", "settings = { tenant = \"x\" }", "kind = \"saml\""] {
            assert!(planned(wrong).is_err(), "{wrong}");
        }
        assert!(planned("settings = { extra_params = \"state=x\" }").is_err());
    }

    #[test]
    fn half_a_rule_is_refused_and_so_is_the_same_local_attribute_twice() {
        for rules in [
            "{ federated = \" \", local = \"email\" }",
            "{ federated = \"mail\", local = \"e mail\" }",
            "{ federated = \"mail\", local = \"email\" }, { federated = \"upn\", local = \"email\" }",
        ] {
            assert!(planned(&format!("linking = {{ rules = [{rules}] }}")).is_err(), "{rules}");
        }
    }

    #[test]
    fn what_is_switched_off_is_remembered() {
        let provisioning = planned("linking = { enabled = false }").unwrap().connection.provisioning;
        assert_eq!((provisioning.linking, provisioning.shelved_linking), (None, Some(LinkingSettings::default())));
    }

    #[test]
    fn one_external_group_may_feed_several() {
        let planned =
            planned("groups = { claim = \"roles\", mapping = { eng = [\"Staff\", \"Engineering\"] } }").unwrap();
        let expected = [("eng".to_owned(), "Staff".to_owned()), ("eng".to_owned(), "Engineering".to_owned())];
        assert_eq!(planned.group_names, expected);
        assert_eq!(planned.connection.groups.claim, "roles");
    }
}
