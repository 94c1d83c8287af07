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

/// Step 1: what it speaks and what it is called.
#[derive(Debug, Template)]
#[template(path = "console/connections/new.html")]
pub struct NewConnectionPage {
    pub shell: Shell,
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
    pub redirect_uri: String,
}

impl WizardValuesPage {
    fn next_href(&self) -> String {
        paths::draft(routes::DRAFT_DETAILS, &self.draft)
    }
}

/// The fields of an OpenID Connect connection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OidcForm {
    pub issuer: String,
    pub client_id: String,
    /// A secret is stored already; the field stays empty and an empty answer keeps it.
    pub secret_set: bool,
    /// `basic`, `post`, `private_key_jwt` or `none`.
    pub client_auth: String,
    /// Separated by spaces.
    pub scopes: String,
}

impl OidcForm {
    pub(crate) fn auth_is(&self, method: &str) -> bool {
        self.client_auth == method
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
    pub form: OidcForm,
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
