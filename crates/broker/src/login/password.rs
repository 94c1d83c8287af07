//! The password form: brake, lockout, check, and back to the dispatcher.
//!
//! Known and unknown names, and people without a password, take the same time and see the same
//! page (MFA-19). Failures are counted durably before the answer leaves.

use chrono::Duration;
use usher_domain::{
    AccountState, AttributeName, Authentication, EmailAddress, FlowId, RefusalCode, SecretText, Subject, TraceStage,
    User, UserName,
};
use usher_login_flow::{FlowEvent, Next, StepNumber, advance, next};
use usher_storage::attempts::{self, AttemptPolicy};
use usher_storage::{credentials, hash, hex, users};

use super::refuse::{record, refuse, refuse_stranger};
use crate::broker::Broker;
use crate::failure::{Failure, Fault, Refusal};
use crate::flow_state::{self, LoadedFlow};
use crate::passwords::PasswordError;
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// Ten failures in a quarter of an hour lock an account for a quarter of an hour.
const POLICY: AttemptPolicy = AttemptPolicy { limit: 10, window: Duration::minutes(15), lock: Duration::minutes(15) };
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
    if form.username.len() > MAX_NAME_BYTES {
        return Err(Refusal::bare(RefusalCode::BadRequest, visitor.correlation.clone(), now).into());
    }
    let Next::ShowSignIn(offer) = next(&loaded.state.flow, now) else { return Ok(()) };
    if !offer.password {
        return Err(Refusal::bare(RefusalCode::BadRequest, visitor.correlation.clone(), now).into());
    }
    if !broker.limits.allows_password(visitor.remote) {
        return Err(braked(broker, &loaded, RefusalCode::RateLimited, visitor, 60).await);
    }
    check(broker, loaded, offer.step, form, visitor).await
}

/// A person as the form named them, with what is needed to check the password.
struct Named {
    user: Option<User>,
    stored: Option<String>,
    attempts_key: String,
    locked_for: Option<u64>,
}

async fn check(
    broker: &Broker,
    loaded: LoadedFlow,
    step: StepNumber,
    form: PasswordForm,
    visitor: &Visitor,
) -> Result<(), Failure> {
    let named = look_up(broker, form.username.trim()).await?;
    if let Some(seconds) = named.locked_for {
        return Err(braked(broker, &loaded, RefusalCode::Locked, visitor, seconds).await);
    }
    let verified = match broker.passwords.verify(form.password, named.stored).await {
        Ok(verified) => verified,
        Err(PasswordError::Busy) => return Err(Fault::NotReady("password pool").into()),
        Err(PasswordError::TooLong | PasswordError::TooShort) => {
            return Err(Refusal::bare(RefusalCode::BadRequest, visitor.correlation.clone(), broker.now()).into());
        }
        Err(fault @ PasswordError::UnreadableHash) => return Err(Fault::unreadable("password", fault).into()),
    };
    match named.user.filter(|_| verified) {
        Some(user) => {
            if user.state != AccountState::Active {
                return Err(refuse(broker, loaded, RefusalCode::AccountDisabled, None, visitor).await);
            }
            accept(broker, loaded, step, user, &named.attempts_key).await
        }
        None => reject(broker, loaded, step, &form.username, named.attempts_key).await,
    }
}

async fn look_up(broker: &Broker, typed: &str) -> Result<Named, Failure> {
    let now = broker.now();
    let name = UserName::parse(typed).ok();
    let address = EmailAddress::parse(typed).ok();
    // Unknown names are counted under their hash, so that a lock tells nothing either.
    let unknown_key = format!("name:{}", hex(&hash(typed.to_ascii_lowercase().as_bytes())));
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
                let attempts_key = user.as_ref().map_or(unknown_key, |u| format!("user:{}", u.id));
                let state = attempts::state(tx, &attempts_key, now).await?;
                let locked_for = state
                    .locked_until
                    .filter(|until| *until > now)
                    .map(|until| u64::try_from((until - now).num_seconds()).unwrap_or(0).max(1));
                Ok::<_, Fault>(Named { user, stored, attempts_key, locked_for })
            })
        })
        .await?;
    Ok(named)
}

async fn accept(
    broker: &Broker,
    mut loaded: LoadedFlow,
    step: StepNumber,
    user: User,
    attempts_key: &str,
) -> Result<(), Failure> {
    let now = broker.now();
    let key = attempts_key.to_owned();
    let failures =
        broker.store.read(move |tx| Box::pin(async move { attempts::state(tx, &key, now).await })).await?.failures;
    if failures > 0 {
        let key = attempts_key.to_owned();
        broker
            .store
            .write(move |tx| {
                let key = key.clone();
                Box::pin(async move { attempts::clear(tx, &key).await })
            })
            .await?;
    }
    let authentication = Authentication {
        subject: Subject::Local { user: user.id.clone() },
        at: now,
        connection: None,
        amr: vec!["pwd".to_owned()],
        pass_through: usher_domain::Claims::new(),
    };
    loaded.state.trace.user = Some(user.id);
    note(&mut loaded.state.trace, now, TraceStage::Page, "password accepted");
    move_on(broker, loaded, FlowEvent::PasswordAccepted { step, authentication }).await
}

async fn reject(
    broker: &Broker,
    mut loaded: LoadedFlow,
    step: StepNumber,
    typed: &str,
    attempts_key: String,
) -> Result<(), Failure> {
    let now = broker.now();
    broker
        .store
        .write(move |tx| {
            let key = attempts_key.clone();
            Box::pin(async move { attempts::record_failure(tx, &key, &POLICY, now).await })
        })
        .await?;
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
async fn braked(broker: &Broker, loaded: &LoadedFlow, code: RefusalCode, visitor: &Visitor, seconds: u64) -> Failure {
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
