//! Recorded sign-ins run against another flow: whose outcome would change. What was recorded, and the configuration; no
//! call leaves the house, and nothing is written.

mod keep;
mod switch;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use usher_domain::{ApplicationId, CorrelationId, FlowDefinition, FlowOwner, FlowVersion};
use usher_flow_script::Program;
use usher_login_flow::FlowPlan;
use usher_login_flow::replay::{self as pure, CameTo, Draft, Recording, Verdict};
use usher_storage::flow_recordings::{self, FlowRecordingRow};
use usher_storage::{Purpose, script_libraries};

pub(crate) use keep::{land, of_ended, of_finished, of_refused};
pub use switch::{Recordings, Switch, switch};

use crate::broker::Broker;
use crate::console::flows;
use crate::failure::Fault;
use crate::login::script::{Shared, program_of, reading};
use crate::snapshot::Snapshot;

/// Most recordings of one replay, and how many there are unless somebody says.
pub const MOST: u32 = flow_recordings::KEPT;
/// How many sign-ins are run unless somebody says.
pub const USUAL: u32 = 50;
/// Processor time of one replay.
const MAX_CPU_MS: u64 = 10_000;

/// Which flow the recordings are run against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// The draft; what people meet now where there is none.
    Draft,
    /// Another definition.
    Given(Box<FlowDefinition>),
}

/// One sign-in.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The sign-in.
    pub correlation: CorrelationId,
    /// Where the person wanted to.
    pub application: ApplicationId,
    /// When it ended.
    pub at: DateTime<Utc>,
    /// The person's user name.
    pub person: String,
    /// What it came to.
    pub from: CameTo,
    /// What it would come to.
    pub verdict: Verdict,
}

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Replayed {
    /// The sign-ins, newest first.
    pub rows: Vec<Row>,
    /// How many were left because the script used up the time of a replay, or because nobody can read them any more.
    pub left: usize,
}

impl Replayed {
    /// How many come to the same.
    pub fn same(&self) -> usize {
        self.count(|verdict| *verdict == Verdict::Same)
    }

    /// How many would change.
    pub fn changed(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Changed { .. }))
    }

    /// Of how many that is not known.
    pub fn unknown(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Unknown { .. }))
    }

    fn count(&self, is: impl Fn(&Verdict) -> bool) -> usize {
        self.rows.iter().filter(|row| is(&row.verdict)).count()
    }
}

/// Runs the last sign-ins under the flow of an owner; nothing where there is no such application.
pub async fn replay(
    broker: &Broker,
    owner: &FlowOwner,
    against: &Against,
    last: u32,
) -> Result<Option<Replayed>, Fault> {
    let Some(open) = flows::open(broker, owner).await? else { return Ok(None) };
    let definition = match against {
        Against::Draft => open.definition,
        Against::Given(definition) => (**definition).clone(),
    };
    let draft = Arc::new(Drafted::of(broker, owner, definition).await?);
    let mut replayed = Replayed::default();
    let rows = recordings(broker, owner, last.clamp(1, MOST)).await?;
    let (mut spent, mut rows) = (0, rows.into_iter());
    for row in rows.by_ref() {
        let Some(recording) = open_row(broker, &row) else {
            replayed.left += 1;
            continue;
        };
        let brake = row.application.clone();
        let (draft, recording) = (Arc::clone(&draft), Arc::new(recording));
        let run = Arc::clone(&recording);
        let ran = broker.scripts.aside(&brake, move || draft.run(&run)).await;
        let Ok(Some(ran)) = ran else {
            replayed.left += 1;
            continue;
        };
        spent += ran.cpu_ms;
        replayed.rows.push(told(row, &recording, ran.verdict));
        if spent > MAX_CPU_MS {
            break;
        }
    }
    replayed.left += rows.len();
    Ok(Some(replayed))
}

fn told(row: FlowRecordingRow, recording: &Recording, verdict: Verdict) -> Row {
    Row {
        correlation: row.correlation,
        application: row.application,
        at: row.at,
        person: recording.person().map(|person| person.username.clone()).unwrap_or_default(),
        from: recording.came_to.clone(),
        verdict,
    }
}

/// The recordings of an owner. An application that follows the default flow so far has those of its own people there.
async fn recordings(broker: &Broker, owner: &FlowOwner, last: u32) -> Result<Vec<FlowRecordingRow>, Fault> {
    let (now, own) = (broker.now(), owner.clone());
    let follows = match owner {
        FlowOwner::Application(id) if !broker.snapshot().flows.contains_key(owner) => Some(id.clone()),
        _ => None,
    };
    let rows = broker.store.read(move |tx| {
        let (own, follows) = (own.clone(), follows.clone());
        Box::pin(async move {
            let Some(application) = follows else { return flow_recordings::list(tx, &own, now, last).await };
            let mut rows = flow_recordings::list(tx, &FlowOwner::Default, now, MOST).await?;
            rows.retain(|row| row.application == application);
            rows.truncate(usize::try_from(last).unwrap_or(usize::MAX));
            Ok(rows)
        })
    });
    Ok(rows.await?)
}

/// One that cannot be read is left out: another version of this code made it.
fn open_row(broker: &Broker, row: &FlowRecordingRow) -> Option<Recording> {
    let bytes = broker.store.sealer().open(Purpose::FLOW_RECORDING, row.id.as_str(), &row.sealed).ok()?;
    Recording::decode(&bytes).ok()
}

/// The flow that recordings are run against, with everything it rests on.
struct Drafted {
    owner: FlowOwner,
    definition: FlowDefinition,
    libraries: BTreeMap<String, String>,
    shared: usher_login_flow::lint::Shared,
    snapshot: Arc<Snapshot>,
    names: pure::Names,
}

impl Drafted {
    async fn of(broker: &Broker, owner: &FlowOwner, definition: FlowDefinition) -> Result<Self, Fault> {
        let read = broker.store.read(|tx| {
            Box::pin(async move {
                let libraries = script_libraries::list(tx).await?;
                let libraries = libraries.into_iter().map(|library| (library.name, library.source)).collect();
                Ok::<_, Fault>((libraries, Shared::read(tx).await?.names()))
            })
        });
        let (libraries, shared) = read.await?;
        let snapshot = broker.snapshot();
        let names = keep::names(&snapshot);
        Ok(Self { owner: owner.clone(), definition, libraries, shared, snapshot, names })
    }

    /// Nothing where the application is gone.
    fn run(&self, recording: &Recording) -> Option<pure::Replayed> {
        let application = self.snapshot.application(&recording.request.application)?;
        let version = FlowVersion { owner: self.owner.key().to_owned(), number: 0 };
        let (connections, wanted) = (self.snapshot.plain_connections(), &recording.request.acr_values);
        let plan = FlowPlan::of_flow(&self.definition, version, application, connections, wanted);
        let program = self.definition.script.as_ref().map(|source| self.program(source, &plan, &application.id));
        let read = |flow: &usher_login_flow::LoginFlow, outcome: &usher_flow_script::Outcome| {
            reading(&self.snapshot, flow, outcome)
        };
        Some(pure::replay(recording, &Draft { plan, program, names: &self.names, reading: &read }))
    }

    fn program(&self, source: &str, plan: &FlowPlan, application: &ApplicationId) -> Program {
        let mut program = program_of(&self.snapshot, (plan, application), source, self.libraries.clone());
        program.prompts.clone_from(&self.shared.prompts);
        program.mails.clone_from(&self.shared.mails);
        program.roles.clone_from(&self.shared.roles);
        program
    }
}
