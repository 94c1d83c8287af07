//! The wizard for a new connection: type, values to copy, details, review. The id is reserved at step 1, so the
//! redirect URI is final before the admin goes to the provider.

use askama::Template;
use usher_domain::ConnectionId;

use super::Shell;
use crate::forms::FormErrors;
use crate::pages::paths::{self, routes};
use crate::pages::{Check, Fact};

/// A step of the wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WizardStep {
    Kind,
    Values,
    Details,
    Review,
}

impl WizardStep {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Kind, Self::Values, Self::Details, Self::Review];

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Kind => "wizard-kind",
            Self::Values => "wizard-values",
            Self::Details => "wizard-details",
            Self::Review => "wizard-review",
        }
    }
}

/// A card of step 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindCard {
    /// Stable text.
    pub value: &'static str,
    pub label: String,
    pub hint: String,
    pub chosen: bool,
}

/// Step 1: what it speaks and what it is called.
#[derive(Debug, Template)]
#[template(path = "console/connections/new.html")]
pub struct NewConnectionPage {
    pub shell: Shell,
    pub kinds: Vec<KindCard>,
    pub name: String,
    pub errors: FormErrors,
}

/// Step 2: what to enter at the provider.
#[derive(Debug, Template)]
#[template(path = "console/connections/values.html")]
pub struct WizardValuesPage {
    pub shell: Shell,
    pub draft: ConnectionId,
    pub name: String,
    /// What it speaks: "OpenID Connect".
    pub kind: String,
    /// With the provider's own word for it.
    pub redirect_uri: Fact,
    /// Where at the provider.
    pub hint: String,
}

impl WizardValuesPage {
    fn copy_hint(&self) -> String {
        format!("{} calls it so. It will not change.", self.kind)
    }

    fn next_href(&self) -> String {
        paths::draft(routes::DRAFT_DETAILS, &self.draft)
    }
}

/// One option of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindOption {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

/// How a field is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldInput {
    /// One line of this type of input.
    Line(&'static str),
    /// The issuer, with the button that looks there.
    Issuer,
    /// Several lines.
    Lines,
    /// Write-only; whether one is stored, and whether it has several lines.
    Secret { set: bool, lines: bool },
    /// One out of several.
    Choice(Vec<KindOption>),
    /// Any out of several: fields `{name}_{value}`.
    Choices(Vec<KindOption>),
}

/// One field of a connection kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindField {
    pub name: String,
    pub label: String,
    pub help: String,
    pub value: String,
    pub optional: bool,
    pub input: FieldInput,
}

impl KindField {
    pub(crate) fn shown_label(&self) -> String {
        if self.optional { format!("{} (optional)", self.label) } else { self.label.clone() }
    }

    pub(crate) fn replace_label(&self) -> String {
        format!("Replace {} (optional)", self.label.to_lowercase())
    }

    pub(crate) fn secret_help(&self) -> String {
        format!("Stored encrypted and never shown again. {}", self.help)
    }

    pub(crate) fn tick_name(&self, option: &KindOption) -> String {
        format!("{}_{}", self.name, option.value)
    }
}

/// The fields of a connection kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KindForm {
    pub usual: Vec<KindField>,
    /// Folded away.
    pub rare: Vec<KindField>,
}

impl KindForm {
    /// Whether a folded field is wrong: it is shown then.
    pub(crate) fn is_open(&self, errors: &FormErrors) -> bool {
        self.rare.iter().any(|field| errors.of(&field.name).is_some())
    }
}

/// What the provider's document says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Discovered {
    pub facts: Vec<Fact>,
    pub checks: Vec<Check>,
}

/// The document names another issuer than the admin typed: the button that puts it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerFix {
    pub typed: String,
    pub document: String,
}

/// Step 3: issuer, client id, secret.
#[derive(Debug, Template)]
#[template(path = "console/connections/details.html")]
pub struct WizardDetailsPage {
    pub shell: Shell,
    pub draft: ConnectionId,
    pub name: String,
    pub form: KindForm,
    pub discovered: Option<Discovered>,
    pub issuer_fix: Option<IssuerFix>,
    pub errors: FormErrors,
}

impl WizardDetailsPage {
    fn action(&self) -> String {
        paths::draft(routes::DRAFT_DETAILS, &self.draft)
    }

    fn back_href(&self) -> String {
        paths::draft(routes::DRAFT_VALUES, &self.draft)
    }
}

/// Step 4: everything once more, then it exists.
#[derive(Debug, Template)]
#[template(path = "console/connections/review.html")]
pub struct WizardReviewPage {
    pub shell: Shell,
    pub draft: ConnectionId,
    pub name: String,
    pub facts: Vec<Fact>,
    pub checks: Vec<Check>,
    /// Just-in-Time provisioning on.
    pub jit: bool,
    /// Shown on the sign-in page.
    pub shown: bool,
    pub errors: FormErrors,
}

impl WizardReviewPage {
    fn action(&self) -> String {
        paths::draft(routes::DRAFT_REVIEW, &self.draft)
    }

    fn back_href(&self) -> String {
        paths::draft(routes::DRAFT_DETAILS, &self.draft)
    }
}
