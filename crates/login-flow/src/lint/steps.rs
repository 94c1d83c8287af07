//! Findings about the steps themselves, without a look at who passes through them.

use usher_domain::{Authenticator, FlowDefinition, FlowOption, FlowStep, MAX_STEPS};

use super::{Finding, Fix, Passkeys, Problem, Surroundings};

/// Findings in the order of the steps.
pub(super) fn findings(definition: &FlowDefinition, around: Surroundings<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut identified = false;
    if definition.steps.is_empty() || definition.steps.len() > usize::from(MAX_STEPS) {
        found.push(Finding { problem: Problem::StepCount, step: None, option: None, fixes: Vec::new() });
    }
    for (number, step) in (1..).zip(&definition.steps) {
        if step.options.is_empty() {
            let fixes = if definition.steps.len() > 1 { vec![Fix::RemoveStep] } else { Vec::new() };
            found.push(Finding { problem: Problem::StepEmpty, step: Some(number), option: None, fixes });
        }
        for option in &step.options {
            let wrong = match option {
                FlowOption::Local { authenticator: Authenticator::Passkey }
                    if around.passkeys == Passkeys::NoDomain =>
                {
                    Some(Problem::PasskeyNoDomain)
                }
                FlowOption::Local { authenticator } => factor(*authenticator, number, identified),
                _ => connection(option, around),
            };
            found.extend(wrong.map(|problem| {
                let fixes = if problem == Problem::PasskeyEnrol { Vec::new() } else { vec![Fix::RemoveOption] };
                Finding { problem, step: Some(number), option: Some(option.clone()), fixes }
            }));
        }
        identified |= can_identify(step);
    }
    for number in [definition.subject_step, definition.attribute_step] {
        let step = number.checked_sub(1).and_then(|position| definition.steps.get(usize::from(position)));
        if !definition.steps.is_empty() && step.is_none_or(|step| !step.options.is_empty() && !can_identify(step)) {
            found.push(Finding { problem: Problem::SubjectStep, step: Some(number), option: None, fixes: Vec::new() });
        }
    }
    found.dedup();
    found
}

/// Whether a step can say who the person is.
pub(super) fn can_identify(step: &FlowStep) -> bool {
    step.options.iter().any(|option| match option {
        FlowOption::Local { authenticator } => authenticator.identifies(),
        FlowOption::Connection { .. } | FlowOption::EveryConnection => true,
    })
}

fn factor(authenticator: Authenticator, number: u8, identified: bool) -> Option<Problem> {
    match (authenticator, number) {
        (Authenticator::Passkey, 1) => Some(Problem::PasskeyEnrol),
        (second, 1) if second.is_second_factor() => Some(Problem::SecondFactorFirst(second)),
        (second, _) if second.is_second_factor() && !identified => Some(Problem::SecondFactorNoFirst(second)),
        _ => None,
    }
}

fn connection(option: &FlowOption, around: Surroundings<'_>) -> Option<Problem> {
    let FlowOption::Connection { connection } = option else { return None };
    match around.connections.iter().find(|known| known.id == *connection) {
        None => Some(Problem::ConnectionGone(connection.clone())),
        Some(known) if !known.enabled => Some(Problem::ConnectionDisabled(connection.clone())),
        Some(_) => None,
    }
}
