//! Signing in as people see it: through a provider, with a password, again, and out.

mod crowd;
mod factors;
mod federated;
mod identifier;
mod limits;
mod linking;
mod local;
mod mail;
mod operations;
mod outlived;
mod presets;
mod progress;
mod races;
mod scripts;
mod sessions;
mod simulate;
mod vouched;
