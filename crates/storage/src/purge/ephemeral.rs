//! Deleting what expired from the ephemeral tables, a batch at a time.

use crate::statements::statements;

statements! {
    PENDING = "DELETE FROM pending WHERE state_hash IN
               (SELECT state_hash FROM pending WHERE expires_at <= $1 LIMIT $2)";
    /// In the order of [`crate::flows::expired`], whose reader keeps what it saw.
    FLOWS = "DELETE FROM flows WHERE id IN
             (SELECT id FROM flows WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT $2)";
    ACCOUNT_STEPS = "DELETE FROM account_steps WHERE (session, kind) IN
                     (SELECT session, kind FROM account_steps WHERE expires_at <= $1 LIMIT $2)";
}

pub(super) const BY_EXPIRY: [&str; 3] = [PENDING, FLOWS, ACCOUNT_STEPS];
