//! Google: `OpenID` Connect with a fixed issuer and, for organisations, the `hd` claim.
//!
//! Google asks relying parties to check `hd` in the ID token: the parameter of the same name only preselects an account.
//! It vouches for an address if it runs the mailbox itself: one at `gmail.com`, or one of an organisation.

mod claims;
mod settings;
#[cfg(test)]
mod tests;

use super::profile::Profile;

pub use settings::{FIELDS, settings_from_form};

pub const PROFILE: Profile = Profile { judge: Some(claims::judge), ..Profile::PLAIN };
