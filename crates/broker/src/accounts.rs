//! Local accounts made by an admin, the command line or a bootstrap file.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use usher_domain::{
    AccountState, AttributeBag, AttributeName, AttributeSource, AttributeValue, AuditActor, AuditEvent, AuditOutcome,
    EmailAddress, Entropy, Role, User, UserId, UserName, Verification,
};
use usher_storage::unique_values::{self, Claim};
use usher_storage::users::UserInsert;
use usher_storage::{Tx, audit, credentials, roles, users};

use crate::failure::Fault;
use crate::login::verified_email;

/// An account to make.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Name to sign in with.
    pub username: UserName,
    /// PHC string; absent: no password yet.
    pub password_hash: Option<String>,
    /// E-mail address.
    pub email: Option<EmailAddress>,
    /// Who vouches for the address.
    pub email_verified: Verification,
    /// Other attributes.
    pub attributes: BTreeMap<AttributeName, Vec<String>>,
    /// Who makes it.
    pub source: AttributeSource,
    /// Console right to grant with it.
    pub role: Option<Role>,
}

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
pub enum NotCreated {
    /// The name belongs to another account.
    #[error("this user name is taken")]
    UsernameTaken,
    /// The verified address belongs to another account.
    #[error("this e-mail address belongs to another account")]
    EmailTaken,
    /// A fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<usher_storage::StorageError> for NotCreated {
    fn from(fault: usher_storage::StorageError) -> Self {
        Self::Fault(fault.into())
    }
}

/// Makes an account in the caller's transaction.
pub async fn create(
    tx: &mut Tx,
    account: &NewAccount,
    entropy: &dyn Entropy,
    now: DateTime<Utc>,
) -> Result<UserId, NotCreated> {
    let id = UserId::random(entropy);
    let user = User {
        public_subject: id.as_str().to_owned(),
        username: account.username.clone(),
        state: AccountState::Active,
        attributes: attributes(account, now),
        created_by: account.source.clone(),
        created_at: now,
        revision: 1,
        id,
    };
    match users::insert(tx, &user).await? {
        UserInsert::Inserted => {}
        UserInsert::UsernameTaken => return Err(NotCreated::UsernameTaken),
        UserInsert::SubjectTaken => return Err(Fault::Invariant("user ids do not repeat").into()),
    }
    if let Some(value) = verified_email(&user.attributes)
        && let Claim::TakenBy(_) = unique_values::claim(tx, &value, &user.id).await?
    {
        return Err(NotCreated::EmailTaken);
    }
    if let Some(phc) = &account.password_hash {
        credentials::set_password(tx, &user.id, phc, now).await?;
    }
    if let Some(role) = account.role {
        roles::grant(tx, &user.id, role, now).await?;
    }
    audit::insert(tx, &created_event(account, &user.id, now)).await?;
    Ok(user.id)
}

fn attributes(account: &NewAccount, now: DateTime<Utc>) -> AttributeBag {
    let value =
        |values: Vec<String>, verified| AttributeValue { values, source: account.source.clone(), verified, at: now };
    let mut bag: AttributeBag = account
        .attributes
        .iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(name, values)| (name.clone(), value(values.clone(), Verification::ByAdmin)))
        .collect();
    if let Some(email) = &account.email {
        bag.insert(AttributeName::email(), value(vec![email.as_str().to_owned()], account.email_verified));
    }
    bag
}

fn created_event(account: &NewAccount, id: &UserId, now: DateTime<Utc>) -> AuditEvent {
    let actor = match &account.source {
        AttributeSource::Admin(admin) => AuditActor::User(admin.clone()),
        AttributeSource::Import => AuditActor::CommandLine,
        AttributeSource::Connection(_) | AttributeSource::Person => AuditActor::System,
    };
    AuditEvent {
        at: now,
        action: "user.created".to_owned(),
        actor,
        object: crate::audit::user_object(id),
        outcome: AuditOutcome::Success,
        detail: serde_json::json!({ "username": account.username, "role": account.role }),
        correlation: None,
        remote: None,
    }
}
