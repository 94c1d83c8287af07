//! Usher as an OpenID provider, as applications see it.

mod discovery;
mod requests;
mod tokens;
