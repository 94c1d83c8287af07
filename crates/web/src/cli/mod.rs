//! The command line: serve, migrate, and what an admin does when the console cannot be reached.

mod admin;
mod clock;
mod flow;
mod keys;
mod mail;
mod migrate;
mod open;
mod serve;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::ConfigArgs;

/// Usher: a federation broker.
#[derive(Debug, Parser)]
#[command(name = "usher", version, about = "Federation broker: people sign in with the account they already have")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve sign-ins and the console
    Serve(serve::ServeArgs),
    /// Bring the database to this version's schema
    Migrate(ConfigArgs),
    /// Admins of the console
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Local users
    #[command(subcommand)]
    User(user::UserCommand),
    /// Sign-in flows
    #[command(subcommand)]
    Flow(flow::FlowCommand),
    /// Signing keys
    #[command(subcommand)]
    Keys(keys::KeysCommand),
}

/// Runs the command line. Exit codes: 0 done, 1 refused with one clear line, 2 wrong usage.
pub fn run() -> ExitCode {
    let line = CommandLine::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(fault) => return failed(&fault),
    };
    let result = runtime.block_on(async {
        match line.command {
            Command::Serve(args) => serve::run(args).await,
            Command::Migrate(args) => migrate::run(args).await,
            Command::Admin(command) => admin::run(command).await,
            Command::User(command) => user::run(command).await,
            Command::Flow(command) => flow::run(command).await,
            Command::Keys(command) => keys::run(command).await,
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => failed(&*fault),
    }
}

/// What a command fails with.
type CommandResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

fn failed(fault: &(dyn std::error::Error + 'static)) -> ExitCode {
    use std::io::Write as _;
    // Nobody is left to tell when standard error is gone too.
    let _ = writeln!(std::io::stderr(), "usher: {}", crate::error::chain(fault));
    ExitCode::FAILURE
}

/// One line for whoever started us.
fn say(text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout();
    writeln!(out, "{text}")?;
    out.flush()
}

/// A password from standard input: the first line, without its end.
fn password_from_stdin() -> std::io::Result<usher_domain::SecretText> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(usher_domain::SecretText::new(line.trim_end_matches(['\r', '\n'])))
}
