//! Deleting a connection: refused while applications name it; what becomes of its people is said by the admin.

use usher_domain::{AccountState, AttributeSource, AuditEvent, ConnectionId, LinkId, Role, UserId};
use usher_storage::{Tx, audit, connections, grants, links, memberships, recordings, roles, sessions, users};

use super::super::{Admin, NotDone, change_configuration, deed};
use super::object;
use crate::bootstrap::mark_deleted;
use crate::broker::Broker;
use crate::visitor::Visitor;

/// Links read at a time.
const CHUNK: u32 = 500;

/// What becomes of the accounts that the connection made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Afterwards {
    /// They stay as they are.
    #[default]
    Keep,
    /// They are disabled and signed out. Admins and accounts that somebody else made stay.
    Disable,
}

/// Deletes a connection with its links, its recordings and the memberships it fed.
pub async fn delete(
    broker: &Broker,
    admin: &Admin,
    (id, afterwards): (&ConnectionId, Afterwards),
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let used: Vec<String> = broker
        .snapshot()
        .applications
        .values()
        .filter(|a| a.connections.as_ref().is_some_and(|list| list.contains(id)))
        .map(|a| a.name.clone())
        .collect();
    if !used.is_empty() {
        return Err(NotDone::Forbidden(format!("these applications use it: {}", used.join(", "))));
    }
    if !super::super::flows::naming(broker, id).is_empty() {
        return Err(NotDone::Forbidden("sign-in flows offer it: take it out of their steps first".to_owned()));
    }
    let event = deed(broker, admin, visitor, "connection.deleted", object(id));
    let per_user = deed(broker, admin, visitor, "user.disabled", String::new());
    let id = id.clone();
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            if afterwards == Afterwards::Disable {
                disable_its_users(tx, &id, &per_user).await?;
            }
            if !connections::delete(tx, &id).await? {
                return Err(NotDone::Gone);
            }
            links::delete_by_connection(tx, &id).await?;
            memberships::delete_by_connection(tx, &id).await?;
            recordings::delete_by_connection(tx, &id).await?;
            mark_deleted(tx, "connection", id.as_str()).await?;
            Ok(())
        })
    })
    .await
}

async fn disable_its_users(tx: &mut Tx, id: &ConnectionId, event: &AuditEvent) -> Result<(), NotDone> {
    let mut after: Option<LinkId> = None;
    loop {
        let page = links::list_by_connection(tx, id, after.as_ref(), CHUNK).await?;
        for link in &page {
            disable(tx, &link.user, id, event).await?;
        }
        match page.last() {
            Some(last) if page.len() >= CHUNK as usize => after = Some(last.id.clone()),
            _ => return Ok(()),
        }
    }
}

async fn disable(tx: &mut Tx, id: &UserId, connection: &ConnectionId, event: &AuditEvent) -> Result<(), NotDone> {
    let Some(user) = users::get(tx, id).await? else { return Ok(()) };
    let own = user.created_by == AttributeSource::Connection(connection.clone());
    if !own || user.state == AccountState::Disabled || roles::list(tx, id).await?.contains(&Role::Owner) {
        return Ok(());
    }
    sessions::delete_by_user(tx, id).await?;
    grants::revoke_by_user(tx, id, event.at).await?;
    users::set_state(tx, id, user.revision, AccountState::Disabled).await?.ok_or(NotDone::Stale)?;
    let event = AuditEvent { object: crate::audit::user_object(id), ..event.clone() };
    audit::insert(tx, &event).await?;
    Ok(())
}
