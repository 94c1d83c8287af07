//! Which accounts a connection could take over, by the code that decides.

use usher_domain::{
    AccountState, AttributeSource, Connection, LinkRule, LinkingSettings, OwnershipProof, TrustEmail, Verification,
};

use super::builders::*;
use crate::takeover::{AdminAccount, Ground, Risk, at_risk};
use crate::{Candidate, ProofReason};

fn linking_connection(rules: Vec<LinkRule>, prove_ownership: OwnershipProof) -> Connection {
    let mut connection = acme_connection();
    connection.provisioning.linking = Some(LinkingSettings { rules, ..LinkingSettings::default() });
    connection.provisioning.prove_ownership = prove_ownership;
    connection
}

fn risk_of(candidate: &Candidate, admin: AdminAccount, connection: &Connection) -> Option<Risk> {
    let schema = schema();
    let may_assert = |domain: &str| domain == "corp.test";
    at_risk(candidate, admin, &Ground { connection, schema: &schema, may_assert: &may_assert })
}

fn ordinary(candidate: &Candidate, connection: &Connection) -> Option<Risk> {
    risk_of(candidate, AdminAccount::No, connection)
}

fn with_email(text: &str, verified: Verification) -> Candidate {
    let mut candidate = candidate("u_ann");
    candidate.account.attributes = bag([("email", value(&[text], admin(), verified))]);
    candidate
}

#[test]
fn an_account_is_at_risk_only_where_linking_is_on() {
    let mut connection = linking_connection(vec![], OwnershipProof::Never);
    let risk = ordinary(&candidate("u_ann"), &connection).unwrap();
    assert_eq!((risk.rule, risk.needs), (0, None));
    assert_eq!(risk.to_string(), "email equals Email (a***@c***.test): linked at once");
    connection.provisioning.enabled = false;
    assert_eq!(ordinary(&candidate("u_ann"), &connection), None);
    assert_eq!(ordinary(&candidate("u_ann"), &acme_connection()), None);
}

#[test]
fn domains_of_others_need_the_trust_of_the_admin_or_a_proof() {
    use OwnershipProof::{Never, WhenUnverified};
    let foreign = with_email("ann@other.test", Verification::ByPerson);
    assert_eq!(ordinary(&foreign, &linking_connection(vec![], Never)), None);
    let asked = ordinary(&foreign, &linking_connection(vec![], WhenUnverified)).unwrap();
    assert_eq!(asked.needs, Some(ProofReason::UnverifiedAddress));
    let mut trusting = linking_connection(vec![], Never);
    trusting.provisioning.trust_email = TrustEmail::All;
    assert_eq!(ordinary(&foreign, &trusting).unwrap().needs, None);
}

#[test]
fn what_a_decision_refuses_is_no_risk_and_what_it_asks_is_told() {
    use OwnershipProof::{Always, Never, WhenUnverified};
    let good = candidate("u_ann");
    let unverified = with_email("ann@corp.test", Verification::Unverified);
    let mut disabled = candidate("u_ann");
    disabled.account.state = AccountState::Disabled;
    let linked = Candidate { linked_elsewhere: true, ..candidate("u_ann") };
    let needs = |candidate: &Candidate, admin, proof| {
        risk_of(candidate, admin, &linking_connection(vec![], proof)).map(|risk| risk.needs)
    };
    let (yes, no) = (AdminAccount::Yes, AdminAccount::No);
    assert_eq!(needs(&good, no, WhenUnverified), Some(None));
    assert_eq!(needs(&good, no, Always), Some(Some(ProofReason::AlwaysAsked)));
    assert_eq!(needs(&good, yes, Never), None);
    assert_eq!(needs(&good, yes, WhenUnverified), Some(Some(ProofReason::Administrator)));
    assert_eq!(needs(&unverified, no, WhenUnverified), Some(Some(ProofReason::LocalValueUnverified)));
    assert_eq!(needs(&unverified, no, Never), None);
    assert_eq!(needs(&disabled, no, WhenUnverified), None);
    assert_eq!(needs(&linked, no, WhenUnverified), None);
}

#[test]
fn rules_reach_whom_they_can_find() {
    let rules = vec![rule("employee_id", "employee"), rule("preferred_username", "username")];
    let connection = linking_connection(rules, OwnershipProof::WhenUnverified);
    let mut numbered = candidate("u_ann");
    numbered.account.attributes = bag([("employee", value(&["E-000417"], admin(), Verification::Unverified))]);
    let risk = ordinary(&numbered, &connection).unwrap();
    assert_eq!((risk.rule, risk.needs), (0, None));
    assert_eq!(risk.to_string(), "employee_id equals Employee number (\u{2026}417): linked at once");

    let named = ordinary(&candidate("u_annabel"), &connection).unwrap();
    assert_eq!((named.rule, named.label.as_str(), named.needs), (1, "User name", None));

    let mut chosen = candidate("u_annabel");
    chosen.account.created_by = AttributeSource::Person;
    let asked = ordinary(&chosen, &connection).unwrap();
    assert_eq!(asked.needs, Some(ProofReason::LocalValueUnverified));
    chosen.account.attributes = bag([("employee", value(&["7"], admin(), Verification::Unverified))]);
    assert_eq!(ordinary(&chosen, &connection).unwrap().rule, 0, "the easier way is told");
}

#[test]
fn an_empty_value_is_no_way_in() {
    let connection = linking_connection(vec![rule("employee_id", "employee")], OwnershipProof::Never);
    let mut blank = candidate("u_ann");
    assert_eq!(ordinary(&blank, &connection), None);
    blank.account.attributes = bag([("employee", value(&["", " "], admin(), Verification::ByAdmin))]);
    assert_eq!(ordinary(&blank, &connection), None);
}
