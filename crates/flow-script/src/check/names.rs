//! Findings about names: functions, members of `context`, connections, secrets; and secrets in the text.

use std::collections::BTreeSet;

use super::finding::{Finding, Level, ProgramShape};
use super::tokens::{Kind, Token};
use super::{at, mended};
use crate::{OptionShape, reference};

/// What the language itself brings, as far as it is called.
const LANGUAGE: [&str; 33] = [
    "Array",
    "Boolean",
    "Date",
    "Error",
    "JSON",
    "Map",
    "Math",
    "Number",
    "Object",
    "RangeError",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "TypeError",
    "catch",
    "decodeURIComponent",
    "encodeURIComponent",
    "for",
    "function",
    "if",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
    "return",
    "super",
    "switch",
    "throw",
    "typeof",
    "while",
    "with",
    "of",
];
/// Callable under an older name.
const OLDER: [&str; 2] = ["assignUserRoles", "removeUserRoles"];
/// Shortest text that is looked at as a possible secret.
const SECRET_LENGTH: usize = 20;

pub(super) fn findings(tokens: &[Token], shape: &ProgramShape) -> Vec<Finding> {
    let known = Known::of(tokens);
    let mut found = Vec::new();
    for position in 0..tokens.len() {
        let around = Around { tokens, position };
        found.extend(unknown_function(&around, &known));
        found.extend(unknown_member(&around, &known));
        found.extend(unknown_idp(&around, shape));
        found.extend(unknown_secret(&around, shape));
        found.extend(secret_in_text(&around));
        found.extend(secret_in_log(&around));
    }
    found
}

struct Around<'a> {
    tokens: &'a [Token],
    position: usize,
}

impl Around<'_> {
    fn token(&self, ahead: isize) -> Option<&Token> {
        self.tokens.get(self.position.checked_add_signed(ahead)?)
    }

    fn is(&self, ahead: isize, text: &str) -> bool {
        self.token(ahead).is_some_and(|token| token.kind != Kind::Text && token.text == text)
    }
}

struct Known {
    /// Names that may be called.
    functions: BTreeSet<String>,
    /// Members of `context`.
    members: BTreeSet<String>,
    /// Names that the script declares, loosely: everything that stands where a declaration may.
    own: BTreeSet<String>,
}

impl Known {
    fn of(tokens: &[Token]) -> Self {
        let entries = reference();
        let first = |name: &str| name.split(['.', '[']).next().unwrap_or_default().to_owned();
        let functions = entries.iter().map(|entry| first(&entry.name)).chain(OLDER.map(str::to_owned)).collect();
        let members = entries.iter().filter_map(|entry| entry.name.strip_prefix("context.")).map(first).collect();
        Self { functions, members, own: declared(tokens) }
    }

    fn is_callable(&self, name: &str) -> bool {
        self.own.contains(name) || self.functions.contains(name) || LANGUAGE.contains(&name)
    }
}

/// Names after `var`, `let`, `const`, `function`, `class`, and inside the brackets of functions.
fn declared(tokens: &[Token]) -> BTreeSet<String> {
    let mut own = BTreeSet::new();
    let mut in_parameters = false;
    let mut before = "";
    for (position, token) in tokens.iter().enumerate() {
        let next = tokens.get(position + 1).map_or("", |next| next.text.as_str());
        match token.kind {
            Kind::Name if matches!(before, "var" | "let" | "const" | "function" | "class") => {
                own.insert(token.text.clone());
            }
            Kind::Name if in_parameters || next == "=" => {
                own.insert(token.text.clone());
            }
            Kind::Sign if token.text == "(" => in_parameters = before == "function" || declares(tokens, position),
            Kind::Sign if token.text == ")" => in_parameters = false,
            _ => {}
        }
        before = if token.kind == Kind::Text { "" } else { token.text.as_str() };
    }
    own
}

/// Whether a bracket opens the parameters of `function name(` or of an arrow function.
fn declares(tokens: &[Token], open: usize) -> bool {
    let named = open.checked_sub(2).and_then(|at| tokens.get(at)).is_some_and(|token| token.text == "function");
    let close = tokens.iter().skip(open).position(|token| token.text == ")").map(|ahead| open + ahead);
    let arrow = close.is_some_and(|close| {
        tokens.get(close + 1).is_some_and(|t| t.text == "=") && tokens.get(close + 2).is_some_and(|t| t.text == ">")
    });
    named || arrow
}

fn unknown_function(around: &Around<'_>, known: &Known) -> Option<Finding> {
    let name = around.token(0).filter(|token| token.kind == Kind::Name)?;
    if !around.is(1, "(") || around.is(-1, ".") || around.is(-1, "new") || around.is(-1, "function") {
        return None;
    }
    if known.is_callable(&name.text) {
        return None;
    }
    let message = format!("There is no function {}.", name.text);
    Some(suggested(at(name, "script_unknown_function", Level::Warning, message), &name.text, &known.functions))
}

fn unknown_member(around: &Around<'_>, known: &Known) -> Option<Finding> {
    let name = around.token(0).filter(|token| token.kind == Kind::Name)?;
    if !around.is(-1, ".") || !around.is(-2, "context") || around.is(-3, ".") || known.members.contains(&name.text) {
        return None;
    }
    let message = format!("context has no member {}.", name.text);
    Some(suggested(at(name, "script_unknown_member", Level::Warning, message), &name.text, &known.members))
}

/// `step.idp == 'acme'`, in either order and with either number of signs.
fn unknown_idp(around: &Around<'_>, shape: &ProgramShape) -> Option<Finding> {
    let text = around.token(0).filter(|token| token.kind == Kind::Text)?;
    let signs = (1..=3_isize).take_while(|back| around.is(-back, "=") || around.is(-back, "!")).count();
    let signs = isize::try_from(signs).ok().filter(|signs| *signs >= 2)?;
    if !around.is(-signs - 1, "idp") || !around.is(-signs - 2, ".") {
        return None;
    }
    let known: BTreeSet<String> = shape
        .steps
        .iter()
        .flat_map(|step| &step.options)
        .map(|option| option.idp.clone())
        .chain([OptionShape::LOCAL.to_owned()])
        .collect();
    if known.contains(&text.text) {
        return None;
    }
    let message = format!("No option of this flow is called ‘{}’.", text.text);
    let finding = at(text, "script_unknown_idp", Level::Warning, message);
    match nearest(&text.text, &known) {
        Some(name) => Some(mended(finding, format!("'{name}'"), format!("Use {name}"))),
        None => Some(finding),
    }
}

fn unknown_secret(around: &Around<'_>, shape: &ProgramShape) -> Option<Finding> {
    let name = around.token(0)?;
    let by_member = name.kind == Kind::Name && around.is(-1, ".") && around.is(-2, "secrets") && !around.is(-3, ".");
    let by_call = name.kind == Kind::Text && around.is(-1, "(") && around.is(-2, "getSecretByName");
    if !(by_member || by_call) || shape.secrets.contains(&name.text) {
        return None;
    }
    let message = format!("There is no secret {}: add it under Settings, Script secrets.", name.text);
    Some(at(name, "script_unknown_secret", Level::Error, message))
}

/// A long text of letters and digits that reads like a key.
fn secret_in_text(around: &Around<'_>) -> Option<Finding> {
    let token = around.token(0).filter(|token| token.kind == Kind::Text)?;
    let text = &token.text;
    let dense = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_+/=.".contains(c)) && !text.contains("://");
    let (letters, digits) =
        (text.chars().any(|c| c.is_ascii_alphabetic()), text.chars().filter(char::is_ascii_digit).count());
    if text.len() < SECRET_LENGTH || !dense || !letters || digits < 4 {
        return None;
    }
    let message = "This text looks like a secret: keep it under Settings, Script secrets.".to_owned();
    Some(at(token, "script_secret_text", Level::Warning, message))
}

fn secret_in_log(around: &Around<'_>) -> Option<Finding> {
    let log = around.token(0).filter(|token| token.text == "Log" && around.is(1, "."))?;
    let call = around.tokens.get(around.position + 3..)?;
    let end = call.iter().position(|token| token.text == ";" || token.text == "}").unwrap_or(call.len());
    let said = call
        .iter()
        .take(end)
        .any(|token| token.kind == Kind::Name && matches!(token.text.as_str(), "secrets" | "getSecretByName"));
    let message = "A secret does not belong into the log: it is masked there.".to_owned();
    said.then(|| at(log, "script_secret_logged", Level::Warning, message))
}

fn suggested(finding: Finding, name: &str, known: &BTreeSet<String>) -> Finding {
    match nearest(name, known) {
        Some(near) => mended(finding, near.to_owned(), format!("Use {near}")),
        None => finding,
    }
}

/// The known name that is at most two letters away.
fn nearest<'a>(name: &str, known: &'a BTreeSet<String>) -> Option<&'a str> {
    let close = known.iter().map(|other| (distance(&name.to_lowercase(), &other.to_lowercase()), other));
    close.filter(|(letters, other)| *letters <= 2 && other.len() > 2).min().map(|(_, other)| other.as_str())
}

/// Letters to add, drop or change (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, c) in one.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, d) in other.iter().enumerate() {
            let at = |position: usize| row.get(position).copied().unwrap_or(usize::MAX - 1);
            let changed = at(j) + usize::from(c != *d);
            let dropped = at(j + 1) + 1;
            let added = next.last().copied().unwrap_or(usize::MAX - 1) + 1;
            next.push(changed.min(dropped).min(added));
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}
