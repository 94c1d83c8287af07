//! Flows in the console: a draft that everybody with the right edits, and versions that are published from it.
//!
//! Nothing here touches a sign-in in progress: it stays on the version it began with.

mod changes;
pub mod edit;
mod fixes;
pub mod predefined;
mod publish;
mod reach;
pub mod scripts;
pub mod shared;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use usher_domain::{
    Application, ApplicationId, Authenticator, ConnectionId, FlowDefinition, FlowOption, FlowOwner, FlowStep,
};
use usher_flow_script::check;
use usher_login_flow::lint::{self, Surroundings};
use usher_storage::flow_versions::{self, DraftSave, FlowDraft, FlowVersionRow};
use usher_storage::{Tx, script_libraries, script_secrets};

use edit::{BoardForm, Edit};
pub use fixes::{ProposedScript, proposed, provision, skip_by_script};
pub use publish::{Publication, discard, publish, restore, revert, versions};
pub use reach::{breaking, naming};

use super::{Admin, NotDone};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::login::script::Shared;

/// The flow of an owner as the editor shows it.
#[derive(Debug, Clone)]
pub struct OpenFlow {
    /// Whose.
    pub owner: FlowOwner,
    /// The application, unless it is the default flow.
    pub application: Option<Application>,
    /// What is being edited: the draft; else what is published; else what people meet today.
    pub definition: FlowDefinition,
    /// Revision of the draft; 0 where there is none.
    pub revision: i64,
    /// When the draft was last saved, and by whom.
    pub drafted: Option<(DateTime<Utc>, String)>,
    /// The published version.
    pub published: Option<FlowVersionRow>,
    /// Names of the secrets that scripts may read.
    pub secrets: BTreeSet<String>,
    /// Script libraries.
    pub libraries: BTreeMap<String, String>,
    /// What else scripts share, by name.
    pub shared: lint::Shared,
    /// Whether this installation can ask for passkeys.
    pub passkeys: lint::Passkeys,
}

impl OpenFlow {
    /// Whether there is a draft that differs from what is published.
    pub fn is_draft(&self) -> bool {
        self.drafted.is_some()
    }

    /// What is wrong with it.
    pub fn findings(&self, broker: &Broker) -> Vec<lint::Finding> {
        let snapshot = broker.snapshot();
        lint::lint(&self.definition, self.surroundings(snapshot.plain_connections()))
    }

    /// What it is judged against.
    pub fn surroundings<'a>(&'a self, connections: &'a [usher_domain::Connection]) -> Surroundings<'a> {
        Surroundings {
            application: self.application.as_ref(),
            connections,
            secrets: &self.secrets,
            libraries: &self.libraries,
            shared: &self.shared,
            passkeys: self.passkeys,
        }
    }

    /// What the engine finds in a text that is not saved yet.
    pub fn check_script(&self, broker: &Broker, text: &str) -> Vec<usher_flow_script::Finding> {
        let snapshot = broker.snapshot();
        check(text, &lint::program_shape(&self.definition, self.surroundings(snapshot.plain_connections())))
    }
}

/// Opens the flow of an owner; nothing where there is no such application.
pub async fn open(broker: &Broker, owner: &FlowOwner) -> Result<Option<OpenFlow>, Fault> {
    let application = match owner {
        FlowOwner::Default => None,
        FlowOwner::Application(id) => match edited(broker, id) {
            Some(found) => Some(found),
            None => return Ok(None),
        },
    };
    let asked = owner.clone();
    let (draft, published, secrets, libraries, shared) = broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let secrets = script_secrets::list(tx).await?.into_iter().map(|secret| secret.name).collect();
                let libraries = script_libraries::list(tx).await?.into_iter().map(|l| (l.name, l.source)).collect();
                let shared = Shared::read(tx).await?.names();
                let draft = flow_versions::draft(tx, &asked).await?;
                Ok::<_, Fault>((draft, head(tx, &asked).await?, secrets, libraries, shared))
            })
        })
        .await?;
    let drafted = draft.as_ref().map(|draft| (draft.updated_at, draft.updated_by.clone()));
    let revision = draft.as_ref().map_or(0, |draft| draft.revision);
    let definition = draft.map(|draft: FlowDraft| draft.definition);
    let definition = definition.or_else(|| published.as_ref().map(|version| version.definition.clone()));
    let definition = definition.unwrap_or_else(|| of_application(application.as_ref()));
    let owner = owner.clone();
    let passkeys = broker.passkeys_here();
    Ok(Some(OpenFlow {
        owner,
        application,
        definition,
        revision,
        drafted,
        published,
        secrets,
        libraries,
        shared,
        passkeys,
    }))
}

/// The application whose flow is edited: any, and the account page. The console's is not: a mistake in it would lock out
/// whoever could undo it.
fn edited(broker: &Broker, id: &ApplicationId) -> Option<Application> {
    if crate::account::is_account_page(id) {
        return broker.snapshot().application(id).cloned();
    }
    super::applications::get(broker, id)
}

async fn head(tx: &mut Tx, owner: &FlowOwner) -> Result<Option<FlowVersionRow>, Fault> {
    let Some(number) = flow_versions::head(tx, owner).await? else { return Ok(None) };
    let version = usher_domain::FlowVersion { owner: owner.key().to_owned(), number };
    Ok(flow_versions::get(tx, &version).await?)
}

/// The flow that the settings of an application amount to.
pub fn of_application(application: Option<&Application>) -> FlowDefinition {
    let simple = FlowDefinition::simple();
    let Some(application) = application else { return simple };
    let password = FlowOption::Local { authenticator: Authenticator::Password };
    let mut options: Vec<FlowOption> = application.local_sign_in.then_some(password).into_iter().collect();
    match &application.connections {
        None => options.push(FlowOption::EveryConnection),
        Some(listed) => {
            let option = |id: &ConnectionId| FlowOption::Connection { connection: id.clone() };
            options.extend(listed.iter().map(option));
        }
    }
    FlowDefinition { steps: vec![FlowStep { options }], style: application.sign_in_page, ..simple }
}

/// Changes the draft, if it is still as the form saw it; without one, one is begun. Gives the new revision.
pub async fn change(
    broker: &Broker,
    admin: &Admin,
    (owner, revision): (&FlowOwner, i64),
    form: Option<&BoardForm>,
    edit: &Edit,
) -> Result<i64, NotDone> {
    let open = open(broker, owner).await?.ok_or(NotDone::Gone)?;
    if open.revision != revision {
        return Err(NotDone::Stale);
    }
    let mut definition = open.definition.clone();
    if let Some(form) = form {
        form.apply(&mut definition);
    }
    edit::apply(&mut definition, edit);
    if definition == open.definition && open.is_draft() {
        return Ok(revision);
    }
    save(broker, admin, &open, definition).await
}

async fn save(broker: &Broker, admin: &Admin, open: &OpenFlow, definition: FlowDefinition) -> Result<i64, NotDone> {
    let (owner, by, now) = (open.owner.clone(), admin.user.username.to_string(), broker.now());
    let based_on = open.published.as_ref().map(|version| version.version.number);
    let expected_revision = open.is_draft().then_some(open.revision);
    let saved = broker
        .store
        .write(move |tx| {
            let save = (owner.clone(), definition.clone(), by.clone());
            Box::pin(async move {
                let (owner, definition, by) = &save;
                let save = DraftSave { owner, definition, based_on, expected_revision, by };
                Ok::<_, NotDone>(flow_versions::save_draft(tx, &save, now).await?)
            })
        })
        .await?;
    saved.ok_or(NotDone::Stale)
}
