//! A new password by mail, for people who forgot theirs.
//!
//! The page says the same whether or not there is an account (MFA-19), and as much work is done. A link is a hash at
//! rest, works once, for half an hour, and dies with every newer one. It replaces a password and nothing else: who has
//! none (a federated account) gets none this way, second factors stay (MFA-10), and an account with rights in the console
//! is never reached by mail alone (ADMIN-15).

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use usher_domain::{
    AccountState, AttributeName, AuditActor, EmailAddress, FlowId, MailContent, RefusalCode, SecretText, User, UserId,
    UserName,
};
use usher_storage::attempts::{self, AttemptPolicy};
use usher_storage::setup_tokens::{self, SetupToken};
use usher_storage::{
    Hash, StorageError, Tx, audit, config, credentials, grants, hash, hex, roles, sessions, trusted_devices, users,
};

use crate::broker::Broker;
use crate::failure::{Failure, Fault, Refusal};
use crate::flow_state;
use crate::limits::bucket;
use crate::login::refuse_request;
use crate::mail::{Notices, Told, verified_address};
use crate::setup::{SetupFailure, chosen_password};
use crate::visitor::Visitor;

/// For how many minutes a link works.
pub const MINUTES: u32 = 30;
/// Start of the purpose; the account's id follows.
const PURPOSE: &str = "reset:";
const MAX_NAME_BYTES: usize = 256;
/// Mails to one account: what comes on top is answered the same and not sent (MFA-08).
const ACCOUNT: AttemptPolicy = AttemptPolicy { limit: 3, window: Duration::hours(1), lock: Duration::hours(1) };
/// Questions from one place.
const PLACE: AttemptPolicy = AttemptPolicy { limit: 20, window: Duration::hours(1), lock: Duration::hours(1) };

/// A link about to be made.
#[derive(Clone)]
pub(crate) struct NewLink {
    token: SetupToken,
    address: SecretText,
}

impl NewLink {
    /// A link for an account.
    pub(crate) fn draw(broker: &Broker, user: &UserId) -> Self {
        let secret = usher_oidc_provider::opaque::generate(broker.entropy());
        let token = SetupToken {
            hash: hash(secret.expose().as_bytes()),
            purpose: purpose(user),
            expires_at: broker.now() + Duration::minutes(i64::from(MINUTES)),
        };
        Self { token, address: SecretText::new(format!("{}/setup/{}", broker.public_url(), secret.expose())) }
    }

    /// The same link for another account.
    fn of(&self, user: &UserId) -> Self {
        Self { token: SetupToken { purpose: purpose(user), ..self.token.clone() }, address: self.address.clone() }
    }

    /// The address, to be shown once.
    pub(crate) fn address(&self) -> SecretText {
        self.address.clone()
    }

    /// Makes it in place of older ones; gives the address that it is mailed to, if it is.
    pub(crate) async fn put(
        &self,
        tx: &mut Tx,
        notices: &Notices,
        user: &User,
        now: DateTime<Utc>,
    ) -> Result<Option<EmailAddress>, Fault> {
        setup_tokens::revoke_all(tx, &self.token.purpose).await?;
        setup_tokens::insert(tx, &self.token, now).await?;
        let told = notices.tell(tx, user, self.letter(user.username.to_string()), now).await?;
        Ok(verified_address(user).filter(|_| told == Told::Queued))
    }

    /// As many writes for nobody: a link that leads nowhere, and a letter that is torn up before it is sent.
    async fn pretend(&self, tx: &mut Tx, notices: &Notices, now: DateTime<Utc>) -> Result<(), Fault> {
        setup_tokens::revoke_all(tx, &self.token.purpose).await?;
        setup_tokens::insert(tx, &self.token, now).await?;
        notices.pretend(tx, self.letter(String::new()), now).await
    }

    fn letter(&self, username: String) -> MailContent {
        MailContent::PasswordReset { link: self.address.expose().to_owned(), username, minutes: MINUTES }
    }
}

fn purpose(user: &UserId) -> String {
    format!("{PURPOSE}{user}")
}

/// Takes back the links of an account: whoever sets or changes a password calls it.
pub async fn forget(tx: &mut Tx, user: &UserId) -> Result<(), StorageError> {
    setup_tokens::revoke_all(tx, &purpose(user)).await.map(drop)
}

/// Whether the password of an account may be replaced by a link.
pub(crate) async fn may_reset(tx: &mut Tx, user: &User) -> Result<bool, StorageError> {
    Ok(has_password_only(tx, &user.id).await? && user.state == AccountState::Active)
}

/// Whether there is a password to replace, and no right in the console to come by.
async fn has_password_only(tx: &mut Tx, user: &UserId) -> Result<bool, StorageError> {
    let password = credentials::password(tx, user).await?;
    Ok(roles::list(tx, user).await?.is_empty() && password.is_some())
}

/// What the page shows.
#[derive(Debug, Clone)]
pub struct ForgotPage {
    /// Token of the form.
    pub csrf: String,
    /// Name of the application.
    pub application: String,
    /// Languages that the application asked for.
    pub ui_locales: Vec<String>,
}

/// The page, for the browser that owns the sign-in.
pub async fn page(broker: &Broker, id: &FlowId, visitor: &Visitor) -> Result<ForgotPage, Failure> {
    let loaded = flow_state::load(broker, id, visitor, broker.now()).await?;
    let snapshot = broker.snapshot();
    let request = loaded.state.flow.request();
    Ok(ForgotPage {
        csrf: broker.csrf_token(&format!("flow:{id}")),
        application: snapshot.application(&request.application).map(|a| a.name.clone()).unwrap_or_default(),
        ui_locales: request.ui_locales.clone(),
    })
}

/// Sends a link to the person whose name or address was typed, if there is one. The answer never says.
pub async fn ask(broker: &Broker, id: &FlowId, (typed, csrf): (&str, &str), visitor: &Visitor) -> Result<(), Failure> {
    let now = broker.now();
    flow_state::load(broker, id, visitor, now).await?;
    if !broker.csrf_matches(&format!("flow:{id}"), csrf) {
        return Err(refuse_request(broker, RefusalCode::CsrfFailed, visitor).await);
    }
    if typed.len() > MAX_NAME_BYTES {
        return Err(Refusal::bare(RefusalCode::BadRequest, visitor.correlation.clone(), now).into());
    }
    let place = visitor.remote.map(|ip| bucket(ip).to_string()).unwrap_or_default();
    let nobody = UserId::random(broker.entropy());
    let asked = Asked {
        name: UserName::parse(typed.trim()).ok(),
        address: EmailAddress::parse(typed.trim()).ok(),
        typed: hash(typed.trim().to_lowercase().as_bytes()),
        place: format!("reset-place:{place}"),
        // For nobody: replaced by the account's own, or kept as the work that is done for a stranger.
        link: NewLink::draw(broker, &nobody),
        nobody,
        notices: Notices::of(broker),
        event: crate::audit::event(visitor, now, "user.password_reset_asked", AuditActor::Anonymous),
        now,
    };
    let answer = broker
        .store
        .write(move |tx| {
            let asked = asked.clone();
            Box::pin(async move { asked.answer(tx).await })
        })
        .await?;
    match answer {
        Answered::Heard => Ok(()),
        Answered::TooMany(seconds) => {
            let mut refusal = Refusal::bare(RefusalCode::RateLimited, visitor.correlation.clone(), now);
            refusal.retry_after = Some(seconds);
            Err(refusal.into())
        }
    }
}

/// What was asked, by whom and when.
#[derive(Clone)]
struct Asked {
    name: Option<UserName>,
    address: Option<EmailAddress>,
    typed: Hash,
    place: String,
    /// An account that does not exist, asked about where no other is.
    nobody: UserId,
    link: NewLink,
    notices: Notices,
    event: usher_domain::AuditEvent,
    now: DateTime<Utc>,
}

enum Answered {
    Heard,
    TooMany(u64),
}

impl Asked {
    async fn answer(mut self, tx: &mut Tx) -> Result<Answered, Fault> {
        let place = attempts::record_failure(tx, &self.place, &PLACE, self.now).await?;
        if place.failures > i64::from(PLACE.limit) {
            let seconds = place.locked_until.map_or(1, |until| (until - self.now).num_seconds());
            return Ok(Answered::TooMany(u64::try_from(seconds).unwrap_or(1).max(1)));
        }
        let found = self.find(tx).await?;
        let counted = found.as_ref().map_or_else(|| hex(&self.typed), |user| user.id.to_string());
        let account = attempts::record_failure(tx, &format!("reset:{counted}"), &ACCOUNT, self.now).await?;
        let few = account.failures <= i64::from(ACCOUNT.limit);
        let sent = found.filter(|_| few);
        self.event.detail = json!({ "sent": sent.is_some() });
        if let Some(user) = sent {
            self.link.of(&user.id).put(tx, &self.notices, &user, self.now).await?;
            self.event.object = crate::audit::user_object(&user.id);
        } else {
            self.link.pretend(tx, &self.notices, self.now).await?;
        }
        audit::insert(tx, &self.event).await?;
        Ok(Answered::Heard)
    }

    /// The account that gets a mail: switched on, with a password and an address that somebody vouches for. As much is
    /// read for a name that nobody has.
    async fn find(&self, tx: &mut Tx) -> Result<Option<User>, Fault> {
        let by_name = match &self.name {
            Some(name) => users::get_by_username(tx, name).await?,
            None => None,
        };
        let by_address = match &self.address {
            Some(address) => users::get_by_unique_value(tx, &AttributeName::email(), &address.unique_key()).await?,
            None => None,
        };
        let found = by_name.or(by_address);
        let id = found.as_ref().map_or(&self.nobody, |user| &user.id);
        let may = has_password_only(tx, id).await?;
        Ok(found.filter(|user| may && user.state == AccountState::Active && verified_address(user).is_some()))
    }
}

/// The account that a link's purpose leads to, while its password may be replaced.
pub(crate) async fn resettable(tx: &mut Tx, purpose: &str) -> Result<Option<User>, Fault> {
    let Some(id) = purpose.strip_prefix(PURPOSE).and_then(|id| UserId::parse(id).ok()) else { return Ok(None) };
    let Some(user) = users::get(tx, &id).await? else { return Ok(None) };
    Ok(may_reset(tx, &user).await?.then_some(user))
}

/// Uses the link: replaces the password, ends what the old one had opened, and tells the owner.
pub async fn accept(
    broker: &Broker,
    token: &str,
    passwords: (SecretText, SecretText),
    visitor: &Visitor,
) -> Result<(), SetupFailure> {
    let (password, again) = passwords;
    if password != again {
        return Err(SetupFailure::PasswordsDiffer);
    }
    let (token, now) = (hash(token.as_bytes()), broker.now());
    let user = owner(broker, token, now).await?.ok_or(SetupFailure::DeadLink)?;
    let phc = chosen_password(broker, password, &known_words(&user)).await?;
    let event = crate::audit::event(visitor, now, "user.password_reset", AuditActor::Anonymous);
    let notices = Notices::of(broker);
    broker
        .store
        .write(move |tx| {
            let (phc, mut event, notices) = (phc.clone(), event.clone(), notices.clone());
            Box::pin(async move {
                config::queue(tx).await?;
                let purpose = setup_tokens::redeem(tx, &token, now).await?.ok_or(SetupFailure::DeadLink)?;
                let user = resettable(tx, &purpose).await?.ok_or(SetupFailure::DeadLink)?;
                replace(tx, &user.id, &phc, now).await?;
                notices.tell(tx, &user, MailContent::PasswordChanged, now).await?;
                event.actor = AuditActor::User(user.id.clone());
                event.object = crate::audit::user_object(&user.id);
                Ok(audit::insert(tx, &event).await?)
            })
        })
        .await
}

async fn owner(broker: &Broker, token: Hash, now: DateTime<Utc>) -> Result<Option<User>, Fault> {
    broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let Some(purpose) = setup_tokens::is_live(tx, &token, now).await? else { return Ok::<_, Fault>(None) };
                resettable(tx, &purpose).await
            })
        })
        .await
}

/// What is known about a person, and must not be in the password.
pub fn known_words(user: &User) -> Vec<String> {
    let personal = ["email", "name", "given_name", "family_name"];
    let values = user.attributes.iter().filter(|(name, _)| personal.contains(&name.as_str()));
    let mut words: Vec<String> = values.flat_map(|(_, value)| value.values.clone()).collect();
    words.push(user.username.to_string());
    words
}

async fn replace(tx: &mut Tx, user: &UserId, phc: &str, now: DateTime<Utc>) -> Result<(), StorageError> {
    credentials::set_password(tx, user, phc, now).await?;
    forget(tx, user).await?;
    attempts::clear(tx, &format!("user:{user}")).await?;
    // Whoever knew the old password is out, remembered or not.
    sessions::delete_by_user(tx, user).await?;
    grants::revoke_by_user(tx, user, now).await?;
    trusted_devices::delete_all(tx, user).await.map(drop)
}
