//! A scene: an Usher with so many connections and accounts, on one database, and what is measured there.

use std::path::Path;
use std::sync::Arc;

use crate::browser;
use crate::crowd;
use crate::fault::Fault;
use crate::figures::Figures;
use crate::jose::Algorithm;
use crate::load::{Load, Queue, Until};
use crate::measure::{self, Plan};
use crate::person::{Target, Who};
use crate::postgres::Cluster;
use crate::upstream::Upstream;
use crate::usher::{self, Counts, Installation, Mode};

/// Where rows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// What a scene needs.
pub struct Stage<'a> {
    pub binary: &'a Path,
    pub upstream: &'a Upstream,
    pub cluster: Option<&'a Cluster>,
}

/// An Usher with its accounts.
pub struct Scene<'a> {
    pub installation: Installation,
    pub upstream: &'a Upstream,
    pub users: u32,
    connections: u32,
    database: &'static str,
    /// What the store does between a start and a stop without people.
    rest: Counts,
    cells: std::cell::Cell<u32>,
}

impl Database {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

impl<'a> Scene<'a> {
    /// Sets a scene up: tables, connections, accounts.
    pub async fn set(stage: &Stage<'a>, database: Database, connections: u32, users: u32) -> Result<Self, Fault> {
        let url = match (database, stage.cluster) {
            (Database::Sqlite, _) => None,
            (Database::Postgres, Some(cluster)) => {
                Some(cluster.database(&format!("bench_{connections}_{users}")).await?)
            }
            (Database::Postgres, None) => return Err(Fault::told("no PostgreSQL was started")),
        };
        let installation = Installation::new(stage.binary, stage.upstream, connections, url).await?;
        let models = installation.start().await?;
        for algorithm in [Algorithm::Es256, Algorithm::Rs256] {
            let client = browser::client()?;
            let profile = installation.profile(Mode::Jit, algorithm)?;
            let target = Target::new(&client, profile, stage.upstream.origin()).await?;
            target.sign_in(&client, &Who::named(person(algorithm, crowd::MODEL))).await?;
        }
        models.stop().await?;
        for algorithm in [Algorithm::Es256, Algorithm::Rs256] {
            crowd::load(&installation.database, &person(algorithm, ""), share(users, algorithm)).await?;
        }
        let log = installation.start().await?.stop().await?;
        let rest = usher::counts(&log)?;
        let (upstream, database) = (stage.upstream, database.name());
        Ok(Self { installation, upstream, users, connections, database, rest, cells: std::cell::Cell::new(0) })
    }

    /// The line of one kind of sign-in under one load.
    pub async fn measure(&self, mode: Mode, algorithm: Algorithm, load: Load, until: Until) -> Result<Figures, Fault> {
        let queue = self.queue(mode, algorithm);
        let profile = self.installation.profile(mode, algorithm)?;
        let plan = self.plan(mode.name(), algorithm, load, until);
        let process = self.installation.start().await?;
        let target = Arc::new(Target::new(&browser::client()?, profile, self.upstream.origin()).await?);
        let weighed = measure::weigh(&process, &target, &queue, &plan).await?;
        let mut figures = measure::figures(target.name(), &plan, &weighed, process.ready_after);
        figures.store = Some(measure::per_sign_in(&process.stop().await?, self.rest, weighed.all)?);
        Ok(figures)
    }

    /// The CPU of the page that lists the connections.
    pub async fn page(&self, times: u32) -> Result<Figures, Fault> {
        let mut profile = self.installation.profile(Mode::Returning, Algorithm::Es256)?;
        profile.parameters.clear();
        let process = self.installation.start().await?;
        let target = Target::new(&browser::client()?, profile, self.upstream.origin()).await?;
        let plan = self.plan("sign-in page", Algorithm::Es256, Load::People(1), Until::Count(u64::from(times)));
        let figures = measure::page(&process, &target, times, &plan).await?;
        process.stop().await?;
        Ok(figures)
    }

    /// The words of a line about this scene.
    pub fn plan<'b>(&'b self, mode: &'b str, algorithm: Algorithm, load: Load, until: Until) -> Plan<'b> {
        let (connections, users) = (Some(self.connections), Some(self.users));
        Plan { database: Some(self.database), mode, algorithm, load, connections, users, until }
    }

    /// Who comes: people of the crowd in an order without a pattern, or people never seen before.
    pub fn queue(&self, mode: Mode, algorithm: Algorithm) -> Queue {
        let cell = self.cells.replace(self.cells.get() + 1);
        let crowd = u64::from(share(self.users, algorithm).max(1));
        match mode {
            Mode::Returning => {
                let prefix = person(algorithm, "");
                // A multiplier without a common factor with any round number: everybody comes before anybody again.
                measure::queue(move |number| format!("{prefix}{}", number.wrapping_mul(7_368_787) % crowd))
            }
            Mode::Jit | Mode::PassThrough | Mode::Script | Mode::Totp => {
                let prefix = person(algorithm, &format!("new-{cell}-"));
                measure::queue(move |number| format!("{prefix}{number}"))
            }
        }
    }
}

fn person(algorithm: Algorithm, kind: &str) -> String {
    format!("{}-{kind}", algorithm.short())
}

/// Most accounts are those of the algorithm that most lines are about.
fn share(users: u32, algorithm: Algorithm) -> u32 {
    match algorithm {
        Algorithm::Es256 => users - users / 10,
        Algorithm::Rs256 => users / 10,
    }
}
