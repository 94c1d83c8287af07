//! Which steps a person would meet: a script is run with invented answers, for the lint and for nothing else.

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Value, json};

use crate::engine::{Assume, run_assuming};
use crate::{
    Fact, HttpAnswer, Limits, OptionShape, Outcome, Program, Record, StepOutcome, StepResult, StepView, UserView,
};

/// Most runs of one simulation: a script that branches further is uncertain.
const RUNS: usize = 60;
/// Most steps and answers on one path.
const DEPTH: usize = 24;

/// What the trial runs came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Simulation {
    /// Steps executed when everything succeeds, one sequence per path, without duplicates. A path that is refused or
    /// that breaks is not among them.
    pub sequences: Vec<Vec<u8>>,
    /// Whether the script looked at something that differs from person to person (groups, attributes, facts, request),
    /// so that there may be paths beside these.
    pub uncertain: bool,
    /// Whether some path ended in an error of the script.
    pub broken: bool,
}

/// Tries what happens to somebody who takes this option in step 1; later steps take each of their options in turn.
pub fn simulate(program: &Program, idp: &str, authenticator: &str) -> Simulation {
    let first = OptionShape { idp: idp.to_owned(), authenticator: authenticator.to_owned() };
    let mut trial = Trial { program, first, found: BTreeSet::new(), result: Simulation::default() };
    for assume in [Assume::Outsider, Assume::Insider] {
        trial.walk(assume);
    }
    Simulation { sequences: trial.found.into_iter().collect(), ..trial.result }
}

struct Trial<'a> {
    program: &'a Program,
    first: OptionShape,
    found: BTreeSet<Vec<u8>>,
    result: Simulation,
}

impl Trial<'_> {
    fn walk(&mut self, assume: Assume) {
        let mut open = VecDeque::from([Record::default()]);
        for _ in 0..RUNS {
            let Some(record) = open.pop_front() else { return };
            let run = run_assuming(self.program, &record, &Limits::default(), assume);
            self.result.uncertain |= !run.reads.is_empty();
            if record.results.len() + record.facts.len() > DEPTH {
                self.result.uncertain = true;
                continue;
            }
            match run.outcome {
                Outcome::Execute(asked) => {
                    for option in self.options(asked.step) {
                        let outcome = StepOutcome::Succeeded(Box::new(passed(&option)));
                        let mut next = record.clone();
                        next.results.push(StepResult { step: asked.step, call: asked.call.clone(), outcome });
                        open.push_back(next);
                    }
                }
                Outcome::Prompt(asked) => {
                    self.result.uncertain = true;
                    let mut next = record.clone();
                    let outcome = StepOutcome::Prompted { params: std::collections::BTreeMap::new() };
                    next.results.push(StepResult { step: 0, call: asked.call, outcome });
                    open.push_back(next);
                }
                Outcome::Need(fact) => {
                    self.result.uncertain = true;
                    let mut next = record.clone();
                    next.facts.insert(fact.key(), invented(&fact));
                    open.push_back(next);
                }
                Outcome::Succeed { .. } => {
                    self.found
                        .insert(record.results.iter().map(|result| result.step).filter(|step| *step > 0).collect());
                }
                Outcome::Broken(_) => self.result.broken = true,
                Outcome::NothingExecuted
                | Outcome::Refused { .. }
                | Outcome::SendError { .. }
                | Outcome::Fail { .. } => {}
            }
        }
        self.result.uncertain |= !open.is_empty();
    }

    fn options(&self, step: u8) -> Vec<OptionShape> {
        match step {
            1 => vec![self.first.clone()],
            later => self.program.step(later).map(|step| step.options.clone()).unwrap_or_default(),
        }
    }
}

fn passed(option: &OptionShape) -> StepView {
    let local = option.idp == OptionShape::LOCAL;
    let subject = UserView {
        unique_id: local.then(|| "simulated".to_owned()),
        identifier: "simulated".to_owned(),
        username: "simulated".to_owned(),
        is_local: local,
        ..UserView::default()
    };
    StepView { idp: option.idp.clone(), authenticator: option.authenticator.clone(), subject, request: None }
}

fn invented(fact: &Fact) -> Value {
    match fact {
        Fact::AssociatedLocalUser { .. } => Value::Null,
        Fact::UsersWithClaims { .. } | Fact::UserSessions { .. } | Fact::AuthenticatedApplications => json!([]),
        Fact::SessionExists | Fact::MicrosoftEmailVerification { .. } => json!(false),
        Fact::Http(_) => serde_json::to_value(HttpAnswer::Ok { body: json!({}) }).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(body: &str, idp: &str) -> Simulation {
        let options = vec![
            OptionShape::local("BasicAuthenticator"),
            OptionShape::connection("acme", "OpenIDConnectAuthenticator"),
        ];
        let source = format!("var onLoginRequest = function (context) {{ {body} }};");
        let program = Program::new(source).with_step(options).with_local_step(&["totp"]);
        let authenticator = if idp == OptionShape::LOCAL { "BasicAuthenticator" } else { "OpenIDConnectAuthenticator" };
        simulate(&program, idp, authenticator)
    }

    #[test]
    fn who_meets_which_step() {
        let skip = "executeStep(1, { onSuccess: function (context) {
            if (context.steps[1].idp == 'LOCAL') { executeStep(2); } } });";
        assert_eq!(tried(skip, "LOCAL"), Simulation { sequences: vec![vec![1, 2]], ..Simulation::default() });
        assert_eq!(tried(skip, "acme"), Simulation { sequences: vec![vec![1]], ..Simulation::default() });
        assert_eq!(tried("executeStep(1); executeStep(2);", "acme").sequences, [vec![1, 2]]);
    }

    #[test]
    fn what_differs_from_person_to_person_is_uncertain() {
        let group = "executeStep(1, { onSuccess: function (context) {
            if (isMemberOfAnyOfGroups(context.steps[1].subject, ['a'])) { executeStep(2); } } });";
        let found = tried(group, "acme");
        assert_eq!((found.sequences, found.uncertain), (vec![vec![1], vec![1, 2]], true));
        assert!(tried("nothing.there;", "acme").broken);
    }
}
