//! Other programs in the same run: the floor, and brokers of others by their profiles (`benches/profiles`), started by
//! a program of ours that stands beside an install script (`benches/peers`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::process::Command;

use crate::browser;
use crate::fault::Fault;
use crate::figures::Figures;
use crate::jose::Algorithm;
use crate::load::{Load, Until};
use crate::measure::{self, Plan};
use crate::person::Target;
use crate::ports;
use crate::process::Process;
use crate::profile::{Detour, Profile};
use crate::upstream::{self, Upstream};

/// The floor's profile.
const FLOOR: &str = include_str!("../../profiles/floor.toml");
/// Where the profiles of others are.
const PROFILES: &str = "benches/profiles";

/// Profiles of brokers that the harness can start and whose program is installed.
pub fn installed() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(PROFILES).into_iter().flatten().flatten().map(|entry| entry.path());
    let ready = |path: &PathBuf| {
        let program = Profile::read(path).ok().and_then(|profile| profile.run).map(|run| PathBuf::from(run.program));
        program.is_some_and(|program| program.with_file_name("installed").exists())
    };
    let mut found: Vec<PathBuf> = entries.filter(ready).collect();
    found.sort();
    found
}

/// The floor under one load.
pub async fn floor(upstream: &Upstream, algorithm: Algorithm, load: Load, until: Until) -> Result<Figures, Fault> {
    let port = ports::free()?;
    let base = format!("http://localhost:{port}");
    let path = PathBuf::from("benches/profiles/floor.toml");
    let profile = Profile::parse(FLOOR).map_err(|fault| Fault::Profile { path, source: Box::new(fault) })?;
    let profile = profile.with(&[("base", &base)]);
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["floor", "--port", &port.to_string(), "--upstream", &upstream.issuer(algorithm)]);
    command.args(["--algorithm", algorithm.name().to_ascii_lowercase().as_str()]);
    let folder = tempfile::tempdir()?;
    let process = Process::start(command, &folder.path().join("log"), &format!("{base}/health/ready")).await?;
    let figures = line(&process, (profile, Detour::default()), upstream, (algorithm, load, until)).await?;
    process.stop().await?;
    Ok(figures)
}

/// A broker by its profile, started where the profile says how.
pub async fn measure(path: &Path, upstream: &Upstream, until: Until) -> Result<Vec<Figures>, Fault> {
    let port = ports::free()?;
    let local = format!("http://localhost:{port}");
    let profile = Profile::read(path)?;
    eprintln!("{}", profile.name);
    let Some(run) = &profile.run else {
        return Err(Fault::told(format!("{}: the harness starts what it weighs; [run] is missing", path.display())));
    };
    let base = run.public.clone().unwrap_or_else(|| local.clone());
    let detour = Detour::new(&base, &local);
    let profile = profile.with(&[("base", &base), ("local", &local)]);
    let Some(run) = profile.run.clone() else { return Ok(Vec::new()) };
    let folder = tempfile::Builder::new().prefix("usher-bench-peer-").tempdir()?;
    let mut command = Command::new(std::fs::canonicalize(&run.program)?);
    command.env("PORT", port.to_string()).env("BASE", &base).env("HOME", folder.path()).env("DIR", folder.path());
    command.env("UPSTREAM", upstream.issuer(Algorithm::Rs256)).env("UPSTREAM_BY_NAME", upstream.named_issuer());
    command.env("CLIENT_ID", upstream::CLIENT_ID).env("CLIENT_SECRET", upstream::CLIENT_SECRET);
    command.env("APP_ID", &profile.client_id).env("APP_SECRET", &profile.client_secret);
    command.env("APP_REDIRECT", &profile.redirect_uri);
    let process = Process::start(command, &folder.path().join("log"), &run.ready).await?;
    let mut lines = Vec::new();
    for load in [Load::People(1), Load::People(8), Load::Rate(run.rate)] {
        let measured =
            line(&process, (profile.clone(), detour.clone()), upstream, (Algorithm::Rs256, load, until)).await;
        lines.push(measured.inspect_err(|_| eprintln!("{}", process.log()))?);
    }
    process.stop().await?;
    Ok(lines)
}

async fn line(
    process: &Process,
    (profile, detour): (Profile, Detour),
    upstream: &Upstream,
    what: (Algorithm, Load, Until),
) -> Result<Figures, Fault> {
    let (algorithm, load, until) = what;
    let target = Arc::new(Target::by_detour(&browser::client()?, profile, upstream.origin(), detour).await?);
    let plan = Plan { database: None, mode: "sign-in", algorithm, load, connections: None, users: None, until };
    // The same hundred people again and again.
    let queue = measure::queue(|number| format!("peer-{}", number % 100));
    let weighed = measure::weigh(process, &target, &queue, &plan).await?;
    Ok(measure::figures(target.name(), &plan, &weighed, process.ready_after))
}
