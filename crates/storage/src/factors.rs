//! What an account can prove itself with beside its password, in one look.

use chrono::{DateTime, Utc};
use usher_domain::UserId;

use crate::StorageError;
use crate::db::{Tx, values};
use crate::statements::statements;
use crate::{bypass_codes, passkeys, recovery_codes, totp, trusted_devices};

statements! {
    SUMMARY = "SELECT
                   (SELECT COUNT(*) FROM totp_devices WHERE user_id = $1) AS totp,
                   (SELECT COUNT(*) FROM passkeys WHERE user_id = $1) AS passkeys,
                   (SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL) AS recovery_left,
                   (SELECT COUNT(*) FROM bypass_codes
                    WHERE user_id = $1 AND used_at IS NULL AND expires_at > $2) AS bypass";
}

/// How many of each an account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FactorSummary {
    /// Authenticator apps.
    pub totp: i64,
    /// Passkeys.
    pub passkeys: i64,
    /// Recovery codes that are left.
    pub recovery_left: i64,
    /// Codes of the helpdesk that can still be used: 0 or 1.
    pub bypass: i64,
}

/// Counts what an account has.
pub async fn summary(tx: &mut Tx, user: &UserId, now: DateTime<Utc>) -> Result<FactorSummary, StorageError> {
    let row = tx.fetch_one(SUMMARY, values![user.as_str(), now]).await?;
    Ok(FactorSummary {
        totp: row.int("totp")?,
        passkeys: row.int("passkeys")?,
        recovery_left: row.int("recovery_left")?,
        bypass: row.int("bypass")?,
    })
}

/// Removes everything that an account could prove itself with beside its password, remembered browsers included.
pub async fn delete_all(tx: &mut Tx, user: &UserId) -> Result<(), StorageError> {
    totp::delete_all(tx, user).await?;
    passkeys::delete_all(tx, user).await?;
    recovery_codes::delete_all(tx, user).await?;
    bypass_codes::delete(tx, user).await?;
    trusted_devices::delete_all(tx, user).await.map(drop)
}
