//! Descriptions of settings, from which the console form, the documentation and the checks derive.

/// One setting of a connection kind, as a person sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Name in forms and in the stored settings.
    pub name: &'static str,
    /// What the admin reads beside the input.
    pub label: &'static str,
    /// One sentence below the input; empty where the label says it all.
    pub help: &'static str,
    /// How the input looks.
    pub shape: FieldShape,
    /// Whether it must be filled in.
    pub required: bool,
    /// Whether it is write-only: never shown again, stored sealed and apart from the settings.
    pub secret: bool,
    /// What an empty form starts with.
    pub default: &'static str,
}

/// How the input of a [`Field`] looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldShape {
    /// One line.
    Text,
    /// One line that holds a URL.
    Url,
    /// Several lines.
    LongText,
    /// One out of several: stored value and what the admin reads.
    Choice(&'static [(&'static str, &'static str)]),
    /// Words separated by blanks.
    Words,
    /// Any out of several: stored value and what the admin reads; sent as words separated by blanks.
    Choices(&'static [(&'static str, &'static str)]),
}

/// What is wrong with one filled-in [`Field`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct FieldError {
    /// Name of the field.
    pub field: &'static str,
    /// What is wrong and what would be right, for the admin.
    pub problem: String,
}
