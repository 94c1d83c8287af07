//! What must hold for any identity, settings and facts.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};
use usher_domain::{
    AccountState, AttributeSource, AttributeSync, ExternalIdentity, Group, GroupMapping, GroupSync, LinkingSettings,
    Membership, MembershipSource, NoLongerSent, NoMatch, OnFailure, OwnershipProof, ProvisioningSettings, TrustEmail,
    UnmappedGroups, Verification,
};

use super::builders::*;
use crate::groups::{Occasion, decide_groups};
use crate::takeover::{AdminAccount, Ground, at_risk};
use crate::{Candidate, Facts, Outcome, OutcomeKind, Presented, decide, is_protected, map};

fn emails() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        4 => Just("ann@corp.test"), 1 => Just("ann@CORP.test"), 1 => Just("Ann@corp.test"), 1 => Just("eve@evil.test"),
        1 => Just(""), 1 => Just("nonsense")
    ]
}

fn identities() -> impl Strategy<Value = ExternalIdentity> {
    let words = prop_oneof![Just(json!(true)), Just(json!("true")), Just(json!(false)), Just(Value::Null)];
    (emails(), words, emails(), "[a-z7]{0,3}").prop_map(|(email, verified, upn, employee)| {
        identity(json!({"email": email, "email_verified": verified, "upn": upn, "employee": employee}))
    })
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let source = prop_oneof![
        Just(admin()),
        Just(AttributeSource::Import),
        Just(AttributeSource::Person),
        Just(AttributeSource::Connection(acme()))
    ];
    let verified = prop_oneof![
        Just(Verification::Unverified),
        Just(Verification::ByProvider),
        Just(Verification::ByPerson),
        Just(Verification::ByAdmin)
    ];
    let one = ("[a-c]", emails(), source, verified, any::<bool>(), any::<bool>()).prop_map(
        |(id, email, source, verified, disabled, linked_elsewhere)| {
            let mut account = account(&format!("u_{id}"));
            account.state = if disabled { AccountState::Disabled } else { AccountState::Active };
            account.created_by = source.clone();
            account.attributes = bag([
                ("email", value(&[email], source.clone(), verified)),
                ("employee", value(&["7"], source, verified)),
            ]);
            Candidate { account, linked_elsewhere }
        },
    );
    // One row per account, as a database answers.
    proptest::collection::vec(one, 0..4).prop_map(|rows| {
        let by_user: std::collections::BTreeMap<_, _> = rows.into_iter().map(|c| (c.account.user.clone(), c)).collect();
        by_user.into_values().collect()
    })
}

fn settings() -> impl Strategy<Value = ProvisioningSettings> {
    let rules = prop_oneof![
        Just(vec![]),
        Just(vec![rule("email", "email")]),
        Just(vec![rule("upn", "email")]),
        Just(vec![rule("upn", "username"), rule("email", "email")]),
        Just(vec![rule("employee", "employee"), rule("upn", "email")]),
    ];
    let proof =
        prop_oneof![Just(OwnershipProof::Never), Just(OwnershipProof::WhenUnverified), Just(OwnershipProof::Always)];
    (rules, proof, any::<[bool; 5]>()).prop_map(|(rules, prove_ownership, [linked, skip, trust, fail, enabled])| {
        let no_match = if skip { NoMatch::Skip } else { NoMatch::Create };
        ProvisioningSettings {
            enabled,
            linking: linked.then_some(LinkingSettings { rules, no_match, ..LinkingSettings::default() }),
            trust_email: if trust { TrustEmail::All } else { TrustEmail::VerifiedOnly },
            on_failure: if fail { OnFailure::Refuse } else { OnFailure::ContinueUnlinked },
            prove_ownership,
            attribute_sync: AttributeSync::PreserveLocal,
            ..ProvisioningSettings::default()
        }
    })
}

fn methods() -> impl Strategy<Value = AttributeSync> {
    prop_oneof![Just(AttributeSync::OverrideAll), Just(AttributeSync::PreserveLocal), Just(AttributeSync::None)]
}

fn worlds() -> impl Strategy<Value = Facts> {
    let somebody = || proptest::option::weighted(0.3, "[a-c]").prop_map(|id| id.map(|id| user(&format!("u_{id}"))));
    let people = (somebody(), somebody());
    (candidates(), candidates(), any::<bool>(), people).prop_map(|(first, second, taken, (admin, proved))| Facts {
        admins: admin.into_iter().collect(),
        proved,
        taken: if taken { held_by("email", "u_z") } else { std::collections::BTreeMap::new() },
        ..facts_with(vec![first, second])
    })
}

/// The same cases at every run: a red build is about the code, never about luck.
fn same_every_time() -> ProptestConfig {
    ProptestConfig {
        cases: 1024,
        rng_seed: RngSeed::Fixed(0x75_7368_6572),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(same_every_time())]

    #[test]
    fn an_unverified_address_links_only_where_the_admin_says_all(
        identity in identities(), settings in settings(), facts in worlds(),
    ) {
        let outcome = decided(&identity, &settings, &facts).outcome;
        if let Outcome::Link { user, .. } = &outcome {
            let sound = |c: &Candidate| !c.linked_elsewhere && c.account.state == AccountState::Active;
            prop_assert!(facts.candidates.iter().flatten().any(|c| c.account.user == *user && sound(c)));
            prop_assert!(settings.enabled && settings.linking.is_some());
            let proved = facts.proved.as_ref() == Some(user);
            prop_assert!(proved || settings.prove_ownership != OwnershipProof::Always);
            prop_assert!(proved || !facts.admins.contains(user), "administrators are never linked on their own");
            let by_employee = settings.linking.iter().any(|l| l.rules.iter().any(|r| r.federated == "employee"))
                && identity.claims["employee"] == "7";
            if !by_employee && !proved {
                prop_assert!(identity.email_verified || settings.trust_email == TrustEmail::All);
            }
        }
    }

    #[test]
    fn an_account_that_did_not_verify_its_value_is_linked_only_with_a_proof(
        identity in identities(), settings in settings(), facts in worlds(),
    ) {
        if let Outcome::Link { user, .. } = decided(&identity, &settings, &facts).outcome
            && facts.proved.as_ref() != Some(&user)
        {
            let found = |c: &&Candidate| c.account.user == user;
            let stands = |c: &Candidate| {
                let ours = |source: &AttributeSource| matches!(source, AttributeSource::Admin(_) | AttributeSource::Import);
                ours(&c.account.created_by) || c.account.attributes.values().any(|value| value.verified.is_verified())
            };
            prop_assert!(facts.candidates.iter().flatten().filter(found).any(stands));
            let by_address_alone = settings.linking.iter().all(|l| l.rules.iter().all(|r| r.federated == "email"));
            if by_address_alone {
                let email = |c: &Candidate| c.account.attributes[&name("email")].verified.is_verified();
                prop_assert!(facts.candidates.iter().flatten().filter(found).any(email));
            }
        }
    }

    #[test]
    fn a_proof_changes_what_was_asked_and_nothing_else(
        identity in identities(), settings in settings(), facts in worlds(),
    ) {
        let without = Facts { proved: None, ..facts.clone() };
        let asked = decided(&identity, &settings, &without).outcome;
        match &asked {
            Outcome::ProveOwnership { user, .. } => {
                let with = Facts { proved: Some(user.clone()), ..without };
                let outcome = decided(&identity, &settings, &with).outcome;
                let taken = outcome == Outcome::Refuse { code: usher_domain::RefusalCode::ProvisioningRefused };
                prop_assert!(taken || outcome.kind() == OutcomeKind::Link);
                prop_assert!(taken || outcome.user() == Some(user));
            }
            Outcome::SignIn { .. } | Outcome::Create(_) | Outcome::PassThrough { .. } => {
                prop_assert_eq!(&asked, &decided(&identity, &settings, &facts).outcome);
            }
            Outcome::Link { .. } | Outcome::Refuse { .. } => {}
        }
    }

    #[test]
    fn three_equal_sign_ins_are_bit_identical(identity in identities(), method in methods()) {
        let settings = ProvisioningSettings { attribute_sync: method, ..jit() };
        let Outcome::Create(user) = decided(&identity, &settings, &facts()).outcome else { return Ok(()) };
        let mut account = account("u_ann");
        account.attributes = user.attributes;
        for seconds in [60, 120] {
            let facts = Facts { now: at(seconds), ..linked_to(account.clone()) };
            let outcome = decided(&identity, &settings, &facts).outcome;
            let unchanged = matches!(outcome, Outcome::SignIn { update: None, .. });
            prop_assert!(unchanged, "{:?}", outcome);
        }
    }

    #[test]
    fn what_is_at_risk_is_what_can_be_linked(
        identity in identities(), settings in settings(), facts in worlds(), assertive in any::<bool>(),
    ) {
        // Whoever is linked, or asked for a proof, was told of beforehand.
        let facts = Facts { proved: None, taken: std::collections::BTreeMap::new(), ..facts };
        let outcome = decided(&identity, &settings, &facts).outcome;
        let reached = match &outcome {
            Outcome::Link { user, .. } | Outcome::ProveOwnership { user, .. } => Some(user),
            _ => None,
        };
        if let Some(user) = reached {
            let mut connection = acme_connection();
            connection.provisioning = settings;
            let may = |_: &str| assertive || identity.email_verified;
            let schema = schema();
            let ground = Ground { connection: &connection, schema: &schema, may_assert: &may };
            let admin = if facts.admins.contains(user) { AdminAccount::Yes } else { AdminAccount::No };
            let found = facts.candidates.iter().flatten().filter(|c| c.account.user == *user);
            let risks: Vec<_> = found.filter_map(|c| at_risk(c, admin, &ground)).collect();
            prop_assert!(!risks.is_empty(), "{:?}", outcome);
            if outcome.kind() == OutcomeKind::Link {
                prop_assert!(risks.iter().any(|risk| risk.needs.is_none()));
            }
        }
    }

    #[test]
    fn group_changes_touch_only_what_the_connection_feeds(
        sent in proptest::collection::vec("[a-d]", 0..5), rows in proptest::collection::vec(("[a-d]", "[p-s]"), 0..5),
        held in proptest::collection::vec(("[p-s]", 0_u8..3), 0..6), [over, keep, by_name] in any::<[bool; 3]>(),
    ) {
        let mut connection = acme_connection();
        let id = |text: &str| usher_domain::GroupId::parse(format!("g_{text}")).unwrap();
        connection.groups.mapping =
            rows.iter().map(|(external, g)| GroupMapping { external: external.clone(), group: id(g) }).collect();
        connection.provisioning.group_sync = if over { GroupSync::Override } else { GroupSync::Merge };
        connection.groups.no_longer_sent = if keep { NoLongerSent::Kept } else { NoLongerSent::Removed };
        connection.groups.unmapped = if by_name { UnmappedGroups::CreatedByName } else { UnmappedGroups::Ignored };
        let ours = MembershipSource::Connection(acme());
        let source = |n: u8| match n { 0 => ours.clone(), 1 => MembershipSource::Import, _ => MembershipSource::Admin(user("u_root")) };
        let member = |group, source| Membership { group, user: user("u_ann"), source, since: at(0) };
        let mut memberships: Vec<Membership> = held.iter().map(|(g, n)| member(id(g), source(*n))).collect();
        let mut known: Vec<Group> = ["p", "q", "r", "s"].map(|g| Group {
            id: id(g), name: g.to_owned(), description: String::new(), created_at: at(0), revision: 1,
        }).into();
        let sent = identity(json!({ "groups": sent }));
        let changes = decide_groups(&sent, &connection, &known, &memberships, Occasion::Later);
        let fed = |g: &usher_domain::GroupId, all: &[Membership]| all.iter().any(|m| m.group == *g && m.source == ours);
        prop_assert!(changes.remove.iter().all(|g| fed(g, &memberships)));
        prop_assert!(changes.add.iter().all(|g| !fed(g, &memberships)));
        prop_assert!(by_name || changes.create.is_empty());
        prop_assert!(over || !keep || changes.remove.is_empty());
        memberships.retain(|m| m.source != ours || !changes.remove.contains(&m.group));
        memberships.extend(changes.add.into_iter().map(|g| member(g, ours.clone())));
        for name in changes.create {
            known.push(Group { id: id(&name), name: name.clone(), description: String::new(), created_at: at(0), revision: 1 });
            memberships.push(member(id(&name), ours.clone()));
        }
        let again = decide_groups(&sent, &connection, &known, &memberships, Occasion::Later);
        prop_assert!(again.is_empty(), "{:?}", again);
    }

    #[test]
    fn the_order_of_candidates_never_matters(
        identity in identities(), settings in settings(), facts in worlds(), turn in 0_usize..4,
    ) {
        let mut turned = facts.clone();
        for rows in &mut turned.candidates {
            let by = if rows.is_empty() { 0 } else { turn % rows.len() };
            rows.rotate_left(by);
        }
        prop_assert_eq!(decided(&identity, &settings, &facts), decided(&identity, &settings, &turned));
    }

    #[test]
    fn with_jit_off_nothing_is_ever_written(identity in identities(), settings in settings(), facts in worlds()) {
        let settings = ProvisioningSettings { enabled: false, ..settings };
        prop_assert_eq!(decided(&identity, &settings, &facts).outcome.kind(), OutcomeKind::PassThrough);
        let linked = Facts { link: Some(account("u_ann")), ..facts };
        let outcome = decided(&identity, &settings, &linked).outcome;
        let signed_in = matches!(outcome, Outcome::SignIn { update: None, .. });
        prop_assert!(signed_in);
    }

    #[test]
    fn a_link_decides_before_any_rule(identity in identities(), settings in settings(), facts in worlds()) {
        let linked = Facts { link: Some(account("u_ann")), taken: std::collections::BTreeMap::new(), ..facts };
        let outcome = decided(&identity, &settings, &linked).outcome;
        prop_assert_eq!(outcome.user().map(usher_domain::UserId::as_str), Some("u_ann"));
        prop_assert_eq!(outcome.kind(), OutcomeKind::SignIn);
    }

    #[test]
    fn no_explanation_holds_an_address(identity in identities(), settings in settings(), facts in worlds()) {
        let text = serde_json::to_string(&decided(&identity, &settings, &facts).explanation).unwrap();
        prop_assert!(!text.contains("corp.test") && !text.contains("evil.test"), "{}", text);
    }

    #[test]
    fn any_claims_map_without_panic_and_never_to_a_protected_name(
        claims in proptest::collection::hash_map("[a-z_.]{0,12}|sub|status", json_values(), 0..8),
        attributes in proptest::collection::vec("[a-z_]{1,8}|sub|Status|password", 0..6),
    ) {
        let identity = identity(Value::Object(claims.clone().into_iter().collect()));
        let rows: Vec<_> = claims.keys().zip(&attributes).map(|(claim, attribute)| row(claim, attribute)).collect();
        for mapping in [&rows[..], &[]] {
            let mapped = map(&identity, mapping);
            prop_assert!(mapped.values.keys().all(|name| !is_protected(name)));
            let decision = decide(&Presented { identity: &identity, mapped: &mapped }, &jit(), &facts());
            prop_assert!(decision.explanation.lines().iter().all(|line| !line.contains('\n')));
            if let Outcome::Create(user) = decision.outcome {
                prop_assert!(!user.username_candidates.is_empty());
                prop_assert!(user.username_candidates.iter().all(|name| name.as_str() != "admin"));
            }
        }
    }
}

fn json_values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}
