//! Attack vectors against the whole crate, signed at run time with aws-lc-rs; each file starts with the positive twin.

mod client_auth;
mod discovery;
mod id_token;
mod kit;
mod token;
mod userinfo;
