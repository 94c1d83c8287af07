//! Second factors in a sign-in: which page, what counts as an answer, what lands at the end.
//!
//! Attempts are counted durably before an answer is looked at, also for people whose account does not exist yet. What is set
//! up waits in the sealed flow and lands with the last transaction of the sign-in.

mod answer;
mod asked;
mod brake;
mod facts;
mod keep;
mod land;
mod page;

pub use answer::{FactorAct, FactorForm, submit_factor};
pub use keep::{open_passkey, open_totp, seal_passkey, seal_totp};
pub(crate) use land::land;
pub use page::{AskedFor, FactorView, RecoveryCodesPage, page, recovery_codes};

use usher_domain::RefusalCode;
use usher_login_flow::FactorFacts;

use crate::broker::Broker;
use crate::failure::Fault;
use crate::flow_state::LoadedFlow;

/// What is known about the factors of whom a flow is about: for what only looks.
pub(crate) async fn facts_for(broker: &Broker, loaded: &LoadedFlow) -> Result<Result<FactorFacts, RefusalCode>, Fault> {
    match facts::load(broker, loaded).await {
        Ok(known) => Ok(Ok(known.facts)),
        Err(facts::Unknown::Refused(code)) => Ok(Err(code)),
        Err(facts::Unknown::Fault(fault)) => Err(fault),
    }
}
