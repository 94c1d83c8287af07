//! From what a run came to, to the words of the flow.

use usher_domain::RefusalCode;
use usher_flow_script::{Execution as Asked, OptionFilter, Outcome, ScriptError};
use usher_login_flow::{
    AnsweredBy, Execution, FlowEvent, LoginFlow, PromptAsk, Question, Renewal, ScriptEnding, ScriptSaid, StepNumber,
    StepOption, advance,
};

use super::record::Kept;
use super::{again, program};
use crate::broker::Broker;
use crate::failure::Failure;
use crate::flow_state::{self, LoadedFlow};
use crate::login::refuse::refuse;
use crate::snapshot::Snapshot;
use crate::visitor::Visitor;

/// The page that asks for nothing but an identifier.
pub(super) const IDENTIFIER: &str = "";

/// What a run means for the flow.
pub(super) enum Said {
    /// The flow goes on, or ends, with the command behind it.
    Goes(ScriptSaid, String),
    /// Nobody is let in.
    Refuses(RefusalCode),
}

/// Reads an outcome; the text says what is wrong with the script.
pub(super) fn of(snapshot: &Snapshot, flow: &LoginFlow, outcome: &Outcome) -> Result<Said, String> {
    let call = outcome.call().to_owned();
    let said = match outcome {
        Outcome::Execute(asked) => ScriptSaid::Asks(Question::Step(execution(flow, asked, snapshot)?)),
        Outcome::Prompt(asked) => ScriptSaid::Asks(Question::Prompt(PromptAsk {
            template: asked.template.clone().unwrap_or_else(|| IDENTIFIER.to_owned()),
            values: asked.data.to_string(),
        })),
        Outcome::Succeed { acr } => ScriptSaid::Succeeds { acr: acr.clone() },
        Outcome::SendError { url: None, params } => ScriptSaid::Ends(ScriptEnding::Page { values: params.clone() }),
        Outcome::SendError { url: Some(url), params } => {
            let url = super::ended::allowed(snapshot, flow, url, params)
                .ok_or("sendError names an address that the application has not registered")?;
            ScriptSaid::Ends(ScriptEnding::Redirect { url })
        }
        Outcome::Fail { code, message, uri } => ScriptSaid::Ends(ScriptEnding::Application {
            code: code.clone(),
            message: message.clone(),
            uri: uri.clone(),
        }),
        Outcome::NothingExecuted | Outcome::Refused { .. } => return Ok(Said::Refuses(RefusalCode::ScriptDenied)),
        Outcome::Broken(error) => return Err(told(error)),
        Outcome::Need(fact) => return Err(format!("{} cannot be found out", super::name_of(fact))),
    };
    Ok(Said::Goes(said, call))
}

/// An error of the script with its place, for the trace.
pub(super) fn told(error: &ScriptError) -> String {
    match error.line {
        Some(line) => format!("line {line}: {} ({})", error.message, error.kind.as_str()),
        None => format!("{} ({})", error.message, error.kind.as_str()),
    }
}

fn execution(flow: &LoginFlow, asked: &Asked, snapshot: &Snapshot) -> Result<Execution, String> {
    let step = StepNumber::new(asked.step).ok_or_else(|| format!("there is no step {}", asked.step))?;
    let plan = flow.plan().steps.get(usize::from(asked.step).saturating_sub(1));
    let plan = plan.ok_or_else(|| format!("there is no step {}", asked.step))?;
    let passes = |option: &&StepOption| {
        asked.only.as_ref().is_none_or(|only| only.iter().any(|filter| lets_through(filter, option, snapshot)))
    };
    let answered = |by_script: bool| if by_script { AnsweredBy::Script } else { AnsweredBy::Nobody };
    let attempts = asked.params.local.values().find_map(|values| values.get("maximumAllowedFailureAttempts"));
    Ok(Execution {
        step,
        only: asked.only.as_ref().map(|_| plan.options.iter().filter(passes).cloned().collect()),
        renewal: if asked.force_auth { Renewal::Forced } else { Renewal::Allowed },
        on_failure: answered(asked.answers_failure),
        on_abort: answered(asked.answers_abort),
        attempts: attempts.and_then(|text| text.parse().ok()),
        upstream: asked.params.common.clone(),
    })
}

fn lets_through(filter: &OptionFilter, option: &StepOption, snapshot: &Snapshot) -> bool {
    let Some(shape) = program::shape(option, snapshot) else { return false };
    let same = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted == is);
    same(&filter.idp, &shape.idp) && same(&filter.authenticator, &shape.authenticator)
}

/// Takes it into the flow and saves. A step of which no option is left has failed at once.
pub(super) async fn take(
    broker: &Broker,
    mut loaded: LoadedFlow,
    (kept, said): (&Kept, ScriptSaid),
    visitor: &Visitor,
) -> Result<LoadedFlow, Failure> {
    let now = broker.now();
    let stuck =
        matches!(&said, ScriptSaid::Asks(Question::Step(Execution { only: Some(only), .. })) if only.is_empty());
    let event = FlowEvent::ScriptRan { record: kept.text()?, said };
    match advance(loaded.state.flow.clone(), event, now) {
        Ok(flow) => loaded.state.flow = flow,
        Err(error) => {
            let code = match error.refusal_code() {
                RefusalCode::Internal => RefusalCode::ScriptError,
                code => code,
            };
            tracing::warn!(%error, correlation = %loaded.state.flow.correlation(), "a script was not followed");
            return Err(refuse(broker, loaded, code, None, visitor).await);
        }
    }
    match flow_state::save(broker, &loaded.state, loaded.revision).await? {
        Some(revision) => loaded.revision = revision,
        None => return again(broker, &loaded, visitor).await,
    }
    if stuck {
        return Err(refuse(broker, loaded, RefusalCode::ConnectionUnavailable, None, visitor).await);
    }
    Ok(loaded)
}
