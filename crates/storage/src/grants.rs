//! Grants: what one finished sign-in gave one application, with its authorization code (RFC 6749 section 4.1).
//!
//! The code is kept as a hash and redeemed by one conditional statement; zero rows means refuse, then look
//! whether it was a replay. Payload and redirect are the broker's, sealed.

use chrono::{DateTime, Utc};
use usher_domain::{ApplicationId, FlowId, GrantId, SessionId, UserId};

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::{Hash, Sealed, StorageError};

macro_rules! columns {
    () => {
        "id, flow_id, application, user_id, sid, offline, payload, redirect, code_hash, code_expires_at, code_used_at, \
         revoked_at, created_at, expires_at"
    };
}

statements! {
    INSERT = "INSERT INTO grants (id, flow_id, application, user_id, sid, offline, payload, redirect,
                  code_hash, code_expires_at, created_at, expires_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
              ON CONFLICT (flow_id) DO NOTHING RETURNING id";
    GET = concat!("SELECT ", columns!(), " FROM grants WHERE id = $1");
    BY_FLOW = concat!("SELECT ", columns!(), " FROM grants WHERE flow_id = $1");
    BY_CODE = concat!("SELECT ", columns!(), " FROM grants WHERE code_hash = $1");
    REDEEM = concat!("UPDATE grants SET code_used_at = $1
        WHERE code_hash = $2 AND application = $3 AND code_used_at IS NULL AND code_expires_at > $1
            AND revoked_at IS NULL AND EXISTS (SELECT 1 FROM config_version WHERE version = $4)
        RETURNING ", columns!());
    REVOKE = "UPDATE grants SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    /// Offline access outlives the session once its code was redeemed (OIDC Core section 11).
    END_SESSION = "UPDATE grants SET revoked_at = $2
                   WHERE sid = $1 AND revoked_at IS NULL AND (offline = 0 OR code_used_at IS NULL)";
    REVOKE_BY_SESSION = "UPDATE grants SET revoked_at = $2 WHERE sid = $1 AND revoked_at IS NULL";
    REVOKE_BY_APPLICATION = "UPDATE grants SET revoked_at = $2 WHERE application = $1 AND revoked_at IS NULL";
    APPLICATIONS_BY_SESSION = "SELECT DISTINCT application FROM grants WHERE sid = $1 ORDER BY application LIMIT 20";
    LIVE_OF_USER = concat!("SELECT ", columns!(), " FROM grants WHERE user_id = $1 AND revoked_at IS NULL
        ORDER BY created_at, id");
    REVOKE_BY_USER = "UPDATE grants SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL";
    /// Beside every grant its newest refresh token, for when it was last used.
    APPLICATIONS_OF = "SELECT application, MIN(created_at) AS since, MAX(used_at) AS last_used
                       FROM (SELECT grants.application AS application, grants.created_at AS created_at,
                                 COALESCE((SELECT MAX(refresh_tokens.created_at) FROM refresh_tokens
                                           WHERE refresh_tokens.grant_id = grants.id), grants.created_at) AS used_at
                             FROM grants
                             WHERE grants.user_id = $1 AND grants.revoked_at IS NULL AND grants.expires_at > $2)
                           AS held
                       GROUP BY application ORDER BY application";
    REVOKE_OF_USER = "UPDATE grants SET revoked_at = $3
                      WHERE user_id = $1 AND application = $2 AND revoked_at IS NULL";
    EXTEND = "UPDATE grants SET expires_at = $2 WHERE id = $1 AND expires_at < $2";
}

/// A grant about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGrant {
    /// Id.
    pub id: GrantId,
    /// The sign-in that it finishes; one grant each.
    pub flow: FlowId,
    /// Who gets it.
    pub application: ApplicationId,
    /// The local account; none for pass-through.
    pub user: Option<UserId>,
    /// The session it hangs on.
    pub session: Option<SessionId>,
    /// Whether it lives on when the session ends (`offline_access`).
    pub offline: Offline,
    /// What it gives, sealed under [`crate::Purpose::GRANT_PAYLOAD`].
    pub payload: Sealed,
    /// Where the browser goes, sealed under [`crate::Purpose::GRANT_REDIRECT`].
    pub redirect: Sealed,
    /// Hash of the authorization code.
    pub code_hash: Hash,
    /// When the code runs out.
    pub code_expires_at: DateTime<Utc>,
    /// When it is made.
    pub created_at: DateTime<Utc>,
    /// When nothing can hang on it any more; purged afterwards.
    pub expires_at: DateTime<Utc>,
}

/// Whether a grant outlives its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offline {
    /// It ends with the session.
    Denied,
    /// It lives on.
    Granted,
}

/// A stored grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Id.
    pub id: GrantId,
    /// The sign-in that it finished.
    pub flow: FlowId,
    /// Who got it.
    pub application: ApplicationId,
    /// The local account; none for pass-through.
    pub user: Option<UserId>,
    /// The session it hangs on.
    pub session: Option<SessionId>,
    /// Whether it lives on when the session ends.
    pub offline: Offline,
    /// What it gives, sealed.
    pub payload: Sealed,
    /// Where the browser went, sealed.
    pub redirect: Sealed,
    /// Hash of the authorization code.
    pub code_hash: Hash,
    /// When the code runs out.
    pub code_expires_at: DateTime<Utc>,
    /// When the code was redeemed.
    pub code_used_at: Option<DateTime<Utc>>,
    /// When the grant was revoked, its tokens with it.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it may be purged.
    pub expires_at: DateTime<Utc>,
}

/// An application that holds something of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationUse {
    /// Which.
    pub application: ApplicationId,
    /// When it first got what it holds.
    pub since: DateTime<Utc>,
    /// When it last got tokens.
    pub last_used: DateTime<Utc>,
}

/// What became of an insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantInsert {
    /// The grant exists now.
    Inserted,
    /// The sign-in was finished before: its owner gets the stored redirect.
    Existing(Box<Grant>),
}

/// A code brought to the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRedemption {
    /// Hash of the code.
    pub code_hash: Hash,
    /// Who brings it.
    pub application: ApplicationId,
    /// The configuration that the decision rests on.
    pub config_version: i64,
    /// The present time.
    pub now: DateTime<Utc>,
}

/// Adds the grant of a sign-in, or gives the one that it already has.
pub async fn insert(tx: &mut Tx, grant: &NewGrant) -> Result<GrantInsert, StorageError> {
    let values = values![
        grant.id.as_str(),
        grant.flow.as_str(),
        grant.application.as_str(),
        grant.user.as_ref().map(UserId::as_str),
        grant.session.as_ref().map(SessionId::as_str),
        i64::from(grant.offline == Offline::Granted),
        grant.payload.as_bytes(),
        grant.redirect.as_bytes(),
        &grant.code_hash,
        grant.code_expires_at,
        grant.created_at,
        grant.expires_at,
    ];
    if tx.fetch_optional(INSERT, values).await?.is_some() {
        return Ok(GrantInsert::Inserted);
    }
    let existing = get_by_flow(tx, &grant.flow).await?;
    let existing = existing.ok_or_else(|| StorageError::unreadable("flow_id", "a grant that was there is gone"))?;
    Ok(GrantInsert::Existing(Box::new(existing)))
}

/// One grant, revoked ones too.
pub async fn get(tx: &mut Tx, id: &GrantId) -> Result<Option<Grant>, StorageError> {
    tx.fetch_optional(GET, values![id.as_str()]).await?.map(|row| read(&row)).transpose()
}

/// The grant of a sign-in.
pub async fn get_by_flow(tx: &mut Tx, flow: &FlowId) -> Result<Option<Grant>, StorageError> {
    tx.fetch_optional(BY_FLOW, values![flow.as_str()]).await?.map(|row| read(&row)).transpose()
}

/// The grant of a code, whatever became of the code.
pub async fn find_by_code(tx: &mut Tx, code_hash: &Hash) -> Result<Option<Grant>, StorageError> {
    tx.fetch_optional(BY_CODE, values![code_hash]).await?.map(|row| read(&row)).transpose()
}

/// Redeems a code, once for ever. None: used, expired, revoked, another application's, or the configuration moved.
pub async fn redeem_code(tx: &mut Tx, code: &CodeRedemption) -> Result<Option<Grant>, StorageError> {
    let values = values![code.now, &code.code_hash, code.application.as_str(), code.config_version];
    tx.fetch_optional(REDEEM, values).await?.map(|row| read(&row)).transpose()
}

/// Revokes a grant and with it its tokens; false when it was revoked already or does not exist.
pub async fn revoke(tx: &mut Tx, id: &GrantId, now: DateTime<Utc>) -> Result<bool, StorageError> {
    Ok(tx.execute(REVOKE, values![id.as_str(), now]).await? > 0)
}

/// Revokes what ends with a session: all but offline access whose code was redeemed.
pub async fn end_session(tx: &mut Tx, session: &SessionId, now: DateTime<Utc>) -> Result<u64, StorageError> {
    tx.execute(END_SESSION, values![session.as_str(), now]).await
}

/// Revokes everything that a session gave, offline access too: for a session that was not its owner's.
pub async fn revoke_by_session(tx: &mut Tx, session: &SessionId, now: DateTime<Utc>) -> Result<u64, StorageError> {
    tx.execute(REVOKE_BY_SESSION, values![session.as_str(), now]).await
}

/// Revokes what an application holds.
pub async fn revoke_by_application(
    tx: &mut Tx,
    application: &ApplicationId,
    now: DateTime<Utc>,
) -> Result<u64, StorageError> {
    tx.execute(REVOKE_BY_APPLICATION, values![application.as_str(), now]).await
}

/// Revokes what an account gave.
pub async fn revoke_by_user(tx: &mut Tx, user: &UserId, now: DateTime<Utc>) -> Result<u64, StorageError> {
    tx.execute(REVOKE_BY_USER, values![user.as_str(), now]).await
}

/// The grants of an account that nobody revoked.
pub async fn list_by_user(tx: &mut Tx, user: &UserId) -> Result<Vec<Grant>, StorageError> {
    tx.fetch_all(LIVE_OF_USER, values![user.as_str()]).await?.iter().map(read).collect()
}

/// The applications that a session signed in to, twenty at most.
pub async fn applications_by_session(tx: &mut Tx, session: &SessionId) -> Result<Vec<ApplicationId>, StorageError> {
    let rows = tx.fetch_all(APPLICATIONS_BY_SESSION, values![session.as_str()]).await?;
    rows.iter().map(|row| row.parsed("application")).collect()
}

/// Keeps a grant until `expires_at` at least, for its refresh tokens.
pub async fn extend(tx: &mut Tx, id: &GrantId, expires_at: DateTime<Utc>) -> Result<(), StorageError> {
    tx.execute(EXTEND, values![id.as_str(), expires_at]).await.map(drop)
}

/// The applications that hold something of an account, by id.
pub async fn applications_of(
    tx: &mut Tx,
    user: &UserId,
    now: DateTime<Utc>,
) -> Result<Vec<ApplicationUse>, StorageError> {
    let read = |row: &Row| {
        Ok(ApplicationUse {
            application: row.parsed("application")?,
            since: row.time("since")?,
            last_used: row.time("last_used")?,
        })
    };
    tx.fetch_all(APPLICATIONS_OF, values![user.as_str(), now]).await?.iter().map(read).collect()
}

/// Revokes what one application holds of an account.
pub async fn revoke_application(
    tx: &mut Tx,
    user: &UserId,
    application: &ApplicationId,
    now: DateTime<Utc>,
) -> Result<u64, StorageError> {
    tx.execute(REVOKE_OF_USER, values![user.as_str(), application.as_str(), now]).await
}

fn read(row: &Row) -> Result<Grant, StorageError> {
    Ok(Grant {
        id: row.parsed("id")?,
        flow: row.parsed("flow_id")?,
        application: row.parsed("application")?,
        user: row.opt_parsed("user_id")?,
        session: row.opt_parsed("sid")?,
        offline: if row.int("offline")? == 0 { Offline::Denied } else { Offline::Granted },
        payload: Sealed::stored(row.bytes("payload")?),
        redirect: Sealed::stored(row.bytes("redirect")?),
        code_hash: row.hash("code_hash")?,
        code_expires_at: row.time("code_expires_at")?,
        code_used_at: row.opt_time("code_used_at")?,
        revoked_at: row.opt_time("revoked_at")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    })
}
