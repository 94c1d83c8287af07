//! Microsoft Entra ID and personal Microsoft accounts: `OpenID` Connect whose issuer depends on the person's directory.
//!
//! An application of one directory is plain `OpenID` Connect. For several, the metadata name a template instead of an issuer:
//! the token's `tid` fills it in, is held against the list of directories (OIDC-14), and the issuer is checked byte for byte after that.
//! The link key carries the real issuer, so that two directories never share a subject. Addresses are what an admin of the
//! directory typed: they count as verified only with `xms_edov`.

mod claims;
mod settings;
#[cfg(test)]
mod tests;

use super::profile::Profile;

pub use settings::{FIELDS, settings_from_form};

pub const PROFILE: Profile =
    Profile { issuer_of: Some(claims::issuer_of), judge: Some(claims::judge), ..Profile::PLAIN };
