//! Passkeys in the walk of a sign-in: a key counts for one step, however often it is asked for.
//!
//! Its authenticator verified the person, so one answer already says two things (RFC 8176 `mfa`); the same key in a later
//! step would say nothing new, and an admin who asks for two steps wants two.

use usher_domain::Authenticator;

use crate::factor::{FactorProof, PendingFactor};
use crate::flow::{CompletedStep, Evidence, LoginFlow};
use crate::plan::StepNumber;

impl LoginFlow {
    /// The factor that is being asked for, also in a step that asks who the person is.
    pub fn pending_factor(&self) -> Option<&PendingFactor> {
        self.pending_factor.as_ref()
    }

    /// Whether this passkey may stand for a step: no other step of this sign-in rests on it. Of a session nobody knows
    /// any more which key it was, so none counts beside it.
    pub fn passkey_counts(&self, step: StepNumber, id: &str) -> bool {
        !self.completed.iter().filter(|done| done.step != step).any(|done| self.rests_on(done, id))
    }

    fn rests_on(&self, done: &CompletedStep, id: &str) -> bool {
        match &done.evidence {
            Evidence::Factor { authenticator: Authenticator::Passkey, proof } => match proof {
                FactorProof::Answer { id: Some(known) } => known == id,
                proof => *proof == FactorProof::Session,
            },
            Evidence::Session(_) => {
                let began = &done.authentication;
                let password = began.amr.iter().any(|method| method == "pwd") && self.offers_password(done.step);
                began.connection.is_none() && !password && self.begins_with_passkey(done.step, began)
            }
            Evidence::Password | Evidence::Identity(_) | Evidence::Factor { .. } => false,
        }
    }
}
