//! `GitHub`: OAuth 2.0 whose addresses come from a list of their own, each with its word on verification.

mod claims;
mod settings;
#[cfg(test)]
mod tests;

use super::oauth2::Reading;

pub use settings::{FIELDS, settings_from_form};

pub const READING: Reading = Reading { claims: claims::standard, addresses: claims::primary };
