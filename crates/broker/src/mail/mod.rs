//! Mail to people: written to the outbox in the transaction of its deed, sent after the commit.
//!
//! A mail that is not committed is never sent, and a mail server that is down, slow or refusing never keeps a page waiting
//! (REL-15). What a mail says is sealed until it is sent; how it looks is the renderer's matter, how it travels the mailer's.
//! Delivery is at least once, from one node at a time; the same mail keeps its message id.

pub mod dispatch;
mod failure;
mod notice;
mod person;
mod ports;
mod queue;
mod settings;

pub use notice::{Notices, Told};
pub use person::{language, verified_address};
pub use ports::{Envelope, MailFault, MailParts, MailRenderer, MailSecurity, MailServer, Mailer, RenderedMail};
pub use queue::queue;
pub use settings::{LastFailure, MailStatus, send_test, status};
