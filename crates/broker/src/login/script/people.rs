//! What a script may know of the person of a step: the account with its groups, or what the connection said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use usher_domain::{
    AccountNeed, Authenticator, Claims, ConnectionId, GroupId, Membership, MembershipSource, Subject, User, UserId,
};
use usher_flow_script::{OptionShape, StepView, UserView};
use usher_login_flow::lint::authenticator_name;
use usher_login_flow::{CompletedStep, Evidence, ProvedIdentity};
use usher_provisioning::groups::{Occasion, decide_groups, names_of};
use usher_provisioning::{Decision, Outcome, claims_of, map, pass_through_claims};
use usher_storage::{Tx, memberships, users};

use crate::broker::Broker;
use crate::failure::Fault;
use crate::login::evidence::DecisionContext;
use crate::login::finish::decision_context;
use crate::snapshot::Snapshot;

/// `tenantDomain`: there is one organisation.
const TENANT: &str = "carbon.super";

/// A completed step as a script sees it.
pub(super) async fn of_step(broker: &Broker, done: &CompletedStep) -> Result<StepView, Fault> {
    let snapshot = broker.snapshot();
    let way = way(&snapshot, done);
    let mut subject = match &done.authentication.subject {
        Subject::Local { user } => account(broker, user).await?,
        Subject::Federated { key } => UserView {
            identifier: broker.pass_through_subject(key),
            groups: done.authentication.groups.clone(),
            claims: flat(&done.authentication.pass_through),
            tenant_domain: TENANT.to_owned(),
            ..UserView::default()
        },
    };
    if way.idp != OptionShape::LOCAL {
        "FEDERATED".clone_into(&mut subject.user_store_domain);
        subject.is_local = false;
    }
    if let Evidence::Identity(proved) = &done.evidence {
        subject.remote_claims = flat(&proved.identity.claims);
        if let Some(configured) = snapshot.connections.get(&proved.identity.key.connection) {
            let mapped = map(&proved.identity, &configured.connection.mapping);
            subject.claims = flat(&pass_through_claims(&mapped));
        }
        if let Some(groups) = groups_after(broker, done, proved).await? {
            subject.groups = groups;
        }
    }
    // A role is a group here; rights in the console are nothing that scripts see.
    subject.roles.clone_from(&subject.groups);
    if subject.username.is_empty() {
        subject.username = name_from(&subject);
    }
    Ok(StepView { idp: way.idp, authenticator: way.authenticator, subject, request: None })
}

fn name_from(view: &UserView) -> String {
    let named = ["preferred_username", "email"].iter().find_map(|name| view.claims.get(*name)?.as_str());
    named.map_or_else(|| view.identifier.clone(), str::to_owned)
}

/// The groups that the person will be in when this sign-in has finished: a script judges this sign-in, not the last one.
/// Nothing where the connection is gone.
async fn groups_after(
    broker: &Broker,
    done: &CompletedStep,
    proved: &ProvedIdentity,
) -> Result<Option<Vec<String>>, Fault> {
    let Some(context) = decision_context(broker, &proved.identity, AccountNeed::Any) else { return Ok(None) };
    let decision: Decision = serde_json::from_str(&proved.decision).map_err(|e| Fault::unreadable("decision", e))?;
    let occasion = match decision.outcome {
        Outcome::PassThrough { .. } => {
            return Ok(Some(names_of(&context.identity, &context.connection, &context.groups)));
        }
        Outcome::Create(_) => Occasion::Created,
        Outcome::Link { .. } => Occasion::Linked,
        Outcome::SignIn { .. } if context.connection.provisioning.enabled => Occasion::Later,
        _ => return Ok(None),
    };
    let held = match &done.authentication.subject {
        Subject::Local { user } => {
            let user = user.clone();
            broker.store.read(move |tx| Box::pin(async move { memberships::list_by_user(tx, &user).await })).await?
        }
        Subject::Federated { .. } => Vec::new(),
    };
    Ok(Some(names_after(&broker.snapshot(), &context, &held, occasion)))
}

fn names_after(snapshot: &Snapshot, context: &DecisionContext, held: &[Membership], occasion: Occasion) -> Vec<String> {
    let changes = decide_groups(&context.identity, &context.connection, &context.groups, held, occasion);
    let source = MembershipSource::Connection(context.connection.id.clone());
    let kept = held.iter().filter(|one| one.source != source || !changes.remove.contains(&one.group));
    let ids: BTreeSet<&GroupId> = kept.map(|one| &one.group).chain(&changes.add).collect();
    let names = ids.into_iter().filter_map(|id| snapshot.groups.get(id)).map(|group| group.name.clone());
    names.chain(changes.create.iter().cloned()).collect()
}

/// Through which option a step was completed. A session stands for the way that it began with.
fn way(snapshot: &Snapshot, done: &CompletedStep) -> OptionShape {
    match &done.evidence {
        Evidence::Password => OptionShape::local(Authenticator::Password.script_name()),
        Evidence::Factor { authenticator, .. } => OptionShape::local(authenticator.script_name()),
        Evidence::Identity(proved) => connected(snapshot, &proved.identity.key.connection),
        Evidence::Session(_) => match &done.authentication.connection {
            Some(connection) => connected(snapshot, connection),
            None => OptionShape::local(Authenticator::Password.script_name()),
        },
    }
}

fn connected(snapshot: &Snapshot, id: &ConnectionId) -> OptionShape {
    match snapshot.connections.get(id).map(|configured| &configured.connection) {
        Some(connection) => OptionShape::connection(&connection.script_name, authenticator_name(connection.kind)),
        // A connection that is gone is still not LOCAL.
        None => OptionShape::connection(id.as_str(), ""),
    }
}

/// A local account as a script sees it; an empty view when it is gone.
async fn account(broker: &Broker, id: &UserId) -> Result<UserView, Fault> {
    let (snapshot, id) = (broker.snapshot(), id.clone());
    broker
        .store
        .read(move |tx| {
            let (snapshot, id) = (Arc::clone(&snapshot), id.clone());
            Box::pin(async move {
                match users::get(tx, &id).await? {
                    Some(user) => of_account(tx, &snapshot, &user).await,
                    None => Ok(UserView { unique_id: Some(id.as_str().to_owned()), ..UserView::default() }),
                }
            })
        })
        .await
}

/// A local account as a script sees it.
pub(super) async fn of_account(tx: &mut Tx, snapshot: &Snapshot, user: &User) -> Result<UserView, Fault> {
    let held: BTreeSet<GroupId> =
        memberships::list_by_user(tx, &user.id).await?.into_iter().map(|membership| membership.group).collect();
    let names = held.iter().filter_map(|id| snapshot.groups.get(id)).map(|group| group.name.clone());
    let groups: Vec<String> = names.collect();
    let mut local_claims = flat(&claims_of(&user.attributes));
    local_claims.insert("preferred_username".to_owned(), Value::from(user.username.as_str()));
    local_claims.insert("created_at".to_owned(), Value::from(user.created_at.to_rfc3339()));
    Ok(UserView {
        unique_id: Some(user.id.as_str().to_owned()),
        identifier: user.public_subject.clone(),
        username: user.username.as_str().to_owned(),
        user_store_domain: "PRIMARY".to_owned(),
        tenant_domain: TENANT.to_owned(),
        is_local: true,
        roles: groups.clone(),
        groups,
        claims: local_claims.clone(),
        local_claims,
        remote_claims: BTreeMap::new(),
    })
}

fn flat(claims: &Claims) -> BTreeMap<String, Value> {
    claims.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}
