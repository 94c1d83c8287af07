//! `GitLab`, in the cloud or self-managed: `OpenID` Connect by discovery.

mod settings;
#[cfg(test)]
mod tests;

pub use settings::{FIELDS, settings_from_form};
