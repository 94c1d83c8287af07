//! Groups: merge, override and none, and that nothing is touched which the connection does not feed.

use serde_json::{Value, json};
use usher_domain::{
    AttributeSync, Connection, Group, GroupId, GroupMapping, GroupSync, Membership, MembershipSource, NoLongerSent,
    UnmappedGroups,
};

use super::builders::*;
use crate::groups::{GroupChanges, GroupNote, Occasion, decide_groups, names_of};

fn id(text: &str) -> GroupId {
    GroupId::parse(text).unwrap()
}

fn group(text: &str, name: &str) -> Group {
    Group { id: id(text), name: name.to_owned(), description: String::new(), created_at: at(0), revision: 1 }
}

fn known() -> Vec<Group> {
    vec![group("g_staff", "Staff"), group("g_eng", "Engineers"), group("g_all", "Everybody")]
}

/// `staff` feeds Staff, `eng` feeds Engineers and Everybody.
fn connection() -> Connection {
    let row = |external: &str, group: &str| GroupMapping { external: external.to_owned(), group: id(group) };
    let mut connection = acme_connection();
    connection.groups.mapping = vec![row("staff", "g_staff"), row("eng", "g_eng"), row("eng", "g_all")];
    connection
}

fn with(change: impl FnOnce(&mut Connection)) -> Connection {
    let mut connection = connection();
    change(&mut connection);
    connection
}

fn member(group: &str, source: MembershipSource) -> Membership {
    Membership { group: id(group), user: user("u_ann"), source, since: at(0) }
}

fn fed(group: &str) -> Membership {
    member(group, MembershipSource::Connection(acme()))
}

fn run(connection: &Connection, claims: Value, held: &[Membership], occasion: Occasion) -> GroupChanges {
    decide_groups(&identity(claims), connection, &known(), held, occasion)
}

fn later(connection: &Connection, claims: Value, held: &[Membership]) -> GroupChanges {
    run(connection, claims, held, Occasion::Later)
}

#[test]
fn external_groups_become_local_ones_by_the_mapping() {
    let changes = run(&connection(), json!({"groups": ["staff", "eng", "other"]}), &[], Occasion::Created);
    assert_eq!(changes.add, [id("g_staff"), id("g_eng"), id("g_all")], "one external group may feed several");
    assert_eq!((changes.create.len(), changes.remove.len()), (0, 0));
    assert_eq!(
        changes.lines(),
        [
            "Groups that no row maps, ignored: 1",
            "Group Staff joined",
            "Group Engineers joined",
            "Group Everybody joined"
        ]
    );
    let byte_for_byte = later(&connection(), json!({"groups": ["Staff", " staff", "staff "]}), &[]);
    assert_eq!(byte_for_byte.add, [], "byte for byte");
}

/// What a later sign-in does to somebody whom the connection put into Staff.
#[test]
fn the_table_of_group_synchronisation() {
    use GroupSync::{Merge, Override};
    use NoLongerSent::{Kept, Removed};
    let (staff, eng) = (vec![id("g_staff")], vec![id("g_eng"), id("g_all")]);
    for (situation, sync, no_longer_sent, sent, add, remove) in [
        ("merge, sent again", Merge, Removed, json!({"groups": ["staff"]}), vec![], vec![]),
        ("merge, others sent", Merge, Removed, json!({"groups": ["eng"]}), eng.clone(), staff.clone()),
        ("merge keeping, others sent", Merge, Kept, json!({"groups": ["eng"]}), eng.clone(), vec![]),
        ("merge, empty", Merge, Removed, json!({"groups": []}), vec![], staff.clone()),
        ("merge keeping, empty", Merge, Kept, json!({"groups": []}), vec![], vec![]),
        ("merge, absent", Merge, Removed, json!({"name": "Ann"}), vec![], vec![]),
        ("override, sent again", Override, Kept, json!({"groups": ["staff"]}), vec![], vec![]),
        ("override, others sent", Override, Kept, json!({"groups": ["eng"]}), eng.clone(), staff.clone()),
        ("override, empty", Override, Kept, json!({"groups": []}), vec![], staff.clone()),
        ("override, absent", Override, Kept, json!({"name": "Ann"}), vec![], staff.clone()),
        ("override, null", Override, Kept, json!({"name": "Ann", "groups": null}), vec![], staff.clone()),
        ("override, nothing received at all", Override, Kept, json!({}), vec![], vec![]),
        ("override, nothing mapped received", Override, Kept, json!({"other": 1}), vec![], vec![]),
        ("override, wrong type", Override, Kept, json!({"name": "Ann", "groups": {"a": 1}}), vec![], vec![]),
        ("override, nested list", Override, Kept, json!({"name": "Ann", "groups": [["eng"]]}), vec![], vec![]),
    ] {
        let connection = with(|connection| {
            connection.provisioning.group_sync = sync;
            connection.groups.no_longer_sent = no_longer_sent;
        });
        let changes = later(&connection, sent, &[fed("g_staff")]);
        assert_eq!((changes.add, changes.remove), (add, remove), "{situation}");
    }
}

#[test]
fn with_method_none_groups_follow_the_first_sign_in_only() {
    let none = with(|connection| connection.provisioning.attribute_sync = AttributeSync::None);
    for (occasion, joins) in [(Occasion::Created, true), (Occasion::Linked, true), (Occasion::Later, false)] {
        let changes = run(&none, json!({"groups": ["staff"]}), &[], occasion);
        assert_eq!(!changes.is_empty(), joins, "{occasion:?}");
    }
    let kept = later(&none, json!({"groups": []}), &[fed("g_staff")]);
    assert_eq!((kept.is_empty(), kept.notes), (true, vec![GroupNote::FirstSignInOnly]));
}

#[test]
fn with_jit_off_groups_stay_as_they_are() {
    let off = with(|connection| connection.provisioning.enabled = false);
    let kept = later(&off, json!({"groups": ["eng"]}), &[fed("g_staff")]);
    assert_eq!(kept, GroupChanges::default());
}

#[test]
fn memberships_from_elsewhere_are_never_touched() {
    let others = [
        member("g_staff", MembershipSource::Admin(user("u_root"))),
        member("g_staff", MembershipSource::Import),
        member("g_eng", MembershipSource::Connection(usher_domain::ConnectionId::parse("other").unwrap())),
    ];
    let equal = with(|connection| connection.provisioning.group_sync = GroupSync::Override);
    assert_eq!(later(&equal, json!({"groups": []}), &[fed("g_staff")]).remove, [id("g_staff")], "its own is removed");
    assert!(later(&equal, json!({"groups": []}), &others).is_empty());
    let joined = later(&equal, json!({"groups": ["staff"]}), &others);
    assert_eq!(joined.add, [id("g_staff")], "a reason of its own beside the admin's");
}

#[test]
fn groups_are_created_by_name_only_where_the_admin_says_so() {
    let by_name = with(|connection| connection.groups.unmapped = UnmappedGroups::CreatedByName);
    let sent = json!({"groups": ["Everybody", "Sales", "staff", "Sales", " blank", "a\tb"]});
    let changes = later(&by_name, sent.clone(), &[]);
    assert_eq!(changes.add, [id("g_staff"), id("g_all")], "a row goes before a name");
    assert_eq!(changes.create, ["Sales"], "once");
    assert!(changes.notes.contains(&GroupNote::Unnameable { count: 2 }), "{:?}", changes.notes);
    assert!(changes.lines().iter().any(|line| line == "Group Sales created and joined"));
    let ignored = later(&connection(), sent, &[]);
    assert_eq!((ignored.create.len(), ignored.add), (0, vec![id("g_staff")]));
}

#[test]
fn one_text_is_one_group_unless_a_separator_is_set() {
    let whole = later(&connection(), json!({"groups": "staff,eng"}), &[]);
    assert!(whole.is_empty(), "{whole:?}");
    let split = with(|connection| connection.groups.separator = Some(",".to_owned()));
    let changes = later(&split, json!({"groups": "staff, eng,,"}), &[]);
    assert_eq!(changes.add, [id("g_staff"), id("g_eng"), id("g_all")]);
    let empty = with(|connection| connection.groups.separator = Some(String::new()));
    assert!(later(&empty, json!({"groups": "staff,eng"}), &[]).is_empty(), "an empty separator splits nothing");
}

#[test]
fn the_claim_may_be_a_path() {
    let nested = with(|connection| connection.groups.claim = "realm_access.roles".to_owned());
    let changes = later(&nested, json!({"realm_access": {"roles": ["staff"]}, "groups": ["eng"]}), &[]);
    assert_eq!(changes.add, [id("g_staff")]);
}

#[test]
fn groups_that_do_not_fit_into_the_answer_are_kept() {
    let equal = with(|connection| connection.provisioning.group_sync = GroupSync::Override);
    for overage in
        [json!({"name": "Ann", "_claim_names": {"groups": "src1"}}), json!({"name": "Ann", "hasgroups": true})]
    {
        let changes = later(&equal, overage, &[fed("g_staff")]);
        assert_eq!((changes.is_empty(), changes.notes), (true, vec![GroupNote::TooManyToSend]));
    }
    let many: Vec<String> = (0..=1000).map(|n| format!("g{n}")).collect();
    let changes = later(&equal, json!({"name": "Ann", "groups": many}), &[fed("g_staff")]);
    assert_eq!((changes.is_empty(), changes.notes), (true, vec![GroupNote::Unusable]));
    assert_eq!(later(&equal, json!({"groups": many[..1000]}), &[fed("g_staff")]).remove, [id("g_staff")]);
}

#[test]
fn a_row_whose_group_is_gone_feeds_nothing_and_says_so() {
    let changes = decide_groups(
        &identity(json!({"groups": ["staff", "eng"]})),
        &connection(),
        &[group("g_staff", "Staff"), group("g_all", "Everybody")],
        &[],
        Occasion::Created,
    );
    assert_eq!(changes.add, [id("g_staff"), id("g_all")]);
    assert!(changes.notes.contains(&GroupNote::Gone { group: id("g_eng") }));
}

#[test]
fn a_connection_without_rows_says_nothing_and_takes_back_what_it_fed() {
    let empty = acme_connection();
    assert_eq!(later(&empty, json!({"groups": ["staff"]}), &[]), GroupChanges::default());
    assert_eq!(later(&empty, json!({"groups": ["staff"]}), &[fed("g_staff")]).remove, [id("g_staff")]);
}

#[test]
fn people_without_an_account_are_told_of_by_the_same_mapping() {
    let names = |connection: &Connection, claims| names_of(&identity(claims), connection, &known());
    assert_eq!(names(&connection(), json!({"groups": ["eng", "Sales"]})), ["Engineers", "Everybody"]);
    let by_name = with(|connection| connection.groups.unmapped = UnmappedGroups::CreatedByName);
    assert_eq!(names(&by_name, json!({"groups": ["Staff", "Sales"]})), ["Staff"], "none is made");
    assert_eq!(names(&connection(), json!({})), Vec::<String>::new());
}

#[test]
fn the_explanation_takes_the_groups_in() {
    let mut explanation = decided(&ann(), &jit(), &facts()).explanation;
    let before = explanation.lines().len();
    explanation.add_groups(&later(&connection(), json!({"groups": ["staff"]}), &[]));
    assert_eq!(explanation.lines()[before..], ["Group Staff joined"]);
    let stored = serde_json::to_string(&explanation).unwrap();
    assert_eq!(serde_json::from_str::<crate::Explanation>(&stored).unwrap(), explanation);
}
