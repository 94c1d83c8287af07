//! A sign-in as a script knows it, or would know it, for a recording of it.

use serde_json::Value;
use usher_flow_script::{Fact, Record, StepOutcome, StepResult};

use super::{people, record};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::flow_state::FlowState;
use crate::visitor::Visitor;

/// What is known about it: a result for each question of its script; without a script, for each step. Reads only.
pub(crate) async fn recorded(broker: &Broker, state: &FlowState, visitor: &Visitor) -> Result<Record, Fault> {
    let flow = &state.flow;
    if flow.script().is_some() {
        return Ok(record::known(broker, state, visitor).await?.record);
    }
    let mut known = Record::default();
    record::begin(broker, state, visitor, &mut known)?;
    known.facts.insert(Fact::SessionExists.key(), Value::from(visitor.session.is_some()));
    for done in flow.completed() {
        let mut view = people::of_step(broker, done).await?;
        view.request = Some(known.request.clone());
        let outcome = StepOutcome::Succeeded(Box::new(view));
        known.results.push(StepResult { step: done.step.get(), call: String::new(), outcome });
    }
    Ok(known)
}
