//! What is wrong with a form: shown in the summary on top and, the same words, at the field.

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormError {
    /// The `id` (and name) of the field; empty when the whole form is meant.
    pub field: String,
    /// What to do about it.
    pub message: String,
}

/// The mistakes of a form, in the order of its fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormErrors(Vec<FormError>);

impl FormErrors {
    /// No mistakes.
    pub fn none() -> Self {
        Self::default()
    }

    /// One mistake at one field.
    pub fn at(field: &str, message: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field, message);
        errors
    }

    /// Adds a mistake.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FormError { field: field.to_owned(), message: message.into() });
    }

    /// Whether there are any.
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// The first mistake of a field.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }

    /// All of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, FormError> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a FormErrors {
    type Item = &'a FormError;
    type IntoIter = std::slice::Iter<'a, FormError>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
