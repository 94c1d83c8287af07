//! What is measured, in which order: the quick run of about a minute, and the full one of about ten.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::fault::Fault;
use crate::figures::Figures;
use crate::jose::Algorithm;
use crate::load::{Load, Until};
use crate::peers;
use crate::postgres::Cluster;
use crate::report::{self, Record};
use crate::scene::{Database, Scene, Stage};
use crate::upstream::Upstream;
use crate::usher::Mode;
use crate::{hostile, totp};

/// Arguments of a run.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// How much is measured
    #[arg(value_enum, default_value = "full")]
    size: Size,
    /// Keep the run among the recorded ones in benches/results
    #[arg(long)]
    record: bool,
    /// Measure brokers of others too: the profiles below benches/peers that are installed
    #[arg(long)]
    peers: bool,
    /// Leave PostgreSQL out
    #[arg(long)]
    sqlite: bool,
    /// Measure the broker of this profile instead of Usher (repeatable)
    #[arg(long, value_name = "FILE")]
    profile: Vec<PathBuf>,
    /// Port of the stub provider, for a broker that was configured by hand
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    provider_port: u16,
    /// The server to measure [default: beside this program]
    #[arg(long, value_name = "FILE")]
    usher: Option<PathBuf>,
    /// Where JSON and chart go
    #[arg(long, value_name = "FOLDER", default_value = "target/bench")]
    out: PathBuf,
}

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Size {
    /// A handful of sign-ins of every kind, to see that all of it works
    Smoke,
    /// About a minute
    Quick,
    /// About ten minutes
    Full,
}

/// Amounts of a run.
struct Amounts {
    each: Until,
    users: u32,
    with_apps: u64,
    pages: u32,
}

impl Size {
    fn amounts(self) -> Amounts {
        match self {
            Self::Smoke => Amounts { each: Until::Count(6), users: 100, with_apps: 8, pages: 3 },
            Self::Quick => Amounts { each: seconds(2), users: 1_000, with_apps: 40, pages: 50 },
            Self::Full => Amounts { each: seconds(10), users: 100_000, with_apps: 400, pages: 300 },
        }
    }
}

fn seconds(seconds: u64) -> Until {
    Until::Time(Duration::from_secs(seconds))
}

/// The lines so far, each printed as soon as it is there.
#[derive(Default)]
struct Lines {
    figures: Vec<Figures>,
    notes: Vec<String>,
}

impl Lines {
    fn add(&mut self, figures: Figures) {
        eprintln!(
            "  {}: {} sign-ins, {:.0}/s, {:.2} ms of CPU, p95 {:.1} ms",
            figures.title(),
            figures.sign_ins,
            figures.per_second,
            figures.cpu_ms,
            figures.p95_ms
        );
        self.figures.push(figures);
    }
}

/// Measures and reports.
pub async fn run(args: RunArgs) -> Result<(), Fault> {
    let upstream = Upstream::start(args.provider_port).await?;
    let mut lines = Lines::default();
    let amounts = args.size.amounts();
    if args.profile.is_empty() {
        let beside = std::env::current_exe()?.with_file_name("usher");
        let binary = args.usher.clone().unwrap_or(beside);
        if !binary.exists() {
            return Err(Fault::told(format!("{} is not built: run `make bench`", binary.display())));
        }
        floors(&mut lines, &upstream, &amounts).await?;
        usher(&mut lines, &binary, &upstream, &args).await?;
    }
    let mut profiles = args.profile.clone();
    if args.peers {
        profiles.extend(peers::installed());
    }
    for path in profiles {
        for figures in peers::measure(&path, &upstream, amounts.each).await? {
            lines.add(figures);
        }
    }
    finish(&args, lines)
}

fn finish(args: &RunArgs, lines: Lines) -> Result<(), Fault> {
    let size = args.size.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let peers = if args.peers { " --peers" } else { "" };
    let record = Record::new(format!("make bench BENCH=\"{size}{peers}\""), lines.figures, lines.notes);
    println!("\n{}", report::table(&record.figures));
    record.notes.iter().for_each(|note| println!("{note}"));
    let results = Path::new("benches/results");
    if let Some(last) = report::last(results)? {
        println!("\n{}", report::difference(&last, &record.figures));
    }
    for path in record.write(&args.out)? {
        println!("wrote {}", path.display());
    }
    if args.record {
        println!("recorded {}", record.keep(results)?.display());
    }
    println!("to repeat: git checkout {} && {}", record.commit, record.command);
    Ok(())
}

async fn floors(lines: &mut Lines, upstream: &Upstream, amounts: &Amounts) -> Result<(), Fault> {
    eprintln!("the floor: the same hops and signatures, nothing else");
    for algorithm in [Algorithm::Es256, Algorithm::Rs256] {
        lines.add(peers::floor(upstream, algorithm, Load::People(8), amounts.each).await?);
    }
    Ok(())
}

async fn usher(lines: &mut Lines, binary: &Path, upstream: &Upstream, args: &RunArgs) -> Result<(), Fault> {
    let (size, amounts) = (args.size, args.size.amounts());
    let cluster = if args.sqlite { None } else { Some(Cluster::start()?) };
    let stage = Stage { binary, upstream, cluster: cluster.as_ref() };
    let databases = [Database::Sqlite, Database::Postgres];
    let loads = match size {
        Size::Full => vec![Load::People(1), Load::People(8), Load::People(64), Load::Rate(100)],
        Size::Quick | Size::Smoke => vec![Load::People(8)],
    };
    for database in databases.into_iter().take(if args.sqlite { 1 } else { 2 }) {
        eprintln!("Usher on {database:?}: 10 connections, {} accounts", amounts.users);
        let scene = Scene::set(&stage, database, 10, amounts.users).await?;
        for load in &loads {
            lines.add(scene.measure(Mode::Returning, Algorithm::Es256, *load, amounts.each).await?);
        }
        lines.add(scene.measure(Mode::Returning, Algorithm::Rs256, Load::People(8), amounts.each).await?);
        for mode in [Mode::Jit, Mode::PassThrough, Mode::Script] {
            lines.add(scene.measure(mode, Algorithm::Es256, Load::People(8), amounts.each).await?);
        }
        lines.add(totp::measure(&scene, amounts.with_apps).await?);
        if database == Database::Sqlite {
            lines.add(scene.page(amounts.pages).await?);
            let (both, note) = hostile::measure(&scene, 64, 40, amounts.each).await?;
            for figures in both {
                lines.add(figures);
            }
            lines.notes.push(note);
        }
    }
    if size == Size::Full {
        scale(lines, &stage, &amounts).await?;
    }
    Ok(())
}

/// The same sign-ins where there is much of everything.
async fn scale(lines: &mut Lines, stage: &Stage<'_>, amounts: &Amounts) -> Result<(), Fault> {
    for (connections, users) in [(10, 100), (10_000, 100), (10, 1_000_000)] {
        eprintln!("Usher on SQLite: {connections} connections, {users} accounts");
        let scene = Scene::set(stage, Database::Sqlite, connections, users).await?;
        let line = scene.measure(Mode::Returning, Algorithm::Es256, Load::People(8), amounts.each).await?;
        lines.add(line);
        if connections > 10 {
            lines.add(scene.page(amounts.pages).await?);
        }
    }
    Ok(())
}
