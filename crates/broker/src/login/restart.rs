//! "Use another way" and "start again": back to the first page of the same sign-in.

use usher_domain::FlowId;
use usher_login_flow::{FlowEvent, advance};

use crate::broker::Broker;
use crate::failure::{Failure, Refusal};
use crate::flow_state;
use crate::visitor::Visitor;

/// Restarts a flow; the web front redirects to the dispatcher afterwards.
pub async fn restart(broker: &Broker, id: &FlowId, visitor: &Visitor) -> Result<(), Failure> {
    let now = broker.now();
    let mut loaded = flow_state::load(broker, id, visitor, now).await?;
    match advance(loaded.state.flow.clone(), FlowEvent::Restarted, now) {
        Ok(flow) => loaded.state.flow = flow,
        Err(error) => {
            return Err(Refusal::bare(error.refusal_code(), loaded.state.flow.correlation().clone(), now).into());
        }
    }
    loaded.state.trace.refusal = None;
    flow_state::save(broker, &loaded.state, loaded.revision).await?;
    Ok(())
}
