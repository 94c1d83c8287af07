//! What was set up during a sign-in lands with it: factors, recovery codes, a browser to remember.

use chrono::Duration;
use usher_domain::UserId;
use usher_storage::trusted_devices::{self, TrustedDevice};
use usher_storage::{Tx, hash};

use super::{FinishPlan, NotCommitted};
use crate::login::factors;

/// Writes it, for the account that the sign-in turned out to be about.
pub(super) async fn land(tx: &mut Tx, plan: &FinishPlan, user: &UserId) -> Result<(), NotCommitted> {
    factors::land(tx, plan, user, &plan.enrolments).await?;
    if let (Some((cookie, days)), Some(owner)) = (&plan.remember, &plan.owner) {
        let device = TrustedDevice {
            hash: hash(cookie.expose().as_bytes()),
            user: user.clone(),
            owner: owner.clone(),
            created_at: plan.now,
            expires_at: plan.now + Duration::days(i64::from(*days)),
            last_used_at: plan.now,
            label: plan.visitor.agent.clone().unwrap_or_default(),
        };
        trusted_devices::insert(tx, &device).await?;
    }
    Ok(())
}
