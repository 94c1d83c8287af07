//! The speed harness (`make bench`, `docs/performance.md`): a stub provider, people who sign in through a broker, and a
//! report. One program in three roles, and the floor as a fourth that runs as a process of its own.

mod browser;
mod chart;
mod clock;
mod crowd;
mod fault;
mod figures;
mod floor;
mod hostile;
mod jose;
mod load;
mod measure;
mod peers;
mod person;
mod plan;
mod ports;
mod postgres;
mod process;
mod profile;
mod report;
mod scene;
mod totp;
mod upstream;
mod usher;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use fault::Fault;

/// Measures brokered sign-ins.
#[derive(Debug, Parser)]
#[command(name = "login-load")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure, print the table, write JSON and chart
    Run(plan::RunArgs),
    /// Be the floor: the same hops and signatures, nothing else
    #[command(hide = true)]
    Floor(floor::FloorArgs),
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    match started(line.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn started(command: Command) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let work = async {
            match command {
                Command::Run(args) => plan::run(args).await,
                Command::Floor(args) => floor::serve(args).await,
            }
        };
        let mut terminate = signal(SignalKind::terminate())?;
        // Dropping the work stops every process that it started.
        tokio::select! {
            done = work => done,
            _ = tokio::signal::ctrl_c() => Err(Fault::told("interrupted")),
            _ = terminate.recv() => Err(Fault::told("terminated")),
        }
    })
}
