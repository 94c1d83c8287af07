//! Signing in as people see it: through a provider, with a password, again, and out.

mod crowd;
mod factor_pages;
pub mod factors;
mod federated;
mod identifier;
mod limits;
mod linking;
mod local;
mod mail;
mod operations;
mod outlived;
mod passkeys;
mod passkeys_refused;
mod presets;
mod progress;
mod races;
mod recordings;
pub mod reset;
mod scripts;
mod scripts_effects;
mod scripts_facts;
mod sessions;
mod simulate;
mod vouched;
