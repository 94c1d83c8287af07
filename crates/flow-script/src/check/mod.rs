//! The live check of a script: syntax by the engine that will run it, the rest by reading its tokens.

mod finding;
mod limits;
mod names;
mod steps;
#[cfg(test)]
mod tests;
mod tokens;

pub use finding::{Finding, Fix, Level, ProgramShape};

use crate::engine::is_deceptive;
use crate::{ErrorKind, Limits, Outcome, Program, Record, ScriptError, run};

/// Finds what is wrong with a script, in the order of the text.
pub fn check(source: &str, shape: &ProgramShape) -> Vec<Finding> {
    let mut program = Program::new(source);
    program.steps.clone_from(&shape.steps);
    if let Outcome::Broken(error) = run(&program, &Record::default(), &Limits::default()).outcome
        && let Some(found) = broken(source, &error)
    {
        return vec![found];
    }
    let tokens = tokens::read(source);
    let mut found = steps::findings(&tokens, shape);
    found.extend(names::findings(&tokens, shape));
    found.extend(limits::findings(&tokens, shape));
    found.extend(deceptive(source));
    found.sort_by_key(|finding| (finding.from, finding.to));
    found
}

/// Characters that make a script read otherwise than it runs.
fn deceptive(source: &str) -> Option<Finding> {
    let before = source.find(is_deceptive)?;
    let (text, rest) = source.split_at_checked(before)?;
    let from = text.encode_utf16().count();
    let to = from + rest.chars().next().map_or(0, char::len_utf16);
    let line = u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX).saturating_add(1);
    let column = text.rsplit('\n').next().map_or(0, |last| last.chars().count());
    let message = "An invisible character makes this script read otherwise than it runs.".to_owned();
    Some(Finding {
        code: "script_deceptive_character".to_owned(),
        level: Level::Error,
        message,
        line,
        column: u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1),
        from,
        to,
        fix: Some(Fix { label: "Remove it".to_owned(), from, to, insert: String::new() }),
    })
}

/// What the engine cannot even begin with. Errors that depend on what is not known here (a library, a page) are left to
/// the run.
fn broken(source: &str, error: &ScriptError) -> Option<Finding> {
    let code = match error.kind {
        ErrorKind::Syntax => "script_syntax",
        ErrorKind::NoEntry => "script_no_entry",
        ErrorKind::TooLong => "script_too_long",
        ErrorKind::Time => "script_too_slow",
        _ => return None,
    };
    let message = match error.kind {
        ErrorKind::NoEntry => "onLoginRequest is missing: nothing would run.".to_owned(),
        _ => sentence(&error.message),
    };
    let line = error.line.unwrap_or(1).max(1);
    let before: usize =
        source.split_inclusive('\n').take(line as usize - 1).map(|text| text.encode_utf16().count()).sum();
    let length = source.split('\n').nth(line as usize - 1).map_or(0, |text| text.encode_utf16().count());
    let column = error.column.unwrap_or(1).max(1);
    let from = before + length.min(column as usize - 1);
    let level = Level::Error;
    Some(Finding { code: code.to_owned(), level, message, line, column, from, to: before + length, fix: None })
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// A finding at a token.
fn at(token: &tokens::Token, code: &str, level: Level, message: String) -> Finding {
    let (line, column) = token.place;
    Finding { code: code.to_owned(), level, message, line, column, from: token.from, to: token.to, fix: None }
}

/// The same with a replacement of the token.
fn mended(finding: Finding, insert: String, label: String) -> Finding {
    let (from, to) = (finding.from, finding.to);
    Finding { fix: Some(Fix { label, from, to, insert }), ..finding }
}
