//! Sessions of a person, ended by an admin one at a time.

use usher_domain::{SessionId, UserId};
use usher_storage::{audit, grants, sessions};

use super::super::{Admin, NotDone, deed, tried};
use super::{Reach, within_reach};
use crate::broker::Broker;
use crate::visitor::Visitor;

/// Ends one session with the grants that live as long as it.
pub async fn end_session(
    broker: &Broker,
    admin: &Admin,
    (user, session): (&UserId, &SessionId),
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let event = deed(broker, admin, visitor, "user.session_ended", crate::audit::user_object(user));
    let (user, session, now, reach) = (user.clone(), session.clone(), broker.now(), Reach::of(admin));
    let attempt = event.clone();
    let done = broker
        .store
        .write(move |tx| {
            let (user, session, event) = (user.clone(), session.clone(), event.clone());
            Box::pin(async move {
                within_reach(tx, reach, &user).await?;
                let found = sessions::get_by_sid(tx, &session, now).await?;
                found.filter(|row| row.user.as_ref() == Some(&user)).ok_or(NotDone::Gone)?;
                grants::end_session(tx, &session, now).await?;
                sessions::delete_by_sid(tx, &session).await?;
                Ok(audit::insert(tx, &event).await?)
            })
        })
        .await;
    tried(broker, attempt, done).await
}
