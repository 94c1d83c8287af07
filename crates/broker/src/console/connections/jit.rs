//! The tab Just-in-Time Provisioning: the seed's switches and rules, checked as they were typed.

use usher_domain::{
    AttributeName, AttributeSchema, AttributeSync, Connection, LinkRule, LinkingSettings, LocalAttribute, NoMatch,
};

use super::super::NotDone;

/// The value by which a form names the user name, beside the names of attributes.
pub const USERNAME: &str = "username";
/// Longest name of a federated attribute.
const LONGEST: usize = 256;

/// One rule as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypedRule {
    /// The provider's attribute.
    pub federated: String,
    /// [`USERNAME`] or the name of an attribute.
    pub local: String,
}

/// What the tab holds. Parts that are hidden are sent too, so that switching back restores them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JitChange {
    /// Whether a first sign-in creates a local account.
    pub enabled: bool,
    /// That what follows from switching it off was understood.
    pub confirmed: bool,
    /// How attributes follow.
    pub attribute_sync: AttributeSync,
    /// Whether linking is on.
    pub linking: bool,
    /// What happens without a match.
    pub no_match: NoMatch,
    /// First match rule and fallback.
    pub rules: [TypedRule; 2],
}

pub(super) fn apply(connection: &mut Connection, typed: &JitChange, schema: &AttributeSchema) -> Result<(), NotDone> {
    let settings = &mut connection.provisioning;
    if settings.enabled && !typed.enabled && !typed.confirmed {
        let text = "Tick the box to confirm that Just-in-Time provisioning is turned off";
        return Err(NotDone::field("confirm_off", text));
    }
    let rules = rules(&typed.rules, schema)?;
    if typed.enabled && typed.linking {
        all_unique(&rules, schema)?;
    }
    let former = settings.linking.take().or_else(|| settings.shelved_linking.take()).unwrap_or_default();
    let linking = LinkingSettings { rules, no_match: typed.no_match, ..former };
    settings.enabled = typed.enabled;
    settings.attribute_sync = typed.attribute_sync;
    settings.linking = typed.linking.then(|| linking.clone());
    settings.shelved_linking = (!typed.linking && linking != LinkingSettings::default()).then_some(linking);
    Ok(())
}

/// The rules; a half-filled one is an error, never dropped.
fn rules([first, second]: &[TypedRule; 2], schema: &AttributeSchema) -> Result<Vec<LinkRule>, NotDone> {
    let first = rule(first, ("rule1_federated", "rule1_local"), schema)?;
    let second = rule(second, ("rule2_federated", "rule2_local"), schema)?;
    match (&first, &second) {
        (None, Some(_)) => Err(NotDone::field("rule1_federated", "Fill in the first rule before the fallback rule")),
        (Some(one), Some(other)) if one.local == other.local => {
            Err(NotDone::field("rule2_local", "Choose another local attribute than the first rule compares"))
        }
        _ => Ok(first.into_iter().chain(second).collect()),
    }
}

fn rule(
    typed: &TypedRule,
    (federated_field, local_field): (&'static str, &'static str),
    schema: &AttributeSchema,
) -> Result<Option<LinkRule>, NotDone> {
    let federated = typed.federated.trim();
    let local = match typed.local.as_str() {
        "" => None,
        USERNAME => Some(LocalAttribute::Username),
        name => {
            let name = AttributeName::parse(name).map_err(|e| NotDone::field(local_field, e))?;
            Some(LocalAttribute::Attribute(name))
        }
    };
    match (federated.is_empty(), local) {
        (true, None) => Ok(None),
        (true, Some(local)) => {
            let text = format!("Enter the federated attribute that must equal {}", label(&local, schema));
            Err(NotDone::field(federated_field, text))
        }
        (false, None) => {
            let text = format!("Choose the local attribute that ‘{}’ must equal", shortened(federated));
            Err(NotDone::field(local_field, text))
        }
        (false, Some(_)) if federated.chars().count() > LONGEST || federated.chars().any(char::is_control) => {
            Err(NotDone::field(federated_field, "Use at most 256 characters"))
        }
        (false, Some(local)) => Ok(Some(LinkRule { federated: federated.to_owned(), local })),
    }
}

fn all_unique(rules: &[LinkRule], schema: &AttributeSchema) -> Result<(), NotDone> {
    for (rule, field) in rules.iter().zip(["rule1_local", "rule2_local"]) {
        if let LocalAttribute::Attribute(name) = &rule.local
            && !schema.is_unique(name)
        {
            let text = format!("{} is not marked unique: two users may share a value", schema.label(name));
            return Err(NotDone::field(field, text));
        }
    }
    Ok(())
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

/// What people read for a local attribute.
pub fn label(local: &LocalAttribute, schema: &AttributeSchema) -> String {
    match local {
        LocalAttribute::Username => "User name".to_owned(),
        LocalAttribute::Attribute(name) => schema.label(name).to_owned(),
    }
}

/// What a rule may compare: value of the form and what people read. The user name, then every unique attribute.
pub fn comparable(schema: &AttributeSchema) -> Vec<(String, String)> {
    let unique = schema.all().filter(|definition| schema.is_unique(&definition.name));
    let unique = unique.map(|definition| (definition.name.to_string(), definition.label.clone()));
    std::iter::once((USERNAME.to_owned(), label(&LocalAttribute::Username, schema))).chain(unique).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(rules: [(&str, &str); 2]) -> JitChange {
        let rule = |(federated, local): (&str, &str)| TypedRule { federated: federated.into(), local: local.into() };
        JitChange {
            enabled: true,
            confirmed: false,
            attribute_sync: AttributeSync::PreserveLocal,
            linking: true,
            no_match: NoMatch::Skip,
            rules: rules.map(rule),
        }
    }

    fn connection() -> Connection {
        let body = serde_json::json!({
            "id": "c_1", "kind": "oidc", "name": "Acme", "script_name": "acme", "enabled": true, "settings": {}
        });
        serde_json::from_value(body).unwrap()
    }

    fn field(result: Result<(), NotDone>) -> &'static str {
        match result {
            Err(NotDone::Field { field, .. }) => field,
            other => panic!("no field is wrong: {other:?}"),
        }
    }

    #[test]
    fn rules_are_kept_in_order_and_half_filled_ones_are_refused() {
        let schema = AttributeSchema::with([]);
        let mut acme = connection();
        apply(&mut acme, &typed([("upn", "username"), ("email", "email")]), &schema).unwrap();
        let kept = acme.provisioning.linking.clone().unwrap();
        assert_eq!(kept.rules[0], LinkRule { federated: "upn".into(), local: LocalAttribute::Username });
        assert_eq!((kept.rules.len(), kept.no_match), (2, NoMatch::Skip));
        for (rules, wrong) in [
            ([("upn", ""), ("", "")], "rule1_local"),
            ([("", "email"), ("", "")], "rule1_federated"),
            ([("", ""), ("email", "email")], "rule1_federated"),
            ([("upn", "username"), ("email", "")], "rule2_local"),
            ([("upn", "username"), ("", "email")], "rule2_federated"),
            ([("upn", "email"), ("email", "email")], "rule2_local"),
            ([("given_name", "given_name"), ("", "")], "rule1_local"),
        ] {
            assert_eq!(field(apply(&mut acme, &typed(rules), &schema)), wrong, "{rules:?}");
        }
        assert_eq!(acme.provisioning.linking, Some(kept), "nothing half-done is kept");
    }

    #[test]
    fn switching_linking_off_shelves_it() {
        let schema = AttributeSchema::with([]);
        let mut acme = connection();
        let on = typed([("upn", "username"), ("", "")]);
        apply(&mut acme, &on, &schema).unwrap();
        let before = acme.provisioning.linking.clone();
        apply(&mut acme, &JitChange { linking: false, ..on.clone() }, &schema).unwrap();
        assert_eq!(
            (acme.provisioning.linking.clone(), acme.provisioning.shelved_linking.clone()),
            (None, before.clone())
        );
        apply(&mut acme, &on, &schema).unwrap();
        assert_eq!((acme.provisioning.linking.clone(), acme.provisioning.shelved_linking.clone()), (before, None));
    }

    #[test]
    fn switching_off_asks_for_a_tick() {
        let schema = AttributeSchema::with([]);
        let mut acme = connection();
        let off = JitChange { enabled: false, ..typed([("", ""), ("", "")]) };
        assert_eq!(field(apply(&mut acme, &off, &schema)), "confirm_off");
        assert!(acme.provisioning.enabled);
        apply(&mut acme, &JitChange { confirmed: true, ..off.clone() }, &schema).unwrap();
        assert!(!acme.provisioning.enabled);
        apply(&mut acme, &off, &schema).unwrap();
    }
}
