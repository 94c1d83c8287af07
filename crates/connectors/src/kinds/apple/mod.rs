//! Apple: `OpenID` Connect with an answer by form, a client secret signed with our key, and a name that is told once.
//!
//! The name comes beside the code at the first sign-in only, in a parameter that nobody signed: it is a suggestion.

mod claims;
mod settings;
#[cfg(test)]
mod tests;

use usher_oidc_rp::ResponseMode;

use super::profile::Profile;

pub use settings::{FIELDS, settings_from_form};

pub const PROFILE: Profile =
    Profile { response_mode: ResponseMode::FormPost, beside: Some(claims::beside), ..Profile::PLAIN };
