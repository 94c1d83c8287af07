//! Just-in-time provisioning as an admin configures it (tab "Just-in-Time Provisioning").
//!
//! Shared by lint, provisioning and console, so it lives here. Truth tables: the provisioning guide.

use serde::{Deserialize, Serialize};

use crate::{AttributeName, InvalidText};

/// What later sign-ins do to the local account's attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeSync {
    /// Every attribute is replaced by what the provider sent; what it did not send is cleared.
    OverrideAll,
    /// Nothing is synchronised.
    None,
    /// Only attributes that the provider sent are replaced.
    #[default]
    PreserveLocal,
}

/// What later sign-ins do to memberships that the connection feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupSync {
    /// Add what the provider sends.
    #[default]
    Merge,
    /// Memberships fed by the connection equal what it sends.
    Override,
}

/// Whether an e-mail address that the provider does not mark as verified may link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrustEmail {
    /// Only addresses marked as verified.
    #[default]
    VerifiedOnly,
    /// All addresses: the admin controls who gets them there.
    All,
}

/// When a person must prove to own the existing account before it is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnershipProof {
    /// Never asked.
    Never,
    /// Asked when the match rests on something unverified.
    #[default]
    WhenUnverified,
    /// Always asked.
    Always,
}

/// What happens when an account cannot be created or updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// The sign-in is refused.
    #[default]
    Refuse,
    /// The person is signed in without a local account.
    ContinueUnlinked,
}

/// What happens when linking finds no local account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoMatch {
    /// Create one.
    #[default]
    Create,
    /// Skip provisioning: pass through.
    Skip,
}

/// A local attribute that a linking rule may compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocalAttribute {
    /// The user name.
    Username,
    /// An attribute that is marked unique.
    Attribute(AttributeName),
}

/// One linking rule: the provider's attribute must equal the local one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRule {
    /// The name of the claim or attribute that the provider sends.
    pub federated: String,
    /// The local attribute it must equal.
    pub local: LocalAttribute,
}

/// Whether the local part of an address is compared in its case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocalPart {
    /// `Ann@corp.test` is not `ann@corp.test`.
    #[default]
    Exact,
    /// ASCII letters are compared without case.
    IgnoreCase,
}

/// Whether several identities of one connection may be linked to one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeveralIdentities {
    /// A second one is refused.
    #[default]
    Refused,
    /// Allowed.
    Allowed,
}

/// Local account linking.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LinkingSettings {
    /// Zero to two rules in order: first match, fallback. None: the e-mail address is compared.
    #[serde(default)]
    pub rules: Vec<LinkRule>,
    /// What happens when no local account is found.
    #[serde(default)]
    pub no_match: NoMatch,
    /// How the local part of addresses is compared.
    #[serde(default)]
    pub local_part: LocalPart,
    /// Whether a second identity of the connection may be linked to the same account.
    #[serde(default)]
    pub several: SeveralIdentities,
}

impl LinkingSettings {
    /// At most two rules, with different local attributes.
    pub fn validate(&self) -> Result<(), InvalidText> {
        match self.rules.as_slice() {
            [first, second] if first.local == second.local => {
                Err(InvalidText("the fallback rule must compare another local attribute than the first rule"))
            }
            [] | [_] | [_, _] => Ok(()),
            _ => Err(InvalidText("at most two linking rules: a first match and a fallback")),
        }
    }
}

/// Just-in-time provisioning of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisioningSettings {
    /// Whether a first sign-in creates a local account.
    pub enabled: bool,
    /// What later sign-ins do to attributes.
    #[serde(default)]
    pub attribute_sync: AttributeSync,
    /// What later sign-ins do to groups.
    #[serde(default)]
    pub group_sync: GroupSync,
    /// Local account linking; absent when it is off.
    #[serde(default)]
    pub linking: Option<LinkingSettings>,
    /// What linking was set to before it was switched off, so that switching it on again restores it.
    #[serde(default)]
    pub shelved_linking: Option<LinkingSettings>,
    /// Whether unverified addresses may link.
    #[serde(default)]
    pub trust_email: TrustEmail,
    /// When ownership must be proved.
    #[serde(default)]
    pub prove_ownership: OwnershipProof,
    /// What happens when an account cannot be created.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// The claim that names a new account; absent: `preferred_username`, then the e-mail's local part.
    #[serde(default)]
    pub username_from: Option<String>,
}

impl Default for ProvisioningSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            attribute_sync: AttributeSync::default(),
            group_sync: GroupSync::default(),
            linking: None,
            shelved_linking: None,
            trust_email: TrustEmail::default(),
            prove_ownership: OwnershipProof::default(),
            on_failure: OnFailure::default(),
            username_from: None,
        }
    }
}

/// Whether a person may sign in with a local account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// Yes.
    #[default]
    Active,
    /// An admin switched it off.
    Disabled,
}
