//! The reference page of the guide says what the editor's completion says, entry by entry: one text for both.

use std::fmt::Write as _;

use crate::reference;

const GUIDE: &str = include_str!("../../../../docs/conditional-scripts.md");

/// The reference as the guide prints it.
fn printed() -> String {
    let (mut text, mut group) = (String::new(), String::new());
    for entry in reference() {
        if entry.group != group {
            let _ = write!(text, "\n### {}\n\n| Name | How | What |\n|---|---|---|\n", entry.group);
            group.clone_from(&entry.group);
        }
        let ways: Vec<String> = entry.signature.lines().map(|way| format!("`{way}`")).collect();
        let _ = writeln!(text, "| `{}` | {} | {} |", entry.name, ways.join(" or "), entry.summary);
    }
    text
}

#[test]
fn the_guide_prints_the_reference() {
    let expected = printed();
    let (_, found) = GUIDE.split_once("## Reference\n").expect("the guide has a reference");
    let differs = expected.lines().zip(found.lines()).find(|(expected, found)| expected != found);
    assert_eq!(differs, None, "docs/conditional-scripts.md: what stands here, and what the reference says");
    assert!(found.starts_with(&expected), "docs/conditional-scripts.md lacks the end of the reference:\n{expected}");
}
