//! What a published script rests on beside its text: libraries and secrets, pinned and sealed with the flow's version, so
//! that a sign-in in progress keeps them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use usher_domain::{FlowOwner, SecretText};
use usher_storage::script_libraries::ScriptLibrary;
use usher_storage::{Purpose, Sealed};

use crate::broker::Broker;
use crate::failure::Fault;
use crate::login::script::PromptTemplate;

/// The setting that holds the pages of `prompt`: name to heading, text and fields.
pub const PROMPTS: &str = "script.prompts";

/// Libraries and secrets by name. Holds secrets: it is kept sealed only.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct ScriptBundle {
    /// Text of the libraries.
    pub libraries: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    /// Pages that scripts may show.
    #[serde(default)]
    prompts: BTreeMap<String, PromptTemplate>,
}

impl std::fmt::Debug for ScriptBundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptBundle").field("libraries", &self.libraries.keys()).finish_non_exhaustive()
    }
}

impl ScriptBundle {
    /// The secrets.
    pub fn secrets(&self) -> BTreeMap<String, SecretText> {
        self.secrets.iter().map(|(name, text)| (name.clone(), SecretText::new(text.as_str()))).collect()
    }

    /// Of everything that is kept now.
    pub fn of(broker: &Broker, libraries: Vec<ScriptLibrary>, secrets: Vec<(String, Sealed)>) -> Result<Self, Fault> {
        let libraries = libraries.into_iter().map(|library| (library.name, library.source)).collect();
        let mut opened = BTreeMap::new();
        for (name, sealed) in secrets {
            let text = broker.store.sealer().open(Purpose::SCRIPT_SECRET, &name, &sealed);
            let text = text.map_err(|fault| Fault::unreadable("secret of a script", fault))?;
            opened.insert(name, String::from_utf8_lossy(&text).into_owned());
        }
        Ok(Self { libraries, secrets: opened, prompts: BTreeMap::new() })
    }

    /// With the pages that the setting [`PROMPTS`] holds, as JSON.
    pub fn with_prompts(mut self, setting: Option<&str>) -> Result<Self, Fault> {
        if let Some(text) = setting {
            self.prompts = serde_json::from_str(text).map_err(|fault| Fault::unreadable("pages of scripts", fault))?;
        }
        Ok(self)
    }

    /// Leaves only the secrets that a script or one of the libraries names.
    #[must_use]
    pub fn named_in(mut self, script: &str) -> Self {
        let libraries = &self.libraries;
        let named = |name: &str| script.contains(name) || libraries.values().any(|text| text.contains(name));
        self.secrets.retain(|name, _| named(name));
        self
    }

    /// As it is kept with a version of `owner`.
    pub fn seal(&self, broker: &Broker, owner: &FlowOwner) -> Result<Sealed, Fault> {
        let body = serde_json::to_vec(self).map_err(|fault| Fault::unreadable("bundle of a script", fault))?;
        let sealer = broker.store.sealer();
        let blob = sealer.seal(Purpose::SCRIPT_BUNDLE, owner.key(), &body, broker.entropy());
        blob.map_err(|fault| Fault::unreadable("bundle of a script", fault))
    }

    /// Reads what was kept.
    pub fn open(broker: &Broker, owner: &FlowOwner, sealed: &Sealed) -> Result<Self, Fault> {
        let opened = broker.store.sealer().open(Purpose::SCRIPT_BUNDLE, owner.key(), sealed);
        let opened = opened.map_err(|fault| Fault::unreadable("bundle of a script", fault))?;
        serde_json::from_slice(&opened).map_err(|fault| Fault::unreadable("bundle of a script", fault))
    }
}
