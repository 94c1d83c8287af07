//! Headless Chromium on the real pages: what only a real browser can tell.
//!
//! CSP as it is enforced, `SameSite` and `form-action` as Chrome reads them, contrast, reflow, and the
//! newcomer's path of `make demo` with scripts and without. Every test fails on a console error.

mod chrome;
mod demo;
mod newcomer;
mod pages;
