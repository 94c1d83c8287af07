//! What every finished sign-in leaves: session, grant with its code, audit event and trace.

use chrono::Duration;
use serde_json::json;
use usher_domain::{AuditActor, Authentication, BrowserSession, GrantId, SessionId, SignInTrace, TraceStage, UserId};
use usher_storage::grants::{GrantInsert, NewGrant, Offline};
use usher_storage::own_sign_ins::{self, OwnSignIn};
use usher_storage::sessions::{CookieId, SessionKind, SessionRow};
use usher_storage::{Purpose, Tx, audit, grants, hash, sessions, traces};

use super::{FinishPlan, NotCommitted, Person};
use crate::failure::Fault;
use crate::grant::GrantPayload;
use crate::tracing_events::note;

/// Life of an authorization code (FAPI 2.0: at most 60 s).
const CODE_LIFE: Duration = Duration::seconds(60);
/// How long a grant without refresh token is kept: longer than its access token lives.
const GRANT_LIFE: Duration = Duration::hours(1);

pub(super) async fn begin_session(
    tx: &mut Tx,
    plan: &FinishPlan,
    person: &Person,
    authentication: &Authentication,
) -> Result<(SessionId, CookieId), NotCommitted> {
    if let Some(old) = &plan.old_session {
        sessions::delete(tx, old).await?;
    }
    let session = BrowserSession {
        id: SessionId::random(&*plan.entropy),
        authentication: authentication.clone(),
        created_at: plan.now,
        // A session that is raised to more factors lives no longer for it (SESS-06).
        expires_at: plan.session_ends.unwrap_or(plan.now + plan.session_life),
    };
    let cookie = CookieId::random(&*plan.entropy);
    let id_hash = cookie.hash();
    let value = serde_json::to_value(&session).map_err(|e| Fault::unreadable("session", e))?;
    let content = std::iter::once((SESSION_KEY.to_owned(), value)).collect();
    let sealed = sessions::seal_data(plan.store.sealer(), &id_hash, &content, &*plan.entropy)
        .map_err(|e| Fault::unreadable("session", e))?;
    let row = SessionRow {
        id_hash,
        sid: session.id.clone(),
        kind: SessionKind::Browser,
        user: person.user.clone(),
        data: sealed,
        created_at: session.created_at,
        expires_at: session.expires_at,
        remote: plan.visitor.remote_text(),
        agent: plan.visitor.agent.clone(),
    };
    if !sessions::insert(tx, &row).await? {
        return Err(Fault::Invariant("session ids do not repeat").into());
    }
    Ok((session.id, cookie))
}

/// Where a session's content stands in its record.
pub const SESSION_KEY: &str = "session";

pub(super) async fn write_grant(
    tx: &mut Tx,
    plan: &FinishPlan,
    person: &Person,
    authentication: Authentication,
    sid: SessionId,
) -> Result<(), NotCommitted> {
    let id = GrantId::random(&*plan.entropy);
    let payload = GrantPayload {
        request: plan.request.clone(),
        authentication,
        subject: person.public_subject.clone(),
        session: sid.clone(),
    };
    let sealer = plan.store.sealer();
    let answer = serde_json::to_vec(&plan.answer).map_err(|e| Fault::unreadable("answer", e))?;
    let redirect = sealer
        .seal(Purpose::GRANT_REDIRECT, id.as_str(), &answer, &*plan.entropy)
        .map_err(|e| Fault::unreadable("answer", e))?;
    let grant = NewGrant {
        payload: payload.seal(sealer, &id, &*plan.entropy)?,
        redirect,
        id,
        flow: plan.flow.clone(),
        application: plan.request.application.clone(),
        user: person.user.clone(),
        session: Some(sid),
        offline: if plan.request.wants_offline_access() { Offline::Granted } else { Offline::Denied },
        code_hash: hash(plan.code.expose().as_bytes()),
        code_expires_at: plan.now + CODE_LIFE,
        created_at: plan.now,
        expires_at: plan.now + GRANT_LIFE,
    };
    match grants::insert(tx, &grant).await? {
        GrantInsert::Inserted => Ok(()),
        GrantInsert::Existing(_) => Err(NotCommitted::AlreadyFinished),
    }
}

pub(super) async fn write_records(
    tx: &mut Tx,
    plan: &FinishPlan,
    person: &Person,
) -> Result<SignInTrace, NotCommitted> {
    let mut trace = plan.trace.clone();
    trace.user.clone_from(&person.user);
    trace.finished = true;
    trace.refusal = None;
    note(&mut trace, plan.now, TraceStage::End, "signed in: authorization code issued");
    let actor = person.user.clone().map_or(AuditActor::Anonymous, AuditActor::User);
    let mut event = crate::audit::event(&plan.visitor, plan.now, "sign_in.finished", actor);
    event.object = crate::audit::application_object(&plan.request.application);
    event.correlation = Some(trace.correlation.clone());
    event.detail = json!({ "connection": plan.authentication.connection, "amr": plan.authentication.amr });
    audit::insert(tx, &event).await?;
    if let Some(user) = &person.user {
        own_sign_ins::insert(tx, &own_sign_in(plan, user, &trace)).await?;
    }
    traces::upsert(tx, &trace).await?;
    Ok(trace)
}

/// What the person finds in their own history.
fn own_sign_in(plan: &FinishPlan, user: &UserId, trace: &SignInTrace) -> OwnSignIn {
    OwnSignIn {
        user: user.clone(),
        at: plan.now,
        application: plan.request.application.clone(),
        connection: plan.authentication.connection.clone(),
        methods: plan.authentication.amr.clone(),
        correlation: trace.correlation.clone(),
        remote: plan.visitor.remote_text(),
        agent: plan.visitor.agent.clone(),
    }
}
