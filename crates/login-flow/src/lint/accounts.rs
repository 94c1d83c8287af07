//! Who may arrive at a factor without the local account that it rests on: over every path that the script can take.

use usher_domain::{Authenticator, Connection, FlowDefinition, FlowOption, FlowStep, NoMatch};
use usher_flow_script::{Program, simulate};

use super::shape::{authenticator_name, connections_of, program};
use super::{Finding, Fix, Problem, Surroundings, script};

/// Why people of a connection may have no local account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Just-in-time provisioning is off.
    JitOff,
    /// Linking skips the account where no rule matches.
    Skipped,
}

/// Whether, and why, a sign-in through a connection may end without a local account.
pub fn ending_without_account(connection: &Connection) -> Option<Ending> {
    let settings = &connection.provisioning;
    let skips = settings.linking.as_ref().is_some_and(|linking| linking.no_match == NoMatch::Skip);
    match (settings.enabled, skips) {
        (false, _) => Some(Ending::JitOff),
        (true, true) => Some(Ending::Skipped),
        (true, false) => None,
    }
}

/// Factors that the warning is about. A code by e-mail is among them: without an account there is only the address that
/// the provider sent, and nobody vouches for it here.
fn rests_on_account(authenticator: Authenticator) -> bool {
    authenticator != Authenticator::Password
}

/// Findings by step.
pub(super) fn findings(definition: &FlowDefinition, around: Surroundings<'_>) -> Vec<Finding> {
    let affected: Vec<(u8, &Connection, Ending)> = arrivals(definition, around);
    if affected.is_empty() {
        return Vec::new();
    }
    let program = program(definition, around);
    let mut found = Vec::new();
    for (number, step) in (1..).zip(&definition.steps) {
        let factors = factors(step);
        let meets = |(at, connection, _): &&(u8, &Connection, Ending)| {
            *at != number && is_met(definition, program.as_ref(), (*at, connection), number)
        };
        let mut connections: Vec<_> =
            affected.iter().filter(meets).map(|(_, connection, ending)| (*connection, *ending)).collect();
        connections.dedup_by_key(|(connection, _)| connection.id.clone());
        if factors.is_empty() || connections.is_empty() {
            continue;
        }
        let mut fixes: Vec<Fix> = connections.iter().map(|(connection, ending)| fix(connection, *ending)).collect();
        fixes.extend(script::skip_script(definition, around).map(Fix::SkipByScript));
        let connections = connections.into_iter().map(|(connection, ending)| (connection.id.clone(), ending)).collect();
        let problem = Problem::JitMfa { connections, factors };
        found.push(Finding { problem, step: Some(number), option: None, fixes });
    }
    found
}

fn fix(connection: &Connection, ending: Ending) -> Fix {
    match ending {
        Ending::JitOff => Fix::TurnOnJit(connection.id.clone()),
        Ending::Skipped => Fix::StopSkipping(connection.id.clone()),
    }
}

/// The connections through which people may come in without an account, and the step that offers them.
fn arrivals<'a>(definition: &FlowDefinition, around: Surroundings<'a>) -> Vec<(u8, &'a Connection, Ending)> {
    let of_step = |(number, step): (u8, &FlowStep)| {
        let all: Vec<&'a Connection> = step.options.iter().flat_map(|option| connections_of(option, around)).collect();
        all.into_iter().map(move |connection| (number, connection)).collect::<Vec<_>>()
    };
    (1..)
        .zip(&definition.steps)
        .flat_map(of_step)
        .filter_map(|(number, connection)| Some((number, connection, ending_without_account(connection)?)))
        .collect()
}

/// The factors of a step that rest on an account.
pub(super) fn factors(step: &FlowStep) -> Vec<Authenticator> {
    step.options
        .iter()
        .filter_map(|option| match option {
            FlowOption::Local { authenticator } => Some(*authenticator).filter(|a| rests_on_account(*a)),
            FlowOption::Connection { .. } | FlowOption::EveryConnection => None,
        })
        .collect()
}

/// Whether somebody who came in through the connection may meet the step.
fn is_met(
    definition: &FlowDefinition,
    program: Option<&Program>,
    (arrival, connection): (u8, &Connection),
    step: u8,
) -> bool {
    match (program, arrival) {
        (None, _) => definition.steps.get(usize::from(step).saturating_sub(1)).is_some(),
        // A script that looks at later steps cannot be tried from there: nothing is ruled out.
        (Some(_), 2..) => true,
        (Some(program), _) => {
            let tried = simulate(program, &connection.script_name, authenticator_name(connection.kind));
            tried.uncertain || tried.sequences.iter().any(|sequence| sequence.contains(&step))
        }
    }
}

/// The steps with factors that people of a connection may meet without an account: for the lists of what breaks.
pub fn steps_met(
    definition: &FlowDefinition,
    around: Surroundings<'_>,
    connection: &Connection,
) -> Vec<(u8, Vec<Authenticator>)> {
    let mut without = connection.clone();
    without.provisioning.enabled = false;
    without.enabled = true;
    let connections: Vec<Connection> = around
        .connections
        .iter()
        .map(|known| if known.id == without.id { without.clone() } else { known.clone() })
        .collect();
    let found = findings(definition, Surroundings { connections: &connections, ..around });
    let names = |finding: Finding| match finding.problem {
        Problem::JitMfa { connections, factors } if connections.iter().any(|(id, _)| *id == connection.id) => {
            finding.step.map(|step| (step, factors))
        }
        _ => None,
    };
    found.into_iter().filter_map(names).collect()
}
