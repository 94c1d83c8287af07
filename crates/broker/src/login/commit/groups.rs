//! The memberships that a connection feeds, in the transaction of the sign-in.

use serde_json::json;
use usher_domain::{Group, GroupId, Membership, MembershipSource, TraceStage, UserId};
use usher_provisioning::groups::{GroupChanges, Occasion, decide_groups};
use usher_storage::{Tx, audit, config, groups, memberships};

use super::account::event;
use super::{FinishPlan, NotCommitted};
use crate::failure::Fault;
use crate::login::evidence::DecisionContext;
use crate::tracing_events::note;

/// Decides the changes; none where nothing may be written.
pub(super) async fn decide(
    tx: &mut Tx,
    context: &DecisionContext,
    user: Option<&UserId>,
    occasion: Option<Occasion>,
) -> Result<Option<GroupChanges>, Fault> {
    let Some(occasion) = occasion else { return Ok(None) };
    let held = match user {
        Some(user) => memberships::list_by_user(tx, user).await?,
        None => Vec::new(),
    };
    Ok(Some(decide_groups(&context.identity, &context.connection, &context.groups, &held, occasion)))
}

/// Carries the changes out. A new group changes the configuration.
pub(super) async fn apply(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    context: &DecisionContext,
    (user, changes): (&UserId, GroupChanges),
) -> Result<(), NotCommitted> {
    if changes.is_empty() {
        return Ok(());
    }
    let source = MembershipSource::Connection(context.connection.id.clone());
    for group in &changes.remove {
        memberships::delete(tx, group, user, &source).await?;
    }
    let mut joined = changes.add.clone();
    for name in &changes.create {
        joined.push(made(tx, plan, name).await?);
    }
    for group in joined {
        let membership = Membership { group, user: user.clone(), source: source.clone(), since: plan.now };
        memberships::insert(tx, &membership).await?;
    }
    if !changes.create.is_empty() {
        config::bump(tx).await?;
        plan.configuration_moved = true;
    }
    let mut event = event(plan, "user.groups_changed", user);
    event.detail = json!({ "connection": context.connection.id, "joined": changes.add, "created": changes.create,
        "left": changes.remove });
    audit::insert(tx, &event).await?;
    for line in changes.lines() {
        note(&mut plan.trace, plan.now, TraceStage::Decision, line);
    }
    Ok(())
}

async fn made(tx: &mut Tx, plan: &FinishPlan, name: &str) -> Result<GroupId, Fault> {
    let group = Group {
        id: GroupId::random(&*plan.entropy),
        name: name.to_owned(),
        description: String::new(),
        created_at: plan.now,
        revision: 1,
    };
    if groups::insert(tx, &group).await? {
        return Ok(group.id);
    }
    let known = groups::get_by_name(tx, name).await?;
    Ok(known.ok_or(Fault::Invariant("a taken group name belongs to a group"))?.id)
}
