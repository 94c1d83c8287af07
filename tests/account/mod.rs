//! The account page, as people use it and as somebody else would like to.

mod activity;
mod entry;
mod factors;
mod links;
mod passkeys;
mod password;
mod profile;
mod recovery;
mod walk;
