//! Whole hand-shakes against a scripted provider, and the settings as an admin meets them.

mod handshake;
mod identity;
mod kit;
mod settings;
