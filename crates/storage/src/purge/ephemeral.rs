//! Deleting what expired from the ephemeral tables, a batch at a time.

use crate::statements::statements;

statements! {
    PENDING = "DELETE FROM pending WHERE state_hash IN
               (SELECT state_hash FROM pending WHERE expires_at <= $1 LIMIT $2)";
    FLOWS = "DELETE FROM flows WHERE id IN (SELECT id FROM flows WHERE expires_at <= $1 LIMIT $2)";
}

pub(super) const BY_EXPIRY: [&str; 2] = [PENDING, FLOWS];
