//! What a connection would say of a person, and what provisioning would decide about it. Reads only.

use serde_json::Value;
use usher_domain::{ConnectionId, ExternalIdentity, ExternalKey, RefusalCode, User};
use usher_login_flow::LoginFlow;
use usher_provisioning::{Decision, claims_of};
use usher_storage::links;

use super::Person;
use crate::broker::Broker;
use crate::failure::Fault;
use crate::login::{decide_now, decision_context};

/// Who a connection says that the person is. Somebody with a linked account is the one of the link.
pub(super) async fn of(broker: &Broker, person: &Person, connection: &ConnectionId) -> Result<ExternalIdentity, Fault> {
    let (key, mut claims) = match person {
        Person::Stranger(claims) => {
            let subject = claims.get("sub").and_then(Value::as_str).unwrap_or("simulated").to_owned();
            (invented(connection, subject), claims.clone())
        }
        Person::Account(user) => {
            let linked = linked(broker, user, connection).await?;
            (
                linked.unwrap_or_else(|| invented(connection, user.username.as_str().to_owned())),
                claims_of(&user.attributes),
            )
        }
    };
    claims.insert("sub".to_owned(), Value::from(key.subject.clone()));
    let email_verified = claims.get("email_verified") == Some(&Value::Bool(true));
    Ok(ExternalIdentity { key, claims, email_verified, auth_time: None, acr: None, amr: Vec::new() })
}

fn invented(connection: &ConnectionId, subject: String) -> ExternalKey {
    ExternalKey { connection: connection.clone(), issuer: "urn:usher:simulated".to_owned(), subject }
}

async fn linked(broker: &Broker, user: &User, connection: &ConnectionId) -> Result<Option<ExternalKey>, Fault> {
    let id = user.id.clone();
    let links = broker.store.read(move |tx| Box::pin(async move { links::list(tx, &id).await })).await?;
    Ok(links.into_iter().map(|link| link.key).find(|key| key.connection == *connection))
}

/// What provisioning decides; a code where the connection cannot be used.
pub(super) async fn decided(
    broker: &Broker,
    flow: &LoginFlow,
    identity: &ExternalIdentity,
) -> Result<Result<Decision, RefusalCode>, Fault> {
    let snapshot = broker.snapshot();
    let application = snapshot.application(&flow.request().application);
    let need = application.map_or(usher_domain::AccountNeed::Any, usher_domain::Application::account_need);
    let Some(context) = decision_context(broker, identity, need) else {
        return Ok(Err(RefusalCode::ConnectionUnavailable));
    };
    let decided = broker.store.read(move |tx| Box::pin(async move { decide_now(tx, &context).await })).await?;
    Ok(Ok(decided.decision))
}
