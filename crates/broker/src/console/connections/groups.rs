//! The tab Groups: which claim names a person's groups, and which local groups they become.

use std::collections::BTreeMap;

use usher_domain::{Connection, Group, GroupId, GroupMapping, GroupSettings, GroupSync, NoLongerSent, UnmappedGroups};

use super::super::NotDone;

/// Longest name of an external group.
const LONGEST: usize = 512;

/// One row as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypedGroup {
    /// The provider's group.
    pub external: String,
    /// Id of the local one.
    pub group: String,
}

/// What the tab Groups holds.
#[derive(Debug, Clone)]
pub struct GroupsChange {
    /// The claim.
    pub claim: String,
    /// Splits one text; empty: one text is one group.
    pub separator: String,
    /// The rows.
    pub rows: Vec<TypedGroup>,
    /// What becomes of groups that no row maps.
    pub unmapped: UnmappedGroups,
    /// What becomes of memberships that are not sent any more.
    pub no_longer_sent: NoLongerSent,
    /// Merge or override.
    pub sync: GroupSync,
}

pub(super) fn apply(
    connection: &mut Connection,
    typed: &GroupsChange,
    known: &BTreeMap<GroupId, Group>,
) -> Result<(), NotDone> {
    let claim = typed.claim.trim();
    if claim.is_empty() || claim.chars().count() > 256 || claim.chars().any(char::is_control) {
        return Err(NotDone::field("group_claim", "Enter the attribute that names the groups, for example groups"));
    }
    // A blank is a separator too, so nothing is trimmed here.
    let separator = typed.separator.as_str();
    if separator.chars().count() > 8 || separator.chars().any(char::is_control) {
        return Err(NotDone::field("group_separator", "A separator has at most 8 characters"));
    }
    connection.groups = GroupSettings {
        claim: claim.to_owned(),
        separator: (!separator.is_empty()).then(|| separator.to_owned()),
        mapping: mapping(&typed.rows, known)?,
        unmapped: typed.unmapped,
        no_longer_sent: typed.no_longer_sent,
    };
    connection.provisioning.group_sync = typed.sync;
    Ok(())
}

fn mapping(rows: &[TypedGroup], known: &BTreeMap<GroupId, Group>) -> Result<Vec<GroupMapping>, NotDone> {
    let mut mapping: Vec<GroupMapping> = Vec::new();
    for row in rows {
        let external = row.external.trim();
        match (external.is_empty(), row.group.is_empty()) {
            (true, true) => {}
            (false, false) if external.chars().count() > LONGEST || external.chars().any(char::is_control) => {
                return Err(NotDone::field("group_mapping", "A group's name has at most 512 characters"));
            }
            (false, false) => {
                let group = GroupId::parse(row.group.as_str()).map_err(|e| NotDone::field("group_mapping", e))?;
                if !known.contains_key(&group) {
                    return Err(NotDone::field("group_mapping", format!("The local group of {external} is gone")));
                }
                let row = GroupMapping { external: external.to_owned(), group };
                if mapping.contains(&row) {
                    return Err(NotDone::field("group_mapping", format!("{external} is mapped twice: keep one row")));
                }
                mapping.push(row);
            }
            _ => return Err(NotDone::field("group_mapping", "Fill both sides of a row, or neither")),
        }
    }
    Ok(mapping)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(id: &str) -> Group {
        Group {
            id: GroupId::parse(id).unwrap(),
            name: id.to_owned(),
            description: String::new(),
            created_at: chrono::DateTime::UNIX_EPOCH,
            revision: 1,
        }
    }

    #[test]
    fn one_external_group_may_feed_several_and_rows_are_whole() {
        let row = |external: &str, group: &str| TypedGroup { external: external.into(), group: group.into() };
        let known: BTreeMap<_, _> = ["g_1", "g_2"].map(group).map(|group| (group.id.clone(), group)).into();
        assert_eq!(mapping(&[row("Staff", "g_1"), row("Staff", "g_2"), row("", "")], &known).unwrap().len(), 2);
        let twice = vec![row("Staff", "g_1"), row("Staff", "g_1")];
        for rows in [vec![row("Staff", "")], vec![row("", "g_1")], twice, vec![row("Staff", "g_3")]] {
            assert!(matches!(mapping(&rows, &known), Err(NotDone::Field { field: "group_mapping", .. })), "{rows:?}");
        }
    }
}
