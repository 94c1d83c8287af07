//! What a script wants changed: ended sessions at once, everything else with the last transaction of the sign-in, and
//! never who the person is or what they may do here (SCRIPT-19).

use serde_json::{Value, json};
use usher_domain::{
    AttributeName, AttributeSource, AttributeValue, AuditActor, TraceStage, User, UserId, Verification,
};
use usher_flow_script::{Effect, Run, Who, may_be_written};
use usher_storage::{Tx, attribute_definitions, audit, grants, sessions, users};

use super::facts::own_account;
use super::record::{Kept, line};
use crate::audit::{event, user_object};
use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::flow_state::LoadedFlow;
use crate::login::commit::{FinishPlan, NotCommitted, Person};
use crate::tracing_events::note;

/// Longest value and most values of an attribute that a script writes.
const VALUE: usize = 1_000;
const VALUES: usize = 20;

/// Carries out what does not wait for the end, beyond what earlier runs did.
pub(super) async fn carry_out_at_once(
    broker: &Broker,
    loaded: &mut LoadedFlow,
    kept: &mut Kept,
    ran: &Run,
) -> Result<(), Failure> {
    let due: Vec<_> =
        ran.effects.iter().filter(|effect| effect.is_immediate()).skip(kept.record.effects_done).collect();
    for effect in due {
        if let Effect::TerminateSession { who, session } = effect {
            let ended = end_session(broker, loaded, who, session).await?;
            let text =
                if ended { "the script ended a session of the person" } else { "no such session of this person" };
            note(&mut loaded.state.trace, broker.now(), TraceStage::Script, text);
        }
        kept.record.effects_done = kept.record.effects_done.saturating_add(1);
    }
    Ok(())
}

/// Ends a session of the person who is signing in; nobody else's.
async fn end_session(broker: &Broker, loaded: &LoadedFlow, who: &Who, session: &str) -> Result<bool, Failure> {
    let Some(user) = own_account(&loaded.state.flow, who) else { return Ok(false) };
    let Ok(session) = usher_domain::SessionId::parse(session) else { return Ok(false) };
    let now = broker.now();
    let ended = broker.store.write(move |tx| {
        let (user, session) = (user.clone(), session.clone());
        Box::pin(async move {
            match sessions::get_by_sid(tx, &session, now).await?.filter(|row| row.user.as_ref() == Some(&user)) {
                Some(_) => {
                    grants::end_session(tx, &session, now).await?;
                    sessions::delete_by_sid(tx, &session).await
                }
                None => Ok(false),
            }
        })
    });
    Ok(ended.await?)
}

/// Lands what the last run wants, inside the last transaction. What may not be done is left out and written down: the
/// sign-in itself is proved.
pub(crate) async fn land(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    person: &Person,
    record: &str,
) -> Result<(), NotCommitted> {
    let kept = Kept::read(Some(record))?;
    let mut written = Vec::new();
    for effect in &kept.effects {
        match effect {
            Effect::SetLocalClaim { name, value, who } => match person.user.as_ref().filter(|user| means(who, user)) {
                Some(_) => written.push((name.clone(), value.clone())),
                None => refused(plan, "an attribute of somebody who has no account here"),
            },
            Effect::AssignRoles { .. } | Effect::RemoveRoles { .. } => refused(plan, "rights of the console"),
            Effect::Associate { .. } | Effect::RemoveAssociation { .. } => {
                refused(plan, "links between accounts: the person proves those");
            }
            Effect::SetCookie(_) | Effect::SetResponseHeader { .. } | Effect::SendEmail { .. } => {
                refused(plan, "cookies, headers and mail: not available");
            }
            // The one was done already; the other is told with the answer.
            Effect::TerminateSession { .. } | Effect::SetClaim { .. } => {}
        }
    }
    if let Some(user) = &person.user {
        write(tx, plan, user, written).await?;
    }
    Ok(())
}

/// Whether an effect is about the person who signed in: the flow knows one person, by account or by step.
fn means(who: &Who, user: &UserId) -> bool {
    who.unique_id.as_ref().is_none_or(|id| id == user.as_str())
}

fn refused(plan: &mut FinishPlan, what: &str) {
    note(&mut plan.trace, plan.now, TraceStage::Script, format!("not done for the script: {what}"));
}

/// Writes attributes of the schema that are neither protected nor unique, and never the address.
async fn write(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    id: &UserId,
    wanted: Vec<(String, Value)>,
) -> Result<(), NotCommitted> {
    if wanted.is_empty() {
        return Ok(());
    }
    let schema = usher_domain::AttributeSchema::with(attribute_definitions::list(tx).await?);
    let user = users::get(tx, id).await?.ok_or(Fault::Invariant("the account of a sign-in exists"))?;
    let mut after = user.clone();
    let mut names = Vec::new();
    for (name, value) in wanted {
        let known = AttributeName::parse(&name).ok().filter(|name| schema.get(name).is_some());
        let open = known.filter(|name| {
            may_be_written(name.as_str())
                && !schema.is_protected(name)
                && !schema.is_unique(name)
                && *name != AttributeName::email()
        });
        match open {
            Some(name) => {
                names.push(name.as_str().to_owned());
                put(&mut after, name, &value, plan);
            }
            None => refused(plan, &format!("the attribute {} is not a script's to write", line(&name))),
        }
    }
    if after.attributes == user.attributes {
        return Ok(());
    }
    if users::update_attributes(tx, id, user.revision, &after.attributes).await?.is_none() {
        return Err(NotCommitted::RaceLost);
    }
    let mut event = event(&plan.visitor, plan.now, "user.updated", AuditActor::System);
    event.object = user_object(id);
    event.correlation = Some(plan.trace.correlation.clone());
    event.detail = json!({ "attributes": names, "by": "script" });
    audit::insert(tx, &event).await?;
    note(&mut plan.trace, plan.now, TraceStage::Script, format!("account updated by the script: {}", names.join(", ")));
    Ok(())
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
    let source = AttributeSource::Import;
    user.attributes.insert(name, AttributeValue { values, source, verified: Verification::Unverified, at: plan.now });
}

fn text(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.chars().filter(|c| !c.is_control()).take(VALUE).collect()
}

/// Claims for this sign-in only, told to the application: of a person without an account, whose claims travel with it.
pub(crate) fn tell_claims(record: &str, authentication: &mut usher_domain::Authentication) -> Result<(), Fault> {
    if !matches!(authentication.subject, usher_domain::Subject::Federated { .. }) {
        return Ok(());
    }
    for effect in Kept::read(Some(record))?.effects {
        if let Effect::SetClaim { name, value, .. } = effect
            && may_be_written(&name)
            && name != "email"
        {
            match value {
                Value::Null => drop(authentication.pass_through.remove(&name)),
                value => drop(authentication.pass_through.insert(name, value)),
            }
        }
    }
    Ok(())
}
