//! Okta: `OpenID` Connect by discovery; each organisation, and each of its authorization servers, is an issuer.

mod settings;
#[cfg(test)]
mod tests;

pub use settings::{FIELDS, settings_from_form};
