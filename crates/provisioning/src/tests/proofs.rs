//! Proofs of ownership, administrators, and the settings that widen or narrow a match.

use serde_json::json;
use usher_domain::{
    AccountState, EmailAddress, LinkingSettings, LocalPart, OwnershipProof, ProvisioningSettings, RefusalCode,
    SeveralIdentities, UserName, Verification,
};

use super::builders::*;
use crate::{Candidate, Facts, LookupFor, Outcome, OutcomeKind, Presented, ProofReason, lookups, map};

const PROOFS: [OwnershipProof; 3] = [OwnershipProof::Never, OwnershipProof::WhenUnverified, OwnershipProof::Always];
const REFUSED: Outcome = Outcome::Refuse { code: RefusalCode::LinkRefused };

fn by(prove_ownership: OwnershipProof) -> ProvisioningSettings {
    ProvisioningSettings { prove_ownership, ..linking(vec![]) }
}

fn asked(outcome: &Outcome) -> Option<ProofReason> {
    match outcome {
        Outcome::ProveOwnership { reason, .. } => Some(*reason),
        _ => None,
    }
}

fn proved(facts: Facts, who: &str) -> Facts {
    Facts { proved: Some(user(who)), ..facts }
}

#[test]
fn link_08_a_proof_links_the_proved_account_and_no_other() {
    let facts = || facts_with(vec![vec![candidate("u_ann")]]);
    let settings = by(OwnershipProof::WhenUnverified);
    let decision = decided(&unverified_ann(), &settings, &proved(facts(), "u_ann"));
    assert_eq!(decision.outcome.kind(), OutcomeKind::Link);
    assert!(decision.explanation.lines().iter().any(|line| line == "The person proved to own the account"));
    let other = decided(&unverified_ann(), &settings, &proved(facts(), "u_bob")).outcome;
    assert_eq!(asked(&other), Some(ProofReason::UnverifiedAddress), "a proof for another account proves nothing");
}

#[test]
fn a_proof_answers_every_question_that_was_asked() {
    let mut trap = candidate("u_ann");
    trap.account.attributes = bag([("email", value(&["ann@corp.test"], admin(), Verification::Unverified))]);
    let trapped = || facts_with(vec![vec![trap.clone()]]);
    let good = || facts_with(vec![vec![candidate("u_ann")]]);
    for (identity, proof, facts, reason) in [
        (unverified_ann(), OwnershipProof::WhenUnverified, good(), ProofReason::UnverifiedAddress),
        (ann(), OwnershipProof::WhenUnverified, trapped(), ProofReason::LocalValueUnverified),
        (ann(), OwnershipProof::Always, good(), ProofReason::AlwaysAsked),
    ] {
        assert_eq!(asked(&decided(&identity, &by(proof), &facts).outcome), Some(reason));
        assert_eq!(decided(&identity, &by(proof), &proved(facts, "u_ann")).outcome.kind(), OutcomeKind::Link);
    }
}

#[test]
fn no_proof_mends_a_disabled_account_or_a_second_identity() {
    let mut disabled = candidate("u_ann");
    disabled.account.state = AccountState::Disabled;
    let linked = Candidate { linked_elsewhere: true, ..candidate("u_ann") };
    for hopeless in [disabled, linked] {
        for proof in PROOFS {
            let facts = proved(facts_with(vec![vec![hopeless.clone()]]), "u_ann");
            assert_eq!(decided(&ann(), &by(proof), &facts).outcome, REFUSED, "{proof:?}");
        }
    }
}

#[test]
fn administrators_are_never_linked_on_their_own() {
    let found = || facts_with(vec![vec![candidate("u_ann")]]);
    let admin = || Facts { admins: [user("u_ann")].into(), ..found() };
    let bystander = Facts { admins: [user("u_bob")].into(), ..found() };
    assert_eq!(decided(&ann(), &by(OwnershipProof::Never), &bystander).outcome.kind(), OutcomeKind::Link);
    assert_eq!(decided(&ann(), &by(OwnershipProof::Never), &admin()).outcome, REFUSED);
    for proof in [OwnershipProof::WhenUnverified, OwnershipProof::Always] {
        let decision = decided(&ann(), &by(proof), &admin());
        assert_eq!(asked(&decision.outcome), Some(ProofReason::Administrator), "{proof:?}");
        let lines = decision.explanation.lines();
        let said = "A proof of ownership is asked, because the account belongs to an administrator";
        assert!(lines.iter().any(|line| line == said), "{lines:#?}");
        let linked = decided(&ann(), &by(proof), &proved(admin(), "u_ann")).outcome;
        assert_eq!(linked.kind(), OutcomeKind::Link, "{proof:?}");
    }
}

#[test]
fn a_second_identity_of_one_connection_is_linked_where_the_admin_allows_several() {
    let linked = || facts_with(vec![vec![Candidate { linked_elsewhere: true, ..candidate("u_ann") }]]);
    let allowing = |several| ProvisioningSettings {
        linking: Some(LinkingSettings { several, ..LinkingSettings::default() }),
        ..jit()
    };
    assert_eq!(decided(&ann(), &allowing(SeveralIdentities::Allowed), &linked()).outcome.kind(), OutcomeKind::Link);
    assert_eq!(decided(&ann(), &allowing(SeveralIdentities::Refused), &linked()).outcome, REFUSED);
}

#[test]
fn link_16_the_local_part_is_compared_without_case_where_the_admin_says_so() {
    let comparing = |local_part| ProvisioningSettings {
        linking: Some(LinkingSettings { local_part, ..LinkingSettings::default() }),
        ..jit()
    };
    for (sent, exact, loose) in [
        ("ann@corp.test", true, true),
        ("ann@CORP.test", true, true),
        ("Ann@corp.test", false, true),
        ("ann+1@corp.test", false, false),
        ("\u{ff21}nn@corp.test", false, false),
        ("an\u{f1}@corp.test", false, false),
    ] {
        let identity = identity(json!({"email": sent, "email_verified": true}));
        let facts = facts_with(vec![vec![candidate("u_ann")]]);
        for (local_part, links) in [(LocalPart::Exact, exact), (LocalPart::IgnoreCase, loose)] {
            let kind = decided(&identity, &comparing(local_part), &facts).outcome.kind();
            assert_eq!(kind == OutcomeKind::Link, links, "{sent} {local_part:?}");
        }
    }
    let mut twin = candidate("u_twin");
    twin.account.attributes = bag([("email", value(&["ANN@corp.test"], admin(), Verification::ByPerson))]);
    let both = facts_with(vec![vec![candidate("u_ann"), twin]]);
    let ambiguous = Outcome::Refuse { code: RefusalCode::LinkAmbiguous };
    assert_eq!(decided(&ann(), &comparing(LocalPart::IgnoreCase), &both).outcome, ambiguous);
    assert_eq!(decided(&ann(), &comparing(LocalPart::Exact), &both).outcome.kind(), OutcomeKind::Link);
}

#[test]
fn lookups_ask_only_for_what_an_account_could_hold() {
    let asked = |claims: serde_json::Value, settings: &ProvisioningSettings| {
        let identity = identity(claims);
        let mapped = map(&identity, &[]);
        lookups(&Presented { identity: &identity, mapped: &mapped }, settings)
    };
    let by_name = linking(vec![rule("upn", "username")]);
    let found = asked(json!({"upn": "ann.lee"}), &by_name);
    assert_eq!(found[0].target, LookupFor::Username(UserName::parse("ann.lee").unwrap()));
    assert_eq!(asked(json!({"upn": "no name at all"}), &by_name), []);
    let loose = ProvisioningSettings {
        linking: Some(LinkingSettings { local_part: LocalPart::IgnoreCase, ..LinkingSettings::default() }),
        ..jit()
    };
    let found = asked(json!({"email": "Ann@CORP.test"}), &loose);
    let address = EmailAddress::parse("Ann@corp.test").unwrap();
    assert_eq!(found[0].target, LookupFor::Email(address, LocalPart::IgnoreCase));
    assert_eq!(asked(json!({"email": "nonsense"}), &loose), []);
}
