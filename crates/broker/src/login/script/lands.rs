//! Writes of a script, in the last transaction of its sign-in and about its person only: attributes, groups, mail.

use serde_json::{Value, json};
use usher_domain::{
    AttributeName, AttributeSchema, AttributeSource, AttributeValue, AuditActor, AuditEvent, Mail, MailContent,
    Membership, MembershipSource, TraceStage, User, UserId, Verification,
};
use usher_flow_script::may_be_written;
use usher_storage::{Tx, attribute_definitions, audit, groups, memberships, users};

use super::effects::refused;
use super::letters::Letter;
use super::record::line;
use super::shared::{ROLES, setting};
use crate::audit::{event, user_object};
use crate::failure::Fault;
use crate::login::commit::{FinishPlan, NotCommitted};
use crate::mail::{language, queue, verified_address};
use crate::tracing_events::note;

/// Longest value and most values of an attribute that a script writes.
const VALUE: usize = 1_000;
const VALUES: usize = 20;

/// Into a group, or out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Towards {
    In,
    Out,
}

async fn account(tx: &mut Tx, id: &UserId) -> Result<User, NotCommitted> {
    Ok(users::get(tx, id).await?.ok_or(Fault::Invariant("the account of a sign-in exists"))?)
}

fn deed(plan: &FinishPlan, action: &str, user: &UserId) -> AuditEvent {
    let mut event = event(&plan.visitor, plan.now, action, AuditActor::System);
    event.object = user_object(user);
    event.correlation = Some(plan.trace.correlation.clone());
    event
}

/// Writes attributes of the schema that are neither protected nor unique, and never the address.
pub(super) async fn attributes(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    id: &UserId,
    wanted: Vec<(String, Value)>,
) -> Result<(), NotCommitted> {
    if wanted.is_empty() {
        return Ok(());
    }
    let schema = AttributeSchema::with(attribute_definitions::list(tx).await?);
    let user = account(tx, id).await?;
    let mut after = user.clone();
    let mut names = Vec::new();
    for (name, value) in wanted {
        match open(&schema, &name) {
            Some(attribute) => {
                put(&mut after, attribute, &value, plan);
                names.push(name);
            }
            None => refused(plan, &format!("the attribute {} is not a script's to write", line(&name))),
        }
    }
    if same(&user, &after) {
        return Ok(());
    }
    if users::update_attributes(tx, id, user.revision, &after.attributes).await?.is_none() {
        return Err(NotCommitted::RaceLost);
    }
    let mut event = deed(plan, "user.updated", id);
    event.detail = json!({ "attributes": names, "by": "script" });
    audit::insert(tx, &event).await?;
    note(&mut plan.trace, plan.now, TraceStage::Script, format!("account updated by the script: {}", names.join(", ")));
    Ok(())
}

/// The attribute of this name, if scripts may write it.
fn open(schema: &AttributeSchema, name: &str) -> Option<AttributeName> {
    let known = AttributeName::parse(name).ok().filter(|name| schema.get(name).is_some())?;
    let open = may_be_written(known.as_str())
        && !schema.is_protected(&known)
        && !schema.is_unique(&known)
        && known != AttributeName::email();
    open.then_some(known)
}

fn put(user: &mut User, name: AttributeName, value: &Value, plan: &FinishPlan) {
    let values: Vec<String> = match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().take(VALUES).map(text).collect(),
        one => vec![text(one)],
    };
    if values.is_empty() {
        user.attributes.remove(&name);
        return;
    }
    // What stands there already keeps its source: a script that repeats it takes nothing over.
    if user.attributes.get(&name).is_none_or(|held| held.values != values) {
        let (source, verified) = (AttributeSource::Script, Verification::Unverified);
        user.attributes.insert(name, AttributeValue { values, source, verified, at: plan.now });
    }
}

fn same(before: &User, after: &User) -> bool {
    before.attributes == after.attributes
}

fn text(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.chars().filter(|c| !c.is_control()).take(VALUE).collect()
}

/// Puts the person into groups that are on the list, and takes out of them what a script put there. Never a right in the
/// console: those are no groups.
pub(super) async fn roles(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    id: &UserId,
    wanted: Vec<(String, Towards)>,
) -> Result<(), NotCommitted> {
    if wanted.is_empty() {
        return Ok(());
    }
    let listed: Vec<String> = setting(tx, ROLES).await?;
    let (mut joined, mut left) = (Vec::new(), Vec::new());
    for (name, towards) in wanted {
        let group = if listed.contains(&name) { groups::get_by_name(tx, &name).await? } else { None };
        let Some(group) = group else {
            refused(plan, &format!("the role {} is not a script's to give or take", line(&name)));
            continue;
        };
        let source = MembershipSource::Script;
        match towards {
            Towards::In => {
                let membership = Membership { group: group.id, user: id.clone(), source, since: plan.now };
                if memberships::insert(tx, &membership).await? {
                    joined.push(name);
                }
            }
            Towards::Out => {
                if memberships::delete(tx, &group.id, id, &source).await? {
                    left.push(name);
                }
            }
        }
    }
    if joined.is_empty() && left.is_empty() {
        return Ok(());
    }
    let mut event = deed(plan, "user.groups_changed", id);
    event.detail = json!({ "by": "script", "joined": joined, "left": left });
    audit::insert(tx, &event).await?;
    let text = format!("groups changed by the script: joined {}, left {}", told(&joined), told(&left));
    note(&mut plan.trace, plan.now, TraceStage::Script, text);
    Ok(())
}

fn told(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { line(&names.join(", ")) }
}

/// Writes a mail to the person's verified address into the outbox.
pub(super) async fn letter(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    id: &UserId,
    letter: Letter,
) -> Result<(), NotCommitted> {
    let user = account(tx, id).await?;
    let Some(to) = verified_address(&user).filter(|_| plan.can_mail) else {
        refused(plan, "a mail: no mail server, or no verified address");
        return Ok(());
    };
    let content = MailContent::ByScript { subject: letter.subject, paragraphs: letter.paragraphs };
    let mail = Mail { to, language: language(&user), content };
    queue(tx, &plan.store, &*plan.entropy, &mail, plan.now).await?;
    note(&mut plan.trace, plan.now, TraceStage::Script, "a mail of the script goes to the person");
    Ok(())
}
