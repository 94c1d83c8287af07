//! The service provider against messages that `xmlsec1` signed and encrypted: each refusal after its positive twin.

mod bindings;
mod honest;
pub(crate) mod kit;
mod metadata;
mod profile;
mod wrapped;
