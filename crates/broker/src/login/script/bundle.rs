//! What a published script rests on beside its text: libraries, the secrets that it names, pages and mails, sealed with
//! the flow's version, so that no later change reaches a sign-in in progress.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use usher_domain::{FlowOwner, SecretText};
use usher_storage::{Purpose, Sealed, Sealer, Tx, script_libraries, script_secrets};

use super::shared::{MailTemplate, PromptTemplate, Shared};
use crate::broker::Broker;
use crate::failure::Fault;

/// Everything pinned with a version. Holds secrets: it is kept sealed only.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct ScriptBundle {
    /// Text of the libraries, by name.
    #[serde(default)]
    pub libraries: BTreeMap<String, String>,
    #[serde(default)]
    secrets: BTreeMap<String, String>,
    /// Pages that the script may show, by name.
    #[serde(default)]
    pub prompts: BTreeMap<String, PromptTemplate>,
    /// Mails that the script may send, by name.
    #[serde(default)]
    pub mails: BTreeMap<String, MailTemplate>,
}

impl std::fmt::Debug for ScriptBundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptBundle").field("libraries", &self.libraries.keys()).finish_non_exhaustive()
    }
}

impl ScriptBundle {
    /// Of everything that is kept now, for this script: of the secrets only those that it or a library names.
    pub async fn of(tx: &mut Tx, sealer: &Sealer, script: &str) -> Result<Self, Fault> {
        let libraries: BTreeMap<String, String> =
            script_libraries::list(tx).await?.into_iter().map(|library| (library.name, library.source)).collect();
        let named = |name: &str| script.contains(name) || libraries.values().any(|text| text.contains(name));
        let mut secrets = BTreeMap::new();
        for (name, sealed) in script_secrets::list_sealed(tx).await? {
            if named(&name) {
                let text = sealer.open(Purpose::SCRIPT_SECRET, &name, &sealed);
                let text = text.map_err(|fault| Fault::unreadable("secret of a script", fault))?;
                secrets.insert(name, String::from_utf8_lossy(&text).into_owned());
            }
        }
        let Shared { prompts, mails, .. } = Shared::read(tx).await?;
        Ok(Self { libraries, secrets, prompts, mails })
    }

    /// With these libraries and pages, and no secret: for what is only tried out.
    pub(super) fn open_to_all(libraries: BTreeMap<String, String>) -> Self {
        Self { libraries, ..Self::default() }
    }

    /// As it is kept with a version of `owner`.
    pub fn seal(&self, broker: &Broker, owner: &FlowOwner) -> Result<Sealed, Fault> {
        let body = serde_json::to_vec(self).map_err(|fault| Fault::unreadable("bundle of a script", fault))?;
        let blob = broker.store.sealer().seal(Purpose::SCRIPT_BUNDLE, owner.key(), &body, broker.entropy());
        blob.map_err(|fault| Fault::unreadable("bundle of a script", fault))
    }

    /// Reads what a version of the owner with this key was published with; a version of the bootstrap file has nothing.
    pub(super) fn open(sealer: &Sealer, owner: &str, blob: Option<&Sealed>) -> Result<Self, Fault> {
        let Some(blob) = blob else { return Ok(Self::default()) };
        let bytes = sealer.open(Purpose::SCRIPT_BUNDLE, owner, blob);
        let bytes = bytes.map_err(|fault| Fault::unreadable("bundle of a script", fault))?;
        serde_json::from_slice(&bytes).map_err(|fault| Fault::unreadable("bundle of a script", fault))
    }

    /// The secrets, ready for a program.
    pub(super) fn secrets(&self) -> BTreeMap<String, SecretText> {
        self.secrets.iter().map(|(name, value)| (name.clone(), SecretText::new(value.clone()))).collect()
    }
}
