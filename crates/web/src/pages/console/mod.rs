//! The admin console: its shell and its pages. Every page holds a [`Shell`]; forms carry its anti-forgery token.

mod applications;
mod connection;
mod connections;
mod home;
mod message;
mod shell;
mod sign_ins;
mod users;
mod wizard;

pub use applications::{
    ApplicationCreatedPage, ApplicationDeletePage, ApplicationForm, ApplicationPage, ApplicationRow, ApplicationsPage,
    ConnectionTick, NewApplicationForm, NewApplicationPage, SecretRow,
};
pub use connection::{
    ClaimRow, ConnectionActivityPage, ConnectionAttributesPage, ConnectionDeletePage, ConnectionGeneralPage,
    ConnectionHead, ConnectionJitPage, ConnectionSettingsPage, ConnectionTab, GeneralForm, MappingRow, TestResult,
    TestSignInPage,
};
pub use connections::{ConnectionRow, ConnectionsPage};
pub use home::{HomePage, Progress};
pub use message::MessagePage;
pub use shell::{Flash, FlashKind, Section, Shell};
pub use sign_ins::{SignInRow, SignInsPage, TraceEventRow, TracePage, stage_key};
pub use users::{
    AttributeRow, LinkedAccountRow, NewUserForm, NewUserPage, UserHead, UserLinkedPage, UserProfilePage, UserRow,
    UserTab, UsersPage,
};
pub use wizard::{
    Discovered, IssuerFix, NewConnectionPage, OidcForm, WizardDetailsPage, WizardReviewPage, WizardStep,
    WizardValuesPage,
};
