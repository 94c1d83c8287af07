//! Local accounts made by an admin, the command line or a bootstrap file.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use usher_domain::{
    AccountState, AttributeBag, AttributeName, AttributeSchema, AttributeSource, AttributeValue, AuditActor,
    AuditEvent, AuditOutcome, EmailAddress, Entropy, Role, User, UserId, UserName, Verification,
};
use usher_storage::unique_values::{self, Claim, UniqueValue};
use usher_storage::users::UserInsert;
use usher_storage::{Tx, attribute_definitions, audit, credentials, roles, users};

use crate::failure::Fault;

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
    /// A value of a unique attribute belongs to another account.
    #[error("the value of {0} belongs to another account")]
    ValueTaken(AttributeName),
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
    let schema = AttributeSchema::with(attribute_definitions::list(tx).await?);
    match reclaim(tx, &user.id, &AttributeBag::new(), &user.attributes, &schema).await? {
        None => {}
        Some(name) if name == AttributeName::email() => return Err(NotCreated::EmailTaken),
        Some(name) => return Err(NotCreated::ValueTaken(name)),
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

/// Makes the unique values that an account holds those of `after`, where it had those of `before`. Names the attribute whose
/// value another account holds; the caller then rolls back, for some of the values have changed hands already.
pub async fn reclaim(
    tx: &mut Tx,
    user: &UserId,
    before: &AttributeBag,
    after: &AttributeBag,
    schema: &AttributeSchema,
) -> Result<Option<AttributeName>, Fault> {
    let (held, wanted) =
        (usher_provisioning::unique_values(before, schema), usher_provisioning::unique_values(after, schema));
    let value = |(attribute, value_key): &(AttributeName, String)| UniqueValue {
        attribute: attribute.clone(),
        value_key: value_key.clone(),
    };
    for gone in held.difference(&wanted) {
        unique_values::release(tx, &value(gone), user).await?;
    }
    for new in wanted.difference(&held) {
        if let Claim::TakenBy(_) = unique_values::claim(tx, &value(new), user).await? {
            return Ok(Some(new.0.clone()));
        }
    }
    Ok(None)
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
        AttributeSource::Connection(_) | AttributeSource::Person | AttributeSource::Script => AuditActor::System,
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
