//! What a finished sign-in gave an application: sealed in its grant, read back at token and userinfo.

use serde::{Deserialize, Serialize};
use usher_domain::{Authentication, GrantId, SessionId};
use usher_oidc_provider::authorize::AuthorizationRequest;
use usher_storage::grants::Grant;
use usher_storage::{Purpose, Sealed, Sealer};

use crate::failure::Fault;

/// The sealed payload of a grant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrantPayload {
    /// The application's request, as it was validated.
    pub request: AuthorizationRequest,
    /// Who signed in, how and when; pass-through attributes included, so that they do not vanish at refresh.
    pub authentication: Authentication,
    /// The `sub` that the application sees.
    pub subject: String,
    /// The `sid` that the application sees.
    pub session: SessionId,
}

impl GrantPayload {
    /// Seals the payload for its row.
    pub fn seal(&self, sealer: &Sealer, grant: &GrantId, entropy: &dyn usher_domain::Entropy) -> Result<Sealed, Fault> {
        let text = serde_json::to_vec(self).map_err(|e| Fault::unreadable("grant", e))?;
        sealer.seal(Purpose::GRANT_PAYLOAD, grant.as_str(), &text, entropy).map_err(|e| Fault::unreadable("grant", e))
    }

    /// Reads the payload of a row.
    pub fn open(sealer: &Sealer, grant: &Grant) -> Result<Self, Fault> {
        let bytes = sealer
            .open(Purpose::GRANT_PAYLOAD, grant.id.as_str(), &grant.payload)
            .map_err(|e| Fault::unreadable("grant", e))?;
        serde_json::from_slice(&bytes).map_err(|e| Fault::unreadable("grant", e))
    }
}
