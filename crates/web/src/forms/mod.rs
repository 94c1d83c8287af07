//! Forms: the mistakes found in one, and the guard against forms that another site sends for a person.

mod errors;
mod origin;

pub use errors::{FormError, FormErrors};
pub use origin::{Verdict, judge_origin};

/// Name of the hidden field that carries the anti-forgery token.
pub const CSRF_FIELD: &str = "csrf";
/// Name of the hidden field that carries the revision an edit started from.
pub const VERSION_FIELD: &str = "version";
