//! The axum front: routes, cookies, pages, configuration, command line.

pub mod assets;
pub mod forms;
pub mod i18n;
pub mod pages;
pub mod security_headers;
