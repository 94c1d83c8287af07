//! The bootstrap file: what it may say. Unknown keys are refused with the line they stand on.

use std::collections::BTreeMap;

use serde::Deserialize;
use usher_domain::{
    AcrLevel, ApplicationKind, AttributeSync, ClientAuthMethod, FlowStep, GroupSync, LocalPart, NoLongerSent,
    OnFailure, OwnershipProof, Recording, Role, SeveralIdentities, SignInPageListing, SignInPageStyle,
    SigningAlgorithm, TrustEmail, UnmappedGroups, Writers,
};

/// A whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootstrapFile {
    /// `[[user]]`
    #[serde(default, rename = "user")]
    pub users: Vec<UserEntry>,
    /// `[[connection]]`
    #[serde(default, rename = "connection")]
    pub connections: Vec<ConnectionEntry>,
    /// `[[application]]`
    #[serde(default, rename = "application")]
    pub applications: Vec<ApplicationEntry>,
    /// `[[attribute]]`
    #[serde(default, rename = "attribute")]
    pub attributes: Vec<AttributeEntry>,
    /// `[[group]]`
    #[serde(default, rename = "group")]
    pub groups: Vec<GroupEntry>,
    /// `[[flow]]`
    #[serde(default, rename = "flow")]
    pub flows: Vec<FlowEntry>,
}

/// One value or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// `"x"`
    One(String),
    /// `["x", "y"]`
    Many(Vec<String>),
}

impl OneOrMany {
    /// As a list.
    pub fn into_values(self) -> Vec<String> {
        match self {
            Self::One(value) => vec![value],
            Self::Many(values) => values,
        }
    }
}

/// A local user.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserEntry {
    pub username: String,
    pub password: Option<String>,
    pub password_hash: Option<String>,
    #[serde(default)]
    pub admin: bool,
    /// What `admin` means in one word, and the other rights in the console.
    pub role: Option<Role>,
    pub email: Option<String>,
    #[serde(default)]
    pub email_verified: bool,
    #[serde(default)]
    pub attributes: BTreeMap<String, OneOrMany>,
}

/// A local attribute.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeEntry {
    pub name: String,
    pub label: Option<String>,
    #[serde(default)]
    pub unique: bool,
    #[serde(default)]
    pub writers: Writers,
}

/// A local group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupEntry {
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub members: Vec<String>,
}

/// A sign-in flow.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowEntry {
    pub application: String,
    pub steps: Vec<FlowStep>,
    #[serde(default = "first")]
    pub subject_step: u8,
    #[serde(default = "first")]
    pub attribute_step: u8,
    #[serde(default)]
    pub style: SignInPageStyle,
    pub script: Option<String>,
    pub remember_days: Option<u16>,
    #[serde(default)]
    pub levels: Vec<AcrLevel>,
    pub least_steps: Option<u8>,
}

fn first() -> u8 {
    1
}

/// How Usher authenticates at the provider.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthEntry {
    Basic,
    Post,
    PrivateKeyJwt,
    None,
}

/// A connection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionEntry {
    pub id: String,
    pub name: String,
    #[serde(default = "oidc")]
    pub kind: String,
    pub issuer: Option<String>,
    pub client_id: String,
    pub client_secret: Option<String>,
    pub client_secret_env: Option<String>,
    pub client_auth: Option<ClientAuthEntry>,
    pub scopes: Option<Vec<String>>,
    #[serde(default = "yes")]
    pub jit: bool,
    #[serde(default)]
    pub attribute_sync: AttributeSync,
    #[serde(default)]
    pub group_sync: GroupSync,
    pub linking: Option<LinkingEntry>,
    #[serde(default)]
    pub trust_email: TrustEmail,
    #[serde(default)]
    pub prove_ownership: OwnershipProof,
    #[serde(default)]
    pub on_failure: OnFailure,
    pub username_from: Option<String>,
    #[serde(default)]
    pub mapping: BTreeMap<String, String>,
    #[serde(default)]
    pub groups: GroupSettingsEntry,
    #[serde(default)]
    pub recording: Recording,
    #[serde(default)]
    pub trusted_mfa: Vec<String>,
    #[serde(default)]
    pub description: String,
    #[serde(default = "yes")]
    pub enabled: bool,
    #[serde(default)]
    pub hidden: bool,
    pub listing: Option<SignInPageListing>,
    pub button_text: Option<String>,
    #[serde(default)]
    pub email_domains: Vec<String>,
    #[serde(default)]
    pub asserted_domains: Vec<String>,
    pub id_token_algs: Option<Vec<String>>,
    /// Further fields of the kind, by the names that its form has.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

/// `linking` of a connection.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkingEntry {
    #[serde(default = "yes")]
    pub enabled: bool,
    #[serde(default)]
    pub rules: Vec<LinkRuleEntry>,
    #[serde(default)]
    pub skip_when_no_match: bool,
    #[serde(default)]
    pub local_part: LocalPart,
    #[serde(default)]
    pub several: SeveralIdentities,
}

/// One linking rule: `{ federated = "employee_id", local = "employee_number" }`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkRuleEntry {
    pub federated: String,
    pub local: String,
}

/// `groups` of a connection; local groups by name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSettingsEntry {
    pub claim: Option<String>,
    pub separator: Option<String>,
    #[serde(default)]
    pub mapping: BTreeMap<String, OneOrMany>,
    #[serde(default)]
    pub unmapped: UnmappedGroups,
    #[serde(default)]
    pub no_longer_sent: NoLongerSent,
}

/// `claims` of an application: attribute = claim, and the claim that carries the groups.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationClaimsEntry {
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    pub groups: Option<String>,
}

/// An application.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationEntry {
    pub id: String,
    pub name: String,
    pub kind: ApplicationKind,
    pub secret: Option<String>,
    pub secret_env: Option<String>,
    pub auth_method: Option<ClientAuthMethod>,
    pub redirect_uris: Vec<String>,
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    #[serde(default)]
    pub origins: Vec<String>,
    pub connections: Option<Vec<String>>,
    #[serde(default = "yes")]
    pub local_sign_in: bool,
    #[serde(default)]
    pub local_account_required: bool,
    #[serde(default)]
    pub id_token_alg: SigningAlgorithm,
    #[serde(default)]
    pub sign_in_page: SignInPageStyle,
    #[serde(default)]
    pub claims: ApplicationClaimsEntry,
    pub home_url: Option<String>,
}

fn oidc() -> String {
    "oidc".to_owned()
}

fn yes() -> bool {
    true
}

/// Why a bootstrap file was refused: one line that names the place.
#[derive(Debug, thiserror::Error)]
#[error("bootstrap file: {0}")]
pub struct BootstrapError(pub String);

impl BootstrapError {
    /// Wraps a fault of the entry called `what`.
    pub fn at(what: &str, fault: impl std::fmt::Display) -> Self {
        Self(format!("{what}: {fault}"))
    }
}

/// Reads the text of a file.
pub fn parse(text: &str) -> Result<BootstrapFile, BootstrapError> {
    toml::from_str(text).map_err(|fault| {
        // The fault's own text quotes the line, which may hold a password (WEB-13): number and message only.
        let before = fault.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        BootstrapError(format!("line {line}: {}", fault.message().replace('\n', " / ")))
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_small_file_reads() {
        let file = parse(
            r#"
            [[user]]
            username = "ann"
            password = "correct horse battery"
            attributes = { given_name = "Ann", nickname = ["A", "Annie"] }
            [[connection]]
            id = "acme"
            name = "Acme"
            issuer = "https://id.acme.test"
            client_id = "usher"
            "#,
        )
        .unwrap();
        assert_eq!(file.users[0].username, "ann");
        assert!(file.connections[0].jit && file.connections[0].enabled);
    }

    #[test]
    fn unknown_keys_are_refused_with_their_line() {
        let fault = parse("[[user]]\nusername = \"ann\"\nadmn = true\n").unwrap_err().to_string();
        assert!(fault.contains("admn") && fault.contains("line 3"), "{fault}");
    }

    #[test]
    fn web_13_a_fault_does_not_quote_the_line() {
        for text in ["[[user]]\nusername = \"ann\"\npasswrd = \"hunter2\"\n", "[[user]]\npassword = \"hunter2\n"] {
            let fault = parse(text).unwrap_err().to_string();
            assert!(fault.contains("line") && !fault.contains("hunter2"), "{fault}");
        }
    }
}
