//! Who the person says to be, before anything else: the domain of an e-mail address may say where they sign in.
//!
//! Only domains that an admin gave to a connection count; no account is looked for, so the answer is the same for people who
//! are known here and for those who are not (LINK-29).

use usher_domain::{EmailAddress, FlowId, RefusalCode, TraceStage};
use usher_login_flow::{FlowEvent, Next, advance, next};

use super::refuse::refuse_stranger;
use crate::broker::Broker;
use crate::failure::{Failure, Refusal};
use crate::flow_state;
use crate::tracing_events::note;
use crate::visitor::Visitor;

const MAX_BYTES: usize = 256;

/// Takes what was typed; the dispatcher shows what follows from it.
pub async fn identify(
    broker: &Broker,
    id: &FlowId,
    (typed, csrf): (&str, &str),
    visitor: &Visitor,
) -> Result<(), Failure> {
    let now = broker.now();
    let mut loaded = flow_state::load(broker, id, visitor, now).await?;
    if !broker.csrf_matches(&format!("flow:{id}"), csrf) {
        return Err(refuse_stranger(broker, RefusalCode::CsrfFailed, visitor).await);
    }
    let typed = typed.trim();
    if typed.len() > MAX_BYTES {
        return Err(Refusal::bare(RefusalCode::BadRequest, visitor.correlation.clone(), now).into());
    }
    let Next::AskIdentifier(offer) = next(&loaded.state.flow, now) else { return Ok(()) };
    if typed.is_empty() {
        return Ok(());
    }
    let connections = EmailAddress::parse(typed).map(|address| broker.snapshot().realms(address.domain()));
    let connections = connections.unwrap_or_default();
    note(&mut loaded.state.trace, now, TraceStage::Page, format!("in charge by domain: {}", connections.len()));
    let event = FlowEvent::Identified { step: offer.step, typed: typed.to_owned(), connections };
    if let Ok(flow) = advance(loaded.state.flow.clone(), event, now) {
        loaded.state.flow = flow;
        flow_state::save(broker, &loaded.state, loaded.revision).await?;
    }
    Ok(())
}
