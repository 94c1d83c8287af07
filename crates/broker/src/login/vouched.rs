//! A connection that is trusted with second factors: its own word stands for one, where an admin named the words.
//!
//! Only what stands in the verified ID token counts, only of the identity that says who the person is, and never where
//! something must be proved anew (MFA-13).

use usher_domain::TraceStage;
use usher_login_flow::{Evidence, FactorOffer, FactorProof, FlowEvent, Next, ProvedFactor, Renewal, advance, next};

use crate::broker::Broker;
use crate::failure::Failure;
use crate::flow_state::{self, LoadedFlow};
use crate::tracing_events::note;

/// Completes the open step on the word of the connection, if there is one that counts.
pub(super) async fn satisfy(broker: &Broker, loaded: &mut LoadedFlow) -> Result<(), Failure> {
    let now = broker.now();
    let Next::AskFactor(offer) = next(&loaded.state.flow, now) else { return Ok(()) };
    let Some((word, proved)) = vouched(broker, loaded, &offer) else { return Ok(()) };
    let Ok(flow) = advance(loaded.state.flow.clone(), FlowEvent::FactorProved { proved: Box::new(proved) }, now) else {
        return Ok(());
    };
    loaded.state.flow = flow;
    let text = format!("step {}: the provider vouches for a second factor ({word})", offer.step);
    note(&mut loaded.state.trace, now, TraceStage::Page, text);
    if let Some(revision) = flow_state::save(broker, &loaded.state, loaded.revision).await? {
        loaded.revision = revision;
    }
    Ok(())
}

fn vouched(broker: &Broker, loaded: &LoadedFlow, offer: &FactorOffer) -> Option<(String, ProvedFactor)> {
    if offer.renewal == Renewal::Forced {
        return None;
    }
    let identity = &loaded.state.flow.proved_identity()?.identity;
    let snapshot = broker.snapshot();
    let trusted = &snapshot.live_connection(&identity.key.connection)?.connection.trusted_mfa;
    let said = identity.amr.iter().chain(&identity.acr);
    let word = said.into_iter().find(|word| trusted.contains(word))?.clone();
    // One word, one step; and never in place of a passkey alone, which is asked for on purpose.
    let by_connection =
        |evidence: &Evidence| matches!(evidence, Evidence::Factor { proof: FactorProof::Connection, .. });
    if loaded.state.flow.completed().iter().any(|done| by_connection(&done.evidence)) {
        return None;
    }
    let factor = offer.factors.iter().copied().find(|factor| factor.is_second_factor())?;
    // When it was proved is the provider's own time, as of the sign-in there.
    let at = loaded.state.flow.subject_completed()?.authentication.at;
    let amr = vec!["mfa".to_owned()];
    let proved = ProvedFactor {
        step: offer.step,
        authenticator: factor,
        by: FactorProof::Connection,
        at,
        amr,
        enrolments: Vec::new(),
    };
    Some((word, proved))
}
