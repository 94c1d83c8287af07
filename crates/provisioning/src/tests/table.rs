//! The two truth tables of the provisioning guide, row by row.

use serde_json::{Value, json};
use usher_domain::{
    AccountState, AttributeBag, AttributeSource, AttributeSync, LinkingSettings, NoMatch, OnFailure,
    ProvisioningSettings, RefusalCode, Verification,
};

use super::builders::*;
use crate::{Candidate, Facts, LocalAccount, Outcome, OutcomeKind, SyncRules, map, sync};

use AttributeSync::{None as Nothing, OverrideAll, PreserveLocal};

/// What becomes of the attribute `a`, which held `old` before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Replaced,
    Removed,
    Kept,
}

use Fate::{Kept, Removed, Replaced};

const METHODS: [AttributeSync; 3] = [OverrideAll, PreserveLocal, Nothing];

fn fate(held: &AttributeBag, sent: &Value, method: AttributeSync) -> Fate {
    let (connection, schema) = (acme(), schema());
    let rules = SyncRules { method, connection: &connection, schema: &schema, now: at(0) };
    let mapped = map(&identity(sent.clone()), &[row("a", "a"), row("b", "b"), row("badge", "badge")]);
    let after = sync(held, &mapped, &rules).attributes;
    let (before, after) = (held.get(&name("a")), after.get(&name("a")));
    match after {
        None => Removed,
        Some(value) if Some(value) == before => Kept,
        Some(value) => {
            assert_eq!(value.values, ["new"], "replaced by what was sent");
            Replaced
        }
    }
}

fn holds(attribute: &str, text: &str) -> AttributeBag {
    let value = value(&[text], AttributeSource::Connection(acme()), Verification::Unverified);
    bag([(attribute, value)])
}

#[test]
fn link_20_the_table_of_synchronisation() {
    let held = holds("a", "old");
    let oversize = "x".repeat(4097);
    for (situation, sent, expected) in [
        ("received with values", json!({"a": "new", "b": "x"}), [Replaced, Replaced, Kept]),
        ("absent", json!({"b": "x"}), [Removed, Kept, Kept]),
        ("null is absent", json!({"a": null, "b": "x"}), [Removed, Kept, Kept]),
        ("a list of null is absent", json!({"a": [null], "b": "x"}), [Removed, Kept, Kept]),
        ("explicitly empty, text", json!({"a": "", "b": "x"}), [Removed, Removed, Kept]),
        ("explicitly empty, list", json!({"a": [], "b": "x"}), [Removed, Removed, Kept]),
        ("oversize", json!({"a": oversize, "b": "x"}), [Kept, Kept, Kept]),
        ("too many values", json!({"a": vec!["x"; 257], "b": "x"}), [Kept, Kept, Kept]),
        ("wrong type: object", json!({"a": {"b": 1}, "b": "x"}), [Kept, Kept, Kept]),
        ("wrong type: list in a list", json!({"a": [["new"]], "b": "x"}), [Kept, Kept, Kept]),
        ("nothing mapped received at all", json!({"c": "x"}), [Kept, Kept, Kept]),
    ] {
        for (method, expected) in METHODS.into_iter().zip(expected) {
            assert_eq!(fate(&held, &sent, method), expected, "{situation}, {method:?}");
        }
    }
}

#[test]
fn link_20_a_local_attribute_that_is_not_mapped() {
    let (connection, schema) = (acme(), schema());
    let held = bag([
        ("own", value(&["mine"], AttributeSource::Person, Verification::Unverified)),
        ("badge", value(&["7"], admin(), Verification::Unverified)),
    ]);
    let mapped = map(&identity(json!({"a": "new", "badge": "8"})), &[row("a", "a"), row("badge", "badge")]);
    for (method, stays) in METHODS.into_iter().zip([false, true, true]) {
        let rules = SyncRules { method, connection: &connection, schema: &schema, now: at(0) };
        let after = sync(&held, &mapped, &rules).attributes;
        assert_eq!(after.contains_key(&name("own")), stays, "{method:?}");
        assert_eq!(after.get(&name("badge")), held.get(&name("badge")), "protected, {method:?}");
    }
}

#[test]
fn link_20_the_first_sign_in() {
    for method in METHODS {
        let settings = ProvisioningSettings { attribute_sync: method, ..linking(vec![]) };
        let Outcome::Create(user) = decided(&ann(), &settings, &facts()).outcome else { panic!("not created") };
        assert_eq!(user.attributes.len(), 3, "created: all that was received is stored, {method:?}");

        let linked = decided(&ann(), &settings, &facts_with(vec![vec![candidate("u_ann")]])).outcome;
        let Outcome::Link { update: first, .. } = linked else { panic!("not linked") };
        let later = decided(&ann(), &settings, &linked_to(account("u_ann"))).outcome;
        let Outcome::SignIn { update: again, .. } = later else { panic!("not signed in") };
        assert_eq!(first, again, "linked: as a later sign-in, {method:?}");
        assert_eq!(first.is_none(), method == Nothing);
    }
}

#[test]
fn three_equal_sign_ins_leave_a_created_account_bit_identical() {
    for method in METHODS {
        let settings = ProvisioningSettings { attribute_sync: method, ..jit() };
        let Outcome::Create(user) = decided(&ann(), &settings, &facts()).outcome else { panic!("not created") };
        let created = LocalAccount { attributes: user.attributes, ..account("u_ann") };
        for seconds in [60, 120, 180] {
            let facts = Facts { now: at(seconds), ..linked_to(created.clone()) };
            let outcome = decided(&ann(), &settings, &facts).outcome;
            assert_eq!(outcome, Outcome::SignIn { user: user_id(), update: None }, "{method:?}");
        }
    }
}

fn user_id() -> usher_domain::UserId {
    user("u_ann")
}

/// JIT and linking as a row of the table has them.
fn settings(jit_on: bool, linking_on: bool, skip: NoMatch) -> ProvisioningSettings {
    let rules = vec![rule("employee", "employee"), rule("email", "email")];
    let on = LinkingSettings { rules, no_match: skip, ..LinkingSettings::default() };
    ProvisioningSettings { enabled: jit_on, linking: linking_on.then_some(on), ..jit() }
}

/// Accounts found by the first rule (employee number 7) and by the fallback (the address).
fn found(by_number: usize, by_address: usize) -> Facts {
    let numbered = |n: usize| {
        let mut found = candidate(&format!("u_n{n}"));
        found.account.attributes = bag([("employee", value(&["7"], admin(), Verification::Unverified))]);
        found
    };
    let addressed = |n: usize| candidate(&format!("u_m{n}"));
    facts_with(vec![(0..by_number).map(numbered).collect(), (0..by_address).map(addressed).collect()])
}

#[test]
fn the_table_of_decisions() {
    use NoMatch::{Create, Skip};
    use OutcomeKind as Kind;
    let linked = || linked_to(account("u_ann"));
    for (situation, settings, facts, expected) in [
        ("link, JIT on", settings(true, true, Create), linked(), Kind::SignIn),
        ("link, JIT on, linking off", settings(true, false, Create), linked(), Kind::SignIn),
        ("link, JIT off", settings(false, true, Create), linked(), Kind::SignIn),
        ("no link, JIT off", settings(false, true, Create), found(1, 1), Kind::PassThrough),
        ("linking off", settings(true, false, Skip), found(1, 1), Kind::Create),
        ("one by the first rule", settings(true, true, Create), found(1, 0), Kind::Link),
        ("one by the first rule, skip", settings(true, true, Skip), found(1, 0), Kind::Link),
        ("one by each rule: the first wins", settings(true, true, Create), found(1, 2), Kind::Link),
        ("none by rule 1, one by the fallback", settings(true, true, Create), found(0, 1), Kind::Link),
        ("none at all", settings(true, true, Create), found(0, 0), Kind::Create),
        ("none at all, skip", settings(true, true, Skip), found(0, 0), Kind::PassThrough),
        ("several by the first rule", settings(true, true, Create), found(2, 1), Kind::Refuse),
        ("several by the first rule, skip", settings(true, true, Skip), found(2, 0), Kind::Refuse),
        ("several by the fallback", settings(true, true, Create), found(0, 2), Kind::Refuse),
    ] {
        assert_eq!(decided(&ann(), &settings, &facts).outcome.kind(), expected, "{situation}");
    }
}

#[test]
fn link_21_several_matches_create_nothing_and_name_the_rule() {
    let decision = decided(&ann(), &settings(true, true, NoMatch::Create), &found(2, 0));
    assert_eq!(decision.outcome, Outcome::Refuse { code: RefusalCode::LinkAmbiguous });
    let lines = decision.explanation.lines();
    assert!(
        lines.iter().any(|line| line.ends_with("Employee number (\u{2026}): matches several accounts")),
        "{lines:#?}"
    );
}

#[test]
fn a_unique_value_counts_as_taken_by_somebody_else_only() {
    let settings = linking(vec![]);
    let own = Facts { taken: held_by("given_name", "u_ann"), ..facts_with(vec![vec![candidate("u_ann")]]) };
    assert_eq!(decided(&ann(), &settings, &own).outcome.kind(), OutcomeKind::Link);
    let other = Facts { taken: held_by("given_name", "u_eve"), ..own };
    assert_eq!(decided(&ann(), &settings, &other).outcome, Outcome::Refuse { code: RefusalCode::ProvisioningRefused });
    let lenient = ProvisioningSettings { on_failure: OnFailure::ContinueUnlinked, ..settings };
    let Outcome::Link { update: Some(update), .. } = decided(&ann(), &lenient, &other).outcome else {
        panic!("not linked")
    };
    assert!(!update.attributes.contains_key(&name("given_name")), "linked without the attribute that is taken");
}

#[test]
fn the_explanation_reads_as_an_admin_would_say_it() {
    let sent = identity(json!({"employee_id": "E-000417"}));
    let mut found = candidate("u_ann");
    found.account.attributes = bag([("employee", value(&["E-000417"], admin(), Verification::Unverified))]);
    let settings = linking(vec![rule("employee_id", "employee"), rule("email", "email")]);
    let linked = decided(&sent, &settings, &facts_with(vec![vec![found.clone()]])).explanation.lines();
    assert_eq!(
        linked,
        [
            "Not linked to an account yet",
            "First match rule: employee_id equals Employee number (\u{2026}417): matches one account",
            "First match rule: account u_ann holds the value",
            "Attributes kept: the provider sent no mapped attribute at all",
            "Result: link to the existing account",
        ]
    );
    let created = decided(&sent, &settings, &facts()).explanation.lines();
    assert_eq!(
        created[1..],
        [
            "First match rule: employee_id equals Employee number (\u{2026}417): matches no account",
            "Fallback rule: the provider sent no email",
            "No account matches: a new one is created",
            "Result: create an account",
        ]
    );
    found.account.state = AccountState::Disabled;
    let refused = decided(&sent, &settings, &facts_with(vec![vec![found]])).explanation.lines();
    assert_eq!(
        refused[3..],
        ["First match rule: the match may not stand, because the account is disabled", "Result: refuse link_refused"]
    );
}

#[test]
fn facts_grow_by_rule() {
    let mut facts = facts();
    let found: Candidate = candidate("u_ann");
    facts.put(1, found.clone());
    facts.put(1, candidate("u_bob"));
    assert_eq!(facts.candidates, [vec![], vec![found, candidate("u_bob")]]);
}
