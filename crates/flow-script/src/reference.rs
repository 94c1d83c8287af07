//! The reference of everything that a script can name: one text for the editor's completion and for the page.

use serde::{Deserialize, Serialize};

/// One name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What is typed: `executeStep`, `context.request.ip`.
    pub name: String,
    /// `function`, `property` or `callback`.
    pub kind: String,
    /// How it is called, in several forms separated by line ends.
    pub signature: String,
    /// One or two sentences.
    pub summary: String,
    /// What the editor inserts; `${}` marks the places to fill in.
    pub snippet: String,
    /// The heading it stands under.
    pub group: String,
}

/// The reference as JSON, for the browser: a list of [`Entry`].
pub fn reference_json() -> &'static str {
    include_str!("reference.json")
}

/// The reference.
pub fn reference() -> Vec<Entry> {
    serde_json::from_str(reference_json()).unwrap_or_default()
}
