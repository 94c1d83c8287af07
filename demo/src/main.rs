//! The demo: one Usher on SQLite, a second Usher as the external provider "Acme" with two people in it, and a small
//! shop that signs people in through Usher. Prints where to click and stops everything on Ctrl-C. `--check` walks one
//! complete sign-in over HTTP and exits; `--print-json` tells a program where everything is. Nothing here is part of
//! the product: every password is a published demo value.

mod instance;
mod parties;
mod ports;
mod shop;
mod summary;
mod walk;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::instance::{Instance, Setup};
use crate::parties::Parties;
use crate::ports::Ports;

/// How long the two Ushers may take to become ready; the first start makes signing keys and hashes passwords.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// Usher, an external provider and an application on one machine
#[derive(Debug, Parser)]
struct Arguments {
    /// Sign in once over HTTP, print OK and stop
    #[arg(long)]
    check: bool,
    /// Print addresses and people as one line of JSON instead of the guide
    #[arg(long)]
    print_json: bool,
    /// Take free ports instead of 9100, 9101 and 9102
    #[arg(long)]
    free_ports: bool,
    /// Folder for databases, keys and logs; emptied at start
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// The usher program; by default the one beside this program
    #[arg(long, value_name = "FILE", env = "USHER_PROGRAM")]
    usher: Option<PathBuf>,
}

/// Why the demo could not go on.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
    #[error(transparent)]
    Instance(#[from] instance::InstanceError),
    #[error("the sign-in did not come through: {0}")]
    Walk(#[from] walk::WalkError),
    #[error("the addresses could not be printed: {0}")]
    Print(#[from] serde_json::Error),
    #[error("the shop could not start: {0}")]
    Shop(#[from] shop::ShopError),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("demo: {fault}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), DemoError> {
    // Armed before anything starts, so that an early Ctrl-C stops what runs by then.
    let mut signals = Signals::listen().map_err(|source| DemoError::Io { what: "signals".to_owned(), source })?;
    let quiet = arguments.check || arguments.print_json;
    let ports = Ports::choose(arguments.free_ports || arguments.check)
        .map_err(|source| DemoError::Io { what: "no free port".to_owned(), source })?;
    let parties = Parties::at(ports);
    let folder = arguments.folder.unwrap_or_else(|| Path::new("data/demo").join(ports.usher.to_string()));
    prepare(&folder)?;
    let program = arguments.usher.map_or_else(instance::program_beside_this_one, Ok)?;
    if !quiet {
        eprintln!("starting Usher, Acme and the shop ...");
    }

    let acme = Instance::start(&Setup::acme(&program, &folder, &parties))?;
    let usher = Instance::start(&Setup::usher(&program, &folder, &parties))?;
    let mut instances = [usher, acme];
    let outcome = tokio::select! {
        outcome = serve(&mut instances, ports.shop, &parties, arguments.check, arguments.print_json) => outcome,
        () = signals.next() => Ok(()),
    };
    for instance in &mut instances {
        instance.stop().await;
    }
    if !quiet {
        eprintln!("stopped");
    }
    outcome
}

/// Waits for both Ushers, opens the shop, and then walks or waits. Never returns by itself unless it walks, or a
/// server ends.
async fn serve(
    instances: &mut [Instance; 2],
    shop_port: u16,
    parties: &Parties,
    check: bool,
    print_json: bool,
) -> Result<(), DemoError> {
    for instance in instances.iter_mut() {
        instance.ready_within(READY_WITHIN).await?;
    }
    let shop = shop::open(shop_port, parties).await?;
    if check {
        walk::sign_in_twice(parties).await?;
        println!("OK: signed in through Acme, refreshed, signed out, and came back to the same account");
        return Ok(());
    }
    if print_json {
        println!("{}", serde_json::to_string(&parties)?);
    } else {
        println!("{}", summary::guide(parties));
    }
    let [usher, acme] = instances;
    tokio::select! {
        ended = usher.ended() => Err(ended.into()),
        ended = acme.ended() => Err(ended.into()),
        ended = shop => Err(ended.into()),
    }
}

/// An empty folder, so that what bootstrap files say about ports is true for every run.
fn prepare(folder: &Path) -> Result<(), DemoError> {
    let io = |source| DemoError::Io { what: folder.display().to_string(), source };
    for name in ["usher", "acme"] {
        let part = folder.join(name);
        if part.exists() {
            std::fs::remove_dir_all(&part).map_err(io)?;
        }
        std::fs::create_dir_all(&part).map_err(io)?;
    }
    Ok(())
}

/// Ctrl-C, the polite way to end a program, and a closed terminal.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
            _ = self.hang_up.recv() => (),
        }
    }
}
