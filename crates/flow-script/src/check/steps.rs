//! Findings about steps: one that is not there, one that never runs, options in the place of callbacks.

use std::collections::BTreeSet;

use super::finding::{Finding, Level, ProgramShape};
use super::tokens::{Kind, Token};
use super::{at, mended};

const CALLS: [&str; 2] = ["executeStep", "promptIdentifierForStep"];
const OPTIONS: [&str; 3] = ["authenticationOptions", "authenticatorParams", "stepOptions"];

pub(super) fn findings(tokens: &[Token], shape: &ProgramShape) -> Vec<Finding> {
    let mut found = Vec::new();
    let (mut named, mut computed) = (BTreeSet::new(), false);
    for (position, call) in tokens.iter().enumerate().filter(|(_, token)| is_call(token)) {
        let rest = tokens.get(position + 1..).unwrap_or_default();
        let [open, number, after, ..] = rest else { continue };
        if open.text != "(" {
            continue;
        }
        let literal = number.kind == Kind::Number && matches!(after.text.as_str(), ")" | ",");
        match number.text.parse::<u8>() {
            Ok(step) if literal => {
                named.insert(step);
                found.extend(no_such_step(number, step, shape.steps.len()));
            }
            _ => computed = true,
        }
        found.extend(misplaced_options(call, rest));
    }
    if !computed {
        found.extend(never_executed(tokens, &named, shape.steps.len()));
    }
    found
}

fn is_call(token: &Token) -> bool {
    token.kind == Kind::Name && CALLS.contains(&token.text.as_str())
}

fn no_such_step(token: &Token, step: u8, steps: usize) -> Option<Finding> {
    if step > 0 && usize::from(step) <= steps {
        return None;
    }
    let count = if steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") };
    let message = format!("There is no step {step}. This flow has {count}.");
    let finding = at(token, "script_no_step", Level::Error, message);
    let nearest = if step == 0 { 1 } else { steps };
    if steps == 0 { Some(finding) } else { Some(mended(finding, nearest.to_string(), format!("Use step {nearest}"))) }
}

/// `executeStep(1, {stepOptions: …})`: with two arguments the second holds callbacks.
fn misplaced_options(call: &Token, rest: &[Token]) -> Option<Finding> {
    let [_, _, comma, brace, name, ..] = rest else { return None };
    let options = comma.text == "," && brace.text == "{" && OPTIONS.contains(&name.text.as_str());
    if !options || has_third(rest) {
        return None;
    }
    let message =
        format!("With two arguments the second holds callbacks: {} is not looked at. Add a third.", name.text);
    Some(at(call, "script_options_place", Level::Warning, message))
}

/// Whether a call has a third argument; `rest` begins with its bracket.
fn has_third(rest: &[Token]) -> bool {
    let (mut depth, mut commas) = (0_i32, 0);
    for token in rest.iter().filter(|token| token.kind == Kind::Sign) {
        match token.text.as_str() {
            "(" | "{" | "[" => depth += 1,
            ")" | "}" | "]" => depth -= 1,
            "," if depth == 1 => commas += 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    commas >= 2
}

fn never_executed(tokens: &[Token], named: &BTreeSet<u8>, steps: usize) -> Option<Finding> {
    let missing: Vec<String> =
        (1..=u8::try_from(steps).ok()?).filter(|step| !named.contains(step)).map(|step| step.to_string()).collect();
    if missing.is_empty() {
        return None;
    }
    let entry = tokens.iter().find(|token| token.text == "onLoginRequest")?;
    let plural = if missing.len() == 1 { "Step" } else { "Steps" };
    let message = format!("{plural} {} of the flow: the script never executes it.", missing.join(", "));
    Some(at(entry, "script_step_unused", Level::Warning, message))
}
