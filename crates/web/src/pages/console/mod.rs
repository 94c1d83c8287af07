//! The admin console: its shell and its pages. Every page holds a [`Shell`]; forms carry its anti-forgery token.

mod applications;
mod attributes;
mod connection;
mod connections;
mod flows;
mod groups;
mod home;
mod invite;
mod message;
mod settings;
mod shell;
mod sign_ins;
mod user_factors;
mod user_tabs;
mod users;
mod wizard;

pub use applications::{
    ApplicationClaimsPage, ApplicationCreatedPage, ApplicationDeletePage, ApplicationForm, ApplicationHead,
    ApplicationPage, ApplicationRow, ApplicationTab, ApplicationsPage, ConnectionTick, NewApplicationForm,
    NewApplicationPage, SecretRow, ToldRow,
};
pub use attributes::{AttributeDeletePage, AttributePage, AttributesPage, ClashRow, SchemaForm, SchemaRow};
pub use connection::{
    AdvancedForm, AtRiskRow, ClaimRow, ConnectionActivityPage, ConnectionAdvancedPage, ConnectionAtRiskPage,
    ConnectionAttributesPage, ConnectionDeletePage, ConnectionGeneralPage, ConnectionGroupsPage, ConnectionHead,
    ConnectionJitPage, ConnectionSettingsPage, ConnectionTab, EndpointField, GeneralForm, GroupRow, GroupsForm,
    JitForm, LinkingRow, MappingForm, MappingRow, RuleForm, SettingsForm, TestResult, TestSignInPage, TriedResult,
    TryIt,
};
pub use connections::{ConnectionFilters, ConnectionRow, ConnectionsPage};
pub use flows::{
    AddOptionPage, DiffLine, FindingKind, FindingView, FixView, FlowAddress, FlowHistoryPage, FlowPage, FlowRevertPage,
    FlowStartPage, FlowSubject, LibrariesPage, LibraryForm, LibraryRow, MailForm, MailsPage, OptionChoice, OptionGroup,
    OptionRow, ProblemRow, PromptForm, PromptsPage, ReachPage, ReferenceGroup, ReferencePage, ReplayPage, ReplayRow,
    ScriptPart, ScriptSecretRow, SecretsPage, SignInPreview, SimulateForm, SimulatePage, SimulatedRow, SkipScriptPage,
    StartChoice, StepColumn, VersionRow,
};
pub use groups::{GroupDeletePage, GroupForm, GroupListRow, GroupPage, GroupsPage, MemberRow, NewGroupPage};
pub use home::{HomePage, Progress};
pub use invite::{InvitationWay, InvitePage};
pub use message::MessagePage;
pub use settings::{EmailSettingsPage, SecuritySettingsPage, TestMailForm};
pub use shell::{Flash, FlashKind, Reach, Section, Shell};
pub use sign_ins::{SignInRow, SignInsPage, TraceEventRow, TracePage, stage_key};
pub use user_factors::{BypassForm, DeviceRow, UserFactorsPage, UserPasswordPage};
pub use user_tabs::{
    AttributeEditForm, AttributeRow, HistoryRow, LinkByHandForm, LinkedAccountRow, SessionRow, UserAttributePage,
    UserDeletePage, UserGroupRow, UserGroupsPage, UserHistoryPage, UserLinkPage, UserLinkedPage, UserProfilePage,
    UserSessionsPage,
};
pub use users::{AttributeField, NewUserForm, NewUserPage, UserHead, UserRow, UserTab, UsersPage};
pub use wizard::{
    Discovered, FieldInput, IssuerFix, KindCard, KindField, KindForm, KindOption, NewConnectionPage, WizardDetailsPage,
    WizardReviewPage, WizardStep, WizardValuesPage,
};
