//! `LinkedIn`: spoken to as OAuth 2.0 with its userinfo address, because its ID tokens return no `nonce`, without which they
//! are bound to no sign-in (OIDC Core 3.1.3.7 (11)). Its answers are standard claims.

mod settings;
#[cfg(test)]
mod tests;

pub use settings::{FIELDS, settings_from_form};
