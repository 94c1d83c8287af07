//! The walk of one sign-in: the dispatcher, departure to a provider, arrival from it, the password form, the end.
//!
//! Every POST that stays with us ends in a redirect to the dispatcher; steps never route to steps.

mod arrive;
mod commit;
mod decided;
mod decisions;
mod depart;
mod evidence;
pub mod factors;
mod finish;
mod identify;
mod park;
mod password;
mod probe;
mod proof;
mod refuse;
mod restart;
mod resume;
pub mod script;
mod vouched;

pub(crate) use arrive::claim as claim_handshake;
pub use arrive::{Arrived, arrive};
pub(crate) use commit::{FinishPlan, NotCommitted, shown};
pub use commit::{SESSION_KEY, verified_email};
pub(crate) use decided::authentication as authenticated;
pub(crate) use depart::{
    StoredHandshake, begin as begin_handshake, connector as connector_of, keep as keep_handshake, services,
};
pub use depart::{depart, redirect_uri};
pub(crate) use evidence::decide_now;
pub use factors::{
    AskedFor, FactorAct, FactorForm, FactorView, PasskeyForm, PasskeyOffer, PasswordWay, RecoveryCodesPage,
    submit_factor, submit_passkey,
};
pub(crate) use finish::decision_context;
pub use identify::identify;
pub use park::park;
pub(crate) use password::{OwnPassword, check_own};
pub use password::{PasswordForm, submit_password};
pub use probe::{Compared, ProbeReport, begin_probe};
pub use proof::{ProofPage, cancel as cancel_proof, send_code, submit_code, submit_password as submit_proof};
pub use refuse::refuse_stranger as refuse_request;
pub use restart::restart;
pub use resume::{ListedConnection, Resumed, SignInPage, resume};
