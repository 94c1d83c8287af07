//! Groups: what a sign-in does to the memberships that its connection feeds.
//!
//! Pure, and beside the decision: memberships that an admin, an import or another connection gave are never touched. A
//! provider that says nothing at all changes nothing.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use usher_domain::{
    AttributeSync, Connection, ExternalIdentity, Group, GroupId, GroupSync, Membership, MembershipSource, NoLongerSent,
    UnmappedGroups,
};

use crate::mapping::{claim_at, map, texts};

/// Most groups of one answer.
const MAX_GROUPS: usize = 1000;

/// Which sign-in it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The first one; the account is made.
    Created,
    /// The first one; an existing account is linked.
    Linked,
    /// A later one.
    Later,
}

/// What happened to a group, or why nothing did. Names are those of local groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum GroupNote {
    /// The person joins a group.
    Joined {
        /// Its name.
        group: String,
    },
    /// A group is made, and the person joins it.
    Made {
        /// Its name.
        group: String,
    },
    /// The person leaves a group, as far as this connection is concerned.
    Left {
        /// Its name.
        group: String,
    },
    /// Groups that were sent and that no row maps.
    Unmapped {
        /// How many.
        count: usize,
    },
    /// Groups that were sent and whose names no local group can have.
    Unnameable {
        /// How many.
        count: usize,
    },
    /// A row of the mapping names a group that is gone.
    Gone {
        /// The group.
        group: GroupId,
    },
    /// The provider sent no groups; memberships are kept.
    NotSent,
    /// The provider sent no groups because there are too many of them for its answer; memberships are kept.
    TooManyToSend,
    /// What was sent has a shape or size that names no groups; memberships are kept.
    Unusable,
    /// The method synchronises at the first sign-in only.
    FirstSignInOnly,
}

impl fmt::Display for GroupNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined { group } => write!(f, "Group {group} joined"),
            Self::Made { group } => write!(f, "Group {group} created and joined"),
            Self::Left { group } => write!(f, "Group {group} left: the provider no longer sends it"),
            Self::Unmapped { count } => write!(f, "Groups that no row maps, ignored: {count}"),
            Self::Unnameable { count } => write!(f, "Groups whose names no local group can have, ignored: {count}"),
            Self::Gone { group } => write!(f, "The mapping names group {group}, which does not exist"),
            Self::NotSent => f.write_str("Groups kept: the provider sent none"),
            Self::TooManyToSend => f.write_str("Groups kept: the provider says that there are too many to send"),
            Self::Unusable => f.write_str("Groups kept: what was received is unusable"),
            Self::FirstSignInOnly => f.write_str("Groups kept: they are synchronised at the first sign-in only"),
        }
    }
}

/// What a sign-in does to memberships; all of it with the connection as source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupChanges {
    /// Groups to join.
    pub add: Vec<GroupId>,
    /// Names of groups to make and to join.
    pub create: Vec<String>,
    /// Groups to leave.
    pub remove: Vec<GroupId>,
    /// What happened, for the explanation.
    pub notes: Vec<GroupNote>,
}

impl GroupChanges {
    /// Whether nothing is to be written.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.create.is_empty() && self.remove.is_empty()
    }

    /// One line per note.
    pub fn lines(&self) -> Vec<String> {
        self.notes.iter().map(ToString::to_string).collect()
    }

    fn only(note: GroupNote) -> Self {
        Self { notes: vec![note], ..Self::default() }
    }
}

/// Decides which memberships a sign-in changes. `memberships` are those of the person, whoever gave them.
pub fn decide_groups(
    identity: &ExternalIdentity,
    connection: &Connection,
    known: &[Group],
    memberships: &[Membership],
    occasion: Occasion,
) -> GroupChanges {
    let provisioning = &connection.provisioning;
    let fed = fed_by(connection, memberships);
    if !provisioning.enabled || (!feeds_groups(connection) && fed.is_empty()) {
        return GroupChanges::default();
    }
    if provisioning.attribute_sync == AttributeSync::None && occasion == Occasion::Later {
        return GroupChanges::only(GroupNote::FirstSignInOnly);
    }
    let sent = match sent(identity, connection) {
        Sent::Groups(sent) => sent,
        // Under "override" an answer without groups is an answer of no groups, unless it says nothing at all.
        Sent::Nothing if provisioning.group_sync == GroupSync::Override && speaks(identity, connection) => {
            BTreeSet::new()
        }
        Sent::Nothing => return GroupChanges::only(GroupNote::NotSent),
        Sent::TooMany => return GroupChanges::only(GroupNote::TooManyToSend),
        Sent::Unusable => return GroupChanges::only(GroupNote::Unusable),
    };
    let mut changes = GroupChanges::default();
    let targets = targets(&sent, connection, known, &mut changes.notes);
    for group in known.iter().filter(|group| targets.groups.contains(&group.id) && !fed.contains(&&group.id)) {
        changes.add.push(group.id.clone());
        changes.notes.push(GroupNote::Joined { group: group.name.clone() });
    }
    for name in targets.missing {
        changes.notes.push(GroupNote::Made { group: name.clone() });
        changes.create.push(name);
    }
    let leaves =
        provisioning.group_sync == GroupSync::Override || connection.groups.no_longer_sent == NoLongerSent::Removed;
    if leaves {
        for group in fed.into_iter().filter(|group| !targets.groups.contains(*group)) {
            let name = known.iter().find(|known| known.id == *group).map(|known| known.name.clone());
            changes.notes.push(GroupNote::Left { group: name.unwrap_or_else(|| group.to_string()) });
            changes.remove.push(group.clone());
        }
    }
    changes
}

/// The names of the local groups that an identity stands for, for a person without a local account. None is made.
pub fn names_of(identity: &ExternalIdentity, connection: &Connection, known: &[Group]) -> Vec<String> {
    let Sent::Groups(sent) = sent(identity, connection) else { return Vec::new() };
    let targets = targets(&sent, connection, known, &mut Vec::new());
    known.iter().filter(|group| targets.groups.contains(&group.id)).map(|group| group.name.clone()).collect()
}

/// Whether the connection is set to feed groups at all.
fn feeds_groups(connection: &Connection) -> bool {
    !connection.groups.mapping.is_empty() || connection.groups.unmapped == UnmappedGroups::CreatedByName
}

fn speaks(identity: &ExternalIdentity, connection: &Connection) -> bool {
    !map(identity, &connection.mapping).is_silent()
}

/// Groups that the person is in because of this connection.
fn fed_by<'a>(connection: &Connection, memberships: &'a [Membership]) -> BTreeSet<&'a GroupId> {
    let source = MembershipSource::Connection(connection.id.clone());
    memberships.iter().filter(|membership| membership.source == source).map(|membership| &membership.group).collect()
}

/// What the provider said about groups.
enum Sent {
    /// Nothing.
    Nothing,
    /// That they do not fit into its answer (Microsoft's overage claim).
    TooMany,
    /// Something that names no groups.
    Unusable,
    /// These, byte for byte; perhaps none.
    Groups(BTreeSet<String>),
}

fn sent(identity: &ExternalIdentity, connection: &Connection) -> Sent {
    let settings = &connection.groups;
    let Some(value) = claim_at(&identity.claims, &settings.claim) else {
        let names = identity.claims.get("_claim_names").and_then(serde_json::Value::as_object);
        let overage = names.is_some_and(|names| names.contains_key(&settings.claim))
            || identity.claims.get("hasgroups").is_some_and(|value| value == &serde_json::Value::Bool(true));
        return if overage { Sent::TooMany } else { Sent::Nothing };
    };
    let values = match texts(value, MAX_GROUPS) {
        Ok(Some(values)) => values,
        Ok(None) => return Sent::Nothing,
        Err(_) => return Sent::Unusable,
    };
    let groups: BTreeSet<String> = match settings.separator.as_deref().filter(|separator| !separator.is_empty()) {
        None => values.into_iter().collect(),
        Some(separator) => {
            let parts = values.iter().flat_map(|text| text.split(separator)).map(str::trim);
            parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
        }
    };
    if groups.len() > MAX_GROUPS { Sent::Unusable } else { Sent::Groups(groups) }
}

/// The local groups that the external ones stand for.
#[derive(Default)]
struct Targets {
    groups: BTreeSet<GroupId>,
    /// Names of groups that do not exist yet.
    missing: BTreeSet<String>,
}

fn targets(sent: &BTreeSet<String>, connection: &Connection, known: &[Group], notes: &mut Vec<GroupNote>) -> Targets {
    let settings = &connection.groups;
    let mut targets = Targets::default();
    let (mut unmapped, mut unnameable) = (0_usize, 0_usize);
    for external in sent {
        let mut rows = settings.mapping.iter().filter(|row| row.external == *external).peekable();
        if rows.peek().is_none() {
            match settings.unmapped {
                UnmappedGroups::Ignored => unmapped = unmapped.saturating_add(1),
                UnmappedGroups::CreatedByName => match known.iter().find(|group| group.name == *external) {
                    Some(group) => {
                        targets.groups.insert(group.id.clone());
                    }
                    None if Group::name(external).is_ok_and(|name| name == *external) => {
                        targets.missing.insert(external.clone());
                    }
                    None => unnameable = unnameable.saturating_add(1),
                },
            }
        }
        for row in rows {
            if known.iter().any(|group| group.id == row.group) {
                targets.groups.insert(row.group.clone());
            } else {
                notes.push(GroupNote::Gone { group: row.group.clone() });
            }
        }
    }
    if unmapped > 0 {
        notes.push(GroupNote::Unmapped { count: unmapped });
    }
    if unnameable > 0 {
        notes.push(GroupNote::Unnameable { count: unnameable });
    }
    targets
}
