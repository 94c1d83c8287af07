//! The program of a sign-in: the script of the version that it began with, and the steps as its plan has them.

use std::sync::Arc;

use moka::sync::Cache;
use usher_domain::{ApplicationId, FlowVersion};
use usher_flow_script::{OptionShape, Program, StepShape};
use usher_login_flow::lint::authenticator_name;
use usher_login_flow::{FlowPlan, LoginFlow, StepOption};
use usher_storage::flow_versions;

use super::bundle::ScriptBundle;
use super::runner::Brakes;
use super::shared::{HOSTS, ROLES, setting};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::snapshot::Snapshot;

/// Published scripts kept in memory.
const PINNED: u64 = 200;

/// A published script with what belongs to it.
pub(super) struct Pinned {
    source: String,
    pub bundle: ScriptBundle,
}

/// What scripts share in a process: published versions, and the brakes.
pub struct Scripts {
    pinned: Cache<FlowVersion, Arc<Pinned>>,
    pub(super) brakes: Brakes,
}

impl Scripts {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self { pinned: Cache::new(PINNED), brakes: Brakes::new() }
    }
}

impl Default for Scripts {
    fn default() -> Self {
        Self::new()
    }
}

/// What the sign-in's version was published with; none when the version is gone or has no script.
pub(super) async fn pinned(broker: &Broker, flow: &LoginFlow) -> Result<Option<Arc<Pinned>>, Fault> {
    let Some(version) = flow.plan().version.clone() else { return Ok(None) };
    if let Some(known) = broker.scripts.pinned.get(&version) {
        return Ok(Some(known));
    }
    let asked = version.clone();
    let row = broker.store.read(move |tx| Box::pin(async move { flow_versions::get(tx, &asked).await })).await?;
    let Some(row) = row else { return Ok(None) };
    let Some(source) = row.definition.script.clone() else { return Ok(None) };
    let bundle = ScriptBundle::open(broker.store.sealer(), &version.owner, row.bundle.as_ref())?;
    let pinned = Arc::new(Pinned { source, bundle });
    broker.scripts.pinned.insert(version, Arc::clone(&pinned));
    Ok(Some(pinned))
}

/// The program of a sign-in.
pub(super) async fn of(broker: &Broker, flow: &LoginFlow) -> Result<Option<Program>, Fault> {
    let Some(pinned) = pinned(broker, flow).await? else { return Ok(None) };
    let snapshot = broker.snapshot();
    let mut program = assemble(&pinned.source, &pinned.bundle);
    program.steps = shapes(flow.plan(), &snapshot);
    program.application_name = name_of(&snapshot, &flow.request().application);
    program.roles = broker.store.read(|tx| Box::pin(async move { setting(tx, ROLES).await })).await?;
    Ok(Some(program))
}

/// A program without steps.
pub(super) fn assemble(source: &str, bundle: &ScriptBundle) -> Program {
    let mut program = Program::new(source);
    program.libraries = bundle.libraries.clone();
    program.secrets = bundle.secrets();
    program.prompts = bundle.prompts.keys().cloned().collect();
    program.mails = bundle.mails.keys().cloned().collect();
    program
}

pub(super) fn name_of(snapshot: &Snapshot, application: &ApplicationId) -> String {
    snapshot.application(application).map(|application| application.name.clone()).unwrap_or_default()
}

/// The steps of a plan under the names that scripts use.
pub(super) fn shapes(plan: &FlowPlan, snapshot: &Snapshot) -> Vec<StepShape> {
    let shape = |option: &StepOption| shape(option, snapshot);
    plan.steps.iter().map(|step| StepShape { options: step.options.iter().filter_map(shape).collect() }).collect()
}

/// One option under the names that scripts use; none for a connection that is gone.
pub(super) fn shape(option: &StepOption, snapshot: &Snapshot) -> Option<OptionShape> {
    match option {
        StepOption::Password => Some(OptionShape::local(usher_domain::Authenticator::Password.script_name())),
        StepOption::Factor { authenticator } => Some(OptionShape::local(authenticator.script_name())),
        StepOption::Connection { id, .. } => {
            let connection = &snapshot.connections.get(id)?.connection;
            Some(OptionShape::connection(&connection.script_name, authenticator_name(connection.kind)))
        }
    }
}

/// The hosts that scripts may ask: none unless an admin listed them.
pub(super) async fn allowed_hosts(broker: &Broker) -> Result<Vec<String>, Fault> {
    broker.store.read(|tx| Box::pin(async move { setting(tx, HOSTS).await })).await
}
