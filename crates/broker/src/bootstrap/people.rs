//! Attributes, groups and memberships of a bootstrap file, and what connections say about them.

use chrono::{DateTime, Utc};
use usher_domain::{
    AttributeDefinition, AttributeSchema, Connection, Entropy, Group, GroupId, GroupMapping, LocalAttribute,
    Membership, MembershipSource, Uniqueness,
};
use usher_storage::{Tx, attribute_definitions, groups, memberships, users};

use super::{BootstrapError, BootstrapFailure, PlannedConnection, PlannedGroup, is_deleted};

/// Makes the attributes that nobody defined yet; returns how many.
pub async fn make_attributes(tx: &mut Tx, planned: &[AttributeDefinition]) -> Result<usize, BootstrapFailure> {
    let known = attribute_definitions::list(tx).await?;
    let mut made = 0;
    for definition in planned {
        let name = &definition.name;
        if known.iter().any(|known| known.name == *name) || is_deleted(tx, "attribute", name.as_str()).await? {
            continue;
        }
        // Marking an attribute unique first lists the clashes; the console has the page for it.
        if definition.uniqueness == Uniqueness::Unique && !users::values_of(tx, name, None, 1).await?.is_empty() {
            let fault = "accounts hold values of it already: mark it unique in the console";
            return Err(BootstrapError::at(&format!("attribute {name}"), fault).into());
        }
        attribute_definitions::put(tx, definition).await?;
        made += 1;
    }
    Ok(made)
}

/// Makes the groups that are not there yet; their members are for [`fill_groups`], when everybody exists.
pub async fn make_groups(
    tx: &mut Tx,
    planned: &[PlannedGroup],
    entropy: &dyn Entropy,
    now: DateTime<Utc>,
) -> Result<Vec<GroupId>, BootstrapFailure> {
    let mut made = Vec::new();
    for PlannedGroup { name, description, .. } in planned {
        if is_deleted(tx, "group", name).await? || groups::get_by_name(tx, name).await?.is_some() {
            continue;
        }
        let id = GroupId::random(entropy);
        let (name, description) = (name.clone(), description.clone());
        groups::insert(tx, &Group { id: id.clone(), name, description, created_at: now, revision: 1 }).await?;
        made.push(id);
    }
    Ok(made)
}

/// Puts the members into the groups that were made just now.
pub async fn fill_groups(
    tx: &mut Tx,
    planned: &[PlannedGroup],
    made: &[GroupId],
    now: DateTime<Utc>,
) -> Result<(), BootstrapFailure> {
    for PlannedGroup { name, members, .. } in planned {
        let Some(group) = groups::get_by_name(tx, name).await?.filter(|group| made.contains(&group.id)) else {
            continue;
        };
        for member in members {
            let Some(user) = users::get_by_username(tx, member).await? else {
                return Err(BootstrapError::at(&format!("group {name}"), format!("no user {member}")).into());
            };
            let membership =
                Membership { group: group.id.clone(), user: user.id, source: MembershipSource::Import, since: now };
            memberships::insert(tx, &membership).await?;
        }
    }
    Ok(())
}

/// A connection as it is stored: its groups by id, its rules on unique attributes.
pub async fn settled(tx: &mut Tx, planned: &PlannedConnection) -> Result<Connection, BootstrapFailure> {
    let mut connection = planned.connection.clone();
    let at = |fault: String| BootstrapError::at(&format!("connection {}", planned.connection.id), fault);
    let schema = AttributeSchema::with(attribute_definitions::list(tx).await?);
    let rules = connection.provisioning.linking.iter().flat_map(|linking| &linking.rules);
    for rule in rules {
        if let LocalAttribute::Attribute(name) = &rule.local
            && !schema.is_unique(name)
        {
            return Err(at(format!("a linking rule compares {name}, which is not unique")).into());
        }
    }
    for (external, name) in &planned.group_names {
        let Some(group) = groups::get_by_name(tx, name).await? else {
            return Err(at(format!("no group {name}")).into());
        };
        connection.groups.mapping.push(GroupMapping { external: external.clone(), group: group.id });
    }
    Ok(connection)
}
