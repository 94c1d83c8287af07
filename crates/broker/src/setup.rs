//! The first admin, and the way back in: one-time links printed to whoever runs the machine (ADMIN-01, ADMIN-02).
//!
//! There is no default password. A setup link makes the first owner and is dead for ever once one
//! exists; a recovery link makes an owner, or resets the password of an existing account and makes it one.

use chrono::{DateTime, Duration, Utc};
use usher_domain::{AccountState, AttributeSource, EmailAddress, Entropy, Role, SecretText, UserName, Verification};
use usher_login_flow::factors::policy::PasswordFlaw;
use usher_storage::setup_tokens::{self, SetupToken};
use usher_storage::{Store, Tx, attempts, config, credentials, hash, roles, users};

use crate::accounts::{self, NewAccount, NotCreated};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::invitations;
use crate::password_reset;
use crate::passwords::PasswordError;
use crate::security;

const SETUP: &str = "setup";
const RECOVERY: &str = "recovery";
/// Life of a link.
const LINK_LIFE: Duration = Duration::hours(1);

/// Makes a setup link's token if there is no owner yet; older ones die.
pub async fn first_admin_token(
    store: &Store,
    entropy: &dyn Entropy,
    now: DateTime<Utc>,
) -> Result<Option<SecretText>, Fault> {
    let owners = store.read(move |tx| Box::pin(async move { roles::holders(tx, Role::Owner).await })).await?;
    if owners.is_empty() { issue(store, entropy, SETUP, now).await.map(Some) } else { Ok(None) }
}

/// Makes a recovery link's token; older ones die.
pub async fn recovery_token(store: &Store, entropy: &dyn Entropy, now: DateTime<Utc>) -> Result<SecretText, Fault> {
    issue(store, entropy, RECOVERY, now).await
}

async fn issue(
    store: &Store,
    entropy: &dyn Entropy,
    purpose: &'static str,
    now: DateTime<Utc>,
) -> Result<SecretText, Fault> {
    let token = usher_oidc_provider::opaque::generate(entropy);
    let row =
        SetupToken { hash: hash(token.expose().as_bytes()), purpose: purpose.to_owned(), expires_at: now + LINK_LIFE };
    store
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                setup_tokens::revoke_all(tx, purpose).await?;
                setup_tokens::insert(tx, &row, now).await?;
                crate::audit::system(tx, "setup.link_made", now).await
            })
        })
        .await?;
    Ok(token)
}

/// What a link that may still be used is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkFor {
    /// Making the first admin.
    FirstAdmin,
    /// An admin who lost access.
    Recovery,
    /// Setting the first password of the account with this user name.
    Invitation(UserName),
    /// Replacing the password of the account with this user name.
    NewPassword(UserName),
}

/// What a link is for; nothing when it is unknown, used, expired or void.
pub async fn look(broker: &Broker, token: &str) -> Result<Option<LinkFor>, Fault> {
    let (hash, now) = (hash(token.as_bytes()), broker.now());
    broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let Some(purpose) = setup_tokens::is_live(tx, &hash, now).await? else { return Ok::<_, Fault>(None) };
                meaning(tx, &purpose).await
            })
        })
        .await
}

async fn meaning(tx: &mut Tx, purpose: &str) -> Result<Option<LinkFor>, Fault> {
    match purpose {
        RECOVERY => Ok(Some(LinkFor::Recovery)),
        SETUP => Ok(roles::holders(tx, Role::Owner).await?.is_empty().then_some(LinkFor::FirstAdmin)),
        other => match invitations::invited(tx, other).await? {
            Some(user) => Ok(Some(LinkFor::Invitation(user.username))),
            None => Ok(password_reset::resettable(tx, other).await?.map(|user| LinkFor::NewPassword(user.username))),
        },
    }
}

/// What the person at the link types.
#[derive(Debug, Clone)]
pub struct AdminForm {
    /// Name to sign in with.
    pub username: String,
    /// E-mail address; may be empty.
    pub email: String,
    /// Password.
    pub password: SecretText,
    /// Password again.
    pub again: SecretText,
}

/// What is wrong with the form, or with the link.
#[derive(Debug, thiserror::Error)]
pub enum SetupFailure {
    /// The link is unknown, used, expired, or an owner exists already.
    #[error("this link is not valid any more")]
    DeadLink,
    /// The name is malformed.
    #[error("{0}")]
    Username(String),
    /// The name belongs to another account.
    #[error("this user name is taken")]
    UsernameTaken,
    /// The address is malformed or taken.
    #[error("{0}")]
    Email(String),
    /// The two passwords differ.
    #[error("the two passwords differ")]
    PasswordsDiffer,
    /// The password is too short.
    #[error("the password is too short")]
    PasswordTooShort,
    /// The password is one that is guessed first.
    #[error("the password is not good enough: {0}")]
    PasswordRefused(#[source] PasswordFlaw),
    /// The password is too long.
    #[error("the password is too long")]
    PasswordTooLong,
    /// A fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<usher_storage::StorageError> for SetupFailure {
    fn from(fault: usher_storage::StorageError) -> Self {
        Self::Fault(fault.into())
    }
}

/// Judges a password that the person of a link chose, about whom these words are known, and hashes it.
pub(crate) async fn chosen_password(
    broker: &Broker,
    password: SecretText,
    known: &[String],
) -> Result<String, SetupFailure> {
    let words: Vec<&str> = known.iter().map(String::as_str).collect();
    security::judge(broker, &password, &words).await.map_err(SetupFailure::PasswordRefused)?;
    broker.passwords.hash(password, broker.entropy()).await.map_err(|error| match error {
        PasswordError::TooShort => SetupFailure::PasswordTooShort,
        PasswordError::TooLong => SetupFailure::PasswordTooLong,
        PasswordError::Busy | PasswordError::UnreadableHash => SetupFailure::Fault(Fault::NotReady("password pool")),
    })
}

/// Uses the link: makes the owner.
pub async fn complete(broker: &Broker, token: &str, form: AdminForm) -> Result<(), SetupFailure> {
    if !matches!(look(broker, token).await?, Some(LinkFor::FirstAdmin | LinkFor::Recovery)) {
        return Err(SetupFailure::DeadLink);
    }
    let username = UserName::parse(form.username.trim()).map_err(|e| SetupFailure::Username(e.to_string()))?;
    let email = match form.email.trim() {
        "" => None,
        text => Some(EmailAddress::parse(text).map_err(|e| SetupFailure::Email(e.to_string()))?),
    };
    if form.password != form.again {
        return Err(SetupFailure::PasswordsDiffer);
    }
    let known = [username.to_string(), email.as_ref().map(ToString::to_string).unwrap_or_default()];
    let phc = chosen_password(broker, form.password, &known).await?;
    let account = NewAccount {
        username,
        password_hash: Some(phc),
        email,
        email_verified: Verification::ByAdmin,
        attributes: std::collections::BTreeMap::new(),
        source: AttributeSource::Import,
        role: Some(Role::Owner),
    };
    let (entropy, now, token) = (broker.shared_entropy(), broker.now(), hash(token.as_bytes()));
    broker
        .store
        .write(move |tx| {
            let (account, entropy) = (account.clone(), entropy.clone());
            Box::pin(async move {
                config::queue(tx).await?;
                let purpose = setup_tokens::redeem(tx, &token, now).await?.ok_or(SetupFailure::DeadLink)?;
                match meaning(tx, &purpose).await? {
                    Some(LinkFor::Recovery) => recover(tx, &account, &*entropy, now).await,
                    Some(LinkFor::FirstAdmin) => make(tx, &account, &*entropy, now).await,
                    Some(LinkFor::Invitation(_) | LinkFor::NewPassword(_)) | None => Err(SetupFailure::DeadLink),
                }
            })
        })
        .await
}

async fn make(
    tx: &mut Tx,
    account: &NewAccount,
    entropy: &dyn Entropy,
    now: DateTime<Utc>,
) -> Result<(), SetupFailure> {
    match accounts::create(tx, account, entropy, now).await {
        Ok(_) => Ok(()),
        Err(NotCreated::UsernameTaken) => Err(SetupFailure::UsernameTaken),
        Err(error @ (NotCreated::EmailTaken | NotCreated::ValueTaken(_))) => {
            Err(SetupFailure::Email(error.to_string()))
        }
        Err(NotCreated::Fault(fault)) => Err(fault.into()),
    }
}

async fn recover(
    tx: &mut Tx,
    account: &NewAccount,
    entropy: &dyn Entropy,
    now: DateTime<Utc>,
) -> Result<(), SetupFailure> {
    let Some(user) = users::get_by_username(tx, &account.username).await? else {
        return make(tx, account, entropy, now).await;
    };
    if let Some(phc) = &account.password_hash {
        credentials::set_password(tx, &user.id, phc, now).await?;
    }
    if user.state != AccountState::Active {
        let active = users::set_state(tx, &user.id, user.revision, AccountState::Active).await?;
        active.ok_or(Fault::NotReady("the account is being changed right now"))?;
    }
    roles::grant(tx, &user.id, Role::Owner, now).await?;
    // Every other way in that somebody may have left: factors, remembered browsers, links, one-time links.
    usher_storage::factors::delete_all(tx, &user.id).await?;
    for link in usher_storage::links::list(tx, &user.id).await? {
        usher_storage::links::delete(tx, &link.id).await?;
    }
    for purpose in ["invite", "reset"] {
        usher_storage::setup_tokens::revoke_all(tx, &format!("{purpose}:{}", user.id)).await?;
    }
    attempts::clear(tx, &format!("user:{}", user.id)).await?;
    // Whoever held a session of this account before is out.
    usher_storage::sessions::delete_by_user(tx, &user.id).await?;
    usher_storage::grants::revoke_by_user(tx, &user.id, now).await?;
    crate::audit::system(tx, "admin.recovered", now).await?;
    Ok(())
}
