//! The sessions of a person: where they are signed in, and the end of one or of all others.

use chrono::{DateTime, Utc};
use serde_json::json;
use usher_domain::{ConnectionId, SessionId};
use usher_storage::sessions::{self, SessionKind, SessionRow};
use usher_storage::{grants, trusted_devices};

use super::deed::Deed;
use super::{NotDone, Person};
use crate::broker::Broker;
use crate::console::users::session_of;
use crate::failure::Fault;
use crate::visitor::Visitor;

/// A live session, as its owner sees it.
#[derive(Debug, Clone)]
pub struct OwnSession {
    /// Public handle.
    pub id: SessionId,
    /// Whether it is the one of this browser.
    pub here: bool,
    /// Whether it is one of the console's.
    pub console: bool,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// The connection that the person came through, where there is one.
    pub connection: Option<ConnectionId>,
    /// How the person signed in, after RFC 8176.
    pub methods: Vec<String>,
    /// The address that it began from.
    pub remote: Option<String>,
    /// What the browser called itself.
    pub agent: Option<String>,
    /// Names of the applications that it signed in to.
    pub applications: Vec<String>,
}

/// The sessions of a person, the one of this browser first.
pub async fn list(broker: &Broker, person: &Person) -> Result<Vec<OwnSession>, Fault> {
    let (user, now, store) = (person.user.id.clone(), broker.now(), broker.store.clone());
    let (here, snapshot) = (person.session.clone(), broker.snapshot());
    let mut all = broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let mut all = Vec::new();
                for row in sessions::list_by_user(tx, &user, now).await? {
                    let ids = grants::applications_by_session(tx, &row.sid).await?;
                    let others = ids.iter().filter(|id| !crate::snapshot::is_own(id));
                    let names = others.filter_map(|id| snapshot.application(id)).map(|a| a.name.clone()).collect();
                    let authentication = session_of(&store, &row).map(|session| session.authentication);
                    all.push(OwnSession {
                        here: row.sid == here,
                        connection: authentication.as_ref().and_then(|a| a.connection.clone()),
                        methods: authentication.map(|a| a.amr).unwrap_or_default(),
                        applications: names,
                        ..of_row(row)
                    });
                }
                Ok::<_, Fault>(all)
            })
        })
        .await?;
    all.sort_by_key(|session| !session.here);
    Ok(all)
}

fn of_row(row: SessionRow) -> OwnSession {
    OwnSession {
        id: row.sid,
        here: false,
        console: row.kind == SessionKind::Console,
        created_at: row.created_at,
        expires_at: row.expires_at,
        connection: None,
        methods: Vec::new(),
        remote: row.remote,
        agent: row.agent,
        applications: Vec::new(),
    }
}

/// Ends one session with everything that applications got by it, refresh tokens included. Another person's is not there.
pub async fn end(broker: &Broker, person: &Person, session: &str, visitor: &Visitor) -> Result<(), NotDone> {
    let session = SessionId::parse(session).map_err(|_| NotDone::Gone)?;
    let deed = Deed::new(broker, person, "user.session_ended", visitor);
    broker
        .store
        .write(move |tx| {
            let (deed, session) = (deed.clone(), session.clone());
            Box::pin(async move {
                let user = deed.open(tx).await?;
                let found = sessions::get_by_sid(tx, &session, deed.now).await?;
                found.filter(|row| row.user.as_ref() == Some(&user.id)).ok_or(NotDone::Gone)?;
                grants::revoke_by_session(tx, &session, deed.now).await?;
                sessions::delete_by_sid(tx, &session).await?;
                deed.close_quietly(tx).await
            })
        })
        .await
}

/// Ends every session but this one, and everything that applications hold: no refresh token outlives it. Browsers that
/// are remembered are forgotten.
pub async fn end_others(broker: &Broker, person: &Person, visitor: &Visitor) -> Result<(), NotDone> {
    let deed = Deed::new(broker, person, "user.signed_out", visitor).with(json!({ "kept": "this browser" }));
    broker
        .store
        .write(move |tx| {
            let deed = deed.clone();
            Box::pin(async move {
                let user = deed.open(tx).await?;
                sessions::delete_others(tx, &user.id, deed.session()).await?;
                grants::revoke_by_user(tx, &user.id, deed.now).await?;
                trusted_devices::delete_all(tx, &user.id).await?;
                deed.close_quietly(tx).await
            })
        })
        .await
}
