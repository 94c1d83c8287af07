//! What a script was published with: libraries, the secrets that it names, and the pages it may show, as a sign-in
//! reads them. Sealed with the version, so that no later change reaches a sign-in in progress.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use usher_domain::SecretText;
use usher_storage::{Purpose, Sealed, Sealer};

use crate::failure::Fault;

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

/// Everything pinned with a version. Holds secrets.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Bundle {
    #[serde(default)]
    pub libraries: BTreeMap<String, String>,
    #[serde(default)]
    secrets: BTreeMap<String, String>,
    #[serde(default)]
    pub prompts: BTreeMap<String, PromptTemplate>,
}

impl Bundle {
    /// Opens what a version was published with.
    pub fn open(sealer: &Sealer, owner: &str, blob: Option<&Sealed>) -> Result<Self, Fault> {
        let Some(blob) = blob else { return Ok(Self::default()) };
        let bytes =
            sealer.open(Purpose::SCRIPT_BUNDLE, owner, blob).map_err(|e| Fault::unreadable("script bundle", e))?;
        serde_json::from_slice(&bytes).map_err(|e| Fault::unreadable("script bundle", e))
    }

    /// The secrets, ready for a program.
    pub fn secrets(&self) -> BTreeMap<String, SecretText> {
        self.secrets.iter().map(|(name, value)| (name.clone(), SecretText::new(value.clone()))).collect()
    }
}
