//! A script in a sign-in that is only tried out: the same run, the same reading of people and accounts, and every call
//! out answered by a stub.

use usher_domain::{ApplicationId, RefusalCode};
use usher_flow_script::{Fact, Outcome, Program};
use usher_login_flow::{FlowEvent, FlowPlan, LoginFlow, ScriptSaid, advance};

use super::bundle::ScriptBundle;
use super::facts::Out;
use super::shared::Shared;
use super::{MAX_FACTS, facts, program, record, said};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::flow_state::LoadedFlow;
use crate::snapshot::Snapshot;
use crate::visitor::Visitor;

/// What a tried-out run came to.
pub(crate) enum Dry {
    /// The flow took it in.
    GoesOn,
    /// Nobody is let in.
    Refuses(RefusalCode),
    /// The script does not work.
    Broken(String),
}

/// What a tried-out script did, besides.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Its calls in order, with what they were answered.
    pub calls: Vec<String>,
    /// What it logged.
    pub logs: Vec<String>,
    /// Whether a call out was answered by a stub.
    pub stubbed: bool,
}

/// The program of a definition that need not be published. Secrets are named and empty: a draft that is tried out
/// sends nothing.
pub(crate) fn draft_program(
    broker: &Broker,
    loaded: &LoadedFlow,
    source: &str,
    libraries: std::collections::BTreeMap<String, String>,
) -> Program {
    let flow = &loaded.state.flow;
    program_of(&broker.snapshot(), (flow.plan(), &flow.request().application), source, libraries)
}

/// The same for a plan and an application.
pub(crate) fn program_of(
    snapshot: &Snapshot,
    (plan, application): (&FlowPlan, &ApplicationId),
    source: &str,
    libraries: std::collections::BTreeMap<String, String>,
) -> Program {
    let mut program = program::assemble(source, &ScriptBundle::open_to_all(libraries));
    program.steps = program::shapes(plan, snapshot);
    program.application_name = program::name_of(snapshot, application);
    program
}

/// What a run means for a flow: what it said, a refusal, or what is wrong with the script.
pub(crate) fn reading(
    snapshot: &Snapshot,
    flow: &LoginFlow,
    outcome: &Outcome,
) -> Result<Result<ScriptSaid, RefusalCode>, String> {
    said::of(snapshot, flow, outcome).map(|said| match said {
        said::Said::Goes(said, _) => Ok(said),
        said::Said::Refuses(code) => Err(code),
    })
}

/// Runs the script once and takes in what it said. Saves nothing, ends no session, sends nothing.
pub(crate) async fn dry_run(
    broker: &Broker,
    loaded: &mut LoadedFlow,
    program: &Program,
    (visitor, seen): (&Visitor, &mut Seen),
) -> Result<Dry, Fault> {
    let mut kept = record::known(broker, &loaded.state, visitor).await?;
    let shared = broker.store.read(|tx| Box::pin(async move { Shared::read(tx).await })).await?.names();
    let mut program = program.clone();
    (program.prompts, program.mails, program.roles) = (shared.prompts, shared.mails, shared.roles);
    for _ in 0..=MAX_FACTS {
        let application = loaded.state.flow.request().application.clone();
        let ran = match broker.scripts.run(&application, &program, &kept.record).await {
            Ok(ran) => ran,
            Err(cut) => return Ok(Dry::Broken(cut.to_string())),
        };
        if let Outcome::Need(fact) = &ran.outcome {
            seen.stubbed |= matches!(**fact, Fact::Http(_));
            let answer = facts::answer(broker, loaded, fact, visitor, Out::Stays).await?;
            kept.record.facts.insert(fact.key(), answer);
            continue;
        }
        seen.calls.clone_from(&ran.calls);
        seen.logs = ran.logs.iter().map(|line| line.text.clone()).collect();
        return match said::of(&broker.snapshot(), &loaded.state.flow, &ran.outcome) {
            Ok(said::Said::Goes(said, call)) => Ok(take(broker, loaded, (kept, said), call)?),
            Ok(said::Said::Refuses(code)) => Ok(Dry::Refuses(super::last_failure(loaded).unwrap_or(code))),
            Err(why) => Ok(Dry::Broken(why)),
        };
    }
    Ok(Dry::Broken(format!("the script asked for more than {MAX_FACTS} facts")))
}

fn take(
    broker: &Broker,
    loaded: &mut LoadedFlow,
    (mut kept, said): (record::Kept, ScriptSaid),
    call: String,
) -> Result<Dry, Fault> {
    let position = loaded.state.flow.script().map_or(0, |script| script.answered().len());
    kept.asked(position, call);
    let event = FlowEvent::ScriptRan { record: kept.text()?, said };
    Ok(match advance(loaded.state.flow.clone(), event, broker.now().max(loaded.state.flow.created_at())) {
        Ok(flow) => {
            loaded.state.flow = flow;
            Dry::GoesOn
        }
        Err(error) => Dry::Broken(error.to_string()),
    })
}
