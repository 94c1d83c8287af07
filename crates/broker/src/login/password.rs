//! The password form: brake, lockout, check, and back to the dispatcher.
//!
//! Known and unknown names, and people without a password, take the same time and see the same
//! page (MFA-19). Failures are counted durably before the answer leaves.

use usher_domain::{
    AccountState, AttributeName, Authentication, EmailAddress, FlowId, RefusalCode, SecretText, Subject, TraceStage,
    User, UserName,
};
use usher_login_flow::{FlowEvent, Next, StepNumber, advance, next};
use usher_storage::attempts::{self, AttemptState};
use usher_storage::{credentials, hash, hex, users};

use super::refuse::{record, refuse, refuse_stranger};
use crate::broker::Broker;
use crate::failure::{Failure, Fault, Refusal};
use crate::flow_state::{self, LoadedFlow};
use crate::limits::bucket;
use crate::passwords::PasswordError;
use crate::tracing_events::note;
use crate::visitor::Visitor;

const MAX_NAME_BYTES: usize = 256;

/// What the form sends.
#[derive(Debug, Clone)]
pub struct PasswordForm {
    /// User name or e-mail address, as typed.
    pub username: String,
    /// Password, as typed.
    pub password: SecretText,
    /// Token of the form.
    pub csrf: String,
}

/// Checks the form; on `Ok` the web front redirects to the dispatcher, which shows what comes next.
pub async fn submit_password(
    broker: &Broker,
    id: &FlowId,
    form: PasswordForm,
    visitor: &Visitor,
) -> Result<(), Failure> {
    let now = broker.now();
    let loaded = flow_state::load(broker, id, visitor, now).await?;
    if !broker.csrf_matches(&format!("flow:{id}"), &form.csrf) {
        return Err(refuse_stranger(broker, RefusalCode::CsrfFailed, visitor).await);
    }
    let (step, offered) = match next(&loaded.state.flow, now) {
        Next::ShowSignIn(offer) => (offer.step, offer.password),
        // A later step that takes the password too.
        Next::AskFactor(offer) => (offer.step, offer.password),
        _ => return Ok(()),
    };
    if !offered {
        return Err(Refusal::bare(RefusalCode::BadRequest, visitor.correlation.clone(), now).into());
    }
    if !broker.limits.allows_password(visitor.remote) {
        return Err(braked(broker, &loaded, RefusalCode::RateLimited, visitor, 60).await);
    }
    check(broker, loaded, step, form, visitor).await
}

/// A person as the form named them, with what is needed to check the password.
struct Named {
    user: Option<User>,
    stored: Option<String>,
    keys: AttemptKeys,
}

/// Where attempts are counted.
#[derive(Clone)]
pub(super) struct AttemptKeys {
    /// The name as typed, from this place.
    door: String,
    /// The account; for unknown names the name, so that both behave alike.
    account: String,
}

/// What a user name with a password turned out to be.
pub(super) enum Checked {
    /// An account and its password. Its failures are forgotten by [`forgive`] only.
    Right(Box<User>, AttemptKeys),
    /// Anything else: nothing tells which.
    Wrong,
}

/// Looks at a user name and a password, under brake and lockout.
pub(super) async fn check_password(
    broker: &Broker,
    loaded: &LoadedFlow,
    form: PasswordForm,
    visitor: &Visitor,
) -> Result<Checked, Failure> {
    if form.username.len() > MAX_NAME_BYTES {
        return Err(Refusal::bare(RefusalCode::BadRequest, visitor.correlation.clone(), broker.now()).into());
    }
    let named = look_up(broker, form.username.trim(), visitor).await?;
    let stored = match count(broker, named.keys.clone()).await? {
        Counted::DoorClosed(seconds) => {
            return Err(braked(broker, loaded, RefusalCode::Locked, visitor, seconds).await);
        }
        Counted::AccountClosed => None,
        Counted::Open => named.stored,
    };
    let verified = match broker.passwords.verify(form.password, stored).await {
        Ok(verified) => verified,
        Err(PasswordError::Busy) => return Err(Fault::NotReady("password pool").into()),
        Err(PasswordError::TooLong | PasswordError::TooShort) => {
            return Err(Refusal::bare(RefusalCode::BadRequest, visitor.correlation.clone(), broker.now()).into());
        }
        Err(fault @ PasswordError::UnreadableHash) => return Err(Fault::unreadable("password", fault).into()),
    };
    Ok(match named.user.filter(|_| verified) {
        Some(user) => Checked::Right(Box::new(user), named.keys),
        None => Checked::Wrong,
    })
}

async fn check(
    broker: &Broker,
    loaded: LoadedFlow,
    step: StepNumber,
    form: PasswordForm,
    visitor: &Visitor,
) -> Result<(), Failure> {
    let typed = form.username.clone();
    match check_password(broker, &loaded, form, visitor).await? {
        Checked::Right(user, keys) if user.state == AccountState::Active => {
            accept(broker, loaded, step, *user, keys).await
        }
        Checked::Right(..) => Err(refuse(broker, loaded, RefusalCode::AccountDisabled, None, visitor).await),
        Checked::Wrong => reject(broker, loaded, step, &typed).await,
    }
}

async fn look_up(broker: &Broker, typed: &str, visitor: &Visitor) -> Result<Named, Failure> {
    let name = UserName::parse(typed).ok();
    let address = EmailAddress::parse(typed).ok();
    let typed_hash = hex(&hash(typed.to_ascii_lowercase().as_bytes()));
    let door = door(typed, visitor);
    let named = broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let mut user = match &name {
                    Some(name) => users::get_by_username(tx, name).await?,
                    None => None,
                };
                if let (None, Some(address)) = (&user, &address) {
                    let key = address.unique_key();
                    user = users::get_by_unique_value(tx, &AttributeName::email(), &key).await?;
                }
                let stored = match &user {
                    Some(user) => credentials::password(tx, &user.id).await?,
                    None => None,
                };
                let account = user.as_ref().map_or_else(|| format!("name:{typed_hash}"), |u| format!("user:{}", u.id));
                Ok::<_, Fault>(Named { user, stored, keys: AttemptKeys { door, account } })
            })
        })
        .await?;
    Ok(named)
}

/// One name, tried from one place.
fn door(name: &str, visitor: &Visitor) -> String {
    let place = visitor.remote.map(|ip| bucket(ip).to_string()).unwrap_or_default();
    format!("door:{}:{place}", hex(&hash(name.to_ascii_lowercase().as_bytes())))
}

/// What the password of somebody who is signed in turned out to be.
pub(crate) enum OwnPassword {
    /// It is theirs; failures before are forgotten.
    Right,
    /// It is not, or the account is closed: nothing tells which.
    Wrong,
    /// Too many attempts from here: how many seconds to wait.
    Closed(u64),
}

/// Looks at the password of somebody who is signed in, under the very brake and lockout of the sign-in: whoever found an
/// open browser gets no further guesses.
pub(crate) async fn check_own(
    broker: &Broker,
    user: &User,
    password: SecretText,
    visitor: &Visitor,
) -> Result<OwnPassword, Fault> {
    if !broker.limits.allows_password(visitor.remote) {
        return Ok(OwnPassword::Closed(60));
    }
    let keys = AttemptKeys { door: door(user.username.as_str(), visitor), account: format!("user:{}", user.id) };
    let id = user.id.clone();
    let stored = broker.store.read(move |tx| Box::pin(async move { credentials::password(tx, &id).await })).await?;
    let stored = match count(broker, keys.clone()).await? {
        Counted::DoorClosed(seconds) => return Ok(OwnPassword::Closed(seconds)),
        Counted::AccountClosed => None,
        Counted::Open => stored,
    };
    match broker.passwords.verify(password, stored).await {
        Ok(true) => forgive(broker, keys).await.map(|()| OwnPassword::Right),
        Ok(false) | Err(PasswordError::TooLong | PasswordError::TooShort) => Ok(OwnPassword::Wrong),
        Err(PasswordError::Busy) => Err(Fault::NotReady("password pool")),
        Err(fault @ PasswordError::UnreadableHash) => Err(Fault::unreadable("password", fault)),
    }
}

/// Whether a password may be looked at.
enum Counted {
    Open,
    AccountClosed,
    DoorClosed(u64),
}

/// Counts the attempt before the password is looked at, so that many at once are no more than the limit (MFA-06). A closed
/// door shows; a closed account does not, and the page says "wrong": a lock that shows would tell which names belong to one
/// account.
async fn count(broker: &Broker, keys: AttemptKeys) -> Result<Counted, Fault> {
    let now = broker.now();
    let wait = move |state: &AttemptState| {
        let until = state.locked_until.filter(|until| *until > now)?;
        Some(u64::try_from((until - now).num_seconds()).unwrap_or(0).max(1))
    };
    let settings = broker.snapshot().security.clone();
    let (door_policy, account_policy) = (settings.door(), settings.account());
    let counted = broker
        .store
        .write(move |tx| {
            let keys = keys.clone();
            Box::pin(async move {
                if let Some(seconds) = wait(&attempts::state(tx, &keys.door, now).await?) {
                    return Ok::<_, Fault>(Counted::DoorClosed(seconds));
                }
                let door = attempts::record_failure(tx, &keys.door, &door_policy, now).await?;
                if door.failures > i64::from(door_policy.limit) {
                    return Ok(Counted::DoorClosed(wait(&door).unwrap_or(1)));
                }
                if wait(&attempts::state(tx, &keys.account, now).await?).is_some() {
                    return Ok(Counted::AccountClosed);
                }
                attempts::record_failure(tx, &keys.account, &account_policy, now).await?;
                Ok(Counted::Open)
            })
        })
        .await?;
    Ok(counted)
}

/// Forgets the failures before a success.
pub(super) async fn forgive(broker: &Broker, keys: AttemptKeys) -> Result<(), Fault> {
    let forgotten = broker
        .store
        .write(move |tx| {
            let keys = keys.clone();
            Box::pin(async move {
                attempts::clear(tx, &keys.door).await?;
                attempts::clear(tx, &keys.account).await
            })
        })
        .await;
    Ok(forgotten?)
}

async fn accept(
    broker: &Broker,
    mut loaded: LoadedFlow,
    step: StepNumber,
    user: User,
    keys: AttemptKeys,
) -> Result<(), Failure> {
    let now = broker.now();
    forgive(broker, keys).await?;
    let authentication = Authentication {
        subject: Subject::Local { user: user.id.clone() },
        at: now,
        connection: None,
        amr: vec!["pwd".to_owned()],
        pass_through: usher_domain::Claims::new(),
        groups: Vec::new(),
        factors: Vec::new(),
        acr: None,
    };
    loaded.state.trace.user = Some(user.id);
    note(&mut loaded.state.trace, now, TraceStage::Page, "password accepted");
    move_on(broker, loaded, FlowEvent::PasswordAccepted { step, authentication }).await
}

async fn reject(broker: &Broker, mut loaded: LoadedFlow, step: StepNumber, typed: &str) -> Result<(), Failure> {
    let now = broker.now();
    note(&mut loaded.state.trace, now, TraceStage::Page, "user name or password not accepted");
    let typed_name = Some(typed.chars().take(128).collect());
    move_on(broker, loaded, FlowEvent::PasswordRejected { step, typed_name }).await
}

async fn move_on(broker: &Broker, mut loaded: LoadedFlow, event: FlowEvent) -> Result<(), Failure> {
    let now = broker.now();
    match advance(loaded.state.flow.clone(), event, now) {
        Ok(flow) => loaded.state.flow = flow,
        // The dispatcher shows what the flow says now.
        Err(_) => return Ok(()),
    }
    flow_state::save(broker, &loaded.state, loaded.revision).await?;
    Ok(())
}

/// Too many attempts: recorded, the flow stays as it is.
pub(super) async fn braked(
    broker: &Broker,
    loaded: &LoadedFlow,
    code: RefusalCode,
    visitor: &Visitor,
    seconds: u64,
) -> Failure {
    let now = broker.now();
    let mut trace = loaded.state.trace.clone();
    note(&mut trace, now, TraceStage::Page, format!("refused: {code}"));
    trace.refusal = Some(code);
    if let Err(fault) = record(broker, &trace, code, visitor).await {
        return fault.into();
    }
    let mut refusal = super::refuse::page(broker, loaded, code, None, now);
    refusal.retry_after = Some(seconds);
    refusal.into()
}
