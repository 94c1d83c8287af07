//! A script in a sign-in: run from the top against what was recorded, until it asks for a step, a page, or the end.
//!
//! The engine knows no network and no database. What it asks for is found out here and recorded, what it wants changed
//! lands with the end of the sign-in, and whatever it does wrong refuses that one sign-in.

mod bundle;
mod cookies;
mod dry;
pub(crate) mod effects;
mod ended;
mod facts;
mod http;
mod lands;
mod letters;
mod people;
mod program;
mod prompt;
mod record;
mod recorded;
mod runner;
mod said;
pub(crate) mod shared;

use usher_domain::{RefusalCode, TraceStage};
use usher_flow_script::{Fact, Outcome, Program, Run};
use usher_login_flow::QuestionResult;

pub use bundle::ScriptBundle;
pub(crate) use dry::{Dry, Seen, draft_program, dry_run, program_of, reading};
pub use ended::ended;
pub use program::Scripts;
pub use prompt::{PromptPage, ShownField, prompt_page, submit_prompt};
pub(crate) use recorded::recorded;
pub use shared::{MailTemplate, PromptField, PromptTemplate, Shared};

use self::facts::Out;
use self::record::Kept;
use super::refuse::refuse;
use crate::broker::Broker;
use crate::failure::Failure;
use crate::flow_state::{self, LoadedFlow};
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// Facts that one sign-in may ask for.
const MAX_FACTS: usize = 50;
/// Processor time of all runs of one sign-in.
const MAX_CPU_MS: u64 = 500;

/// Runs the script once, with as many repetitions as its questions need, and takes in what it said.
pub async fn run(broker: &Broker, mut loaded: LoadedFlow, visitor: &Visitor) -> Result<LoadedFlow, Failure> {
    let Some(program) = program::of(broker, &loaded.state.flow).await? else {
        return Err(broken(broker, loaded, "the version of the flow is gone", visitor).await);
    };
    let mut kept = record::known(broker, &loaded.state, visitor).await?;
    let ran = match until_it_asks(broker, &mut loaded, &program, &mut kept, visitor).await? {
        Ok(ran) => ran,
        Err(why) => return Err(broken(broker, loaded, &why, visitor).await),
    };
    effects::carry_out_at_once(broker, &mut loaded, &mut kept, &ran).await?;
    kept.tell(&mut loaded.state.trace, &ran, broker.now());
    Box::pin(take_in(broker, loaded, (kept, ran), visitor)).await
}

/// Repeats the run until it needs no more facts; the text says why that was cut off.
async fn until_it_asks(
    broker: &Broker,
    loaded: &mut LoadedFlow,
    program: &Program,
    kept: &mut Kept,
    visitor: &Visitor,
) -> Result<Result<Run, String>, Failure> {
    for _ in 0..=MAX_FACTS {
        let application = loaded.state.flow.request().application.clone();
        let ran = match broker.scripts.run(&application, program, &kept.record).await {
            Ok(ran) => ran,
            Err(cut) => return Ok(Err(cut.to_string())),
        };
        kept.cpu_ms = kept.cpu_ms.saturating_add(ran.cpu_ms);
        if kept.cpu_ms > MAX_CPU_MS {
            return Ok(Err("the script used up the time of this sign-in".to_owned()));
        }
        let Outcome::Need(fact) = &ran.outcome else { return Ok(Ok(ran)) };
        let answer = facts::answer(broker, loaded, fact, visitor, Out::Goes(&mut kept.spent)).await?;
        kept.record.facts.insert(fact.key(), answer);
    }
    Ok(Err(format!("the script asked for more than {MAX_FACTS} facts")))
}

async fn take_in(
    broker: &Broker,
    loaded: LoadedFlow,
    (mut kept, ran): (Kept, Run),
    visitor: &Visitor,
) -> Result<LoadedFlow, Failure> {
    match said::of(&broker.snapshot(), &loaded.state.flow, &ran.outcome) {
        Ok(said::Said::Goes(said, call)) => {
            let position = loaded.state.flow.script().map_or(0, |script| script.answered().len());
            kept.asked(position, call);
            let pinned = program::pinned(broker, &loaded.state.flow).await?;
            kept.letters = pinned.map(|pinned| letters::of(&ran.effects, &pinned.bundle.mails)).unwrap_or_default();
            kept.effects = ran.effects.into_iter().filter(|effect| !effect.is_immediate()).collect();
            said::take(broker, loaded, (&kept, said), visitor).await
        }
        Ok(said::Said::Refuses(code)) => {
            let connection = loaded.state.flow.last_connection().cloned();
            let code = last_failure(&loaded).unwrap_or(code);
            Err(refuse(broker, loaded, code, connection, visitor).await)
        }
        Err(why) => Err(broken(broker, loaded, &why, visitor).await),
    }
}

/// Why the step failed that nothing made up for.
fn last_failure(loaded: &LoadedFlow) -> Option<RefusalCode> {
    let answered = loaded.state.flow.script()?.answered();
    answered.iter().rev().find_map(|answer| match &answer.result {
        QuestionResult::Failed { code, .. } => Some(*code),
        _ => None,
    })
}

/// A script that does not work lets nobody in.
async fn broken(broker: &Broker, mut loaded: LoadedFlow, why: &str, visitor: &Visitor) -> Failure {
    let application = &loaded.state.flow.request().application;
    tracing::warn!(%application, correlation = %loaded.state.flow.correlation(), why, "a script failed");
    note(&mut loaded.state.trace, broker.now(), TraceStage::Script, format!("script error: {}", record::line(why)));
    refuse(broker, loaded, RefusalCode::ScriptError, None, visitor).await
}

/// Reads the flow again where another tab was faster.
async fn again(broker: &Broker, loaded: &LoadedFlow, visitor: &Visitor) -> Result<LoadedFlow, Failure> {
    flow_state::load(broker, loaded.state.flow.id(), visitor, broker.now()).await
}

/// How a fact is named in the trace: what was asked, not about whom.
fn name_of(fact: &Fact) -> &'static str {
    match fact {
        Fact::AssociatedLocalUser { .. } => "the linked account",
        Fact::UsersWithClaims { .. } => "accounts with these values",
        Fact::UserSessions { .. } => "the person's sessions",
        Fact::SessionExists => "whether a session exists",
        Fact::AuthenticatedApplications => "the applications signed in to",
        Fact::MicrosoftEmailVerification { .. } => "whether Microsoft verified the address",
        Fact::Http(_) => "an HTTP call",
    }
}
