//! The nouns of Usher: ids, secrets, users, attributes, connections, applications, policies.
//!
//! No IO and no async lives here; every other crate of the house speaks in these types. What the
//! outside world gives (time, chance) comes in through the ports [`Clock`] and [`Entropy`].
//!
//! ```
//! use usher_domain::EmailAddress;
//! let address = EmailAddress::parse("Ann@Corp.Test")?;
//! assert_eq!(address.as_str(), "Ann@corp.test");
//! # Ok::<(), usher_domain::InvalidText>(())
//! ```
#![deny(missing_docs)]

mod application;
mod attributes;
mod audit;
mod connection;
mod flow;
mod group;
mod identity;
mod ids;
mod mail;
mod ports;
mod provisioning;
mod schema;
mod secret;
mod session;
mod sign_in;
mod text;
mod trace;
mod user;

pub use application::{
    AccountNeed, Application, ApplicationClaims, ApplicationKind, ApplicationSecret, ClaimMapping, ClientAuthMethod,
    SignInPageStyle, SigningAlgorithm,
};
pub use attributes::{AttributeBag, AttributeName, AttributeSource, AttributeValue, Verification};
pub use audit::{AuditActor, AuditEvent, AuditOutcome};
pub use connection::{
    AttributeMapping, Connection, ConnectionKind, GroupMapping, GroupSettings, NoLongerSent, Recording,
    SignInPageListing, UnmappedGroups,
};
pub use flow::{
    AcrLevel, Authenticator, FactorUse, FlowDefinition, FlowOption, FlowOwner, FlowStep, FlowVersion, MAX_STEPS,
};
pub use group::{Group, Membership, MembershipSource};
pub use identity::{Claims, ExternalIdentity, ExternalKey, FederatedLink, Subject};
pub use ids::{
    ApplicationId, ClientId, ConnectionId, CorrelationId, FlowId, GrantId, GroupId, InvalidId, KeyId, LinkId, MailId,
    RecordingId, SessionId, TokenFamilyId, TotpId, UserId,
};
pub use mail::{Mail, MailContent};
pub use ports::{Clock, Entropy};
pub use provisioning::{
    AccountState, AttributeSync, GroupSync, LinkRule, LinkingSettings, LocalAttribute, LocalPart, NoMatch, OnFailure,
    OwnershipProof, ProvisioningSettings, SeveralIdentities, TrustEmail,
};
pub use schema::{AttributeDefinition, AttributeSchema, Uniqueness, Writers, unique_key};
pub use secret::SecretText;
pub use session::{Authentication, BrowserSession};
pub use sign_in::{Interaction, RefusalCode, SignInRequest};
pub use text::{EmailAddress, HttpsOrigin, InvalidText, IssuerUrl, RedirectUri};
pub use trace::{CheckResult, SignInTrace, TraceEvent, TraceStage};
pub use user::{NewUser, Role, User, UserName};
