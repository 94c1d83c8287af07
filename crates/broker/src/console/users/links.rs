//! Linked accounts by an admin's hand: unlink, and link without a sign-in.
//!
//! The only way in stays. Unlinking ends what rests on the link: sessions begun through that connection, grants given
//! then, offline ones included, and memberships that the connection feeds (LINK-27).

use serde_json::json;
use usher_domain::{
    ConnectionId, ExternalKey, FederatedLink, LinkId, Mail, MailContent, SeveralIdentities, User, UserId,
};
use usher_provisioning::{Explanation, Reason, mask};
use usher_storage::links::LinkInsert;
use usher_storage::{Store, Tx, audit, config, credentials, grants, links, memberships, sessions, users};

use super::super::{Admin, NotDone, deed};
use super::session_of;
use crate::audit::user_object;
use crate::broker::Broker;
use crate::failure::Fault;
use crate::grant::GrantPayload;
use crate::mail::{language, verified_address};
use crate::visitor::Visitor;

/// Whether a link may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayIn {
    /// There is another way to sign in.
    OneOfSeveral,
    /// Without it the person is locked out.
    Only,
}

/// Whether a link is the person's only way in: no password, and no other link that leads through a sign-in page.
pub async fn way_in(broker: &Broker, user: &UserId, link: &LinkId) -> Result<WayIn, Fault> {
    let (user, link, live) = (user.clone(), link.clone(), open_connections(broker));
    broker.store.read(move |tx| Box::pin(async move { judge(tx, (&user, &link), &live).await })).await
}

fn open_connections(broker: &Broker) -> Vec<ConnectionId> {
    let snapshot = broker.snapshot();
    snapshot.connections.keys().filter(|id| snapshot.sign_in_connection(id).is_some()).cloned().collect()
}

async fn judge(tx: &mut Tx, (user, link): (&UserId, &LinkId), live: &[ConnectionId]) -> Result<WayIn, Fault> {
    if credentials::password(tx, user).await?.is_some() {
        return Ok(WayIn::OneOfSeveral);
    }
    let all = links::list(tx, user).await?;
    let other = all.iter().any(|other| other.id != *link && live.contains(&other.key.connection));
    Ok(if other { WayIn::OneOfSeveral } else { WayIn::Only })
}

/// Removes a link.
pub async fn unlink(
    broker: &Broker,
    admin: &Admin,
    (user, link): (&UserId, &LinkId),
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let event = deed(broker, admin, visitor, "user.unlinked", user_object(user));
    let ending = Ending::now(broker);
    let (user, link, live) = (user.clone(), link.clone(), open_connections(broker));
    let letters = broker.can_mail().then(|| broker.shared_entropy());
    let snapshot = broker.snapshot();
    broker
        .store
        .write(move |tx| {
            let (user, link, live, ending) = (user.clone(), link.clone(), live.clone(), ending.clone());
            let (letters, snapshot, mut event) = (letters.clone(), snapshot.clone(), event.clone());
            Box::pin(async move {
                config::queue(tx).await?;
                let account = users::get(tx, &user).await?.ok_or(NotDone::Gone)?;
                let found = links::get(tx, &link).await?.filter(|found| found.user == user).ok_or(NotDone::Gone)?;
                if judge(tx, (&user, &link), &live).await? == WayIn::Only {
                    return Err(NotDone::Forbidden(
                        "this is the only way in. Invite the person to set a password, or link another account, first"
                            .to_owned(),
                    ));
                }
                links::delete(tx, &link).await?;
                ending.end_what_rests_on(tx, &found).await?;
                event.detail = json!({ "connection": found.key.connection, "external": mask(&found.key.subject) });
                audit::insert(tx, &event).await?;
                let name = snapshot.connections.get(&found.key.connection).map(|c| c.connection.name.clone());
                if let (Some(entropy), Some(mail)) = (letters, name.and_then(|name| letter(&account, name))) {
                    crate::mail::queue(tx, &ending.store, &*entropy, &mail, ending.now).await?;
                }
                Ok(())
            })
        })
        .await
}

/// What ends with a link.
#[derive(Clone)]
pub(crate) struct Ending {
    store: Store,
    now: chrono::DateTime<chrono::Utc>,
}

impl Ending {
    /// As of now.
    pub(crate) fn now(broker: &Broker) -> Self {
        Self { store: broker.store.clone(), now: broker.now() }
    }

    /// Ends it.
    pub(crate) async fn end_what_rests_on(&self, tx: &mut Tx, link: &FederatedLink) -> Result<(), Fault> {
        let connection = &link.key.connection;
        for row in sessions::list_by_user(tx, &link.user, self.now).await? {
            let begun = session_of(&self.store, &row).and_then(|session| session.authentication.connection);
            // A console session does not say how it began; a fresh one costs a click.
            if begun.as_ref() == Some(connection) || row.kind == sessions::SessionKind::Console {
                grants::end_session(tx, &row.sid, self.now).await?;
                sessions::delete_by_sid(tx, &row.sid).await?;
            }
        }
        for grant in grants::list_by_user(tx, &link.user).await? {
            // One that cannot be read gives nothing to anybody.
            let payload = GrantPayload::open(self.store.sealer(), &grant).ok();
            if payload.is_some_and(|payload| payload.authentication.connection.as_ref() == Some(connection)) {
                grants::revoke(tx, &grant.id, self.now).await?;
            }
        }
        if links::exists_for_user(tx, connection, &link.user).await? {
            return Ok(());
        }
        let fed = usher_domain::MembershipSource::Connection(connection.clone());
        for membership in memberships::list_by_user(tx, &link.user).await? {
            if membership.source == fed {
                memberships::delete(tx, &membership.group, &link.user, &fed).await?;
            }
        }
        Ok(())
    }
}

fn letter(user: &User, connection: String) -> Option<Mail> {
    let content = MailContent::AccountUnlinked { connection };
    Some(Mail { to: verified_address(user)?, language: language(user), content })
}

/// What the form of a link by hand sends.
#[derive(Debug, Clone)]
pub struct LinkForm {
    /// The connection.
    pub connection: String,
    /// Who issued the identity; empty: the connection's own issuer.
    pub issuer: String,
    /// The subject there, byte for byte.
    pub subject: String,
}

/// Links an external identity to an account on an admin's word alone.
pub async fn link_by_hand(
    broker: &Broker,
    admin: &Admin,
    (user, form): (&UserId, &LinkForm),
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let snapshot = broker.snapshot();
    let id = ConnectionId::parse(form.connection.as_str()).ok();
    let connection = id.and_then(|id| snapshot.connections.get(&id)).map(|configured| configured.connection.clone());
    let connection = connection.ok_or_else(|| NotDone::field("connection", "Choose a connection"))?;
    let own = connection.settings.get("issuer").and_then(serde_json::Value::as_str).unwrap_or_default();
    let issuer = if form.issuer.trim().is_empty() { own } else { form.issuer.trim() };
    let valid = |text: &str, most| !text.is_empty() && text.len() <= most && !text.chars().any(char::is_control);
    if !valid(issuer, 2000) {
        return Err(NotDone::field("issuer", "Enter the issuer that this provider's tokens carry"));
    }
    if !valid(&form.subject, 255) {
        return Err(NotDone::field("subject", "Enter the id that the provider gives this person, exactly"));
    }
    let key =
        ExternalKey { connection: connection.id.clone(), issuer: issuer.to_owned(), subject: form.subject.clone() };
    let reasons = vec![Reason::ByHand];
    let explanation = serde_json::to_string(&Explanation { settings_revision: connection.revision, reasons })
        .map_err(|fault| Fault::unreadable("explanation", fault))?;
    let now = broker.now();
    let link = FederatedLink {
        id: LinkId::random(broker.entropy()),
        key,
        user: user.clone(),
        created_at: now,
        last_used_at: now,
        explanation,
    };
    let mut event = deed(broker, admin, visitor, "user.linked", user_object(user));
    event.detail = json!({ "connection": connection.id, "proof": "admin", "external": mask(&form.subject) });
    let one_only = match &connection.provisioning.linking {
        Some(linking) => linking.several == SeveralIdentities::Refused,
        None => true,
    };
    broker
        .store
        .write(move |tx| {
            let (link, event) = (link.clone(), event.clone());
            Box::pin(async move {
                users::get(tx, &link.user).await?.ok_or(NotDone::Gone)?;
                if one_only && links::exists_for_user(tx, &link.key.connection, &link.user).await? {
                    return Err(NotDone::field("connection", "This person is linked through this connection already"));
                }
                if let LinkInsert::Taken(_) = links::insert(tx, &link).await? {
                    return Err(NotDone::field("subject", "This external account is linked to a user already"));
                }
                Ok(audit::insert(tx, &event).await?)
            })
        })
        .await
}
