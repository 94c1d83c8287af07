//! What a provider that speaks `OpenID` Connect wants done differently, or checked in addition.

use usher_domain::ExternalIdentity;
use usher_oidc_rp::{ResponseMode, Tokens, VerifiedIdToken};

use super::oidc::OidcSettings;
use crate::Callback;

/// Says which issuer is right.
pub(crate) type Issuer = fn(&OidcSettings, &Tokens) -> Result<String, String>;
/// A further check.
pub(crate) type Judge = fn(&OidcSettings, &VerifiedIdToken, &mut ExternalIdentity) -> Result<(), String>;

/// The differences of one preset. Errors are one line for an admin.
#[derive(Clone, Copy)]
pub(crate) struct Profile {
    /// How the answer comes back.
    pub response_mode: ResponseMode,
    /// The issuer that the ID token must name, where it is not the one of the settings. The token is unchecked: it may only choose among what is allowed.
    pub issuer_of: Option<Issuer>,
    /// Further checks on the verified ID token, and what its claims mean.
    pub judge: Option<Judge>,
    /// What the callback says about the person beside the code; nobody vouches for it.
    pub beside: Option<fn(&Callback, &mut ExternalIdentity)>,
}

impl Profile {
    /// As the specification says.
    pub(crate) const PLAIN: Self =
        Self { response_mode: ResponseMode::Query, issuer_of: None, judge: None, beside: None };
}
