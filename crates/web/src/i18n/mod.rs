//! Texts that people read, by key and language (Fluent files under `locales/`), and the choice of the language.
//!
//! Sign-in pages speak every language of [`Language`]; the console's texts fall back to English.

mod language;
mod texts;

pub use language::{COOKIE_MAX_AGE_SECONDS, Direction, Language, Wishes, choose};
pub use texts::{Texts, without_controls};
