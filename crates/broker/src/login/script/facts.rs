//! Answers to what a script asks: each is found out once and recorded. A script learns of people only what its own
//! sign-in is about, and of others only that they exist, by a value that is unique.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use usher_domain::{AttributeName, EmailAddress, ExternalIdentity, LocalPart, Subject, User, UserId, UserName};
use usher_flow_script::{Fact, HttpAnswer, SessionView, Who};
use usher_login_flow::{Evidence, LoginFlow};
use usher_storage::{Tx, grants, links, sessions, users};

use super::{http, people};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::flow_state::LoadedFlow;
use crate::snapshot::Snapshot;
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// Most accounts of one answer.
const MOST: usize = 10;

/// Whether a call leaves the house.
pub(super) enum Out<'a> {
    /// It does, and counts.
    Goes(&'a mut http::Spent),
    /// It does not: a sign-in is only tried out, and nobody answers.
    Stays,
}

/// Finds one fact out.
pub(super) async fn answer(
    broker: &Broker,
    loaded: &mut LoadedFlow,
    fact: &Fact,
    visitor: &Visitor,
    out: Out<'_>,
) -> Result<Value, Fault> {
    let now = broker.now();
    let text = format!("script asks for {}", super::name_of(fact));
    note(&mut loaded.state.trace, now, usher_domain::TraceStage::Script, text);
    let flow = &loaded.state.flow;
    match fact {
        Fact::AssociatedLocalUser { who } => associated(broker, flow, who).await,
        Fact::UsersWithClaims { claims } => with_claims(broker, claims.clone()).await,
        Fact::UserSessions { who } => sessions_of(broker, flow, who).await,
        Fact::SessionExists => Ok(Value::from(visitor.session.is_some())),
        Fact::AuthenticatedApplications => applications(broker, visitor).await,
        Fact::MicrosoftEmailVerification { step } => Ok(Value::from(microsoft_verified(flow, *step))),
        Fact::Http(call) => {
            let answer = match out {
                Out::Goes(spent) => http::call(broker, flow, call, spent).await?,
                Out::Stays => HttpAnswer::Failed { status: None },
            };
            serde_json::to_value(answer).map_err(|e| Fault::unreadable("answer of a call", e))
        }
    }
}

/// The account of this sign-in that a script means, if it is one of its own people.
pub(super) fn own_account(flow: &LoginFlow, who: &Who) -> Option<UserId> {
    let user = flow.completed().iter().find_map(|done| match &done.authentication.subject {
        Subject::Local { user } if who.step.is_none_or(|step| step == done.step.get()) => Some(user),
        _ => None,
    })?;
    who.unique_id.as_ref().is_none_or(|id| id == user.as_str()).then(|| user.clone())
}

fn identity_of(flow: &LoginFlow, step: u8) -> Option<&ExternalIdentity> {
    flow.completed().iter().find(|done| done.step.get() == step).and_then(|done| match &done.evidence {
        Evidence::Identity(proved) => Some(&proved.identity),
        _ => None,
    })
}

async fn associated(broker: &Broker, flow: &LoginFlow, who: &Who) -> Result<Value, Fault> {
    let own = own_account(flow, who);
    let key = who.step.and_then(|step| identity_of(flow, step)).map(|identity| identity.key.clone());
    view(broker, move |tx| {
        let (own, key) = (own.clone(), key.clone());
        Box::pin(async move {
            let user = match (own, key) {
                (Some(user), _) => Some(user),
                (None, Some(key)) => links::find(tx, &key).await?.map(|link| link.user),
                (None, None) => None,
            };
            match user {
                Some(user) => Ok(users::get(tx, &user).await?.into_iter().collect()),
                None => Ok(Vec::new()),
            }
        })
    })
    .await
    .map(|views| views.into_iter().next().unwrap_or(Value::Null))
}

/// Accounts that hold all these values. Only a user name, an address or a unique attribute finds anybody: a look through
/// all accounts is not a sign-in's work.
async fn with_claims(broker: &Broker, claims: BTreeMap<String, String>) -> Result<Value, Fault> {
    let snapshot = broker.snapshot();
    let found = view(broker, move |tx| {
        let (claims, snapshot) = (claims.clone(), Arc::clone(&snapshot));
        Box::pin(async move {
            for (name, value) in &claims {
                let found = by_value(tx, &snapshot, name, value).await?;
                if let Some(found) = found {
                    return Ok(found.into_iter().filter(|user| holds(user, &claims)).take(MOST).collect());
                }
            }
            Ok(Vec::new())
        })
    });
    found.await.map(Value::from)
}

/// The accounts of one value; none when the attribute leads to nobody.
async fn by_value(tx: &mut Tx, snapshot: &Snapshot, name: &str, value: &str) -> Result<Option<Vec<User>>, Fault> {
    if matches!(name, "username" | "preferred_username") {
        let Ok(name) = UserName::parse(value) else { return Ok(Some(Vec::new())) };
        return Ok(Some(users::get_by_username(tx, &name).await?.into_iter().collect()));
    }
    let Ok(name) = AttributeName::parse(name) else { return Ok(None) };
    if name == AttributeName::email() {
        let Ok(address) = EmailAddress::parse(value) else { return Ok(Some(Vec::new())) };
        return Ok(Some(users::find_by_email(tx, &address, LocalPart::default(), 10).await?));
    }
    if !snapshot.schema.is_unique(&name) {
        return Ok(None);
    }
    let Some(key) = usher_domain::unique_key(&name, value) else { return Ok(Some(Vec::new())) };
    Ok(Some(users::get_by_unique_value(tx, &name, &key).await?.into_iter().collect()))
}

fn holds(user: &User, claims: &BTreeMap<String, String>) -> bool {
    claims.iter().all(|(name, value)| {
        if matches!(name.as_str(), "username" | "preferred_username") {
            return user.username.as_str().eq_ignore_ascii_case(value);
        }
        let held = user.attributes.iter().find(|(held, _)| held.as_str() == name);
        held.is_some_and(|(_, held)| held.values.iter().any(|held| held.eq_ignore_ascii_case(value)))
    })
}

/// Reads accounts in one transaction, as scripts see them.
async fn view<F>(broker: &Broker, read: F) -> Result<Vec<Value>, Fault>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<Vec<User>, Fault>> + Send + 'static,
{
    let snapshot = broker.snapshot();
    broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let mut views = Vec::new();
                for user in read(&mut *tx).await? {
                    let view = people::of_account(tx, &snapshot, &user).await?;
                    views.push(serde_json::to_value(view).map_err(|e| Fault::unreadable("person", e))?);
                }
                Ok::<_, Fault>(views)
            })
        })
        .await
}

async fn sessions_of(broker: &Broker, flow: &LoginFlow, who: &Who) -> Result<Value, Fault> {
    let Some(user) = own_account(flow, who) else { return Ok(json!([])) };
    let now = broker.now();
    let rows = broker
        .store
        .read(move |tx| {
            let user = user.clone();
            Box::pin(async move { sessions::list_by_user(tx, &user, now).await })
        })
        .await?;
    let views = rows.into_iter().map(|row| SessionView {
        id: row.sid.as_str().to_owned(),
        created_timestamp: row.created_at.timestamp_millis(),
        last_access_timestamp: row.created_at.timestamp_millis(),
        user_agent: row.agent.unwrap_or_default(),
        ip: row.remote.unwrap_or_default(),
    });
    serde_json::to_value(views.collect::<Vec<_>>()).map_err(|e| Fault::unreadable("sessions", e))
}

async fn applications(broker: &Broker, visitor: &Visitor) -> Result<Value, Fault> {
    let Some(live) = &visitor.session else { return Ok(json!([])) };
    let session = live.session.id.clone();
    let ids = broker
        .store
        .read(move |tx| {
            let session = session.clone();
            Box::pin(async move { grants::applications_by_session(tx, &session).await })
        })
        .await?;
    let snapshot = broker.snapshot();
    let name = |id| snapshot.application(&id).map(|application| application.name.clone());
    Ok(Value::from(ids.into_iter().filter_map(name).collect::<Vec<_>>()))
}

/// `xms_edov`: the tenant owns the domain of the address.
fn microsoft_verified(flow: &LoginFlow, step: u8) -> bool {
    let Some(identity) = identity_of(flow, step) else { return false };
    match identity.claims.get("xms_edov") {
        Some(Value::Bool(verified)) => *verified,
        Some(Value::String(text)) => text == "1" || text == "true",
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        _ => identity.email_verified,
    }
}
