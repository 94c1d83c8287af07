//! Second factors in a sign-in.

use usher_domain::{RefusalCode, UserId};
use usher_login_flow::{Enrolment, FactorOffer};
use usher_storage::Tx;

use super::Resumed;
use super::commit::{FinishPlan, NotCommitted};
use super::refuse::refuse;
use crate::broker::Broker;
use crate::failure::Failure;
use crate::flow_state::LoadedFlow;
use crate::visitor::Visitor;

/// A page about a factor.
#[derive(Debug)]
pub struct FactorView;
/// Recovery codes, shown once.
#[derive(Debug)]
pub struct RecoveryCodesPage;

/// Chooses and prepares the page.
pub async fn page(
    broker: &Broker,
    loaded: LoadedFlow,
    _offer: FactorOffer,
    visitor: &Visitor,
) -> Result<Resumed, Failure> {
    Err(refuse(broker, loaded, RefusalCode::MfaUnavailable, None, visitor).await)
}

/// The page with the codes.
pub fn recovery_codes(_broker: &Broker, _loaded: &LoadedFlow, _codes: Vec<String>) -> RecoveryCodesPage {
    RecoveryCodesPage
}

/// Writes what was set up.
pub async fn land(_: &mut Tx, _: &FinishPlan, _: &UserId, _: &[Enrolment]) -> Result<(), NotCommitted> {
    Ok(())
}
