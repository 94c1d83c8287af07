//! Second factors in a sign-in: which page, what counts as an answer, what lands at the end.
//!
//! Attempts are counted durably before an answer is looked at, also for people whose account does not exist yet. What is set
//! up waits in the sealed flow and lands with the last transaction of the sign-in.

mod answer;
mod asked;
pub(crate) mod brake;
mod facts;
mod keep;
mod land;
mod page;
mod passkey;
mod passkey_first;
mod remembered;
mod view;

pub use answer::{FactorAct, FactorForm, submit_factor};
pub use keep::{open_passkey, open_totp, seal_passkey, seal_totp};
pub(crate) use land::land;
pub use page::page;
pub use passkey::{PasskeyForm, named as passkey_name, submit_passkey};
pub use passkey_first::PasskeyOffer;
pub(crate) use passkey_first::{Offered, offer as passkey_offer};
pub(crate) use remembered::{hash_of, keep, recognise, still_remembered};
pub use view::{AskedFor, FactorView, PasswordWay, RecoveryCodesPage, recovery_codes};

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
