//! Facebook: OAuth 2.0 with the Graph API. It vouches for no address: an account may hold one that was never confirmed.

mod claims;
mod settings;
#[cfg(test)]
mod tests;

use super::oauth2::Reading;

pub use settings::{FIELDS, settings_from_form};

pub const READING: Reading = Reading { claims: claims::standard, ..Reading::PLAIN };
