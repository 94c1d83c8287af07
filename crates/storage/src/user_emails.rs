//! Every address of an account, verified or not: what account linking looks for.
//!
//! Two accounts may hold the same one; that a *verified* address belongs to one account is the matter of
//! [`unique_values`](crate::unique_values). Kept by [`users`](crate::users), whenever attributes are written.

use std::collections::BTreeSet;

use usher_domain::{AttributeBag, AttributeName, EmailAddress, UserId};

use crate::StorageError;
use crate::db::{Tx, values};
use crate::statements::statements;

statements! {
    INSERT = "INSERT INTO user_emails (user_id, email_key, folded_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    CLEAR = "DELETE FROM user_emails WHERE user_id = $1";
}

/// The well-formed addresses of a bag.
pub(crate) fn addresses(attributes: &AttributeBag) -> BTreeSet<EmailAddress> {
    let held = attributes.get(&AttributeName::email()).into_iter().flat_map(|value| &value.values);
    held.filter_map(|text| EmailAddress::parse(text).ok()).collect()
}

/// Writes the addresses of a new account.
pub(crate) async fn write(tx: &mut Tx, user: &UserId, addresses: &BTreeSet<EmailAddress>) -> Result<(), StorageError> {
    for address in addresses {
        tx.execute(INSERT, values![user.as_str(), address.as_str(), address.unique_key()]).await?;
    }
    Ok(())
}

/// Writes what changed from `before` to `after`, if anything did.
pub(crate) async fn replace(
    tx: &mut Tx,
    user: &UserId,
    before: &AttributeBag,
    after: &AttributeBag,
) -> Result<(), StorageError> {
    let (before, after) = (addresses(before), addresses(after));
    if before == after {
        return Ok(());
    }
    tx.execute(CLEAR, values![user.as_str()]).await?;
    write(tx, user, &after).await
}
