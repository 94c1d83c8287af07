//! Linking rules: which matches stand, which are refused, and what is compared with what.

use usher_domain::{
    AccountState, AttributeSource, EmailAddress, LocalPart, OwnershipProof, ProvisioningSettings, RefusalCode,
    TrustEmail, Verification,
};

use super::builders::*;
use crate::{Candidate, LookupFor, Outcome, OutcomeKind, Presented, ProofReason, lookups, map};

fn by(proof: OwnershipProof) -> ProvisioningSettings {
    ProvisioningSettings { prove_ownership: proof, ..linking(vec![]) }
}

fn proof_reason(outcome: &Outcome) -> Option<ProofReason> {
    match outcome {
        Outcome::ProveOwnership { reason, .. } => Some(*reason),
        _ => None,
    }
}

fn with_email(texts: &[&str], verified: Verification) -> Candidate {
    let mut candidate = candidate("u_ann");
    candidate.account.attributes = bag([("email", value(texts, admin(), verified))]);
    candidate
}

const REFUSED: Outcome = Outcome::Refuse { code: RefusalCode::LinkRefused };

#[test]
fn several_matches_are_ambiguous_and_stop() {
    let settings = linking(vec![rule("email", "email"), rule("employee", "employee")]);
    let facts = facts_with(vec![vec![candidate("u_ann"), candidate("u_bob")], vec![candidate("u_ann")]]);
    assert_eq!(decided(&ann(), &settings, &facts).outcome, Outcome::Refuse { code: RefusalCode::LinkAmbiguous });
}

#[test]
fn the_same_account_found_twice_is_one_match() {
    let facts = facts_with(vec![vec![candidate("u_ann"), candidate("u_ann")]]);
    assert_eq!(decided(&ann(), &linking(vec![]), &facts).outcome.kind(), OutcomeKind::Link);
}

#[test]
fn link_06_an_unverified_address_links_only_where_the_admin_says_all() {
    let facts = facts_with(vec![vec![candidate("u_ann")]]);
    let asked = decided(&unverified_ann(), &by(OwnershipProof::WhenUnverified), &facts).outcome;
    assert_eq!(proof_reason(&asked), Some(ProofReason::UnverifiedAddress));
    assert_eq!(decided(&unverified_ann(), &by(OwnershipProof::Never), &facts).outcome, REFUSED);
    let all = ProvisioningSettings { trust_email: TrustEmail::All, ..by(OwnershipProof::Never) };
    assert_eq!(decided(&unverified_ann(), &all, &facts).outcome.kind(), OutcomeKind::Link);
}

#[test]
fn link_01_an_account_made_in_advance_is_never_merged() {
    let trap = with_email(&["ann@corp.test"], Verification::Unverified);
    let facts = facts_with(vec![vec![trap]]);
    let asked = decided(&ann(), &by(OwnershipProof::WhenUnverified), &facts).outcome;
    assert_eq!(proof_reason(&asked), Some(ProofReason::LocalValueUnverified));
    let all = ProvisioningSettings { trust_email: TrustEmail::All, ..by(OwnershipProof::Never) };
    assert_eq!(decided(&ann(), &all, &facts).outcome, REFUSED, "trusting the provider is not trusting the account");
}

#[test]
fn a_refused_match_stops_without_another_rule_or_account() {
    let mut disabled = candidate("u_ann");
    disabled.account.state = AccountState::Disabled;
    let linked = Candidate { linked_elsewhere: true, ..candidate("u_ann") };
    for refused in [disabled, linked] {
        for proof in [OwnershipProof::Never, OwnershipProof::WhenUnverified, OwnershipProof::Always] {
            let rules = vec![rule("email", "email"), rule("employee", "employee")];
            let settings = ProvisioningSettings { prove_ownership: proof, ..linking(rules) };
            let facts = facts_with(vec![vec![refused.clone()], vec![candidate("u_bob")]]);
            assert_eq!(decided(&ann(), &settings, &facts).outcome, REFUSED, "{proof:?}");
        }
    }
}

#[test]
fn always_asks_for_a_proof_of_a_good_match_too() {
    let facts = facts_with(vec![vec![candidate("u_ann")]]);
    let asked = decided(&ann(), &by(OwnershipProof::Always), &facts).outcome;
    assert_eq!(proof_reason(&asked), Some(ProofReason::AlwaysAsked));
}

#[test]
fn link_22_empty_never_equals_empty() {
    let empty = with_email(&[""], Verification::ByAdmin);
    for claims in [
        serde_json::json!({"email": "", "email_verified": true}),
        serde_json::json!({"email": null, "email_verified": true}),
        serde_json::json!({"email": [], "email_verified": true}),
        serde_json::json!({"email": "  ", "email_verified": true}),
        serde_json::json!({}),
    ] {
        let facts = facts_with(vec![vec![empty.clone()]]);
        assert_eq!(decided(&identity(claims), &linking(vec![]), &facts).outcome.kind(), OutcomeKind::Create);
    }
}

#[test]
fn link_16_only_the_domain_is_compared_without_case() {
    for (sent, held, links) in [
        ("ann@CORP.test", "ann@corp.test", true),
        ("ann@corp.test", "ann@CORP.TEST", true),
        ("Ann@corp.test", "ann@corp.test", false),
        ("ann+1@corp.test", "ann@corp.test", false),
        ("a.nn@corp.test", "ann@corp.test", false),
        ("ann@corp.test.", "ann@corp.test", false),
        ("\u{ff41}nn@corp.test", "ann@corp.test", false),
        ("ann\u{200d}@corp.test", "ann@corp.test", false),
        ("ann@xn--crp-1na.test", "ann@corp.test", false),
    ] {
        let identity = identity(serde_json::json!({"email": sent, "email_verified": true}));
        let facts = facts_with(vec![vec![with_email(&[held], Verification::ByPerson)]]);
        let outcome = decided(&identity, &linking(vec![]), &facts).outcome;
        assert_eq!(outcome.kind() == OutcomeKind::Link, links, "{sent} / {held}");
    }
}

#[test]
fn candidates_that_do_not_hold_the_value_are_ignored() {
    let stranger = with_email(&["bob@corp.test"], Verification::ByPerson);
    let facts = facts_with(vec![vec![stranger]]);
    assert_eq!(decided(&ann(), &linking(vec![]), &facts).outcome.kind(), OutcomeKind::Create);
}

#[test]
fn several_values_of_a_claim_link_nobody() {
    let many = identity(serde_json::json!({"email": ["ann@corp.test", "eve@evil.test"], "email_verified": true}));
    let facts = facts_with(vec![vec![candidate("u_ann")]]);
    assert_eq!(decided(&many, &linking(vec![]), &facts).outcome.kind(), OutcomeKind::Create);
}

#[test]
fn an_address_in_another_claim_is_vouched_for_only_if_it_is_the_verified_one() {
    let settings =
        ProvisioningSettings { prove_ownership: OwnershipProof::Never, ..linking(vec![rule("upn", "email")]) };
    let facts = facts_with(vec![vec![candidate("u_ann")]]);
    let same = serde_json::json!({"upn": "ann@corp.test", "email": "ann@CORP.test", "email_verified": true});
    let other = serde_json::json!({"upn": "ann@corp.test", "email": "eve@evil.test", "email_verified": true});
    let alone = serde_json::json!({"upn": "ann@corp.test", "email_verified": true});
    assert_eq!(decided(&identity(same), &settings, &facts).outcome.kind(), OutcomeKind::Link);
    assert_eq!(decided(&identity(other), &settings, &facts).outcome, REFUSED);
    assert_eq!(decided(&identity(alone), &settings, &facts).outcome, REFUSED);
}

#[test]
fn whatever_looks_like_an_address_needs_somebody_who_vouches_for_it() {
    let never = |rules| ProvisioningSettings { prove_ownership: OwnershipProof::Never, ..linking(rules) };
    let mut named = candidate("u_ann");
    named.account.username = usher_domain::UserName::parse("ann@corp.test").unwrap();
    let facts = facts_with(vec![vec![named]]);
    let sent = identity(serde_json::json!({"preferred_username": "ann@corp.test"}));
    let settings = never(vec![rule("preferred_username", "username")]);
    assert_eq!(decided(&sent, &settings, &facts).outcome, REFUSED, "a user name that is an address");

    let mut numbered = candidate("u_ann");
    numbered.account.attributes = bag([("employee", value(&["7"], admin(), Verification::Unverified))]);
    let facts = facts_with(vec![vec![numbered]]);
    let settings = never(vec![rule("email", "employee")]);
    assert_eq!(decided(&identity(serde_json::json!({"email": "7"})), &settings, &facts).outcome, REFUSED);
}

#[test]
fn link_22_blanks_are_no_value() {
    let mut blank = candidate("u_ann");
    blank.account.attributes = bag([("employee", value(&[" "], admin(), Verification::ByAdmin))]);
    let facts = facts_with(vec![vec![blank]]);
    let settings = linking(vec![rule("employee", "employee")]);
    let sent = identity(serde_json::json!({"employee": " "}));
    assert_eq!(decided(&sent, &settings, &facts).outcome.kind(), OutcomeKind::Create);
}

#[test]
fn local_values_count_by_who_set_them() {
    let settings =
        ProvisioningSettings { prove_ownership: OwnershipProof::Never, ..linking(vec![rule("employee", "employee")]) };
    let connection = AttributeSource::Connection(acme());
    for (source, verified, links) in [
        (admin(), Verification::Unverified, true),
        (AttributeSource::Import, Verification::Unverified, true),
        (AttributeSource::Person, Verification::Unverified, false),
        (AttributeSource::Person, Verification::ByPerson, true),
        (connection, Verification::Unverified, false),
    ] {
        let mut found = candidate("u_ann");
        found.account.attributes = bag([("employee", value(&["7"], source.clone(), verified))]);
        let outcome = decided(&ann(), &settings, &facts_with(vec![vec![found]])).outcome;
        assert_eq!(outcome.kind() == OutcomeKind::Link, links, "{source:?} {verified:?}");
    }
}

#[test]
fn a_user_name_counts_when_its_person_did_not_choose_it() {
    let settings = ProvisioningSettings {
        prove_ownership: OwnershipProof::Never,
        ..linking(vec![rule("preferred_username", "username")])
    };
    let identity = identity(serde_json::json!({"preferred_username": "ANN"}));
    for (created_by, expected) in [
        (admin(), OutcomeKind::Link),
        (AttributeSource::Import, OutcomeKind::Link),
        (AttributeSource::Person, OutcomeKind::Refuse),
        (AttributeSource::Connection(acme()), OutcomeKind::Refuse),
    ] {
        let mut found = candidate("u_ann");
        found.account.created_by = created_by;
        assert_eq!(decided(&identity, &settings, &facts_with(vec![vec![found]])).outcome.kind(), expected);
    }
}

#[test]
fn lookups_name_what_must_be_found() {
    let identity = ann();
    let mapped = map(&identity, &[row("employee", "badge")]);
    let presented = Presented { identity: &identity, mapped: &mapped };
    let settings = linking(vec![rule("badge", "employee"), rule("email", "email")]);
    let found = lookups(&presented, &settings);
    assert_eq!(found.len(), 2);
    let by_number = LookupFor::Unique(name("employee"), "7".to_owned());
    assert_eq!((found[0].rule, &found[0].target), (0, &by_number), "by the name of the mapped attribute");
    let address = EmailAddress::parse("ann@corp.test").unwrap();
    assert_eq!(found[1].target, LookupFor::Email(address, LocalPart::Exact));
    assert!(lookups(&presented, &jit()).is_empty());
    assert!(lookups(&presented, &ProvisioningSettings { enabled: false, ..settings }).is_empty());
}
