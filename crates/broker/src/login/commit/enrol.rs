//! What was set up during a sign-in lands with it: factors, recovery codes, a browser to remember.

use chrono::Duration;
use usher_domain::UserId;
use usher_storage::Tx;
use usher_storage::trusted_devices::TrustedDevice;

use super::{FinishPlan, NotCommitted};
use crate::answer::RememberedDevice;
use crate::login::factors;

/// Writes it, for the account that the sign-in turned out to be about; the cookie of a browser to remember.
pub(super) async fn land(
    tx: &mut Tx,
    plan: &FinishPlan,
    user: &UserId,
) -> Result<Option<RememberedDevice>, NotCommitted> {
    factors::land(tx, plan, user, &plan.enrolments).await?;
    let (Some((token, days)), Some(owner)) = (&plan.remember, &plan.owner) else { return Ok(None) };
    let device = TrustedDevice {
        hash: factors::hash_of(token),
        user: user.clone(),
        owner: owner.clone(),
        created_at: plan.now,
        expires_at: plan.now + Duration::days(i64::from(*days)),
        last_used_at: plan.now,
        label: plan.visitor.agent.clone().unwrap_or_default(),
    };
    Ok(Some(factors::keep(tx, &plan.visitor, token, &device).await?))
}
