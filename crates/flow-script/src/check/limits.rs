//! Findings about what scripts may not do here, or only with what an admin allowed: links between accounts, options of a
//! step that the flow itself settles, pages, mails and roles that nobody made or listed.

use std::collections::BTreeSet;

use super::at;
use super::finding::{Finding, Level, ProgramShape};
use super::tokens::{Kind, Token};

const LINKING: [&str; 2] = ["doAssociationWithLocalUser", "removeAssociatedLocalUser"];
const ROLES: [&str; 4] = ["assignUserRolesV2", "assignUserRoles", "removeUserRolesV2", "removeUserRoles"];

pub(super) fn findings(tokens: &[Token], shape: &ProgramShape) -> Vec<Finding> {
    let mut found = Vec::new();
    for (position, name) in tokens.iter().enumerate() {
        let rest = tokens.get(position + 1..).unwrap_or_default();
        found.extend(settled(name, rest));
        let called = rest.first().is_some_and(|sign| sign.kind == Kind::Sign && sign.text == "(");
        if !called || name.kind != Kind::Name {
            continue;
        }
        found.extend(linking(name));
        match name.text.as_str() {
            "prompt" => found.extend(unknown(argument(rest, 0), &shape.prompts, "page")),
            "promptIdentifierForStep" => found.extend(unknown(argument(rest, 1), &shape.prompts, "page")),
            "sendEmail" => found.extend(unknown(argument(rest, 1), &shape.mails, "mail")),
            role if ROLES.contains(&role) => {
                let texts = argument(rest, 1).iter().filter(|token| token.kind == Kind::Text);
                found.extend(texts.filter(|role| !shape.roles.contains(&role.text)).map(not_listed));
            }
            _ => {}
        }
    }
    found
}

fn linking(name: &Token) -> Option<Finding> {
    let message = format!(
        "{} is not carried out: whose an account is, the person proves. Use the linking rules of the connection.",
        name.text
    );
    LINKING.contains(&name.text.as_str()).then(|| at(name, "script_no_linking", Level::Error, message))
}

/// Options of a step that are accepted and change nothing.
fn settled(name: &Token, rest: &[Token]) -> Option<Finding> {
    let is_member = rest.first().is_some_and(|sign| sign.kind == Kind::Sign && sign.text == ":");
    let why = match name.text.as_str() {
        "markAsSubjectIdentifierStep" => "the flow says which step gives the subject",
        "markAsSubjectAttributeStep" => "the flow says which step gives the attributes",
        "skipPrompt" => "no page of choices is shown where one way is left: narrow the step with authenticationOptions",
        _ => return None,
    };
    let message = format!("{} changes nothing: {why}.", name.text);
    (is_member && name.kind != Kind::Sign).then(|| at(name, "script_step_option", Level::Warning, message))
}

/// The tokens of an argument, counted from 0; `rest` begins with the bracket of the call.
fn argument(rest: &[Token], number: usize) -> &[Token] {
    let (mut depth, mut commas, mut from) = (0_i32, 0_usize, 1_usize);
    for (position, token) in rest.iter().enumerate() {
        if token.kind != Kind::Sign {
            continue;
        }
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            "," if depth == 1 && commas == number => return rest.get(from..position).unwrap_or_default(),
            "," if depth == 1 => (commas, from) = (commas + 1, position + 1),
            _ => {}
        }
        if depth == 0 {
            return if commas == number { rest.get(from..position).unwrap_or_default() } else { &[] };
        }
    }
    &[]
}

/// A name that is written out and that nothing answers to.
fn unknown(argument: &[Token], known: &BTreeSet<String>, what: &str) -> Option<Finding> {
    let [name] = argument else { return None };
    if name.kind != Kind::Text || known.contains(&name.text) {
        return None;
    }
    let message = format!("There is no {what} {}: add it under Settings, Script {what}s.", name.text);
    Some(at(name, &format!("script_unknown_{what}"), Level::Error, message))
}

fn not_listed(role: &Token) -> Finding {
    let message = format!(
        "Scripts may not give or take the role {}: list the group under Settings, What scripts may reach.",
        role.text
    );
    at(role, "script_role_not_listed", Level::Error, message)
}
