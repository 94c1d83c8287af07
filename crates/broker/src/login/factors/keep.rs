//! Secrets of factors at rest: sealed with the id of their row, so that none can be moved to another.

use usher_domain::{SecretText, TotpId};
use usher_login_flow::factors::totp::TotpSecret;
use usher_storage::{Purpose, SealError, Sealed, Store};

use crate::failure::Fault;

/// Seals the secret of an authenticator app.
pub fn seal_totp(
    store: &Store,
    id: &TotpId,
    secret: &TotpSecret,
    entropy: &dyn usher_domain::Entropy,
) -> Result<Sealed, SealError> {
    store.sealer().seal(Purpose::TOTP, id.as_str(), secret.base32().expose().as_bytes(), entropy)
}

/// Opens the secret of an authenticator app.
pub fn open_totp(store: &Store, id: &TotpId, sealed: &Sealed) -> Result<TotpSecret, Fault> {
    let text = opened(store, Purpose::TOTP, id.as_str(), sealed)?;
    TotpSecret::parse(text.expose()).map_err(|e| Fault::unreadable("secret of an authenticator app", e))
}

/// Seals what is kept of a passkey.
pub fn seal_passkey(
    store: &Store,
    id: &str,
    credential: &str,
    entropy: &dyn usher_domain::Entropy,
) -> Result<Sealed, SealError> {
    store.sealer().seal(Purpose::PASSKEY, id, credential.as_bytes(), entropy)
}

/// Opens what is kept of a passkey.
pub fn open_passkey(store: &Store, id: &str, sealed: &Sealed) -> Result<SecretText, Fault> {
    opened(store, Purpose::PASSKEY, id, sealed)
}

fn opened(store: &Store, purpose: Purpose, id: &str, sealed: &Sealed) -> Result<SecretText, Fault> {
    let bytes = store.sealer().open(purpose, id, sealed).map_err(|e| Fault::unreadable("factor", e))?;
    let text = std::str::from_utf8(&bytes).map_err(|e| Fault::unreadable("factor", e))?;
    Ok(SecretText::new(text.to_owned()))
}
