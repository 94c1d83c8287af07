//! Which flows record sign-ins: one setting, read with the configuration. On, unless somebody switched it off, for a flow
//! or for the people of one application.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use usher_domain::{ApplicationId, FlowOwner};
use usher_storage::{Tx, flow_recordings, settings};

use crate::broker::Broker;
use crate::console::{Admin, NotDone, change_configuration, deed};
use crate::failure::Fault;
use crate::visitor::Visitor;

/// Name of the setting.
const SETTING: &str = "flow.recordings";

/// The setting.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Recordings {
    /// Keys of the flows that record nothing.
    off: BTreeSet<String>,
}

/// Which way it is thrown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Sign-ins are recorded.
    On,
    /// They are not, and what was recorded goes.
    Off,
}

impl Recordings {
    /// Reads it.
    pub(crate) async fn read(tx: &mut Tx) -> Result<Self, Fault> {
        match settings::get(tx, SETTING).await? {
            Some(text) => serde_json::from_str(&text).map_err(|e| Fault::unreadable("setting of recordings", e)),
            None => Ok(Self::default()),
        }
    }

    /// Whether sign-ins to an application under a flow are recorded.
    pub fn keeps(&self, owner: &FlowOwner, application: &ApplicationId) -> bool {
        !self.off.contains(owner.key()) && !self.off.contains(application.as_str())
    }

    /// Which way the switch of a flow stands.
    pub fn of(&self, owner: &FlowOwner) -> Switch {
        if self.off.contains(owner.key()) { Switch::Off } else { Switch::On }
    }
}

/// Throws the switch of a flow. Off takes away what was recorded.
pub async fn switch(
    broker: &Broker,
    admin: &Admin,
    (owner, to): (&FlowOwner, Switch),
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let action = match to {
        Switch::On => "flow.recording_on",
        Switch::Off => "flow.recording_off",
    };
    let event = deed(broker, admin, visitor, action, format!("flow:{}", owner.key()));
    let owner = owner.clone();
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            let mut recordings = Recordings::read(tx).await?;
            match to {
                Switch::On => {
                    recordings.off.remove(owner.key());
                }
                Switch::Off => {
                    recordings.off.insert(owner.key().to_owned());
                    flow_recordings::delete_by_owner(tx, &owner).await?;
                    if let FlowOwner::Application(id) = &owner {
                        flow_recordings::delete_by_application(tx, id).await?;
                    }
                }
            }
            let text = serde_json::to_string(&recordings).map_err(|e| Fault::unreadable("setting of recordings", e))?;
            settings::put(tx, SETTING, &text).await?;
            Ok(())
        })
    })
    .await
}
