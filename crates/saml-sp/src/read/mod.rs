//! What a message says, read by ourselves from verified bytes (assertions) or as claims to be compared (shells).

mod assertion;
mod logout;
mod shell;
mod values;

pub(crate) use assertion::read_assertion;
pub use assertion::{Assertion, Attribute, AuthnStatement, Confirmation, NameId};
pub(crate) use logout::read_logout_request;
pub(crate) use shell::{Shell, Status, read_shell};
pub(crate) use values::instant;
