//! Linked accounts of the person: listed with what each rests on, and unlinked.
//!
//! The last way in stays; what rested on a link ends with it (LINK-27).

use chrono::{DateTime, Utc};
use serde_json::json;
use usher_connectors::proves_fresh_sign_in;
use usher_domain::{
    ApplicationId, Connection, ConnectionId, FederatedLink, LinkId, MailContent, SeveralIdentities, SignInPageListing,
    User, UserId,
};
use usher_provisioning::{Explanation, Reason, mask};
use usher_storage::{StorageError, Tx, credentials, links, passkeys};

use super::deed::Deed;
use super::ways_in::{self, Door, Key, Keys, Removal};
use super::{NotDone, Person, sure};
use crate::broker::Broker;
use crate::console::users::Ending;
use crate::failure::Fault;
use crate::snapshot::ACCOUNT;
use crate::visitor::Visitor;

/// An account of a provider that leads to the person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedAccount {
    /// The link.
    pub link: LinkId,
    /// Name of the connection; nothing when it is gone.
    pub connection: Option<String>,
    /// Who the person is there, masked.
    pub external: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When somebody last signed in with it.
    pub last_used_at: DateTime<Utc>,
    /// What the link rests on.
    pub origin: Origin,
    /// Whether it may go.
    pub removal: Removal,
}

/// What a link rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The account was made by a sign-in with it.
    MadeTheAccount,
    /// A rule of the connection, at a sign-in.
    Rule,
    /// The person proved to own the account, at a sign-in.
    Proof,
    /// An administrator.
    Administrator,
    /// The person, on this page.
    Person,
}

/// A connection that can be linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linkable {
    /// Its id.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
}

/// What the page lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// What is linked, oldest first.
    pub accounts: Vec<LinkedAccount>,
    /// What can be linked, by name.
    pub linkable: Vec<Linkable>,
}

/// Whether people may link accounts of a connection to their own: switched on, able to prove that somebody signed in
/// just now, and meant for linking, either as its only purpose or by its rules.
pub(super) fn allows(connection: &Connection) -> bool {
    let provisioning = &connection.provisioning;
    let by_rules = provisioning.enabled && provisioning.linking.is_some();
    let only_for_it = connection.listing == SignInPageListing::LinkOnly;
    connection.enabled && proves_fresh_sign_in(connection.kind) && (only_for_it || by_rules)
}

/// Whether a second account of a connection may lead to one person.
pub(super) fn allows_several(connection: &Connection) -> bool {
    let linking = connection.provisioning.linking.as_ref();
    linking.is_some_and(|linking| linking.several == SeveralIdentities::Allowed)
}

/// What the first step of the account page's own sign-in takes.
pub(super) fn door(broker: &Broker) -> Door {
    let snapshot = broker.snapshot();
    let account = ApplicationId::parse(ACCOUNT).ok().and_then(|id| snapshot.application(&id));
    let plan = account.map(|application| snapshot.plan_for(application, &[]));
    plan.map(|plan| Door::of(&plan, |id| snapshot.sign_in_connection(id).is_some())).unwrap_or_default()
}

/// What an account holds to sign in with.
pub(super) async fn keys(tx: &mut Tx, user: &UserId) -> Result<Keys, StorageError> {
    let links = links::list(tx, user).await?;
    Ok(Keys {
        password: credentials::password(tx, user).await?.is_some(),
        links: links.into_iter().map(|link| (link.id, link.key.connection)).collect(),
        passkeys: passkeys::list(tx, user).await?.into_iter().map(|row| row.id).collect(),
    })
}

/// Reads what is linked and what can be.
pub async fn linked(broker: &Broker, person: &Person) -> Result<Linked, Fault> {
    let user = person.user.id.clone();
    let (held, rows) = broker
        .store
        .read(move |tx| {
            Box::pin(async move { Ok::<_, Fault>((keys(tx, &user).await?, links::list(tx, &user).await?)) })
        })
        .await?;
    let (door, snapshot) = (door(broker), broker.snapshot());
    let own = |connection: &Connection| rows.iter().any(|link| link.key.connection == connection.id);
    let free = |connection: &&Connection| allows(connection) && (allows_several(connection) || !own(connection));
    let mut linkable: Vec<Linkable> = snapshot
        .plain_connections()
        .iter()
        .filter(free)
        .map(|connection| Linkable { id: connection.id.clone(), name: connection.name.clone() })
        .collect();
    linkable.sort_by(|a, b| a.name.cmp(&b.name));
    let accounts = rows
        .iter()
        .map(|link| LinkedAccount {
            link: link.id.clone(),
            connection: snapshot.connections.get(&link.key.connection).map(|c| c.connection.name.clone()),
            external: mask(&link.key.subject),
            since: link.created_at,
            last_used_at: link.last_used_at,
            origin: origin(link, &person.user),
            removal: ways_in::judge(&door, &held, &Key::Link(link.id.clone())),
        })
        .collect();
    Ok(Linked { accounts, linkable })
}

fn origin(link: &FederatedLink, user: &User) -> Origin {
    let reasons = serde_json::from_str::<Explanation>(&link.explanation).map(|read| read.reasons).unwrap_or_default();
    for reason in &reasons {
        match reason {
            Reason::ByHand => return Origin::Administrator,
            Reason::ByPerson => return Origin::Person,
            Reason::Proved => return Origin::Proof,
            _ => {}
        }
    }
    if link.created_at == user.created_at { Origin::MadeTheAccount } else { Origin::Rule }
}

/// A link about to be removed.
pub async fn look(broker: &Broker, person: &Person, link: &LinkId) -> Result<LinkedAccount, NotDone> {
    let all = linked(broker, person).await?.accounts;
    all.into_iter().find(|account| account.link == *link).ok_or(NotDone::Gone)
}

/// Removes a link, and ends what was opened through it: possibly the session that does this.
pub async fn unlink(broker: &Broker, person: &Person, link: &LinkId, visitor: &Visitor) -> Result<(), NotDone> {
    sure::demand(broker, person).await?;
    let ending = Ending::now(broker);
    let (snapshot, door, link) = (broker.snapshot(), door(broker), link.clone());
    let deed = Deed::new(broker, person, "user.unlinked", visitor);
    broker
        .store
        .write(move |tx| {
            let (deed, ending, door) = (deed.clone(), ending.clone(), door.clone());
            let (snapshot, link) = (snapshot.clone(), link.clone());
            Box::pin(async move {
                let user = deed.open(tx).await?;
                let found = links::get(tx, &link).await?.filter(|found| found.user == user.id).ok_or(NotDone::Gone)?;
                let held = keys(tx, &user.id).await?;
                if ways_in::judge(&door, &held, &Key::Link(link.clone())) == Removal::LastWayIn {
                    return Err(NotDone::Forbidden("account-last-way-in"));
                }
                links::delete(tx, &link).await?;
                ending.end_what_rests_on(tx, &found).await?;
                let connection = &found.key.connection;
                let detail = json!({ "connection": connection, "external": mask(&found.key.subject) });
                let name = snapshot.connections.get(connection).map(|c| c.connection.name.clone());
                let told = MailContent::AccountUnlinked { connection: name.unwrap_or_default() };
                deed.with(detail).close(tx, &user, told).await
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(change: &serde_json::Value) -> Connection {
        let mut body = json!({
            "id": "c_1", "kind": "oidc", "name": "Acme", "script_name": "acme", "enabled": true,
            "settings": {}, "provisioning": { "enabled": true, "linking": {} }
        });
        if let (Some(body), Some(change)) = (body.as_object_mut(), change.as_object()) {
            body.extend(change.clone());
        }
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn people_link_through_connections_that_are_for_it() {
        for (change, allowed) in [
            (json!({}), true),
            (json!({ "enabled": false }), false),
            (json!({ "listing": "hidden" }), true),
            (json!({ "provisioning": { "enabled": true } }), false),
            (json!({ "provisioning": { "enabled": false, "linking": {} } }), false),
            (json!({ "listing": "link_only", "provisioning": { "enabled": false } }), true),
            (json!({ "listing": "link_only", "enabled": false }), false),
            // It cannot say that somebody signed in there just now.
            (json!({ "kind": "github" }), false),
            (json!({ "kind": "google" }), true),
        ] {
            assert_eq!(allows(&connection(&change)), allowed, "{change}");
        }
    }
}
