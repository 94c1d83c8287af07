//! What a script wants changed: ended sessions at once, everything else with the last transaction of the sign-in, and
//! never who the person is or what they may do here (SCRIPT-19).

use serde_json::Value;
use usher_domain::{Authentication, Subject, TraceStage, UserId};
use usher_flow_script::{Effect, Run, Who, may_be_written};
use usher_storage::{Tx, grants, sessions};

use super::facts::own_account;
use super::record::{Kept, line};
use super::{cookies, lands};
use crate::answer::Beside;
use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::flow_state::LoadedFlow;
use crate::login::commit::{FinishPlan, NotCommitted, Person};
use crate::tracing_events::note;

/// Claims that an application may take for proved, whatever stands beside them: told as they are, or not at all.
const PROVED: [&str; 2] = ["email", "phone_number"];

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

/// Lands what the last run wants, inside the last transaction; gives what goes back with the response. What may not be
/// done is left out and written down: the sign-in itself is proved.
pub(crate) async fn land(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    person: &Person,
    record: &str,
) -> Result<Beside, NotCommitted> {
    let kept = Kept::read(Some(record))?;
    let (mut beside, mut written, mut roles) = (Beside::default(), Vec::new(), Vec::new());
    let own = |who: &Who| person.user.as_ref().is_some_and(|user| means(who, user));
    for effect in kept.effects {
        match effect {
            Effect::SetLocalClaim { name, value, who } if own(&who) => written.push((name, value)),
            Effect::SetLocalClaim { .. } => refused(plan, "an attribute of somebody who has no account here"),
            Effect::AssignRoles { who, roles: named } if own(&who) => {
                roles.extend(named.into_iter().map(|name| (name, lands::Towards::In)));
            }
            Effect::RemoveRoles { who, roles: named } if own(&who) => {
                roles.extend(named.into_iter().map(|name| (name, lands::Towards::Out)));
            }
            Effect::AssignRoles { .. } | Effect::RemoveRoles { .. } => {
                refused(plan, "roles of somebody who has no account here");
            }
            Effect::SetCookie(spec) => {
                let owner = plan.owner.as_ref().ok_or(Fault::Invariant("a script belongs to a published flow"))?;
                let with = (plan.store.sealer(), &*plan.entropy);
                beside.cookies.push(cookies::sealed(with, owner.key(), &spec, plan.now)?);
            }
            Effect::SetResponseHeader { name, value } => beside.headers.push((name, value)),
            // The first was done already, the second is told with the answer, the mails are written below.
            Effect::TerminateSession { .. } | Effect::SetClaim { .. } | Effect::SendEmail { .. } => {}
        }
    }
    if let Some(user) = &person.user {
        lands::attributes(tx, plan, user, written).await?;
        lands::roles(tx, plan, user, roles).await?;
    }
    for letter in kept.letters {
        match person.user.as_ref().filter(|user| means(&letter.who, user)) {
            Some(user) => lands::letter(tx, plan, user, letter).await?,
            None => refused(plan, "a mail to somebody who has no account here"),
        }
    }
    Ok(beside)
}

/// Whether an effect is about the person who signed in: the flow knows one person, by account or by step.
fn means(who: &Who, user: &UserId) -> bool {
    who.unique_id.as_ref().is_none_or(|id| id == user.as_str())
}

/// Writes down what is not done.
pub(super) fn refused(plan: &mut FinishPlan, what: &str) {
    note(&mut plan.trace, plan.now, TraceStage::Script, format!("not done for the script: {what}"));
}

/// Claims for this sign-in only, told to the application in place of what is known.
pub(crate) fn tell_claims(plan: &mut FinishPlan, record: &str, told: &mut Authentication) -> Result<(), Fault> {
    for effect in Kept::read(Some(record))?.effects {
        let Effect::SetClaim { name, value, who } = effect else { continue };
        let own = match &told.subject {
            Subject::Local { user } => means(&who, user),
            Subject::Federated { .. } => who.unique_id.is_none(),
        };
        if !own || !may_be_written(&name) || PROVED.contains(&name.as_str()) {
            refused(plan, &format!("the claim {} is not a script's to tell", line(&name)));
            continue;
        }
        match (&told.subject, value) {
            // Of an account, null takes the attribute's place.
            (Subject::Federated { .. }, Value::Null) => drop(told.pass_through.remove(&name)),
            (_, value) => drop(told.pass_through.insert(name, value)),
        }
    }
    Ok(())
}
