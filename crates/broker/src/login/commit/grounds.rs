//! What the steps of a sign-in rest on must still be there when it ends: a factor that was removed or a password that was
//! changed meanwhile proves nothing any more (MFA-17).

use usher_domain::{Authenticator, UserId};
use usher_login_flow::{CompletedStep, Evidence, FactorProof};
use usher_storage::{Tx, credentials, factors, passkeys, totp};

use super::{FinishPlan, NotCommitted, Person};
use crate::failure::Fault;
use crate::login::factors::still_remembered;
use usher_domain::RefusalCode;

/// Refuses where the ground of a step is gone.
pub(super) async fn still_stand(tx: &mut Tx, plan: &FinishPlan, person: &Person) -> Result<(), NotCommitted> {
    let Some(user) = &person.user else { return Ok(()) };
    for done in &plan.completed {
        if !stands(tx, plan, user, done).await? {
            return Err(NotCommitted::Refused(RefusalCode::TxExpired));
        }
    }
    Ok(())
}

async fn stands(tx: &mut Tx, plan: &FinishPlan, user: &UserId, done: &CompletedStep) -> Result<bool, Fault> {
    match &done.evidence {
        Evidence::Password => {
            let changed_at = credentials::changed_at(tx, user).await?;
            Ok(changed_at.is_some_and(|at| at <= done.authentication.at))
        }
        Evidence::Factor { authenticator: Authenticator::Totp, proof: FactorProof::Answer { id: Some(id) } } => {
            Ok(totp::list(tx, user).await?.iter().any(|row| row.id.as_str() == id))
        }
        Evidence::Factor { authenticator: Authenticator::Passkey, proof: FactorProof::Answer { id: Some(id) } } => {
            Ok(passkeys::get(tx, id).await?.is_some_and(|row| row.user == *user))
        }
        Evidence::Factor { proof: FactorProof::Remembered, .. } => {
            Ok(still_remembered(tx, user, plan.owner.as_ref(), plan.now).await?)
        }
        Evidence::Identity(_) | Evidence::Session(_) | Evidence::Factor { .. } => Ok(true),
    }
}

/// Whether a proof of ownership by a password or a mailbox says enough: an account with factors of its own is proved by
/// one of them too, in this sign-in (a full sign-in to the account, not half of one).
pub async fn owns_with_factors(tx: &mut Tx, plan: &FinishPlan, user: &UserId) -> Result<bool, Fault> {
    let held = factors::summary(tx, user, plan.now).await?;
    if held.totp == 0 && held.passkeys == 0 && held.recovery_left == 0 {
        return Ok(true);
    }
    let own = |done: &CompletedStep| {
        matches!(&done.evidence, Evidence::Factor { authenticator, proof: FactorProof::Answer { .. } }
            if authenticator.needs_account())
    };
    Ok(plan.completed.iter().any(own))
}
