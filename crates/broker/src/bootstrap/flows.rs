//! Sign-in flows of the bootstrap file: published as version 1 where the application has none yet.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use usher_domain::{FlowDefinition, FlowOwner, MAX_STEPS};
use usher_flow_script::{Level, ProgramShape, check};
use usher_login_flow::lint::{NOTHING_SHARED, Passkeys, Surroundings, step_shapes};
use usher_storage::flow_versions::{self, NewFlowVersion};
use usher_storage::{Tx, applications};

use super::BootstrapFailure;
use super::entries::text;
use super::file::{BootstrapError, FlowEntry};
use crate::snapshot::is_own;

/// Validates an entry: what could never sign anybody in is refused here, as the console refuses it.
pub fn flow(entry: FlowEntry) -> Result<(FlowOwner, FlowDefinition), String> {
    let owner = FlowOwner::from_key(&entry.application).map_err(text)?;
    let definition = FlowDefinition {
        steps: entry.steps,
        subject_step: entry.subject_step,
        attribute_step: entry.attribute_step,
        style: entry.style,
        script: entry.script,
        shelved_script: None,
        remember_days: entry.remember_days,
        levels: entry.levels,
        least_steps: entry.least_steps,
    };
    let steps = u8::try_from(definition.steps.len()).unwrap_or(u8::MAX);
    if !(1..=MAX_STEPS).contains(&steps) {
        return Err(format!("a flow has 1 to {MAX_STEPS} steps"));
    }
    if definition.steps.iter().any(|step| step.options.is_empty()) {
        return Err("every step needs an option".to_owned());
    }
    let own = [definition.subject_step, definition.attribute_step];
    if own.iter().chain(definition.levels.iter().map(|level| &level.steps)).any(|step| !(1..=steps).contains(step)) {
        return Err("a step is named that the flow does not have".to_owned());
    }
    if definition.authenticators(1).any(usher_domain::Authenticator::is_second_factor) {
        return Err("the first step must say who the person is: it takes no second factor".to_owned());
    }
    if let Some(source) = &definition.script {
        let (secrets, libraries) = (BTreeSet::new(), BTreeMap::new());
        let around = Surroundings {
            application: None,
            connections: &[],
            secrets: &secrets,
            libraries: &libraries,
            shared: &NOTHING_SHARED,
            passkeys: Passkeys::Possible,
        };
        let shape = ProgramShape { steps: step_shapes(&definition, around), ..ProgramShape::default() };
        // Which roles are listed is known to the running server, not to a file.
        let counts = |code: &str| code != "script_role_not_listed";
        let found = check(source, &shape).into_iter();
        let fault = found.filter(|f| counts(&f.code)).find(|finding| finding.level == Level::Error);
        if let Some(fault) = fault {
            return Err(format!("script, line {}: {}", fault.line, fault.message));
        }
    }
    Ok((owner, definition))
}

/// Publishes the flows of owners that never had one; an application that does not exist is an error.
pub(super) async fn make(
    tx: &mut Tx,
    flows: &[(FlowOwner, FlowDefinition)],
    now: DateTime<Utc>,
) -> Result<usize, BootstrapFailure> {
    let mut made = 0;
    for (owner, definition) in flows {
        if let FlowOwner::Application(id) = owner
            && !is_own(id)
            && applications::get(tx, id).await?.is_none()
        {
            let fault = BootstrapError::at(&format!("flow of {id}"), "there is no such application");
            return Err(fault.into());
        }
        if flow_versions::list(tx, owner, 1).await?.is_empty() {
            let new = NewFlowVersion { owner, definition, bundle: None, by: "bootstrap", note: "" };
            flow_versions::publish(tx, &new, now).await?;
            made += 1;
        }
    }
    Ok(made)
}
