//! When a remembered browser may stand for a second factor, and which step it would answer.
//!
//! It was remembered because its owner answered once and asked for it; it proves that this is that browser, and nothing
//! newer. So it stands for one step of a sign-in, where the flow still allows it, and never where the application wants
//! something proved anew: by `prompt=login`, by `max_age`, by asking for a context class (a step-up), or by a script's
//! `forceAuth`. Whose browser it is, and for which flow it is remembered, the broker looks up.

use chrono::{DateTime, Utc};

use crate::event::FlowError;
use crate::factor::{self, FactorOffer, FactorProof};
use crate::flow::{Evidence, LoginFlow, Standing};
use crate::plan::Order;
use crate::script::Renewal;
use crate::session::is_recent;

/// What a remembered browser may answer now without anybody being asked, also where nobody may be (`prompt=none`); `since`
/// is when its owner last answered a factor in it.
pub fn answerable_by_browser(flow: &LoginFlow, since: DateTime<Utc>, now: DateTime<Utc>) -> Option<FactorOffer> {
    let waits = flow.standing == Standing::Open
        && flow.no_earlier(now) < flow.expires_at()
        && flow.events < LoginFlow::MAX_EVENTS
        && flow.codes_to_show().is_none()
        && flow.pending_proof().is_none();
    let step = flow.open_step().filter(|_| waits)?;
    check(flow, since).ok()?;
    factor::offer(flow, step)
}

/// The rules, for whoever claims that a browser is remembered since then.
pub(crate) fn check(flow: &LoginFlow, since: DateTime<Utc>) -> Result<(), FlowError> {
    if flow.plan.remember_days.is_none() {
        return Err(FlowError::Incoherent("this flow remembers no browsers"));
    }
    if flow.renewal() == Renewal::Forced || asks_for_a_class(flow) {
        return Err(FlowError::Incoherent("it must be proved anew"));
    }
    if flow.request.max_age.is_some_and(|limit| !is_recent(since, limit, flow.seen_at)) {
        return Err(FlowError::Incoherent("it was proved too long ago"));
    }
    if flow.is_by_browser() {
        return Err(FlowError::Incoherent("a browser stands for one step"));
    }
    Ok(())
}

impl LoginFlow {
    /// Whether a remembered browser stands for one of the steps.
    pub(crate) fn is_by_browser(&self) -> bool {
        let remembered =
            |evidence: &Evidence| matches!(evidence, Evidence::Factor { proof: FactorProof::Remembered, .. });
        self.completed.iter().any(|done| remembered(&done.evidence))
    }
}

/// Whether the application asked for the class that this sign-in reaches; a script may select any that was asked for.
fn asks_for_a_class(flow: &LoginFlow) -> bool {
    match flow.plan.order {
        Order::InTurn => flow.plan.acr.as_ref().is_some_and(|acr| flow.request.acr_values.contains(acr)),
        Order::Scripted => !flow.request.acr_values.is_empty(),
    }
}
