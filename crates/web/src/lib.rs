//! The axum front: routes, cookies, pages, configuration, command line.

mod account;
pub mod assets;
mod callback;
mod caller;
mod cli;
pub mod config;
mod console;
pub mod cookies;
mod error;
pub mod forms;
mod health;
pub mod i18n;
mod listen;
mod login;
mod mail;
mod op;
pub mod pages;
pub mod remote;
pub mod security_headers;
mod server;
mod setup;
mod state;

pub use cli::run;
