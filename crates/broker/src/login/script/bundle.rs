//! What a script is published with: libraries, the secrets that it names, and the pages it may show. Sealed with the
//! version, so that no later change reaches a sign-in in progress.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use usher_domain::{Entropy, FlowDefinition, FlowOwner, SecretText};
use usher_storage::{Purpose, Sealed, Sealer, Tx, script_libraries, script_secrets, settings};

use crate::failure::Fault;

/// The setting that holds the pages of `prompt`.
pub const PROMPTS: &str = "script.prompts";

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
    pub fn open(sealer: &Sealer, owner: &str, sealed: Option<&Sealed>) -> Result<Self, Fault> {
        let Some(sealed) = sealed else { return Ok(Self::default()) };
        let bytes =
            sealer.open(Purpose::SCRIPT_BUNDLE, owner, sealed).map_err(|e| Fault::unreadable("script bundle", e))?;
        serde_json::from_slice(&bytes).map_err(|e| Fault::unreadable("script bundle", e))
    }

    /// The secrets, ready for a program.
    pub fn secrets(&self) -> BTreeMap<String, SecretText> {
        self.secrets.iter().map(|(name, value)| (name.clone(), SecretText::new(value.clone()))).collect()
    }
}

/// Collects what the script of a definition is published with; none for a flow without a script. Of the secrets only
/// those that the script or a library names (SCRIPT-21).
pub async fn bundle(
    tx: &mut Tx,
    sealer: &Sealer,
    entropy: &dyn Entropy,
    (owner, definition): (&FlowOwner, &FlowDefinition),
) -> Result<Option<Sealed>, Fault> {
    let Some(script) = &definition.script else { return Ok(None) };
    let bundle = collect(tx, sealer, script).await?;
    let text = serde_json::to_vec(&bundle).map_err(|e| Fault::unreadable("script bundle", e))?;
    let sealed = sealer.seal(Purpose::SCRIPT_BUNDLE, owner.key(), &text, entropy);
    sealed.map(Some).map_err(|e| Fault::unreadable("script bundle", e))
}

/// The same, unsealed: for a draft that is tried out.
pub(super) async fn collect(tx: &mut Tx, sealer: &Sealer, script: &str) -> Result<Bundle, Fault> {
    let listed = script_libraries::list(tx).await?;
    let libraries: BTreeMap<_, _> = listed.into_iter().map(|library| (library.name, library.source)).collect();
    let names = |name: &str| script.contains(name) || libraries.values().any(|source| source.contains(name));
    let mut secrets = BTreeMap::new();
    for (name, sealed) in script_secrets::list_sealed(tx).await? {
        if names(&name) {
            let bytes = sealer
                .open(Purpose::SCRIPT_SECRET, &name, &sealed)
                .map_err(|e| Fault::unreadable("script secret", e))?;
            let text = String::from_utf8(bytes.to_vec()).map_err(|e| Fault::unreadable("script secret", e))?;
            secrets.insert(name, text);
        }
    }
    let prompts = match settings::get(tx, PROMPTS).await? {
        Some(text) => serde_json::from_str(&text).map_err(|e| Fault::unreadable("script pages", e))?,
        None => BTreeMap::new(),
    };
    Ok(Bundle { libraries, secrets, prompts })
}
