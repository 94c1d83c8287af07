//! The tables of docs/sync-methods.md and docs/linking-existing-users.md, each cell tried.

use serde_json::{Value, json};
use usher_domain::{
    AccountState, AttributeBag, AttributeMapping, AttributeSource, AttributeSync, Group, GroupId, GroupMapping,
    GroupSync, Membership, MembershipSource, NoLongerSent, OwnershipProof, ProvisioningSettings, Verification,
};

use super::builders::*;
use crate::groups::{Occasion, decide_groups};
use crate::{Facts, Outcome, Presented, decide, map};

const SYNC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sync-methods.md");
const LINKING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/linking-existing-users.md");

/// The rows of the table under a heading: the situation, and its cells.
fn rows_under(guide: &str, heading: &str) -> Vec<(String, Vec<String>)> {
    let guide = std::fs::read_to_string(guide).unwrap();
    let section = guide.split(heading).nth(1).unwrap().split("\n## ").next().unwrap();
    let table = section.lines().filter_map(|line| line.strip_prefix("| ")).skip(1);
    let cells = table.map(|line| line.trim_end_matches('|').split(" | ").map(|cell| cell.trim().to_owned()));
    cells
        .map(|mut cells| {
            let situation = cells.next().unwrap();
            (situation, cells.collect())
        })
        .collect()
}

/// What the provider sends in a situation, and the attribute that it is about.
fn situation(text: &str) -> (Value, &'static str) {
    let person = |a: Value| json!({"a": a, "b": "x"});
    match text.split_once(": ").map_or(text, |(_, about)| about) {
        "an attribute received with values" | "received with values" => (person(json!("new")), "a"),
        "absent from the answer, or `null`" => (person(Value::Null), "a"),
        "received explicitly empty, `\"\"` or `[]`" => (person(json!([])), "a"),
        "a shape or size that no attribute holds" => (person(json!({"nested": 1})), "a"),
        "a local attribute that the connection does not map" => (person(json!("new")), "own"),
        "absent, and the row of the mapping has a default value" => (json!({"b": "x"}), "c"),
        "an attribute that only admins may change" => (json!({"badge": "new", "b": "x"}), "badge"),
        "an e-mail address that an admin vouches for" => {
            (json!({"email": "new@corp.test", "email_verified": true, "b": "x"}), "email")
        }
        "nothing that the connection maps was received at all" => (json!({"unmapped": "x"}), "a"),
        other => panic!("the guide tells of a situation that is not tried: {other}"),
    }
}

fn held() -> AttributeBag {
    let old = || value(&["old"], AttributeSource::Connection(acme()), Verification::Unverified);
    let address = value(&["ann@corp.test"], admin(), Verification::ByAdmin);
    bag([("a", old()), ("c", old()), ("own", old()), ("badge", old()), ("email", address)])
}

fn mapping() -> Vec<AttributeMapping> {
    let defaulted = AttributeMapping { default: Some("fallback".to_owned()), ..row("c", "c") };
    vec![row("a", "a"), row("b", "b"), defaulted, row("badge", "badge"), row("email", "email")]
}

/// In the guide's word, what became of the attribute.
fn became(text: &str, method: AttributeSync) -> &'static str {
    let (sent, attribute) = situation(text);
    let identity = identity(sent);
    let mapped = map(&identity, &mapping());
    let mut account = account("u_ann");
    account.attributes = held();
    let (facts, settings) = match text.split_once(": ").unwrap().0 {
        "The account is created" => (facts(), jit()),
        "An existing account is linked" => {
            let found = vec![vec![crate::Candidate { account, linked_elsewhere: false }]];
            (facts_with(found), linking(vec![rule("b", "own")]))
        }
        "Later" => (linked_to(account), jit()),
        other => panic!("the guide tells of a time that is not tried: {other}"),
    };
    let settings = ProvisioningSettings { attribute_sync: method, ..settings };
    after(&identity, &mapped, &settings, &facts, attribute)
}

fn after(
    identity: &usher_domain::ExternalIdentity,
    mapped: &crate::MappedAttributes,
    settings: &ProvisioningSettings,
    facts: &Facts,
    attribute: &str,
) -> &'static str {
    let mut facts = facts.clone();
    // The one who is linked is found by an admin's value.
    for found in facts.candidates.iter_mut().flatten() {
        found.account.attributes.insert(name("own"), value(&["x"], admin(), Verification::Unverified));
    }
    let before = held();
    let outcome = decide(&Presented { identity, mapped }, settings, &facts).outcome;
    let attributes = match outcome {
        Outcome::Create(user) => {
            assert!(user.attributes.contains_key(&name(attribute)), "{attribute} is not stored");
            return "stored";
        }
        Outcome::SignIn { update, .. } | Outcome::Link { update, .. } => update.map(|update| update.attributes),
        other => panic!("{other:?}"),
    };
    let Some(attributes) = attributes else { return "kept" };
    match attributes.get(&name(attribute)).map(|value| value.values[0].clone()) {
        None => "removed",
        Some(text) if text == before[&name(attribute)].values[0] => "kept",
        Some(text) if text == "fallback" => "default",
        Some(text) => {
            assert!(text.starts_with("new"), "{text}");
            "replaced"
        }
    }
}

#[test]
fn the_guide_says_what_each_sync_method_does() {
    let rows = rows_under(SYNC, "## The truth table");
    assert_eq!(rows.len(), 11);
    for (text, cells) in rows {
        let methods = [AttributeSync::OverrideAll, AttributeSync::PreserveLocal, AttributeSync::None];
        assert_eq!(cells, methods.map(|method| became(&text, method)), "{text}");
    }
}

fn group_of(text: &str) -> GroupId {
    GroupId::parse(text).unwrap()
}

/// In the guide's word, what becomes of a membership in Staff, or how Engineers is joined.
fn membership(text: &str, sync: GroupSync, no_longer_sent: NoLongerSent) -> &'static str {
    let sent = match text {
        "A mapped group is sent" | "Others are sent, but not a group that this connection gave" => {
            json!({"name": "Ann", "groups": ["eng"]})
        }
        "The list is explicitly empty" => json!({"name": "Ann", "groups": []}),
        "The answer has no groups, but other attributes" => json!({"name": "Ann"}),
        "The answer has nothing that is mapped, or groups in an unusable shape" => json!({"groups": {"x": 1}}),
        "The provider says that there are too many groups to send" => {
            json!({"name": "Ann", "_claim_names": {"groups": "src1"}})
        }
        other => panic!("the guide tells of a situation that is not tried: {other}"),
    };
    let mut connection = acme_connection();
    let row = |external: &str, group: &str| GroupMapping { external: external.to_owned(), group: group_of(group) };
    connection.groups.mapping = vec![row("staff", "g_staff"), row("eng", "g_eng")];
    connection.groups.no_longer_sent = no_longer_sent;
    connection.provisioning.group_sync = sync;
    let group = |id: &str| Group {
        id: group_of(id),
        name: id.to_owned(),
        description: String::new(),
        created_at: at(0),
        revision: 1,
    };
    let given = Membership {
        group: group_of("g_staff"),
        user: user("u_ann"),
        source: MembershipSource::Connection(acme()),
        since: at(0),
    };
    let known = [group("g_staff"), group("g_eng")];
    let changes = decide_groups(&identity(sent), &connection, &known, &[given], Occasion::Later);
    match text {
        "A mapped group is sent" if changes.add == [group_of("g_eng")] => "joined",
        _ if changes.remove == [group_of("g_staff")] => "left",
        _ => "kept",
    }
}

#[test]
fn the_guide_says_what_becomes_of_groups() {
    let rows = rows_under(SYNC, "## Groups");
    assert_eq!(rows.len(), 6);
    for (text, cells) in rows {
        let methods = [
            membership(&text, GroupSync::Merge, NoLongerSent::Removed),
            membership(&text, GroupSync::Merge, NoLongerSent::Kept),
            membership(&text, GroupSync::Override, NoLongerSent::Kept),
        ];
        assert_eq!(cells, methods, "{text}");
    }
}

/// In the guide's word, what becomes of the one match that a row tells of.
fn settled(text: &str, prove_ownership: OwnershipProof) -> &'static str {
    let mut found = crate::Candidate { account: account("u_ann"), linked_elsewhere: false };
    let mut facts = facts();
    let mut sent = ann();
    let number = |source| bag([("employee", value(&["7"], source, Verification::Unverified))]);
    let mut rules = vec![];
    match text {
        "Its address is verified on both sides" => {}
        "An administrator set its value, and the provider sends the same" => {
            rules = vec![rule("employee", "employee")];
            found.account.attributes = number(admin());
        }
        "The provider does not mark the address as verified" => sent = unverified_ann(),
        "Nobody ever verified the account's own address" => {
            found.account.attributes = bag([("email", value(&["ann@corp.test"], admin(), Verification::Unverified))]);
        }
        "Its person wrote the value, not an administrator" => {
            rules = vec![rule("employee", "employee")];
            found.account.attributes = number(AttributeSource::Person);
        }
        "It belongs to an administrator of Usher" => facts.admins = [user("u_ann")].into(),
        "It is disabled" => found.account.state = AccountState::Disabled,
        "Another identity of this connection is linked to it" => found.linked_elsewhere = true,
        other => panic!("the guide tells of a match that is not tried: {other}"),
    }
    facts.put(0, found);
    match decided(&sent, &ProvisioningSettings { prove_ownership, ..linking(rules) }, &facts).outcome {
        Outcome::Link { .. } => "linked",
        Outcome::ProveOwnership { .. } => "proof",
        Outcome::Refuse { .. } => "refused",
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_guide_says_when_a_proof_is_asked() {
    let rows = rows_under(LINKING, "## 4. ");
    assert_eq!(rows.len(), 8);
    for (text, cells) in rows {
        let proofs = [OwnershipProof::Never, OwnershipProof::WhenUnverified, OwnershipProof::Always];
        assert_eq!(cells, proofs.map(|proof| settled(&text, proof)), "{text}");
    }
}

#[test]
fn the_guide_shows_the_lines_of_a_decision() {
    let guide = std::fs::read_to_string(LINKING).unwrap();
    let shown = guide.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    let sent = identity(json!({"sub": "1", "employee_id": "E-000417"}));
    let mut found = candidate("u_ann");
    found.account.attributes = bag([("employee", value(&["E-000417"], admin(), Verification::Unverified))]);
    let settings = linking(vec![rule("employee_id", "employee"), rule("email", "email")]);
    let lines = decided(&sent, &settings, &facts_with(vec![vec![found]])).explanation.lines();
    for line in shown.lines() {
        assert!(lines.iter().any(|said| said == line), "{line}: {lines:#?}");
    }
}
