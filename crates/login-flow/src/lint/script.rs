//! Findings in a script, and the script that skips steps for people without an account.

use std::fmt::Write as _;

use usher_domain::{Connection, FlowDefinition};
use usher_flow_script::check;

use super::accounts::{ending_without_account, factors};
use super::shape::{connections_of, program_shape};
use super::{Finding, Problem, Surroundings};

/// What the engine's check finds in the script that is switched on.
pub(super) fn findings(definition: &FlowDefinition, around: Surroundings<'_>) -> Vec<Finding> {
    let Some(source) = &definition.script else { return Vec::new() };
    let found = check(source, &program_shape(definition, around)).into_iter();
    found.map(|f| Finding { problem: Problem::Script(f), step: None, option: None, fixes: Vec::new() }).collect()
}

/// The script that asks for a flow's second factors only where there is an account to check them against.
///
/// If every connection of the first step may end without an account it is the well-known one, letter by letter. If only
/// some may, it names those: the well-known one would drop the factor for everybody who comes from elsewhere. None where
/// the first step is not the one that brings people in, or where there is nothing to skip.
pub fn skip_script(definition: &FlowDefinition, around: Surroundings<'_>) -> Option<String> {
    let first = definition.steps.first()?;
    let connections: Vec<&Connection> =
        first.options.iter().flat_map(|option| connections_of(option, around)).collect();
    let affected: Vec<&str> = connections
        .iter()
        .filter(|connection| ending_without_account(connection).is_some())
        .map(|connection| connection.script_name.as_str())
        .collect();
    let skipped: Vec<bool> = definition.steps.iter().skip(1).map(|step| !factors(step).is_empty()).collect();
    if affected.is_empty() || !skipped.contains(&true) {
        return None;
    }
    let (declared, condition) = if affected.len() == connections.len() {
        ("var localAuthenticator = 'LOCAL';".to_owned(), "step.idp == localAuthenticator")
    } else {
        let names: Vec<String> = affected.iter().map(|name| format!("'{name}'")).collect();
        (format!("var withoutAccount = [{}];", names.join(", ")), "withoutAccount.indexOf(step.idp) < 0")
    };
    Some(written(&declared, condition, &skipped))
}

fn written(declared: &str, condition: &str, skipped: &[bool]) -> String {
    let mut text = format!(
        "{declared}\nvar onLoginRequest = function (context) {{\n    executeStep(1, {{\n        \
         onSuccess: function (context) {{\n            var step = context.steps[1];\n"
    );
    let mut inside = false;
    for (number, skips) in (2_u8..).zip(skipped) {
        // Writing to a String cannot fail.
        let _ = match (*skips, inside) {
            (true, false) => {
                write!(text, "            if ({condition}) {{\n                executeStep({number}); // MFA Step\n")
            }
            (true, true) => writeln!(text, "                executeStep({number}); // MFA Step"),
            (false, true) => write!(text, "            }}\n            executeStep({number});\n"),
            (false, false) => writeln!(text, "            executeStep({number});"),
        };
        inside = *skips;
    }
    if inside {
        text.push_str("            }\n");
    }
    text.push_str("        }\n    });\n};\n");
    text
}
