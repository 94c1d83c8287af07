//! What changed in a script, for the audit log: the lines that went and the lines that came (SCRIPT-23).

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Most lines of each side, and characters of one: the versions themselves hold everything.
const LINES: usize = 100;
const LINE: usize = 200;

/// The lines that only one of two texts has.
pub(super) fn of(before: Option<&str>, after: Option<&str>) -> Value {
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    json!({ "removed": without(before, after), "added": without(after, before) })
}

/// Lines of a text beyond those that another one has too, each as often as it stands there.
fn without(text: &str, other: &str) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in other.lines() {
        *counts.entry(line).or_default() += 1;
    }
    let is_new = |line: &&str| match counts.get_mut(*line) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    let lines = text.lines().filter(is_new).take(LINES);
    lines.map(|line| line.chars().filter(|c| !c.is_control()).take(LINE).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_23_lines_that_went_and_came_are_told() {
        let told = of(Some("a\nb\nb\nc"), Some("b\na\nd"));
        assert_eq!(told, json!({ "removed": ["b", "c"], "added": ["d"] }));
        assert_eq!(of(None, Some("x")), json!({ "removed": [], "added": ["x"] }));
        assert_eq!(of(Some("x"), None)["removed"], json!(["x"]));
    }
}
