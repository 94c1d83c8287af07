//! Applications: list, new, created, one application, deletion.

use askama::Template;
use chrono::{DateTime, Utc};
use usher_domain::{ApplicationId, ApplicationKind};

use super::Shell;
use crate::forms::FormErrors;
use crate::pages::paths::{self, routes};
use crate::pages::{Fact, Named, Tag};

/// One application in the list.
#[derive(Debug, Clone)]
pub struct ApplicationRow {
    pub id: ApplicationId,
    pub name: Named,
    pub kind: ApplicationKind,
    pub status: Tag,
    /// Names of the connections it offers; "All".
    pub connections: String,
}

impl ApplicationRow {
    fn href(&self) -> String {
        paths::application(routes::APPLICATION_GENERAL, &self.id)
    }

    fn kind_key(&self) -> &'static str {
        kind_key(self.kind)
    }
}

fn kind_key(kind: ApplicationKind) -> &'static str {
    match kind {
        ApplicationKind::Web => "application-kind-web",
        ApplicationKind::Spa => "application-kind-spa",
        ApplicationKind::Native => "application-kind-native",
    }
}

/// The list.
#[derive(Debug, Template)]
#[template(path = "console/applications/list.html")]
pub struct ApplicationsPage {
    pub shell: Shell,
    pub query: String,
    pub rows: Vec<ApplicationRow>,
}

/// Fields of a new application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApplicationForm {
    pub name: String,
    pub kind: ApplicationKind,
    /// One per line.
    pub redirect_uris: String,
}

impl NewApplicationForm {
    fn is_web(&self) -> bool {
        self.kind == ApplicationKind::Web
    }

    fn is_spa(&self) -> bool {
        self.kind == ApplicationKind::Spa
    }

    fn is_native(&self) -> bool {
        self.kind == ApplicationKind::Native
    }
}

/// New application.
#[derive(Debug, Template)]
#[template(path = "console/applications/new.html")]
pub struct NewApplicationPage {
    pub shell: Shell,
    pub form: NewApplicationForm,
    pub errors: FormErrors,
}

/// The values to copy; the one page that shows a secret.
#[derive(Debug, Template)]
#[template(path = "console/applications/created.html")]
pub struct ApplicationCreatedPage {
    pub shell: Shell,
    pub id: ApplicationId,
    pub name: Named,
    /// Shown once; absent for public clients.
    pub secret: Option<usher_domain::SecretText>,
    pub issuer: String,
    pub discovery_url: String,
}

impl ApplicationCreatedPage {
    fn open_href(&self) -> String {
        paths::application(routes::APPLICATION_GENERAL, &self.id)
    }
}

/// A connection that the application may offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionTick {
    /// The connection's id: field `connection_{id}`.
    pub id: String,
    pub name: String,
    pub ticked: bool,
}

/// A secret at rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRow {
    /// Its last characters.
    pub ending: String,
    pub created_at: DateTime<Utc>,
}

/// A tab of an application; each is a page of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationTab {
    General,
    SignIn,
    Claims,
}

impl ApplicationTab {
    /// In the order of the page.
    pub const ALL: [Self; 3] = [Self::General, Self::Claims, Self::SignIn];

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::General => "tab-general",
            Self::Claims => "tab-claims",
            Self::SignIn => "tab-sign-in",
        }
    }

    pub(crate) fn route(self) -> &'static str {
        match self {
            Self::General => routes::APPLICATION_GENERAL,
            Self::Claims => routes::APPLICATION_CLAIMS,
            Self::SignIn => routes::APPLICATION_SIGN_IN,
        }
    }
}

/// The head over the tabs.
#[derive(Debug, Clone)]
pub struct ApplicationHead {
    pub id: ApplicationId,
    pub name: Named,
    pub kind: ApplicationKind,
    pub status: Tag,
}

impl ApplicationHead {
    pub(crate) fn at(&self, route: &str) -> String {
        paths::application(route, &self.id)
    }

    pub(crate) fn kind_key(&self) -> &'static str {
        kind_key(self.kind)
    }
}

/// An attribute and the claim it becomes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToldRow {
    pub attribute: String,
    pub claim: String,
}

/// Tab "User attributes".
#[derive(Debug, Template)]
#[template(path = "console/applications/claims.html")]
pub struct ApplicationClaimsPage {
    pub shell: Shell,
    pub application: ApplicationHead,
    pub rows: Vec<ToldRow>,
    /// The claim of the groups; empty: they are not told.
    pub groups: String,
    /// Name and label of every attribute.
    pub known: Vec<(String, String)>,
    pub version: i64,
    pub errors: FormErrors,
}

/// Fields of an application.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApplicationForm {
    pub name: String,
    /// One per line.
    pub redirect_uris: String,
    /// One per line.
    pub post_logout_redirect_uris: String,
    /// One per line.
    pub origins: String,
    /// `RS256` or `ES256`.
    pub id_token_alg: String,
    /// `client_secret_basic`, `client_secret_post` or `none`.
    pub auth_method: String,
    /// Every enabled connection is offered, whatever is ticked.
    pub all_connections: bool,
    pub connections: Vec<ConnectionTick>,
    pub local_sign_in: bool,
    pub local_account_required: bool,
    /// `list` or `identifier_first`.
    pub sign_in_page: String,
    pub home_url: String,
    pub version: i64,
}

/// One application.
#[derive(Debug, Template)]
#[template(path = "console/applications/application.html")]
pub struct ApplicationPage {
    pub shell: Shell,
    pub application: ApplicationHead,
    pub enabled: bool,
    pub form: ApplicationForm,
    pub secrets: Vec<SecretRow>,
    /// Client id, issuer, endpoints: to copy.
    pub facts: Vec<Fact>,
    pub errors: FormErrors,
}

impl ApplicationPage {
    fn at(&self, route: &str) -> String {
        self.application.at(route)
    }

    fn is_confidential(&self) -> bool {
        self.application.kind.is_confidential()
    }

    fn has_origins(&self) -> bool {
        self.application.kind == ApplicationKind::Spa
    }
}

/// "Delete this application?"
#[derive(Debug, Template)]
#[template(path = "console/applications/delete.html")]
pub struct ApplicationDeletePage {
    pub shell: Shell,
    pub id: ApplicationId,
    pub name: Named,
    pub version: i64,
    pub errors: FormErrors,
}

impl ApplicationDeletePage {
    fn at(&self, route: &str) -> String {
        paths::application(route, &self.id)
    }
}
