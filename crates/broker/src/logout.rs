//! Sign-out: by an application (RP-Initiated Logout 1.0) or by the person's own link.

use usher_domain::{ApplicationId, AuditActor, SessionId, Subject};
use usher_oidc_provider::logout::{LogoutContext, LogoutOutcome, validate};
use usher_oidc_provider::params::Params;
use usher_storage::{audit, grants, sessions, users};

use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::login;
use crate::visitor::Visitor;

/// How a sign-out goes on.
#[derive(Debug)]
pub enum LoggingOut {
    /// Done: the session of this browser ended (if it had one).
    Done {
        /// Where the application wants the person back.
        redirect: Option<String>,
    },
    /// Ask the person first: nothing proves that the application may do it.
    Ask {
        /// Token of the form.
        csrf: String,
        /// Names of the applications that this session signed in to.
        applications: Vec<String>,
    },
}

/// An application asks to sign the person out.
pub async fn start(broker: &Broker, params: &Params, visitor: &Visitor) -> Result<LoggingOut, Failure> {
    let subject = session_subject(broker, visitor).await?;
    let snapshot = broker.snapshot();
    let context = LogoutContext { ring: &snapshot.keys, issuer: &broker.issuer, session_subject: subject.as_deref() };
    match validate(params, &context, |id| snapshot.application(id)) {
        Ok(LogoutOutcome::LogOutNow { redirect, hint }) => {
            let _ = hint;
            end(broker, visitor).await?;
            Ok(LoggingOut::Done { redirect })
        }
        Ok(LogoutOutcome::AskFirst) => ask(broker, visitor).await,
        Err(error) => Err(login::refuse_request(broker, error.code(), visitor).await),
    }
}

/// The person's own sign-out page.
pub async fn ask(broker: &Broker, visitor: &Visitor) -> Result<LoggingOut, Failure> {
    let Some(live) = &visitor.session else { return Ok(LoggingOut::Done { redirect: None }) };
    let sid = live.session.id.clone();
    let ids =
        broker.store.read(move |tx| Box::pin(async move { grants::applications_by_session(tx, &sid).await })).await?;
    let snapshot = broker.snapshot();
    let applications = ids.iter().filter_map(|id| snapshot.application(id)).map(|a| a.name.clone()).collect();
    Ok(LoggingOut::Ask { csrf: broker.csrf_token(&owner(&live.session.id)), applications })
}

/// The person confirmed.
pub async fn confirm(broker: &Broker, csrf: &str, visitor: &Visitor) -> Result<(), Failure> {
    let Some(live) = &visitor.session else { return Ok(()) };
    if !broker.csrf_matches(&owner(&live.session.id), csrf) {
        return Err(login::refuse_request(broker, usher_domain::RefusalCode::CsrfFailed, visitor).await);
    }
    Ok(end(broker, visitor).await?)
}

fn owner(session: &SessionId) -> String {
    format!("logout:{session}")
}

/// Ends the session of this browser, in the console too: its rows, its codes, and every grant without offline access.
pub async fn end(broker: &Broker, visitor: &Visitor) -> Result<(), Fault> {
    let Some(live) = &visitor.session else { return Ok(()) };
    let now = broker.now();
    let actor = match &live.session.authentication.subject {
        Subject::Local { user } => AuditActor::User(user.clone()),
        Subject::Federated { .. } => AuditActor::Anonymous,
    };
    let event = crate::audit::event(visitor, now, "session.ended", actor);
    let (cookie, sid, console) = (live.cookie, live.session.id.clone(), visitor.console);
    broker
        .store
        .write(move |tx| {
            let (event, sid) = (event.clone(), sid.clone());
            Box::pin(async move {
                sessions::delete(tx, &cookie).await?;
                if let Some(console) = &console {
                    sessions::delete(tx, console).await?;
                }
                grants::end_session(tx, &sid, now).await?;
                audit::insert(tx, &event).await?;
                Ok::<_, Fault>(())
            })
        })
        .await
}

async fn session_subject(broker: &Broker, visitor: &Visitor) -> Result<Option<String>, Fault> {
    let Some(live) = &visitor.session else { return Ok(None) };
    match &live.session.authentication.subject {
        Subject::Federated { key } => Ok(Some(broker.pass_through_subject(key))),
        Subject::Local { user } => {
            let user = user.clone();
            let user = broker.store.read(move |tx| Box::pin(async move { users::get(tx, &user).await })).await?;
            Ok(user.map(|user| user.public_subject))
        }
    }
}

/// The application that a signed-out page may lead back to.
pub fn home_of(broker: &Broker, application: &ApplicationId) -> Option<String> {
    broker.snapshot().application(application).and_then(|a| a.home_url.clone())
}
