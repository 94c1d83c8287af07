//! The one durable transaction of a sign-in: account, link, session, grant with its code, audit and trace, or nothing.
//!
//! It decides again from fresh facts and commits only if outcome and user are as the flow had them
//! (rulings: Linking and provisioning). Constraints find the losers of a race; nothing is locked.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use usher_domain::{
    AccountState, AttributeBag, AttributeName, AttributeSource, AuditActor, Authentication, BrowserSession, Claims,
    EmailAddress, Entropy, FederatedLink, FlowId, GrantId, LinkId, NewUser, RefusalCode, SecretText, SessionId,
    SignInTrace, Subject, TraceStage, User, UserId,
};
use usher_oidc_provider::authorize::{AuthorizationRequest, ExpectedSubject};
use usher_oidc_provider::responses::AuthorizationAnswer;
use usher_provisioning::{AccountUpdate, Decision, Outcome, mask};
use usher_storage::grants::{GrantInsert, NewGrant, Offline};
use usher_storage::links::LinkInsert;
use usher_storage::sessions::{CookieId, SessionKind, SessionRow};
use usher_storage::unique_values::{Claim, UniqueValue};
use usher_storage::users::UserInsert;
use usher_storage::{
    Hash, Purpose, Store, Tx, audit, config, credentials, grants, hash, links, sessions, traces, unique_values, users,
};

use super::evidence::{Decided, DecisionContext, decide_now};
use crate::audit::user_object;
use crate::broker::SESSION_LIFE;
use crate::failure::Fault;
use crate::grant::GrantPayload;
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// Life of an authorization code (FAPI 2.0: at most 60 s).
const CODE_LIFE: Duration = Duration::seconds(60);
/// How long a grant without refresh token is kept: longer than its access token lives.
const GRANT_LIFE: Duration = Duration::hours(1);

/// What authenticated the person.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A local account by password.
    Local,
    /// A session of this browser that is reused.
    Session(SessionId),
    /// An external identity, with the decision that the flow rests on.
    Identity(Box<DecisionContext>, Box<Decision>),
}

/// Everything decided before the transaction; cheap to clone for a retry.
#[derive(Clone)]
pub struct FinishPlan {
    /// For sealing inside the transaction.
    pub store: Store,
    /// For ids and seals.
    pub entropy: Arc<dyn Entropy>,
    /// The time.
    pub now: DateTime<Utc>,
    /// The configuration that all of this was decided under.
    pub config_version: i64,
    /// The flow.
    pub flow: FlowId,
    /// The application's request.
    pub request: AuthorizationRequest,
    /// Whom the application expects.
    pub expected: ExpectedSubject,
    /// What authenticated the person.
    pub proof: Proof,
    /// Who, how, when, as the flow has it.
    pub authentication: Authentication,
    /// The subject of a person without a local account.
    pub pass_through_subject: Option<String>,
    /// The code, and the answer that carries it.
    pub code: SecretText,
    /// The answer that carries the code.
    pub answer: AuthorizationAnswer,
    /// The browser's old session, which ends.
    pub old_session: Option<Hash>,
    /// Who asks.
    pub visitor: Visitor,
    /// What happened so far.
    pub trace: SignInTrace,
}

/// What was committed.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The new session's cookie; absent when a session was reused.
    pub cookie: Option<CookieId>,
    /// The trace as it was written.
    pub trace: SignInTrace,
}

/// Why nothing was committed.
#[derive(Debug)]
pub enum NotCommitted {
    /// The facts moved: this is the decision now.
    Redecided(Box<Decision>),
    /// Another sign-in of the same person came first: look again.
    RaceLost,
    /// The configuration moved: look again.
    ConfigurationMoved,
    /// The application named somebody else.
    AnotherPerson,
    /// This flow has its grant already.
    AlreadyFinished,
    /// The person is refused.
    Refused(RefusalCode),
    /// A fault.
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for NotCommitted {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}

/// Who the person turned out to be.
struct Person {
    user: Option<UserId>,
    public_subject: String,
    pass_through: Claims,
}

/// Runs inside the transaction.
pub async fn commit(tx: &mut Tx, mut plan: FinishPlan) -> Result<Committed, NotCommitted> {
    if !config::assert_config_version(tx, plan.config_version).await? {
        return Err(NotCommitted::ConfigurationMoved);
    }
    let person = resolve(tx, &mut plan).await?;
    if !plan.expected.fits_sign_in(&person.public_subject) {
        return Err(NotCommitted::AnotherPerson);
    }
    let mut authentication = plan.authentication.clone();
    // What was resolved just now counts, whatever the flow had before: a stranger's session must not come of a race.
    match (&person.user, &plan.proof) {
        (Some(user), _) => authentication.subject = Subject::Local { user: user.clone() },
        (None, Proof::Identity(context, _)) => {
            authentication.subject = Subject::Federated { key: context.identity.key.clone() };
        }
        (None, Proof::Local | Proof::Session(_)) => {}
    }
    authentication.pass_through = person.pass_through.clone();
    let (sid, cookie) = match &plan.proof {
        Proof::Session(sid) => (sid.clone(), None),
        Proof::Local | Proof::Identity(..) => {
            let (sid, cookie) = begin_session(tx, &plan, &person, &authentication).await?;
            (sid, Some(cookie))
        }
    };
    write_grant(tx, &plan, &person, authentication, sid).await?;
    let trace = write_records(tx, &plan, &person).await?;
    Ok(Committed { cookie, trace })
}

async fn resolve(tx: &mut Tx, plan: &mut FinishPlan) -> Result<Person, NotCommitted> {
    match plan.proof.clone() {
        Proof::Identity(context, before) => {
            let decided = decide_now(tx, &context).await?;
            if !decided.decision.outcome.agrees_with(&before.outcome) {
                return Err(NotCommitted::Redecided(Box::new(decided.decision)));
            }
            apply(tx, plan, &context, decided).await
        }
        Proof::Local | Proof::Session(_) => match &plan.authentication.subject {
            Subject::Local { user } => {
                let user = users::get(tx, user).await?.ok_or(NotCommitted::Refused(RefusalCode::AccountDisabled))?;
                active(&user)?;
                still_proved(tx, plan, &user).await?;
                Ok(account(&user))
            }
            Subject::Federated { .. } => {
                let subject = plan.pass_through_subject.clone();
                let public_subject =
                    subject.ok_or(Fault::Invariant("a federated subject has a pass-through subject"))?;
                // An account was made for this person since: it decides now, not the old session (SESS-16).
                if users::get_by_subject(tx, &public_subject).await?.is_some() {
                    return Err(NotCommitted::Refused(RefusalCode::TxExpired));
                }
                still_open(tx, plan).await?;
                let pass_through = plan.authentication.pass_through.clone();
                Ok(Person { user: None, public_subject, pass_through })
            }
        },
    }
}

/// A password that was changed after it proved something proves nothing any more; an ended session neither.
async fn still_proved(tx: &mut Tx, plan: &FinishPlan, user: &User) -> Result<(), NotCommitted> {
    match plan.proof {
        Proof::Local => {
            let changed_at = credentials::changed_at(tx, &user.id).await?;
            if changed_at.is_none_or(|at| at > plan.authentication.at) {
                return Err(NotCommitted::Refused(RefusalCode::TxExpired));
            }
            Ok(())
        }
        Proof::Session(_) => still_open(tx, plan).await,
        Proof::Identity(..) => Ok(()),
    }
}

async fn still_open(tx: &mut Tx, plan: &FinishPlan) -> Result<(), NotCommitted> {
    let Proof::Session(sid) = &plan.proof else { return Ok(()) };
    match sessions::get_by_sid(tx, sid, plan.now).await? {
        Some(_) => Ok(()),
        None => Err(NotCommitted::Refused(RefusalCode::TxExpired)),
    }
}

fn active(user: &User) -> Result<(), NotCommitted> {
    match user.state {
        AccountState::Active => Ok(()),
        AccountState::Disabled => Err(NotCommitted::Refused(RefusalCode::AccountDisabled)),
    }
}

fn account(user: &User) -> Person {
    Person { user: Some(user.id.clone()), public_subject: user.public_subject.clone(), pass_through: Claims::new() }
}

/// Carries the decision out.
async fn apply(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    context: &DecisionContext,
    decided: Decided,
) -> Result<Person, NotCommitted> {
    let explanation =
        serde_json::to_string(&decided.decision.explanation).map_err(|e| Fault::unreadable("explanation", e))?;
    match decided.decision.outcome {
        Outcome::SignIn { update, .. } => {
            let (Some(user), Some(link)) = (decided.user, decided.link) else {
                return Err(Fault::Invariant("signing in rests on a link and its account").into());
            };
            active(&user)?;
            links::touch(tx, &link.id, plan.now).await?;
            if let Some(update) = update {
                update_account(tx, plan, &user, update).await?;
            }
            Ok(account(&user))
        }
        Outcome::Create(new_user) => {
            let user = create_account(tx, plan, context, *new_user).await?;
            link_account(tx, plan, context, &user, explanation).await?;
            Ok(account(&user))
        }
        Outcome::PassThrough { subject, claims } => {
            Ok(Person { user: None, public_subject: subject, pass_through: claims })
        }
        Outcome::Refuse { code } => Err(NotCommitted::Refused(code)),
        // Linking to an existing account, with or without proof, comes with its own settings page.
        Outcome::Link { .. } | Outcome::ProveOwnership { .. } => Err(NotCommitted::Refused(RefusalCode::LinkRefused)),
    }
}

async fn create_account(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    context: &DecisionContext,
    new_user: NewUser,
) -> Result<User, NotCommitted> {
    let mut user = User {
        id: UserId::random(&*plan.entropy),
        public_subject: new_user.public_subject,
        username: new_user.username_candidates.first().cloned().ok_or(Fault::Invariant("a new account has a name"))?,
        state: AccountState::Active,
        attributes: new_user.attributes,
        created_by: AttributeSource::Connection(context.connection.id.clone()),
        created_at: plan.now,
        revision: 1,
    };
    let mut inserted = false;
    for name in new_user.username_candidates {
        user.username = name;
        match users::insert(tx, &user).await? {
            UserInsert::Inserted => {
                inserted = true;
                break;
            }
            UserInsert::UsernameTaken => {}
            UserInsert::SubjectTaken => return Err(NotCommitted::RaceLost),
        }
    }
    if !inserted {
        return Err(NotCommitted::Refused(RefusalCode::ProvisioningRefused));
    }
    if let Some(value) = verified_email(&user.attributes)
        && let Claim::TakenBy(_) = unique_values::claim(tx, &value, &user.id).await?
    {
        return Err(NotCommitted::RaceLost);
    }
    let mut event = crate::audit::event(&plan.visitor, plan.now, "user.provisioned", AuditActor::System);
    event.object = user_object(&user.id);
    event.correlation = Some(plan.trace.correlation.clone());
    event.detail = json!({ "connection": context.connection.id });
    audit::insert(tx, &event).await?;
    note(&mut plan.trace, plan.now, TraceStage::Decision, format!("account created: {}", mask(user.username.as_str())));
    Ok(user)
}

async fn link_account(
    tx: &mut Tx,
    plan: &FinishPlan,
    context: &DecisionContext,
    user: &User,
    explanation: String,
) -> Result<(), NotCommitted> {
    let link = FederatedLink {
        id: LinkId::random(&*plan.entropy),
        key: context.identity.key.clone(),
        user: user.id.clone(),
        created_at: plan.now,
        last_used_at: plan.now,
        explanation,
    };
    match links::insert(tx, &link).await? {
        LinkInsert::Inserted => Ok(()),
        LinkInsert::Taken(_) => Err(NotCommitted::RaceLost),
    }
}

async fn update_account(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    user: &User,
    update: AccountUpdate,
) -> Result<(), NotCommitted> {
    let before = verified_email(&user.attributes);
    let after = verified_email(&update.attributes);
    if before != after {
        if let Some(value) = &before {
            unique_values::release(tx, value, &user.id).await?;
        }
        if let Some(value) = &after
            && let Claim::TakenBy(_) = unique_values::claim(tx, value, &user.id).await?
        {
            return Err(NotCommitted::RaceLost);
        }
    }
    if users::update_attributes(tx, &user.id, user.revision, &update.attributes).await?.is_none() {
        return Err(NotCommitted::RaceLost);
    }
    let mut event = crate::audit::event(&plan.visitor, plan.now, "user.updated", AuditActor::System);
    event.object = user_object(&user.id);
    event.correlation = Some(plan.trace.correlation.clone());
    let names: Vec<_> = update.changes.iter().map(|change| change.attribute.as_str().to_owned()).collect();
    event.detail = json!({ "attributes": names });
    audit::insert(tx, &event).await?;
    note(&mut plan.trace, plan.now, TraceStage::Decision, format!("account updated: {}", names.join(", ")));
    Ok(())
}

/// The unique value of a verified address.
pub fn verified_email(attributes: &AttributeBag) -> Option<UniqueValue> {
    let email = attributes.get(&AttributeName::email()).filter(|value| value.verified.is_verified())?;
    let address = EmailAddress::parse(email.values.first()?).ok()?;
    Some(UniqueValue { attribute: AttributeName::email(), value_key: address.unique_key() })
}

async fn begin_session(
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
        expires_at: plan.now + SESSION_LIFE,
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
    };
    if !sessions::insert(tx, &row).await? {
        return Err(Fault::Invariant("session ids do not repeat").into());
    }
    Ok((session.id, cookie))
}

/// Where a session's content stands in its record.
pub const SESSION_KEY: &str = "session";

async fn write_grant(
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

async fn write_records(tx: &mut Tx, plan: &FinishPlan, person: &Person) -> Result<SignInTrace, NotCommitted> {
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
    traces::upsert(tx, &trace).await?;
    Ok(trace)
}
