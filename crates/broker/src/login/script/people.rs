//! What a script may know of the person of a step: the account with its groups, or what the connection said.

use std::collections::BTreeMap;

use serde_json::Value;
use usher_domain::{Authenticator, Claims, ConnectionId, GroupId, Subject, User, UserId};
use usher_flow_script::{OptionShape, StepView, UserView};
use usher_login_flow::lint::authenticator_name;
use usher_login_flow::{CompletedStep, Evidence};
use usher_provisioning::{claims_of, map, pass_through_claims};
use usher_storage::{Tx, memberships, roles, users};

use crate::broker::Broker;
use crate::failure::Fault;
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
    }
    if subject.username.is_empty() {
        subject.username = name_from(&subject);
    }
    Ok(StepView { idp: way.idp, authenticator: way.authenticator, subject, request: None })
}

fn name_from(view: &UserView) -> String {
    let named = ["preferred_username", "email"].iter().find_map(|name| view.claims.get(*name)?.as_str());
    named.map_or_else(|| view.identifier.clone(), str::to_owned)
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
            let (snapshot, id) = (std::sync::Arc::clone(&snapshot), id.clone());
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
    let mut groups: Vec<GroupId> =
        memberships::list_by_user(tx, &user.id).await?.into_iter().map(|membership| membership.group).collect();
    groups.sort();
    groups.dedup();
    let name = |id: &GroupId| snapshot.groups.get(id).map(|group| group.name.clone());
    let rights = roles::list(tx, &user.id).await?;
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
        groups: groups.iter().filter_map(name).collect(),
        roles: rights.iter().filter_map(|right| Some(serde_json::to_value(right).ok()?.as_str()?.to_owned())).collect(),
        claims: local_claims.clone(),
        local_claims,
        remote_claims: BTreeMap::new(),
    })
}

fn flat(claims: &Claims) -> BTreeMap<String, Value> {
    claims.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}
