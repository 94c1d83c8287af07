//! Deleting what expired from the durable tables, a batch at a time.

use crate::statements::statements;

statements! {
    SESSIONS = "DELETE FROM sessions WHERE id_hash IN
                (SELECT id_hash FROM sessions WHERE expires_at <= $1 LIMIT $2)";
    REFRESH_TOKENS = "DELETE FROM refresh_tokens WHERE hash IN
                      (SELECT hash FROM refresh_tokens WHERE expires_at <= $1 LIMIT $2)";
    GRANTS = "DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE expires_at <= $1 LIMIT $2)";
    ATTEMPTS = "DELETE FROM attempts WHERE name IN (SELECT name FROM attempts WHERE expires_at <= $1 LIMIT $2)";
    SETUP_TOKENS = "DELETE FROM setup_tokens WHERE hash IN
                    (SELECT hash FROM setup_tokens WHERE expires_at <= $1 LIMIT $2)";
    TRUSTED_DEVICES = "DELETE FROM trusted_devices WHERE hash IN
                       (SELECT hash FROM trusted_devices WHERE expires_at <= $1 LIMIT $2)";
    BYPASS_CODES = "DELETE FROM bypass_codes WHERE user_id IN
                    (SELECT user_id FROM bypass_codes WHERE expires_at <= $1 LIMIT $2)";
    FLOW_RECORDINGS = "DELETE FROM flow_recordings WHERE id IN
                       (SELECT id FROM flow_recordings WHERE expires_at <= $1 LIMIT $2)";
    TRACES = "DELETE FROM traces WHERE correlation IN
              (SELECT correlation FROM traces WHERE started_at < $1 LIMIT $2)";
    DECISIONS = "DELETE FROM decisions WHERE id IN (SELECT id FROM decisions WHERE at < $1 LIMIT $2)";
    OWN_SIGN_INS = "DELETE FROM own_sign_ins WHERE id IN (SELECT id FROM own_sign_ins WHERE at < $1 LIMIT $2)";
    RECORDINGS = "DELETE FROM recordings WHERE id IN (SELECT id FROM recordings WHERE expires_at <= $1 LIMIT $2)";
    OUTBOX = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE expires_at < $1 LIMIT $2)";
    AUDIT = "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < $1 LIMIT $2)";
}

pub(super) const BY_EXPIRY: [&str; 6] = [SESSIONS, REFRESH_TOKENS, GRANTS, ATTEMPTS, SETUP_TOKENS, RECORDINGS];
pub(super) const FACTORS_BY_EXPIRY: [&str; 3] = [TRUSTED_DEVICES, BYPASS_CODES, FLOW_RECORDINGS];
pub(super) const OLD_TRACES: &str = TRACES;
pub(super) const OLD_DECISIONS: &str = DECISIONS;
pub(super) const OLD_SIGN_INS: &str = OWN_SIGN_INS;
pub(super) const OLD_MAIL: &str = OUTBOX;
pub(super) const OLD_AUDIT: &str = AUDIT;
