//! The axum front: routes, cookies, pages, configuration, command line.
