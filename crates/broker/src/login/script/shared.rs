//! What an admin allows all scripts, and makes for them: hosts and roles that they may reach, pages and mails.
//!
//! Kept as settings. Hosts and roles count as they are now: taking one off the list stops every script at once. Pages and
//! mails are pinned with a flow's version.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use usher_login_flow::lint;
use usher_storage::{Tx, settings};

use crate::failure::Fault;

/// The setting that lists the hosts which scripts may ask: JSON list of texts.
pub const HOSTS: &str = "script.hosts";
/// The setting that lists the groups which scripts may give and take: JSON list of names.
pub const ROLES: &str = "script.roles";
/// The setting that holds the pages of `prompt`: JSON object, name to [`PromptTemplate`].
pub const PROMPTS: &str = "script.prompts";
/// The setting that holds the mails of `sendEmail`: JSON object, name to [`MailTemplate`].
pub const MAILS: &str = "script.mails";

/// One field of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptField {
    /// The name under which the script reads it.
    pub name: String,
    /// What people read.
    pub label: String,
    /// `text`, `email`, `number`, `checkbox`; anything else is a text.
    #[serde(default)]
    pub kind: String,
    /// Whether it must be filled in.
    #[serde(default)]
    pub required: bool,
}

/// A page that an admin wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PromptTemplate {
    /// Its heading; `{name}` stands for a value that the script gives.
    pub title: String,
    /// A paragraph, likewise.
    #[serde(default)]
    pub text: String,
    /// What it asks for.
    #[serde(default)]
    pub fields: Vec<PromptField>,
}

/// A mail that an admin wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MailTemplate {
    /// Its subject; `{name}` stands for a value that the script gives.
    pub subject: String,
    /// Its paragraphs, with an empty line between them, likewise.
    pub text: String,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shared {
    /// Hosts that scripts may ask: `api.test`, or `api.test:8443`.
    pub hosts: Vec<String>,
    /// Names of groups that scripts may give and take.
    pub roles: BTreeSet<String>,
    /// Pages by name.
    pub prompts: BTreeMap<String, PromptTemplate>,
    /// Mails by name.
    pub mails: BTreeMap<String, MailTemplate>,
}

impl Shared {
    /// Reads it.
    pub async fn read(tx: &mut Tx) -> Result<Self, Fault> {
        Ok(Self {
            hosts: setting(tx, HOSTS).await?,
            roles: setting(tx, ROLES).await?,
            prompts: setting(tx, PROMPTS).await?,
            mails: setting(tx, MAILS).await?,
        })
    }

    /// The names alone, as a check needs them.
    pub fn names(&self) -> lint::Shared {
        lint::Shared {
            prompts: self.prompts.keys().cloned().collect(),
            mails: self.mails.keys().cloned().collect(),
            roles: self.roles.clone(),
        }
    }
}

/// A setting in JSON; empty where it was never written.
pub async fn setting<T: DeserializeOwned + Default>(tx: &mut Tx, name: &str) -> Result<T, Fault> {
    match settings::get(tx, name).await? {
        Some(text) => serde_json::from_str(&text).map_err(|e| Fault::unreadable("setting of scripts", e)),
        None => Ok(T::default()),
    }
}
