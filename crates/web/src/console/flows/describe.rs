//! A flow in lines of text, and two of them compared.

use usher_domain::{FlowDefinition, SignInPageStyle};

use super::view::Words;
use crate::pages::console::DiffLine;

/// Most lines that are compared; a table of their square is made.
const COMPARED: usize = 1500;

/// The lines of a text.
pub fn lines(text: &str) -> Vec<String> {
    text.lines().take(COMPARED).map(str::to_owned).collect()
}

/// A flow line by line.
pub fn flow(definition: &FlowDefinition, words: &Words<'_>) -> Vec<String> {
    let mut text = Vec::new();
    for (number, step) in (1..).zip(&definition.steps) {
        text.push(format!("Step {number}"));
        text.extend(step.options.iter().map(|option| format!("    {}", words.option(option))));
    }
    text.push(format!("User identifier from step {}", definition.subject_step));
    text.push(format!("Attributes from step {}", definition.attribute_step));
    if definition.style == SignInPageStyle::IdentifierFirst {
        text.push("The page begins with the username or email address".to_owned());
    }
    if let Some(days) = definition.remember_days {
        text.push(format!("A browser is remembered for {days} days"));
    }
    text.extend(definition.levels.iter().map(|level| format!("{} is reached with step {}", level.acr, level.steps)));
    match (&definition.script, &definition.shelved_script) {
        (Some(script), _) => {
            text.push("Script".to_owned());
            text.extend(lines(script));
        }
        (None, Some(script)) => {
            text.push("Script, switched off".to_owned());
            text.extend(lines(script));
        }
        (None, None) => {}
    }
    text.truncate(COMPARED);
    text
}

/// What was removed, added and kept, by the longest common subsequence.
pub fn compare(before: &[String], after: &[String]) -> Vec<DiffLine> {
    let width = after.len() + 1;
    let mut common = vec![0_u16; (before.len() + 1) * width];
    let at = |common: &[u16], i: usize, j: usize| common.get(i * width + j).copied().unwrap_or(0);
    for (i, old) in before.iter().enumerate().rev() {
        for (j, new) in after.iter().enumerate().rev() {
            let length = if old == new {
                at(&common, i + 1, j + 1).saturating_add(1)
            } else {
                at(&common, i + 1, j).max(at(&common, i, j + 1))
            };
            if let Some(cell) = common.get_mut(i * width + j) {
                *cell = length;
            }
        }
    }
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    loop {
        let line = match (before.get(i), after.get(j)) {
            (Some(old), Some(new)) if old == new => {
                (i, j) = (i + 1, j + 1);
                DiffLine { class: "same", mark: " ", text: new.clone() }
            }
            (Some(old), new) if new.is_none() || at(&common, i + 1, j) >= at(&common, i, j + 1) => {
                i += 1;
                DiffLine { class: "removed", mark: "−", text: old.clone() }
            }
            (_, Some(new)) => {
                j += 1;
                DiffLine { class: "added", mark: "+", text: new.clone() }
            }
            (_, None) => return found,
        };
        found.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_keeps_what_is_common() {
        let marks = |before: &str, after: &str| -> String {
            compare(&lines(before), &lines(after))
                .iter()
                .flat_map(|line| [line.mark.to_string(), line.text.clone()])
                .collect()
        };
        assert_eq!(marks("a\nb\nc", "a\nc\nd"), " a−b c+d");
        assert_eq!(marks("", "a"), "+a");
        assert_eq!(marks("a\nb", ""), "−a−b");
        assert_eq!(marks("a", "b"), "−a+b");
    }
}
