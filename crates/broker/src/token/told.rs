//! What one application is told beyond the standard claims: attributes and groups, as its admin mapped them.
//!
//! Both in the ID token and at userinfo, whatever the scopes: the admin of this installation decided it for this application.
//! Names that belong to the protocol are never set.

use serde_json::Value;
use usher_domain::{Application, AttributeName, AttributeSource, AttributeValue, Claims, User, Verification};
use usher_oidc_provider::claims::is_reserved;
use usher_provisioning::claims_of;
use usher_storage::grants::Grant;
use usher_storage::{Tx, groups, memberships, users};

use crate::broker::Broker;
use crate::failure::Fault;
use crate::grant::GrantPayload;

/// The account of a grant as it is now, with the names of its groups.
pub struct Known {
    /// The account, if the person has one.
    pub user: Option<User>,
    /// Names of the person's groups, in order.
    pub groups: Vec<String>,
}

/// Reads the person of a grant; groups only where the application is told of them.
pub async fn known(
    broker: &Broker,
    grant: &Grant,
    payload: &GrantPayload,
    application: &Application,
) -> Result<Known, Fault> {
    let Some(user) = grant.user.clone() else {
        return Ok(Known { user: None, groups: payload.authentication.groups.clone() });
    };
    let wants_groups = application.claims.groups.is_some();
    let told = payload.authentication.pass_through.clone();
    broker
        .store
        .read(move |tx| {
            let (user, told) = (user.clone(), told.clone());
            Box::pin(async move {
                let account = users::get(tx, &user).await?.map(|account| with_told(account, &told));
                let groups = if wants_groups { names(tx, &user).await? } else { Vec::new() };
                Ok::<_, Fault>(Known { user: account, groups })
            })
        })
        .await
}

/// An account with what the script of the sign-in tells in place of its attributes; null: nothing.
fn with_told(mut account: User, told: &Claims) -> User {
    for (name, value) in told {
        let Ok(name) = AttributeName::parse(name) else { continue };
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let values: Vec<String> = match value {
            Value::Null => Vec::new(),
            Value::Array(items) => items.iter().map(text).collect(),
            one => vec![text(one)],
        };
        if values.is_empty() {
            account.attributes.remove(&name);
            continue;
        }
        let (source, verified) = (AttributeSource::Script, Verification::Unverified);
        let at = account.attributes.get(&name).map_or(account.created_at, |known| known.at);
        account.attributes.insert(name, AttributeValue { values, source, verified, at });
    }
    account
}

async fn names(tx: &mut Tx, user: &usher_domain::UserId) -> Result<Vec<String>, Fault> {
    let mut ids: Vec<_> = memberships::list_by_user(tx, user).await?.into_iter().map(|m| m.group).collect();
    ids.sort();
    ids.dedup();
    let mut names = Vec::new();
    for id in ids {
        names.extend(groups::get(tx, &id).await?.map(|group| group.name));
    }
    names.sort();
    Ok(names)
}

/// Adds what the application is told to `claims`.
pub fn add(claims: &mut Claims, application: &Application, known: &Known, payload: &GrantPayload) {
    for mapping in &application.claims.attributes {
        if let Some(value) = value_of(&mapping.attribute, known, payload)
            && !is_reserved(&mapping.claim)
        {
            claims.insert(mapping.claim.clone(), value);
        }
    }
    if let Some(claim) = application.claims.groups.as_ref().filter(|claim| !is_reserved(claim)) {
        claims.insert(claim.clone(), Value::from(known.groups.clone()));
    }
}

/// An attribute of the person: one value as a text, several as a list.
fn value_of(attribute: &AttributeName, known: &Known, payload: &GrantPayload) -> Option<Value> {
    match &known.user {
        Some(user) => {
            let (name, value) = user.attributes.get_key_value(attribute)?;
            claims_of(&std::iter::once((name.clone(), value.clone())).collect()).remove(attribute.as_str())
        }
        None => payload.authentication.pass_through.get(attribute.as_str()).cloned(),
    }
}
