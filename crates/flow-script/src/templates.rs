//! Scripts to begin with.

/// A script to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// Stable id.
    pub id: &'static str,
    /// The heading it stands under.
    pub group: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What it does, in one or two sentences.
    pub summary: &'static str,
    /// The script.
    pub source: &'static str,
    /// How many steps it needs.
    pub steps: u8,
    /// What the steps are for, in order.
    pub needs: &'static [&'static str],
}

/// All of them, in the order of the menu.
pub fn templates() -> &'static [Template] {
    &[]
}
