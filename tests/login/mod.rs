//! Signing in as people see it: through a provider, with a password, again, and out.

mod crowd;
mod federated;
mod limits;
mod local;
mod operations;
mod outlived;
mod progress;
mod races;
mod sessions;
