//! Headless Chromium on the real pages: what only a real browser can tell.
//!
//! CSP as it is enforced, `SameSite` and `form-action` as Chrome reads them, contrast, reflow, and the
//! newcomer's path of `make demo` with scripts and without. Every test fails on a console error.

mod account;
mod chrome;
mod connections;
mod console;
mod demo;
mod everywhere;
mod factors;
mod flows;
mod flows_replay;
mod helpdesk;
mod jit;
mod newcomer;
mod pages;
mod passkey;
mod users;
